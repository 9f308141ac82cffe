import Foundation
import Ledger
import Synchronization
import Testing
import TimeAndChance

@testable import StationStore

@Suite struct OpeningTests {
    let station: TestStation

    init() throws { station = try TestStation() }

    /// The error with which a fresh opening fails; its sentence names the file.
    private func openingError(_ options: StationStore.Options = .init()) async throws -> StoreError {
        let error = await #expect(throws: StoreError.self) { _ = try await station.open(options) }
        return try #require(error)
    }

    @Test func aNewDatabaseIsCompleteAndStrict() async throws {
        let store = try await station.create()
        let identity = try await store.reader.station()
        #expect(identity.name == "demo" && identity.origin == "blessing-station/demo")
        #expect(identity.ledgerSize == 1 && identity.checkpointSize == 1)
        #expect(identity.verifierKey == station.key.verifier.text)
        try await store.close()
        let files = try FileManager.default.contentsOfDirectory(atPath: station.folder.path)
        #expect(files.contains("station.sqlite") && !files.contains { $0.contains(".new") }, "\(files)")
        let loose = try station.sqlite3(
            """
            SELECT count(*) FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND NOT strict
            AND name NOT LIKE 'sqlite_%' AND name <> 'grdb_migrations'
            """)
        #expect(loose.output == "0\n")
        #expect(try station.sqlite3("PRAGMA journal_mode").output == "wal\n")
        #expect(
            try station.sqlite3("SELECT identifier FROM grdb_migrations ORDER BY 1").output
                == "0001-ledger\n0002-projections\n0003-serial-blocks\n0004-people-and-keys\n0005-run-firmware\n"
                + "0006-lean-tables\n0007-archives\n0008-run-days\n"
        )
    }

    @Test func everyProjectionIsListed() async throws {
        try await station.create().close()
        let tables = try station.sqlite3(
            """
            SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'ledger_%'
            AND name NOT IN ('grdb_migrations', 'blob', 'person', 'cosignature') ORDER BY name
            """)
        #expect(
            tables.output.split(separator: "\n").map(String.init) == Schema.projections.map(\.table).sorted())
    }

    @Test func writesAreSyncedInFull() async throws {
        let store = try await station.create()
        #expect(try await store.pragma("synchronous") == 2)
        #expect(try await store.pragma("foreign_keys") == 1)
    }

    @Test func missingExistingAndMisnamed() async throws {
        #expect(try await openingError() == .missing(path: station.path))
        #expect(throws: StoreError.missing(path: station.path)) { try StationReader.open(at: station.path) }
        try await station.create().close()
        await #expect(throws: StoreError.exists(path: station.path)) { _ = try await station.create() }
        for name in ["", "a b", "a/b", "ü", String(repeating: "x", count: 64)] {
            await #expect(throws: StoreError.invalidStationName(name)) {
                _ = try await StationStore.create(
                    at: station.path + "2", station: name, key: station.key, program: "1")
            }
        }
        let nowhere = station.folder.appending(path: "none/x.sqlite").path
        let error = await #expect(throws: StoreError.self) {
            _ = try await StationStore.create(at: nowhere, station: "a", key: station.key, program: "1")
        }
        guard case .unwritable = try #require(error) else { throw try #require(error) }
    }

    @Test func aSecondProcessIsTurnedAway() async throws {
        let store = try await station.create()
        #expect(try await openingError() == .lockedByOther(path: station.path, pid: getpid()))
        // Readers aren't.
        #expect(try await StationReader.open(at: station.path).station().ledgerSize == 1)
        try await store.close()
        await #expect(throws: StoreError.closed) { try await store.append(.note(Note(text: "late"))) }
        // The lock goes with the store.
        withExtendedLifetime(store) {}
    }

    @Test func theLockEndsWithTheStore() async throws {
        try await station.create().close()
        try await station.open().close()
        try await station.open().close()
    }

    /// A backup is one file.
    @Test func theFileAloneIsEnough() async throws {
        let store = try await station.create()
        try await store.append(.note(Note(text: "kept")))
        try await store.close()
        let copy = station.folder.appending(path: "backup.sqlite").path
        try FileManager.default.copyItem(atPath: station.path, toPath: copy)
        let reader = try StationReader.open(at: copy)
        #expect(try await reader.verify().findings == [])
        #expect(try await reader.station().ledgerSize == 2)
    }

    @Test func aNewerDatabaseIsLeftAlone() async throws {
        try await station.create().close()
        try station.sqlite3("INSERT INTO grdb_migrations VALUES ('0099-from-the-future')")
        let newer = StoreError.newerSchema(path: station.path, unknown: ["0099-from-the-future"])
        #expect(try await openingError() == newer)
        #expect(throws: newer) { try StationReader.open(at: station.path) }
    }

    @Test func anotherProgramsDatabaseIsLeftAlone() async throws {
        try station.sqlite3("CREATE TABLE recipe (name TEXT)")
        let before = try Data(contentsOf: URL(filePath: station.path))
        #expect(try await openingError() == .notAStationDatabase(path: station.path))
        #expect(throws: StoreError.notAStationDatabase(path: station.path)) {
            try StationReader.open(at: station.path)
        }
        #expect(try Data(contentsOf: URL(filePath: station.path)) == before)
    }

    @Test(arguments: ["garbage", "header", "middle"])
    func aDamagedFileIsNamedSo(kind: String) async throws {
        let store = try await station.create()
        for number in 1...5 { try await store.fail(number, order: nil) }
        try await store.close()
        var bytes = try Data(contentsOf: URL(filePath: station.path))
        switch kind {
        case "garbage": bytes = Data(repeating: 0x5A, count: 20_000)
        case "header": bytes.replaceSubrange(0..<16, with: Data(repeating: 0, count: 16))
        default:
            bytes.replaceSubrange(4096..<bytes.count, with: Data(repeating: 0xEE, count: bytes.count - 4096))
        }
        try bytes.write(to: URL(filePath: station.path))
        let error = try await openingError()
        guard case .corrupt(station.path, _) = error else { throw error }
        #expect(error.description.contains("restore the last backup"))
    }

    @Test func theKeyMustBelongToTheLedger() async throws {
        try await station.create().close()
        let other = try StationKey.generate(name: StationStore.origin(station: "demo"))
        await #expect(
            throws: StoreError.wrongKey(expected: station.key.verifier.text, found: other.verifier.text)
        ) { _ = try await StationStore.open(at: station.path, key: other, clock: station.clock) }
    }

    @Test func aClockSetBackIsRaisedAtOpeningAndRecordedWhenAllowed() async throws {
        try await station.create().close()
        let last = station.clock.utcMilliseconds()
        station.clock.move(by: -500)
        try await station.open().close()
        station.clock.move(by: -3_600_000)
        let now = station.clock.utcMilliseconds()
        #expect(try await openingError() == .clockSetBack(last: last, now: now))
        var options = StationStore.Options()
        options.allowsClockSetBack = true
        let store = try await station.open(options)
        try await store.append(.note(Note(text: "after")))
        let entries = try await store.reader.entries(EntryFilter(sequences: 1..<3))
        #expect(entries.map(\.kind) == ["clock.set_back", "note"])
        #expect(entries.map(\.at) == [now, now])
        #expect(try await store.reader.verify().findings == [])
    }

    @Test func aClockSetBackWhileWorkingIsRecorded() async throws {
        let store = try await station.create()
        try await store.append(.note(Note(text: "one")))
        let last = station.clock.utcMilliseconds()
        station.clock.move(by: -900)
        #expect(try await store.append(.note(Note(text: "jitter"))).at == last)
        station.clock.move(by: -60_000)
        try await store.append(.note(Note(text: "two")))
        let kinds = try await store.reader.entries().map(\.kind)
        #expect(kinds == ["station.created", "note", "note", "clock.set_back", "note"])
        #expect(try await store.reader.verify().findings == [])
    }

    /// The calendar against a clock that nobody can set: (calendar's step, time that passed, whether that is doubtful).
    @Test func aCalendarThatMovesOtherwiseThanTimePassesIsDoubted() async throws {
        let clock = TwoClocks()
        let store = try await StationStore.create(
            at: station.path, station: "demo", key: station.key, program: "1", clock: clock)
        let cases: [(wall: Int64, passed: Int64, isDoubted: Bool)] = [
            // Two steps, each too small by itself.
            (60_000, 60_000, false), (4_900, 0, false), (200, 0, true),
            (86_400_000 + 80_000, 86_400_000, false),  // 926 millionths
            (3_600_000, 0, true), (3_600_000, 3_600_000, false),  // set ahead, and believed from there on
            (1_000, 60_000, true),  // it stood still
            (10_000, 10_000, false),
        ]
        for (index, step) in cases.enumerated() {
            clock.move(wall: step.wall, monotonic: step.passed)
            let before = try await store.reader.entries().count { $0.kind == "clock.doubted" }
            try await store.append(.note(Note(text: "\(index)")))
            let after = try await store.reader.entries().count { $0.kind == "clock.doubted" }
            #expect(after - before == (step.isDoubted ? 1 : 0), "step \(index)")
        }
        let report = try await store.reader.verify()
        #expect(report.findings == [])
        #expect(report.remarks.contains { $0.contains("monotonic") })
        try await store.close()
    }

    private final class TwoClocks: WallClock {
        private let now = Mutex((wall: Int64(1_750_000_000_000), monotonic: Int64(0)))

        func move(wall: Int64, monotonic: Int64) {
            now.withLock { now in
                now.wall += wall
                now.monotonic += monotonic
            }
        }

        func utcMilliseconds() -> Int64 { now.withLock { $0.wall } }

        func monotonicMilliseconds() -> Int64? { now.withLock { $0.monotonic } }
    }

    /// A full disk, as SQLite sees it: the group is gone, what was acknowledged stays, and it goes on when there is room.
    @Test func aFullDiskLosesNothingThatWasAcknowledged() async throws {
        try await station.create().close()
        var options = StationStore.Options()
        options.largestPageCount = 80
        let store = try await station.open(options)
        var acknowledged: [Int64] = []
        let error = await #expect(throws: StoreError.self) {
            for _ in 0..<10_000 {
                acknowledged.append(
                    try await store.append(.note(Note(text: String(repeating: "x", count: 2000)))).sequence)
            }
        }
        #expect(error == .diskFull(path: station.path))
        #expect(!acknowledged.isEmpty)
        try await store.raisePageCount()
        acknowledged.append(try await store.append(.note(Note(text: "room again"))).sequence)
        #expect(acknowledged == Array(1...Int64(acknowledged.count)))
        #expect(try await store.reader.station().ledgerSize == Int64(acknowledged.count) + 1)
        #expect(try await store.reader.verify().findings == [])
    }

    /// A user without write permission; root gives up its rights for it.
    @Test func aReadOnlyDatabaseIsNamedSo() async throws {
        try await station.create().close()
        let key = station.folder.appending(path: "key").path
        try station.key.save(to: key)
        for (path, mode) in [
            (station.path, 0o444), (station.path + ".lock", 0o444), (station.folder.path, 0o755),
        ] {
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        }
        let (status, output) = try Helper.run([station.path, key, "0", "open"])
        #expect(status == 1)
        #expect(output == StoreError.readOnly(path: station.path).description + "\n")
    }

    @Test func errorsOfSQLiteHaveTheirSentences() {
        let table: [(Int32, StoreError)] = [
            (8, .readOnly(path: "p")), (13, .diskFull(path: "p")), (11, .corrupt(path: "p", detail: "m")),
            (26, .corrupt(path: "p", detail: "m")), (14, .unwritable(path: "p", reason: "m")),
            (5, .lockedByOther(path: "p", pid: nil)), (10, .inputOutput(path: "p", detail: "m")),
            (266, .inputOutput(path: "p", detail: "m")), (1, .database(path: "p", detail: "m")),
        ]
        for (code, expected) in table {
            #expect(StoreError.from(databaseError(code, "m"), path: "p") == expected)
        }
    }
}
