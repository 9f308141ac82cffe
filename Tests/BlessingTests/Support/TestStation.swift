import Blessing
import Fixturing
import Foundation
import Imp003
import ImpEmulator
import Ledger
import StationConfig
import StationStore
import TimeAndChance

/// A station in a folder of its own, on the shipped demo configuration and emulated slots, with a real database.
final class TestStation: Sendable {
    let home: String
    let folder: StationFolder
    let store: StationStore
    let key: StationKey

    /// The shipped demo station.
    static let demo = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
        .appendingPathComponent("stations/demo").path

    /// - Parameter change: edits a copy of the demo's folder; nil takes the demo as it is.
    init(_ change: ((_ folder: String) throws -> Void)? = nil) async throws {
        home = NSTemporaryDirectory() + "blessing-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
        var path = Self.demo
        if let change {
            path = home + "/demo"
            try FileManager.default.copyItem(atPath: Self.demo, toPath: path)
            try change(path)
        }
        let (loaded, problems) = StationFolder.load(
            at: path, regulatory: try RegulatoryDatabase.shipped())
        guard let loaded else { throw Problems(problems) }
        folder = loaded
        key = try StationKey.generate(name: StationStore.origin(station: loaded.station.name))
        store = try await StationStore.create(
            at: home + "/station.db", station: loaded.station.name, key: key, program: "tests")
    }

    deinit {
        try? FileManager.default.removeItem(atPath: home)
    }

    struct Problems: Error {
        let problems: [ConfigProblem]
        init(_ problems: [ConfigProblem]) { self.problems = problems }
    }

    func plan(_ order: String = "WO-2026-0117") throws -> BlessingPlan {
        guard let found = folder.order(order) else { throw Problems([]) }
        return try BlessingPlan.make(for: found, in: folder)
    }

    /// An emulated line of good modules, or of those that `faults` makes of them.
    func line(
        units: Int, seed: UInt64 = 7, faults: String = "", retests: Int = 0,
        configure: (inout LineSetup) -> Void = { _ in }
    ) throws -> EmulatedLine {
        var setup = LineSetup(seed: seed, units: units)
        setup.chipPart = "W25Q16"
        setup.retests = retests
        if !faults.isEmpty { setup.faults = try FaultPlan(parsing: faults) }
        configure(&setup)
        return try EmulatedLine(setup)
    }

    /// Runs units of an order through slots of an emulated line.
    func run(
        _ line: EmulatedLine, plan: BlessingPlan, slots: [String] = ["A"],
        control: LineControl = LineControl(),
        tell: @escaping LineEventSink = { _ in }
    ) async throws -> LineReport {
        try await Line(
            plan: plan, slots: slots.map { ($0, line.slot($0)) }, store: store, settings: settings(control),
            tell: tell
        ).run()
    }

    func settings(_ control: LineControl = LineControl()) -> LineSettings {
        LineSettings(
            program: "tests", operatedBy: "op-17",
            network: FactoryNetwork(ssid: "factory-floor", password: "blessed-be-the-line"),
            labelSpool: home + "/labels", control: control)
    }
}
