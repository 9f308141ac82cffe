import Blessing
import Fixturing
import ImpEmulator
import StationConfig
import StationStore
import Testing
import TimeAndChance
import USBFixture
import VirtualSlot
import VirtualUSB

/// Work orders on USB slots: the station's own procedure over the fixture, the adapter and the emulated module.
@Suite struct WorkOrderTests {
    /// Runs the shipped order until it is full or `stop` says so.
    static func run(
        _ station: USBStation, slots names: [String], units: Int, unitFaults: String = "", retests: Int = 0,
        cables: [String: [BusFault]] = [:], stopAfter limit: Int? = nil,
        _ check: @Sendable @escaping (SlotDesk, LineReport) async throws -> Void
    ) async throws {
        let plan = try station.plan()
        try await VirtualTimeline.run { timeline in
            let desk = try SlotDesk(
                timeline, names, units: units, unitFaults: unitFaults, retests: retests, faults: cables)
            var slots: [(name: String, fixture: any Fixture)] = []
            for index in names.indices {
                let fixture = try await desk.fixture(index, on: timeline)
                slots.append((names[index], HeldFixture(fixture, on: timeline)))
            }
            let control = LineControl()
            let finished = Tally()
            let line = Line(
                plan: plan, slots: slots, store: station.store, settings: station.settings(control)
            ) { event in
                if case .finished = event.kind, finished.add() == limit { control.finish() }
            }
            let report = try await desk.operated(on: timeline) { try await line.run() }
            try await check(desk, report)
        }
    }

    @Test func aWholeOrderOnFourSlots() async throws {
        let station = try await USBStation()
        try await Self.run(station, slots: ["A", "B", "C", "D"], units: 8) { desk, report in
            #expect(report.units.map(\.outcome) == Array(repeating: .passed, count: 8), "\(report.units)")
            #expect(desk.line.cloud.blessings.count { $0.outcome == .accepted } == 8)
        }
        let reader = station.store.reader
        #expect(try await reader.order("WO-USB-0001")?.blessed == 8)
        let verification = try await reader.verify()
        #expect(verification.isClean, "\(verification.findings)")
    }

    /// A finish while slots wait for units that nobody brings ends the line.
    @Test func aFinishEndsTheWaitingForUnits() async throws {
        let station = try await USBStation()
        try await Self.run(station, slots: ["A", "B"], units: 1, stopAfter: 1) { _, report in
            #expect(report.units.map(\.outcome) == [.passed], "\(report.units)")
            #expect(report.wasStopped)
        }
    }

    /// The plug comes out of slot A in the middle of a flash write or of a conversation; B goes on, and A's unit is resumed
    /// when the plug is back.
    @Test(arguments: [
        (UInt8(0x02), 900, ProcedureStage.flash), (0x81, 300, .protect), (0x04, 20, .test),
    ])
    func anUnpluggedSlotFailsSafelyAndItsUnitIsResumed(
        endpoint: UInt8, packet: Int, stage: ProcedureStage
    ) async throws {
        let station = try await USBStation()
        try await Self.run(
            station, slots: ["A", "B"], units: 2,
            cables: ["A": [BusFault(.unplug, endpoint: endpoint, packet: packet)]], stopAfter: 3
        ) { desk, report in
            let a = report.units.filter { $0.slot == "A" }
            let b = report.units.filter { $0.slot == "B" }
            #expect(a.map { $0.reason?.code } == [.fixtureLost, nil], "\(a)")
            #expect(a.last?.outcome == .passed)
            #expect(a.first?.stage == stage, "\(a)")
            #expect(b.map(\.outcome) == [.passed], "\(b)")
            #expect(desk.line.cloud.blessings.count { $0.outcome == .accepted } == 2)
        }
        let verification = try await station.store.reader.verify()
        #expect(verification.isClean, "\(verification.findings)")
    }
}
