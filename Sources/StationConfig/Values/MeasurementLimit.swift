import Wording

/// What a measurement must be for its step to pass.
public enum MeasurementLimit: Hashable, Sendable {
    /// A number from `low` to `high`, both included; one of them may be missing, never both.
    case range(low: Double?, high: Double?)
    /// The same value: numbers compare as numbers (3 equals 3.0), texts byte for byte.
    case equals(PlanValue)
    /// A text in which the pattern is found.
    case matches(TextPattern)
    /// Only written down: any value passes, but there must be one.
    case recorded

    /// Longest text that a measurement may be, in UTF-8 bytes; the unit is not trusted.
    public static let maximumTextLength = 4096

    /// Judges a measured value. A missing value, `NaN` and a value of another kind never pass.
    public func judge(_ value: MeasuredValue?) -> Judgement {
        guard let value else { return .fail(.missing) }
        if case .text(let text) = value, text.utf8.count > Self.maximumTextLength {
            return .fail(.tooLong(bytes: text.utf8.count))
        }
        if case .number(let number) = value, number.isNaN { return .fail(.notANumber) }
        switch self {
        case .recorded: return .pass
        case .range(let low, let high): return Self.judge(value, low: low, high: high)
        case .equals(let expected): return Self.judge(value, equals: expected)
        case .matches(let pattern):
            guard case .text(let text) = value else {
                return .fail(.wrongType(expected: "a text", found: value))
            }
            return pattern.matches(text) ? .pass : .fail(.noMatch(pattern: pattern.source, found: text))
        }
    }

    private static func judge(_ value: MeasuredValue, low: Double?, high: Double?) -> Judgement {
        guard let number = value.double else { return .fail(.wrongType(expected: "a number", found: value)) }
        // Comparisons are written so that a limit that is NaN (which the loader refuses) fails, too.
        if let low, !(number >= low) { return .fail(.below(value: number, low: low)) }
        if let high, !(number <= high) { return .fail(.above(value: number, high: high)) }
        return low == nil && high == nil ? .fail(.missing) : .pass
    }

    private static func judge(_ value: MeasuredValue, equals expected: PlanValue) -> Judgement {
        let same: Bool
        switch (value, expected) {
        case (.integer(let found), .integer(let wanted)): same = found == wanted
        case (.text(let found), .text(let wanted)): same = found.utf8.elementsEqual(wanted.utf8)
        case (.boolean(let found), .boolean(let wanted)): same = found == wanted
        default:
            guard let found = value.double, let wanted = expected.double else {
                return .fail(.wrongType(expected: expected.kind, found: value))
            }
            same = found == wanted
        }
        return same ? .pass : .fail(.notEqual(expected: expected, found: value))
    }
}

extension MeasurementLimit: CustomStringConvertible {
    /// `3.2 … 3.4`, `at least -60`, `= EF4016`, `/^factory-1/`, `recorded`.
    public var description: String {
        switch self {
        case .range(let low?, let high?): "\(CanonicalJSON.shortest(low)) … \(CanonicalJSON.shortest(high))"
        case .range(let low?, nil): "at least \(CanonicalJSON.shortest(low))"
        case .range(nil, let high?): "at most \(CanonicalJSON.shortest(high))"
        case .range(nil, nil): "no limit"
        case .equals(let value): "= \(value)"
        case .matches(let pattern): "/\(pattern.source)/"
        case .recorded: "recorded"
        }
    }
}

/// What became of one measurement.
public enum Judgement: Hashable, Sendable {
    case pass
    case fail(FailureReason)

    public var passed: Bool { self == .pass }
}

/// Why a measurement failed.
public enum FailureReason: Hashable, Sendable, CustomStringConvertible {
    /// The unit or the instrument gave no value of this name.
    case missing
    case wrongType(expected: String, found: MeasuredValue)
    case notANumber
    case below(value: Double, low: Double)
    case above(value: Double, high: Double)
    case notEqual(expected: PlanValue, found: MeasuredValue)
    case noMatch(pattern: String, found: String)
    case tooLong(bytes: Int)

    /// `3.17 is below 3.2`: short, for the operator's line; values from the unit are cut and cleaned.
    public var description: String {
        switch self {
        case .missing: "no value was reported"
        case .wrongType(let expected, let found):
            "\(expected) was expected, \(Self.shown(found.description)) was reported"
        case .notANumber: "the reported number is not a number (NaN)"
        case .below(let value, let low):
            "\(Self.shown(value) { $0 < low }) is below \(Self.shown(low))"
        case .above(let value, let high):
            "\(Self.shown(value) { $0 > high }) is above \(Self.shown(high))"
        case .notEqual(let expected, let found):
            "\(Self.shown(found.description)) instead of \(Self.shown(expected.description))"
        case .noMatch(let pattern, let found): "\(Self.shown(found)) does not match /\(pattern)/"
        case .tooLong(let bytes):
            "a text of \(bytes) bytes was reported, at most \(MeasurementLimit.maximumTextLength) are read"
        }
    }

    private static func shown(_ value: Double) -> String {
        PlanValue.number(value).description
    }

    /// The value with five significant digits, or as many more as it takes to stay on the wrong side of its limit.
    private static func shown(_ value: Double, isOutside: (Double) -> Bool) -> String {
        let rounded = (5...16).lazy.map { value.rounded(toSignificantDigits: $0) }.first(where: isOutside)
        return shown(rounded ?? value)
    }

    /// At most 60 characters, control characters made visible.
    private static func shown(_ text: String) -> String {
        let clean = text.unicodeScalars.prefix(61).map { scalar in
            scalar.properties.generalCategory == .control || scalar.properties.generalCategory == .format
                ? "␣" : String(scalar)
        }
        return "`" + clean.prefix(60).joined() + (clean.count > 60 ? "…" : "") + "`"
    }
}
