import ContentAddress
import Foundation
import GRDB
import Ledger
import Testing

@testable import StationStore

/// A station with a row in every table, made once.
actor SampleStation {
    /// Enough for a row in every table.
    static let small = SampleStation(notes: 3)
    /// Enough for a full tile.
    static let large = SampleStation(notes: 280)
    private let notes: Int
    private var made: (VerifierKey, DatabaseQueue)?

    init(notes: Int) { self.notes = notes }

    /// A copy in memory, without the triggers that would stop tampering.
    func copy() async throws -> (key: VerifierKey, database: DatabaseQueue) {
        if made == nil { made = try await make() }
        guard let made else { throw StoreError.closed }
        let copy = try DatabaseQueue()
        try made.1.backup(to: copy)
        try await copy.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON")
        }
        return (made.0, copy)
    }

    private func make() async throws -> (VerifierKey, DatabaseQueue) {
        let station = try TestStation()
        let store = try await station.create()
        try await store.append(.stationStarted(StationStarted(program: "1.0.0", detail: ["slots": "4"])))
        let plan = try await store.storeContent(
            Array("plan".utf8), name: "plan.yaml", mediaType: "application/yaml")
        try await store.openDemoOrder()
        try await store.pass(1)
        let failed = try await store.fail(2)
        let retest = try await store.startRun(start(retestOf: failed))
        try await store.append(identified(retest, 2))
        for number in 1...3 {
            try await store.append(step(retest, "step \(number)", 3.3 + Double(number) / 100))
        }
        try await store.append(
            .attachmentAdded(
                AttachmentAdded(
                    run: retest, name: "log", digest: plan, size: 4, mediaType: "text/plain", step: "step 1"))
        )
        _ = try await store.leaseSerial(order: "WO-1", device: unit(2).device)
        try await store.append(
            .serialReturned(SerialReturned(serial: "L000002", device: unit(2).device, reason: "failed")))
        try await store.append(
            .unitQuarantined(
                UnitQuarantined(device: unit(2).device, by: "Ada", reason: "smells", run: retest)))
        try await store.append(.runFinished(RunFinished(run: retest, outcome: .quarantined, code: "Q")))
        try await store.append(
            .unitReleased(UnitReleased(device: unit(2).device, by: "Bea", reason: "washed")))
        try await store.append(
            .note(Note(text: "clean line", by: "Bea", run: retest, device: unit(2).device)))
        station.clock.move(by: -5000)
        try await store.append(
            .personActed(PersonActed(act: .slotCleared, by: "Ada", place: "slot 1", person: "Bea")))
        try await store.append(.note(Note(text: "on leave", by: "Cleo")))
        _ = try await store.forget(person: "Cleo", by: "Ada", place: "console")
        try await store.append(
            .configurationChanged(
                ConfigurationChanged(
                    change: .used, revision: skuDigest, by: nil, place: "station", signedBy: "maria",
                    signer: planDigest)))
        try await store.append(.orderLocked(OrderLocked(order: "WO-1", revision: skuDigest)))
        try await store.append(.orderUnlocked(OrderUnlocked(order: "WO-1", by: "Ada", reason: "r")))
        try await store.append(
            .clockDoubted(ClockDoubted(source: "monotonic", expected: 2000, found: 1000)))
        try await store.append(
            .archiveWritten(ArchiveWritten(entries: 0, digest: skuDigest, bytes: 1, file: "none.db")))
        _ = try await store.rotateKey(
            to: try StationKey.generate(name: station.key.name), by: "Ada", reason: "yearly")
        for number in 0..<notes { _ = store.enqueue(.note(Note(text: "filler \(number)"))) }
        try await store.append(
            .orderOpened(
                OrderOpened(
                    order: "WO-S", sku: "lamp-eu", quantity: 5,
                    serials: SerialRange(prefix: "S", first: 1, last: 9, width: 4, isShared: true))))
        try await store.append(.serialsGranted(SerialsGranted(order: "WO-S", first: 1, last: 5)))
        try await store.append(.orderClosed(OrderClosed(order: "WO-1", reason: "end")))
        try await store.append(.stationStopped(StationStopped(reason: "end of shift")))
        try await store.close()
        let memory = try DatabaseQueue()
        try DatabaseQueue(path: station.path).backup(to: memory)
        try await memory.writeWithoutTransaction { db in
            for name in try String.fetchAll(db, sql: "SELECT name FROM sqlite_schema WHERE type = 'trigger'")
            {
                try db.execute(sql: "DROP TRIGGER \"\(name)\"")
            }
        }
        return (station.key.verifier, memory)
    }
}

