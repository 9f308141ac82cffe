import ContentAddress
import GRDB
import Ledger
import Testing

@testable import StationStore

/// What the store refuses, and that a refusal leaves nothing behind.
@Suite struct RuleTests {
    let station: TestStation
    let store: StationStore

    init() async throws {
        station = try TestStation()
        store = try await station.create()
        try await store.openDemoOrder()
    }

    @Test func nothingIsBlessedTwice() async throws {
        let run = try await store.pass(1)
        let device = unit(1).device
        let again = try await store.startRun(start())
        try await store.append(identified(again, 1))
        for kind in [ActKind.bless, .regionSet, .nvramInstall, .flashWrite, .flashErase] {
            await expect(.alreadyBlessed(device: device, run: run)) {
                try await store.append(.actIntended(ActIntended(run: again, act: 1, kind: kind)))
            }
        }
        await expect(.blessingNotIntended(run: again)) {
            try await store.append(.blessingAnswered(BlessingAnswered(run: again, outcome: .blessed)))
        }
        await expect(.passedWithoutBlessing(run: again)) {
            try await store.append(.runFinished(RunFinished(run: again, outcome: .passed)))
        }
        try await store.append(.runFinished(RunFinished(run: again, outcome: .refused, code: "BLESSED")))
        let order = try #require(try await store.reader.order("WO-1"))
        #expect(order.blessed == 1 && order.failedRuns == 1 && order.running == 0)
        #expect(try await store.reader.verify().findings == [])
    }

    @Test func aLateRegionCannotChangeABlessedUnit() async throws {
        let run = try await store.startRun(start())
        try await store.append(identified(run, 1))
        try await store.append(.actIntended(ActIntended(run: run, act: 1, kind: .regionSet)))
        try await store.append(.actFinished(ActFinished(run: run, act: 1, outcome: .unknown)))
        try await store.act(run, 2, .bless)
        try await store.append(.blessingAnswered(BlessingAnswered(run: run, outcome: .blessed)))
        await expect(.alreadyBlessed(device: unit(1).device, run: run)) {
            try await store.append(
                .actFinished(
                    ActFinished(
                        run: run, act: 1, outcome: .ok, effect: .region(code: "00005553", channels: "1-11"))))
        }
        await expect(.openActs(run: run, [1])) {
            try await store.append(.runFinished(RunFinished(run: run, outcome: .passed)))
        }
    }

