import ContentAddress

/// The compact, dated text table of 2.4 GHz rules that ships inside the program for machines without
/// `wireless-regdb`.
///
/// ```
/// dated 2026.05.30
/// package wireless-regdb 2026.05.30-1~deb12u1
/// sha256 2fb3…
/// ETSI 2402000-2482000@40000=2000 2474000-2494000@20000=2000+NO-OFDM:
///   JP
/// ```
/// After the head, one group of countries with the same rules each: radar region, rules in order
/// (`start-end@bandwidth` in kHz, `=` EIRP in hundredths of a dBm, `+` flags), a colon, and indented lines of
/// countries. `#` begins a comment line.
public struct RegulatoryTable: Hashable, Sendable {
    /// Release of the database that the facts are from: `2026.05.30`.
    public let dated: String
    /// The package that the file came in, with its version.
    public let package: String
    /// Of the binary file that the table was made from.
    public let sha256: SHA256Digest
    /// Only rules that touch 2400 to 2500 MHz, without access parameters.
    public let countries: [CountryRules]

    /// Takes the 2.4 GHz facts out of a full database.
    /// - Parameters:
    ///   - dated: release date of the database, as in its package's version.
    ///   - package: name and version of the package.
    /// - Returns: nil when `database` was not read from a binary file, so that no table is made from a table.
    public init?(of database: RegulatoryDatabase, dated: String, package: String) {
        switch database.source {
        case .file(_, let sha256), .bytes(let sha256): self.sha256 = sha256
        case .shipped: return nil
        }
        self.dated = dated
        self.package = package
        countries = database.countries.map(Self.kept)
    }

    /// What a table keeps of a country: its 2.4 GHz rules.
    public static func kept(of rules: CountryRules) -> CountryRules {
        CountryRules(
            country: rules.country, dfsRegion: rules.dfsRegion,
            rules: rules.rules24GHz.map { rule in
                FrequencyRule(
                    startKHz: rule.startKHz, endKHz: rule.endKHz, maxBandwidthKHz: rule.maxBandwidthKHz,
                    maxEIRP: rule.maxEIRP, flags: rule.flags)
            })
    }

