import Testing
import TimeAndChance

@testable import FactoryLink

@Suite("Frames") struct FrameTests {
    private let vectors: VectorFile

    init() throws { vectors = try VectorFile.load() }

    private func kind(_ name: String) throws -> Frame.Kind {
        try #require(Frame.Kind.allCases.first { "\($0)" == name }, "unknown kind \(name)")
    }

    private func frame(_ vector: VectorFile.FrameVector) throws -> Frame {
        Frame(
            try kind(vector.kind), endsBurst: vector.endsBurst, tag: vector.tag, session: vector.session,
            sequence: vector.sequence, offset: vector.offset, total: vector.total, body: bytes(vector.body))
    }

    @Test func framesOfTheVectorFile() throws {
        for vector in vectors.frames {
            let frame = try frame(vector)
            #expect(hex(FrameCodec.encode(frame)) == vector.wire, "\(vector.name)")
            var decoder = FrameDecoder(limit: 2048)
            #expect(decoder.receive(bytes(vector.wire)) == [.frame(frame)], "\(vector.name)")
        }
        #expect(Set(vectors.frames.map(\.kind)).count == Frame.Kind.allCases.count)
    }

    @Test func damagedFramesOfTheVectorFile() {
        for vector in vectors.damagedFrames {
            var decoder = FrameDecoder(limit: 2048)
            for finding in decoder.receive(bytes(vector.wire)) {
                if case .frame = finding { Issue.record("accepted: \(vector.why)") }
            }
        }
        #expect(vectors.damagedFrames.count >= 8)
    }

