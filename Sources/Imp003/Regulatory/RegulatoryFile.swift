/// The layout of `regulatory.db`, version 20: big-endian, pointers are 16-bit counts of 4-byte words from the
/// start of the file. Lengths inside structures may grow in later files; what is not known is passed over.
///
/// Accepts what Linux accepts (net/wireless/reg.c), and in addition refuses a country that is listed twice.
struct RegulatoryFile {
    private let bytes: [UInt8]

    static let magic: UInt32 = 0x5247_4442
    static let version: UInt32 = 20

    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Every country with its rules, in the file's order.
    func countries() throws(RegulatoryDatabaseError) -> [CountryRules] {
        let magic = try word(at: 0, of: .header)
        guard magic == Self.magic else { throw .badMagic(found: magic) }
        let version = try word(at: 4, of: .header)
        guard version == Self.version else { throw .unsupportedVersion(found: version) }

        var countries: [CountryRules] = []
        var seen: Set<CountryCode> = []
        var offset = 8
        while try word(at: offset, of: .countryTable) != 0 {
            let first = try byte(at: offset, of: .countryTable)
            let second = try byte(at: offset + 1, of: .countryTable)
            guard let country = CountryCode(ascii: first, second) else {
                throw .badCountry(offset: offset, found: [first, second])
            }
            guard seen.insert(country).inserted else { throw .duplicateCountry(country, offset: offset) }
            let place = try pointer(at: offset + 2, of: .countryTable)
            countries.append(try collection(at: place, for: country))
            offset += 4
        }
        return countries
    }

    private func collection(
        at offset: Int, for country: CountryCode
    ) throws(RegulatoryDatabaseError) -> CountryRules {
        let part = RegulatoryDatabaseError.Part.collection(country)
        let length = Int(try byte(at: offset, of: part))
        guard length >= 3 else { throw .tooShort(part: part, offset: offset, length: length, minimum: 3) }
        let count = Int(try byte(at: offset + 1, of: part))
        // A number of the future means a region whose procedure isn't known: none, as Linux has it.
        let dfsRegion = DFSRegion(rawValue: try byte(at: offset + 2, of: part)) ?? .unset
        let array = offset + (length + 1) / 2 * 2
        var rules: [FrequencyRule] = []
        rules.reserveCapacity(count)
        for index in 0..<count {
            let place = try pointer(at: array + 2 * index, of: part)
            rules.append(try rule(at: place, number: index + 1, for: country))
        }
        return CountryRules(country: country, dfsRegion: dfsRegion, rules: rules)
    }

    private func rule(
        at offset: Int, number: Int, for country: CountryCode
    ) throws(RegulatoryDatabaseError) -> FrequencyRule {
        let part = RegulatoryDatabaseError.Part.rule(number, country)
        let length = Int(try byte(at: offset, of: part))
        guard length >= 16 else { throw .tooShort(part: part, offset: offset, length: length, minimum: 16) }
        let rule = FrequencyRule(
            startKHz: try word(at: offset + 4, of: part),
            endKHz: try word(at: offset + 8, of: part),
            maxBandwidthKHz: try word(at: offset + 12, of: part),
            maxEIRP: EIRP(hundredthsOfDBm: Int(try half(at: offset + 2, of: part))),
            flags: RuleFlags(rawValue: try byte(at: offset + 1, of: part)),
            cacTimeoutSeconds: length >= 18 ? try half(at: offset + 16, of: part) : nil,
            wmm: length >= 20
                ? try wmm(at: try pointer(at: offset + 18, of: part), ofRule: number, for: country) : nil)
        if let fault = rule.fault { throw .unsoundRule(part: part, offset: offset, fault: fault) }
        return rule
    }

    private func wmm(
        at offset: Int, ofRule number: Int, for country: CountryCode
    ) throws(RegulatoryDatabaseError) -> [WMMEntry] {
        let part = RegulatoryDatabaseError.Part.accessParameters(rule: number, country)
        var entries: [WMMEntry] = []
        for index in 0..<8 {
            let place = offset + 4 * index
            let exponents = try byte(at: place, of: part)
            let entry = WMMEntry(
                minimumWindowExponent: exponents >> 4, maximumWindowExponent: exponents & 15,
                aifsn: try byte(at: place + 1, of: part), occupancyTime: try half(at: place + 2, of: part))
            guard entry.minimumWindowExponent < entry.maximumWindowExponent, entry.aifsn >= 1 else {
                throw .unsoundRule(
                    part: part, offset: place,
                    fault: """
                        entry \(index + 1) has windows 2^\(entry.minimumWindowExponent) to \
                        2^\(entry.maximumWindowExponent) and \(entry.aifsn) arbitration slots
                        """)
            }
            entries.append(entry)
        }
        return entries
    }

