/// A country or territory by its two ISO 3166-1 letters, or `00` for the world at large.
///
/// The shape is checked here; whether rules are known for it is the regulatory database's answer.
public struct CountryCode: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The two characters, ASCII, upper case.
    private let first: UInt8
    private let second: UInt8

    /// `00`: the rules that hold wherever one may be.
    public static let world = CountryCode(first: 0x30, second: 0x30)

    private init(first: UInt8, second: UInt8) {
        self.first = first
        self.second = second
    }

    /// The two bytes as the regulatory database has them; nil unless two upper-case letters or `00`.
    init?(ascii first: UInt8, _ second: UInt8) {
        let letters: ClosedRange<UInt8> = 0x41...0x5A
        guard letters.contains(first) && letters.contains(second) || first == 0x30 && second == 0x30 else {
            return nil
        }
        self.init(first: first, second: second)
    }

    /// Reads two letters, either case, or `00`.
    public init(parsing text: some StringProtocol) throws(CountryCodeError) {
        let bytes = Array(text.utf8).map { (0x61...0x7A).contains($0) ? $0 - 0x20 : $0 }
        guard bytes.count == 2, let code = CountryCode(ascii: bytes[0], bytes[1]) else {
            throw .malformed(found: String(text), alias: CountryAlias.code(for: String(text).uppercased()))
        }
        self = code
    }

    /// Two upper-case letters, or `00`.
    public var text: String { String(decoding: [first, second], as: Unicode.ASCII.self) }

    public var description: String { text }

    /// How many single letters must change, two swapped neighbours counting as one change: 0 to 2.
    func distance(to other: CountryCode) -> Int {
        if self == other { return 0 }
        if first == other.second && second == other.first { return 1 }
        return (first == other.first ? 0 : 1) + (second == other.second ? 0 : 1)
    }

    public static func < (left: CountryCode, right: CountryCode) -> Bool {
        (left.first, left.second) < (right.first, right.second)
    }
}

extension CountryCode: Codable {
    public init(from decoder: any Decoder) throws {
        try self.init(parsing: decoder.singleValueContainer().decode(String.self))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

/// Why a text is no country code.
public enum CountryCodeError: Error, Hashable, Sendable, CustomStringConvertible {
    case malformed(found: String, alias: String?)

    public var description: String {
        switch self {
        case .malformed(let found, let alias):
            """
            \(Wording.quoted(found)) is not a country code: write the two letters of ISO 3166-1, such as US or DE, \
            or 00 for the world\(alias.map { "; did you mean \($0)?" } ?? ".")
            """
        }
    }
}

/// What people write for a country although its ISO 3166-1 code is another. Data for suggestions only.
enum CountryAlias {
    static let table: [(written: String, meant: String)] = [
        ("UK", "GB"), ("EL", "GR"), ("EN", "GB"), ("EI", "IE"), ("JA", "JP"), ("KO", "KR"), ("RC", "CN"),
        ("SW", "SE"), ("DA", "DK"), ("CS", "CZ"), ("YU", "RS"), ("SU", "RU"), ("TP", "TL"), ("AP", "JP"),
        ("USA", "US"), ("GBR", "GB"), ("CAN", "CA"), ("MEX", "MX"), ("BRA", "BR"), ("DEU", "DE"),
        ("GER", "DE"),
        ("FRA", "FR"), ("ESP", "ES"), ("ITA", "IT"), ("NLD", "NL"), ("CHE", "CH"), ("AUT", "AT"),
        ("SWE", "SE"),
        ("DNK", "DK"), ("NOR", "NO"), ("POL", "PL"), ("PRT", "PT"), ("IRL", "IE"), ("JPN", "JP"),
        ("KOR", "KR"),
        ("CHN", "CN"), ("TWN", "TW"), ("HKG", "HK"), ("MYS", "MY"), ("SGP", "SG"), ("IND", "IN"),
        ("AUS", "AU"),
        ("NZL", "NZ"), ("ZAF", "ZA"), ("PRI", "PR"), ("FALSE", "NO"),
    ]

    static func code(for written: String) -> String? {
        table.first { $0.written == written }?.meant
    }
}
