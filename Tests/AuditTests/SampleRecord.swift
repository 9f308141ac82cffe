import ContentAddress
import Foundation
import Ledger
import StationStore
import Synchronization
import TimeAndChance

/// A calendar that moves with each look.
private final class TickingClock: WallClock {
    private let now = Mutex<Int64>(1_750_000_000_000)
    private let tick: Int64

    init(tick: Int64) { self.tick = tick }

    func utcMilliseconds() -> Int64 {
        now.withLock { now in
            now += tick
            return now
        }
    }
}

/// A record of runs drawn from a seed, and the same facts as plain values to hold answers against.
final class SampleRecord: Sendable {
    struct Fact: Sendable {
        var run: Int64
        var device: String
        var slot: Int
        var sku: String
        var markets: [String]
        var outcome: String
        var code: String?
        var voltage: Double
    }

    let folder: URL
    let store: StationStore
    let facts: [Fact]
    let nvram = SHA256Digest(of: Array("nvram".utf8))

    var reader: StationReader { store.reader }

    static let image = RunImage(
        name: "assets", address: 0x70000, digest: SHA256Digest(of: [1, 2, 3]), size: 3)
    static let skus = ["lamp-eu", "lamp-us", "it's \"odd\", really"]

    /// - Parameters:
    ///   - minutes: between two looks at the clock.
    ///   - returning: units that failed come back, some runs are stopped before anybody knows the unit, and the last is not
    ///     over.
    init(runs: Int, seed: UInt64 = 1, minutes: Int64 = 1, returning: Bool = false) async throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "audit-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let key = try StationKey.generate(name: StationStore.origin(station: "demo"))
        store = try await StationStore.create(
            at: folder.appending(path: "s.db").path, station: "demo", key: key, program: "1.0",
            clock: TickingClock(tick: minutes * 60_000))
        var dice = SeededGenerator(seed: seed)
        var facts: [Fact] = []
        var hasFailed = false
        for number in 1...runs {
            let passes = dice.next() % 4 != 0
            let sku = Self.skus[Int(dice.next() % 3)]
            let markets = [["US"], ["AS", "GU", "US"], ["DE", "FR"]][Int(dice.next() % 3)]
            let slot = Int(dice.next() % 4) + 1
            let voltage = (3.0 + Double(dice.next() % 1000) / 1000 * 0.6)
            let isBack = returning && hasFailed && number % 2 == 0
            let mac = "0c2a69" + String(0x10_0000 + (isBack ? number - 1 : number), radix: 16)
            hasFailed = !passes && !isBack
            let run = try await store.startRun(
                RunStarted(
                    slot: slot, sku: sku, skuDigest: SHA256Digest(of: Array(sku.utf8)),
                    planDigest: SHA256Digest(of: [UInt8(slot % 2)]), market: markets.joined(separator: " "),
                    images: [Self.image], operatedBy: .named(slot == 1 ? "Ada" : "Bob"),
                    firmware: slot == 4 ? nil : SHA256Digest(of: Array("firmware \(slot % 2)".utf8)),
                    fixture: "slot \(slot)", program: "1.0"))
            if returning, number % 7 == 0 {
                let outcome: RunOutcome = number % 2 == 0 ? .aborted : .quarantined
                try await store.append(.runFinished(RunFinished(run: run, outcome: outcome)))
                continue
            }
            try await store.append(
                .unitIdentified(
                    UnitIdentified(
                        run: run, device: "3000" + mac, mac: mac, impOS: "release-30.14",
                        flashJEDEC: "c22015",
                        flashBytes: 2_097_152, warnings: [])))
            try await store.append(
                .stepFinished(
                    StepFinished(
                        run: run, name: "supply", outcome: passes ? .passed : .failed, startedMs: 0,
                        endedMs: Int64(slot * 10), message: passes ? nil : "=1+1, \"out\"",
                        measurements: [
                            Measurement(
                                name: "vdd", value: .number(voltage), unit: "V",
                                limit: .range(low: 3.2, high: 3.4),
                                outcome: passes ? .passed : .failed)
                        ])))
            if passes {
                for (act, effect) in [
                    (1, ActEffect.nvram(digest: nvram, token: "00FF")), (2, .image(Self.image)),
                    (3, .region(code: "00005355", channels: "1-11")),
                ] {
                    let kind: ActKind = act == 1 ? .nvramInstall : act == 2 ? .flashWrite : .regionSet
                    try await store.append(.actIntended(ActIntended(run: run, act: act, kind: kind)))
                    try await store.append(
                        .actFinished(ActFinished(run: run, act: act, outcome: .ok, effect: effect)))
                }
                try await store.append(.actIntended(ActIntended(run: run, act: 4, kind: .bless)))
                try await store.append(.actFinished(ActFinished(run: run, act: 4, outcome: .ok)))
                try await store.append(.blessingAnswered(BlessingAnswered(run: run, outcome: .blessed)))
                try await store.append(.runFinished(RunFinished(run: run, outcome: .passed)))
            } else {
                try await store.append(
                    .runFinished(
                        RunFinished(
                            run: run, outcome: .failed, code: slot == 2 ? "V01" : "T01",
                            reason: "<out> & of limits",
                            failedStep: "supply")))
            }
            facts.append(
                Fact(
                    run: run.rawValue, device: "3000" + mac, slot: slot, sku: sku, markets: markets,
                    outcome: passes ? "passed" : "failed", code: passes ? nil : slot == 2 ? "V01" : "T01",
                    voltage: voltage))
        }
        if returning {
            _ = try await store.startRun(
                RunStarted(
                    slot: 1, sku: Self.skus[0], skuDigest: nvram, planDigest: nvram, fixture: "slot 1",
                    program: "1.0"))
        }
        _ = try await store.signCheckpoint()
        self.facts = facts
    }

    deinit { try? FileManager.default.removeItem(at: folder) }
}
