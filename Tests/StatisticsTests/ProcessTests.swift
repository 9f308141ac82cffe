import Testing

@testable import Statistics

/// Expected numbers come from NumPy 2.4 and SciPy 1.17 (`binomtest`, `linregress`, `chi2.ppf`).
@Suite struct ProcessTests {
    @Test func capabilityWithIntervals() throws {
        let found = try #require(Capability(Sample(SampleTests.volts), low: 3.28, high: 3.33))
        #expect(abs(try #require(found.cp) - 1.8776690404970204) < 1e-9)
        let interval = try #require(found.cpInterval)
        #expect(abs(interval.low - 1.1058916016911644) < 1e-9)
        #expect(abs(interval.high - 2.6505955584415033) < 1e-9)
        #expect(abs(found.cpk - 1.6273131684307298) < 1e-9)
        #expect(abs(found.cpkInterval.low - 0.9216454816517204) < 1e-9)
        #expect(abs(found.cpkInterval.high - 2.332980855209739) < 1e-9)
    }

    @Test func capabilityWithOneLimitOrNone() throws {
        let sample = Sample(SampleTests.volts)
        let upper = try #require(Capability(sample, low: nil, high: 3.33))
        #expect(upper.cp == nil)
        #expect(upper.cpk > 2)
        #expect(Capability(sample, low: nil, high: nil) == nil)
        #expect(Capability(Sample([1]), low: 0, high: 2) == nil)
        #expect(Capability(Sample([1, 1]), low: 0, high: 2) == nil)
        #expect(try #require(Capability(sample, low: 3.31, high: nil)).cpk < 0)
    }

    @Test(arguments: [
        (0, 10, 0.0, 0.27753279986288926), (10, 10, 0.7224672001371109, 1),
        (9, 10, 0.5958499732047615, 0.9821237869049271),
        (95, 100, 0.8882495307680809, 0.978456320845632), (1, 1, 0.20654931437723745, 1),
        (481, 500, 0.9414152274693561, 0.9755398819441696),
    ]) func wilson(count: Int, total: Int, low: Double, high: Double) throws {
        let interval = try #require(Proportion(count, of: total)).interval()
        #expect(abs(interval.low - low) < 1e-9)
        #expect(abs(interval.high - high) < 1e-9)
    }

    @Test func proportionsThatAreNone() {
        #expect(Proportion(0, of: 0) == nil)
        #expect(Proportion(3, of: 2) == nil)
        #expect(Proportion(-1, of: 2) == nil)
    }

    @Test func trendOfClimbingValues() throws {
        let trend = try #require(Trend([1.0, 1.2, 1.1, 1.4, 1.3, 1.6, 1.5, 1.8]))
        #expect(abs(trend.slope - 0.1011904761904762) < 1e-12)
        #expect(abs(trend.start - 1.0083333333333333) < 1e-12)
        #expect(abs(trend.p - 0.0008623966761826547) < 1e-9)
        #expect(abs(trend.slopeInterval.low - 0.060791875958565604) < 1e-9)
        #expect(abs(trend.slopeInterval.high - 0.1415890764223868) < 1e-9)
        #expect(trend.isClear)
        #expect(Trend([1, 2, 3]) == nil)
        #expect(Trend([4, 4, 4, 4, 4, 4]) == nil)
        #expect(try #require(Trend([1, 2, 1, 2, 1, 2, 1, 2])).isClear == false)
    }

    @Test func paretoGathersItsTail() {
        let pareto = Pareto(
            [(cause: "a", count: 1), ("b", 6), ("c", 2), ("a", 1), ("d", 1), ("e", 0)], atMost: 3,
            rest: "rest")
        #expect(pareto.rows.map(\.cause) == ["b", "a", "rest"])
        #expect(pareto.rows.map(\.count) == [6, 2, 3])
        #expect(pareto.total == 11)
        #expect(pareto.gathered == 2)
        #expect(pareto.rows.last?.cumulative == 1)
        #expect(Pareto([(cause: String, count: Int)]()).rows.isEmpty)
    }

    /// Sixty values on the quantiles of a normal distribution around 10 with σ = 0.1, rounded to four digits.
    static let sixty = (0..<60).map { index in
        ((10 + 0.1 * NormalDistribution.quantile((Double(index) + 0.5) / 60)) * 10_000).rounded() / 10_000
    }

    @Test func limitsFromData() throws {
        let limits = try #require(LimitSuggestion(Sample(Self.sixty)))
        #expect(abs(limits.factor - 4.761057352198936) < 1e-9)
        // The interval is 9.52491 … 10.47509; limits lie outside of it, by less than a tenth of σ.
        #expect(limits.low <= 9.524910099271775 && limits.low > 9.5149)
        #expect(limits.high >= 10.475089900728225 && limits.high < 10.4851)
        #expect(limits.normality.hint == .plausible)
        #expect(limits.outliers == 0)
    }

    @Test func limitsLeaveOutliersOut() throws {
        let plain = try #require(LimitSuggestion(Sample(Self.sixty)))
        let spoilt = try #require(LimitSuggestion(Sample(Self.sixty + [25, -3])))
        #expect(spoilt.outliers == 2)
        #expect(spoilt.low == plain.low && spoilt.high == plain.high)
        #expect(LimitSuggestion(Sample(Array(Self.sixty.prefix(29)))) == nil)
        #expect(LimitSuggestion(Sample([Double](repeating: 3, count: 50))) == nil)
    }
}
