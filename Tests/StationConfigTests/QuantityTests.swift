import Testing
import TimeAndChance
import Wording

@testable import StationConfig

@Suite struct QuantityTests {
    @Test(
        arguments: [
            ("500 ms", .milliseconds(500)), ("3 s", .seconds(3)), ("3s", .seconds(3)),
            ("2 min", .seconds(120)),
            ("1 h", .seconds(3600)), ("0 s", .zero), ("1.5 s", .milliseconds(1500)),
            ("0.001 s", .milliseconds(1)),
            ("0.25 min", .seconds(15)), ("0.5 ms", nil), ("3", nil), ("s", nil), ("3  s", nil), ("-1 s", nil),
            ("3 S", nil),
            ("1e3 s", nil), ("3 sec", nil), ("", nil), ("1.2345 s", nil), ("1. s", nil), (".5 s", nil),
            ("1.2.3 s", nil),
            ("99999999999999999999 s", nil), ("9223372036854775 h", nil), ("٣ s", nil),
        ] as [(String, Duration?)])
    func durations(text: String, expected: Duration?) {
        #expect(Quantity.duration(text) == expected)
    }

    @Test(
        arguments: [
            ("1 MiB", 1_048_576), ("448 KiB", 0x70000), ("512 B", 512), ("4096", 4096), ("0x70000", 0x70000),
            ("1.5 KiB", 1536),
            ("0", 0), ("1 MB", nil), ("1 kB", nil), ("1 M", nil), ("MiB", nil), ("-1", -1),
            ("1.0001 KiB", nil), ("0x", nil),
            ("0.3 B", nil), ("9007199254740993 MiB", nil),
        ] as [(String, Int64?)])
    func sizes(text: String, expected: Int64?) {
        #expect(Quantity.size(text) == expected)
    }

    @Test(
        arguments: [
            ("12", 12), ("-12", -12), ("0x1f", 31), ("0X1F", 31), ("-0x10", -16), ("+5", nil), ("--5", nil),
            ("0x-5", nil),
            ("1_000", nil), ("", nil), ("-", nil), ("9223372036854775807", .max),
            ("9223372036854775808", nil), ("1.0", nil),
        ] as [(String, Int64?)])
    func integers(text: String, expected: Int64?) {
        #expect(Quantity.integer(text) == expected)
    }

    @Test(
        arguments: [
            ("3.30", 3.3), ("-60", -60), ("+1.5", 1.5), (".5", 0.5), ("5.", 5), ("1e3", 1000),
            ("1.5E-3", 0.0015), ("0x10", 16),
            ("1_0", nil), ("0x1p3", nil), ("1e", nil), ("e5", nil), (".", nil), ("3,3", nil), ("", nil),
            ("3.3 V", nil),
        ] as [(String, Double?)])
    func numbers(text: String, expected: Double?) {
        #expect(Quantity.number(text) == expected)
    }

    @Test func whatIsNoNumberIsNamed() {
        #expect([".nan", "NaN"].allSatisfy { Quantity.number($0)?.isNaN == true })
        #expect(
            [".inf", "-.inf", "infinity", "1e999"].allSatisfy { Quantity.number($0)?.isInfinite == true })
    }

    /// Whatever milliseconds a duration has, its spoken form reads back as the same.
    @Test func durationsReadBack() {
        var dice = SeededGenerator(seed: 7)
        for _ in 0..<500 {
            let duration = Duration.milliseconds(Int64.random(in: 0...10_000_000, using: &dice))
            #expect(Quantity.duration(duration.spoken) == duration, "seed 7, \(duration)")
        }
    }

    @Test(
        arguments: [
            ("quantitty", "quantity"), ("regoin", "region"), ("cooldown", "cool-down"),
            ("emulatd", "emulated"),
            ("xyz", nil), ("US", nil), ("MARKETS", "markets"), ("plans", "plan"),
        ] as [(String, String?)])
    func nearMisses(word: String, expected: String?) {
        let known = ["quantity", "region", "cool-down", "emulated", "markets", "plan", "fixture"]
        #expect(NearMiss.suggestion(for: word, among: known) == expected)
    }

    @Test func editDistancesAreSymmetricAndBounded() {
        var dice = SeededGenerator(seed: 11)
        for _ in 0..<500 {
            let words = (0..<2).map { _ in
                String(
                    (0..<Int.random(in: 0...7, using: &dice)).map { _ in
                        "abc".randomElement(using: &dice) ?? "a"
                    })
            }
            let there = NearMiss.distance(words[0], words[1], atMost: 10)
            #expect(there == NearMiss.distance(words[1], words[0], atMost: 10), "seed 11, \(words)")
            #expect((there == 0) == (words[0] == words[1]))
            #expect(there <= max(words[0].count, words[1].count))
            #expect(NearMiss.distance(words[0], words[1], atMost: 2) == min(there, 3))
        }
        #expect(NearMiss.distance("ab", "ba", atMost: 5) == 1)
    }
}
