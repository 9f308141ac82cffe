import Blessing
import Foundation
import GRDB
import HTTPTypes
import StationPages
import StationStore
import Testing

@testable import StationService

/// Scanning, starting, stopping, by the interface.
struct ServiceLineTests {
    @Test func fourScansBlessFourUnits() async throws {
        let bench = try await ServiceBench()
        _ = await bench.act("/api/v1/orders/WO-2026-0117/open", #"{"mode": "scan"}"#)
        for (slot, serial) in zip(
            ["A", "B", "C", "D"], ["ES0100004", "ES0100003", "ES0100002", "ES0100001"])
        {
            let answer = await bench.act("/api/v1/slots/\(slot)/start", #"{"serial": "\#(serial)"}"#)
            #expect(answer.status == .accepted, "\(answer.text)")
            #expect(answer.json["order"] as? String == "WO-2026-0117")
        }
        for slot in ["A", "B", "C", "D"] { await bench.until(slot, ["passed"]) }
        let tile = try #require(bench.sources.board.slot("A"))
        #expect(tile.serial == "ES0100004")
        #expect(tile.outcome == "passed")
        #expect(try await bench.store.reader.serial("ES0100004")?.state == .confirmed)
        let number = try #require(tile.run)
        let run = try #require(try await bench.store.reader.run(RunID(rawValue: number)))
        #expect(run.run.scannedCode == "ES0100004")
        #expect(run.run.operatorName == "console")
        let order = await bench.ask(.get, "/api/v1/orders/WO-2026-0117", as: bench.console)
        #expect(order.json["blessed"] as? Int == 4)
        let cleared = await bench.act("/api/v1/slots/A/clear")
        #expect(cleared.json["phase"] as? String == "ready")
        #expect(cleared.json["serial"] == nil)
    }

    @Test func secondStartIsToldWhoWasFirst() async throws {
        let bench = try await ServiceBench(pace: 0.02)
        _ = await bench.act("/api/v1/orders/WO-2026-0117/open")
        let first = await bench.act("/api/v1/slots/A/start", #"{"serial": "ES0100001"}"#)
        let second = await bench.act("/api/v1/slots/A/start", #"{"serial": "ES0100002"}"#)
        #expect(first.status == .accepted)
        #expect(second.code == "SRV-SLOT-BUSY")
        #expect((second.json["detail"] as? String)?.contains("console") == true)
        _ = await bench.act("/api/v1/slots/A/abort", #"{"reason": "test"}"#)
        await bench.until("A", ["attention", "ready"])
    }

    @Test func abortStopsTheUnitAndSaysWhy() async throws {
        let bench = try await ServiceBench(pace: 0.05)
        _ = await bench.act("/api/v1/orders/WO-2026-0117/open")
        _ = await bench.act("/api/v1/slots/B/start", #"{"serial": "ES0100001"}"#)
        await bench.until("B", ["working"])
        let answer = await bench.act("/api/v1/slots/B/abort", #"{"reason": "smoke"}"#)
        #expect(answer.status == .accepted)
        await bench.until("B", ["attention"])
        #expect(bench.sources.board.slot("B")?.reasonCode == "X04")
        let notes = try await bench.store.reader.entries(EntryFilter(kinds: ["note"]))
        #expect(notes.contains { $0.entry.contains("smoke") })
        let idle = await bench.act("/api/v1/slots/B/abort")
        #expect(idle.code == "SRV-SLOT-IDLE")
    }

    @Test(arguments: [
        (#"{"serial": "xx-77"}"#, "SRV-SCAN"), (#"{"serial": "ES9999999"}"#, "SRV-SCAN"),
        (#"{"serial": "<script>alert(1)</script>"}"#, "SRV-SCAN"),
        (#"{"serial": "'; DROP TABLE run; --"}"#, "SRV-SCAN"), (#"{"serial": ""}"#, "SRV-FIELD"),
        (#"{"serial": "ES01\u0007"}"#, "SRV-FIELD"), (#"{"serial": 7}"#, "SRV-FIELD"),
        (#"{"serail": "ES0100001"}"#, "SRV-FIELD"), (#"{"order": "WO-2026-0119"}"#, "SRV-ORDER"),
        (#"["ES0100001"]"#, "SRV-BODY"), (#"{"serial": "#, "SRV-BODY"),
    ])
    func noiseFromTheScannerStartsNothing(body: String, code: String) async throws {
        let bench = try await ServiceBench()
        _ = await bench.act("/api/v1/orders/WO-2026-0117/open")
        let answer = await bench.act("/api/v1/slots/A/start", body)
        #expect(answer.code == code, "\(answer.text)")
        #expect(
            !answer.text.contains("<script>") || answer.headers[.contentType] == "application/problem+json")
        #expect(bench.sources.board.slot("A")?.phase == .ready)
        #expect(try await bench.store.reader.runs().isEmpty)
    }

    @Test func automaticOrderEndsAndTheNextPlaceIsRefused() async throws {
        let bench = try await ServiceBench(units: 5)
        _ = await bench.act("/api/v1/orders/WO-2026-0119/open", #"{"mode": "automatic"}"#)
        let start = await bench.act("/api/v1/slots/A/start", #"{"serial": "ES0300001"}"#)
        #expect(["SRV-ORDER", "SRV-SLOT-BUSY"].contains(start.code ?? ""))
        await bench.sources.desk.untilSettled(["WO-2026-0119"])
        let order = await bench.ask(.get, "/api/v1/orders/WO-2026-0119", as: bench.console)
        #expect(order.json["standing"] as? String == "done")
        #expect(order.json["blessed"] as? Int == 4)
        let full = await bench.act("/api/v1/slots/A/start", #"{"serial": "ES0300001"}"#)
        #expect(full.code == "SRV-ORDER")
    }

    @Test func parkingFinishesWhatWasChangedAndStopsTheRest() async throws {
        let bench = try await ServiceBench(pace: 0.02)
        _ = await bench.act("/api/v1/orders/WO-2026-0117/open")
        _ = await bench.act("/api/v1/slots/A/start", #"{"serial": "ES0100001"}"#)
        // The first is past its tests before the second begins.
        while true {
            let last = bench.sources.hub.lastSequence
            if let index = bench.sources.board.slot("A")?.stepIndex, index >= 5 { break }
            await bench.sources.hub.wait(after: last)
        }
        _ = await bench.act("/api/v1/slots/B/start", #"{"serial": "ES0100002"}"#)
        await bench.until("B", ["working"])
        let left = await bench.sources.desk.park(within: .seconds(30))
        #expect(left == [])
        #expect(bench.sources.board.slot("A")?.outcome == "passed")
        #expect(bench.sources.board.slot("B")?.reasonCode == "X05")
        let refused = await bench.act("/api/v1/slots/C/start", #"{"serial": "ES0100003"}"#)
        #expect(refused.code == "SRV-PARKING")
        #expect(refused.headers[.retryAfter] != nil)
    }

    @Test func manyFailuresRaiseTheYieldAlarmOnce() async throws {
        let bench = try await ServiceBench(units: 12, faults: "short#1-12")
        try await bench.bless()
        let alarms = bench.sources.board.snapshot().alarms
        #expect(alarms.map(\.code) == ["yield"])
    }

    @Test func restartBringsTheDeskBack() async throws {
        let first = try await ServiceBench()
        _ = await first.act("/api/v1/orders/WO-2026-0118/open", #"{"mode": "scan"}"#)
        let rows = try await first.sources.database.queue.read { db in
            try String.fetchAll(db, sql: "SELECT id || ' ' || mode || ' ' || standing FROM desk_order")
        }
        #expect(rows == ["WO-2026-0118 scan open"])
    }

    /// The gate of golden units at the interface: told in the visitor's language, opened by measuring one.
    @Test func aShutGateIsToldInWordsAndTheGoldenUnitOpensIt() async throws {
        let scout = try await ServiceBench()
        _ = await scout.act("/api/v1/orders/WO-2026-0117/open")
        _ = await scout.act("/api/v1/slots/A/start", #"{"serial": "ES0100001"}"#)
        await scout.until("A", ["passed"])
        let device = try #require(scout.sources.board.slot("A")?.deviceID)
        let bench = try await ServiceBench { folder in
            let file = URL(fileURLWithPath: folder + "/station.yaml")
            let golden = """

                golden:
                  every: 8 h
                  units:
                    - name: golden-1
                      device: \(device)
                      measurements:
                        - { step: rail, name: rail_3v3, reference: 3.3, tolerance: 0.5 }

                """
            try Data((try String(contentsOf: file, encoding: .utf8) + golden).utf8).write(to: file)
        }
        _ = await bench.act("/api/v1/orders/WO-2026-0117/open")
        let refused = await bench.act("/api/v1/slots/A/start", #"{"serial": "ES0100001"}"#)
        #expect(refused.code == "SRV-SLOT-OUT")
        #expect(refused.text.contains("has not measured a golden unit yet"))
        let chinese = await bench.ask(
            .post, "/api/v1/slots/A/start", #"{"serial": "ES0100001"}"#, as: bench.console,
            key: "key-golden-zh", headers: [.acceptLanguage: "zh-CN"])
        #expect(chinese.text.contains("标准件"), "\(chinese.text)")
        #expect(try await bench.store.reader.runs().isEmpty)
        let golden = await bench.act("/api/v1/slots/A/start", #"{"serial": "golden-1"}"#)
        #expect(golden.status == .accepted, "\(golden.text)")
        await bench.until("A", ["attention"])
        #expect(bench.sources.board.slot("A")?.reasonCode == "G01")
        #expect(await bench.act("/api/v1/slots/A/start", #"{"serial": "ES0100001"}"#).status == .accepted)
        await bench.until("A", ["passed"])
        // The next slot has a gate of its own.
        #expect(await bench.act("/api/v1/slots/B/start", #"{"serial": "ES0100002"}"#).code == "SRV-SLOT-OUT")
    }
}
