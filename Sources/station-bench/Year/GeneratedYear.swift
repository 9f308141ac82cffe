import ContentAddress
import Foundation
import Ledger
import StationStore
import Synchronization
import TimeAndChance

/// A year of a station's life, made from a seed: units of several SKUs and markets, each with ten steps of three
/// measurements and with every other entry that a blessed unit leaves behind. About one unit in thirty fails and comes back.
///
/// `station-bench year make DATABASE [UNITS] [SEED]`; a million units are ten million steps and thirty million measurements.
struct GeneratedYear {
    /// New units.
    let units: Int
    let seed: UInt64

    static let start: Int64 = 1_735_689_600_000  // 2025-01-01T00:00:00Z
    static let length: Int64 = 365 * 86_400_000
    static let stepsOfARun = 10
    static let measurementsOfAStep = 3
    static let unitsOfAnOrder = 10_000
    static let slots = 4
    static let people = (0..<40).map { "operator-\($0)" }

    /// A market with its region code and channels, as the demo's SKU files have them.
    private static let markets: [(name: String, code: String, channels: String)] = [
        ("US", "00005355", "1-11"), ("GB", "00004247", "1-13"), ("DE", "00004544", "1-13"),
        ("JP", "00004A50", "1-13"),
        ("CA", "00004143", "1-11"),
    ]
    private static let skus = (0..<8).map { "env-sensor-\($0)" }

    private let tests: [[(name: String, unit: String?, low: Double, high: Double)]] = (0..<stepsOfARun).map {
        step in
        (0..<measurementsOfAStep).map { index in
            let low = Double((step * 7 + index * 3) % 20) + 0.5
            return ("m\(step)_\(index)", ["V", "mA", "dBm", nil][(step + index) % 4], low, low + 2)
        }
    }

    /// Makes the database; it must not exist.
    /// - Returns: entries written, and seconds taken.
    func make(at path: String) async throws -> (entries: Int64, seconds: Double) {
        let clock = SetClock(Self.start)
        let key = try StationKey.generate(name: StationStore.origin(station: "year"))
        // No line hands in thousands of entries at once; groups of that size would leave free pages in the file.
        var options = StationStore.Options()
        options.largestGroup = 512
        let store = try await StationStore.create(
            at: path, station: "year", key: key, program: "station-bench", clock: clock, options: options)
        let stopwatch = Stopwatch()
        var writer = YearWriter(store: store, sequence: 1)
        var dice = SeededGenerator(seed: seed)
        var order = ""
        for unit in 0..<units {
            if unit % Self.unitsOfAnOrder == 0 {
                order = "WO-\(unit / Self.unitsOfAnOrder)"
                try await writer.write(
                    .orderOpened(
                        OrderOpened(
                            order: order, sku: Self.skus[unit / Self.unitsOfAnOrder % Self.skus.count],
                            quantity: Self.unitsOfAnOrder,
                            serials: SerialRange(
                                prefix: "Y", first: Int64(unit), last: Int64(unit + Self.unitsOfAnOrder - 1),
                                width: 8))))
            }
            clock.set(Self.start + Self.length / Int64(max(units, 1)) * Int64(unit))
            var attempt: RunID?
            repeat {
                let fails = attempt == nil && dice.happens(withProbability: 0.034)
                attempt = try await run(unit, order, retestOf: attempt, fails: fails, &dice, &writer, clock)
                if !fails { break }
            } while true
        }
        try await writer.settle()
        try await store.close()
        return (writer.sequence, stopwatch.seconds)
    }