    // MARK: - Reads, each one checked

    private func byte(at offset: Int, of part: RegulatoryDatabaseError.Part) throws(RegulatoryDatabaseError)
        -> UInt8
    {
        guard bytes.indices.contains(offset) else {
            throw .truncated(part: part, offset: offset, size: bytes.count)
        }
        return bytes[offset]
    }

    private func half(at offset: Int, of part: RegulatoryDatabaseError.Part) throws(RegulatoryDatabaseError)
        -> UInt16
    {
        let high = try byte(at: offset, of: part)
        return UInt16(high) << 8 | UInt16(try byte(at: offset + 1, of: part))
    }

    private func word(at offset: Int, of part: RegulatoryDatabaseError.Part) throws(RegulatoryDatabaseError)
        -> UInt32
    {
        let high = try half(at: offset, of: part)
        return UInt32(high) << 16 | UInt32(try half(at: offset + 2, of: part))
    }

    private func pointer(at offset: Int, of part: RegulatoryDatabaseError.Part)
        throws(RegulatoryDatabaseError) -> Int
    {
        Int(try half(at: offset, of: part)) * 4
    }
}

/// Why bytes are no usable `regulatory.db`. Offsets count from the start of the file.
public enum RegulatoryDatabaseError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A structure of the file.
    public enum Part: Hashable, Sendable, CustomStringConvertible {
        case header
        case countryTable
        case collection(CountryCode)
        /// Rules of a country count from 1.
        case rule(Int, CountryCode)
        case accessParameters(rule: Int, CountryCode)

        public var description: String {
            switch self {
            case .header: "the header"
            case .countryTable: "the country table"
            case .collection(let country): "the rule collection of \(country)"
            case .rule(let number, let country): "rule \(number) of \(country)"
            case .accessParameters(let rule, let country):
                "the set of access parameters of rule \(rule) of \(country)"
            }
        }
    }

    case badMagic(found: UInt32)
    case unsupportedVersion(found: UInt32)
    case truncated(part: Part, offset: Int, size: Int)
    case tooShort(part: Part, offset: Int, length: Int, minimum: Int)
    case badCountry(offset: Int, found: [UInt8])
    case duplicateCountry(CountryCode, offset: Int)
    case unsoundRule(part: Part, offset: Int, fault: String)

    public var description: String {
        switch self {
        case .badMagic(let found):
            """
            Not a regulatory database: it begins with \(Wording.address(found)) instead of \
            \(Wording.address(RegulatoryFile.magic)) (RGDB). Install the package wireless-regdb again.
            """
        case .unsupportedVersion(let found):
            """
            The regulatory database has format version \(found); version \(RegulatoryFile.version) is understood. \
            Install a wireless-regdb of that format.
            """
        case .truncated(let part, let offset, let size):
            """
            The regulatory database is damaged: \(part) should go on at offset \(Self.hex(offset)), but the file \
            has \(size) bytes. Install the package wireless-regdb again.
            """
        case .tooShort(let part, let offset, let length, let minimum):
            """
            The regulatory database is damaged: \(part) at offset \(Self.hex(offset)) says it has \
            \(Wording.counted(length, "byte")); at least \(minimum) are needed. Install the package wireless-regdb again.
            """
        case .badCountry(let offset, let found):
            """
            The regulatory database is damaged: the country table has \(Wording.quoted(found)) at offset \
            \(Self.hex(offset)), where two letters belong. Install the package wireless-regdb again.
            """
        case .duplicateCountry(let country, let offset):
            """
            The regulatory database is damaged: country \(country) is listed twice, the second time at offset \
            \(Self.hex(offset)). Install the package wireless-regdb again.
            """
        case .unsoundRule(let part, let offset, let fault):
            """
            The regulatory database is damaged: \(part) at offset \(Self.hex(offset)) cannot be: \(fault). \
            Install the package wireless-regdb again.
            """
        }
    }

    private static func hex(_ offset: Int) -> String {
        "0x" + String(offset, radix: 16)
    }
}
