import Foundation
import Ledger
import Plant
import StationStore
import Testing

@Suite(.serialized, .enabled(if: TestCluster.programs != nil, Comment(rawValue: TestCluster.why)))
struct PushTests {
    let cluster: TestCluster

    init() throws { cluster = try #require(TestCluster.shared) }

    @Test func everythingSignedArrivesOnceAndVerifies() async throws {
        let (address, plant) = try await cluster.newPlant()
        let station = try await TestStation("st-1")
        for number in 1...8 { try await station.bless(number, passes: number % 4 != 0) }
        // Small batches: most rows are changed by a later batch than the one that brought them.
        var options = PlantPusher.Options(seed: 1)
        options.mostEntries = 5
        let pusher = station.pusher(address, options)
        let report = try await pusher.push()
        let signed = try #require(await station.reader.checkpoint())
        #expect(report.sent == signed.size)
        #expect(report.head.size == signed.size && report.head.root == signed.root)
        #expect(report.batches > 3)
        #expect(try await pusher.push().sent == 0)
        let check = try await plant.verify("st-1", trusting: [station.key.verifier])
        #expect(check.findings == [])
        #expect(check.entries == signed.size)
        #expect(try await plant.gaps(of: report.head) == [])
        // A second pusher knows nothing and sends nothing.
        #expect(try await station.pusher(address).push().sent == 0)
        try await station.bless(9)
        #expect(
            try await pusher.push().sent == (try await station.reader.checkpoint()?.size ?? 0) - signed.size)
        #expect(try await plant.alarms() == [])
    }

