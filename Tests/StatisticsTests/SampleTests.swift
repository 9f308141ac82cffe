import Testing
import TimeAndChance

@testable import Statistics

/// Expected numbers come from NumPy 2.4 and SciPy 1.17.
@Suite struct SampleTests {
    static let volts = [
        3.301, 3.298, 3.305, 3.310, 3.295, 3.302, 3.299, 3.307, 3.300, 3.304, 3.296, 3.303,
    ]

    @Test func meanAndDeviation() throws {
        let sample = Sample(Self.volts)
        #expect(abs(try #require(sample.mean) - 3.3016666666666663) < 1e-12)
        #expect(abs(try #require(sample.deviation) - 0.004438126822993012) < 1e-12)
    }

    @Test(arguments: [
        (0.0, 3.295), (0.05, 3.29555), (0.25, 3.29875), (0.5, 3.3015), (0.75, 3.30425), (0.9, 3.3068),
        (1, 3.31),
    ]) func quantiles(share: Double, value: Double) throws {
        #expect(abs(try #require(Sample(Self.volts).quantile(share)) - value) < 1e-12)
    }

    @Test func emptyAndSingleSamplesSayLess() {
        #expect(Sample([]).mean == nil)
        #expect(Sample([]).quantile(0.5) == nil)
        #expect(Sample([7]).deviation == nil)
        #expect(Sample([7]).median == 7)
        #expect(Sample([1, .nan, 3, .infinity]).count == 2)
        #expect(Sample([1, 2]).quantile(1.5) == nil)
    }

    @Test func momentsOfPartsAreMomentsOfAll() throws {
        var random = SeededGenerator(seed: 5)
        for size in [0, 1, 2, 17, 400] {
            let values = (0..<size).map { _ in Double.random(in: 1e6...1e6 + 1, using: &random) }
            let cut = size / 3
            var joined = Moments(values.prefix(cut))
            joined.add(Moments(values.dropFirst(cut)))
            let whole = Moments(values)
            #expect(joined.count == whole.count)
            #expect(abs(joined.mean - whole.mean) < 1e-6)
            if let left = joined.deviation, let right = whole.deviation { #expect(abs(left - right) < 1e-9) }
        }
    }

    @Test func histogramHoldsEveryValueOnce() {
        var random = SeededGenerator(seed: 11)
        for round in 0..<200 {
            let scale = [1e-9, 1e-3, 1, 250, 1e7][round % 5]
            let values = (0..<(1 + round * 3)).map { _ in
                (Double.random(in: -1...1, using: &random) + Double.random(in: -1...1, using: &random))
                    * scale
            }
            guard let histogram = Histogram(Sample(values)) else {
                Issue.record("no histogram for \(values.count) values")
                continue
            }
            #expect(histogram.bins.reduce(0) { $0 + $1.count } == values.count, "round \(round)")
            #expect(histogram.bins.count <= 62)
            for value in values {
                let home = histogram.bins.filter { $0.low <= value && value < $0.high }
                #expect(home.count == 1 || value == values.max(), "round \(round): \(value)")
            }
        }
    }

    @Test func histogramOfOneValueHasOneBin() throws {
        let histogram = try #require(Histogram(Sample([4, 4, 4])))
        #expect(histogram.bins.map(\.count) == [3])
        #expect(Histogram(Sample([])) == nil)
    }

    @Test func wholeNumbersGetBinsNoFinerThanOne() throws {
        let channels = (0..<300).map { Double([1, 6, 11][$0 % 3]) }
        #expect(try #require(Histogram(Sample(channels))).width >= 1)
    }

    @Test(arguments: [
        (0.03, 0.05), (1, 1), (1.1, 2), (2.2, 2.5), (3, 5), (7, 10), (0.3, 0.5), (2000, 2000), (1e-7, 1e-7),
    ]) func roundSteps(least: Double, step: Double) {
        #expect(abs(RoundNumber.step(atLeast: least) / step - 1) < 1e-9)
    }

    @Test func ticksAreRoundAndInside() {
        #expect(RoundNumber.ticks(from: 0, to: 10, about: 5) == [0, 2, 4, 6, 8, 10])
        #expect(RoundNumber.ticks(from: 3.2, to: 3.4, about: 4).count == 5)
        #expect(RoundNumber.ticks(from: 5, to: 5, about: 4) == [5])
        #expect(RoundNumber.ticks(from: -1, to: 1, about: 2).contains(0))
    }

    @Test func outliersByMedianDeviation() {
        let sample = Sample([2.1, 2.0, 2.2, 2.1, 1.9, 2.0, 9.7, 2.1, 2.05, 1.95])
        let scores = Outliers.scores(sample)
        #expect(abs(scores[6] - 68.57416667) < 1e-6)
        #expect(abs(scores[4] + 1.57383333) < 1e-6)
        #expect(Outliers.positions(sample) == [6])
    }

    @Test func outliersAmongEqualValues() {
        let sample = Sample([5, 5, 5, 5, 5, 5, 8, 5])
        #expect(abs(Outliers.scores(sample)[6] - 6.38307719) < 1e-6)
        #expect(Outliers.positions(sample) == [6])
        #expect(Outliers.positions(Sample([5, 5, 5, 5, 5])).isEmpty)
        #expect(Outliers.positions(Sample([1, 1, 1, 100])).isEmpty)
    }

    @Test func normalityOfNormalAndSkewedValues() throws {
        let normal = Normality(Sample(Self.volts))
        #expect(abs(try #require(normal.statistic) - 0.10422840389179819) < 1e-9)
        #expect(normal.hint == .plausible)
        let skewed = Normality(
            Sample([0.05, 0.1, 0.12, 0.2, 0.3, 0.35, 0.5, 0.6, 0.9, 1.2, 1.7, 2.9, 4.1, 6.6]))
        #expect(abs(try #require(skewed.statistic) - 1.6057684542743367) < 1e-9)
        #expect(skewed.hint == .implausible)
        #expect(Normality(Sample([1, 2, 3])).hint == .tooFew)
        #expect(Normality(Sample([2, 2, 2, 2, 2, 2, 2, 2, 2])).hint == .tooFew)
    }
}
