extension LinkValue {
    /// The value's one encoding: heads as short as they can be, map keys in the order of their encodings
    /// (RFC 8949 §4.2.1), floats always in 32 bits (§4.2.2), NaN always 0x7FC00000.
    /// - Throws: `LinkValueError.invalidKey`; `tooDeep` beyond the standard limit.
    public func encoded() throws(LinkValueError) -> [UInt8] {
        var bytes: [UInt8] = []
        try append(to: &bytes, depth: 0)
        return bytes
    }

    private func append(to bytes: inout [UInt8], depth: Int) throws(LinkValueError) {
        switch self {
        case .null: bytes.append(0xF6)
        case .bool(let value): bytes.append(value ? 0xF5 : 0xF4)
        case .int(let value):
            if value >= 0 {
                Self.appendHead(0, UInt32(value), to: &bytes)
            } else {
                Self.appendHead(1, UInt32(bitPattern: ~value), to: &bytes)
            }
        case .float(let value):
            bytes.append(0xFA)
            Self.appendBigEndian(value.isNaN ? 0x7FC0_0000 : value.bitPattern, to: &bytes)
        case .bytes(let value):
            Self.appendHead(2, UInt32(clamping: value.count), to: &bytes)
            bytes.append(contentsOf: value)
        case .text(let value):
            Self.appendText(value, to: &bytes)
        case .array(let elements):
            guard depth < LinkValueLimits.standard.depth else {
                throw .tooDeep(limit: LinkValueLimits.standard.depth)
            }
            Self.appendHead(4, UInt32(clamping: elements.count), to: &bytes)
            for element in elements { try element.append(to: &bytes, depth: depth + 1) }
        case .map(let fields):
            guard depth < LinkValueLimits.standard.depth else {
                throw .tooDeep(limit: LinkValueLimits.standard.depth)
            }
            Self.appendHead(5, UInt32(clamping: fields.count), to: &bytes)
            for (key, value) in fields.sorted(by: { Self.precedes($0.key, $1.key) }) {
                guard Self.isKey(key.utf8) else { throw .invalidKey(key) }
                Self.appendText(key, to: &bytes)
                try value.append(to: &bytes, depth: depth + 1)
            }
        }
    }

    private static func appendText(_ text: String, to bytes: inout [UInt8]) {
        appendHead(3, UInt32(clamping: text.utf8.count), to: &bytes)
        bytes.append(contentsOf: text.utf8)
    }

    private static func appendHead(_ major: UInt8, _ argument: UInt32, to bytes: inout [UInt8]) {
        switch argument {
        case 0...23:
            bytes.append(major << 5 | UInt8(argument))
        case 24...0xFF:
            bytes.append(major << 5 | 24)
            bytes.append(UInt8(argument))
        case 0x100...0xFFFF:
            bytes.append(major << 5 | 25)
            bytes.append(UInt8(argument >> 8))
            bytes.append(UInt8(argument & 0xFF))
        default:
            bytes.append(major << 5 | 26)
            appendBigEndian(argument, to: &bytes)
        }
    }

    private static func appendBigEndian(_ value: UInt32, to bytes: inout [UInt8]) {
        for shift: UInt32 in [24, 16, 8, 0] { bytes.append(UInt8(truncatingIfNeeded: value >> shift)) }
    }

    /// The order of keys: the shorter first, then byte by byte.
    static func precedes(_ left: String, _ right: String) -> Bool {
        let (left, right) = (left.utf8, right.utf8)
        return left.count == right.count ? left.lexicographicallyPrecedes(right) : left.count < right.count
    }

    static func isKey(_ key: some Collection<UInt8>) -> Bool {
        (1...64).contains(key.count) && key.allSatisfy { (0x20...0x7E).contains($0) }
    }

    /// The value that the bytes encode.
    /// - Throws: `LinkValueError` for anything but exactly one value in its one encoding within the limits.
    public init(decoding bytes: [UInt8], limits: LinkValueLimits = .standard) throws(LinkValueError) {
        guard bytes.count <= limits.size else { throw .tooLarge(size: bytes.count, limit: limits.size) }
        var parser = ValueParser(bytes: bytes, depthLimit: limits.depth)
        self = try parser.value(depth: 0)
        guard parser.position == bytes.count else { throw .trailingBytes(at: parser.position) }
    }
}

/// Reads one value after the other. Every count is compared with the bytes that are left before anything is
/// allocated for it.
private struct ValueParser {
    let bytes: [UInt8]
    let depthLimit: Int
    var position = 0

