import ImpEmulator
import StationConfig

/// What was measured, judged by a plan: one line for each row of the release notes.
public struct ConformanceReport: Sendable {
    /// One measured value with its limit.
    public struct Value: Sendable {
        public let name: String
        public let unit: String
        /// Nil when nothing was measured under this name.
        public let measured: MeasuredValue?
        public let limit: MeasurementLimit
        public let judgement: Judgement
    }

    /// One row.
    public struct Line: Sendable {
        public let row: RowID
        public let title: String
        public let values: [Value]
        /// Why it could not be measured to the end; such a row has failed.
        public let trouble: String?

        public var passed: Bool { trouble == nil && !values.isEmpty && values.allSatisfy(\.judgement.passed) }

        /// The values as a table prints them: `break 505.5 us, stray_edges 0`.
        public var measured: String {
            if let trouble, values.allSatisfy({ $0.measured == nil }) { return trouble }
            return values.map { value in
                let text = value.measured.map(Self.short) ?? "–"
                return "\(value.name) \(text)" + (value.unit.isEmpty ? "" : " \(value.unit)")
            }.joined(separator: ", ")
        }

        private static func short(_ value: MeasuredValue) -> String {
            if case .number(let number) = value {
                return PlanValue.number((number * 1000).rounded() / 1000).description
            }
            return value.description
        }

        /// What did not hold, in one sentence for each value.
        public var findings: [String] {
            var findings = trouble.map { [$0] } ?? []
            for value in values {
                if case .fail(let reason) = value.judgement { findings.append("\(value.name): \(reason)") }
            }
            return findings
        }
    }

    /// In the table's order.
    public let lines: [Line]
    /// Rows without a measurement of their own, and why.
    public static let withoutMeasurement: [RowID: String] = [
        .r41: "repeats R14",
        .r42: "does not apply: real-time clock of other modules",
    ]

    /// - Parameters:
    ///   - plan: the limits; the step of a row is the one whose test has the row's name.
    ///   - results: what was measured.
    public init(plan: TestPlan, results: [ConformanceResult]) {
        var steps: [String: PlanStep] = [:]
        for step in plan.steps {
            if case .functional(let test, _) = step.action { steps[test.uppercased()] = step }
        }
        lines = results.map { result in
            guard let step = steps[result.row.rawValue] else {
                return Line(
                    row: result.row, title: result.title, values: [],
                    trouble: "the plan has no step for \(result.row)")
            }
            return Line(
                row: result.row, title: result.title,
                values: step.measurements.map { Self.judge($0, result.readings) }, trouble: result.trouble)
        }
    }

    private static func judge(_ measurement: Measurement, _ readings: [ConformanceReading]) -> Value {
        let reading = readings.first { $0.name == measurement.name }
        let measured: MeasuredValue? = reading.map { reading in
            switch reading.value {
            case .number(let number): .number(number)
            case .text(let text): .text(text)
            case .bool(let bool): .boolean(bool)
            }
        }
        return Value(
            name: measurement.name, unit: measurement.unit ?? "", measured: measured,
            limit: measurement.limit,
            judgement: measurement.limit.judge(measured))
    }

    /// Rows that did not pass.
    public var failed: [RowID] { lines.filter { !$0.passed }.map(\.row) }

    /// Rows that a plan has no step for, or that have a step and no case.
    public static func gaps(in plan: TestPlan) -> [RowID] {
        let steps = plan.steps.compactMap { step in
            if case .functional(let test, _) = step.action { RowID(parsing: test) } else { nil }
        }
        let cases = Set(ConformanceCase.all.map(\.row))
        return RowID.allCases.filter { row in
            withoutMeasurement[row] == nil && (!steps.contains(row) || !cases.contains(row))
        }
    }
}
