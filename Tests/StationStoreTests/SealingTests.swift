import ContentAddress
import Foundation
import GRDB
import Ledger
import Synchronization
import Testing
import TimeAndChance

@testable import StationStore

/// A station that has written enough for sealed bundles.
actor SealedStation {
    static let shared = SealedStation()
    private var made: (key: StationKey, entries: [[UInt8]], database: DatabaseQueue)?

    /// A copy in memory without the triggers that would stop tampering; the entries as they were written.
    func copy() async throws -> (key: VerifierKey, entries: [[UInt8]], database: DatabaseQueue) {
        let made = try await withKey()
        let copy = try DatabaseQueue()
        try made.database.backup(to: copy)
        try await copy.writeWithoutTransaction { db in
            for name in try String.fetchAll(db, sql: "SELECT name FROM sqlite_schema WHERE type = 'trigger'")
            {
                try db.execute(sql: "DROP TRIGGER \"\(name)\"")
            }
            try db.execute(sql: "PRAGMA foreign_keys = OFF")
        }
        return (made.key.verifier, made.entries, copy)
    }

    /// The original, not to be changed, with its key.
    func withKey() async throws -> (key: StationKey, entries: [[UInt8]], database: DatabaseQueue) {
        if let made { return made }
        let new = try await make()
        made = new
        return new
    }

    private func make() async throws -> (StationKey, [[UInt8]], DatabaseQueue) {
        let station = try TestStation()
        let store = try await station.create()
        try await store.openDemoOrder()
        var dice = SeededGenerator(seed: 11)
        for number in 1...30 {
            if dice.happens(withProbability: 0.3) { try await store.fail(number) }
            try await store.pass(number)
        }
        for number in 0..<500 {
            _ = store.enqueue(.note(Note(text: "filler \(number)", device: unit(number % 9 + 1).device)))
        }
        try await store.pass(31)
        try await store.append(.note(Note(text: "last")))
        try await store.close()
        let reader = try StationReader.open(at: station.path)
        let entries = Mutex<[[UInt8]]>([])
        try await reader.exportEntries { _, bytes in entries.withLock { $0.append(Array(bytes)) } }
        let memory = try DatabaseQueue()
        try DatabaseQueue(path: station.path).backup(to: memory)
        return (station.key, entries.withLock { $0 }, memory)
    }
}

@Suite struct SealingTests {
    private func reader(_ database: DatabaseQueue) -> StationReader { StationReader(database, path: "copy") }

    @Test func oldEntriesAreSealedAndTheNewestStayInRows() async throws {
        let (key, entries, database) = try await SealedStation.shared.copy()
        let (bundles, rows, first) = try await database.read { db in
            (
                try Int64.fetchOne(db, sql: "SELECT count(*) FROM ledger_bundle") ?? 0,
                try Int64.fetchOne(db, sql: "SELECT count(*) FROM ledger_entry") ?? 0,
                try Int64.fetchOne(db, sql: "SELECT min(seq) FROM ledger_entry") ?? 0
            )
        }
        #expect(bundles >= 3 && first == bundles * 256 && bundles * 256 + rows == Int64(entries.count))
        #expect((256..<512).contains(rows))
        let report = try await reader(database).verify(trusting: [key])
        #expect(report.findings == [])
        #expect(report.entries == Int64(entries.count))
    }

