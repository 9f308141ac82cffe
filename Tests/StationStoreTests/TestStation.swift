import ContentAddress
import Foundation
import Ledger
import Synchronization
import Testing
import TimeAndChance

@testable import StationStore

/// A calendar that tests move.
final class MovableClock: WallClock {
    private let now: Mutex<Int64>

    init(_ milliseconds: Int64 = 1_750_000_000_000) { now = Mutex(milliseconds) }

    func utcMilliseconds() -> Int64 { now.withLock { $0 } }

    func move(by milliseconds: Int64) { now.withLock { $0 += milliseconds } }
}

/// A station database in a folder of its own, which goes with it.
final class TestStation: Sendable {
    let folder: URL
    let key: StationKey
    let clock = MovableClock()

    var path: String { folder.appending(path: "station.sqlite").path }

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "station-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        key = try StationKey.generate(name: StationStore.origin(station: "demo"))
    }

    /// The same station as `other`, which is closed, in a folder of its own.
    init(copying other: TestStation) throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "station-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        key = other.key
        clock.move(by: other.clock.utcMilliseconds() - clock.utcMilliseconds())
        try FileManager.default.copyItem(atPath: other.path, toPath: path)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    func create(_ options: StationStore.Options = .init()) async throws -> StationStore {
        try await StationStore.create(
            at: path, station: "demo", key: key, program: "1.0.0", clock: clock, options: options)
    }

    func open(_ options: StationStore.Options = .init()) async throws -> StationStore {
        try await StationStore.open(at: path, key: key, clock: clock, options: options)
    }

    /// Runs SQL as somebody would who has the file and a `sqlite3` prompt.
    @discardableResult
    func sqlite3(_ sql: String) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["sqlite3", path, sql]
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }
}

/// A device ID and a MAC address out of a number.
func unit(_ number: Int) -> (device: String, mac: String) {
    let tail = String(number, radix: 16)
    let mac = "0c2a69" + String(repeating: "0", count: 6 - tail.count) + tail
    return ("3000" + mac, mac)
}

let skuDigest = SHA256Digest(of: Array("sku".utf8))
let planDigest = SHA256Digest(of: Array("plan".utf8))
let nvramDigest = SHA256Digest(of: Array("nvram".utf8))
let image = RunImage(name: "assets.bin", address: 0x70000, digest: SHA256Digest(of: [1, 2, 3]), size: 3)

func start(slot: Int = 1, order: String? = "WO-1", sku: String = "lamp-eu", retestOf: RunID? = nil)
    -> RunStarted
{
    RunStarted(
        slot: slot, sku: sku, skuDigest: skuDigest, planDigest: planDigest, order: order, market: "EU",
        images: [image], operatedBy: "Ada", fixture: "emulated slot \(slot)", program: "1.0.0",
        scannedCode: "S-1",
        retestOf: retestOf)
}

func identified(_ run: RunID, _ number: Int, mac: String? = nil) -> Record {
    .unitIdentified(
        UnitIdentified(
            run: run, device: unit(number).device, mac: mac ?? unit(number).mac, impOS: "release-30.14",
            flashJEDEC: "c22015", flashBytes: 2_097_152, warnings: number == 13 ? ["unlucky"] : []))
}

func step(_ run: RunID, _ name: String = "supply", _ value: Double = 3.3, passes: Bool = true) -> Record {
    .stepFinished(
        StepFinished(
            run: run, name: name, outcome: passes ? .passed : .failed, startedMs: 100, endedMs: 140,
            message: passes ? nil : "out of limits",
            measurements: [
                Measurement(
                    name: "vdd", value: .number(value), unit: "V", limit: .range(low: 3.2, high: 3.4),
                    outcome: passes ? .passed : .failed)
            ]))
}

extension StationStore {
    func openDemoOrder(_ order: String = "WO-1", quantity: Int = 100, first: Int64 = 1, last: Int64 = 100)
        async throws
    {
        try await append(
            .orderOpened(
                OrderOpened(
                    order: order, sku: "lamp-eu", quantity: quantity, market: "EU",
                    serials: SerialRange(prefix: "L", first: first, last: last, width: 6))))
    }

    /// One act, intended and done.
    func act(
        _ run: RunID, _ number: Int, _ kind: ActKind, _ effect: ActEffect? = nil, outcome: ActOutcome = .ok
    ) async throws {
        try await append(
            .actIntended(ActIntended(run: run, act: number, kind: kind, detail: ["why": "test"])))
        try await append(.actFinished(ActFinished(run: run, act: number, outcome: outcome, effect: effect)))
    }

    /// A unit's whole way, up to the blessing's answer.
    @discardableResult
    func bless(_ number: Int, slot: Int = 1, order: String? = "WO-1") async throws -> RunID {
        let run = try await startRun(start(slot: slot, order: order))
        try await act(run, 1, .powerOn)
        try await append(identified(run, number))
        try await append(step(run))
        try await act(run, 2, .nvramInstall, .nvram(digest: nvramDigest, token: "00FF"))
        try await act(run, 3, .flashWrite, .image(image))
        try await act(run, 4, .regionSet, .region(code: "00004247", channels: "1-13"))
        if let order { _ = try await leaseSerial(order: order, device: unit(number).device) }
        try await act(run, 5, .bless)
        try await append(.blessingAnswered(BlessingAnswered(run: run, outcome: .blessed)))
        return run
    }

    /// And to its end.
    @discardableResult
    func pass(_ number: Int, slot: Int = 1, order: String? = "WO-1") async throws -> RunID {
        let run = try await bless(number, slot: slot, order: order)
        if let order {
            let lease = try await leaseSerial(order: order, device: unit(number).device)
            try await append(
                .serialConfirmed(SerialConfirmed(serial: lease.serial, device: lease.device, run: run)))
            try await append(
                .labelPrinted(
                    LabelPrinted(
                        run: run, serial: lease.serial, digest: skuDigest, destination: "spool/1.zpl")))
        }
        try await act(run, 6, .clearConfiguration)
        try await append(.runFinished(RunFinished(run: run, outcome: .passed)))
        return run
    }

    @discardableResult
    func fail(_ number: Int, code: String = "T-SUPPLY", order: String? = "WO-1") async throws -> RunID {
        let run = try await startRun(start(order: order))
        try await append(identified(run, number))
        try await append(step(run, "supply", 2.9, passes: false))
        try await append(
            .runFinished(
                RunFinished(
                    run: run, outcome: .failed, code: code, reason: "supply too low", failedStep: "supply")))
        return run
    }
}

/// That the store refuses a record for exactly this reason.
func expect(
    _ refusal: Refusal, sourceLocation: SourceLocation = #_sourceLocation, _ body: () async throws -> Void
) async {
    await #expect(throws: StoreError.refused(refusal), sourceLocation: sourceLocation) { try await body() }
}
