import Testing
import TimeAndChance

@testable import ImpEmulator

@Suite struct SimulationTests {
    @Test func sameInstantKeepsTheOrderOfScheduling() {
        let simulation = Simulation()
        var order: [Int] = []
        for number in 0..<20 { simulation.schedule(after: .milliseconds(5)) { order.append(number) } }
        simulation.run(until: .start + .milliseconds(5))
        #expect(order == Array(0..<20))
    }

    @Test func clockStandsWhereTheWaitEnds() {
        let simulation = Simulation()
        var seen: [VirtualInstant] = []
        simulation.schedule(after: .nanoseconds(7)) { seen.append(simulation.now) }
        simulation.schedule(after: .seconds(2)) { seen.append(simulation.now) }
        #expect(!simulation.run(until: .start + .seconds(1)))
        #expect(simulation.now.nanoseconds == 1_000_000_000)
        #expect(seen.map(\.nanoseconds) == [7])
        #expect(simulation.run(until: .start + .seconds(9), stopping: { seen.count == 2 }))
        #expect(simulation.now.nanoseconds == 2_000_000_000)
    }

    @Test func eventsMayScheduleAndCancelOthers() {
        let simulation = Simulation()
        var log: [String] = []
        let doomed = simulation.schedule(after: .seconds(3)) { log.append("doomed") }
        simulation.schedule(after: .seconds(1)) {
            log.append("first")
            doomed.cancel()
            simulation.schedule(after: .zero) { log.append("at once") }
            simulation.schedule(at: .start) { log.append("past") }
        }
        simulation.run(until: .start + .seconds(5))
        #expect(log == ["first", "at once", "past"])
        #expect(!doomed.isPending)
    }

    @Test(arguments: UInt64(1)...20)
    func randomEventsComeInOrder(seed: UInt64) {
        var dice = SeededGenerator(seed: seed)
        let simulation = Simulation()
        var expected: [(time: Int64, number: Int)] = []
        var seen: [Int] = []
        for number in 0..<300 {
            let time = Int64(dice.next() % 50)
            let event = simulation.schedule(at: VirtualInstant(nanoseconds: time)) { seen.append(number) }
            if dice.happens(withProbability: 0.2) { event.cancel() } else { expected.append((time, number)) }
        }
        simulation.run(until: VirtualInstant(nanoseconds: 50))
        let order = expected.sorted { ($0.time, $0.number) < ($1.time, $1.number) }.map(\.number)
        #expect(seen == order, "seed \(seed)")
    }

    @Test func durationsAreWholeNanoseconds() {
        #expect(Duration.wholeNanoseconds(ofSeconds: 1.5) == .milliseconds(1500))
        #expect(Duration.wholeNanoseconds(ofSeconds: -1) == .zero)
        #expect(Duration.wholeNanoseconds(ofSeconds: .nan) == .zero)
        #expect(VirtualInstant.never + .seconds(1) == .never)
        #expect((VirtualInstant(nanoseconds: 1_000_000_123) - .start) == .nanoseconds(1_000_000_123))
        #expect("\(VirtualInstant(nanoseconds: 61_000_005_000))" == "61.000005 s")
    }
}

@Suite struct SerialLineTests {
    private static let slow = SerialLine.Format(baud: 9600)

    @Test func bytesArriveAtTheEndOfTheirStopBit() {
        let line = SerialLine()
        let times = line.send([1, 2, 3], at: .start, format: Self.slow)
        #expect(times.first.nanoseconds == 1_041_667)
        #expect(times.last.nanoseconds == 3_125_000)
        #expect(line.take(by: VirtualInstant(nanoseconds: 1_041_666)).isEmpty)
        #expect(line.take(by: VirtualInstant(nanoseconds: 1_041_667)).flatMap(\.bytes) == [1])
        #expect(line.nextArrival?.nanoseconds == 2_083_334)
        #expect(line.unsent(at: VirtualInstant(nanoseconds: 2_083_334)) == 1)
        #expect(line.take(by: times.last).flatMap(\.bytes) == [2, 3])
        #expect(line.nextArrival == nil)
    }

    @Test func aCutKeepsWhatHadLeft() {
        let line = SerialLine()
        line.send([1, 2, 3, 4], at: .start, format: Self.slow)
        line.send([5], at: .start, format: Self.slow)
        line.cut(at: VirtualInstant(nanoseconds: 2_500_000))
        #expect(line.take(by: .never).flatMap(\.bytes) == [1, 2])
        let again = line.send([9], at: VirtualInstant(nanoseconds: 2_500_000), format: Self.slow)
        #expect(again.last.nanoseconds == 3_541_667, "the line is free at once")
    }

    @Test func aStoppedSenderGoesOnWithoutLoss() {
        let line = SerialLine()
        line.send(Array(0..<10), at: .start, format: Self.slow)
        line.send([10, 11], at: .start, format: Self.slow)
        let later = VirtualInstant(nanoseconds: 20_000_000)
        #expect(line.take(by: later, atMost: 4).flatMap(\.bytes) == [0, 1, 2, 3])
        #expect(line.take(by: later, atMost: 0).isEmpty)
        line.resume(at: later)
        #expect(line.nextArrival?.nanoseconds == 21_041_667)
        #expect(line.take(by: .never).flatMap(\.bytes) == Array(4..<12))
    }

    @Test(arguments: UInt64(1)...30)
    func piecesAddUpWhateverTheInstants(seed: UInt64) {
        var dice = SeededGenerator(seed: seed)
        let line = SerialLine()
        var sent: [UInt8] = []
        var received: [UInt8] = []
        var time = VirtualInstant.start
        for _ in 0..<200 {
            time = time + .nanoseconds(Int64(dice.next() % 3_000_000))
            if dice.happens(withProbability: 0.4) {
                let bytes = (0..<Int(dice.next() % 20)).map { _ in UInt8(truncatingIfNeeded: dice.next()) }
                line.send(bytes, at: time, format: SerialLine.Format(baud: 115_200))
                sent += bytes
            }
            received += line.take(by: time).flatMap(\.bytes)
            if let next = line.nextArrival { #expect(next > time, "seed \(seed)") }
        }
        received += line.take(by: .never).flatMap(\.bytes)
        #expect(received == sent, "seed \(seed)")
    }

    @Test func noiseDamagesAsOftenAsAsked() {
        var noise = LineNoise(byteErrorRate: 0.01, generator: SeededGenerator(seed: 3))
        let clean = [UInt8](repeating: 0x55, count: 100_000)
        let wrong = zip(clean, noise.damage(clean)).count { $0 != $1 }
        #expect((850...1150).contains(wrong))
    }
}
