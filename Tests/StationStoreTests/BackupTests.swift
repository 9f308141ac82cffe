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
