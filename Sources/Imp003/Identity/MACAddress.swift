/// A 48-bit IEEE 802 MAC address.
///
/// impOS reports it bare, twelve lower-case digits (`imp.getmacaddress()`); impCentral writes it with
/// colons; people paste it with dashes. All three are read; the bare form is the canonical one.
public struct MACAddress: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// Six bytes in transmission order, the organisation's three first.
    public let bytes: [UInt8]

    /// - Returns: nil unless `bytes` counts exactly six.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 6 else { return nil }
        self.bytes = bytes
    }

    /// Reads `0c2a690003f7`, `0c:2a:69:00:03:f7` or `0C-2A-69-00-03-F7`, either case; separators must be all
    /// of one kind.
    public init(parsing text: some StringProtocol) throws(MACAddressError) {
        guard let digits = Self.digits(of: Array(text.utf8)) else {
            throw .malformed(found: String(text))
        }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: 12, by: 2) {
            guard let high = HexDigit.value(digits[index]), let low = HexDigit.value(digits[index + 1]) else {
                throw .malformed(found: String(text))
            }
            bytes.append(high << 4 | low)
        }
        self.bytes = bytes
    }

    /// The twelve digits without their separators; nil where the shape is none of the three.
    private static func digits(of text: [UInt8]) -> [UInt8]? {
        if text.count == 12 { return text }
        guard text.count == 17 else { return nil }
        let separator = text[2]
        guard separator == UInt8(ascii: ":") || separator == UInt8(ascii: "-") else { return nil }
        var digits: [UInt8] = []
        for (index, byte) in text.enumerated() {
            if index % 3 == 2 {
                guard byte == separator else { return nil }
            } else {
                digits.append(byte)
            }
        }
        return digits
    }

    /// `0c2a690003f7`: as impOS and the device ID have it.
    public var bareHex: String { HexDigit.text(bytes) }

    /// `0c:2a:69:00:03:f7`: as impCentral and labels have it.
    public var colonForm: String { HexDigit.text(bytes, separator: ":") }

    /// The canonical form, `bareHex`.
    public var description: String { bareHex }

    /// Bit 1 of the first byte: not assigned by a manufacturer (IEEE 802, clause 8.4).
    public var isLocallyAdministered: Bool { bytes[0] & 0x02 != 0 }

    /// Bit 0 of the first byte: a group address, which no station may have for its own.
    public var isMulticast: Bool { bytes[0] & 0x01 != 0 }

    public static func < (left: MACAddress, right: MACAddress) -> Bool {
        left.bytes.lexicographicallyPrecedes(right.bytes)
    }
}

extension MACAddress: Codable {
    /// Reads any form that `init(parsing:)` reads.
    public init(from decoder: any Decoder) throws {
        try self.init(parsing: decoder.singleValueContainer().decode(String.self))
    }

    /// Writes the bare form.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(bareHex)
    }
}

/// Why a text is no MAC address.
public enum MACAddressError: Error, Hashable, Sendable, CustomStringConvertible {
    case malformed(found: String)

    public var description: String {
        switch self {
        case .malformed(let found):
            """
            \(Wording.quoted(found)) is not a MAC address: write twelve hexadecimal digits, bare \
            (0c2a690003f7) or in pairs with colons or dashes (0c:2a:69:00:03:f7).
            """
        }
    }
}
