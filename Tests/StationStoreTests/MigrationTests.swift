import ContentAddress
import Foundation
import GRDB
import Ledger
import Testing

@testable import StationStore

/// Databases that released programs left behind.
@Suite struct MigrationTests {
    private static let released = URL(filePath: #filePath).deletingLastPathComponent().appending(
        path: "Released")
    private static let migrations = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "schema/migrations")

    /// Feeds a database to the `sqlite3` shell and hears what it says.
    @discardableResult
    private func shell(_ path: String, _ sql: Data) throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["sqlite3", path]
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        // A thread of its own: both pipes may fill up.
        let feeding = Thread {
            input.fileHandleForWriting.write(sql)
            try? input.fileHandleForWriting.close()
        }
        feeding.start()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return text
    }

    private func shell(_ path: String, _ sql: String) throws -> String { try shell(path, Data(sql.utf8)) }

    private func unpacked(_ file: URL) throws -> Data {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["gzip", "-dc", file.path]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return data
    }

    /// A database as it was, out of its SQL text.
    private func station(
        _ dump: String = "0002-projections.sql", key keyFile: String = "station.key", change: String = ""
    ) throws -> (path: String, key: StationKey) {
        let folder = FileManager.default.temporaryDirectory.appending(path: "released-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let path = folder.appending(path: "station.db").path
        let file = Self.released.appending(path: dump)
        let sql = dump.hasSuffix(".gz") ? try unpacked(file) : try Data(contentsOf: file)
        try shell(path, sql + Data("\nPRAGMA application_id = 1112298324;\n\(change)\n".utf8))
        let key = folder.appending(path: "station.key").path
        try FileManager.default.copyItem(
            at: Self.released.appending(path: keyFile), to: URL(filePath: key))
        chmod(key, 0o600)
        return (path, try StationKey.load(from: key))
    }

    private func remove(_ path: String) throws {
        try FileManager.default.removeItem(atPath: URL(filePath: path).deletingLastPathComponent().path)
    }

    private func takesUp(_ path: String, _ key: StationKey) async throws {
        #expect(throws: StoreError.olderSchema(path: path)) { try StationReader.open(at: path) }
        let store = try await StationStore.open(at: path, key: key)
        #expect(try await store.reader.station().ledgerSize == 96)
        #expect(try await store.reader.station().schema == "0008-run-days")
        #expect(try await store.reader.verify().findings == [])
        #expect(try await store.reader.unit("30000c2a697cc247")?.device.isBlessed == true)
        #expect(try await store.reader.order("WO-2026-0117")?.serialsShared == false)
        try await store.append(.note(Note(text: "goes on")))
        #expect(try await store.reader.verify().findings == [])
        try await store.close()
        try remove(path)
    }

    @Test func aDatabaseOf0002WithDataGoesOn() async throws {
        let (path, key) = try station()
        try await takesUp(path, key)
    }

    /// 0001 had the ledger alone; everything else follows from it.
    @Test func aDatabaseOf0001WithDataGoesOn() async throws {
        let tables = [
            "measurement", "measurand", "step", "step_name", "act", "identification", "run_image",
            "device_image",
            "attachment", "label", "serial_lease", "quarantine", "note", "run", "device", "work_order",
            "content",
            "clock_set_back", "session", "event", "station",
        ]
        let (path, key) = try station(
            change: ["units", "runs", "steps", "measurements", "ledger"].map { "DROP VIEW \($0);" }.joined()
                + tables.map { "DROP TABLE \($0);" }.joined()
                + "DELETE FROM grdb_migrations WHERE identifier <> '0001-ledger';")
        try await takesUp(path, key)
    }

    /// Every later schema, made by applying the migrations up to it to a database with data.
    @Test(arguments: [["0003-serial-blocks"], ["0003-serial-blocks", "0004-people-and-keys"]])
    func aDatabaseOfALaterSchemaWithDataGoesOn(applied: [String]) async throws {
        var change = ""
        for name in applied {
            change += try String(contentsOf: Self.migrations.appending(path: name + ".sql"), encoding: .utf8)
            change += "\nINSERT INTO grdb_migrations VALUES ('\(name)');\n"
        }
        let (path, key) = try station(change: change)
        try await takesUp(path, key)
    }

    private static let views = """
        SELECT * FROM units ORDER BY device_id; SELECT * FROM runs ORDER BY run; SELECT * FROM steps ORDER BY seq;
        SELECT * FROM measurements ORDER BY seq, measurement; SELECT * FROM ledger ORDER BY seq;
        """

    /// What people see in the `sqlite3` shell is the same before and after, to the last letter.
    @Test func aDatabaseOf0005SaysTheSameAfterwards() async throws {
        let (path, key) = try station("0005-run-firmware.sql.gz", key: "0005-station.key")
        let before = try shell(path, Self.views)
        #expect(before.split(separator: "\n").count > 1000)
        let store = try await StationStore.open(at: path, key: key)
        #expect(try await store.reader.station().ledgerSize == 446)
        #expect(try await store.reader.verify().findings == [])
        try await store.close()
        #expect(try shell(path, Self.views) == before)
        #expect(try shell(path, "PRAGMA integrity_check; PRAGMA foreign_key_check") == "ok\n")
        try remove(path)
    }

    /// A database of 0005 with this ledger.
    private func station(
        ledger: (key: StationKey, entries: [[UInt8]], database: DatabaseQueue)
    ) throws -> String {
        let folder = FileManager.default.temporaryDirectory.appending(path: "released-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let path = folder.appending(path: "station.db").path
        var sql = "CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY);"
        for name in [
            "0001-ledger", "0002-projections", "0003-serial-blocks", "0004-people-and-keys",
            "0005-run-firmware",
        ] {
            sql += try String(contentsOf: Self.migrations.appending(path: name + ".sql"), encoding: .utf8)
            sql += "\nINSERT INTO grdb_migrations VALUES ('\(name)');\n"
        }
        _ = try shell(path, sql + "PRAGMA application_id = 1112298324; PRAGMA journal_mode = WAL;")
        let old = try DatabaseQueue(path: path)
        try old.write { db in
            for (sequence, entry) in ledger.entries.enumerated() {
                try db.execute(
                    sql: "INSERT INTO ledger_entry VALUES (?, ?, ?)",
                    arguments: [sequence, Data(TreeHash.leaf(entry).bytes), Data(entry)])
            }
            for (table, columns) in [
                ("ledger_node", "level, position, hash"), ("ledger_checkpoint", "size, note"),
                ("person", "seal, salt, name"),
            ] {
                let rows = try ledger.database.read { source in
                    try Row.fetchAll(source, sql: "SELECT \(columns) FROM \(table)")
                }
                for row in rows {
                    let marks = row.map { _ in "?" }.joined(separator: ", ")
                    try db.execute(
                        sql: "INSERT INTO \(table) (\(columns)) VALUES (\(marks))",
                        arguments: StatementArguments(row.map(\.1)))
                }
            }
        }
        try old.close()
        return path
    }

    @Test func aMigrationSealsWhatIsOld() async throws {
        let sealed = try await SealedStation.shared.withKey()
        let path = try station(ledger: sealed)
        let store = try await StationStore.open(at: path, key: sealed.key)
        let bundles = try await store.pool.read { db in
            try Int.fetchOne(db, sql: "SELECT count(*) FROM ledger_bundle")
        }
        #expect(bundles == sealed.entries.count / 256 - 1)
        #expect(try await store.reader.verify().findings == [])
        #expect(try await store.reader.entryBytes(0..<Int64(sealed.entries.count)) == sealed.entries)
        try await store.append(.note(Note(text: "goes on")))
        try await store.close()
        try remove(path)
    }

    /// No room on the way: the old file is as it was, and is taken up when there is room.
    @Test func aFullDiskWhileMigratingLeavesTheOldFileWhole() async throws {
        let sealed = try await SealedStation.shared.withKey()
        let path = try station(ledger: sealed)
        let before = try shell(path, ".dump")
        let pages = try #require(Int64(try shell(path, "PRAGMA page_count").dropLast()))
        for more in [0, 5, 15] as [Int64] {
            var options = StationStore.Options()
            options.largestPageCount = pages + more
            let error = await #expect(throws: StoreError.self) {
                _ = try await StationStore.open(at: path, key: sealed.key, options: options)
            }
            #expect(error == .diskFull(path: path))
            #expect(try shell(path, ".dump") == before)
        }
        let store = try await StationStore.open(at: path, key: sealed.key)
        #expect(try await store.reader.verify().findings == [])
        try await store.close()
        try remove(path)
    }

    @Test func aLedgerThatWasTamperedWithIsNotMigrated() async throws {
        let sealed = try await SealedStation.shared.withKey()
        var changed = sealed
        changed.entries[300] = Array(
            String(decoding: sealed.entries[300], as: UTF8.self).replacing("filler", with: "killer")
                .replacing("demo", with: "dema").utf8)
        let path = try station(ledger: changed)
        let before = try shell(path, ".dump")
        let error = await #expect(throws: StoreError.self) {
            _ = try await StationStore.open(at: path, key: sealed.key)
        }
        guard case .tampered(path, let detail) = try #require(error) else { throw try #require(error) }
        #expect(detail.contains("256 to 511") || detail.contains("300"), "\(detail)")
        #expect(try shell(path, ".dump") == before)
        try remove(path)
    }
}
