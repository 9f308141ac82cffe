import Squirrel
import Testing
import TimeAndChance

@testable import ImpEmulator

@Suite struct WebTextTests {
    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ])
    func base64(plain: String, coded: String) {
        // RFC 4648, section 10.
        #expect(text(FormText.base64(Array(plain.utf8))) == coded)
        #expect(FormText.unbase64(Array(coded.utf8)) == Array(plain.utf8))
    }

    @Test func base64RefusesOtherLetters() { #expect(FormText.unbase64(Array("Zm9*".utf8)) == nil) }

    @Test(arguments: [
        ("a b", "a+b"), ("a+b&c=d", "a%2Bb%26c%3Dd"), ("~-_.", "~-_."), ("ü", "%C3%BC"), ("\0", "%00"),
    ])
    func urls(plain: String, coded: String) {
        #expect(text(FormText.escape(Array(plain.utf8))) == coded)
        #expect(FormText.unescape(coded.utf8) == Array(plain.utf8))
    }

    @Test(arguments: Array(UInt64(1)...20))
    func anyBytesSurvive(seed: UInt64) {
        var dice = SeededGenerator(seed: seed)
        let bytes = (0..<Int(dice.next() % 200)).map { _ in UInt8(truncatingIfNeeded: dice.next()) }
        #expect(FormText.unbase64(FormText.base64(bytes)) == bytes)
        #expect(FormText.unescape(FormText.escape(bytes)) == bytes)
        let fields = FormText.decode(FormText.encode([(bytes, bytes), (Array("b".utf8), [])]))
        #expect(fields.count == 2 && fields[0].name == bytes && fields[0].value == bytes)
        // Whatever comes in, there is an answer.
        _ = try? JSONText.decode(bytes)
        _ = FormText.decode(bytes)
    }

    @Test(
        arguments: [
            ("null", SquirrelData.null), (" true ", .bool(true)), ("-12", .integer(-12)),
            ("2147483648", .float(2_147_483_648)), ("1.5e2", .float(150)),
            ("\"a\\n\\u00fc\\\"\"", .string("a\nü\"")),
            ("\"\\ud83d\\ude00\"", .string("😀")),
            ("[1, [ ], {}]", .array([.integer(1), .array([]), .table([])])),
            ("{\"a\":1,\"a\":2}", .table([.init(key: .string("a"), value: .integer(2))])),
        ] as [(String, SquirrelData)])
    func json(source: String, expected: SquirrelData) throws {
        #expect(try JSONText.decode(Array(source.utf8)) == expected)
    }

    @Test(arguments: [
        "", "tru", "1 2", "[1", "{\"a\"}", "{a:1}", "\"open", "\"\\x\"", "nan", "-", "[,]",
        String(repeating: "[", count: 5_000),
    ])
    func noJSON(source: String) {
        #expect(throws: JSONText.ParseError.self) { try JSONText.decode(Array(source.utf8)) }
    }

    @Test func jsonIsWrittenAsThePlatformDoes() {
        let data = SquirrelData.table([
            .init(key: .string("a"), value: .array([.integer(1), .float(0.5), .null])),
            .init(key: .string("b\""), value: .string("x\ty\u{1}")),
            .init(key: .integer(3), value: .bool(false)),
        ])
        #expect(
            text(JSONText.encode(data, compact: true))
                == "{\"a\":[1,0.5,null],\"b\\\"\":\"x\\ty\\u0001\",\"3\":false}")
        #expect(
            text(JSONText.encode(.table([.init(key: .string("a"), value: .integer(1))]), compact: false))
                == "{ \"a\": 1 }")
    }

    /// Strings that are no text, functions and odd keys on their way between device and agent.
    @Test func whatArrivesOnTheOtherSide() {
        let sent = SquirrelData.array([
            .string("plain"), .string(SquirrelString([0x61, 0])), .string(SquirrelString([0xFF])),
            .opaque("function"), .blob([1, 2]),
            .table([
                .init(key: .integer(1), value: .integer(1)),
                .init(key: .string("k"), value: .opaque("class")),
            ]),
        ])
        #expect(
            sent.asSent
                == .array([
                    .string("plain"), .blob([0x61, 0]), .blob([0xFF]), .null, .blob([1, 2]),
                    .table([.init(key: .string("k"), value: .null)]),
                ]))
    }
}
