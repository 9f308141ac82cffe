/// The integer that `imp.setcountry()` takes. An imp003 knows exactly two.
///
/// A 32-bit code packs a country code and a revision of the WiFi chip's own tables: `revision << 16 |
/// second letter << 8 | first letter`. What an imp003 does with any other integer is not documented, so no
/// other can be made. The choice is for ever once a unit is blessed.
///
/// Source: the vendor's pages for `imp.setcountry()` and `imp.getcountry()`.
public enum RegionCode: UInt32, CaseIterable, Hashable, Sendable {
    /// `0x00005355`, "US and Canada": channels 1 to 11.
    case us = 0x0000_5355
    /// `0x00004247`, "Europe, Japan, other countries": channels 1 to 13.
    case gb = 0x0000_4247

    /// The channels that a module set to this region uses. Neither code reaches channel 14.
    public var channels: ChannelSet {
        switch self {
        case .us: .oneToEleven
        case .gb: .oneToThirteen
        }
    }

    /// The two letters inside the code: `US` or `GB`, as NVRAM's `ccode=` has them.
    public var ccode: String { Self.letters(of: rawValue) }

    /// The revision inside the code, 0 for both, as NVRAM's `regrev=` has it.
    public var regrev: Int { Int(rawValue >> 16) }

    /// What `imp.getcountry()` returns for this region: eight upper-case hexadecimal digits, no prefix.
    public var readBack: String { Wording.hex(rawValue, digits: 8).uppercased() }

    /// Whether the module's answer to `imp.getcountry()` is this region, to the letter.
    public func matches(readBack answer: String) -> Bool {
        answer == readBack
    }

    /// Takes any 32-bit region code apart.
    /// - Returns: nil when the two letters are not printable ASCII letters or digits.
    public static func unpack(_ code: UInt32) -> (ccode: String, regrev: Int)? {
        let isSign: (UInt32) -> Bool = { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        }
        guard isSign(code & 0xFF), isSign(code >> 8 & 0xFF) else { return nil }
        return (letters(of: code), Int(code >> 16))
    }

    private static func letters(of code: UInt32) -> String {
        String(decoding: [UInt8(code & 0xFF), UInt8(code >> 8 & 0xFF)], as: Unicode.ASCII.self)
    }

    /// - Throws: `RegionCodeError.unknownCode` unless `code` is one of the two.
    public init(code: UInt32) throws(RegionCodeError) {
        guard let region = RegionCode(rawValue: code) else { throw .unknownCode(code) }
        self = region
    }

    /// Reads hexadecimal with or without `0x`, with or without leading zeros, either case, `_` between
    /// digits allowed: `0x00005355`, `00005355`, `5355`.
    public init(parsing text: some StringProtocol) throws(RegionCodeError) {
        var digits = Array(text.utf8)
        if digits.starts(with: Array("0x".utf8)) || digits.starts(with: Array("0X".utf8)) {
            digits.removeFirst(2)
        }
        if digits.first != UInt8(ascii: "_"), digits.last != UInt8(ascii: "_") {
            digits.removeAll { $0 == UInt8(ascii: "_") }
        }
        let value = digits.reduce(into: UInt64?.some(0)) { value, digit in
            guard let so = value, let nibble = HexDigit.value(digit) else {
                value = nil
                return
            }
            // Saturates well above 32 bits instead of overflowing on a hostile length.
            value = min(so << 4 | UInt64(nibble), 1 << 40)
        }
        guard let value, !digits.isEmpty, let code = UInt32(exactly: value) else {
            throw .malformed(found: String(text))
        }
        try self.init(code: code)
    }
}

extension RegionCode: CustomStringConvertible {
    /// `0x00005355 (US, channels 1-11)`
    public var description: String {
        "\(Wording.address(rawValue)) (\(ccode), channels \(channels))"
    }
}

extension RegionCode: Codable {
    /// Reads hexadecimal text in any of the forms of `init(parsing:)`.
    public init(from decoder: any Decoder) throws {
        try self.init(parsing: decoder.singleValueContainer().decode(String.self))
    }

    /// Writes `0x00005355`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(Wording.address(rawValue))
    }
}

/// Why something is no region code of an imp003.
public enum RegionCodeError: Error, Hashable, Sendable, CustomStringConvertible {
    case malformed(found: String)
    case unknownCode(UInt32)

    public var description: String {
        let allowed = RegionCode.allCases.map(\.description).joined(separator: " and ")
        switch self {
        case .malformed(let found):
            return """
                \(Wording.quoted(found)) is not a region code: write it in hexadecimal; an imp003 knows \(allowed).
                """
        case .unknownCode(let code):
            var parts = ""
            if let (ccode, regrev) = RegionCode.unpack(code) {
                parts = " (country code \(ccode), revision \(regrev))"
            }
            return """
                Region code \(Wording.address(code))\(parts) is not one of an imp003: it knows only \(allowed). Take \
                one of these two, or leave the region out so that it is derived from the markets.
                """
        }
    }
}
