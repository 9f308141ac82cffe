import Squirrel

/// What becomes of data on its way between device and agent (the vendor's page on serialization).
extension SquirrelData {
    /// As the other side gets it: strings that are no clean text arrive as blobs; functions, classes and instances as
    /// null; table entries whose key is no clean text are left out.
    var asSent: SquirrelData {
        switch self {
        case .opaque: .null
        case .string(let text): text.isSafe ? self : .blob(text.bytes)
        case .array(let elements): .array(elements.map(\.asSent))
        case .table(let entries):
            .table(
                entries.compactMap { entry in
                    guard case .string(let key) = entry.key, key.isSafe else { return nil }
                    return Entry(key: entry.key, value: entry.value.asSent)
                })
        case .null, .bool, .integer, .float, .blob: self
        }
    }

    /// About how many bytes it takes on the wire: a tag for each value, lengths for all that has one; a choice.
    var wireSize: Int {
        switch self {
        case .null, .bool, .opaque: 1
        case .integer, .float: 5
        case .string(let text): 3 + text.bytes.count
        case .blob(let bytes): 3 + bytes.count
        case .array(let elements): elements.reduce(3) { $0 + $1.wireSize }
        case .table(let entries): entries.reduce(3) { $0 + $1.key.wireSize + $1.value.wireSize }
        }
    }
}

extension SquirrelString {
    /// UTF-8 without a NUL.
    var isSafe: Bool { !bytes.contains(0) && String(validating: bytes, as: UTF8.self) != nil }
}
