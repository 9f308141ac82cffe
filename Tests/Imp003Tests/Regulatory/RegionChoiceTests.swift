import Foundation
import Testing

@testable import Imp003

@Suite struct RegionChoiceTests {
    let database: RegulatoryDatabase

    init() throws {
        database = try .shipped()
    }

    func countries(_ text: String) throws -> [CountryCode] {
        try text.split(separator: " ").map { try CountryCode(parsing: $0) }
    }

    static let markets: [(markets: String, region: RegionCode)] = [
        ("US", .us), ("GB", .gb), ("DE FR NL", .gb), ("JP", .gb), ("MY", .gb), ("PR", .us), ("CA", .us),
        ("US CA", .us),
        ("CA GB", .us), ("DE PR", .us), ("00", .us), ("GB 00", .us), ("TG", .gb), ("PK JP MY", .gb),
        ("DE DE", .gb),
    ]

    @Test(arguments: markets)
    func derived(markets: String, region: RegionCode) throws {
        #expect(try database.derivedRegion(for: countries(markets)) == region)
    }

    @Test(arguments: RegulatoryFactsTests.elevenOnly)
    func theFifteenNeverGetThirteenChannels(territory: String) throws {
        let territory = try CountryCode(parsing: territory)
        #expect(try database.derivedRegion(for: [territory]) == .us)
        for other in database.countries {
            #expect(try database.derivedRegion(for: [other.country, territory]) == .us)
        }
        #expect(database.findings(region: .gb, countries: [territory]).first?.code == "RG002")
        #expect(!database.findings(region: .us, countries: [territory]).hasErrors)
    }

    /// Whatever is derived, alone or for any two markets, is itself found legal.
    @Test func derivedRegionsHaveNoErrors() throws {
        let all = database.countries.map(\.country)
        for (index, first) in all.enumerated() {
            for second in all[index...].prefix(12) {
                let region = try database.derivedRegion(for: [first, second])
                let findings = database.findings(region: region, countries: [first, second])
                if findings.hasErrors || findings.contains(where: { $0.code == "RG005" }) {
                    Issue.record("\(first) \(second): \(findings)")
                }
            }
        }
    }

    @Test func reasonsAreGiven() throws {
        let mixed = try database.derivation(for: countries("PR DE CA"))
        #expect(mixed.limiting.map(\.country.text) == ["CA", "PR"])
        #expect(mixed.commonChannels == .oneToEleven)
        #expect(
            mixed.description == """
                0x00005355 (US, channels 1-11): CA has this region by the vendor's assignment; PR permits channels 1-11 only.
                """)
        let wide = try database.derivation(for: countries("DE JP"))
        #expect(wide.limiting.isEmpty)
        #expect(wide.description == "0x00004247 (GB, channels 1-13): every market permits these channels.")
        let json = try JSONEncoder().encode(mixed)
        #expect(try JSONDecoder().decode(RegionDerivation.self, from: json) == mixed)
    }

    @Test func nothingToDeriveFrom() throws {
        #expect(throws: RegionError.noCountries) { try database.derivedRegion(for: []) }
        #expect(throws: RegionError.self) { try database.derivedRegion(for: countries("DE UK")) }
        let narrow = RegulatoryDatabase(
            source: .shipped(dated: "made up"),
            countries: [
                CountryRules(
                    country: try CountryCode(parsing: "ZZ"), dfsRegion: .unset,
                    rules: [
                        FrequencyRule(
                            startKHz: 2_402_000, endKHz: 2_442_000, maxBandwidthKHz: 20_000,
                            maxEIRP: EIRP(hundredthsOfDBm: 1000))
                    ])
            ])
        let error = try #require(throws: RegionError.self) { try narrow.derivedRegion(for: countries("ZZ")) }
        #expect(error == .noRegionFits(countries: try countries("ZZ"), permitted: [1, 2, 3, 4, 5]))
        #expect(error.description.contains("ZZ") && error.description.contains("1-5"))
    }

    static let checks: [(region: RegionCode, markets: String, codes: String)] = [
        (.gb, "DE JP", ""), (.us, "US CA PR", ""), (.us, "DE", "RG008"), (.us, "DE US", ""),
        (.gb, "US DE PR", "RG002"),
        (.gb, "00", "RG003"), (.gb, "CA", "RG005"), (.gb, "TG", "RG006"), (.gb, "EG UA", "RG007"),
        (.gb, "UK", "RG001"),
        (.gb, "UK US 00 CA TG EG", "RG001 RG002 RG003 RG005 RG006 RG007"), (.us, "", "RG009"),
        (.us, "TG", "RG006 RG008"),
    ]

    @Test(arguments: checks)
    func findings(region: RegionCode, markets: String, codes: String) throws {
        let findings = database.findings(region: region, countries: try countries(markets))
        #expect(findings.map(\.code).joined(separator: " ") == codes)
    }

    @Test func findingNamesChannelsAndCountries() throws {
        let findings = database.findings(region: .gb, countries: try countries("US DE PR"))
        let message = try #require(findings.first?.message)
        for part in ["0x00004247", "12-13", "PR and US", "0x00005355"] {
            #expect(message.contains(part), "\(message)")
        }
        #expect(!message.contains("DE"))
    }

    /// A rate restriction inside a region can only come from another release of the database.
    @Test func ratesAreHeldToo() throws {
        let country = try CountryCode(parsing: "ZZ")
        let restricted = RegulatoryDatabase(
            source: .shipped(dated: "made up"),
            countries: [
                CountryRules(
                    country: country, dfsRegion: .unset,
                    rules: [
                        FrequencyRule(
                            startKHz: 2_402_000, endKHz: 2_472_000, maxBandwidthKHz: 40_000,
                            maxEIRP: EIRP(hundredthsOfDBm: 2000)),
                        FrequencyRule(
                            startKHz: 2_457_000, endKHz: 2_482_000, maxBandwidthKHz: 20_000,
                            maxEIRP: EIRP(hundredthsOfDBm: 1000), flags: .noOFDM),
                    ])
            ])
        #expect(restricted.findings(region: .gb, countries: [country]).map(\.code) == ["RG004"])
        #expect(try restricted.derivedRegion(for: [country]) == .us)
        #expect(try restricted.worstCaseEIRP(in: [country], on: .oneToEleven)?.eirp.hundredthsOfDBm == 2000)
        let worst = try restricted.worstCaseEIRP(in: [country], on: .oneToThirteen)
        #expect(worst?.eirp.hundredthsOfDBm == 1000 && worst?.channel == 12)
    }

    @Test func worstPower() throws {
        let worst = try #require(try database.worstCaseEIRP(in: countries("US MY DE CA"), on: .oneToEleven))
        #expect(worst.description == "20.00 dBm (DE, channel 1)")
        #expect(try database.worstCaseEIRP(in: countries("US MY"), on: .oneToThirteen)?.country.text == "MY")
        #expect(try database.worstCaseEIRP(in: countries("US"), on: [12, 13]) == nil)
        #expect(throws: RegionError.noCountries) { try database.worstCaseEIRP(in: [], on: .all) }
    }

    @Test func vendorTableNamesKnownCountriesOnce() throws {
        let listed = try VendorAssignment.table.map { try CountryCode(parsing: $0.country) }
        #expect(Set(listed).count == listed.count)
        for country in listed {
            #expect(database.contains(country))
            // The assignment must itself be legal, or the preference would be a trap.
            let region = try #require(VendorAssignment.region(for: country))
            #expect(try region.channels.isSubset(of: database.rules(for: country).unrestrictedChannels))
        }
    }
}
