import Ledger

/// How one attempt at a step ended.
public enum StepOutcome: String, Sendable, Codable, CaseIterable {
    case passed, failed, skipped
    /// The step could not be carried out.
    case error

    /// As the database has it.
    package var code: Int64 {
        switch self {
        case .passed: 1
        case .failed: 2
        case .skipped: 3
        case .error: 4
        }
    }

    package init?(code: Int64) {
        guard let outcome = Self.allCases.first(where: { $0.code == code }) else { return nil }
        self = outcome
    }
}

/// What a measurement came to.
public enum MeasurementOutcome: String, Sendable, Codable, CaseIterable {
    case passed, failed
    /// There was no limit to hold it against.
    case notJudged

    /// As the database has it.
    package var code: Int64 {
        switch self {
        case .passed: 1
        case .failed: 2
        case .notJudged: 3
        }
    }

    package init?(code: Int64) {
        guard let outcome = Self.allCases.first(where: { $0.code == code }) else { return nil }
        self = outcome
    }
}

/// A value that was measured or is expected.
public enum MeasurementValue: Sendable, Hashable {
    /// Finite.
    case number(Double)
    case text(String)
    case bool(Bool)

    /// A reading that may be no number at all: infinities and NaN become texts, which no numeric limit passes.
    public init(reading: Double) {
        self = reading.isFinite ? .number(reading) : .text(reading.description)
    }

    func write(to writer: inout CanonicalJSONWriter) {
        switch self {
        case .number(let value): writer.number(value)
        case .text(let value): writer.string(value)
        case .bool(let value): writer.bool(value)
        }
    }

    func check(_ rules: inout RecordRules, _ field: String) {
        switch self {
        case .number(let value): rules.number(value, field)
        case .text(let value): rules.text(value, field)
        case .bool: break
        }
    }
}

/// What a measurement is held against.
public enum Limit: Sendable, Hashable {
    /// Both ends included; at least one is there.
    case range(low: Double?, high: Double?)
    case equals(MeasurementValue)
    /// A regular expression.
    case matches(String)
}

/// One value measured in a step.
public struct Measurement: Sendable, Equatable {
    public var name: String
    public var value: MeasurementValue
    /// For example `mA`.
    public var unit: String?
    public var limit: Limit?
    public var outcome: MeasurementOutcome

    public init(
        name: String, value: MeasurementValue, unit: String? = nil, limit: Limit? = nil,
        outcome: MeasurementOutcome
    ) {
        self.name = name
        self.value = value
        self.unit = unit
        self.limit = limit
        self.outcome = outcome
    }

    init(from fields: inout RecordFields) throws(RecordFault) {
        let equals = try fields.optionalValue("equals")
        let high = try fields.optionalNumber("high")
        let low = try fields.optionalNumber("low")
        let matches = try fields.optionalText("matches")
        switch (equals, low == nil && high == nil, matches) {
        case (nil, true, nil): limit = nil
        case (nil, false, nil): limit = .range(low: low, high: high)
        case (let value?, true, nil): limit = .equals(value)
        case (nil, true, let pattern?): limit = .matches(pattern)
        default: throw RecordFault(kind: fields.kind, field: nil, problem: "should have one limit at most")
        }
        name = try fields.text("name")
        outcome = try fields.word("outcome")
        unit = try fields.optionalText("unit")
        guard let value = try fields.optionalValue("value") else {
            throw RecordFault(kind: fields.kind, field: "value", problem: "should be there")
        }
        self.value = value
        try fields.finish()
    }

    func write(to writer: inout CanonicalJSONWriter) {
        writer.beginObject()
        switch limit {
        case nil: break
        case .range(let low, let high):
            writer.member("high", high)
            writer.member("low", low)
        case .equals(let value):
            writer.key("equals")
            value.write(to: &writer)
        case .matches(let pattern):
            writer.member("matches", pattern)
        }
        writer.member("name", name)
        writer.member("outcome", outcome.rawValue)
        writer.member("unit", unit)
        writer.key("value")
        value.write(to: &writer)
        writer.endObject()
    }

    func check(_ rules: inout RecordRules) {
        rules.name(name, "measurement.name")
        rules.name(unit, "measurement.unit", longest: 32)
        value.check(&rules, "measurement.value")
        switch limit {
        case nil: break
        case .range(let low, let high):
            rules.require(low != nil || high != nil, "measurement.limit", "should have a low or a high end")
            rules.number(low, "measurement.low")
            rules.number(high, "measurement.high")
        case .equals(let value): value.check(&rules, "measurement.equals")
        case .matches(let pattern): rules.text(pattern, "measurement.matches")
        }
        // A value that nothing was held against has not passed anything.
        rules.require(
            limit != nil || outcome != .passed, "measurement.outcome",
            "should be notJudged or failed for \(name), which has no limit")
    }
}

/// One attempt at a step, with what it measured.
public struct StepFinished: RecordBody {
    static let kind: StaticString = "step.finished"
    public var run: RunID
    public var name: String
    /// From 1.
    public var attempt: Int
    public var outcome: StepOutcome
    /// On the slot's clock, ms.
    public var startedMs: Int64
    /// On the slot's clock, ms.
    public var endedMs: Int64
    public var message: String?
    public var measurements: [Measurement]

    public init(
        run: RunID, name: String, attempt: Int = 1, outcome: StepOutcome, startedMs: Int64, endedMs: Int64,
        message: String? = nil, measurements: [Measurement] = []
    ) {
        self.run = run
        self.name = name
        self.attempt = attempt
        self.outcome = outcome
        self.startedMs = startedMs
        self.endedMs = endedMs
        self.message = message
        self.measurements = measurements
    }

    init(from fields: inout RecordFields) throws(RecordFault) {
        attempt = Int(try fields.integer("attempt"))
        endedMs = try fields.integer("ended_ms")
        measurements = []
        for element in try fields.list("measurements") {
            var measurement = try RecordFields(kind: "a measurement of \(fields.kind)", json: element)
            measurements.append(try Measurement(from: &measurement))
        }
        message = try fields.optionalText("message")
        name = try fields.text("name")
        outcome = try fields.word("outcome")
        run = try fields.run()
        startedMs = try fields.integer("started_ms")
    }

    func write(to writer: inout CanonicalJSONWriter) {
        writer.member("attempt", Int64(attempt))
        writer.member("ended_ms", endedMs)
        if !measurements.isEmpty {
            writer.key("measurements")
            writer.beginArray()
            for measurement in measurements {
                writer.element()
                measurement.write(to: &writer)
            }
            writer.endArray()
        }
        writer.member("message", message)
        writer.member("name", name)
        writer.member("outcome", outcome.rawValue)
        writer.member("run", run)
        writer.member("started_ms", startedMs)
    }

    func check(_ rules: inout RecordRules) {
        rules.integer(Int64(attempt), "attempt", in: 1...1_000_000)
        rules.integer(startedMs, "started_ms")
        rules.integer(endedMs, "ended_ms")
        rules.require(startedMs <= endedMs, "ended_ms", "should not lie before started_ms, \(startedMs)")
        rules.require(
            measurements.count <= 4096, "measurements", "should be at most 4096, found \(measurements.count)")
        for measurement in measurements { measurement.check(&rules) }
        rules.text(message, "message")
        rules.name(name, "name")
        rules.require(
            outcome != .passed || !measurements.contains { $0.outcome == .failed }, "outcome",
            "should not be passed when a measurement failed")
    }

    var record: Record { .stepFinished(self) }
}
