import Testing
import TimeAndChance

@testable import Imp003

@Suite struct NVRAMReaderTests {
    /// Text, and what the driver takes over of it.
    static let texts: [(text: String, entries: [String])] = [
        ("a=1\n", ["a=1"]),
        ("a=1\r\n", ["a=1"]),
        ("  \t a=1\n", ["a=1"]),
        ("\n\n\na=1\n\n", ["a=1"]),
        ("a= 0x13F9\n", ["a= 0x13F9"]),
        ("a=1 # tail\n", ["a=1 "]),
        ("a=1# tail\nb=2\n", ["a=1", "b=2"]),
        ("# a=1\nb=2\n", ["b=2"]),
        ("a=1=2\n", ["a=1=2"]),
        ("a=\n", ["a="]),
        ("=1\n", ["=1"]),
        (";a=1\n", [";a=1"]),
        ("a =1\nb=2\n", ["b=2"]),
        ("a#=1\nb=2\n", ["b=2"]),
        ("a\nb=2\n", ["b=2"]),
        ("a b=1\nb=2\n", ["b=2"]),
        ("a=1", []),
        ("a=1\nb=2", ["a=1"]),
        ("a=1\nb", ["a=1"]),
        ("RAW1=4a 0b\na=1\n", ["a=1"]),
        ("RAW12=x\na=1\n", ["a=1"]),
        ("raw1=x\nXRAW1=x\n", ["raw1=x", "XRAW1=x"]),
        ("a=1\tb=2\n", ["a=1", "b=2"]),
        ("a=x\u{E9}y=2\n", ["a=x", "y=2"]),
        ("a=x\u{E9}y\nb=2\n", ["a=x", "b=2"]),
        ("k\u{E9}=1\nb=2\n", ["b=2"]),
        ("\u{FEFF}a=1\n", ["a=1"]),
        ("# c\0a=1\n", ["a=1"]),
        ("a=1\0b=2\0", ["a=1", "b=2"]),
        ("a=1\nA=2\n", ["a=1", "A=2"]),
        ("", []), ("\n", []), ("#", []), ("=", []),
    ]

    @Test(arguments: texts)
    func takesOver(text: String, entries: [String]) {
        #expect(NVRAMImage(text: text).entries.map(\.description) == entries)
    }

    @Test func linesAreCounted() {
        let image = NVRAMImage(text: "# one\r\n\r\na=1 # x\r\nb b\r\n\tc=3\r\nRAW1=1\r\nd=4\te=5\r\n")
        #expect(image.entries.map(\.line) == [3, 5, 7, 7])
        #expect(image.entries.map(\.key) == ["a", "c", "d", "e"])
        #expect(image.dropped.map(\.line) == [4, 6])
        #expect(image["a"] == "1 " && image["e"] == "5" && image["b"] == nil)
    }

    static let losses: [(text: String, loss: NVRAMDroppedLine)] = [
        ("a =1\n", NVRAMDroppedLine(line: 1, reason: .keyInterrupted(by: 0x20), text: "a")),
        ("\na\n", NVRAMDroppedLine(line: 2, reason: .keyInterrupted(by: 0x0A), text: "a")),
        ("ab", NVRAMDroppedLine(line: 1, reason: .keyInterrupted(by: nil), text: "ab")),
        ("ab=1", NVRAMDroppedLine(line: 1, reason: .unterminated, text: "ab")),
        ("RAW1=1", NVRAMDroppedLine(line: 1, reason: .raw1, text: "RAW1")),
        ("k\u{E9}=1\n", NVRAMDroppedLine(line: 1, reason: .keyInterrupted(by: 0xC3), text: "k")),
    ]

    @Test(arguments: losses)
    func lossesAreReported(text: String, loss: NVRAMDroppedLine) {
        #expect(NVRAMImage(text: text).dropped == [loss])
    }

    /// The driver stops before its output reaches 64000 bytes: entry, NUL and what is there already.
    @Test(arguments: [(63_998, 1), (63_999, 0)])
    func capacity(length: Int, kept: Int) {
        let entry = "a=" + String(repeating: "x", count: length - 2)
        let image = NVRAMImage(text: entry + "\nb=2\n")
        #expect(image.entries.count == kept)
        #expect(image.dropped.map(\.reason) == [.pastCapacity])
        #expect(image.dropped.first?.line == (kept == 1 ? 2 : 1))
    }

    @Test func commentsDoNotCountTowardsCapacity() {
        let comments = String(repeating: "# comment\n", count: 20_000)
        #expect(NVRAMImage(text: comments + "a=1\n").entries.map(\.line) == [20_001])
    }

    /// Any bytes at all can be read, and every finding can be printed.
    @Test(arguments: [UInt64(3), 0xBEEF])
    func noiseNeverTraps(seed: UInt64) {
        var chance = SeededGenerator(seed: seed)
        for _ in 0..<150 {
            let bytes = (0..<Int.random(in: 0...200, using: &chance)).map { _ in
                chance.happens(withProbability: 0.5)
                    ? UInt8.random(in: .min ... .max, using: &chance)
                    : Array("=#\n ab$".utf8).randomElement(using: &chance) ?? 0
            }
            let image = NVRAMImage(bytes: bytes)
            let findings = image.findings(NVRAMRequirements(region: .us))
            #expect(findings.hasErrors, "seed \(seed): \(bytes)")
            #expect(
                findings.allSatisfy { $0.description.utf8.allSatisfy { $0 >= 0x20 } },
                "seed \(seed): \(bytes)")
        }
    }
}
