import Blessing
import ImpEmulator
import StationConfig
import StationStore
import Testing

/// Each fault of the emulated line, and what the station makes of it: the code on the operator's screen.
@Suite struct FaultTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let fault: String
        let outcome: RunOutcome
        let codes: Set<ReasonCode>
        let stage: ProcedureStage?
        var testDescription: String { fault }

        init(
            _ fault: String, _ outcome: RunOutcome, _ codes: Set<ReasonCode>, at stage: ProcedureStage? = nil
        ) {
            self.fault = fault
            self.outcome = outcome
            self.codes = codes
            self.stage = stage
        }
    }

    static let rows: [Row] = [
        Row("short", .failed, [.overcurrent], at: .admit),
        Row("no-power", .failed, [.silent], at: .admit),
        Row("uart-silent", .failed, [.silent], at: .admit),
        Row("flash-absent", .failed, [.silent, .flashSilent], at: .admit),
        Row("flash-protected", .failed, [.silent, .flashProtected], at: .admit),
        Row("flash-20h-erases-64k", .failed, [.silent, .flashUnsuitable], at: .admit),
        Row("cold-joint:i2c", .failed, [.testFailed, .measurementOutOfLimits], at: .test),
        Row("stuck-pin:K=0", .failed, [.measurementOutOfLimits], at: .test),
        Row("sensor-offset:9", .failed, [.measurementOutOfLimits], at: .test),
        Row("weak-antenna:-30", .failed, [.measurementOutOfLimits], at: .test),
        Row("wrong-unit-answers", .refused, [.wrongUnit], at: .admit),
        Row("cloud-refuses", .failed, [.blessRefused], at: .bless),
        Row("cloud-silent", .quarantined, [.blessNoAnswer], at: .bless),
        Row("usb-unplug@12s", .aborted, [.fixtureLost]),
    ]

    @Test(arguments: rows)
    func faultIsNamed(row: Row) async throws {
        let station = try await TestStation()
        let report = try await station.run(
            try station.line(units: 1, faults: row.fault), plan: try station.plan())
        let unit = try #require(report.units.first)
        #expect(unit.outcome == row.outcome, "\(unit.reason.map(\.description) ?? "passed")")
        if let code = unit.reason?.code {
            #expect(row.codes.contains(code), "\(unit.reason.map(\.description) ?? "")")
        }
        if let stage = row.stage { #expect(unit.stage == stage) }
        // Nothing about a failed unit is left open, and the record holds.
        #expect(try await station.store.reader.unfinishedRuns().isEmpty)
        #expect(try await station.store.reader.verify().isClean)
    }

    /// One slot's trouble is its own.
    @Test func aFaultInOneSlotLeavesTheOthersAlone() async throws {
        let station = try await TestStation()
        let line = try station.line(units: 6, faults: "usb-unplug@12s#2,short#4")
        let report = try await station.run(line, plan: try station.plan(), slots: ["A", "B", "C"])
        #expect(report.count(.passed) == 4)
        #expect(report.units.first { $0.ordinal == 2 }?.reason?.code == .fixtureLost)
        #expect(report.units.first { $0.ordinal == 4 }?.reason?.code == .overcurrent)
    }

    @Test func theFourBlessingOutcomesAreRecorded() async throws {
        let table: [(fault: String, outcome: BlessingOutcome)] = [
            ("", .blessed), ("cloud-refuses", .refused), ("cloud-silent", .noAnswer),
            ("sensor-offset:9", .testFailed),
        ]
        for (fault, outcome) in table {
            let station = try await TestStation()
            let report = try await station.run(
                try station.line(units: 1, faults: fault), plan: try station.plan())
            let id = try #require(report.units[0].run)
            let run = try #require(try await station.store.reader.run(id))
            #expect(run.run.blessing == outcome, "\(fault)")
        }
    }
}
