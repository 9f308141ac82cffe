import Foundation
import GRDB
import Ledger
import Testing
import TimeAndChance

@testable import StationStore

/// A station that has worked in two years, made once.
private actor AgedStation {
    static let shared = AgedStation()
    private var made: (station: TestStation, border: Int64)?

    func get() async throws -> (station: TestStation, border: Int64) {
        if let made { return made }
        let station = try TestStation()
        let store = try await station.create()
        try await store.openDemoOrder()
        _ = try await store.storeContent(Array("plan".utf8), name: "plan.yaml", mediaType: "text/yaml")
        var dice = SeededGenerator(seed: 5)
        for number in 1...34 {
            if dice.happens(withProbability: 0.2) { try await store.fail(number) }
            try await store.pass(number)
        }
        station.clock.move(by: 400 * 86_400_000)
        let border = station.clock.utcMilliseconds() - 86_400_000
        for number in 35...60 { try await store.pass(number) }
        try await store.append(.note(Note(text: "looked at again", by: "Bea", device: unit(3).device)))
        try await store.close()
        made = (station, border)
        return (station, border)
    }
}

/// Old entries leave for a file of their own, and nothing is lost by it.
@Suite struct ArchiveTests {
    let station: TestStation
    let store: StationStore
    /// Between the old units and the new ones, UTC ms.
    let border: Int64
    let entries: [EntryView]

    init() async throws {
        let aged = try await AgedStation.shared.get()
        border = aged.border
        station = try TestStation(copying: aged.station)
        store = try await station.open()
        entries = try await store.reader.entries()
    }

    private func file(_ name: String) -> String { station.folder.appending(path: name).path }

