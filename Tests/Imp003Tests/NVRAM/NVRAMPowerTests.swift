import Foundation
import Testing

@testable import Imp003

@Suite struct NVRAMPowerTests {
    let database: RegulatoryDatabase

    init() throws {
        database = try .shipped()
    }

    func findings(
        power: String, gain: String, markets: String, region: RegionCode
    ) throws -> [Finding] {
        let countries = try markets.split(separator: " ").map { try CountryCode(parsing: $0) }
        let text = SoundImage.text(["maxp2ga0": power, "ag0": gain, "ccode": region.ccode])
        return NVRAMImage(text: text)
            .findings(NVRAMRequirements(region: region, countries: countries, database: database))
    }

    static let cases: [(power: String, gain: String, markets: String, region: RegionCode, code: String)] = [
        ("72", "2", "DE", .gb, ""), ("73", "2", "DE", .gb, "NV035"), ("78", "2", "US CA", .us, ""),
        ("78", "2", "US DE", .us, "NV035"), ("0x46", "2", "DE", .gb, ""), ("80", "0", "JP", .gb, ""),
        ("81", "0", "JP", .gb, "NV035"),
        ("80", "0x3F", "DE", .gb, ""), ("84", "0x3F", "DE", .gb, ""), ("85", "0x3F", "DE", .gb, "NV035"),
        ("80", "0x40", "DE", .gb, "NV035"), ("79", "0x40", "DE", .gb, ""), ("78", "0xFF", "DE", .gb, "NV036"),
        ("100", "2", "MY", .gb, "NV035"), ("99", "2", "MY", .gb, ""), ("78", "2", "UK", .gb, "NV037"),
        ("78", "2", "", .gb, ""),
    ]

    @Test(arguments: cases)
    func heldAgainstTheWorstMarket(
        power: String, gain: String, markets: String, region: RegionCode, code: String
    ) throws {
        let findings = try findings(power: power, gain: gain, markets: markets, region: region)
        #expect(findings.map(\.code) == (code.isEmpty ? [] : [code]))
    }

    @Test func sentenceCarriesTheSum() throws {
        let finding = try #require(try findings(power: "78", gain: "2", markets: "DE US", region: .us).first)
        #expect(
            finding.severity == .warning && finding.key == "maxp2ga0"
                && finding.line == SoundImage.line(of: "maxp2ga0"))
        for part in ["19.50 dBm", "2.00 dBi", "21.50 dBm", "20.00 dBm", "DE", "maxp2ga0 to 72"] {
            #expect(finding.message.contains(part), "\(finding.message)")
        }
    }

    /// Low six bits signed whole dBi, high two bits quarters.
    @Test(arguments: [
        (0, 0), (2, 8), (0x1F, 124), (0x3F, -4), (0x20, -128), (0x42, 9), (0xC2, 11), (0xFE, -5),
    ])
    func gain(raw: Int, quarters: Int) {
        #expect(NVRAMImage.quarterDecibels(ofGain: raw) == quarters)
    }
}

@Suite struct ShippedNVRAMTests {
    static let images: [(file: String, region: RegionCode, markets: String)] = [
        ("bcm43362-us.txt", .us, "US PR CA"), ("bcm43362-gb.txt", .gb, "DE FR NL JP MY GB"),
    ]

    @Test(arguments: images)
    func demoImagesHaveNoFinding(file: String, region: RegionCode, markets: String) throws {
        let data = try Data(contentsOf: projectFolder.appendingPathComponent("stations/demo/nvram/\(file)"))
        let countries = try markets.split(separator: " ").map { try CountryCode(parsing: $0) }
        let database = try RegulatoryDatabase.shipped()
        #expect(try database.derivedRegion(for: countries) == region)
        let image = NVRAMImage(bytes: Array(data))
        #expect(
            image.findings(NVRAMRequirements(region: region, countries: countries, database: database)) == [])
        #expect(image.dropped.isEmpty)
        #expect(try (400...800).contains(image.packed().bytes.count))
        let other = RegionCode.allCases.first { $0 != region }
        #expect(image.findings(NVRAMRequirements(region: other)).map(\.code) == ["NV030"])
    }

    @Test func documentListsEveryFinding() throws {
        let page = try String(
            contentsOf: projectFolder.appendingPathComponent("docs/nvram.md"), encoding: .utf8)
        let rows = page.split(separator: "\n").filter { $0.hasPrefix("| NV") }
        #expect(rows.count == NVRAMFindingCode.allCases.count)
        for code in NVRAMFindingCode.allCases {
            #expect(
                rows.contains { $0.hasPrefix("| \(code.rawValue) | \(code.severity.rawValue) |") },
                "\(code.rawValue)")
        }
        for key in NVRAMKey.table where key.isRequired {
            #expect(page.contains("`\(key.name)`"), "\(key.name)")
        }
    }

    @Test func documentListsTheFifteen() throws {
        let page = try String(
            contentsOf: projectFolder.appendingPathComponent("docs/regulatory.md"), encoding: .utf8)
        #expect(page.contains(RegulatoryFactsTests.elevenOnly.joined(separator: ", ")))
    }
}
