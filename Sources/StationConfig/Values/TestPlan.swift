import ContentAddress

/// The functional tests of a product: what is asked, in which order, and what the answers must be.
public struct TestPlan: Hashable, Sendable {
    public let name: String
    /// The file, relative to the station folder.
    public let file: String
    public let planDescription: String?
    /// Whether the first failed step ends the tests.
    public let stopOnFail: Bool
    /// In the order in which they run; names are unique.
    public let steps: [PlanStep]
    /// Whether it is there without any SKU that names it, such as a conformance plan.
    public var isStandalone = false

    /// The plan as canonical JSON: everything that decides what is tested, without descriptions.
    public var canonicalBytes: [UInt8] { canonical.bytes }

    /// The SHA-256 of `canonicalBytes`.
    public var digest: SHA256Digest { SHA256Digest(of: canonicalBytes) }

    var canonical: CanonicalJSON {
        .object([
            "type": .text("test-plan"), "version": .integer(1), "plan": .text(name),
            "stopOnFail": .boolean(stopOnFail), "steps": .list(steps.map(\.canonical)),
        ])
    }
}

/// One step of a plan.
public struct PlanStep: Hashable, Sendable {
    public let name: String
    public let action: PlanAction
    /// Fixture lines that are driven while the step runs, and let go afterwards.
    public let drive: [String: LineLevel]
    /// For one attempt, by the slot's clock.
    public let timeout: Duration
    /// Extra attempts after a failed one, 0 to 10.
    public let retries: Int
    /// What the step must yield; empty when the test only says pass or fail. Names are unique within the step.
    public let measurements: [Measurement]

    var canonical: CanonicalJSON {
        var members: [String: CanonicalJSON] = [
            "name": .text(name), "timeoutMilliseconds": .integer(timeout.wholeMilliseconds),
            "retries": .integer(Int64(retries)), "measurements": .list(measurements.map(\.canonical)),
        ]
        switch action {
        case .instrument(let instrument): members["fixture"] = .text(instrument)
        case .functional(let test, let arguments):
            members["test"] = .text(test)
            members["arguments"] = .object(arguments.mapValues(\.canonical))
        }
        if !drive.isEmpty { members["drive"] = .object(drive.mapValues { .text($0.rawValue) }) }
        return .object(members)
    }
}

/// What a step does.
public enum PlanAction: Hashable, Sendable {
    /// Reads an instrument of the fixture; the step has exactly one measurement.
    case instrument(String)
    /// Runs a functional test in the unit's factory firmware.
    case functional(test: String, arguments: [String: PlanValue])
}

/// How a fixture line is driven.
public enum LineLevel: String, CaseIterable, Codable, Hashable, Sendable {
    case high, low, float

    /// As `Fixture.drive(_:to:)` wants it: nil floats.
    public var level: Bool? {
        switch self {
        case .high: true
        case .low: false
        case .float: nil
        }
    }
}

/// A value that a step yields, and its limit.
public struct Measurement: Hashable, Sendable {
    public let name: String
    /// As printed: `V`, `dBm`.
    public let unit: String?
    public let limit: MeasurementLimit

    var canonical: CanonicalJSON {
        var members: [String: CanonicalJSON] = ["name": .text(name)]
        if let unit { members["unit"] = .text(unit) }
        switch limit {
        case .range(let low, let high):
            if let low { members["low"] = .number(low) }
            if let high { members["high"] = .number(high) }
        case .equals(let value): members["equals"] = value.canonical
        case .matches(let pattern): members["matches"] = .text(pattern.source)
        case .recorded: members["recordOnly"] = .boolean(true)
        }
        return .object(members)
    }
}
