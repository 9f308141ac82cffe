import Foundation
import GRDB
import Ledger
import Testing
import TimeAndChance

@testable import StationStore

@Suite struct CrashTests {
    /// A process that writes from four slots is killed again and again. What it was told to be durable must be there,
    /// nothing else may be wrong, and the next process takes up the work.
    ///
    /// Twenty times; `RECORD_CRASHES=200` does it more often, `RECORD_SEED` elsewhere.
    @Test func nothingAcknowledgedIsLost() async throws {
        let environment = ProcessInfo.processInfo.environment
        let rounds = environment["RECORD_CRASHES"].flatMap { Int($0) } ?? 20
        let seed = environment["RECORD_SEED"].flatMap { UInt64($0) } ?? 4711
        var chance = SeededGenerator(seed: seed)
        let station = try TestStation()
        let store = try await StationStore.create(
            at: station.path, station: "demo", key: station.key, program: "1")
        try await store.close()
        let key = station.folder.appending(path: "key").path
        try station.key.save(to: key)

        var told = 0
        for round in 0..<rounds {
            let lines = Int.random(in: 1...120, using: &chance)
            let heard = try Self.writeAndKill(
                [station.path, key, String(chance.next())],
                afterBytes: lines * 16 + Int.random(in: 0..<16, using: &chance))
            told += heard.count
            let reader = try StationReader.open(at: station.path)
            let size = try await reader.station().ledgerSize
            let entries = try await reader.entries(
                EntryFilter(sequences: (heard.map(\.sequence).min() ?? 0)..<size))
            let kinds = Dictionary(uniqueKeysWithValues: entries.map { ($0.sequence, $0.kind) })
            for (sequence, kind) in heard {
                #expect(kinds[sequence] == kind, "seed \(seed), round \(round): entry \(sequence)")
            }
            // Everything now and then: a replay takes longer each time.
            let report = try await reader.verify(
                round % max(7, rounds / 8) == 6 || round == rounds - 1 ? .everything : .chain)
            #expect(report.findings == [], "seed \(seed), round \(round)")
        }
        #expect(told > rounds)

        let again = try await StationStore.open(at: station.path, key: station.key)
        // Entries were sealed into bundles while it was killed.
        let bundles = try await again.reader.ask { db in
            try Int.fetchOne(db, sql: "SELECT count(*) FROM ledger_bundle") ?? 0
        }
        #expect(bundles > 2, "seed \(seed)")
        for unfinished in try await again.reader.unfinishedRuns() {
            for act in unfinished.openActs {
                try await again.append(
                    .actFinished(ActFinished(run: unfinished.run.run, act: act.act, outcome: .failed)))
            }
            try await again.append(.runFinished(RunFinished(run: unfinished.run.run, outcome: .error)))
        }
        #expect(try await again.reader.unfinishedRuns().isEmpty)
        #expect(try await again.reader.verify().findings == [])
    }

    /// Starts the writer, kills it when it has told so many bytes.
    /// - Returns: every whole line that it told.
    static func writeAndKill(
        _ arguments: [String], afterBytes limit: Int
    ) throws -> [(sequence: Int64, kind: String)] {
        let process = Process()
        process.executableURL = Helper.url
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        var output = Data()
        while output.count < limit {
            let more = pipe.fileHandleForReading.availableData
            if more.isEmpty { break }
            output += more
        }
        kill(process.processIdentifier, SIGKILL)
        output += pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: output, as: UTF8.self).split(
            separator: "\n", omittingEmptySubsequences: false
        )
        .dropLast().compactMap { line in
            let parts = line.split(separator: " ")
            return Int64(parts[0]).map { ($0, String(parts[1])) }
        }
    }
}