@Suite struct VerificationTests {
    private func findings(
        _ depth: VerificationDepth = .everything, in sample: SampleStation = .small,
        trusting: [VerifierKey] = [],
        after tamper: @Sendable (Database) throws -> Void
    ) async throws -> [Finding] {
        let (_, database) = try await sample.copy()
        try await database.write { db in try tamper(db) }
        return try await StationReader(database, path: "copy").verify(depth, trusting: trusting).findings
    }

    @Test func theSampleIsCleanAndHasARowInEveryTable() async throws {
        let (key, database) = try await SampleStation.large.copy()
        let report = try await StationReader(database, path: "copy").verify(trusting: [key])
        #expect(report.findings == [])
        #expect(report.entries > 300 && report.signed == report.entries && report.checkpoints > 3)
        for (table, _) in Schema.projections {
            let count = try await database.read { db in
                try Int.fetchOne(db, sql: "SELECT count(*) FROM \"\(table)\"")
            }
            #expect(count ?? 0 > 0, "\(table)")
        }
    }

    /// Every column of every projection: a changed value is found, under its own name. Columns of the key make another
    /// row of it, and are changed one at a time.
    @Test(arguments: Schema.projections.map(\.table))
    func everyChangedColumnIsFound(table: String) async throws {
        let (_, sample) = try await SampleStation.small.copy()
        let columns = try await sample.read { db in
            try db.columns(in: table).map { (name: $0.name, type: $0.type) }
        }
        let key = try #require(Schema.projections.first { $0.table == table }?.key)
        let keyColumns = key.split(separator: ",").map { String($0.drop { $0 == " " }) }
        func change(_ columns: [(name: String, type: String)]) async throws -> [Finding] {
            let changes = columns.map { column in
                switch column.type {
                case "INTEGER": "\"\(column.name)\" = coalesce(\"\(column.name)\" + 1000000, 1)"
                case "BLOB": "\"\(column.name)\" = zeroblob(32)"
                case "REAL": "\"\(column.name)\" = coalesce(\"\(column.name)\" + 1, 1.0)"
                default: "\"\(column.name)\" = coalesce(CAST(\"\(column.name)\" AS TEXT), '') || 'x'"
                }
            }
            let sql = """
                UPDATE "\(table)" SET \(changes.joined(separator: ", "))
                WHERE (\(key)) = (SELECT \(key) FROM "\(table)" ORDER BY \(key) LIMIT 1)
                """
            return try await findings { db in
                try db.execute(sql: sql)
                #expect(db.changesCount == 1)
            }
        }
        let others = columns.filter { !keyColumns.contains($0.name) }
        let named =
            others.isEmpty
            ? []
            : try await change(others).compactMap { finding -> String? in
                guard case .rowDiffers(table, _, let column, _, _) = finding else { return nil }
                return column
            }
        #expect(named.sorted() == others.map(\.name).sorted())
        for column in columns where keyColumns.contains(column.name) {
            let found = try await change([column])
            let isNamed = found.contains { finding in
                if case .rowMissing(table, _) = finding { true } else { false }
            }
            #expect(isNamed, "\(column.name): \(found)")
        }
    }

    @Test(arguments: Schema.projections.map(\.table))
    func rowsThatAreMissingOrTooManyAreFound(table: String) async throws {
        let key = try #require(Schema.projections.first { $0.table == table }?.key)
        let missing = try await findings { db in
            try db.execute(
                sql:
                    "DELETE FROM \"\(table)\" WHERE (\(key)) = (SELECT \(key) FROM \"\(table)\" ORDER BY \(key) DESC LIMIT 1)"
            )
        }
        // A name that stands for a forgotten one and isn't among those is a fault of its own.
        #expect(missing.count == (table == "forgotten" ? 2 : 1))
        guard case .rowMissing(table, _) = missing.first else {
            Issue.record("\(missing)")
            return
        }
    }

