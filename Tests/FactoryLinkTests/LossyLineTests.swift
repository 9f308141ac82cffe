import Testing
import TimeAndChance

@testable import FactoryLink

/// More than ten thousand requests, and as many answers, over lines that lose, double, flip, cut, insert and delay, on a clock that only moves when
/// somebody waits. What must hold: no wrong answer, nothing carried out twice, no wait beyond the time given.
@Suite("Lossy line") struct LossyLineTests {
    struct Line: Sendable, CustomTestStringConvertible {
        var name: String
        var faults: LineFaults
        var rounds: Int
        var limits = LinkLimits.firmwareWithFlowControl
        var everyOneArrives = true
        var testDescription: String { name }
    }

    static let lines: [Line] = [
        Line(name: "clean", faults: LineFaults(), rounds: 1000),
        Line(name: "losing bytes", faults: LineFaults(loss: 0.001), rounds: 1000),
        Line(name: "flipping bits", faults: LineFaults(bitFlip: 0.001), rounds: 1000),
        Line(name: "inserting bytes", faults: LineFaults(insertion: 0.001), rounds: 1000),
        Line(name: "doubling", faults: LineFaults(duplication: 0.3), rounds: 1000),
        Line(name: "cutting", faults: LineFaults(truncation: 0.1), rounds: 1000),
        Line(name: "delaying", faults: LineFaults(delay: 0.3), rounds: 1000),
        Line(name: "chattering", faults: LineFaults(chatter: 0.5), rounds: 1000),
        Line(
            name: "everything, moderately",
            faults: LineFaults(
                loss: 0.0005, bitFlip: 0.0005, insertion: 0.0005, duplication: 0.05, truncation: 0.02,
                delay: 0.05, chatter: 0.1),
            rounds: 2000),
        Line(
            name: "everything, on 64-byte frames",
            faults: LineFaults(
                loss: 0.0005, bitFlip: 0.0005, insertion: 0.0005, duplication: 0.05, truncation: 0.02,
                delay: 0.05, chatter: 0.1),
            rounds: 1000, limits: .firmwareBareFIFO),
        Line(
            name: "hopeless",
            faults: LineFaults(
                loss: 0.02, bitFlip: 0.02, insertion: 0.02, duplication: 0.3, truncation: 0.3, delay: 0.3,
                chatter: 0.5),
            rounds: 200, everyOneArrives: false),
    ]

    @Test(arguments: lines) func nothingWrongNothingTwiceNothingForEver(line: Line) async throws {
        let seed: UInt64 = 0x10_55 &+ UInt64(line.rounds)
        var behaviour = UnitBehaviour()
        behaviour.limits = line.limits
        behaviour.faults = line.faults
        behaviour.logEvery = .milliseconds(700)
        behaviour.execute = { request in
            // Every seventh takes its time, every eleventh keeps the processor.
            guard case .int(let number)? = request.arguments["n"] else { return (.zero, false, .result([:])) }
            let takes: Duration =
                number % 7 == 0 ? .milliseconds(1500) : number % 11 == 0 ? .milliseconds(300) : .zero
            return (takes, number % 11 == 0, .result(request.arguments))
        }
        let unit = SimulatedUnit(behaviour, seed: seed)
        let client = LinkClient(stream: unit, time: unit, seed: seed)
        var chance = SeededGenerator(seed: seed)
        var answered = 0
        for round in 0..<line.rounds {
            let size = Int.random(in: 0...(round % 20 == 0 ? 1500 : 60), using: &chance)
            let arguments: [String: LinkValue] = [
                "n": .int(Int32(round)), "data": .bytes(chance.bytes(size)),
            ]
            let start = await unit.clock
            do throws(LinkError) {
                let result = try await client.request(
                    LinkRequest(verb: "echo", arguments: arguments), within: .seconds(30))
                #expect(result == arguments, "seed \(seed) round \(round): a wrong answer")
                answered += 1
            } catch {
                #expect(!line.everyOneArrives, "seed \(seed) round \(round): \(error)")
                #expect(
                    ["link.no-answer", "link.busy", "link.silent", "link.babbling"].contains(error.code),
                    "\(error)")
            }
            #expect(await unit.clock - start <= .seconds(30), "seed \(seed) round \(round): waited too long")
        }
        let executions = await unit.executions
        #expect(executions.values.allSatisfy { $0 == 1 }, "seed \(seed): carried out more than once")
        #expect(executions.count >= answered)
        if line.everyOneArrives {
            #expect(answered == line.rounds)
            #expect(executions.count == line.rounds, "seed \(seed): each carried out exactly once")
        }
    }

    @Test func restartsAtAnyMomentRepeatNothing() async throws {
        let seed: UInt64 = 0x4EB007
        var chance = SeededGenerator(seed: seed)
        var behaviour = UnitBehaviour()
        behaviour.faults = LineFaults(loss: 0.0005, bitFlip: 0.0005, delay: 0.02)
        behaviour.execute = { request in (.milliseconds(40), false, .result(request.arguments)) }
        behaviour.reboots = (0..<400).map {
            .milliseconds(500 * $0 + Int.random(in: 1...499, using: &chance))
        }
        let unit = SimulatedUnit(behaviour, seed: seed)
        let client = LinkClient(stream: unit, time: unit, seed: seed)
        var changes = 0
        var answered = 0
        var unknown: [Int32] = []
        for round in 0..<2000 {
            do throws(LinkError) {
                let arguments: [String: LinkValue] = ["n": .int(Int32(round))]
                let result = try await client.request(
                    LinkRequest(verb: "n", arguments: arguments), within: .seconds(20))
                #expect(result == arguments)
                answered += 1
            } catch {
                #expect(error.code == "link.session-changed", "seed \(seed) round \(round): \(error)")
                changes += 1
                if error.outcomeUnknown { unknown.append(Int32(round)) }
            }
        }
        // No request was carried out in two sessions, and the ones said not to have run did not.
        let numbers = await unit.executed.compactMap { request -> Int32? in
            if case .int(let number)? = request.arguments["n"] { number } else { nil }
        }
        #expect(Set(numbers).count == numbers.count, "seed \(seed): carried out twice")
        #expect(numbers.count >= answered && numbers.count <= answered + unknown.count)
        #expect(changes > 100 && changes < 500, "\(changes)")
        #expect(answered + changes == 2000)
    }

    @Test func aLineOnWhichLongFramesNeverSurviveStillCarriesThem() async throws {
        // One byte in 250 is lost: one frame of 64 bytes in four is damaged, of 1024 bytes all but one in sixty.
        var behaviour = UnitBehaviour()
        behaviour.faults = LineFaults(loss: 0.004)
        let unit = SimulatedUnit(behaviour, seed: 0x10A6)
        let client = LinkClient(stream: unit, time: unit, seed: 0x10A6)
        var chance = SeededGenerator(seed: 0x10A6)
        for _ in 0..<2 {
            let write = WriteFlash(address: 0, data: chance.bytes(2048))
            #expect(try await client.request(write.request, within: .seconds(60)) == write.arguments)
        }
        #expect(await unit.executed.count == 2)
        #expect(await unit.clock < .seconds(60))
    }
}
