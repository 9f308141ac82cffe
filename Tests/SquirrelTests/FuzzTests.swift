import Foundation
import Testing
import TimeAndChance

@testable import Squirrel

/// Mutated programs and plain noise: each ends in output, an error or a limit. `SQUIRREL_FUZZ_ROUNDS` makes it
/// longer, `SQUIRREL_FUZZ_SEED` repeats a run.
@Suite struct FuzzTests {
    private static let rounds =
        ProcessInfo.processInfo.environment["SQUIRREL_FUZZ_ROUNDS"].flatMap(Int.init) ?? 400
    private static let seed =
        ProcessInfo.processInfo.environment["SQUIRREL_FUZZ_SEED"].flatMap(UInt64.init) ?? 2_014

    private static let fragments = [
        "{", "}", "(", ")", "[", "]", ";", ",", ".", "=", "<-", "::", "...", "yield ", "resume ", "try ",
        "catch (e) ",
        "throw ", "function ", "class ", "extends ", "base", "this", "local ", "return ", "foreach (x in ",
        "while (1) ",
        "switch (", "case ", "default:", "delete ", "clone ", "typeof ", "in ", "instanceof ", "@(x) ",
        "null", "0x", "1e",
        "'", "\"", "@\"", "//", "/*", "*/", "\n", "</", "/>", "static ", "enum ", "const ", "++", "--", "&&",
        "?", ":",
        "_get", "_call", "setdelegate", "constructor", "vargv", ".weakref()", ".bindenv(", "break",
        "continue", "x",
    ]

    private func mutated(_ source: [UInt8], _ all: [[UInt8]], _ chance: inout SeededGenerator) -> [UInt8] {
        var bytes = source
        for _ in 0..<Int.random(in: 1...6, using: &chance) {
            guard !bytes.isEmpty else { break }
            let at = Int.random(in: 0..<bytes.count, using: &chance)
            let end = min(bytes.count, at + Int.random(in: 1...30, using: &chance))
            switch Int.random(in: 0..<7, using: &chance) {
            case 0: bytes[at] = UInt8.random(in: 0...255, using: &chance)
            case 1: bytes.removeSubrange(at..<end)
            case 2: bytes.insert(contentsOf: bytes[at..<end], at: at)
            case 3:
                let fragment = Self.fragments.randomElement(using: &chance) ?? "x"
                bytes.insert(contentsOf: Array(fragment.utf8), at: at)
            case 4:
                let other = all.randomElement(using: &chance) ?? []
                guard !other.isEmpty else { continue }
                let from = Int.random(in: 0..<other.count, using: &chance)
                bytes.insert(contentsOf: other[from..<min(other.count, from + 60)], at: at)
            case 5:
                let fragment = Self.fragments.randomElement(using: &chance) ?? "x"
                bytes.replaceSubrange(at..<min(bytes.count, at + 2), with: Array(fragment.utf8))
            default:
                bytes.swapAt(at, Int.random(in: 0..<bytes.count, using: &chance))
            }
        }
        return bytes
    }

    /// Runs a source in a small machine, paused now and then, and looks whether the machine still works.
    /// - Returns: whether it compiled.
    private func survive(_ source: [UInt8], _ round: Int) throws -> Bool {
        let limits = SquirrelVM.Limits(
            memoryBytes: 3 << 20, stackSlots: 1 << 14, callDepth: 500, nativeDepth: 30)
        let vm = SquirrelVM(limits: limits)
        vm.bindsStrongly = source.count % 2 == 0
        vm.instructionLimit = 60_000
        var compiled = false
        if let main = try? vm.compile(source, name: "fuzz \(Self.seed)/\(round)") {
            compiled = true
            if round % 3 == 0 { vm.setHook(every: 50) { _ in .pause } }
            if var state = try? vm.start(.object(main)) {
                var pauses = 0
                while case .paused = state, pauses < 200 {
                    pauses += 1
                    if pauses % 50 == 0 { vm.collectGarbage() }
                    state = vm.resume()
                }
                vm.abandonRun()
            }
        }
        vm.setHook(every: 1, nil)
        vm.instructionLimit = nil
        vm.collectGarbage()
        #expect(
            try vm.run("local t = { a = [6 * 7] }; return t.a[0]") == 42, "seed \(Self.seed) round \(round)")
        return compiled
    }

    @Test func mutatedProgramsEnd() throws {
        let all = try Corpus.names.map { try Corpus.bytes($0 + ".nut") }
        var compiled = 0
        for round in 0..<Self.rounds {
            var chance = SeededGenerator.derived(from: Self.seed, label: "mutation", index: UInt64(round))
            let source = mutated(all.randomElement(using: &chance) ?? [], all, &chance)
            if try survive(source, round) { compiled += 1 }
        }
        #expect(compiled > Self.rounds / 40)
    }

    @Test func madeProgramsEnd() throws {
        var compiled = 0
        for round in 0..<Self.rounds {
            var maker = ProgramMaker(
                chance: SeededGenerator.derived(from: Self.seed, label: "made", index: UInt64(round)))
            if try survive(Array(maker.program().utf8), round) { compiled += 1 }
        }
        #expect(compiled > Self.rounds * 3 / 5)
    }

    /// What a program does is the same whether or not it is paused, and whether or not cycles are collected.
    @Test func pausesAndCollectionsAreInvisible() throws {
        for round in 0..<Self.rounds / 4 {
            var maker = ProgramMaker(
                chance: SeededGenerator.derived(from: Self.seed, label: "twice", index: UInt64(round)))
            let source = Array(maker.program().utf8)
            var transcripts: [[UInt8]] = []
            for interval in [0, 3] {
                let vm = SquirrelVM(limits: .init(memoryBytes: 64 << 20, nativeDepth: 30))
                vm.instructionLimit = 20_000
                var bytes: [UInt8] = []
                vm.onPrint = { bytes += $0 }
                if interval > 0 {
                    var count = 0
                    vm.setHook(every: interval) { vm in
                        count += 1
                        if count % 16 == 0 { vm.collectGarbage() }
                        return .pause
                    }
                }
                guard let main = try? vm.compile(source, name: "made"),
                    var state = try? vm.start(.object(main))
                else { continue }
                while case .paused = state { state = vm.resume() }
                if case .failed(let error) = state, error.cause == .instructionLimit { continue }
                transcripts.append(bytes)
            }
            if transcripts.count == 2 {
                #expect(transcripts[0] == transcripts[1], "seed \(Self.seed) round \(round)")
            }
        }
    }

    @Test func noiseIsRefusedOrCompiled() {
        var chance = SeededGenerator.derived(from: Self.seed, label: "noise")
        var refused = 0
        for _ in 0..<Self.rounds {
            let count = Int.random(in: 0...200, using: &chance)
            let isText = chance.happens(withProbability: 0.5)
            let source: [UInt8] =
                isText
                ? (0..<count / 4).flatMap { _ in
                    Array((Self.fragments.randomElement(using: &chance) ?? "").utf8)
                }
                : (0..<count).map { _ in UInt8.random(in: 0...255, using: &chance) }
            if SquirrelVM.check(source, name: "noise") != nil { refused += 1 }
        }
        #expect(refused > Self.rounds / 2)
    }
}
