import Testing
import TimeAndChance

@testable import FactoryLink

@Suite("CRC-32 and zero-free coding") struct CodingTests {
    private let vectors: VectorFile

    init() throws { vectors = try VectorFile.load() }

    @Test func checksumsOfTheVectorFile() {
        for vector in vectors.crc32 {
            #expect(
                String(CRC32.checksum(bytes(vector.bytes)), radix: 16) == trimmed(vector.crc),
                "\(vector.bytes)")
        }
        #expect(vectors.crc32.count >= 8)
    }

    private func trimmed(_ crc: String) -> String {
        let rest = crc.drop { $0 == "0" }
        return rest.isEmpty ? "0" : String(rest)
    }

    @Test func zeroFreeFormsOfTheVectorFile() {
        for vector in vectors.cobs {
            var encoded: [UInt8] = []
            ZeroFreeCoding.append(bytes(vector.plain), to: &encoded)
            #expect(hex(encoded) == vector.encoded)
            #expect(ZeroFreeCoding.decode(bytes(vector.encoded)[...]) == bytes(vector.plain))
        }
        #expect(vectors.cobs.count >= 11)
    }

    @Test func refusedZeroFreeForms() {
        for vector in vectors.cobsInvalid {
            #expect(ZeroFreeCoding.decode(bytes(vector.encoded)[...]) == nil, "\(vector.why)")
        }
        #expect(vectors.cobsInvalid.count >= 4)
    }

    @Test func anyBytesSurviveWithoutZeroAndWithinTheStatedLength() {
        var chance = SeededGenerator(seed: 0xC0B5)
        for round in 0..<400 {
            let density = Double(round % 5) / 4
            let plain = (0..<(round * 3)).map { _ in
                chance.happens(withProbability: density) ? 0 : UInt8.random(in: 1...255, using: &chance)
            }
            var encoded: [UInt8] = []
            ZeroFreeCoding.append(plain, to: &encoded)
            #expect(!encoded.contains(0), "round \(round)")
            #expect(encoded.count <= ZeroFreeCoding.longestEncoding(of: plain.count), "round \(round)")
            #expect(ZeroFreeCoding.decode(encoded[...]) == plain, "round \(round)")
        }
    }

    @Test func aBlockOf254AtTheEndMayLeaveOutItsEmptyFollower() {
        let plain = [UInt8](repeating: 7, count: 254)
        #expect(ZeroFreeCoding.decode(([255] + plain)[...]) == plain)
        #expect(ZeroFreeCoding.decode(([255] + plain + [1])[...]) == plain)
    }
}
