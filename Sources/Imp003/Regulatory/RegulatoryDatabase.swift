import ContentAddress

/// What may be transmitted where: the wireless regulatory database that Linux itself goes by.
///
/// It comes from the binary file of the package `wireless-regdb`, all bounds checked, or, where that is not
/// installed, from a dated table of the same 2.4 GHz facts that ships inside the program.
public struct RegulatoryDatabase: Sendable {
    /// Where the rules came from; goes into the record of each run.
    public enum Source: Hashable, Sendable, CustomStringConvertible {
        /// An installed file.
        case file(path: String, sha256: SHA256Digest)
        /// Bytes handed over without a name.
        case bytes(sha256: SHA256Digest)
        /// The table inside the program, with the date of the release it was made from. 2.4 GHz only.
        case shipped(dated: String)

        public var description: String {
            switch self {
            case .file(let path, let sha256): "\(path) (SHA-256 \(sha256.hex))"
            case .bytes(let sha256): "regulatory database with SHA-256 \(sha256.hex)"
            case .shipped(let dated): "shipped table of wireless-regdb \(dated), 2.4 GHz only"
            }
        }
    }

    public let source: Source
    /// Ascending by code, each country once.
    public let countries: [CountryRules]
    private let places: [CountryCode: Int]

    /// - Parameter countries: each country once, in any order.
    init(source: Source, countries: [CountryRules]) {
        self.source = source
        let sorted = countries.sorted { $0.country < $1.country }
        self.countries = sorted
        places = Dictionary(
            sorted.enumerated().map { ($0.element.country, $0.offset) },
            uniquingKeysWith: { first, _ in first })
    }

    /// Reads the bytes of a `regulatory.db`.
    /// - Parameters:
    ///   - binary: the whole file.
    ///   - path: where it was found, for the record; nil when it has no name.
    /// - Throws: `RegulatoryDatabaseError`; never traps, whatever the bytes.
    public init(binary: [UInt8], path: String? = nil) throws(RegulatoryDatabaseError) {
        let digest = SHA256Digest(of: binary)
        self.init(
            source: path.map { .file(path: $0, sha256: digest) } ?? .bytes(sha256: digest),
            countries: try RegulatoryFile(bytes: binary).countries())
    }

    /// Whether there are rules for `country`.
    public func contains(_ country: CountryCode) -> Bool {
        places[country] != nil
    }

    /// The rules for `country`.
    /// - Throws: `RegionError.unknownCountry`, with the codes that were perhaps meant.
    public func rules(for country: CountryCode) throws(RegionError) -> CountryRules {
        guard let place = places[country] else {
            throw .unknownCountry(country, suggestions: nearMisses(of: country))
        }
        return countries[place]
    }

    /// Known countries whose code somebody may have meant, likeliest first, five at most.
    ///
    /// A common other name comes first, then swapped letters, then a slip to a neighbouring key; failing all
    /// these, codes with the same first letter.
    func nearMisses(of country: CountryCode) -> [CountryCode] {
        var likely: [CountryCode] = []
        if let alias = CountryAlias.code(for: country.text) {
            likely += countries.map(\.country).filter { $0.text == alias }
        }
        let close = countries.map(\.country).filter { $0.distance(to: country) == 1 && !likely.contains($0) }
        likely += close.filter { $0.text == String(country.text.reversed()) }
        if likely.isEmpty {
            likely = close.filter { Keyboard.isSlip(from: country.text, to: $0.text) }
        }
        if likely.isEmpty {
            likely = close.filter { $0.text.first == country.text.first }
        }
        return Array(likely.prefix(5))
    }
}

extension RegulatoryDatabase: CustomStringConvertible {
    /// The source, and how many countries it covers.
    public var description: String { "\(source), \(Wording.counted(countries.count, "set")) of rules" }
}

/// Which letters lie side by side on a QWERTY keyboard. Data for suggestions only.
private enum Keyboard {
    static let rows = ["QWERTYUIOP", "ASDFGHJKL", "ZXCVBNM"]

    /// True when the two texts differ in one place, by a key and its neighbour in the same row.
    static func isSlip(from written: String, to meant: String) -> Bool {
        let differing = zip(written, meant).filter { $0 != $1 }
        guard differing.count == 1, let (typed, wanted) = differing.first else { return false }
        return rows.contains { row in
            zip(row, row.dropFirst()).contains {
                ($0 == typed && $1 == wanted) || ($0 == wanted && $1 == typed)
            }
        }
    }
}

/// Why a question about countries and regions has no answer.
public enum RegionError: Error, Hashable, Sendable, CustomStringConvertible {
    case noCountries
    case unknownCountry(CountryCode, suggestions: [CountryCode])
    /// No region of an imp003 keeps within what all of them permit.
    case noRegionFits(countries: [CountryCode], permitted: ChannelSet)

    public var description: String {
        switch self {
        case .noCountries:
            return
                "No market is given: list at least one country, such as DE, so that a region can be derived."
        case .unknownCountry(let country, _) where country.text == "EU":
            return """
                EU is not a country in the regulatory database: list each member state that the product is sold in, \
                such as DE, FR, NL.
                """
        case .unknownCountry(let country, let suggestions):
            let hint = suggestions.isEmpty ? "" : " Did you mean \(Wording.list(suggestions, joining: "or"))?"
            return """
                No radio rules are known for country \(country).\(hint) Write the code of ISO 3166-1, or leave the \
                country out of the markets.
                """
        case .noRegionFits(let countries, let permitted):
            let regions = RegionCode.allCases.map(\.description).joined(separator: " and ")
            return """
                No region of an imp003 suits \(Wording.list(countries)) together: all of them permit only channels \
                \(permitted), the regions are \(regions). Split the markets over several SKUs.
                """
        }
    }
}