    /// Random questions with a seed, across the borders of bundles and of what is sealed.
    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func everyWayOfReadingKnowsBoth(seed: UInt64) async throws {
        let (_, entries, database) = try await SealedStation.shared.copy()
        let reader = reader(database)
        let size = Int64(entries.count)
        var dice = SeededGenerator(seed: seed)
        let borders: [Int64] = [0, 1, 255, 256, 257, 511, 512, size - 257, size - 1, size]
        func place() -> Int64 {
            dice.happens(withProbability: 0.5)
                ? borders[Int(dice.next() % UInt64(borders.count))] : Int64.random(in: 0...size, using: &dice)
        }
        for _ in 0..<12 {
            let ends = [place(), place()].sorted()
            let range = ends[0]..<ends[1]
            let expected = entries[Int(range.lowerBound)..<Int(range.upperBound)].map {
                String(decoding: $0, as: UTF8.self)
            }
            let whole = try await reader.entries(EntryFilter(sequences: range)).map(\.entry)
            #expect(whole == expected, "seed \(seed): \(range)")
            let newest = try await reader.entries(
                EntryFilter(sequences: range, newestFirst: true, limit: 300)
            ).map(\.entry)
            #expect(newest == Array(expected.reversed().prefix(300)), "seed \(seed): \(range)")
            #expect(try await reader.entryBytes(range).count == range.count)
            if !range.isEmpty {
                let tile = range.lowerBound / 256
                let width = Int(min(256, size - tile * 256))
                let leaves = try await reader.tile(level: 0, index: tile, width: width)
                #expect(
                    leaves == entries[Int(tile * 256)..<Int(tile * 256) + width].map { TreeHash.leaf($0) })
                let index = min(range.lowerBound, try #require(await reader.checkpoint()).size - 1)
                let bundle = try await reader.proof(ofEntries: [index])
                try bundle.verify()
                #expect(bundle.entries.map(\.entry) == [String(decoding: entries[Int(index)], as: UTF8.self)])
            }
            let old = range.lowerBound
            let proof = try await reader.consistencyProof(from: old, to: range.upperBound)
            let roots = (
                try await reader.root(ofSize: old), try await reader.root(ofSize: range.upperBound)
            )
            #expect(
                MerkleProof.verifyConsistency(
                    oldSize: old, newSize: range.upperBound, proof: proof, oldRoot: roots.0,
                    newRoot: roots.1), "seed \(seed): \(range)")
        }
    }

    @Test func stretchesForThePlantGoAcrossTheBorder() async throws {
        let (_, entries, database) = try await SealedStation.shared.copy()
        let reader = reader(database)
        let signed = try #require(await reader.checkpoint()).size
        for most in [1, 200, 10_000] {
            var next: Int64 = 0
            while let stretch = try await reader.signedStretch(from: next, mostEntries: most) {
                #expect(stretch.first == next)
                let end = Int(next) + stretch.entries.count
                #expect(stretch.entries == Array(entries[Int(next)..<end]))
                next = stretch.checkpoint.size
            }
            #expect(next == signed)
        }
    }

    @Test func aLifeIsFoundInSealedAndPlainEntries() async throws {
        let (_, entries, database) = try await SealedStation.shared.copy()
        let reader = reader(database)
        for number in [1, 9, 30] {
            let device = unit(number).device
            let report = try #require(try await reader.unit(device))
            // By hand: what names the unit, and what names one of its runs.
            var runs: Set<Int64> = []
            var expected: [Int64] = []
            for (index, entry) in entries.enumerated() {
                let envelope = try EntryEnvelope(parsing: entry)
                if case .string(device)? = envelope.record["device"],
                    case .integer(let run)? = envelope.record["run"]
                {
                    runs.insert(run)
                }
                _ = index
            }
            for (index, entry) in entries.enumerated() {
                let envelope = try EntryEnvelope(parsing: entry)
                var isMine = runs.contains(Int64(index))
                if case .integer(let run)? = envelope.record["run"] { isMine = isMine || runs.contains(run) }
                if case .string(device)? = envelope.record["device"] { isMine = true }
                if isMine { expected.append(Int64(index)) }
            }
            #expect(report.entries == expected)
            #expect(try await reader.entries(EntryFilter(unit: device)).map(\.sequence) == expected)
            let bundle = try await reader.proof(ofUnit: device)
            try bundle.verify()
        }
    }

    /// The shell opens what is sealed by itself.
    @Test func theShellSeesTheWholeLedger() async throws {
        let (_, entries, database) = try await SealedStation.shared.copy()
        let folder = FileManager.default.temporaryDirectory.appending(path: "shell-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appending(path: "s.db").path
        try database.backup(to: DatabaseQueue(path: path))
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["sqlite3", path, "SELECT kind || ' ' || record FROM ledger"]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        let lines = output.split(separator: "\n").map(String.init)
        #expect(lines.count == entries.count)
        for (line, entry) in zip(lines, entries) {
            let envelope = try EntryEnvelope(parsing: entry)
            #expect(line.hasPrefix(envelope.kind + " {"))
            #expect(String(decoding: entry, as: UTF8.self).contains(line.dropFirst(envelope.kind.count + 1)))
        }
    }

    @Test(arguments: [
        (
            "UPDATE ledger_bundle SET bytes = zeroblob(100) WHERE number = 1",
            "sealed entries 256 to 511 can't be read"
        ),
        (
            "UPDATE ledger_bundle SET size = size + 1 WHERE number = 0",
            "sealed entries 0 to 255 can't be read"
        ),
        (
            "DELETE FROM ledger_bundle WHERE number = 1",
            "the sealed entries 256 to 511 can't be read: they are missing"
        ),
        ("DELETE FROM ledger_bundle", "entry 0 is missing"),
        (
            "INSERT INTO ledger_entry VALUES (300, zeroblob(32), x'7b7d')",
            "entry 300 lies beside the bundle that holds it"
        ),
        (
            "UPDATE ledger_node SET hash = zeroblob(32) WHERE position = 1 AND level = 1",
            "sealed entries 256 to 511 was changed"
        ),
        (
            "UPDATE ledger_bundle SET (size, bytes) = (SELECT size, bytes FROM ledger_bundle WHERE number = 0) WHERE number = 1",
            "sealed entries 256 to 511 was changed"
        ),
    ])
    func tamperingWithBundlesIsNamed(sql: String, sentence: String) async throws {
        let (_, _, database) = try await SealedStation.shared.copy()
        try await database.write { db in try db.execute(sql: sql) }
        let found = try await reader(database).verify(.chain).findings
        #expect(found.contains { $0.description.contains(sentence) }, "\(found)")
    }

    /// One entry rewritten and packed again, with care: its bundle is named, and nothing else is.
    @Test func aForgedEntryInABundleIsNamedByItsBundle() async throws {
        let (_, entries, database) = try await SealedStation.shared.copy()
        for sequence in [0, 300, 511] {
            let number = sequence / 256
            var forged = Array(entries[number * 256..<number * 256 + 256])
            let text = String(decoding: forged[sequence % 256], as: UTF8.self)
            forged[sequence % 256] = Array(text.replacing("demo", with: "dema").utf8)
            let packed = try EntryBundle.pack(forged)
            let (_, _, copy) = try await SealedStation.shared.copy()
            try await copy.write { db in
                try db.execute(
                    sql: "UPDATE ledger_bundle SET size = ?, bytes = ? WHERE number = ?",
                    arguments: [packed.size, Data(packed.bytes), number])
            }
            let findings = try await reader(copy).verify(.chain).findings
            let first = Int64(number * 256)
            #expect(findings.contains(.bundleChanged(first: first, last: first + 255)))
            let others = findings.filter { finding in
                switch finding {
                case .bundleChanged(first, _): false
                // Checkpoints within the bundle don't fit either.
                case .rootMismatch(let size, _): !(first...first + 255).contains(size - 1)
                case .untrustedKey, .entryUnplayable, .checkpointForged: sequence != 0
                default: true
                }
            }
            #expect(others.isEmpty, "\(others)")
        }
        _ = database
    }

    /// An old entry was changed before it was packed: the line goes on, nothing wrong is packed away, verifying names it.
    @Test func aChangedEntryIsNotSealedAndStopsNobody() async throws {
        let station = try TestStation()
        var store = try await station.create()
        for number in 0..<100 { _ = store.enqueue(.note(Note(text: "early \(number)"))) }
        try await store.close()
        let raw = try DatabaseQueue(path: station.path)
        try await raw.write { db in
            try db.execute(sql: "DROP TRIGGER ledger_entry_never_changes")
            try db.execute(
                sql:
                    "UPDATE ledger_entry SET entry = CAST(replace(entry, 'early 7', 'early 8') AS BLOB) WHERE seq = 8"
            )
        }
        try raw.close()
        store = try await station.open()
        for number in 0..<1000 { _ = store.enqueue(.note(Note(text: "later \(number)"))) }
        try await store.append(.note(Note(text: "last")))
        _ = try await store.signCheckpoint()
        for number in 0..<600 { _ = store.enqueue(.note(Note(text: "after \(number)"))) }
        try await store.flush()
        let bundles = try await store.reader.ask { db in
            try Int.fetchOne(db, sql: "SELECT count(*) FROM ledger_bundle")
        }
        #expect(bundles == 0)
        let findings = try await store.reader.verify(.chain).findings
        #expect(findings.contains { "\($0)".contains("8") }, "\(findings)")
        try await store.close()
    }

    /// Codes are part of the schema: a kind without one could not be written.
    @Test func everyKindHasANumber() async throws {
        let (_, _, database) = try await SealedStation.shared.copy()
        let codes = try await database.read { db in try LedgerKinds.codes(db) }
        #expect(codes.keys.sorted() == Record.kinds.sorted())
    }

    /// Reading what can't be read says which entries, and what to do.
    @Test func anUnreadableBundleHasItsSentence() async throws {
        let (_, _, database) = try await SealedStation.shared.copy()
        try await database.write { db in
            try db.execute(sql: "UPDATE ledger_bundle SET bytes = zeroblob(9) WHERE number = 0")
        }
        let error = await #expect(throws: StoreError.self) {
            _ = try await reader(database).entryBytes(10..<20)
        }
        let sentence = try #require(error).description
        #expect(sentence.contains("sealed entries 0 to 255") && sentence.contains("audit verify"))
    }
}
