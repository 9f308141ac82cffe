import Blessing
import StationConfig
import StationStore
import Testing

/// When a stop takes effect, and when it comes too late.
struct StopTests {
    @Test func unitThatIsBlessedGoesToItsEnd() async throws {
        let station = try await TestStation()
        let control = LineControl()
        let report = try await station.run(
            try station.line(units: 3), plan: try station.plan(), control: control
        ) { event in
            if case .stage(.finish) = event.kind { control.abort() }
        }
        #expect(report.units.map(\.outcome) == [.passed])
        let run = try #require(report.units.first?.run)
        let acts = try await station.store.reader.run(run)?.acts ?? []
        #expect(acts.last?.kind == .clearConfiguration)
        #expect(acts.last?.outcome == .ok)
    }

    @Test(arguments: [ProcedureStage.admit, .test, .flash, .region, .prove])
    func unitThatIsNotBlessedIsStopped(stage: ProcedureStage) async throws {
        let station = try await TestStation()
        let control = LineControl()
        let report = try await station.run(
            try station.line(units: 2), plan: try station.plan(), control: control
        ) { event in
            if case .stage(stage) = event.kind { control.abort() }
        }
        #expect(report.units.map(\.outcome) == [.aborted])
        #expect(report.units.first?.reason?.code == .stoppedByOperator)
        let run = try #require(report.units.first?.run)
        #expect(try await station.store.reader.run(run)?.run.blessing == nil)
    }
}
