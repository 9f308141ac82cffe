import ContentAddress
import Testing
import TimeAndChance

@testable import Imp003

@Suite struct NVRAMPackedTests {
    /// The published walk through the driver's rules: the blank before the comment stays, `RAW1` goes.
    @Test func referenceVector() throws {
        let image = NVRAMImage(
            text:
                "# demo\nmanfid=0x2d0\r\n\nboardrev=0x1207\nmacaddr=02:00:00:00:00:01 # tail\nRAW1=4a 0b\nccode=US\n"
        )
        let packed = try image.packed()
        #expect(packed.strippedLength == 65)
        #expect(packed.bytes.count == 72)
        #expect(packed.tokenBytes == [0x11, 0x00, 0xEE, 0xFF])
        #expect(packed.entryCount == 4 && !packed.boardrevAppended && !packed.cut)
        let entries = "manfid=0x2d0\0boardrev=0x1207\0macaddr=02:00:00:00:00:01 \0ccode=US\0"
        #expect(packed.bytes == Array(entries.utf8) + [0, 0, 0, 0x11, 0x00, 0xEE, 0xFF])
        #expect(packed.digest == SHA256Digest(of: packed.bytes))
        #expect(image.textDigest == SHA256Digest(of: image.bytes) && image.textDigest != packed.digest)
    }

    /// The length of the SN8000 file's packed form and its token, as published.
    @Test func referenceToken() {
        #expect(NVRAMPacked.token(forLength: 764) == [0xBF, 0x00, 0x40, 0xFF])
        #expect(NVRAMPacked.token(forLength: 64_000) == [0x80, 0x3E, 0x7F, 0xC1])
    }

    /// Around a multiple of four at least one NUL follows the last entry's own.
    static let paddings: [(valueLength: Int, stripped: Int, total: Int)] = [
        (0, 10, 16), (1, 11, 16), (2, 12, 20), (3, 13, 20), (4, 14, 20), (5, 15, 20), (6, 16, 24),
    ]

    @Test(arguments: paddings)
    func padding(valueLength: Int, stripped: Int, total: Int) throws {
        let packed = try NVRAMImage(text: "boardrev=" + String(repeating: "1", count: valueLength) + "\n")
            .packed()
        #expect(packed.strippedLength == stripped && packed.bytes.count == total)
        #expect(packed.bytes[stripped..<total - 4].allSatisfy { $0 == 0 })
    }

    @Test func boardRevisionIsAdded() throws {
        let packed = try NVRAMImage(text: "a=1\n").packed()
        #expect(packed.boardrevAppended && packed.entryCount == 2)
        #expect(packed.bytes == Array("a=1\0boardrev=0xff\0".utf8) + [0, 0, 5, 0, 0xFA, 0xFF])
        // Seen is seen: a prefix is enough, and so is an entry that is lost for want of a line end.
        #expect(try NVRAMImage(text: "boardrevision=1\n").packed().entryCount == 1)
        #expect(try !NVRAMImage(text: "a=1\nboardrev=2").packed().boardrevAppended)
        #expect(try NVRAMImage(text: "a=1\nBoardrev=2\n").packed().boardrevAppended)
    }

    @Test(arguments: ["", "\n", "# only a comment\n", "a=1", "RAW1=x\n"])
    func nothingToPack(text: String) {
        #expect(throws: NVRAMPackError.empty) { try NVRAMImage(text: text).packed() }
    }

    /// Made of pieces that trigger every oddity, held against a second implementation.
    @Test(.enabled(if: PythonPacker.interpreter != nil, Comment(rawValue: PythonPacker.absence)))
    func agreesWithASecondImplementation() throws {
        let seed: UInt64 = 0x43362
        var chance = SeededGenerator(seed: seed)
        let pieces = [
            "a", "=", "=1", "\n", "\r\n", " ", "\t", "#", "# x", "RAW1", "RAW1=", "boardrev", "boardrev=",
            ";", "\0", "\u{E9}",
            "key=value\n", "key=value", "0x12", "~", "\u{7F}", "$", "${x}", "a b", "=\n", "\n\n",
        ].map { Array($0.utf8) }
        var texts: [[UInt8]] = (0..<800).map { _ in
            (0..<Int.random(in: 0...24, using: &chance)).flatMap { _ in
                pieces.randomElement(using: &chance) ?? []
            }
        }
        for length in 63_990...64_002 {
            texts.append(Array(("b=" + String(repeating: "x", count: length - 8) + "\nk=1\nz=2\n").utf8))
        }
        texts.append(Array(SoundImage.text().utf8))
        let expected = try PythonPacker.pack(texts)
        try #require(expected.count == texts.count)
        #expect(expected.count { $0 != nil } > 250, "seed \(seed): most texts hold a setting")
        for (text, packed) in zip(texts, expected) {
            let own = try? NVRAMImage(bytes: text).packed().bytes
            if own != packed { Issue.record("seed \(seed): \(Wording.quoted(text, limit: 200))") }
        }
    }
}