    mutating func value(depth: Int) throws(LinkValueError) -> LinkValue {
        let start = position
        let initial = try byte()
        switch initial {
        case 0xF4: return .bool(false)
        case 0xF5: return .bool(true)
        case 0xF6: return .null
        case 0xFA: return .float(try float(start))
        default: break
        }
        let argument = try argument(of: initial, start: start)
        switch initial >> 5 {
        case 0:
            guard let number = Int32(exactly: argument) else {
                throw .unsupported("integer above 2^31-1", at: start)
            }
            return .int(number)
        case 1:
            guard let number = Int32(exactly: argument) else {
                throw .unsupported("integer below -2^31", at: start)
            }
            return .int(~number)
        case 2:
            return .bytes(Array(try take(argument)))
        case 3:
            return .text(try text(argument, start: start))
        case 4:
            let count = try count(argument, itemsOf: 1, depth: depth)
            var elements: [LinkValue] = []
            elements.reserveCapacity(min(count, 1024))
            for _ in 0..<count { elements.append(try value(depth: depth + 1)) }
            return .array(elements)
        case 5:
            return .map(try fields(try count(argument, itemsOf: 3, depth: depth), depth: depth))
        case 6:
            throw .unsupported("tag", at: start)
        default:
            throw .unsupported("simple value or float other than binary32", at: start)
        }
    }

    private mutating func fields(_ count: Int, depth: Int) throws(LinkValueError) -> [String: LinkValue] {
        var fields: [String: LinkValue] = [:]
        var previous: String?
        for _ in 0..<count {
            let start = position
            let initial = try byte()
            guard initial >> 5 == 3 else { throw .unsupported("map key that is not text", at: start) }
            let raw = try take(try argument(of: initial, start: start))
            let key = String(decoding: raw, as: UTF8.self)
            guard LinkValue.isKey(raw) else { throw .invalidKey(key) }
            if let previous, !LinkValue.precedes(previous, key) {
                throw .notDeterministic("map key '\(key)' repeated or out of order", at: start)
            }
            previous = key
            fields[key] = try value(depth: depth + 1)
        }
        return fields
    }

    private mutating func float(_ start: Int) throws(LinkValueError) -> Float {
        let number = Float(bitPattern: try bigEndian(4))
        if number.isNaN, number.bitPattern != 0x7FC0_0000 {
            throw .notDeterministic("NaN other than 7FC00000", at: start)
        }
        return number
    }

    private mutating func text(_ count: UInt32, start: Int) throws(LinkValueError) -> String {
        guard let text = String(validating: try take(count), as: UTF8.self) else {
            throw .invalidText(at: start)
        }
        return text
    }

    private mutating func argument(of initial: UInt8, start: Int) throws(LinkValueError) -> UInt32 {
        switch initial & 31 {
        case let short where short < 24:
            return UInt32(short)
        case 24:
            let argument = try bigEndian(1)
            guard argument >= 24 else { throw .notDeterministic("head longer than needed", at: start) }
            return argument
        case 25:
            let argument = try bigEndian(2)
            guard argument > 0xFF else { throw .notDeterministic("head longer than needed", at: start) }
            return argument
        case 26:
            let argument = try bigEndian(4)
            guard argument > 0xFFFF else { throw .notDeterministic("head longer than needed", at: start) }
            return argument
        case 27:
            throw .unsupported("64-bit item", at: start)
        case 31:
            throw .unsupported("indefinite length", at: start)
        default:
            throw .unsupported("reserved item", at: start)
        }
    }

    private func count(_ argument: UInt32, itemsOf size: Int, depth: Int) throws(LinkValueError) -> Int {
        guard depth < depthLimit else { throw .tooDeep(limit: depthLimit) }
        guard Int(argument) <= (bytes.count - position) / size else { throw .truncated(at: bytes.count) }
        return Int(argument)
    }

    private mutating func byte() throws(LinkValueError) -> UInt8 {
        guard position < bytes.count else { throw .truncated(at: position) }
        defer { position += 1 }
        return bytes[position]
    }

    private mutating func bigEndian(_ count: Int) throws(LinkValueError) -> UInt32 {
        var value: UInt32 = 0
        for byte in try take(UInt32(count)) { value = value << 8 | UInt32(byte) }
        return value
    }

    private mutating func take(_ count: UInt32) throws(LinkValueError) -> ArraySlice<UInt8> {
        guard Int(count) <= bytes.count - position else { throw .truncated(at: bytes.count) }
        defer { position += Int(count) }
        return bytes[position..<(position + Int(count))]
    }
}
