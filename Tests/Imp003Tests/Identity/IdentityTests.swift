import Foundation
import Testing
import TimeAndChance

@testable import Imp003

@Suite struct MACAddressTests {
    @Test(arguments: ["0c2a690003f7", "0C2A690003F7", "0c:2a:69:00:03:f7", "0C-2A-69-00-03-F7"])
    func readsAllThreeForms(text: String) throws {
        let address = try MACAddress(parsing: text)
        #expect(address.bytes == [0x0C, 0x2A, 0x69, 0x00, 0x03, 0xF7])
        #expect(address.bareHex == "0c2a690003f7")
        #expect(address.colonForm == "0c:2a:69:00:03:f7")
        #expect(address.description == "0c2a690003f7")
        #expect(!address.isMulticast && !address.isLocallyAdministered)
    }

    @Test(arguments: [
        "", "0c2a690003f", "0c2a690003f70", "0c:2a:69:00:03-f7", "0c:2a:69:00:03:f", "0c2a:69:00:03:f7:",
        "0g2a690003f7",
        ":0c2a:69:00:03:f7", "0c 2a 69 00 03 f7", "０c2a690003f7", "::::::::::::", "0c:2a:69:00:03:f7 ",
    ])
    func refusesOtherShapes(text: String) {
        #expect(throws: MACAddressError.malformed(found: text)) { try MACAddress(parsing: text) }
    }

    @Test func everyFormReadsBack() throws {
        let seed: UInt64 = 0x3C11
        var chance = SeededGenerator(seed: seed)
        for _ in 0..<500 {
            let bytes = (0..<6).map { _ in UInt8.random(in: .min ... .max, using: &chance) }
            let address = try #require(MACAddress(bytes: bytes))
            #expect(try MACAddress(parsing: address.bareHex) == address, "seed \(seed)")
            #expect(try MACAddress(parsing: address.colonForm.uppercased()) == address, "seed \(seed)")
        }
        #expect(MACAddress(bytes: [1, 2, 3, 4, 5]) == nil)
    }

    @Test func orderAndFlags() throws {
        let low = try MACAddress(parsing: "02ffffffffff")
        let high = try MACAddress(parsing: "030000000000")
        #expect(low < high)
        #expect(low.isLocallyAdministered && !low.isMulticast)
        #expect(high.isMulticast)
    }

    @Test func travelsAsText() throws {
        let address = try MACAddress(parsing: "0c:2a:69:00:03:f7")
        let json = try JSONEncoder().encode([address])
        #expect(String(decoding: json, as: UTF8.self) == #"["0c2a690003f7"]"#)
        #expect(try JSONDecoder().decode([MACAddress].self, from: json) == [address])
        #expect(throws: (any Error).self) {
            try JSONDecoder().decode([MACAddress].self, from: Data(#"["x"]"#.utf8))
        }
    }
}

@Suite struct DeviceIDTests {
    @Test func acceptsWhatModulesReport() throws {
        let identity = try DeviceID(parsing: "30000c2a690c77c5")
        #expect(identity.description == "30000c2a690c77c5")
        #expect(identity.findings().isEmpty)
        let address = try MACAddress(parsing: "0c:2a:69:0c:77:c5")
        #expect(identity.findings(reportedMAC: address).isEmpty)
        #expect(DeviceID(imp003With: address) == identity)
    }

    static let refused: [(text: String, error: DeviceIDError)] = [
        ("", .wrongLength(found: "", count: 0)),
        ("30000c2a690c77c", .wrongLength(found: "30000c2a690c77c", count: 15)),
        ("30000c2a690c77c55", .wrongLength(found: "30000c2a690c77c55", count: 17)),
        ("30000C2a690c77c5", .badDigit(found: "30000C2a690c77c5", position: 6)),
        ("30000c2a690c77cg", .badDigit(found: "30000c2a690c77cg", position: 16)),
        (" 0000c2a690c77c5", .badDigit(found: " 0000c2a690c77c5", position: 1)),
    ]

    @Test(arguments: refused)
    func refusesTheRest(text: String, error: DeviceIDError) {
        #expect(throws: error) { try DeviceID(parsing: text) }
        #expect(error.description.contains("not a device ID"))
    }

    @Test func strangenessIsAWarning() throws {
        let fixture = try DeviceID(parsing: "5000d8c46a56cfca")
        #expect(fixture.findings().map(\.code) == ["ID001"])
        let own = try MACAddress(parsing: "d8c46a56cfca")
        #expect(fixture.findings(reportedMAC: own).map(\.code) == ["ID001"])
        let other = try MACAddress(parsing: "d8c46a56cfcb")
        let findings = fixture.findings(reportedMAC: other)
        #expect(findings.map(\.code) == ["ID001", "ID002"])
        #expect(findings.worstSeverity == .warning && !findings.hasErrors)
        #expect(findings[1].message.contains("d8c46a56cfca") && findings[1].message.contains("d8c46a56cfcb"))
    }
}

@Suite struct FindingTests {
    @Test func readsAsOneLine() {
        let finding = Finding(code: "NV022", severity: .error, line: 6, key: "devid", message: "Wrong.")
        #expect(finding.description == "error NV022, line 6, devid: Wrong.")
        #expect(Finding(code: "RG009", severity: .note, message: "M.").description == "note RG009: M.")
        #expect([Finding]().worstSeverity == nil)
        #expect(Severity.note < .warning && Severity.warning < .error)
    }

    /// Hostile text must not reach a terminal as it is.
    @Test func quotedTextIsHarmless() {
        #expect(Wording.quoted("a\u{1B}[2Jb\n") == #"'a\x1b[2Jb\x0a'"#)
        #expect(Wording.quoted(String(repeating: "x", count: 1000), limit: 5) == "'xxxxx…'")
        #expect(Wording.list(["A", "B", "C"]) == "A, B and C")
        #expect(Wording.list(1...30, limit: 3) == "1, 2 and 28 more")
    }
}