    /// The table as text, ready to be shipped. Reading it again gives the same table.
    public var text: String {
        var groups: [(head: String, countries: [CountryCode])] = []
        for country in countries {
            let head = ([country.dfsRegion.description] + country.rules.map(Self.text(of:))).joined(
                separator: " ")
            if let place = groups.firstIndex(where: { $0.head == head }) {
                groups[place].countries.append(country.country)
            } else {
                groups.append((head, [country.country]))
            }
        }
        var lines = [
            "# 2.4 GHz rules, made from the binary regulatory database; not written by hand.",
            "dated \(dated)", "package \(package)", "sha256 \(sha256.hex)",
        ]
        for group in groups {
            lines.append(group.head + ":")
            for start in stride(from: 0, to: group.countries.count, by: 24) {
                let row = group.countries[start..<min(start + 24, group.countries.count)]
                lines.append("  " + row.map(\.text).joined(separator: " "))
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func text(of rule: FrequencyRule) -> String {
        let flags = RuleFlags.names.filter { rule.flags.contains($0.flag) }.map { "+" + $0.name }.joined()
        return
            "\(rule.startKHz)-\(rule.endKHz)@\(rule.maxBandwidthKHz)=\(rule.maxEIRP.hundredthsOfDBm)\(flags)"
    }
}

extension RegulatoryTable {
    /// Reads the text form.
    public init(parsing text: some StringProtocol) throws(RegulatoryTableError) {
        var head: [String: String] = [:]
        var group: (dfsRegion: DFSRegion, rules: [FrequencyRule])?
        var countries: [CountryRules] = []
        var seen: Set<CountryCode> = []
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let number = index + 1
            if line.isEmpty || line.first == "#" { continue }
            if line.first == " " {
                guard let group else {
                    throw .malformed(line: number, expected: "a line of rules before countries")
                }
                for word in line.split(separator: " ") {
                    guard let country = try? CountryCode(parsing: word), seen.insert(country).inserted else {
                        throw .malformed(line: number, expected: "country codes, each once in the table")
                    }
                    countries.append(
                        CountryRules(country: country, dfsRegion: group.dfsRegion, rules: group.rules))
                }
            } else if line.last == ":" {
                group = try Self.group(line.dropLast(), line: number)
            } else {
                let words = line.split(separator: " ", maxSplits: 1)
                guard words.count == 2, head.updateValue(String(words[1]), forKey: String(words[0])) == nil
                else {
                    throw .malformed(line: number, expected: "a name and a value, each name once")
                }
            }
        }
        guard let dated = head["dated"], let package = head["package"],
            let sha256 = head["sha256"].flatMap({ SHA256Digest(hex: $0) })
        else { throw .incompleteHead }
        guard !countries.isEmpty else { throw .noCountries }
        self.dated = dated
        self.package = package
        self.sha256 = sha256
        self.countries = countries.sorted { $0.country < $1.country }
    }

    private static func group(
        _ text: some StringProtocol, line: Int
    ) throws(RegulatoryTableError) -> (DFSRegion, [FrequencyRule]) {
        let words = text.split(separator: " ")
        guard let name = words.first, let region = DFSRegion.allCases.first(where: { $0.description == name })
        else {
            throw .malformed(line: line, expected: "FCC, ETSI, JP or - before the rules")
        }
        var rules: [FrequencyRule] = []
        for word in words.dropFirst() {
            guard let rule = rule(word) else {
                throw .malformed(line: line, expected: "rules such as 2402000-2482000@40000=2000+NO-IR")
            }
            rules.append(rule)
        }
        return (region, rules)
    }

    private static func rule(_ word: some StringProtocol) -> FrequencyRule? {
        let parts = word.split(separator: "+")
        guard let numbers = parts.first?.split(whereSeparator: { "-@=".contains($0) }), numbers.count == 4,
            let start = UInt32(numbers[0]), let end = UInt32(numbers[1]), let bandwidth = UInt32(numbers[2]),
            let power = UInt16(numbers[3])
        else { return nil }
        var flags: RuleFlags = []
        for part in parts.dropFirst() {
            guard let flag = RuleFlags.names.first(where: { $0.name == part })?.flag else { return nil }
            flags.insert(flag)
        }
        let rule = FrequencyRule(
            startKHz: start, endKHz: end, maxBandwidthKHz: bandwidth,
            maxEIRP: EIRP(hundredthsOfDBm: Int(power)),
            flags: flags)
        return rule.fault == nil ? rule : nil
    }

    /// The table inside the program.
    public static func shipped() throws(RegulatoryTableError) -> RegulatoryTable {
        try RegulatoryTable(parsing: String(decoding: PackageResources.regulatory24_txt, as: UTF8.self))
    }
}

extension RegulatoryDatabase {
    /// - Parameter table: 2.4 GHz facts with their date.
    public init(table: RegulatoryTable) {
        self.init(source: .shipped(dated: table.dated), countries: table.countries)
    }

    /// The dated table inside the program, as a database.
    public static func shipped() throws(RegulatoryTableError) -> RegulatoryDatabase {
        RegulatoryDatabase(table: try RegulatoryTable.shipped())
    }
}

/// Why a text is no regulatory table. Lines count from 1.
public enum RegulatoryTableError: Error, Hashable, Sendable, CustomStringConvertible {
    case malformed(line: Int, expected: String)
    case incompleteHead
    case noCountries

    public var description: String {
        switch self {
        case .malformed(let line, let expected):
            "The regulatory table is damaged in line \(line): expected \(expected). Make it again from the package wireless-regdb."
        case .incompleteHead:
            "The regulatory table lacks its date, package or SHA-256. Make it again from the package wireless-regdb."
        case .noCountries:
            "The regulatory table lists no country. Make it again from the package wireless-regdb."
        }
    }
}
