import ContentAddress
import Foundation
import Ledger
import Synchronization
import Testing

@testable import StationStore

@Suite struct QueryTests {
    let station: TestStation
    let store: StationStore
    var reader: StationReader { store.reader }

    init() async throws {
        station = try TestStation()
        store = try await station.create()
        try await store.openDemoOrder()
    }

    @Test func aUnitsLifeIsCompleteUnderEachOfItsNames() async throws {
        let failed = try await store.fail(1)
        let passed = try await store.pass(1)
        try await store.append(.note(Note(text: "shiny", by: "Bea", device: unit(1).device)))
        let report = try #require(try await reader.unit(unit(1).device))
        let colons = "0C:2A:69:00:00:01"
        for key in [unit(1).mac, colons, "0c-2a-69-00-00-01", "L000001", unit(1).device.uppercased()] {
            #expect(try await reader.unit(key) == report, "\(key)")
        }
        #expect(try await reader.unit("L000099") == nil)
        #expect(report.device.region == "00004247" && report.device.channels == "1-13")
        #expect(report.device.nvram == nvramDigest.hex && report.device.nvramToken == "00FF")
        #expect(report.device.blessedRun == passed && report.device.serial == "L000001")
        #expect(report.device.sku == "lamp-eu" && report.device.market == "EU")
        #expect(
            report.images == [
                ImageRow(name: "assets.bin", address: 0x70000, digest: image.digest.hex, size: 3)
            ])
        #expect(report.runs.map(\.run.run) == [failed, passed])
        #expect(report.runs.map(\.run.outcome) == [.failed, .passed])
        #expect(report.runs.map(\.run.operatorName) == ["Ada", "Ada"])
        #expect(
            report.runs[1].acts.map(\.kind) == [
                .powerOn, .nvramInstall, .flashWrite, .regionSet, .bless, .clearConfiguration,
            ])
        #expect(report.runs[1].acts[3].effect == .region(code: "00004247", channels: "1-13"))
        #expect(report.runs[1].acts[3].detail == ["why": "test"])
        let measurement = try #require(report.runs[0].steps.first?.measurements.first)
        #expect(measurement.value == .number(2.9) && measurement.low == 3.2 && measurement.outcome == .failed)
        #expect(report.runs[1].labels.map(\.serial) == ["L000001"])
        #expect(report.notes.map(\.text) == ["shiny"])
        let mine = try await reader.entries(EntryFilter(unit: colons))
        #expect(mine.map(\.sequence) == report.entries)
        #expect(
            Set(mine.map(\.kind)).isSuperset(of: ["run.started", "step.finished", "serial.leased", "note"]))
        #expect(try JSONDecoder().decode(UnitReport.self, from: JSONEncoder().encode(report)) == report)
    }

    /// Law 2: what a restart has to know of each slot.
    @Test func unfinishedRunsTellWhatNobodyKnows() async throws {
        let done = try await store.pass(1)
        let silent = try await store.startRun(start(slot: 2))
        try await store.append(.actIntended(ActIntended(run: silent, act: 1, kind: .powerOn)))
        let halfway = try await store.startRun(start(slot: 3))
        try await store.append(identified(halfway, 3))
        _ = try await store.leaseSerial(order: "WO-1", device: unit(3).device)
        try await store.act(halfway, 1, .nvramInstall, .nvram(digest: nvramDigest, token: nil))
        try await store.act(halfway, 2, .flashWrite, outcome: .unknown)
        try await store.append(.actIntended(ActIntended(run: halfway, act: 3, kind: .regionSet)))
        let unfinished = try await reader.unfinishedRuns()
        #expect(unfinished.map(\.run.run) == [silent, halfway])
        #expect(!unfinished.contains { $0.run.run == done })
        #expect(unfinished.map(\.run.slot) == [2, 3])
        #expect(unfinished[0].device == nil && unfinished[0].openActs.map(\.kind) == [.powerOn])
        #expect(unfinished[1].device?.nvram == nvramDigest.hex && unfinished[1].device?.region == nil)
        #expect(unfinished[1].openActs.map(\.act) == [2, 3] && unfinished[1].nextAct == 4)
        #expect(unfinished[1].leasedSerial == "L000002")
        #expect(try await reader.openActs(halfway).map(\.kind) == [.flashWrite, .regionSet])
    }

    @Test func yieldCountsUnitsNotRuns() async throws {
        #expect(try await reader.yield().firstPassYield == nil)
        try await store.pass(1)
        try await store.pass(2)
        try await store.fail(3)
        try await store.pass(3)
        try await store.fail(4)
        try await store.fail(4)
        let dead = try await store.startRun(start())
        try await store.append(.runFinished(RunFinished(run: dead, outcome: .failed, code: "T-SILENT")))
        let refused = try await store.startRun(start())
        try await store.append(identified(refused, 1))
        try await store.append(.runFinished(RunFinished(run: refused, outcome: .refused)))
        let yield = try await reader.yield()
        #expect(yield == Yield(units: 5, firstPass: 2, passedLater: 1))
        #expect(yield.failed == 2 && yield.firstPassYield == 0.4 && yield.finalYield == 0.6)
        #expect(try await reader.yield(RunFilter(sku: "other")).units == 0)
        #expect(
            try await reader.yield(RunFilter(unit: unit(3).mac))
                == Yield(units: 1, firstPass: 0, passedLater: 1))

        let failures = try await reader.failures(RunFilter(order: "WO-1"))
        #expect(failures.map(\.cause) == ["T-SUPPLY", "T-SILENT"] && failures.map(\.count) == [3, 1])
        #expect(failures.map(\.cumulative) == [0.75, 1])
        #expect(try await reader.runs(RunFilter(outcome: .failed, limit: 2)).count == 2)
        #expect(try await reader.runs(RunFilter(slot: 1, since: 0, until: 1)).isEmpty)
        #expect(try await reader.runs().map(\.run) == (try await reader.runs()).map(\.run).sorted(by: >))
        // What looks like SQL is a value like any other.
        #expect(try await reader.runs(RunFilter(order: "' OR 1=1 --")).isEmpty)
    }

    @Test func statisticsDescribeAMeasurement() async throws {
        let run = try await store.startRun(start())
        for value in [3.28, 3.30, 3.32] { try await store.append(step(run, "supply", value)) }
        let found = try #require(try await reader.statistics(measurement: "vdd"))
        #expect(
            found.count == 3 && found.failed == 0 && found.unit == "V" && found.low == 3.2
                && found.high == 3.4)
        #expect(abs(found.mean - 3.3) < 1e-9 && abs((found.standardDeviation ?? 0) - 0.02) < 1e-9)
        #expect(abs((found.cpk ?? 0) - 0.1 / 0.06) < 1e-6)
        #expect(found.minimum == 3.28 && found.maximum == 3.32)
        #expect(try await reader.statistics(measurement: "none") == nil)
    }

    @Test func entriesAreFilteredAndExported() async throws {
        let run = try await store.pass(1)
        let all = try await reader.entries()
        #expect(all.map(\.sequence) == Array(0..<Int64(all.count)))
        #expect(try await reader.entries(EntryFilter(sequences: 2..<4)).map(\.sequence) == [2, 3])
        #expect(
            try await reader.entries(EntryFilter(newestFirst: true, limit: 1)).map(\.kind) == ["run.finished"]
        )
        let some = try await reader.entries(EntryFilter(kinds: ["step.finished", "order.opened"]))
        #expect(some.map(\.kind) == ["order.opened", "step.finished"])
        let ofRun = try await reader.entries(EntryFilter(run: run))
        #expect(ofRun.first?.sequence == run.rawValue && ofRun.contains { $0.kind == "step.finished" })
        let lines = Mutex<[String]>([])
        try await reader.exportEntries(1..<5) { _, bytes in
            lines.withLock { $0.append(String(decoding: bytes, as: UTF8.self)) }
        }
        #expect(lines.withLock { $0 } == all[1..<5].map(\.entry))
        struct Full: Error {}
        await #expect(throws: Full.self) { try await reader.exportEntries { _, _ in throw Full() } }
    }

    @Test func proofsCoverAUnitAndNothingUnsigned() async throws {
        try await store.pass(1)
        let bundle = try await reader.proof(ofUnit: "L000001")
        try bundle.verify(trusting: station.key.verifier)
        let entries = try #require(try await reader.unit("L000001")).entries
        #expect(bundle.entries.map(\.index) == [0] + entries)
        let late = try await store.append(.note(Note(text: "late")))
        await #expect(throws: StoreError.notSigned(sequence: late.sequence, signed: late.sequence)) {
            _ = try await reader.proof(ofEntries: [late.sequence])
        }
        let checkpoint = try await store.signCheckpoint()
        #expect(checkpoint.size == late.sequence + 1)
        try await reader.proof(ofEntries: [late.sequence]).verify()
        await #expect(throws: StoreError.notFound("entry 99999")) {
            _ = try await reader.proof(ofEntries: [99_999])
        }
        await #expect(throws: StoreError.notFound("unit nobody")) {
            _ = try await reader.proof(ofUnit: "nobody")
        }

        let checkpoints = try await reader.checkpoints()
        #expect(checkpoints.count > 2)
        for (old, new) in zip(checkpoints, checkpoints.dropFirst()) {
            let proof = try await reader.consistencyProof(from: old.size, to: new.size)
            #expect(
                MerkleProof.verifyConsistency(
                    oldSize: old.size, newSize: new.size, proof: proof, oldRoot: old.root, newRoot: new.root))
        }
    }

    @Test func namesStayOutOfTheLedger() async throws {
        try await store.pass(1)
        let seals = Mutex<Set<String>>([])
        try await reader.exportEntries { _, bytes in
            let text = String(decoding: bytes, as: UTF8.self)
            #expect(!text.contains("Ada"))
            if let range = text.firstRange(of: "\"operator\":\"") {
                _ = seals.withLock { $0.insert(String(text[range.upperBound...].prefix(64))) }
            }
        }
        #expect(seals.withLock { $0.count } == 1)
        try await store.close()
        let again = try await station.open()
        try await again.pass(2)
        let runs = try await again.reader.runs()
        #expect(Set(runs.compactMap(\.operatorSeal)) == seals.withLock { $0 })
        #expect(Set(runs.compactMap(\.operatorName)) == ["Ada"])
    }

    @Test func contentIsKeptOnceUnderItsHash() async throws {
        let bytes = Array("sku: lamp".utf8)
        let digest = try await store.storeContent(bytes, name: "lamp.yaml", mediaType: "application/yaml")
        let size = try await reader.station().ledgerSize
        #expect(
            try await store.storeContent(bytes, name: "lamp.yaml", mediaType: "application/yaml") == digest)
        #expect(try await reader.station().ledgerSize == size)
        try await store.storeContent(bytes, name: "copy.yaml", mediaType: "application/yaml")
        #expect(try await reader.station().ledgerSize == size + 1)
        #expect(try await reader.content(digest) == bytes)
        #expect(try await reader.content(planDigest) == nil)
    }
}
