import ContentAddress
import Testing
import TimeAndChance

@Suite struct HexDigitsTests {
    @Test(
        arguments: [
            ([], ""), ([0], "00"), ([0x0F, 0xF0], "0ff0"), ([0xDE, 0xAD, 0xBE, 0xEF], "deadbeef"),
        ] as [([UInt8], String)])
    func table(bytes: [UInt8], digits: String) {
        #expect(bytes.hexDigits == digits)
        #expect([UInt8](hexDigits: digits) == bytes)
        #expect([UInt8](hexDigits: digits.uppercased()) == bytes)
    }

    @Test(arguments: ["0", "abc", "0x", "0g", " 00", "00 ", "٠٠", "00\u{301}", "-1"])
    func otherTextIsNoBytes(text: String) {
        #expect([UInt8](hexDigits: text) == nil)
    }

    @Test func bytesComeBackFromTheirDigits() {
        let seed = UInt64.random(in: .min ... .max)
        var chance = SeededGenerator(seed: seed)
        for count in 0..<200 {
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &chance) }
            let digits = bytes.hexDigits
            #expect(digits.utf8.count == 2 * count, "seed \(seed)")
            #expect([UInt8](hexDigits: digits) == bytes, "seed \(seed)")
        }
    }
}
