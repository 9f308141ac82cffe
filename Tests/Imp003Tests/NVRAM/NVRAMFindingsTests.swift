import Foundation
import Testing

@testable import Imp003

@Suite struct NVRAMFindingsTests {
    static func codes(_ text: String, _ requirements: NVRAMRequirements = NVRAMRequirements()) -> [String] {
        NVRAMImage(text: text).findings(requirements).map { finding in
            finding.line.map { "\(finding.code)@\($0)" } ?? finding.code
        }
    }

    @Test func soundImageHasNoFinding() throws {
        let requirements = NVRAMRequirements(
            region: .gb, countries: [try CountryCode(parsing: "DE")], database: try .shipped())
        #expect(NVRAMImage(text: SoundImage.text()).findings(requirements) == [])
        #expect(
            NVRAMImage(text: SoundImage.text().replacing("\n", with: "\r\n")).findings(requirements) == [])
    }

    /// Lines that make one finding when they are added to a sound image; they become line 21.
    static let additions: [(tail: String, code: String)] = [
        ("# fine\n", ""), ("# \tfine\n", ""), ("nocrc=1\n", ""), ("noise_cal_po_2g=1\n", ""),
        ("triso2g=anything\n", ""),
        ("nocrc=1", "NV002@21"), ("# no end", "NV002@21"), ("# caf\u{E9}\n", "NV003@21"),
        ("# a\0b\n", "NV003@21 NV006@21"),
        ("# \u{1B}[2J\n", "NV003@21"), ("boardnum=${serno}\n", "NV004@21"), ("${x}=1\n", "NV004@21 NV028@21"),
        ("pa0b0=5304\n", "NV005@21"), ("nocrc = 1\n", "NV006@21"), ("nocrc\n", "NV006@21"),
        ("nocrc", "NV006@21 NV002@21"),
        ("RAW1=4a 0b\n", "NV007@21"), (";nocrc=1\n", "NV008@21"), ("nocrc=1 # tail\n", "NV009@21"),
        ("nocrc=1 \n", "NV009@21"),
        ("nocrc=1\tboardnum=2\n", "NV010@21"), ("devpath0=pcie/1/4/\n", "NV011@21 NV028@21"),
        ("pcie/1/4/nocrc=1\n", "NV011@21 NV028@21"),
        ("=1\n", "NV014@21"), ("nocrc=\n", "NV015@21"), ("nocrc=01\n", "NV023@21"),
        ("nocrc=yes\n", "NV023@21"),
        ("nocrc=2\n", "NV024@21"), ("nocrc=-1\n", "NV024@21"), ("boardflags2=0x100000000\n", "NV023@21"),
        ("boardflags2=0xFFFFFFFF\n", ""), ("cckpwroffset=5\n", "NV027@21"), ("CCODE=GB\n", "NV027@21"),
        ("mystery=1\n", "NV028@21"),
        ("macaddr=0c:2a:69:00:03:f7\n", "NV032@21"), ("il0macaddr=02:00:00:00:00:01\n", "NV032@21"),
        ("macaddr=00:90:4c:c5:12:38\n", "NV033@21"), ("macaddr=nonsense\n", "NV023@21"),
        ("il0macaddr= 00:90:4C:00:00:01\n", "NV033@21"),
    ]

    @Test(arguments: additions)
    func addedLine(tail: String, code: String) {
        let found = Self.codes(SoundImage.text(adding: tail), NVRAMRequirements(region: .gb))
        #expect(Set(found) == Set(code.split(separator: " ").map(String.init)), "\(tail)")
    }

    /// One key changed, one finding at its line.
    static let changes: [(key: String, value: String, code: String)] = [
        ("manfid", "0x2d1", "NV021"), ("vendid", "0x14e5", "NV021"), ("sromrev", "8", "NV021"),
        ("xtalfreq", "37400", "NV021"),
        ("manfid", "720", ""), ("devid", "17219", ""), ("devid", "0x43e2", "NV022"),
        ("devid", "0x4345", "NV022"),
        ("devid", "bcm", "NV023"), ("aa2g", "0", "NV024"), ("aa2g", "4", "NV024"), ("aa2g", "3", ""),
        ("ag0", "256", "NV024"),
        ("maxp2ga0", "0", "NV024"), ("maxp2ga0", "101", "NV024"), ("maxp2ga0", "0x46", ""),
        ("pa0b0", "-5304", "NV025"),
        ("pa0b0", "0xEB48", "NV025"), ("pa0b0", "0", "NV025"), ("pa0b0", "70000", "NV023"),
        ("pa0b1", "676", "NV025"),
        ("pa0b1", "0x2A4", "NV025"), ("pa0b1", "-676", ""), ("pa0b2", "0xFF27", ""),
        ("pa0b2", "217", "NV025"),
        ("pa0b2", "-40000", "NV023"), ("boardtype", "0x10000", "NV024"),
        ("swctrlmap_2g", "0x1,0x2,0x3,0x4", "NV026"),
        ("swctrlmap_2g", "0x1,0x2,0x3,0x4,0x5,0x6", "NV026"), ("swctrlmap_2g", "0x1,0x2,0x3,0x4,", "NV023"),
        ("swctrlmap_2g", "1,2,3,4,5", "NV023"), ("swctrlmap_2g", "0x1, 0x2, 0x3, 0x4, 0x5", ""),
        ("pa0b0", " 0x14B8", ""),
        ("ccode", "US", "NV030"), ("ccode", "gb", "NV030"), ("ccode", "ww", "NV030"),
        ("ccode", "ALL", "NV030"),
        ("ccode", "0", "NV034"), ("regrev", "5", "NV031"), ("regrev", "0x0", ""), ("regrev", "x", "NV023"),
    ]

    @Test(arguments: changes)
    func changedKey(key: String, value: String, code: String) throws {
        let line = try #require(SoundImage.line(of: key))
        let findings = NVRAMImage(text: SoundImage.text([key: value])).findings(
            NVRAMRequirements(region: .gb))
        #expect(findings.map(\.code) == (code.isEmpty ? [] : [code]), "\(key)=\(value)")
        #expect(findings.allSatisfy { $0.line == line && $0.key == key })
    }

    @Test(arguments: NVRAMKey.table.filter(\.isRequired).map(\.name))
    func missingKey(name: String) {
        let findings = NVRAMImage(text: SoundImage.text(without: [name])).findings()
        #expect(findings.map(\.code) == ["NV020"])
        #expect(findings.first?.key == name && findings.first?.line == nil)
    }

    @Test func eitherCCKKeyWillDo() {
        #expect(Self.codes(SoundImage.text(without: ["cck2gpo"])) == ["NV020"])
        #expect(Self.codes(SoundImage.text(without: ["cck2gpo"], adding: "cckPwrOffset=5\n")) == [])
    }

    @Test func countryAndRegion() {
        let without = SoundImage.text(without: ["ccode", "regrev"])
        #expect(Self.codes(without, NVRAMRequirements(region: .us)) == ["NV034"])
        #expect(Self.codes(without) == [])
        #expect(Self.codes(SoundImage.text(), NVRAMRequirements(region: .us)) == ["NV030@18"])
        #expect(Self.codes(SoundImage.text(["ccode": "US"]), NVRAMRequirements(region: .us)) == [])
        #expect(Self.codes(SoundImage.text(["ccode": "ALL"])) == ["NV034@18"])
        #expect(Self.codes(SoundImage.text(["ccode": "GBR"])) == ["NV023@18"])
        let message = NVRAMImage(text: SoundImage.text()).findings(NVRAMRequirements(region: .us))[0].message
        #expect(message.contains("'GB'") && message.contains("ccode=US") && message.contains("0x00005355"))
    }

    @Test func size() throws {
        let image = NVRAMImage(text: SoundImage.text())
        let size = try image.packed().bytes.count
        #expect(image.findings(NVRAMRequirements(packedSizeLimit: size)) == [])
        let findings = image.findings(NVRAMRequirements(packedSizeLimit: size - 1))
        #expect(findings.map(\.code) == ["NV012"])
        #expect(findings[0].message.contains("\(size) bytes") && findings[0].message.contains("\(size - 1)"))
        let long = (0..<900).map { "noise_cal_\($0)=12345\n" }.joined()
        #expect(Self.codes(SoundImage.text(adding: long)) == ["NV012"])
        let huge = (0..<3_300).map { "noise_cal_\($0)=12345\n" }.joined()
        #expect(Set(Self.codes(SoundImage.text(adding: huge))).isSuperset(of: ["NV012"]))
        #expect(Self.codes(SoundImage.text(adding: huge)).contains { $0.hasPrefix("NV013@") })
    }

    @Test(arguments: ["", "\n\n", "# nothing\n"])
    func emptyImageHasOneFinding(text: String) {
        #expect(Self.codes(text, NVRAMRequirements(region: .us)) == ["NV001"])
    }

    @Test func findingsComeByLine() {
        let text = SoundImage.text(
            ["manfid": "1", "pa0b2": "5"], without: ["aa2g"], adding: "x=1\nx=1\n\u{E9}\n")
        let lines = NVRAMImage(text: text).findings().map { $0.line ?? .max }
        #expect(lines == lines.sorted() && lines.first == 1 && lines.last == .max)
    }

    static let numbers: [(text: String, value: Int?)] = [
        ("0", 0), ("12", 12), ("-5", -5), ("0x1f", 31), ("0X1F", 31), (" 7 ", 7),
        ("4294967295", 4_294_967_295), ("", nil),
        ("-", nil), ("0x", nil), ("0x123456789", nil), ("07", nil), ("-07", nil), ("+7", nil), ("1e3", nil),
        ("0x-1", nil),
        ("12 3", nil), ("99999999999", nil), ("-0", 0), ("--1", nil),
    ]

    @Test(arguments: numbers)
    func number(text: String, value: Int?) {
        #expect(NVRAMNumber.value(text) == value)
    }

    @Test(arguments: [
        ("0xFD5C", -676), ("0xFF27", -217), ("0x14B8", 5304), ("-621", -621), ("0x7FFF", 32_767),
        ("0x8000", -32_768),
    ])
    func signedNumber(text: String, value: Int) {
        #expect(NVRAMNumber.signed16(text) == value)
    }

    @Test func keyTableIsSound() {
        #expect(Set(NVRAMKey.table.map { $0.name.lowercased() }).count == NVRAMKey.table.count)
        for key in NVRAMKey.table {
            guard let fixed = key.fixed, case .number(let range) = key.form else { continue }
            #expect(range.contains(fixed), "\(key.name)")
        }
    }
}
