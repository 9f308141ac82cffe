import Blessing
import Fixturing
import Foundation
import Imp003
import ImpEmulator
import Ledger
import StationConfig
import StationStore
import Synchronization
import TimeAndChance

/// A thousand emulated units through the whole procedure, with a real database on disk.
struct FleetFigures {
    /// `station-bench fleet [UNITS]`.
    var units = 1000

    func run() async throws {
        let home = NSTemporaryDirectory() + "fleet-\(getpid())"
        try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: home) }
        let folder = try largeOrder(in: home)
        guard let order = folder.order("WO-2026-0117") else {
            return print("the demo has no order WO-2026-0117")
        }
        let key = try StationKey.generate(name: StationStore.origin(station: folder.station.name))
        let store = try await StationStore.create(
            at: home + "/station.db", station: folder.station.name, key: key, program: "station-bench")
        let plan = try BlessingPlan.make(for: order, in: folder)
        var setup = LineSetup(seed: 1, units: units)
        setup.chipPart = "W25Q16"
        let line = try EmulatedLine(setup)
        let settings = LineSettings(
            program: "station-bench", operatedBy: nil,
            network: FactoryNetwork(ssid: "factory-floor", password: "blessed-be-the-line"), labelSpool: nil)
        let before = Self.residentMegabytes()
        let watch = ContinuousClock()
        let began = watch.now
        let done = Atomic(0)
        let half = Atomic(0)
        let report = try await Line(
            plan: plan, slots: folder.station.slots.map { ($0.name, line.slot($0.name)) }, store: store,
            settings: settings,
            tell: { event in
                guard case .finished = event.kind else { return }
                if done.add(1, ordering: .relaxed).newValue == units / 2 {
                    half.store(Self.residentMegabytes(), ordering: .relaxed)
                }
            }
        ).run()
        let seconds = Double((watch.now - began).wholeMilliseconds) / 1000
        try await store.close()
        print("fleet: \(report.count(.passed)) of \(units) units blessed in \(seconds) s (target 60 s)")
        let after = Self.residentMegabytes()
        print(
            "fleet: memory \(before) MB before, \(half.load(ordering: .relaxed)) MB half-way, \(after) MB after"
        )
    }

    /// The demo station with an order of a thousand.
    private func largeOrder(in home: String) throws -> StationFolder {
        let demo = FileManager.default.currentDirectoryPath + "/stations/demo"
        try FileManager.default.copyItem(atPath: demo, toPath: home + "/demo")
        let file = home + "/demo/orders/WO-2026-0117.yaml"
        let text = try String(contentsOfFile: file, encoding: .utf8)
            .replacingOccurrences(of: "quantity: 24", with: "quantity: \(units)")
            .replacingOccurrences(of: "last: 100040", with: "last: \(100_000 + units)")
        try text.write(toFile: file, atomically: true, encoding: .utf8)
        let (folder, problems) = StationFolder.load(
            at: home + "/demo", regulatory: try RegulatoryDatabase.shipped())
        guard let folder else { throw DemoProblem(text: problems.map(\.description).joined(separator: "\n")) }
        return folder
    }

    private struct DemoProblem: Error {
        let text: String
    }

    /// Resident set in megabytes, from /proc.
    private static func residentMegabytes() -> Int {
        let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
        let pages = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        return pages * 4096 / 1_048_576
    }
}
