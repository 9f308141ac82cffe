/// A JSON text taken apart: strict RFC 8259, no duplicate keys, at most 32 levels deep.
public indirect enum JSONValue: Equatable, Sendable {
    case null
    case bool(Bool)
    /// A number without fraction or exponent within ±(2^53 - 1).
    case integer(Int64)
    case number(Double)
    case string(String)
    case array([JSONValue])
    /// Members in the order in which they were written.
    case object([Member])

    /// One key with its value.
    public struct Member: Equatable, Sendable {
        public var key: String
        public var value: JSONValue

        public init(key: String, value: JSONValue) {
            self.key = key
            self.value = value
        }
    }

    /// - Throws: ``JSONFault`` with the offset of the first byte that doesn't belong.
    public init(parsing bytes: UnsafeRawBufferPointer) throws(JSONFault) {
        var parser = JSONParser(bytes)
        self = try parser.document()
    }

    /// - Throws: ``JSONFault`` with the offset of the first byte that doesn't belong.
    public init(parsing bytes: [UInt8]) throws(JSONFault) {
        let result = bytes.withUnsafeBytes { buffer in
            Result { () throws(JSONFault) in try JSONValue(parsing: buffer) }
        }
        self = try result.get()
    }

    /// The member of that name; nil when there is none or this is no object.
    public subscript(key: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.key == key }?.value
    }

    /// The same value in RFC 8785 form, keys sorted here.
    public var canonicalBytes: [UInt8] {
        var writer = CanonicalJSONWriter()
        write(to: &writer)
        return writer.bytes
    }

    /// Appends the value in RFC 8785 form.
    public func write(to writer: inout CanonicalJSONWriter) {
        switch self {
        case .null: writer.null()
        case .bool(let value): writer.bool(value)
        case .integer(let value): writer.integer(value)
        case .number(let value): writer.number(value)
        case .string(let value): writer.string(value)
        case .array(let elements):
            writer.beginArray()
            for element in elements {
                writer.element()
                element.write(to: &writer)
            }
            writer.endArray()
        case .object(let members):
            writer.beginObject()
            for member in members.sorted(by: { $0.key.utf16.lexicographicallyPrecedes($1.key.utf16) }) {
                writer.key(text: member.key)
                member.value.write(to: &writer)
            }
            writer.endObject()
        }
    }
}

/// Why a text is not the JSON that was expected.
public struct JSONFault: Error, Equatable, Sendable, CustomStringConvertible {
    /// Offset in bytes from the start of the text.
    public let offset: Int
    public let reason: String

    public var description: String { "not valid JSON at byte \(offset): \(reason)" }
}
