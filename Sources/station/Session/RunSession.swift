import Blessing
import ContentAddress
import Fixturing
import Foundation
import ImpEmulator
import People
import StationConfig
import StationStore

/// One `station run`: the record opened, earlier runs closed, slots made, the order worked on, the end told.
struct RunSession {
    enum Display { case text, json }

    let folder: StationFolder
    let paths: StationPaths
    let plan: BlessingPlan
    let operatedBy: String?
    let network: FactoryNetwork
    let slots: [(name: String, fixture: any Fixture)]
    /// Goes into the ledger before the first unit.
    private let remarks: [String]
    private let firmware: [String: SHA256Digest]

    init(
        folder: StationFolder, paths: StationPaths, plan: BlessingPlan, operatedBy: String?,
        emulation: EmulationWishes
    ) async throws {
        self.folder = folder
        self.paths = paths
        self.plan = plan
        self.operatedBy = operatedBy
        network = try folder.factoryNetwork(emulated: folder.station.isEmulated)
        let lines = folder.hasEmulatedSlots ? try EmulatedLines(for: folder, wishes: emulation) : nil
        remarks = lines?.remarks ?? []
        firmware = lines?.firmware ?? [:]
        let emulated = try lines?.fixtures(for: plan.order, shelf: "\(paths.shelf)/\(plan.order.id)") ?? []
        let attached = try await USBSlots.open(folder.station.slots)
        // In the order of station.yaml, which is the order on the bench.
        slots = folder.station.slots.compactMap { slot in
            (emulated + attached).first { $0.name == slot.name }
        }
    }

    /// - Throws: `StationFailure` with the exit code that says how the units fared.
    func run(showing display: Display) async throws {
        let key = try await StationKeys.load(for: paths)
        let store = try await StationStore.open(at: paths.database, key: key)
        let control = LineControl()
        let signals = SignalWatch(control: control) { Terminal.note($0) }
        defer { signals.end() }
        let board: any LineDisplay =
            display == .json
            ? JSONBoard() : TextBoard(slots: slots.map(\.name), interactive: Terminal.isInteractive)
        do {
            try await ConfigurationGate(folder: folder, store: store).admit(plan)
            for run in try await Recovery(store: store).closeUnfinishedRuns() {
                board.show(LineEvent(slot: nil, .recovered(run)))
            }
            if FileManager.default.fileExists(atPath: paths.people) {
                try await PeopleBook(at: paths.people).recordFacts(in: store)
            }
            for remark in remarks {
                Terminal.note(remark)
                try await store.append(.note(Note(text: remark)))
            }
            var settings = LineSettings(
                program: Program.name, operatedBy: operatedBy, network: network,
                labelSpool: paths.labels, control: control, firmware: firmware)
            settings.golden = folder.station.golden
            let line = Line(
                plan: plan, slots: slots, store: store, settings: settings, tell: { board.show($0) })
            let report = try await line.run()
            _ = try await store.signCheckpoint()
            let status = try await store.reader.order(plan.order.id)
            board.end(report, status, paths)
            try await store.close()
            try Self.judge(report, control)
        } catch {
            try? await store.close()
            throw error
        }
    }

    /// The exit code: a stopped line first, then failed units, then an order that could take none.
    private static func judge(_ report: LineReport, _ control: LineControl) throws {
        if control.isFinishing { throw StationFailure(.interrupted) }
        if report.units.isEmpty, report.blessedBefore >= report.quantity {
            throw StationFailure(
                .refused,
                "Work order \(report.order) is full: \(report.blessedBefore) of \(report.quantity) units are blessed."
            )
        }
        // A filled order is a success, whatever was left in the rework bin on the way.
        if report.blessedBefore + report.count(.passed) >= report.quantity { return }
        // A unit that failed first and passed on retest has passed.
        var last: [String: RunOutcome] = [:]
        for unit in report.units { last[unit.device ?? "run \(unit.run?.description ?? "?")"] = unit.outcome }
        if last.values.contains(where: { $0 != .passed }) { throw StationFailure(.unitFailed) }
    }
}

/// Where line events and the session's end are shown.
protocol LineDisplay: Sendable {
    func show(_ event: LineEvent)
    func end(_ report: LineReport, _ status: OrderStatus?, _ paths: StationPaths)
}
