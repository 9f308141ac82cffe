import Testing
import TimeAndChance

@testable import FactoryLink

@Suite("Values") struct LinkValueTests {
    private let vectors: VectorFile

    init() throws { vectors = try VectorFile.load() }

    @Test func valuesOfTheVectorFile() throws {
        for vector in vectors.values {
            let decoded = try LinkValue(decoding: bytes(vector.cbor))
            #expect(same(decoded, vector.value.value), "\(vector.cbor)")
            #expect(hex(try vector.value.value.encoded()) == vector.cbor)
        }
        #expect(vectors.values.filter { $0.source.hasPrefix("RFC 8949") }.count >= 33)
    }

    /// Equality in which NaN equals itself.
    private func same(_ left: LinkValue, _ right: LinkValue) -> Bool {
        if case .float(let left) = left, case .float(let right) = right {
            return left.bitPattern == right.bitPattern
        }
        return left == right
    }

    @Test func refusedValuesOfTheVectorFile() {
        for vector in vectors.valuesInvalid {
            #expect(throws: LinkValueError.self, "\(vector.cbor): \(vector.why)") {
                try LinkValue(decoding: bytes(vector.cbor))
            }
        }
        #expect(vectors.valuesInvalid.count >= 40)
    }

    @Test(arguments: [
        ("1b0000000100000000", LinkValueError.unsupported("64-bit item", at: 0)),
        ("82011817", .notDeterministic("head longer than needed", at: 2)),
        ("9affffffff", .truncated(at: 5)),
        ("5affffffff00", .truncated(at: 6)),
        ("0000", .trailingBytes(at: 1)),
        ("61ff", .invalidText(at: 0)),
        ("818181818181818180", .tooDeep(limit: 8)),
        ("a2616201616102", .notDeterministic("map key 'a' repeated or out of order", at: 4)),
        ("c0", .unsupported("tag", at: 0)),
    ])
    func whatIsWrongIsSaid(hexadecimal: String, expected: LinkValueError) {
        #expect(throws: expected) { try LinkValue(decoding: bytes(hexadecimal)) }
    }

    @Test func moreBytesThanAllowed() {
        #expect(throws: LinkValueError.tooLarge(size: 65_536, limit: 65_535)) {
            try LinkValue(decoding: [UInt8](repeating: 0, count: 65_536))
        }
    }

    @Test func keysThatCannotBeSent() {
        for key in ["", "schlüssel", "a\nb", String(repeating: "k", count: 65)] {
            #expect(throws: LinkValueError.invalidKey(key)) { try LinkValue.map([key: 1]).encoded() }
        }
        var deep = LinkValue.array([])
        for _ in 0..<8 { deep = .array([deep]) }
        #expect(throws: LinkValueError.tooDeep(limit: 8)) { try deep.encoded() }
    }

    @Test func randomValuesComeBackAsTheyWere() throws {
        var chance = SeededGenerator(seed: 0xCB0)
        for round in 0..<2000 {
            let value = random(&chance, depth: 0)
            let encoded = try value.encoded()
            #expect(try LinkValue(decoding: encoded) == value, "seed CB0 round \(round)")
        }
    }

    @Test func whateverIsAcceptedHasThatOneEncoding() throws {
        var chance = SeededGenerator(seed: 0xF022)
        var accepted = 0
        for round in 0..<20_000 {
            var bytes =
                round % 2 == 0
                ? chance.bytes(Int.random(in: 0...24, using: &chance))
                : try random(&chance, depth: 0).encoded()
            if round % 2 == 1, !bytes.isEmpty {
                bytes[Int.random(in: 0..<bytes.count, using: &chance)] = UInt8.random(
                    in: 0...255, using: &chance)
            }
            guard let value = try? LinkValue(decoding: bytes) else { continue }
            accepted += 1
            #expect(try value.encoded() == bytes, "seed F022 round \(round)")
        }
        #expect(accepted > 2000)
    }

    private func random(_ chance: inout SeededGenerator, depth: Int) -> LinkValue {
        switch Int.random(in: 0...(depth < 4 ? 7 : 5), using: &chance) {
        case 0: return .null
        case 1: return .bool(Bool.random(using: &chance))
        case 2:
            return .int(
                Int32(truncatingIfNeeded: chance.next() >> UInt64.random(in: 32...63, using: &chance)))
        case 3: return .float(Float(Int32(truncatingIfNeeded: chance.next())) / 1024)
        case 4: return .bytes(chance.bytes(Int.random(in: 0...40, using: &chance)))
        case 5:
            return .text(
                String(
                    (0..<Int.random(in: 0...30, using: &chance)).map { _ in
                        ["a", "é", "水", "0"].randomElement(using: &chance) ?? "x"
                    }.joined()))
        case 6:
            return .array(
                (0..<Int.random(in: 0...5, using: &chance)).map { _ in random(&chance, depth: depth + 1) })
        default:
            var fields: [String: LinkValue] = [:]
            for _ in 0..<Int.random(in: 0...6, using: &chance) {
                fields["k\(chance.next() % 1000)"] = random(&chance, depth: depth + 1)
            }
            return .map(fields)
        }
    }

    @Test func readersNameThePlace() throws {
        let reader = LinkReader(["networks": [["ssid": "a"], ["ssid": 5, "rssi": -300]], "empty": nil])
        let networks = try reader.field("networks").elements()
        #expect(try networks[0].field("ssid").text() == "a")
        let wrong = #expect(throws: LinkValueError.self) { try networks[1].field("ssid").text() }
        #expect(wrong?.description == "networks[1].ssid: expected text, found int")
        let missing = #expect(throws: LinkValueError.self) { try networks[0].field("rssi") }
        #expect(missing?.description == "networks[0].rssi: missing; there are: ssid")
        let outside = #expect(throws: LinkValueError.self) { try networks[1].field("rssi").int(in: -200...0) }
        #expect(outside?.description == "networks[1].rssi: found -300, allowed is -200 to 0")
        #expect(try reader.optional("empty")?.value == nil)
        #expect(try reader.optional("absent")?.value == nil)
        #expect(throws: LinkValueError.wrongType(path: "", expected: "map", found: "int")) {
            try LinkReader(3).field("x")
        }
        #expect(try LinkReader(3).number() == 3)
        #expect(try LinkReader(0.5).number() == 0.5)
        #expect(throws: LinkValueError.self) { try LinkReader("3").number() }
        #expect(try LinkReader(["b": 1, "aa": 2, "a": 3]).entries().map(\.name) == ["a", "b", "aa"])
    }

    @Test func textFromTheWireIsShownSafely() {
        #expect(printable([0x1B, 0x5B, 0x41, 0x0A, 0xC3, 0x5C], limit: 80) == "\\x1B[A\\n\\xC3\\\\")
        #expect(printable([UInt8](repeating: 0x61, count: 100), limit: 3) == "aaa… (100 bytes)")
    }
}
