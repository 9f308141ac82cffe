import Foundation
import Ledger
import Testing

@testable import StationStore

@Suite struct BackupTests {
    let station: TestStation

    init() throws { station = try TestStation() }

    private func file(_ name: String) -> String { station.folder.appending(path: name).path }

    @Test func aBackupUnderLoadIsOneConsistentState() async throws {
        let store = try await station.create()
        try await store.openDemoOrder(quantity: 100, last: 100)
        let writing = Task {
            for number in 1...30 { try await store.pass(number) }
        }
        var last: Int64 = 0
        for index in 1...4 {
            let report = try await store.reader.backUp(to: file("backup-\(index)"))
            #expect(report.entries >= last)
            last = report.entries
            let copy = try StationReader.open(at: report.path)
            #expect(try await copy.station().ledgerSize == report.entries)
            #expect(try await copy.checkpoint() == report.head)
        }
        try await writing.value
        #expect(try await store.reader.backUp(to: file("last")).head?.size == store.reader.checkpoint()?.size)
        try await store.close()
    }

    @Test func aBackupNeverOverwritesAndLeavesNothingBehind() async throws {
        let store = try await station.create()
        let target = file("there")
        try Data("mine".utf8).write(to: URL(filePath: target))
        await #expect(throws: StoreError.exists(path: target)) {
            _ = try await store.reader.backUp(to: target)
        }
        #expect(try String(contentsOfFile: target, encoding: .utf8) == "mine")
        await #expect(throws: StoreError.self) {
            _ = try await store.reader.backUp(to: file("no/such/folder"))
        }
        let left = try FileManager.default.contentsOfDirectory(atPath: station.folder.path)
        #expect(!left.contains { $0.contains(".part") })
        try await store.close()
    }

    @Test func whatDoesNotHoldIsNotBackedUp() async throws {
        let store = try await station.create()
        try await store.pass(1, order: nil)
        try await store.close()
        try station.sqlite3(
            "DROP TRIGGER ledger_entry_never_changes; UPDATE ledger_entry SET entry = CAST('{}' AS BLOB) WHERE seq = 3"
        )
        let reader = try StationReader.open(at: station.path)
        await #expect(throws: StoreError.self) { _ = try await reader.backUp(to: file("bad")) }
        #expect(!FileManager.default.fileExists(atPath: file("bad")))
    }

    @Test func aStationThatWasSetBackDoesNotGoOn() async throws {
        let store = try await station.create()
        try await store.pass(1, order: nil)
        let backup = try await store.reader.backUp(to: file("backup"))
        try await store.pass(2, order: nil)
        let known = try #require(await store.reader.checkpoint()).size
        try await store.close()
        for suffix in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: station.path + suffix)
        }
        try FileManager.default.copyItem(atPath: backup.path, toPath: station.path)
        await #expect(
            throws: StoreError.setBack(
                path: station.path, here: backup.head?.size ?? 0, known: known,
                from: HeadFile.path(ofDatabase: station.path))
        ) { _ = try await station.open() }
        // Another key's file says nothing, a torn one neither.
        let other = try StationKey.generate(name: StationStore.origin(station: "other"))
        HeadFile.write(
            try Checkpoint(size: 1_000_000, root: TreeHash.emptyTree, signedBy: other),
            path: HeadFile.path(ofDatabase: station.path))
        try await station.open().close()
    }

    @Test func aBackupIsCompletedByteForByteAndOnlyWithWhatWasSigned() async throws {
        let store = try await station.create()
        try await store.openDemoOrder()
        try await store.pass(1)
        try await store.append(.note(Note(text: "not signed yet")))
        let backup = try await store.reader.backUp(to: file("backup"))
        for number in 2...4 { try await store.pass(number) }
        _ = try await store.signCheckpoint()
        let stretch = try #require(
            try await store.reader.signedStretch(from: backup.entries, mostEntries: 1_000_000))
        let whole = try #require(await store.reader.checkpoint())
        // One bit changed anywhere in the stretch is refused and changes nothing.
        for index in [0, stretch.entries.count / 2, stretch.entries.count - 1] {
            var entries = stretch.entries
            entries[index][entries[index].count / 2] ^= 1
            let wrong = SignedStretch(first: stretch.first, entries: entries, checkpoint: stretch.checkpoint)
            #expect(throws: StoreError.self) {
                try StationCompletion.append(wrong, to: backup.path, key: station.key)
            }
        }
        let short = SignedStretch(
            first: stretch.first, entries: Array(stretch.entries.dropLast()), checkpoint: stretch.checkpoint)
        #expect(throws: StoreError.self) {
            try StationCompletion.append(short, to: backup.path, key: station.key)
        }
        #expect(try StationCompletion.size(path: backup.path, key: station.key) == backup.entries)
        try StationCompletion.append(stretch, to: backup.path, key: station.key)
        try StationCompletion.add(try await store.reader.persons(), to: backup.path, key: station.key)
        let reader = try StationReader.open(at: backup.path)
        #expect(try await reader.checkpoint()?.root == whole.root)
        #expect(try await reader.verify().findings == [])
        #expect(try await reader.unit("L000004")?.device.serial == "L000004")
        try await store.close()
    }
}

/// Databases that released programs left behind.
@Suite struct MigrationTests {
    private static let released = URL(filePath: #filePath).deletingLastPathComponent().appending(
        path: "Released")

    /// A database as it was, out of its SQL text.
    private func station(_ change: String = "") throws -> (path: String, key: StationKey) {
        let folder = FileManager.default.temporaryDirectory.appending(path: "released-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let path = folder.appending(path: "station.db").path
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["sqlite3", path]
        let pipe = Pipe()
        process.standardInput = pipe
        try process.run()
        pipe.fileHandleForWriting.write(
            try Data(contentsOf: Self.released.appending(path: "0002-projections.sql")))
        pipe.fileHandleForWriting.write(Data("\nPRAGMA application_id = 1112298324;\n\(change)\n".utf8))
        try pipe.fileHandleForWriting.close()
        process.waitUntilExit()
        let key = folder.appending(path: "station.key").path
        try FileManager.default.copyItem(
            at: Self.released.appending(path: "station.key"), to: URL(filePath: key))
        chmod(key, 0o600)
        return (path, try StationKey.load(from: key))
    }

    private func takesUp(_ path: String, _ key: StationKey) async throws {
        #expect(throws: StoreError.olderSchema(path: path)) { try StationReader.open(at: path) }
        let store = try await StationStore.open(at: path, key: key)
        #expect(try await store.reader.station().ledgerSize == 96)
        #expect(try await store.reader.station().schema == "0005-run-firmware")
        #expect(try await store.reader.verify().findings == [])
        #expect(try await store.reader.unit("30000c2a697cc247")?.device.isBlessed == true)
        #expect(try await store.reader.order("WO-2026-0117")?.serialsShared == false)
        try await store.append(.note(Note(text: "goes on")))
        #expect(try await store.reader.verify().findings == [])
        try await store.close()
        try FileManager.default.removeItem(atPath: URL(filePath: path).deletingLastPathComponent().path)
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
            ["units", "runs", "steps", "measurements", "ledger"].map { "DROP VIEW \($0);" }.joined()
                + tables.map { "DROP TABLE \($0);" }.joined()
                + "DELETE FROM grdb_migrations WHERE identifier <> '0001-ledger';")
        try await takesUp(path, key)
    }
}
