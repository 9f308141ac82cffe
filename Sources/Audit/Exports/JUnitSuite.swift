import StationStore

/// A run as a JUnit test suite: what every CI server reads.
struct JUnitSuite {
    let report: RunReport

    var lines: [String] {
        let run = report.run
        let failed = report.steps.count { $0.outcome == .failed }
        let errors = report.steps.count { $0.outcome == .error }
        let skipped = report.steps.count { $0.outcome == .skipped }
        let name = XMLText.escaped("\(run.device ?? "unknown") \(run.run)")
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
                value.map { "      <property name=\"\(name)\" value=\"\(XMLText.escaped($0))\"/>" }
            } + ["    </properties>"]
    }

    private func testCase(_ step: StepRow) -> [String] {
        let head =
            "    <testcase classname=\"\(XMLText.escaped(report.run.sku))\" name=\"\(XMLText.escaped(step.name))\" "
            + "time=\"\(Self.seconds(step.endedMs - step.startedMs))\""
        let message = XMLText.escaped(step.message ?? "")
        switch step.outcome {
        case .passed: return [head + "/>"]
        case .skipped: return [head + "><skipped/></testcase>"]
        case .failed: return [head + "><failure message=\"\(message)\">\(details(step))</failure></testcase>"]
        case .error: return [head + "><error message=\"\(message)\">\(details(step))</error></testcase>"]
        }
    }

    private func details(_ step: StepRow) -> String {
        XMLText.escaped(
            step.measurements.map { row in
                "\(row.name) = \(row.value.plain)\(row.unit.map { " " + $0 } ?? "") \(row.limits.joined(separator: ", "))"
            }.joined(separator: "\n"))
    }

    private static func seconds(_ milliseconds: Int64) -> String {
        JSONText.number(Double(milliseconds) / 1000)
    }
}

enum XMLText {
    /// For content and attributes; what XML 1.0 can't hold at all becomes U+FFFD.
    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "\n": result += "&#10;"
            case "\t": result += "&#9;"
            case "\r": result += "&#13;"
            case _ where scalar.value < 0x20 || scalar.value == 0xFFFE || scalar.value == 0xFFFF:
                result += "\u{FFFD}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
