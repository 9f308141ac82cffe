import Blessing
import Fixturing
import Foundation
import Imp003
import ImpEmulator
import Ledger
import StationConfig
import StationPages
import StationStore
import Synchronization
import TimeAndChance

/// A record that the emulated demo line made: sixteen units on four slots, some with faults, one of them for good.
/// Made once for all tests of this room, which only read it.
final class DemoRecord: PageSources, Sendable {
    let home: String
    let store: StationStore
    private let loaded: StationFolder
    let units: [UnitResult]

    var reader: StationReader { store.reader }
    var folder: StationFolder? { get async { loaded } }
    func lineState() async -> LineState { Self.line }

    /// By all tests.
    static let shared = Task { try await DemoRecord() }

    static let now: Int64 = 1_795_400_000_000

    struct Fault: Error {
        var problems: [ConfigProblem]
    }

    /// A calendar on which every look is twelve seconds later, so that the sixteen units fill an afternoon.
    private final class AfternoonClock: WallClock, Sendable {
        private let ticks = Counter()
        func utcMilliseconds() -> Int64 { DemoRecord.now - 4 * 3_600_000 + ticks.next() * 12_000 }
    }

    private init() async throws {
        home = NSTemporaryDirectory() + "pages-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
        let demo = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("stations/demo")
            .path
        let (folder, problems) = StationFolder.load(at: demo, regulatory: try RegulatoryDatabase.shipped())
        guard let folder, let order = folder.order("WO-2026-0117") else { throw Fault(problems: problems) }
        loaded = folder
        let key = try StationKey.generate(name: StationStore.origin(station: folder.station.name))
        store = try await StationStore.create(
            at: home + "/station.db", station: folder.station.name, key: key, program: "tests",
            clock: AfternoonClock())
        var setup = LineSetup(seed: 2025, units: 16)
        setup.chipPart = "W25Q16"
        setup.retests = 1
        setup.faults = try FaultPlan(parsing: "cold-joint:i2c^1#3,cold-joint:button#7,sensor-offset:6#11")
        let line = try EmulatedLine(setup)
        let report = try await Line(
            plan: try BlessingPlan.make(for: order, in: folder),
            slots: ["A", "B", "C", "D"].map { ($0, line.slot($0)) }, store: store,
            settings: LineSettings(
                program: "tests", operatedBy: "op-17",
                network: FactoryNetwork(ssid: "factory-floor", password: "blessed-be-the-line"),
                labelSpool: home + "/labels")
        ).run()
        units = report.units
    }

    /// Every phase that a slot can be in, in one line.
    static let line: LineState = {
        func slot(_ number: Int, _ phase: SlotPhase, _ change: (inout SlotState) -> Void = { _ in })
            -> SlotState
        {
            var state = SlotState(
                slot: number, name: String(UnicodeScalar(UInt8(64 + number))), kind: .emulated, phase: phase)
            change(&state)
            return state
        }
        return LineState(
            station: "demo-line-1", sequence: 41,
            slots: [
                slot(1, .working) {
                    ($0.serial, $0.step, $0.stepIndex, $0.stepCount) = ("ES0100017", "accelerometer", 12, 28)
                    ($0.elapsedSeconds, $0.taktSeconds) = (21, 45)
                },
                slot(2, .passed) { ($0.serial, $0.elapsedSeconds, $0.taktSeconds) = ("ES0100016", 41, 45) },
                slot(3, .failed) {
                    ($0.serial, $0.reasonCode, $0.reason) = ("ES0100015", "T01", "Test failed")
                    ($0.advice, $0.step) = (.rework, "button-pressed")
                },
                slot(4, .empty),
            ],
            orders: [
                OrderState(
                    id: "WO-2026-0117", sku: "env-sensor-us", market: "US", quantity: 24, blessed: 16,
                    failed: 3,
                    inWork: 1, state: .open, mode: .scan)
            ],
            alarms: [])
    }()

    deinit { try? FileManager.default.removeItem(atPath: home) }
}

/// Counts up, from any thread.
final class Counter: Sendable {
    private let value = Mutex<Int64>(0)

    func next() -> Int64 {
        value.withLock { value in
            value += 1
            return value
        }
    }
}