    private func reports(_ reader: StationReader) async throws -> [UnitReport] {
        var reports: [UnitReport] = []
        for number in [1, 2, 17, 34, 35, 60] {
            reports.append(try #require(try await reader.unit(unit(number).device)))
        }
        return reports
    }

    private func bundles(_ store: StationStore) async throws -> Int64 {
        try await store.pool.read { db in
            try Int64.fetchOne(db, sql: "SELECT min(number) FROM ledger_bundle") ?? -1
        }
    }

    @Test func whatLeftIsAnsweredAndProvedAsBefore() async throws {
        let before = try await reports(store.reader)
        let statistics = try await store.reader.statistics(measurement: "vdd")
        let yield = try await store.reader.yield()
        let target = file("2025.db")
        let report = try await store.archive(before: border, to: target)
        #expect(
            report.left >= 512 && report.left % 256 == 0 && report.size >= report.left && !report.wasThere)
        #expect(try await bundles(store) == report.left / 256)
        let attached = try StationReader.open(at: station.path)
        #expect(attached.archive == target)
        #expect(try await reports(attached) == before)
        #expect(try await attached.statistics(measurement: "vdd") == statistics)
        #expect(try await attached.yield() == yield)
        let all = try await attached.entries()
        #expect(all.prefix(entries.count).map(\.entry) == entries.map(\.entry))
        #expect(all.dropFirst(entries.count).map(\.kind) == ["archive.written"])
        let whole = try await attached.verify(trusting: [station.key.verifier])
        #expect(whole.findings == [] && whole.rows > 1000)
        #expect(whole.remarks.contains { $0.contains("were read in the archive") })
        for number in [1, 34, 35] {
            try await attached.proof(ofUnit: unit(number).device).verify(trusting: station.key.verifier)
        }
        for size in [1, 300, report.left, report.left + 1] {
            let proof = try await attached.consistencyProof(from: size, to: Int64(all.count))
            let roots = (
                try await attached.root(ofSize: size), try await attached.root(ofSize: Int64(all.count))
            )
            #expect(
                MerkleProof.verifyConsistency(
                    oldSize: size, newSize: Int64(all.count), proof: proof, oldRoot: roots.0, newRoot: roots.1
                ))
        }
        // The file by itself is a record, up to its end.
        let alone = try StationReader.open(at: target)
        #expect(try await alone.station().ledgerSize == report.size)
        #expect(try await alone.verify(trusting: [station.key.verifier]).findings == [])
        try await alone.proof(ofUnit: unit(2).device).verify(trusting: station.key.verifier)
        #expect(try await alone.unit(unit(2).device)?.runs.last?.acts.count == 6)
        try await store.close()
    }

    /// Without the file the record says what is missing, and refuses what it refused before.
    @Test func theRecordGoesOnWithoutTheFile() async throws {
        let target = file("2025.db")
        let report = try await store.archive(before: border, to: target)
        try FileManager.default.moveItem(atPath: target, toPath: file("elsewhere.db"))
        let again = try await store.startRun(start())
        try await store.append(identified(again, 1))
        let blessed = try #require(await store.reader.device(unit(1).device)?.blessedRun)
        await expect(.alreadyBlessed(device: unit(1).device, run: blessed)) {
            try await store.append(.actIntended(ActIntended(run: again, act: 1, kind: .bless)))
        }
        try await store.append(.runFinished(RunFinished(run: again, outcome: .refused, code: "BLESSED")))
        let fresh = try await store.startRun(start(retestOf: blessed))
        try await store.append(identified(fresh, 90))
        await expect(.serialTaken(serial: "L000001", by: unit(1).device)) {
            _ = try await store.leaseSerial(order: "WO-1", device: unit(90).device, wanted: "L000001")
        }
        try await store.append(.runFinished(RunFinished(run: fresh, outcome: .aborted)))
        _ = try await store.signCheckpoint()

        let alone = try StationReader.open(at: station.path)
        #expect(alone.archive == nil)
        let missing = StoreError.archived(entries: report.left, file: "2025.db")
        await #expect(throws: missing) { _ = try await alone.entryBytes(0..<1) }
        await #expect(throws: missing) { _ = try await alone.proof(ofUnit: unit(1).device) }
        await #expect(throws: missing) { try await alone.exportEntries { _, _ in } }
        #expect(missing.description.contains("--archive"))
        try await alone.proof(ofEntries: [report.left]).verify(trusting: station.key.verifier)
        let known = try #require(try await alone.unit(unit(1).device))
        #expect(known.device.serial == "L000001")
        #expect(known.elsewhere?.file == "2025.db" && known.elsewhere?.entries == report.left)
        #expect(try await alone.unit(unit(60).device)?.elsewhere == nil)
        let checked = try await alone.verify(trusting: [station.key.verifier])
        #expect(checked.findings == [] && checked.rows == 0)
        #expect(checked.remarks.contains { $0.contains("2025.db") && $0.contains("is not here") })
        // Named, it serves from anywhere.
        let named = try StationReader.open(at: station.path, archive: file("elsewhere.db"))
        #expect(try await named.verify().findings == [])
        #expect(try await named.unit(unit(1).device)?.elsewhere == nil)
        #expect(try store.readerWithArchive().archive == nil)
        #expect(try store.readerWithArchive(file("elsewhere.db")).archive == file("elsewhere.db"))
        #expect(throws: StoreError.missing(path: file("none.db"))) {
            _ = try StationReader.open(at: station.path, archive: file("none.db"))
        }
        try await store.close()
        // And the station opens and goes on.
        let next = try await station.open()
        try await next.pass(61)
        try await next.close()
    }

    enum Cut: CaseIterable { case afterWriting, afterNaming, whileLettingGo, afterAll }

    /// Cut short anywhere, the record holds, and asking again finishes the work.
    @Test(arguments: Cut.allCases)
    func workThatWasCutShortIsTakenUp(cut: Cut) async throws {
        let target = file("2025.db")
        let whole = try await ArchiveTests.plan(store, border)
        try await ArchiveFile(source: store.reader, size: whole.size).write(to: target)
        if cut != .afterWriting {
            let (digest, bytes) = try ArchiveFile.digest(of: target)
            try await store.append(
                .archiveWritten(
                    ArchiveWritten(entries: whole.left, digest: digest, bytes: bytes, file: "2025.db")))
            _ = try await store.signCheckpoint()
        }
        if cut == .whileLettingGo { try await store.letGo(below: 256) }
        if cut == .afterAll { try await store.letGo(below: whole.left) }
        #expect(try await StationReader.open(at: station.path).verify().findings == [])
        let report = try await store.archive(before: border, to: target)
        #expect(report.wasThere && report.left == whole.left && report.size == whole.size)
        #expect(try await bundles(store) == whole.left / 256)
        let reader = try StationReader.open(at: station.path)
        #expect(try await reader.verify().findings == [])
        #expect(try await reader.archives().count == 1)
        #expect(try await reader.entries().prefix(entries.count).map(\.entry) == entries.map(\.entry))
        try await store.close()
    }

    private static func plan(_ store: StationStore, _ before: Int64) async throws -> (
        size: Int64, left: Int64
    ) {
        try await store.reader.ask { db in try StationStore.plan(db, before: before) }
    }

    /// The next archive holds what the first one held.
    @Test func aLaterArchiveTakesTheEarlierOnesPlace() async throws {
        let first = try await store.archive(before: border, to: file("2025.db"))
        for number in 0..<600 { _ = store.enqueue(.note(Note(text: "filler \(number)"))) }
        _ = try await store.signCheckpoint()
        let later = station.clock.utcMilliseconds() + 1
        let second = try await store.archive(before: later, to: file("2026.db"))
        #expect(second.left > first.left)
        try FileManager.default.removeItem(atPath: file("2025.db"))
        let reader = try StationReader.open(at: station.path)
        #expect(reader.archive == file("2026.db"))
        #expect(try await reader.verify(trusting: [station.key.verifier]).findings == [])
        #expect(try await reader.entries().prefix(entries.count).map(\.entry) == entries.map(\.entry))
        await #expect(throws: StoreError.nothingToArchive(before: later)) {
            _ = try await store.archive(before: later, to: file("2027.db"))
        }
        #expect(!FileManager.default.fileExists(atPath: file("2027.db")))
        try await store.close()
    }

    /// A program that is newer by a migration, one which changed nothing of what archives hold, reads the old archive.
    @Test func anArchiveOfAnEarlierProgramFits() async throws {
        let before = try await reports(store.reader)
        let target = file("2025.db")
        _ = try await store.archive(before: border, to: target)
        chmod(target, 0o644)
        try edit(
            target,
            """
            DROP TRIGGER run_begins_in_its_day; DROP TRIGGER run_counts_its_unit; DROP TRIGGER run_counts_its_end;
            DROP TABLE run_day; DROP INDEX run_not_passed; DELETE FROM grdb_migrations WHERE identifier = '0008-run-days';
            """)
        let attached = try StationReader.open(at: station.path)
        #expect(attached.archive == target)
        #expect(try await reports(attached) == before)
        try edit(target, "DELETE FROM grdb_migrations WHERE identifier = '0007-archives'")
        #expect(throws: StoreError.self) { try StationReader.open(at: station.path) }
        try await store.close()
    }

    /// A byte that changes anywhere in the file is found.
    @Test func aChangedArchiveIsFound() async throws {
        let target = file("2025.db")
        _ = try await store.archive(before: border, to: target)
        try await store.close()
        let bytes = try Data(contentsOf: URL(filePath: target))
        var dice = SeededGenerator(seed: 77)
        for _ in 0..<6 {
            var changed = bytes
            let place = Int.random(in: 100..<bytes.count, using: &dice)
            changed[place] ^= 1 << UInt8(dice.next() % 8)
            try FileManager.default.removeItem(atPath: target)
            try changed.write(to: URL(filePath: target))
            do {
                let findings = try await StationReader.open(at: station.path).verify().findings
                let isNamed = findings.contains { finding in
                    if case .archiveChanged = finding { true } else { false }
                }
                #expect(isNamed, "byte \(place)")
            } catch let error as StoreError {
                // So badly hurt that SQLite can't read it.
                #expect(!error.description.isEmpty)
            }
        }
    }

    @Test func whatIsNotThisRecordsArchiveIsRefused() async throws {
        let other = try TestStation()
        let stranger = try await other.create()
        try await stranger.pass(1, order: nil)
        try await stranger.close()
        let open = try await store.startRun(start())
        let error = await #expect(throws: StoreError.self) {
            _ = try await store.archive(before: border, to: other.path)
        }
        guard case .otherArchive = try #require(error) else { throw try #require(error) }
        #expect(throws: StoreError.self) { _ = try StationReader.open(at: station.path, archive: other.path) }
        await #expect(throws: StoreError.nothingToArchive(before: 1000)) {
            _ = try await store.archive(before: 1000, to: file("x.db"))
        }
        // A run that nobody ended keeps everything from its beginning on.
        for number in 0..<1100 { _ = store.enqueue(.note(Note(text: "filler \(number)"))) }
        _ = try await store.signCheckpoint()
        await #expect(throws: StoreError.runUnderWay(open)) {
            _ = try await store.archive(before: .max, to: file("x.db"))
        }
        #expect(!FileManager.default.fileExists(atPath: file("x.db")))
        _ = try await store.archive(before: border, to: file("2025.db"))
        #expect(throws: StoreError.self) { _ = try StationReader.open(at: station.path, archive: other.path) }
        #expect(throws: StoreError.self) {
            _ = try StationReader.open(at: other.path, archive: file("2025.db"))
        }
        try await store.close()
    }
}
