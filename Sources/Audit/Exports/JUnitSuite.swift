import StationStore
import Wording

/// A run as a JUnit test suite: what every CI server reads.
struct JUnitSuite {
    let report: RunReport

    var lines: [String] {
        let run = report.run
        let failed = report.steps.count { $0.outcome == .failed }
        let errors = report.steps.count { $0.outcome == .error }
        let skipped = report.steps.count { $0.outcome == .skipped }
        let name = Markup.escaped("\(run.device ?? "unknown") \(run.run)")
        var lines = [
            "  <testsuite name=\"\(name)\" tests=\"\(report.steps.count)\" failures=\"\(failed)\" errors=\"\(errors)\" "
                + "skipped=\"\(skipped)\" time=\"\(Self.seconds(duration))\" timestamp=\"\(UTCTime.text(run.startedAt).dropLast(5))\">"
        ]
        lines += properties
        for step in report.steps { lines += testCase(step) }
        lines.append("  </testsuite>")
        return lines
    }

    private var duration: Int64 {
        guard let first = report.steps.first, let last = report.steps.last else { return 0 }
        return last.endedMs - first.startedMs
    }

    private var properties: [String] {
        let run = report.run
        let pairs: [(String, String?)] = [
            ("outcome", run.outcome?.rawValue), ("code", run.code), ("sku", run.sku), ("market", run.market),
            ("slot", String(run.slot)), ("work-order", run.order), ("plan-revision", run.planDigest),
        ]
        return ["    <properties>"]
            + pairs.compactMap { name, value in
                value.map { "      <property name=\"\(name)\" value=\"\(Markup.escaped($0))\"/>" }
            } + ["    </properties>"]
    }

    private func testCase(_ step: StepRow) -> [String] {
        let head =
            "    <testcase classname=\"\(Markup.escaped(report.run.sku))\" name=\"\(Markup.escaped(step.name))\" "
            + "time=\"\(Self.seconds(step.endedMs - step.startedMs))\""
        let message = Markup.escaped(step.message ?? "")
        switch step.outcome {
        case .passed: return [head + "/>"]
        case .skipped: return [head + "><skipped/></testcase>"]
        case .failed: return [head + "><failure message=\"\(message)\">\(details(step))</failure></testcase>"]
        case .error: return [head + "><error message=\"\(message)\">\(details(step))</error></testcase>"]
        }
    }

    private func details(_ step: StepRow) -> String {
        Markup.escaped(
            step.measurements.map { row in
                "\(row.name) = \(row.value.plain)\(row.unit.map { " " + $0 } ?? "") \(row.limits.joined(separator: ", "))"
            }.joined(separator: "\n"))
    }

    private static func seconds(_ milliseconds: Int64) -> String {
        JSONText.number(Double(milliseconds) / 1000)
    }
}
