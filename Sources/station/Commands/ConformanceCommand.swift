import ArgumentParser
import Conformance
import ImpEmulator
import StationConfig

/// `station conformance`.
struct ConformanceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "conformance",
        abstract: "Measure on an emulated module, row by row, what the notes of Release 30 promise.",
        discussion: """
            Limits come from the plan release-30 of the station folder. Exit code 1 when a row does not hold.
            """)
    @OptionGroup var folder: FolderOptions
    @OptionGroup var broken: BrokenRows
    @Option(help: ArgumentHelp("Another plan of the folder.", valueName: "name")) var plan = "release-30"
    @Option(help: ArgumentHelp("Only these rows, as in R4,K1.", valueName: "rows")) var only: String?
    @Flag(help: "One JSON document instead of the table.") var json = false

    func run() throws {
        let station = try folder.load(warn: false)
        guard let plan = station.plan(plan) else {
            throw StationFailure(
                .badInput,
                "\(station.root) has no plan '\(plan)'. Plans are: \(station.plans.map(\.name).joined(separator: ", "))."
            )
        }
        let rows = try broken.rows()
        let wanted = try only.map(Self.rows)
        let run: ConformanceRun
        do {
            run = try ConformanceRun()
        } catch {
            throw StationFailure(.internalFault, "\(error)")
        }
        let cases = ConformanceCase.all.filter { wanted?.contains($0.row) ?? true }
        let report = ConformanceReport(plan: plan, results: cases.map { run.measure($0, broken: rows) })
        if json { try JSONOutput.print(Document(report)) } else { show(report, of: wanted) }
        if !report.failed.isEmpty { throw StationFailure(.unitFailed) }
    }

    private static func rows(_ text: String) throws -> Set<RowID> {
        var rows: Set<RowID> = []
        for name in text.split(separator: ",") {
            guard let row = RowID(parsing: name) else {
                throw StationFailure(.badInput, "\(RowBreakError.unknownRow(String(name)))")
            }
            rows.insert(row)
        }
        return rows
    }

    private func show(_ report: ConformanceReport, of wanted: Set<RowID>?) {
        var table = Table("row", "", "what", "measured")
        for row in RowID.allCases where wanted?.contains(row) ?? true {
            if let line = report.lines.first(where: { $0.row == row }) {
                table.add(
                    row.rawValue, line.passed ? Ink.good("ok") : Ink.bad("FAIL"), line.title, line.measured)
                for finding in line.findings { table.add("", "", "", Ink.bad(finding)) }
            } else if let reason = ConformanceReport.withoutMeasurement[row] {
                table.add(row.rawValue, "–", reason, "")
            }
        }
        table.print()
        let failed = report.failed
        Terminal.line("")
        Terminal.line(
            failed.isEmpty
                ? "All \(report.lines.count) measured rows hold."
                : "\(failed.count) of \(report.lines.count) rows do not hold: "
                    + failed.map(\.rawValue).joined(separator: ", "))
    }

    private struct Document: Encodable {
        struct Value: Encodable {
            var name: String
            var unit: String?
            var measured: PlanValue?
            var limit: String
            var passed: Bool
        }

        struct Row: Encodable {
            var row: String
            var title: String
            var passed: Bool
            var values: [Value]
            var trouble: String?
        }

        var rows: [Row]
        var withoutMeasurement: [String: String]
        var passed: Bool

        init(_ report: ConformanceReport) {
            rows = report.lines.map { line in
                Row(
                    row: line.row.rawValue, title: line.title, passed: line.passed,
                    values: line.values.map {
                        Value(
                            name: $0.name, unit: $0.unit.isEmpty ? nil : $0.unit, measured: $0.measured,
                            limit: "\($0.limit)", passed: $0.judgement.passed)
                    }, trouble: line.trouble)
            }
            withoutMeasurement = Dictionary(
                uniqueKeysWithValues: ConformanceReport.withoutMeasurement.map { ($0.key.rawValue, $0.value) }
            )
            passed = report.failed.isEmpty
        }
    }
}
