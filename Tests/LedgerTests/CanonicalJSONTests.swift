import Testing
import TimeAndChance

@testable import Ledger

@Suite struct CanonicalJSONTests {
    /// Doubles by their bits with the text that ECMAScript prints: the sample of RFC 8785 appendix B, and edges.
    @Test(
        arguments: [
            (0x0000_0000_0000_0000, "0"), (0x8000_0000_0000_0000, "0"), (0x0000_0000_0000_0001, "5e-324"),
            (0x8000_0000_0000_0001, "-5e-324"), (0x7FEF_FFFF_FFFF_FFFF, "1.7976931348623157e+308"),
            (0xFFEF_FFFF_FFFF_FFFF, "-1.7976931348623157e+308"), (0x4340_0000_0000_0000, "9007199254740992"),
            (0xC340_0000_0000_0000, "-9007199254740992"), (0x4430_0000_0000_0000, "295147905179352830000"),
            (0x44B5_2D02_C7E1_4AF5, "9.999999999999997e+22"), (0x44B5_2D02_C7E1_4AF6, "1e+23"),
            (0x44B5_2D02_C7E1_4AF7, "1.0000000000000001e+23"),
            (0x444B_1AE4_D6E2_EF4E, "999999999999999700000"),
            (0x444B_1AE4_D6E2_EF4F, "999999999999999900000"), (0x444B_1AE4_D6E2_EF50, "1e+21"),
            (0x3EB0_C6F7_A0B5_ED8C, "9.999999999999997e-7"), (0x3EB0_C6F7_A0B5_ED8D, "0.000001"),
            (0x41B3_DE43_5555_5553, "333333333.3333332"), (0x41B3_DE43_5555_5554, "333333333.33333325"),
            (0xBECB_F647_612F_3696, "-0.0000033333333333333333"),
            (0x4314_3FF3_C1CB_0959, "1424953923781206.2"),
            (0x3FF8_0000_0000_0000, "1.5"), (0x4059_0000_0000_0000, "100"), (0x3FB9_9999_9999_999A, "0.1"),
        ] as [(UInt64, String)])
    func numbersAreSpelledAsECMAScriptDoes(bits: UInt64, text: String) {
        var writer = CanonicalJSONWriter()
        writer.number(Double(bitPattern: bits))
        #expect(String(decoding: writer.bytes, as: UTF8.self) == text)
    }

    @Test func randomNumbersReadBackAsThemselves() throws {
        var chance = SeededGenerator(seed: 20_250_301)
        for _ in 0..<5_000 {
            let value = Double(bitPattern: chance.next())
            guard value.isFinite else { continue }
            let text = ECMAScriptNumber.text(of: value)
            #expect(Double(text) == value, "\(value.bitPattern)")
            let parsed = try JSONValue(parsing: Array(text.utf8))
            #expect(parsed.canonicalBytes == Array(text.utf8), "\(text)")
        }
    }

    @Test(arguments: [
        ("", #""""#), ("plain", #""plain""#), ("é€😀", #""é€😀""#), ("\"\\/", #""\"\\/""#),
        ("\u{8}\t\n\u{C}\r", #""\b\t\n\f\r""#), ("\u{0}\u{1F}\u{7F}", "\"\\u0000\\u001f\u{7F}\""),
    ])
    func stringsEscapeOnlyWhatTheyMust(text: String, json: String) throws {
        var writer = CanonicalJSONWriter()
        writer.string(text)
        #expect(String(decoding: writer.bytes, as: UTF8.self) == json)
        #expect(try JSONValue(parsing: writer.bytes) == .string(text))
    }

    @Test func membersAreSortedByUTF16() throws {
        // In UTF-8 the emoji sorts after U+FB33, in UTF-16 before it (the example of RFC 8785 §3.2.3).
        let json = "{\"\u{FB33}\":1,\"😀\":2,\"\\r\":3,\"1\":4,\"ö\":5,\"€\":6,\"\\u0080\":7}"
        let value = try JSONValue(parsing: Array(json.utf8))
        let expected = "{\"\\r\":3,\"1\":4,\"\u{80}\":7,\"ö\":5,\"€\":6,\"😀\":2,\"\u{FB33}\":1}"
        #expect(value.canonicalBytes == Array(expected.utf8))
        var writer = CanonicalJSONWriter()
        writer.strings(["\u{FB33}": "a", "😀": "b"])
        #expect(writer.bytes == Array("{\"😀\":\"b\",\"\u{FB33}\":\"a\"}".utf8))
    }

    @Test(arguments: [
        "", " ", "{", "[1,]", "{\"a\":1,}", "{\"a\" 1}", "{a:1}", "[1 2]", "01", "-", "1.", ".5", "1e", "+1",
        "nul", "truee",
        "\"", "\"\\x\"", "\"\\u12\"", "\"\\ud800\"", "\"\\udc00\"", "\"\\ud800\\u0041\"", "\"\n\"",
        "{\"a\":1,\"a\":2}",
        "1e999", "[1]]", "NaN", "\u{FEFF}1", "\"\\u00é0\"",
    ])
    func malformedTextIsRefused(text: String) {
        #expect(throws: JSONFault.self) { try JSONValue(parsing: Array(text.utf8)) }
    }

    @Test func bytesThatAreNoUTF8AreRefused() {
        for bytes: [UInt8] in [
            [0x22, 0xFF, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22],
        ] {
            #expect(throws: JSONFault.self) { try JSONValue(parsing: bytes) }
        }
    }

    @Test func depthIsBounded() throws {
        let deep = String(repeating: "[", count: 32) + String(repeating: "]", count: 32)
        _ = try JSONValue(parsing: Array(deep.utf8))
        #expect(throws: JSONFault.self) { try JSONValue(parsing: Array(("[" + deep + "]").utf8)) }
        #expect(throws: JSONFault.self) { try JSONValue(parsing: [UInt8](repeating: 0x5B, count: 1_000_000)) }
    }

    @Test func noiseNeverCrashesTheParser() {
        var chance = SeededGenerator(seed: 77)
        let alphabet = Array(#"{}[]",:\u0123eE+-. truefalsnl"#.utf8) + [0, 0xFF, 0xC3]
        for _ in 0..<20_000 {
            let bytes = (0..<Int.random(in: 0...24, using: &chance)).map { _ in
                alphabet[Int.random(in: 0..<alphabet.count, using: &chance)]
            }
            guard let value = try? JSONValue(parsing: bytes) else { continue }
            let again = try? JSONValue(parsing: value.canonicalBytes)
            #expect(again?.canonicalBytes == value.canonicalBytes, "\(bytes)")
        }
    }

    @Test(
        arguments: [
            ([], ""), ([0x66], "Zg=="), ([0x66, 0x6F], "Zm8="), ([0x66, 0x6F, 0x6F], "Zm9v"),
            ([0x66, 0x6F, 0x6F, 0x62, 0x61, 0x72], "Zm9vYmFy"), ([0xFB, 0xFF, 0xFE], "+//+"),
        ] as [([UInt8], String)])
    func base64FollowsRFC4648(bytes: [UInt8], text: String) {
        #expect(Base64.encode(bytes) == text)
        #expect(Base64.decode(text) == bytes)
    }

    @Test(arguments: [
        "Z", "Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Z m9", "Zm9v\n", "====", "Zg==Zg==", "-_--",
    ])
    func base64HasOneSpelling(text: String) {
        #expect(Base64.decode(text) == nil)
    }
}