    /// One unit through the station once.
    private func run(
        _ unit: Int, _ order: String, retestOf: RunID?, fails: Bool, _ dice: inout SeededGenerator,
        _ writer: inout YearWriter, _ clock: SetClock
    ) async throws -> RunID {
        let market = Self.markets[unit / 2_500 % Self.markets.count]
        let month = unit * 12 / max(units, 1)
        let sku = Self.skus[unit / Self.unitsOfAnOrder % Self.skus.count]
        let images = [
            RunImage(name: "config", address: 0x70000, digest: digest("config", sku, month), size: 2560),
            RunImage(
                name: "assets", address: 0x80000, digest: digest("assets", sku, month / 3), size: 380_928),
        ]
        let device = "3000" + mac(unit)
        let serial = "Y" + String(repeating: "0", count: 8 - String(unit).count) + String(unit)
        let run = RunID(rawValue: writer.sequence)
        try await writer.write(
            .runStarted(
                RunStarted(
                    slot: unit % Self.slots + 1, sku: sku, skuDigest: digest("sku", sku, month),
                    planDigest: digest("plan", sku, month), order: order, market: market.name, images: images,
                    operatedBy: .named(Self.people[unit / 1000 % Self.people.count]),
                    fixture: "slot \(unit % Self.slots + 1)",
                    program: "station 1.0", retestOf: retestOf)))
        try await writer.write(
            .unitIdentified(
                UnitIdentified(
                    run: run, device: device, mac: mac(unit),
                    impOS: "5c8ae9a - release-30.8 - Mon Nov 17 10:12:00 2014",
                    flashJEDEC: "ef4015", flashBytes: 2_097_152)))
        if retestOf == nil {
            try await writer.write(.serialLeased(SerialLeased(order: order, device: device, serial: serial)))
        }
        let failing = fails ? Int.random(in: 0..<Self.stepsOfARun, using: &dice) : nil
        var now = Int64.random(in: 100_000..<200_000, using: &dice)
        for step in 0...(failing ?? Self.stepsOfARun - 1) {
            let began = now
            now += Int64.random(in: 4...900, using: &dice)
            clock.advance(7)
            try await writer.write(testStep(step, run, began, now, isOut: step == failing, &dice))
        }
        if let failing {
            try await writer.write(
                .runFinished(
                    RunFinished(
                        run: run, outcome: .failed, code: "T01",
                        reason: "\(tests[failing][0].name) is above its limit",
                        failedStep: "test_\(failing)")))
            return run
        }
        let nvram = digest("nvram", market.name, month / 4)
        try await act(
            1, .nvramInstall, run, ["sha256": nvram.hex], .nvram(digest: nvram, token: "c5877a332730989e"),
            &writer)
        for (number, image) in images.enumerated() {
            try await act(
                2 + number, .flashWrite, run, ["image": image.name, "sha256": image.digest.hex],
                .image(image), &writer)
        }
        try await act(
            4, .regionSet, run, ["channels": market.channels, "code": market.code],
            .region(code: market.code, channels: market.channels), &writer)
        try await act(5, .bless, run, ["passed": "true"], nil, &writer)
        clock.advance(400)
        try await writer.write(
            .blessingAnswered(BlessingAnswered(run: run, outcome: .blessed, detail: ["callback": "true"])))
        try await act(6, .clearConfiguration, run, [:], nil, &writer)
        try await writer.write(.serialConfirmed(SerialConfirmed(serial: serial, device: device, run: run)))
        try await writer.write(
            .labelPrinted(
                LabelPrinted(
                    run: run, serial: serial, digest: digest("label", serial, 0), destination: "\(serial).zpl"
                )))
        try await writer.write(.runFinished(RunFinished(run: run, outcome: .passed)))
        return run
    }

    private func act(
        _ number: Int, _ kind: ActKind, _ run: RunID, _ detail: [String: String], _ effect: ActEffect?,
        _ writer: inout YearWriter
    ) async throws {
        try await writer.write(.actIntended(ActIntended(run: run, act: number, kind: kind, detail: detail)))
        try await writer.write(.actFinished(ActFinished(run: run, act: number, outcome: .ok, effect: effect)))
    }

    private func testStep(
        _ step: Int, _ run: RunID, _ began: Int64, _ ended: Int64, isOut: Bool, _ dice: inout SeededGenerator
    ) -> Record {
        let measurements = tests[step].enumerated().map { index, test in
            let isBad = isOut && index == 0
            let share = (Double.random(in: 0..<1, using: &dice) + Double.random(in: 0..<1, using: &dice)) / 2
            let value = isBad ? test.high + 0.25 : test.low + (test.high - test.low) * share
            return Measurement(
                name: test.name, value: .number((value * 10_000).rounded() / 10_000), unit: test.unit,
                limit: .range(low: test.low, high: test.high), outcome: isBad ? .failed : .passed)
        }
        return .stepFinished(
            StepFinished(
                run: run, name: "test_\(step)", outcome: isOut ? .failed : .passed, startedMs: began,
                endedMs: ended,
                measurements: measurements))
    }

    private func mac(_ unit: Int) -> String {
        let digits = String(unit, radix: 16)
        return "0c2a69" + String(repeating: "0", count: 6 - digits.count) + digits
    }

    private func digest(_ what: String, _ of: String, _ revision: Int) -> SHA256Digest {
        SHA256Digest(of: Array("\(what) \(of) \(revision)".utf8))
    }
}

/// Hands records in by thousands, and knows the number that each will get: nobody else writes.
struct YearWriter {
    let store: StationStore
    private(set) var sequence: Int64
    private var waiting: [Ticket] = []

    init(store: StationStore, sequence: Int64) {
        self.store = store
        self.sequence = sequence
    }

    mutating func write(_ record: Record) async throws {
        waiting.append(store.enqueue(record))
        sequence += 1
        if waiting.count == 8192 { try await settle() }
    }

    /// Waits until everything is on the disk.
    /// - Throws: `StoreError` when one was refused; the numbers of those after it would not hold.
    mutating func settle() async throws {
        for ticket in waiting { _ = try await ticket.receipt }
        waiting.removeAll(keepingCapacity: true)
    }
}

/// A calendar that its owner moves.
final class SetClock: WallClock {
    private let now: Mutex<Int64>

    init(_ milliseconds: Int64) { now = Mutex(milliseconds) }

    func utcMilliseconds() -> Int64 { now.withLock { $0 } }
    func set(_ milliseconds: Int64) { now.withLock { $0 = max($0, milliseconds) } }
    func advance(_ milliseconds: Int64) { now.withLock { $0 += milliseconds } }
}
