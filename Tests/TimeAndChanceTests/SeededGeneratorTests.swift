import Testing

@testable import TimeAndChance

@Suite struct SeededGeneratorTests {
    /// First outputs of SplitMix64 for seed 1234567, as its authors' reference code prints them.
    @Test func matchesReferenceSequence() {
        var generator = SeededGenerator(seed: 1_234_567)
        let drawn = (0..<5).map { _ in generator.next() }
        #expect(
            drawn == [
                6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
                4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
            ])
    }

    @Test(arguments: [(0.0, 0...0), (1.0, 10_000...10_000), (0.25, 2_300...2_700)])
    func probabilityIsKept(probability: Double, expected: ClosedRange<Int>) {
        var generator = SeededGenerator(seed: 42)
        let hits = (0..<10_000).count { _ in generator.happens(withProbability: probability) }
        #expect(expected.contains(hits))
    }

    @Test func derivedStreamsDifferByLabelAndIndexOnly() {
        var base = SeededGenerator.derived(from: 7, label: "unit", index: 3)
        var again = SeededGenerator.derived(from: 7, label: "unit", index: 3)
        var otherIndex = SeededGenerator.derived(from: 7, label: "unit", index: 4)
        var otherLabel = SeededGenerator.derived(from: 7, label: "cloud", index: 3)
        let first = base.next()
        #expect(first == again.next())
        #expect(first != otherIndex.next())
        #expect(first != otherLabel.next())
    }
}
