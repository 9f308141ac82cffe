import Conformance
import FoundationEssentials
import Imp003
import ImpEmulator
import StationConfig
import Testing

@Suite struct ConformanceTests {
    private static let plan: Result<TestPlan, any Error> = Result {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let (folder, problems) = StationFolder.load(
            at: root.appending(path: "stations/demo").path, regulatory: try RegulatoryDatabase.find().database
        )
        struct Unusable: Error { var problems: [String] }
        guard let plan = folder?.plan("release-30") else {
            throw Unusable(problems: problems.map { "\($0)" })
        }
        return plan
    }
    private static let run = Result { try ConformanceRun() }

    /// Breaks that fall on no row yet would hide here: a row without case or limits is named.
    @Test func everyRowHasItsCaseAndItsLimits() throws {
        #expect(ConformanceReport.gaps(in: try Self.plan.get()) == [])
        let rows = ConformanceCase.all.map(\.row)
        #expect(Set(rows).count == rows.count)
        #expect(rows == rows.sorted())
        #expect(rows.count + ConformanceReport.withoutMeasurement.count == RowID.allCases.count)
    }

    @Test func theReleaseConforms() throws {
        let report = ConformanceReport(plan: try Self.plan.get(), results: try Self.run.get().measureAll())
        for line in report.lines where !line.passed {
            Issue.record("\(line.row) \(line.title): \(line.findings.joined(separator: "; "))")
        }
    }

    /// Undoing a behaviour is noticed by its row, and by no other.
    @Test(arguments: RowBreak.rows)
    func aBrokenRowFallsAlone(row: RowID) throws {
        let results = try Self.run.get().measureAll(broken: [row])
        let report = ConformanceReport(plan: try Self.plan.get(), results: results)
        #expect(report.failed == [row], "\(RowBreak.effect(of: row) ?? "")")
    }

    @Test func everyMeasuredRowCanBeBroken() {
        #expect(ConformanceCase.all.map(\.row).filter { RowBreak.effect(of: $0) == nil } == [])
    }

    @Test(arguments: ["R44", "r0", "", "R8;K1"])
    func unknownRowsAreRefused(text: String) {
        if text.isEmpty {
            #expect((try? RowBreak.parse(text)) == [])
        } else {
            #expect(throws: RowBreakError.unknownRow(text)) { try RowBreak.parse(text) }
        }
    }

    @Test func rowsAreParsedInEitherCase() throws {
        #expect(try RowBreak.parse("r8,R24") == [.r8, .r24])
        #expect(throws: RowBreakError.cannotBreak(.r42)) { try RowBreak.parse("R42") }
        #expect("\(RowBreakError.cannotBreak(.r42))".contains("R8"))
    }
}