    @Test func projectionsAtThePlantAreThoseOfTheStation() async throws {
        let (address, plant) = try await cluster.newPlant()
        let station = try await TestStation("st-1")
        try await station.open("WO-1", SerialRange(prefix: "L", first: 1, last: 50, width: 4))
        for number in 1...6 { try await station.bless(number, order: "WO-1", slot: number % 2 + 1) }
        try await station.bless(7, passes: false)
        try await station.store.append(
            .unitQuarantined(UnitQuarantined(device: TestStation.device(7).device, by: "Ada", reason: "odd")))
        try await station.store.append(
            .unitReleased(UnitReleased(device: TestStation.device(7).device, by: "Bob", reason: "fine")))
        try await station.bless(7)
        _ = try await station.store.signCheckpoint()
        for batch in [3, 10_000] {
            try await plant.execute(
                "TRUNCATE head, station, entry, node, checkpoint, event, device, device_image, run, run_image, step_name, "
                    + "step, measurand, measurement, serial_lease, quarantine, note, person")
            var options = PlantPusher.Options(seed: 1)
            options.mostEntries = batch
            _ = try await station.pusher(address, options).push()
            for (sql, here) in Self.comparisons {
                let mine = try await station.reader.table(here ?? sql)
                #expect(try await plant.rows(sql) == mine, "\(sql), batches of \(batch)")
            }
            // What the server's texts can't hold.
            #expect(
                try await plant.rows("SELECT message FROM step WHERE outcome = 2") == [["too low\u{FFFD}!"]])
        }
    }

    /// At the plant, and at the station where that is not the same.
    static let comparisons: [(String, String?)] = [
        (
            """
            SELECT id, device_id, mac, imp_os, flash_jedec, flash_bytes, region, channels, nvram, blessed_seq, blessed_at,
                blessed_run, sku, market, serial, quarantine FROM device ORDER BY id
            """,
            """
            SELECT d.id, device_id, mac, imp_os, flash_jedec, flash_bytes, region, channels, w.digest, blessed_seq, blessed_at,
                blessed_run, sku, market, serial, quarantine FROM device d JOIN module m ON m.id = d.module
                LEFT JOIN nvram w ON w.id = d.nvram ORDER BY d.id
            """
        ),
        (
            """
            SELECT id, started_at, slot, work_order, sku, sku_digest, plan_digest, market, operator, fixture, program,
                scanned_code, retest_of, device, blessing, blessing_seq, finished_seq, finished_at, outcome, code, reason,
                failed_step FROM run ORDER BY id
            """,
            """
            SELECT r.id, started_at, slot, work_order, sku, sku_digest, plan_digest, market, operator, fixture, program,
                scanned_code, retest_of, device, blessing, blessing_seq, finished_seq, finished_at, outcome, code, reason,
                failed_step FROM run r JOIN run_setup u ON u.id = r.setup ORDER BY r.id
            """
        ),
        (
            "SELECT seq, at, kind, run, device FROM event ORDER BY seq",
            // The unit is left out where it is the run's.
            """
            SELECT e.seq, at, word, run, CASE word WHEN 'unit.identified' THEN r.device_id WHEN 'serial.confirmed' THEN r.device_id
                ELSE coalesce(d.device_id, CASE WHEN word IN ('unit.quarantined', 'note') THEN r.device_id END) END
            FROM event e JOIN ledger_kind k ON k.id = e.kind LEFT JOIN device d ON d.id = e.device
                LEFT JOIN (SELECT run.id, device_id FROM run JOIN device ON device.id = run.device) r ON r.id = e.run
            ORDER BY e.seq
            """
        ),
        (
            "SELECT device, address, name, digest, size, seq FROM device_image ORDER BY device, address",
            // The entry is that of the last act that wrote there.
            """
            SELECT d.id, i.address, i.name, i.digest, i.size, (SELECT max(a.result_seq) FROM run r JOIN act a ON a.run = r.id
                    JOIN phrase p ON p.id = a.effect
                    WHERE r.device = d.id AND json_extract(p.text, '$.image.address') = i.address)
            FROM device d JOIN image i ON i.image_set = d.images ORDER BY d.id, i.address
            """
        ),
        (
            "SELECT run, address, name, digest, size FROM run_image ORDER BY run, address",
            """
            SELECT r.id, i.address, i.name, i.digest, i.size FROM run r JOIN run_setup u ON u.id = r.setup
                JOIN image i ON i.image_set = u.images ORDER BY r.id, i.address
            """
        ),
        (
            """
            SELECT s.seq, s.run, n.name, s.attempt, s.outcome, s.started_ms, s.ended_ms, s.message IS NULL
            FROM step s JOIN step_name n ON n.id = s.name ORDER BY s.seq
            """, nil
        ),
        (
            """
            SELECT v.step, v.position, q.name, q.unit, q.low, q.high, v.number, v.words, v.flag, v.outcome
            FROM measurement v JOIN measurand q ON q.id = v.measurand ORDER BY v.step, v.position
            """,
            """
            SELECT v.step, v.position, q.name, q.unit, q.low, q.high, CASE typeof(v.value) WHEN 'real' THEN v.value END,
                CASE typeof(v.value) WHEN 'text' THEN v.value END, CASE typeof(v.value) WHEN 'integer' THEN v.value END,
                v.outcome FROM measurement v JOIN measurand q ON q.id = v.measurand ORDER BY v.step, v.position
            """
        ),
        ("SELECT seq, serial, work_order, device, state, ended_seq FROM serial_lease ORDER BY seq", nil),
        (
            """
            SELECT seq, at, device, run, by_whom, reason, released_seq, released_at, released_by, release_reason
            FROM quarantine ORDER BY seq
            """, nil
        ),
        ("SELECT seal, name FROM person ORDER BY seal", nil),
    ]

    @Test func aForkIsAnAlarmThatNamesBothHeads() async throws {
        let (address, plant) = try await cluster.newPlant()
        let station = try await TestStation("st-1")
        try await station.bless(1)
        let common = try #require(await station.reader.checkpoint())
        // A copy of the database goes on by itself, as a restored backup would.
        let copy = station.folder.appending(path: "copy.db").path
        try await station.store.close()
        try FileManager.default.copyItem(atPath: station.path, toPath: copy)
        let first = try await StationStore.open(at: station.path, key: station.key, clock: station.clock)
        try await first.append(.note(Note(text: "one way")))
        let one = try await first.signCheckpoint()
        _ = try await PlantPusher(reader: first.reader, address: address).push()
        let second = try await StationStore.open(at: copy, key: station.key, clock: station.clock)
        let pusher = PlantPusher(reader: second.reader, address: address)
        await expectAlarm(.setBack) { _ = try await pusher.push() }
        try await second.append(.note(Note(text: "another way")))
        let other = try await second.signCheckpoint()
        await expectAlarm(.fork) { _ = try await pusher.push() }
        #expect(pusher.state.isStopped)
        let alarms = try await plant.alarms()
        #expect(alarms.map(\.kind) == [.setBack, .fork])
        let sentence = try #require(alarms.last?.sentence)
        #expect(sentence.contains(one.root.hex.prefix(16)) && sentence.contains(other.root.hex.prefix(16)))
        #expect(common.size > 0)
        #expect(try await plant.heads().first?.root == one.root)
        #expect(try await plant.verify("st-1").isClean)
        try await plant.answer(
            .fork, subject: alarms[1].subject, station: "st-1", by: "Ada", reason: "the copy was a test")
        #expect(try await plant.alarms().map(\.kind) == [.setBack])
        #expect(try await plant.alarms(open: false).last?.answer?.by == "Ada")
        await #expect(throws: PlantError.self) {
            try await plant.answer(.gap, subject: "1", station: "st-1", by: "Ada", reason: "none")
        }
        try await first.close()
        try await second.close()
    }

    @Test func anotherStationOfThatNameIsRefused() async throws {
        let (address, plant) = try await cluster.newPlant()
        let (one, other) = (try await TestStation("twin"), try await TestStation("twin"))
        for station in [one, other] { try await station.bless(1) }
        _ = try await one.pusher(address).push()
        await expectAlarm(.otherKey) { _ = try await other.pusher(address).push() }
        #expect(try await plant.alarms().map(\.kind) == [.otherKey])
    }

    @Test func theSameKeyWithOtherBytesIsNeverMerged() async throws {
        let (address, plant) = try await cluster.newPlant()
        let station = try await TestStation("st-1")
        for number in 1...3 { try await station.bless(number) }
        let pusher = station.pusher(address)
        let head = try await pusher.push().head
        #expect(try await pusher.resend(0..<head.size).compared == head.size)
        // What is missing is found, sent again, and told.
        try await plant.execute("DELETE FROM entry WHERE seq IN (4, 5)")
        #expect(try await plant.gaps(of: head) == [4..<6])
        #expect(try await !plant.verify("st-1").isClean)
        #expect(try await pusher.resend(0..<head.size).filled == 2)
        #expect(try await plant.gaps(of: head) == [])
        #expect(try await plant.verify("st-1").isClean)
        #expect(try await plant.alarms().map(\.kind) == [.gap])
        // What is another one stays as it is on both sides.
        try await plant.execute(
            "UPDATE entry SET entry = overlay(entry placing '\\x5b'::bytea from 1) WHERE seq = 6")
        await expectAlarm(.contradiction) { _ = try await pusher.resend(0..<head.size) }
        #expect(try await plant.verify("st-1").findings.contains { $0.contains("entry 6 was changed") })
        // Something lies where nothing can be: the push notices and stores nothing.
        try await station.bless(4)
        try await plant.execute(
            "INSERT INTO entry (station, seq, leaf, entry) SELECT station, \(head.size), leaf, entry FROM entry WHERE seq = 1"
        )
        await expectAlarm(.contradiction) { _ = try await pusher.push() }
        #expect(try await plant.heads().first?.size == head.size)
    }

    @Test func aDeviceAtTwoStationsAndASerialTwiceAreAlarms() async throws {
        let (address, plant) = try await cluster.newPlant()
        let (one, other) = (try await TestStation("st-1"), try await TestStation("st-2"))
        let range = SerialRange(prefix: "L", first: 1, last: 50, width: 4)
        for station in [one, other] { try await station.open("WO-1", range) }
        try await one.bless(1, order: "WO-1")
        try await one.bless(2)
        try await other.bless(3, order: "WO-1")
        try await other.bless(2)
        #expect(try await one.pusher(address).push().alarms == [])
        let report = try await other.pusher(address).push()
        #expect(report.alarms.map(\.kind) == [.blessedTwice, .serialTwice])
        #expect(report.alarms.map(\.subject) == ["\(TestStation.device(2).device) st-1", "L0001 st-1"])
        #expect(try await other.pusher(address).push().alarms == [])
        #expect(try await plant.alarms().count == 2)
    }

    @Test func twoPushersOfOneStationNeverStoreTwice() async throws {
        let (address, plant) = try await cluster.newPlant()
        let station = try await TestStation("st-1")
        for number in 1...10 { try await station.bless(number) }
        let size = try #require(await station.reader.checkpoint()).size
        let sent = await withTaskGroup(of: Int64.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    var options = PlantPusher.Options(seed: 1)
                    options.mostEntries = 7
                    let pusher = station.pusher(address, options)
                    var sent: Int64 = 0
                    while true {
                        do {
                            sent += try await pusher.push().sent
                            return sent
                        } catch PlantError.overtaken {
                            continue
                        } catch {
                            Issue.record(error)
                            return sent
                        }
                    }
                }
            }
            return await group.reduce(0, +)
        }
        // A pusher that is overtaken forgets what it had counted.
        #expect(sent <= size)
        let check = try await plant.verify("st-1")
        #expect(check.findings == [] && check.entries == size)
    }
}

extension StationReader {
    /// Rows as texts.
    func table(_ sql: String) async throws -> [[String?]] {
        try await texts(sql)
    }
}
