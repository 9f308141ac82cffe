/// A typed value in a plan: an argument of a test, what a measurement must equal, or what was measured.
public enum PlanValue: Hashable, Sendable, CustomStringConvertible {
    case integer(Int64)
    case number(Double)
    case text(String)
    case boolean(Bool)

    /// As a report prints it: `3.3`, `EF4016`, `true`.
    public var description: String {
        switch self {
        case .integer(let value): String(value)
        case .number(let value): value.isFinite ? CanonicalJSON.shortest(value) : String(value)
        case .text(let text): text
        case .boolean(let value): String(value)
        }
    }

    /// The number, for integers and numbers.
    public var double: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        case .text, .boolean: nil
        }
    }

    /// `a number`, `a text`, `true or false`: the kind, as a sentence names it.
    var kind: String {
        switch self {
        case .integer, .number: "a number"
        case .text: "a text"
        case .boolean: "true or false"
        }
    }

    var canonical: CanonicalJSON {
        switch self {
        case .integer(let value): .integer(value)
        case .number(let value): .number(value)
        case .text(let text): .text(text)
        case .boolean(let value): .boolean(value)
        }
    }
}

extension PlanValue: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let value = try? container.decode(Bool.self) {
            self = .boolean(value)
        } else if let value = try? container.decode(Int64.self) {
            self = .integer(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else {
            self = .text(try container.decode(String.self))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .integer(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        case .text(let text): try container.encode(text)
        case .boolean(let value): try container.encode(value)
        }
    }
}

/// What a unit or an instrument reported for one measurement.
public typealias MeasuredValue = PlanValue
