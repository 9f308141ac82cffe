import ContentAddress
import Foundation
import Ledger
import Plant
import StationStore
import Synchronization
import Testing
import TimeAndChance

/// A calendar that moves a second with each look.
final class TickingClock: WallClock {
    private let now: Mutex<Int64>

    init(_ start: Int64 = 1_750_000_000_000) { now = Mutex(start) }

    func utcMilliseconds() -> Int64 {
        now.withLock { now in
            now += 1000
            return now
        }
    }
}

/// A station with a record in a folder of its own, which goes with it.
final class TestStation: Sendable {
    let name: String
    let folder: URL
    let key: StationKey
    let clock = TickingClock()
    let store: StationStore

    var path: String { folder.appending(path: "station.db").path }
    var reader: StationReader { store.reader }

    init(_ name: String, key: StationKey? = nil) async throws {
        self.name = name
        folder = FileManager.default.temporaryDirectory.appending(path: "plant-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        self.key = try key ?? StationKey.generate(name: StationStore.origin(station: name))
        store = try await StationStore.create(
            at: folder.appending(path: "station.db").path, station: name, key: self.key, program: "1.0",
            clock: clock)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    func pusher(_ address: PlantAddress, _ options: PlantPusher.Options = .init(seed: 1)) -> PlantPusher {
        PlantPusher(reader: reader, address: address, options: options, clock: clock)
    }

    static let image = RunImage(
        name: "assets", address: 0x70000, digest: SHA256Digest(of: [1, 2, 3]), size: 3)

    static func device(_ number: Int) -> (device: String, mac: String) {
        let mac = "0c2a69" + String(0x10_0000 + number, radix: 16)
        return ("3000" + mac, mac)
    }

    func open(_ order: String, _ serials: SerialRange?) async throws {
        try await store.append(
            .orderOpened(
                OrderOpened(order: order, sku: "lamp-eu", quantity: 1_000_000, market: "DE", serials: serials)
            ))
    }

    /// A unit's whole way, from the slot to its end.
    @discardableResult
    func bless(_ number: Int, order: String? = nil, passes: Bool = true, slot: Int = 1) async throws -> RunID
    {
        let (device, mac) = Self.device(number)
        let run = try await store.startRun(
            RunStarted(
                slot: slot, sku: "lamp-eu", skuDigest: SHA256Digest(of: [7]),
                planDigest: SHA256Digest(of: [UInt8(slot)]),
                order: order, market: "DE", images: [Self.image],
                operatedBy: .named(slot == 1 ? "Ada" : "Bob"),
                firmware: slot == 1 ? SHA256Digest(of: [11]) : nil,
                fixture: "slot \(slot)", program: "1.0", scannedCode: "S-\(number)"))
        try await store.append(
            .unitIdentified(
                UnitIdentified(
                    run: run, device: device, mac: mac, impOS: "release-30.14", flashJEDEC: "c22015",
                    flashBytes: 2_097_152, warnings: [])))
        try await store.append(
            .stepFinished(
                StepFinished(
                    run: run, name: "supply", outcome: passes ? .passed : .failed, startedMs: 5, endedMs: 25,
                    message: passes ? nil : "too low\u{0}!",
                    measurements: [
                        Measurement(
                            name: "vdd", value: .number(3.3 + Double(number % 10) / 100), unit: "V",
                            limit: .range(low: 3.2, high: 3.4), outcome: passes ? .passed : .failed),
                        Measurement(name: "note", value: .text("ok"), outcome: .notJudged),
                        Measurement(
                            name: "lit", value: .bool(true), limit: .equals(.bool(true)), outcome: .passed),
                    ])))
        guard passes else {
            try await store.append(
                .runFinished(
                    RunFinished(
                        run: run, outcome: .failed, code: "T01", reason: "supply", failedStep: "supply")))
            return run
        }
        let effects: [(ActKind, ActEffect?)] = [
            (.nvramInstall, .nvram(digest: SHA256Digest(of: [9]), token: "00FF")),
            (.flashWrite, .image(Self.image)),
            (.regionSet, .region(code: "00004544", channels: "1-13")),
        ]
        for (index, (kind, effect)) in effects.enumerated() {
            try await store.append(.actIntended(ActIntended(run: run, act: index + 1, kind: kind)))
            try await store.append(
                .actFinished(ActFinished(run: run, act: index + 1, outcome: .ok, effect: effect)))
        }
        if let order { _ = try await store.leaseSerial(order: order, device: device) }
        try await store.append(.actIntended(ActIntended(run: run, act: 4, kind: .bless)))
        try await store.append(.actFinished(ActFinished(run: run, act: 4, outcome: .ok)))
        try await store.append(.blessingAnswered(BlessingAnswered(run: run, outcome: .blessed)))
        if let order {
            let lease = try await store.leaseSerial(order: order, device: device)
            try await store.append(
                .serialConfirmed(SerialConfirmed(serial: lease.serial, device: device, run: run)))
        }
        try await store.append(.runFinished(RunFinished(run: run, outcome: .passed)))
        return run
    }
}

/// That the plant refused a log with alarms of this kind.
func expectAlarm(
    _ kind: PlantAlarm.Kind, sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () async throws -> Void
) async {
    do {
        try await body()
        Issue.record("nothing was refused", sourceLocation: sourceLocation)
    } catch PlantError.evidence(let alarms) {
        #expect(alarms.map(\.kind) == [kind], sourceLocation: sourceLocation)
    } catch {
        Issue.record(error, sourceLocation: sourceLocation)
    }
}
