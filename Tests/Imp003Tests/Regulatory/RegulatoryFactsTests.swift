import Testing

@testable import Imp003

/// The facts themselves, from the shipped table; where the package is installed, `RegulatoryTableTests` shows that
/// its file says the same.
@Suite struct RegulatoryFactsTests {
    let database: RegulatoryDatabase

    init() throws {
        database = try .shipped()
    }

    func rules(_ country: String) throws -> CountryRules {
        try database.rules(for: CountryCode(parsing: country))
    }

    /// Territories that permit channels 1 to 11 only.
    static let elevenOnly = [
        "US", "AS", "BM", "DM", "DO", "FM", "GD", "GU", "HT", "MH", "MP", "NI", "PR", "PW", "VI",
    ]

    @Test func countriesByChannels() {
        var byChannels: [String: [String]] = [:]
        for country in database.countries {
            byChannels[country.permittedChannels.description, default: []].append(country.country.text)
        }
        #expect(byChannels["1-11"] == Self.elevenOnly.sorted())
        #expect(byChannels["1-13"]?.count == 163)
        #expect(byChannels["1-14"] == ["00", "JP", "MY", "PK"])
        #expect(byChannels.count == 3)
    }

    static let powers: [(country: String, hundredths: Int)] = [
        ("US", 3000), ("CA", 3602), ("AU", 3602), ("HK", 3600), ("NZ", 3600), ("PA", 3600), ("CR", 3600),
        ("BR", 3000),
        ("EC", 3000), ("KY", 3000), ("TW", 3000), ("KE", 3301), ("MY", 2698), ("GT", 2698), ("ID", 2698),
        ("SG", 2301),
        ("VN", 2301), ("KR", 2300), ("DE", 2000), ("GB", 2000), ("CN", 2000), ("JP", 2000), ("PK", 3000),
    ]

    @Test(arguments: powers)
    func power(country: String, hundredths: Int) throws {
        #expect(try rules(country).use(of: 6)?.maxEIRP.hundredthsOfDBm == hundredths)
    }

    @Test func conditions() throws {
        let indoors = database.countries.filter { $0.use(of: 1)?.noOutdoor == true }.map(\.country.text)
        #expect(indoors == ["EG", "ID", "OM", "QA", "SY", "UA"])
        #expect(database.countries.filter { $0.use(of: 1)?.dfs == true }.map(\.country.text) == ["TG"])
        let world = try rules("00")
        #expect(world.activeChannels == .oneToEleven && world.unrestrictedChannels == .oneToEleven)
        #expect(world.use(of: 12)?.conditions == ["NO-IR"])
        #expect(world.use(of: 14)?.conditions == ["NO-IR", "NO-OFDM"])
        let japan = try rules("JP")
        #expect(japan.activeChannels == .all && japan.unrestrictedChannels == .oneToThirteen)
        #expect(japan.use(of: 14)?.description == "channel 14, 2484 MHz, 20.00 dBm, NO-OFDM")
        #expect(try rules("US").use(of: 12) == nil)
        #expect(try rules("KP").unrestrictedChannels == .oneToThirteen)
    }

    /// A channel needs 20 MHz wholly inside one rule that permits 20 MHz.
    @Test(arguments: [
        (2_402_000, 2_422_000, 20_000, "1"), (2_402_001, 2_422_000, 20_000, "none"),
        (2_402_000, 2_421_999, 20_000, "none"),
        (2_400_000, 2_483_500, 10_000, "none"), (2_400_000, 2_483_500, 20_000, "1-13"),
        (2_473_999, 2_494_001, 20_000, "14"),
        (2_474_001, 2_494_000, 19_999, "none"), (5_150_000, 5_350_000, 80_000, "none"),
    ])
    func channelsMustFit(start: UInt32, end: UInt32, bandwidth: UInt32, channels: String) throws {
        let rule = FrequencyRule(
            startKHz: start, endKHz: end, maxBandwidthKHz: bandwidth, maxEIRP: EIRP(hundredthsOfDBm: 2000))
        let rules = CountryRules(country: .world, dfsRegion: .unset, rules: [rule])
        #expect(rules.permittedChannels.description == channels)
    }

    @Test func firstRuleThatFitsDecides() {
        let rules = [(2_402_000, 2_472_000, 2000), (2_402_000, 2_482_000, 1000)].map {
            (start: UInt32, end: UInt32, power: Int) in
            FrequencyRule(
                startKHz: start, endKHz: end, maxBandwidthKHz: 20_000, maxEIRP: EIRP(hundredthsOfDBm: power))
        }
        let country = CountryRules(country: .world, dfsRegion: .unset, rules: rules)
        #expect(country.use(of: 11)?.maxEIRP.hundredthsOfDBm == 2000)
        #expect(country.use(of: 12)?.maxEIRP.hundredthsOfDBm == 1000)
    }

    @Test func neighbouringRulesAreNotJoined() {
        let rules = [(2_402_000, 2_450_000), (2_450_000, 2_482_000)].map { (start: UInt32, end: UInt32) in
            FrequencyRule(
                startKHz: start, endKHz: end, maxBandwidthKHz: 20_000, maxEIRP: EIRP(hundredthsOfDBm: 2000),
                flags: .autoBandwidth)
        }
        let country = CountryRules(country: .world, dfsRegion: .unset, rules: rules)
        // 2440 to 2460 MHz hold the edge for channels 7 to 10.
        #expect(country.permittedChannels.description == "1-6,11-13")
    }

    @Test func radarRegions() {
        let counts = DFSRegion.allCases.map { region in database.countries.count { $0.dfsRegion == region } }
        #expect(counts == [8, 59, 106, 9])
    }

    @Test func unknownCountriesGetNearMisses() throws {
        func suggestions(_ text: String) throws -> [String] {
            do {
                _ = try database.rules(for: CountryCode(parsing: text))
                return ["known"]
            } catch let RegionError.unknownCountry(country, suggestions) {
                #expect(country.text == text)
                return suggestions.map(\.text)
            }
        }
        #expect(try suggestions("UK") == ["GB"])
        #expect(try suggestions("SW") == ["SE", "WS"])
        #expect(try suggestions("DR").contains("DE"))
        #expect(try suggestions("ZZ").allSatisfy { $0.first == "Z" })
        #expect(try suggestions("XX").count <= 5)
        let error = try #require(throws: RegionError.self) {
            try database.rules(for: CountryCode(parsing: "UK"))
        }
        #expect(error.description.contains("UK") && error.description.contains("Did you mean GB?"))
        let union = try #require(throws: RegionError.self) {
            try database.rules(for: CountryCode(parsing: "EU"))
        }
        #expect(union.description.contains("each member state"))
    }

    @Test func powerReadsAsDecimals() {
        #expect(EIRP(hundredthsOfDBm: 3602).description == "36.02 dBm")
        #expect(EIRP(hundredthsOfDBm: -5).description == "-0.05 dBm")
        #expect(EIRP(hundredthsOfDBm: 0).description == "0.00 dBm")
    }
}