    /// The same, past the code, by the schema itself.
    @Test func theSchemaItselfRefuses() async throws {
        try await store.pass(1)
        try await store.close()
        let attempts = [
            "UPDATE device SET region = '00005553'", "UPDATE device SET nvram = NULL, nvram_seq = NULL",
            "UPDATE device SET channels = '1-11'",
            "UPDATE device SET blessed_seq = NULL, blessed_at = NULL, blessed_run = NULL",
            "UPDATE device SET mac = '0c2a69ffffff'", "UPDATE device SET serial = 'X'", "DELETE FROM device",
            "INSERT OR REPLACE INTO device (id, device_id, mac, module) SELECT id, device_id, mac, module FROM device",
            "UPDATE run SET outcome = 'failed'", "DELETE FROM run", "UPDATE step SET outcome = 1",
            "DELETE FROM step",
            "UPDATE measurement SET value = 0.0", "DELETE FROM measurement",
            "UPDATE act SET outcome = 'failed'",
            "DELETE FROM act", "UPDATE serial_lease SET state = 'returned'", "DELETE FROM serial_lease",
            "UPDATE device SET images = NULL", "UPDATE image SET digest = hex(zeroblob(32))",
            "DELETE FROM image", "UPDATE nvram SET digest = hex(zeroblob(32))", "DELETE FROM nvram",
            "INSERT OR REPLACE INTO nvram SELECT id, hex(zeroblob(32)), token FROM nvram",
            "INSERT OR REPLACE INTO image SELECT image_set, address, 'x', digest, size FROM image",
            "UPDATE run_setup SET sku = 'x'", "DELETE FROM run_setup",
            "INSERT OR REPLACE INTO run_setup SELECT id, 'x', sku_digest, plan_digest, market, operator, fixture, program, firmware, images FROM run_setup",
            "UPDATE module SET imp_os = 'x'", "UPDATE phrase SET text = '{}'", "DELETE FROM phrase",
            "UPDATE run SET setup = 99", "INSERT INTO ledger_bundle VALUES (0, 2, x'00')",
            "UPDATE ledger_entry SET entry = x'00'",
            "DELETE FROM ledger_entry",
            "DELETE FROM ledger_entry WHERE seq = (SELECT max(seq) FROM ledger_entry)",
            "INSERT INTO ledger_entry VALUES (1000000, zeroblob(32), x'7b7d')",
            "INSERT OR REPLACE INTO ledger_entry SELECT seq, leaf, x'7b7d' FROM ledger_entry WHERE seq = 3",
            "UPDATE ledger_checkpoint SET note = ''", "DELETE FROM ledger_checkpoint",
            "INSERT OR REPLACE INTO ledger_checkpoint SELECT size, '' FROM ledger_checkpoint",
            "UPDATE person SET name = 'Bob'", "UPDATE run SET blessing = 'noAnswer'",
        ]
        let database = try DatabaseQueue(path: station.path)
        for sql in attempts {
            #expect(throws: DatabaseError.self, "\(sql)") {
                try database.write { db in try db.execute(sql: sql) }
            }
        }
        #expect(try await StationReader.open(at: station.path).verify().findings == [])
    }

    @Test func blessingHasOneFinalAnswer() async throws {
        let run = try await store.startRun(start())
        await expect(.notIdentified(run: run)) {
            try await store.append(.actIntended(ActIntended(run: run, act: 1, kind: .bless)))
        }
        try await store.append(identified(run, 1))
        await expect(.blessingNotIntended(run: run)) {
            try await store.append(.blessingAnswered(BlessingAnswered(run: run, outcome: .blessed)))
        }
        try await store.append(.actIntended(ActIntended(run: run, act: 1, kind: .bless)))
        try await store.append(.blessingAnswered(BlessingAnswered(run: run, outcome: .noAnswer)))
        await expect(.passedWithoutBlessing(run: run)) {
            try await store.append(.runFinished(RunFinished(run: run, outcome: .passed)))
        }
        try await store.append(.blessingAnswered(BlessingAnswered(run: run, outcome: .blessed)))
        await expect(.blessingAlreadyAnswered(run: run, .blessed)) {
            try await store.append(.blessingAnswered(BlessingAnswered(run: run, outcome: .refused)))
        }
        await expect(.openActs(run: run, [1])) {
            try await store.append(.runFinished(RunFinished(run: run, outcome: .passed)))
        }
        try await store.append(.actFinished(ActFinished(run: run, act: 1, outcome: .ok)))
        try await store.append(.runFinished(RunFinished(run: run, outcome: .passed)))
        await expect(.runFinished(run)) { try await store.append(step(run)) }
        await expect(.runFinished(run)) {
            try await store.append(.runFinished(RunFinished(run: run, outcome: .failed)))
        }
        try await store.append(
            .labelPrinted(LabelPrinted(run: run, digest: skuDigest, destination: "reprint")))
        #expect(try await store.reader.verify().findings == [])
    }

    /// Nobody heard the answer, the run ended in quarantine, and somebody looked it up: that is written down in the run
    /// which asked, even when the order has become full meanwhile.
    @Test func anAnswerThatNobodyHeardIsLearntLate() async throws {
        try await store.openDemoOrder("WO-2", quantity: 1, first: 101, last: 102)
        let run = try await store.startRun(start(order: "WO-2"))
        try await store.append(identified(run, 1))
        try await store.append(.actIntended(ActIntended(run: run, act: 1, kind: .bless)))
        try await store.append(.blessingAnswered(BlessingAnswered(run: run, outcome: .noAnswer)))
        try await store.append(.runFinished(RunFinished(run: run, outcome: .quarantined)))
        try await store.pass(2, order: "WO-2")
        try await store.append(.blessingAnswered(BlessingAnswered(run: run, outcome: .blessed)))
        let device = try #require(try await store.reader.device(unit(1).device))
        #expect(device.blessedRun == run)
        let order = try #require(try await store.reader.order("WO-2"))
        #expect(order.blessed == 2 && order.left == 0)
        #expect(try await store.reader.run(run)?.run.outcome == .quarantined)
        await expect(.runFinished(run)) {
            try await store.append(.blessingAnswered(BlessingAnswered(run: run, outcome: .refused)))
        }
        let failed = try await store.fail(3)
        await expect(.runFinished(failed)) {
            try await store.append(.blessingAnswered(BlessingAnswered(run: failed, outcome: .blessed)))
        }
        #expect(try await store.reader.verify().findings == [])
    }

    @Test func actsAreIntendedOnceAndSettledOnce() async throws {
        let run = try await store.startRun(start())
        await expect(.unknownAct(run: run, act: 1)) {
            try await store.append(.actFinished(ActFinished(run: run, act: 1, outcome: .ok)))
        }
        try await store.append(.actIntended(ActIntended(run: run, act: 1, kind: .powerOn)))
        await expect(.duplicateAct(run: run, act: 1)) {
            try await store.append(.actIntended(ActIntended(run: run, act: 1, kind: .powerOff)))
        }
        try await store.append(.actFinished(ActFinished(run: run, act: 1, outcome: .unknown)))
        #expect(try await store.reader.openActs(run).map(\.act) == [1])
        await expect(.effectOfOtherKind(run: run, act: 1, kind: .powerOn)) {
            try await store.append(
                .actFinished(ActFinished(run: run, act: 1, outcome: .ok, effect: .image(image))))
        }
        try await store.append(.actFinished(ActFinished(run: run, act: 1, outcome: .ok)))
        #expect(try await store.reader.openActs(run) == [])
        await expect(.actSettled(run: run, act: 1, .ok)) {
            try await store.append(.actFinished(ActFinished(run: run, act: 1, outcome: .failed)))
        }
        let nowhere = RunID(rawValue: 999)
        await expect(.unknownRun(nowhere)) { try await store.append(step(nowhere)) }
        await expect(.unknownRun(nowhere)) {
            try await store.append(.actIntended(ActIntended(run: nowhere, act: 1, kind: .powerOn)))
        }
    }

    @Test func unitsAreWhoTheyAre() async throws {
        let first = try await store.startRun(start(slot: 1))
        let second = try await store.startRun(start(slot: 2))
        try await store.append(identified(first, 1))
        try await store.append(identified(first, 1))
        await expect(.deviceBusy(device: unit(1).device, run: first)) {
            try await store.append(identified(second, 1))
        }
        await expect(.macTaken(mac: unit(1).mac, by: unit(1).device)) {
            try await store.append(identified(second, 2, mac: unit(1).mac))
        }
        await expect(.runHasOtherDevice(run: first, device: unit(1).device)) {
            try await store.append(identified(first, 2))
        }
        await expect(.macChanged(device: unit(1).device, recorded: unit(1).mac, found: unit(5).mac)) {
            try await store.append(identified(first, 1, mac: unit(5).mac))
        }
        try await store.append(.runFinished(RunFinished(run: first, outcome: .aborted)))
        try await store.append(identified(second, 1))
        #expect(try await store.reader.unit(unit(1).device)?.runs.map(\.run.run) == [first, second])
    }

    @Test func quarantineStopsWhatCannotBeUndone() async throws {
        let run = try await store.startRun(start())
        await expect(.unknownDevice(unit(1).device)) {
            try await store.append(
                .unitQuarantined(UnitQuarantined(device: unit(1).device, by: "Ada", reason: "odd")))
        }
        try await store.append(identified(run, 1))
        await expect(.notQuarantined(device: unit(1).device)) {
            try await store.append(
                .unitReleased(UnitReleased(device: unit(1).device, by: "Ada", reason: "fine")))
        }
        try await store.append(
            .unitQuarantined(UnitQuarantined(device: unit(1).device, by: "Ada", reason: "odd", run: run)))
        for kind in [ActKind.bless, .nvramInstall, .regionSet, .flashWrite] {
            await expect(.quarantined(device: unit(1).device)) {
                try await store.append(.actIntended(ActIntended(run: run, act: 1, kind: kind)))
            }
        }
        try await store.act(run, 1, .powerOff)
        try await store.append(
            .unitReleased(UnitReleased(device: unit(1).device, by: "Bea", reason: "looked")))
        try await store.act(run, 2, .bless)
        let report = try #require(try await store.reader.unit(unit(1).mac))
        #expect(report.quarantines.map(\.by) == ["Ada"] && report.quarantines.map(\.releasedBy) == ["Bea"])
        #expect(!report.device.isQuarantined)
    }

    @Test func ordersAreFullClosedAndForTheirSKU() async throws {
        try await store.openDemoOrder("WO-2", quantity: 2, first: 101, last: 102)
        await expect(.orderExists("WO-2")) { try await store.openDemoOrder("WO-2", first: 500, last: 501) }
        await expect(.unknownOrder("WO-9")) { _ = try await store.startRun(start(order: "WO-9")) }
        await expect(.wrongSKU(order: "WO-2", expected: "lamp-eu", found: "lamp-us")) {
            _ = try await store.startRun(start(order: "WO-2", sku: "lamp-us"))
        }
        try await store.pass(1, order: "WO-2")
        let run = try await store.startRun(start(order: "WO-2"))
        await expect(.orderFull(order: "WO-2", quantity: 2, blessed: 1, running: 1)) {
            _ = try await store.startRun(start(order: "WO-2"))
        }
        try await store.append(.runFinished(RunFinished(run: run, outcome: .failed)))
        _ = try await store.bless(2, order: "WO-2")
        await expect(.orderFull(order: "WO-2", quantity: 2, blessed: 2, running: 0)) {
            _ = try await store.startRun(start(order: "WO-2"))
        }
        try await store.append(.orderClosed(OrderClosed(order: "WO-2", reason: "done")))
        await expect(.orderClosed("WO-2")) { _ = try await store.startRun(start(order: "WO-2")) }
        #expect(try await store.reader.order("WO-2")?.isClosed == true)
        #expect(try await store.reader.verify().findings == [])
    }

    @Test func invalidRecordsAreRefusedBeforeTheyAreQueued() async throws {
        let size = try await store.reader.station().ledgerSize
        let error = await #expect(throws: StoreError.self) {
            try await store.append(.note(Note(text: "x", device: "nonsense")))
        }
        guard case .invalid(let fault) = try #require(error) else { throw try #require(error) }
        #expect(fault.field == "device")
        await expect(.ledgerBegun) {
            try await store.append(.stationCreated(StationCreated(program: "2", verifierKey: "x")))
        }
        await expect(.notStarted) { try await store.append(.stationStopped(StationStopped(reason: "x"))) }
        #expect(try await store.reader.station().ledgerSize == size)
    }
}
