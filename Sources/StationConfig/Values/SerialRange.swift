/// The serial numbers that a work order may use: a prefix, a number with leading zeros, a suffix.
///
/// `SerialRange(prefix: "ES", first: 100001, last: 100200, width: 7)` is ES0100001 … ES0100200.
public struct SerialRange: Hashable, Sendable {
    /// At most 16 bytes of A–Z, a–z, 0–9, `-`, `_`, `.`
    public let prefix: String
    /// The first number; not negative.
    public let first: Int64
    /// The last number, included.
    public let last: Int64
    /// Digits of the number, 1 to 12, filled with zeros from the left.
    public let width: Int
    /// As `prefix`; must not begin with a digit, so that a serial can be read back in one way only.
    public let suffix: String
    /// Several stations share the numbers, and the plant hands them out in blocks.
    public let isShared: Bool

    /// - Throws: `SerialRangeError` when the range makes no sense.
    public init(
        prefix: String = "", first: Int64, last: Int64, width: Int, suffix: String = "",
        isShared: Bool = false
    ) throws(SerialRangeError) {
        guard first >= 0, first <= last else { throw .backwards(first: first, last: last) }
        guard (1...12).contains(width), String(last).utf8.count <= width else {
            throw .tooWide(last: last, width: width)
        }
        for part in [prefix, suffix] where !TextForm.serialPart.accepts(part) { throw .badCharacters(part) }
        if let byte = suffix.utf8.first, Self.isDigit(byte) { throw .suffixBeginsWithDigit(suffix) }
        // Digits at the prefix's end count with the number when ranges are compared; together they fit 64 bits.
        guard prefix.utf8.reversed().prefix(while: Self.isDigit).count + width <= 18 else {
            throw .tooWide(last: last, width: width)
        }
        self.prefix = prefix
        self.first = first
        self.last = last
        self.width = width
        self.suffix = suffix
        self.isShared = isShared
    }

    /// How many serial numbers there are.
    public var count: Int { Int(last - first) + 1 }

    /// The serial number for `number`; nil outside the range.
    public func format(_ number: Int64) -> String? {
        guard number >= first, number <= last else { return nil }
        let digits = String(number)
        return prefix + String(repeating: "0", count: width - digits.utf8.count) + digits + suffix
    }

    /// The serial number at `offset` from the first; nil outside the range.
    public func serial(at offset: Int) -> String? {
        guard offset >= 0, offset < count else { return nil }
        return format(first + Int64(offset))
    }

    /// The number in `serial`; nil unless it is exactly as this range would write it.
    public func parse(_ serial: String) -> Int64? {
        let text = Array(serial.utf8)
        guard text.count == prefix.utf8.count + width + suffix.utf8.count,
            text.starts(with: prefix.utf8), text.suffix(suffix.utf8.count).elementsEqual(suffix.utf8)
        else { return nil }
        let digits = text[prefix.utf8.count..<(prefix.utf8.count + width)]
        guard digits.allSatisfy(Self.isDigit), let number = Int64(String(decoding: digits, as: UTF8.self)),
            number >= first, number <= last
        else { return nil }
        return number
    }

    /// Whether `serial` is one of this range.
    public func contains(_ serial: String) -> Bool {
        parse(serial) != nil
    }

    /// Whether any serial number belongs to both ranges, also when they are split differently into prefix and
    /// number (`ES1` + 2 digits and `ES` + 3 digits).
    public func overlaps(_ other: SerialRange) -> Bool {
        sharedSerials(with: other) != nil
    }

    /// The first and the last serial number that both ranges have.
    public func sharedSerials(with other: SerialRange) -> ClosedRange<String>? {
        let (own, others) = (widened, other.widened)
        guard own.prefix == others.prefix, own.width == others.width, suffix == other.suffix,
            own.numbers.overlaps(others.numbers)
        else { return nil }
        let shared = own.numbers.clamped(to: others.numbers)
        guard let first = format(shared.lowerBound - own.offset),
            let last = format(shared.upperBound - own.offset)
        else { return nil }
        return first...last
    }

    /// The same serials with the digits at the prefix's end moved into the number.
    private var widened: (prefix: String, width: Int, numbers: ClosedRange<Int64>, offset: Int64) {
        let letters = prefix.utf8.count - prefix.utf8.reversed().prefix(while: Self.isDigit).count
        let digits = String(decoding: prefix.utf8.dropFirst(letters), as: UTF8.self)
        var offset = Int64(digits) ?? 0
        for _ in 0..<width { offset *= 10 }
        let kept = String(decoding: prefix.utf8.prefix(letters), as: UTF8.self)
        return (kept, digits.utf8.count + width, (offset + first)...(offset + last), offset)
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte)
    }
}

extension SerialRange: Sequence {
    /// The serial numbers in ascending order.
    public func makeIterator() -> Iterator {
        Iterator(range: self)
    }

    public struct Iterator: IteratorProtocol {
        fileprivate let range: SerialRange
        private var offset = 0

        fileprivate init(range: SerialRange) {
            self.range = range
        }

        public mutating func next() -> String? {
            defer { offset += 1 }
            return range.serial(at: offset)
        }
    }
}

extension SerialRange: CustomStringConvertible {
    /// `ES0100001 … ES0100200`
    public var description: String {
        "\(format(first) ?? "?") … \(format(last) ?? "?")"
    }

    var canonical: CanonicalJSON {
        var members: [String: CanonicalJSON] = [
            "prefix": .text(prefix), "first": .integer(first), "last": .integer(last),
            "width": .integer(Int64(width)), "suffix": .text(suffix),
        ]
        // Absent where it is not so: digests of orders from before there was sharing stay what they are.
        if isShared { members["shared"] = .boolean(true) }
        return .object(members)
    }
}

/// Why a serial range makes no sense.
public enum SerialRangeError: Error, Hashable, Sendable, CustomStringConvertible {
    case backwards(first: Int64, last: Int64)
    case tooWide(last: Int64, width: Int)
    case badCharacters(String)
    case suffixBeginsWithDigit(String)

    public var description: String {
        switch self {
        case .backwards(let first, let last): "first \(first) is above last \(last)"
        case .tooWide(let last, let width): "last \(last) does not fit \(width) digits"
        case .badCharacters(let part):
            "`\(part)` has characters outside A–Z, a–z, 0–9, -, _ and ., or more than 16"
        case .suffixBeginsWithDigit(let suffix): "suffix `\(suffix)` begins with a digit"
        }
    }
}
