/// A place in a received value. Everything that is read through it is checked, and errors name the place:
/// `networks[3].rssi: expected int, found text`.
public struct LinkReader: Sendable {
    /// The value at this place.
    public let value: LinkValue
    /// Where the place is; empty for the whole.
    public let path: String

    public init(_ value: LinkValue, path: String = "") {
        self.value = value
        self.path = path
    }

    /// The field of a map.
    /// - Throws: `LinkValueError.missing` or `.wrongType`.
    public func field(_ name: String) throws(LinkValueError) -> LinkReader {
        guard let found = try fields()[name] else {
            throw .missing(path: child(name), available: try fields().keys.sorted(by: LinkValue.precedes))
        }
        return LinkReader(found, path: child(name))
    }

    /// The field of a map, or nil where it is absent or null.
    /// - Throws: `LinkValueError.wrongType` when this is no map.
    public func optional(_ name: String) throws(LinkValueError) -> LinkReader? {
        guard let found = try fields()[name], found != .null else { return nil }
        return LinkReader(found, path: child(name))
    }

    /// A bool.
    public func bool() throws(LinkValueError) -> Bool {
        guard case .bool(let value) = value else { throw wrong("bool") }
        return value
    }

    /// A whole number.
    public func int() throws(LinkValueError) -> Int32 {
        guard case .int(let value) = value else { throw wrong("int") }
        return value
    }

    /// A whole number within bounds.
    /// - Throws: `LinkValueError.notAllowed` with the bounds.
    public func int(in allowed: ClosedRange<Int>) throws(LinkValueError) -> Int {
        let value = Int(try int())
        guard allowed.contains(value) else {
            throw .notAllowed(
                path: path, found: String(value), allowed: "\(allowed.lowerBound) to \(allowed.upperBound)")
        }
        return value
    }

    /// A number, whole or not.
    public func number() throws(LinkValueError) -> Double {
        switch value {
        case .int(let value): return Double(value)
        case .float(let value): return Double(value)
        default: throw wrong("int or float")
        }
    }

    /// A text.
    public func text() throws(LinkValueError) -> String {
        guard case .text(let value) = value else { throw wrong("text") }
        return value
    }

    /// A byte string.
    public func bytes() throws(LinkValueError) -> [UInt8] {
        guard case .bytes(let value) = value else { throw wrong("bytes") }
        return value
    }

    /// The elements of an array.
    public func elements() throws(LinkValueError) -> [LinkReader] {
        guard case .array(let elements) = value else { throw wrong("array") }
        return elements.enumerated().map { LinkReader($1, path: "\(path)[\($0)]") }
    }

    /// The fields of a map, in the order of their encoding.
    public func entries() throws(LinkValueError) -> [(name: String, value: LinkReader)] {
        try fields().sorted { LinkValue.precedes($0.key, $1.key) }
            .map { ($0.key, LinkReader($0.value, path: child($0.key))) }
    }

    /// The fields of a map.
    public func fields() throws(LinkValueError) -> [String: LinkValue] {
        guard case .map(let fields) = value else { throw wrong("map") }
        return fields
    }

    private func child(_ name: String) -> String {
        path.isEmpty ? name : "\(path).\(name)"
    }

    private func wrong(_ expected: String) -> LinkValueError {
        .wrongType(path: path, expected: expected, found: value.typeName)
    }
}
