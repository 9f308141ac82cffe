/// A value on its way into or out of a machine.
public enum SquirrelValue {
    case null
    case bool(Bool)
    case integer(Int32)
    case float(Float)
    case string(SquirrelString)
    /// A table, array, function, generator, class, instance or weak reference. Blobs are instances.
    case object(SquirrelObject)

    /// A text as a string value.
    public static func text(_ text: String) -> SquirrelValue { .string(SquirrelString(text)) }

    /// An integer of the host, cut to 32 bits as Squirrel would.
    public static func integer(truncating number: some BinaryInteger) -> SquirrelValue {
        .integer(Int32(truncatingIfNeeded: number))
    }

    /// The type's name in Squirrel's words.
    public var typeName: String {
        switch self {
        case .null: "null"
        case .bool: "bool"
        case .integer: "integer"
        case .float: "float"
        case .string: "string"
        case .object(let object): object.kind.rawValue
        }
    }

    /// What `if` makes of the value: null, false, 0 and 0.0 are false.
    public var isTruthy: Bool {
        switch self {
        case .null: false
        case .bool(let bool): bool
        case .integer(let integer): integer != 0
        case .float(let float): float != 0
        case .string, .object: true
        }
    }

    public var isNull: Bool {
        if case .null = self { return true }
        return false
    }

    /// The value of an integer, or of a float cut towards zero.
    public var integerValue: Int32? {
        switch self {
        case .integer(let integer): integer
        case .float(let float): Value.truncate(float)
        default: nil
        }
    }

    /// The value of a float or integer.
    public var floatValue: Float? {
        switch self {
        case .integer(let integer): Float(integer)
        case .float(let float): float
        default: nil
        }
    }

    public var boolValue: Bool? {
        if case .bool(let bool) = self { return bool }
        return nil
    }

    public var stringValue: SquirrelString? {
        if case .string(let string) = self { return string }
        return nil
    }

    public var objectValue: SquirrelObject? {
        if case .object(let object) = self { return object }
        return nil
    }
}

extension SquirrelValue: Equatable {
    /// Equal payloads of the same type; objects by identity.
    public static func == (left: SquirrelValue, right: SquirrelValue) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.bool(let a), .bool(let b)): a == b
        case (.integer(let a), .integer(let b)): a == b
        case (.float(let a), .float(let b)): a.bitPattern == b.bitPattern
        case (.string(let a), .string(let b)): a == b
        case (.object(let a), .object(let b)): a.value.bits == b.value.bits
        default: false
        }
    }
}

extension SquirrelValue: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByStringLiteral
{
    public init(nilLiteral: ()) { self = .null }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(integerLiteral value: Int32) { self = .integer(value) }
    public init(floatLiteral value: Float) { self = .float(value) }
    public init(stringLiteral value: String) { self = .string(SquirrelString(value)) }
}
