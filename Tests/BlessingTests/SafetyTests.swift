import Blessing
import Fixturing
import ImpEmulator
import StationConfig
import StationStore
import Synchronization
import Testing

@Suite struct SafetyTests {
    /// A unit that was blessed never gets a second blessing, however it comes back.
    @Test func aBlessedUnitIsRefused() async throws {
        let station = try await TestStation()
        let plan = try station.plan()
        let line = try station.line(units: 1)
        _ = try await station.run(line, plan: plan)
        let made = try #require(await line.unit(1))
        let recipe = made.recipe
        // The same module again, factory-fresh: as if somebody had un-blessed it and nobody told the station.
        let again = try EmulatedLine(
            recipes: [recipe], setup: LineSetup(seed: 7, units: 1, chipPart: "W25Q16"))
        let report = try await station.run(again, plan: plan)
        #expect(report.units.map(\.outcome) == [.refused])
        #expect(report.units[0].reason?.code == .alreadyBlessed)
        #expect(again.cloud.blessings.isEmpty)
    }

    @Test func aSilentBlessingGoesToQuarantineAndStaysThere() async throws {
        let station = try await TestStation()
        let plan = try station.plan()
        let line = try station.line(units: 1, faults: "cloud-silent")
        let report = try await station.run(line, plan: plan)
        let device = try #require(report.units[0].device)
        #expect(report.units[0].reason?.code == .blessNoAnswer)
        #expect(try await station.store.reader.device(device)?.isQuarantined == true)

        try await QuarantineResolution(
            device: device, finding: .blessed, by: "quality-1", reason: "seen in impCentral"
        )
        .record(in: station.store)
        let row = try #require(try await station.store.reader.device(device))
        #expect(row.isBlessed && !row.isQuarantined)
        #expect(try await station.store.reader.verify().isClean)
    }

    @Test func factoryFirmwareThatAnswersEndsADoubtfulQuarantine() async throws {
        let station = try await TestStation()
        let plan = try station.plan()
        let silent = try station.line(units: 1, faults: "cloud-silent")
        let first = try await station.run(silent, plan: plan)
        let made = try #require(await silent.unit(1))
        let recipe = made.recipe
        var cured = recipe
        cured.faults = []
        let again = try EmulatedLine(
            recipes: [cured], setup: LineSetup(seed: 7, units: 1, chipPart: "W25Q16"))
        let second = try await station.run(again, plan: plan)
        #expect(
            second.units.map(\.outcome) == [.passed], "\(second.units.first?.reason.map(\.description) ?? "")"
        )
        #expect(second.units.first?.device == first.units.first?.device)
    }

    /// Abort at every stage: the unit ends without power, the run with `aborted`, and nothing is left open.
    @Test(arguments: ProcedureStage.allCases)
    func abortIsSafeAtEveryStage(stage: ProcedureStage) async throws {
        let station = try await TestStation()
        let line = try station.line(units: 1)
        let control = LineControl()
        let report = try await station.run(
            line, plan: try station.plan(), control: control,
            tell: { event in
                if case .stage(stage) = event.kind { control.abort() }
            })
        let unit = try #require(report.units.first)
        // From the blessing on, the procedure goes to its end: an answer is on its way.
        if stage < .bless {
            #expect(unit.outcome == .aborted, "\(unit.reason.map(\.description) ?? "passed")")
            #expect(unit.reason?.code == .stoppedByOperator)
            #expect(line.cloud.blessings.isEmpty)
        }
        #expect(try await station.store.reader.unfinishedRuns().isEmpty)
        #expect(try await station.store.reader.verify().isClean)
    }

    @Test func finishTakesNoNewUnits() async throws {
        let station = try await TestStation()
        let line = try station.line(units: 6)
        let control = LineControl()
        let report = try await station.run(
            line, plan: try station.plan(), slots: ["A", "B"], control: control,
            tell: { event in
                if case .stage(.test) = event.kind { control.finish() }
            })
        #expect(report.wasStopped)
        #expect((1...2).contains(report.units.count))
        #expect(report.count(.passed) == report.units.count)
    }

    /// A line whose fixture writes into the system's area must not get a unit past the proof.
    @Test func aChangedReservationFailsTheUnit() async throws {
        let station = try await TestStation()
        let line = try station.line(units: 1)
        let report = try await Line(
            plan: try station.plan(), slots: [("A", MeddlingFixture(slot: line.slot("A")))],
            store: station.store,
            settings: station.settings()
        ).run()
        #expect(report.units.map { $0.reason?.code } == [.reservationChanged])
        #expect(line.cloud.blessings.allSatisfy { $0.outcome != .accepted })
    }
}