    @Test func everySingleBitFlipIsRejectedOrHarmless() throws {
        // Flips of a delimiter lose the frame or leave it whole with noise beside it; no flip may change it.
        for vector in vectors.frames where vector.wire.count < 400 {
            let wire = bytes(vector.wire)
            let original = try frame(vector)
            for bit in 0..<(wire.count * 8) {
                var damaged = wire
                damaged[bit / 8] ^= 1 << UInt8(bit % 8)
                var decoder = FrameDecoder(limit: 2048)
                let found = frames(decoder.receive(damaged + [0]))
                let isDelimiter = bit / 8 == 0 || bit / 8 == wire.count - 1
                #expect(
                    isDelimiter ? found.allSatisfy { $0 == original } : found.isEmpty,
                    "\(vector.name) bit \(bit)")
            }
        }
    }

    @Test func everyPairOfBitFlipsInAShortFrameIsRejected() {
        let wire = FrameCodec.encode(Frame(.poll, tag: 9, session: 0x1234_5678, sequence: 3))
        let inner = wire[1..<(wire.count - 1)]
        var accepted = 0
        for first in 0..<(inner.count * 8) {
            for second in 0..<first {
                var damaged = Array(inner)
                damaged[first / 8] ^= 1 << UInt8(first % 8)
                damaged[second / 8] ^= 1 << UInt8(second % 8)
                if FrameCodec.decode(damaged[...]) != nil { accepted += 1 }
            }
        }
        #expect(accepted == 0)
    }

    @Test func piecesOfAnySizeGiveTheSameFindings() throws {
        var stream: [UInt8] = Array("boot chatter\r\n".utf8)
        for vector in vectors.frames { stream += bytes(vector.wire) + Array("noise".utf8) }
        stream.append(0)
        var whole = FrameDecoder(limit: 1024)
        let expected = whole.receive(stream)
        #expect(frames(expected).count == vectors.frames.count)
        var chance = SeededGenerator(seed: 77)
        for round in 0..<50 {
            var decoder = FrameDecoder(limit: 1024)
            var findings: [FrameDecoder.Finding] = []
            var rest = stream[...]
            while !rest.isEmpty {
                let count = round == 0 ? 1 : Int.random(in: 1...40, using: &chance)
                findings += decoder.receive(Array(rest.prefix(count)))
                rest = rest.dropFirst(count)
            }
            #expect(findings == expected, "round \(round)")
        }
    }

    @Test func randomBytesAreNeverAFrameAndNeverKept() {
        var chance = SeededGenerator(seed: 0xF0221)
        var decoder = FrameDecoder(limit: 256)
        var found = 0
        var noise = 0
        var zeros = 0
        for _ in 0..<2000 {
            var junk = chance.bytes(Int.random(in: 0...300, using: &chance))
            // Random bytes seldom look like a frame: start some like one.
            if chance.happens(withProbability: 0.3) {
                junk = [0] + FrameCodec.encode(Frame(.poll)).prefix(9) + junk
            }
            zeros += junk.filter { $0 == 0 }.count
            noise += junk.count
            for finding in decoder.receive(junk) {
                if case .frame = finding {
                    found += 1
                } else if case .noise(let bytes) = finding {
                    noise -= bytes.count
                }
            }
            #expect(decoder.undecided.count <= 254)
        }
        #expect(found == 0)
        #expect(noise == zeros + decoder.undecided.count, "every byte is a delimiter, reported, or undecided")
    }

    @Test func mutatedFramesAreNeverAcceptedAsSomethingElse() {
        var chance = SeededGenerator(seed: 0xBADF)
        for round in 0..<4000 {
            let frame = Frame(
                .request, endsBurst: true, tag: UInt8(round & 255), session: 0xA5A5_0001, sequence: 7,
                total: 40, body: chance.bytes(40))
            var wire = FrameCodec.encode(frame)
            for _ in 0..<Int.random(in: 1...5, using: &chance) {
                let place = Int.random(in: 0..<wire.count, using: &chance)
                switch Int.random(in: 0...3, using: &chance) {
                case 0: wire[place] = UInt8.random(in: 0...255, using: &chance)
                case 1: wire.remove(at: place)
                case 2: wire.insert(UInt8.random(in: 0...255, using: &chance), at: place)
                default: wire.removeLast(min(wire.count - 1, Int.random(in: 0...4, using: &chance)))
                }
            }
            var decoder = FrameDecoder(limit: 128)
            for accepted in frames(decoder.receive([0] + wire + [0])) {
                #expect(accepted == frame, "seed BADF round \(round)")
            }
        }
    }

    @Test func anOverlongPieceIsNoiseAndTheNextFrameIsFound() {
        let frame = Frame(.hello, body: [1, 2, 3])
        var decoder = FrameDecoder(limit: 64)
        let findings = decoder.receive([UInt8](repeating: 0x41, count: 1000) + FrameCodec.encode(frame))
        #expect(frames(findings) == [frame])
        let noise = findings.reduce(0) { sum, finding in
            if case .noise(let bytes) = finding { return sum + bytes.count }
            return sum
        }
        #expect(noise == 1000)
        // One byte over the limit: refused although its checksum is right.
        let long = FrameCodec.encode(Frame(.request, body: [UInt8](repeating: 1, count: 46)))
        #expect(long.count == 65)
        #expect(frames(decoder.receive(long)).isEmpty)
    }

    @Test func theStatedBodyAlwaysFitsAndOneMoreNeedNot() {
        for limit in [64, 65, 128, 256, 257, 258, 259, 300, 511, 512, 513, 1024, 2048, 4096, 11_264] {
            let count = Frame.longestBody(within: limit)
            let worst = Frame(
                .request, endsBurst: true, tag: 1, session: 0x0101_0101, sequence: 0x0101, offset: 0x0101,
                total: 0x0101,
                body: [UInt8](repeating: 1, count: count))
            #expect(FrameCodec.encode(worst).count <= limit, "limit \(limit)")
            #expect(limit - FrameCodec.encode(worst).count <= 2, "limit \(limit)")
        }
        #expect(Frame.longestBody(within: 64) == 44)
    }

    private func frames(_ findings: [FrameDecoder.Finding]) -> [Frame] {
        findings.compactMap { finding in
            if case .frame(let frame) = finding { return frame }
            return nil
        }
    }
}