    /// The type of a value matters as much as the value: 1 is not 1.0 is not true.
    @Test func aValueOfAnotherTypeIsFound() async throws {
        let found = try await findings { db in
            try db.execute(sql: "UPDATE measurement SET value = CAST(value AS TEXT) WHERE position = 0")
        }
        #expect(found.count > 1)
        let whole = try await findings { db in
            try db.execute(sql: "UPDATE measurand SET equals = 0 WHERE id = 1")
        }
        #expect(whole.count == 1)
    }

    @Test func everyChangedEntryIsFoundByItsNumber() async throws {
        let (_, sample) = try await SampleStation.large.copy()
        let size = try await sample.read { db in try LedgerTables.size(db) }
        for sequence in stride(from: 0, to: size, by: 17) {
            let found = try await findings(.chain, in: .large) { db in
                try db.execute(
                    sql:
                        "UPDATE ledger_entry SET entry = CAST(replace(CAST(entry AS TEXT), 'demo', 'dema') AS BLOB) WHERE seq = ?",
                    arguments: [sequence])
            }
            #expect(found.contains(.entryChanged(sequence: sequence)), "\(sequence): \(found)")
        }
    }

    @Test func entryAndHashChangedTogetherAreFound() async throws {
        for sequence: Int64 in [3, 100, 255, 256, 300] {
            let found = try await findings(.chain, in: .large) { db in
                let old = try #require(
                    try Data.fetchOne(
                        db, sql: "SELECT entry FROM ledger_entry WHERE seq = ?", arguments: [sequence]))
                let new = Array(String(decoding: old, as: UTF8.self).replacing("demo", with: "dema").utf8)
                try db.execute(
                    sql: "UPDATE ledger_entry SET entry = ?, leaf = ? WHERE seq = ?",
                    arguments: [Data(new), Data(TreeHash.leaf(new).bytes), sequence])
            }
            let isNamed = found.contains { finding in
                switch finding {
                case .hashMismatch(1, 0, 0, 255): sequence < 256
                case .rootMismatch(let size, let good): good <= sequence && sequence < size
                default: false
                }
            }
            #expect(isNamed, "\(sequence): \(found)")
        }
    }

    @Test(arguments: [
        ("DELETE FROM ledger_entry WHERE seq = 40", "entry 40 is missing"),
        ("DELETE FROM ledger_entry WHERE seq > 200", "entries were signed and 201 are there"),
        ("UPDATE ledger_entry SET leaf = zeroblob(32) WHERE seq = 7", "entry 7 was changed"),
        ("UPDATE ledger_node SET hash = zeroblob(32)", "hash 0 of level 1 over them"),
        ("DELETE FROM ledger_node", "hash 0 of level 1 is missing"),
        ("INSERT INTO ledger_node VALUES (2, 0, zeroblob(32))", "hash 0 of level 2 is missing or too many"),
        ("UPDATE ledger_checkpoint SET note = replace(note, 'A', 'B')", "can't be believed"),
        ("UPDATE ledger_checkpoint SET note = 'x'", "can't be believed"),
        ("UPDATE ledger_checkpoint SET size = size + 1000000", "can't be believed"),
        ("UPDATE blob SET bytes = x'00'", "it has another hash"),
        ("UPDATE person SET name = name || 'x'", "not the one that was sealed"),
        ("UPDATE person SET salt = zeroblob(32)", "not the one that was sealed"),
        ("INSERT INTO note (seq, at, text) VALUES (999, 1, 'x')", "row 999 of note does not follow"),
    ])
    func otherTamperingIsFound(sql: String, sentence: String) async throws {
        let isInChain = sql.contains("ledger_")
        let found = try await findings(isInChain ? .chain : .everything, in: isInChain ? .large : .small) {
            db in
            try db.execute(sql: sql)
        }
        #expect(found.contains { $0.description.contains(sentence) }, "\(found)")
    }

    /// The last signature covers what is before it: an older one that is torn says nothing about the entries, and only a look at
    /// everything finds it. An older checkpoint that says something else than the tree is found either way.
    @Test func olderCheckpointsAreHeldAgainstTheTree() async throws {
        let older = "size = (SELECT min(size) FROM ledger_checkpoint WHERE size > 1)"
        let last = "size = (SELECT max(size) FROM ledger_checkpoint)"
        // A signature's line ends the note; the root is its third line.
        let torn = "note = substr(note, 1, length(note) - 12) || 'AAAAAAAAAA=' || char(10)"
        let other = """
            note = (SELECT note FROM (SELECT substr(note, 1, instr(note, char(10))) || size || char(10)
                || 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=' || substr(note, instr(note, char(10) || char(10))) AS note))
            """
        for (change, place, depth, sentence) in [
            (torn, older, .chain, nil), (torn, older, .everything, "can't be believed"),
            (torn, last, .chain, "can't be believed"),
            (other, older, .chain, "are not those that were signed"),
            (other, last, .chain, "can't be believed"),
        ] as [(String, String, VerificationDepth, String?)] {
            let found = try await findings(depth, in: .large) { db in
                try db.execute(sql: "UPDATE ledger_checkpoint SET \(change) WHERE \(place)")
                #expect(db.changesCount == 1)
            }
            if let sentence {
                #expect(found.contains { $0.description.contains(sentence) }, "\(place): \(found)")
            } else {
                #expect(found == [], "\(place): \(found)")
            }
        }
    }

    @Test func aForgottenNameIsNoFault() async throws {
        let found = try await findings { db in try db.execute(sql: "DELETE FROM person WHERE name = 'Ada'") }
        #expect(found == [])
    }

    /// Somebody who writes the whole ledger anew with a key of his own is found out by whoever knows the real one.
    @Test func aReplacedKeyIsFoundByWhoeverKnowsTheOld() async throws {
        let forged = try TestStation()
        try await forged.create().close()
        let (key, _) = try await SampleStation.small.copy()
        let reader = try StationReader.open(at: forged.path)
        #expect(try await reader.verify().findings == [])
        let findings = try await reader.verify(trusting: [key]).findings
        #expect(findings.contains(.untrustedKey(found: forged.key.verifier.text)))
    }

    @Test func rebuildingRepairsProjections() async throws {
        let station = try TestStation()
        let store = try await station.create()
        try await store.openDemoOrder()
        try await store.pass(1)
        try await store.fail(2)
        try await store.pool.writeWithoutTransaction { db in
            try db.execute(
                sql:
                    "DROP TRIGGER step_never_changes; UPDATE step SET outcome = 1; UPDATE work_order SET failed = 7"
            )
        }
        #expect(try await store.reader.verify().findings.count == 2)
        let triggers =
            "SELECT group_concat(name) FROM (SELECT name FROM sqlite_schema WHERE type = 'trigger' ORDER BY 1)"
        let before = try await store.pool.read { db in try String.fetchOne(db, sql: triggers) }
        try await store.rebuildProjections()
        #expect(try await store.reader.verify().findings == [])
        #expect(try await store.pool.read { db in try String.fetchOne(db, sql: triggers) } == before)
        // And the writer goes on.
        try await store.pass(2)
        #expect(try await store.reader.verify().findings == [])
    }

    @Test func openingNoticesTampering() async throws {
        let station = try TestStation()
        let store = try await station.create()
        for number in 0..<300 { _ = store.enqueue(.note(Note(text: "n \(number)"))) }
        try await store.close()
        try station.sqlite3(
            "DROP TRIGGER ledger_entry_never_changes; UPDATE ledger_entry SET leaf = zeroblob(32) WHERE seq = 299"
        )
        let error = await #expect(throws: StoreError.self) { _ = try await station.open() }
        guard case .tampered = try #require(error) else { throw try #require(error) }
    }
}
