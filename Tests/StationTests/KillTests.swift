import Foundation
import Testing
import TimeAndChance

/// The promise of the record under the worst that can happen to a process: SIGKILL at any instant.
@Suite struct KillTests {
    /// `STATION_KILLS=200 swift test --filter KillTests` for the long version.
    static let kills = ProcessInfo.processInfo.environment["STATION_KILLS"].flatMap(Int.init) ?? 12

    @Test func nothingIsLostAndNothingIsBlessedTwice() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("KillTests seed \(seed), \(Self.kills) kills")
        var dice = SeededGenerator(seed: seed)
        let station = try StationProgram()
        defer { station.remove() }
        // Enough units that the line is still busy at the last kill.
        let units = max(100, 10 * Self.kills)
        try station.edit("orders/WO-2026-0117.yaml", "quantity: 24", "quantity: \(units)")
        try station.edit("orders/WO-2026-0117.yaml", "last: 100040", "last: \(100_000 + 2 * units)")
        try #require(try station.run("init").status == 0)

        var acknowledged: [Int64: String] = [:]
        func remember(_ outcome: StationProgram.Outcome) {
            // The last line may be torn by the kill; a whole one was printed after its commit.
            for line in outcome.out.split(separator: "\n")
            where line.hasSuffix("}") && line.contains("\"event\":\"unit\"") {
                guard let run = line.firstRange(of: "\"run\":"),
                    let number = Int64(line[run.upperBound...].prefix { $0.isNumber }),
                    let result = CommandLineTests.value(of: "outcome", in: String(line))
                else { continue }
                acknowledged[number] = result
            }
        }
        var killed = 0
        for _ in 0..<Self.kills {
            let delay = 0.05 + Double(dice.next() % 1500) / 1000
            let outcome = try station.run(
                "run", "WO-2026-0117", "--json", "--units", "\(units)", "--faults", "cold-joint:i2c^1%0.1",
                killAfter: delay)
            if outcome.wasKilled { killed += 1 }
            remember(outcome)
            #expect(
                outcome.wasKilled || [0, 1].contains(outcome.status), "\(outcome.status) \(outcome.error)")
        }
        #expect(killed > 0)
        // One more start closes what the last kill left open, and goes on.
        let last = try station.run(
            "run", "WO-2026-0117", "--json", "--units", "\(units)", "--faults", "", killAfter: 4)
        remember(last)
        _ = try station.run("run", "WO-2026-0124", "--json", "--units", "0", "--faults", "")

        let verify = try station.run("audit", "verify")
        #expect(verify.status == 0, "\(verify.out)\(verify.error)")
        let runs = try JSONSerialization.jsonObject(
            with: Data(try station.run("unit", "list", "--json", "--limit", "100000").out.utf8))
        var recorded: [Int64: String] = [:]
        for case let run as [String: Any] in try #require(runs as? [Any]) {
            if let id = run["run"] as? Int64, let outcome = run["outcome"] as? String {
                recorded[id] = outcome
            }
        }
        for (run, outcome) in acknowledged { #expect(recorded[run] == outcome, "run \(run)") }
        #expect(!acknowledged.isEmpty)

        // The cloud's own book: no device was accepted twice.
        let shelf = station.home + "/demo/var/shelf/WO-2026-0117/blessings.jsonl"
        let book = (try? String(contentsOfFile: shelf, encoding: .utf8)) ?? ""
        var accepted: [String: Int] = [:]
        for line in book.split(separator: "\n") where line.contains("\"accepted\"") {
            if let device = CommandLineTests.value(of: "deviceID", in: String(line)) {
                accepted[device, default: 0] += 1
            }
        }
        #expect(accepted.values.allSatisfy { $0 == 1 }, "\(accepted.filter { $0.value > 1 })")
        #expect(!accepted.isEmpty)
    }
}
