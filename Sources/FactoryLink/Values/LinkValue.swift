/// A value that the link can carry: the part of CBOR (RFC 8949) that Squirrel 3.0.4 can hold.
///
/// Integers have 32 bits and a sign, floats are IEEE 754 binary32, map keys are 1 to 64 printable ASCII
/// characters. There are no tags, no indefinite lengths, no half or double floats, no `undefined`.
public enum LinkValue: Sendable, Equatable {
    case null
    case bool(Bool)
    case int(Int32)
    case float(Float)
    case bytes([UInt8])
    case text(String)
    case array([LinkValue])
    case map([String: LinkValue])

    /// The value's type as error sentences call it.
    public var typeName: String {
        switch self {
        case .null: "null"
        case .bool: "bool"
        case .int: "int"
        case .float: "float"
        case .bytes: "bytes"
        case .text: "text"
        case .array: "array"
        case .map: "map"
        }
    }
}

extension LinkValue: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByStringLiteral, ExpressibleByArrayLiteral,
    ExpressibleByDictionaryLiteral
{
    public init(nilLiteral: ()) { self = .null }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(integerLiteral value: Int32) { self = .int(value) }
    public init(floatLiteral value: Float) { self = .float(value) }
    public init(stringLiteral value: String) { self = .text(value) }
    public init(arrayLiteral elements: LinkValue...) { self = .array(elements) }
    /// The last of equal keys wins.
    public init(dictionaryLiteral elements: (String, LinkValue)...) {
        self = .map(Dictionary(elements, uniquingKeysWith: { _, last in last }))
    }
}

/// How much a received value may hold.
public struct LinkValueLimits: Sendable, Equatable {
    /// Containers inside each other; a plain value has depth 0.
    public var depth: Int
    /// Bytes of the whole encoding.
    public var size: Int

    public init(depth: Int, size: Int) {
        self.depth = depth
        self.size = size
    }

    /// Eight containers deep, and as long as the longest message, 65,535 bytes.
    public static let standard = LinkValueLimits(depth: 8, size: 65_535)
}

/// Why bytes are no value, or a value isn't what it should be. The path reads like `networks[3].rssi`; it is
/// empty for the whole value.
public enum LinkValueError: Error, Sendable, Equatable {
    /// The bytes end inside an item.
    case truncated(at: Int)
    /// Bytes follow after the value.
    case trailingBytes(at: Int)
    /// An item that is no part of the subset: tag, double, indefinite length, integer beyond 32 bits…
    case unsupported(String, at: Int)
    /// A length head longer than needed, or map keys out of order: one value has one encoding.
    case notDeterministic(String, at: Int)
    /// A text string that isn't UTF-8.
    case invalidText(at: Int)
    /// A map key that is empty, longer than 64 bytes or not printable ASCII.
    case invalidKey(String)
    /// More containers inside each other than allowed.
    case tooDeep(limit: Int)
    /// More bytes than allowed.
    case tooLarge(size: Int, limit: Int)
    /// A value of another type.
    case wrongType(path: String, expected: String, found: String)
    /// A map without the field.
    case missing(path: String, available: [String])
    /// A number or text outside what is allowed.
    case notAllowed(path: String, found: String, allowed: String)
}

extension LinkValueError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .truncated(let at): "value ends early at byte \(at)"
        case .trailingBytes(let at): "value is followed by more bytes at byte \(at)"
        case .unsupported(let what, let at): "\(what) at byte \(at) is not part of the link's CBOR subset"
        case .notDeterministic(let what, let at):
            "\(what) at byte \(at): the link allows one encoding for a value"
        case .invalidText(let at): "text at byte \(at) is not UTF-8; the firmware should send it as bytes"
        case .invalidKey(let key):
            "map key '\(printable(Array(key.utf8), limit: 70))' must be 1 to 64 printable ASCII characters"
        case .tooDeep(let limit): "value is more than \(limit) containers deep"
        case .tooLarge(let size, let limit): "value takes \(size) bytes, allowed are \(limit)"
        case .wrongType(let path, let expected, let found):
            "\(shown(path)): expected \(expected), found \(found)"
        case .missing(let path, let available):
            "\(shown(path)): missing; there are: \(available.isEmpty ? "no fields" : available.joined(separator: ", "))"
        case .notAllowed(let path, let found, let allowed):
            "\(shown(path)): found \(found), allowed is \(allowed)"
        }
    }

    private func shown(_ path: String) -> String {
        path.isEmpty ? "value" : path
    }
}

/// Bytes from a wire as text that is safe in a log, a terminal and a record: printable ASCII stays, all else is
/// escaped as in C, and what is beyond the limit is counted.
func printable(_ bytes: [UInt8], limit: Int) -> String {
    let digits: [Character] = Array("0123456789ABCDEF")
    var text = ""
    for byte in bytes.prefix(limit) {
        switch byte {
        case 0x0A: text += "\\n"
        case 0x0D: text += "\\r"
        case 0x09: text += "\\t"
        case 0x5C: text += "\\\\"
        case 0x20...0x7E: text.unicodeScalars.append(Unicode.Scalar(byte))
        default:
            text += "\\x"
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
    }
    return bytes.count > limit ? text + "… (\(bytes.count) bytes)" : text
}
