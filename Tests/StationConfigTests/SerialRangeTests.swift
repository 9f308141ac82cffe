import Testing
import TimeAndChance

@testable import StationConfig

@Suite struct SerialRangeTests {
    @Test func formatsParsesAndIterates() throws {
        let range = try SerialRange(prefix: "ES", first: 98, last: 101, width: 5, suffix: "-X")
        #expect(Array(range) == ["ES00098-X", "ES00099-X", "ES00100-X", "ES00101-X"])
        #expect(range.count == 4)
        #expect(range.serial(at: 3) == "ES00101-X")
        #expect(range.serial(at: 4) == nil)
        #expect(range.serial(at: -1) == nil)
        #expect(range.format(97) == nil)
        #expect(range.description == "ES00098-X … ES00101-X")
    }

    @Test(arguments: [
        "ES00097-X", "ES00102-X", "ES0098-X", "ES000098-X", "es00098-X", "ES00098", "ES00098-x", "ES0009 8-X",
        "", "ES+0098-X",
    ])
    func doesNotTakeForeignSerials(serial: String) throws {
        let range = try SerialRange(prefix: "ES", first: 98, last: 101, width: 5, suffix: "-X")
        #expect(!range.contains(serial))
    }

    @Test(arguments: [
        ("", Int64(5), Int64(4), 3, "", "above"), ("", 0, 1000, 3, "", "does not fit"),
        ("", -1, 3, 3, "", "above"),
        ("", 0, 9, 13, "", "does not fit"), ("", 0, 9, 0, "", "does not fit"),
        ("E S", 0, 9, 3, "", "characters"),
        ("", 0, 9, 3, "1A", "digit"), ("ABCDEFGHIJKLMNOPQ", 0, 9, 3, "", "characters"),
        ("12345678", 0, 9, 12, "", "does not fit"),
    ])
    func refusesNonsense(
        prefix: String, first: Int64, last: Int64, width: Int, suffix: String, phrase: String
    ) {
        #expect {
            try SerialRange(prefix: prefix, first: first, last: last, width: width, suffix: suffix)
        } throws: {
            "\($0)".contains(phrase)
        }
    }

    private func random(_ dice: inout SeededGenerator) throws -> SerialRange {
        let width = Int.random(in: 1...3, using: &dice)
        let largest: Int64 = [9, 99, 999][width - 1]
        let first = Int64.random(in: 0...largest, using: &dice)
        return try SerialRange(
            prefix: ["", "A", "A1", "1", "A10", "B"].randomElement(using: &dice) ?? "", first: first,
            last: min(largest, first + Int64.random(in: 0...60, using: &dice)), width: width,
            suffix: ["", "", "X", "X1"].randomElement(using: &dice) ?? "")
    }

    /// What is written reads back, and only what is written is contained.
    @Test func everySerialReadsBack() throws {
        var dice = SeededGenerator(seed: 5)
        for _ in 0..<200 {
            let range = try random(&dice)
            for (offset, serial) in range.enumerated() {
                #expect(range.parse(serial) == range.first + Int64(offset), "seed 5, \(range)")
            }
            #expect(Set(range).count == range.count)
        }
    }

    /// Overlaps are those that comparing all serials finds, however they are split into prefix and number.
    @Test func overlapsAreThoseOfTheSerials() throws {
        var dice = SeededGenerator(seed: 6)
        var overlapping = 0
        for _ in 0..<3000 {
            let (left, right) = (try random(&dice), try random(&dice))
            let shared = Set(left).intersection(right).sorted()
            #expect(left.overlaps(right) == !shared.isEmpty, "seed 6, \(left) and \(right)")
            #expect(right.overlaps(left) == !shared.isEmpty, "seed 6, \(left) and \(right)")
            if let first = shared.first, let last = shared.last {
                overlapping += 1
                #expect(left.sharedSerials(with: right) == first...last, "seed 6, \(left) and \(right)")
            }
        }
        #expect(overlapping > 20)
    }
}
