/// Whether values look as if they came from a normal distribution: a hint, never a verdict.
///
/// Anderson and Darling's test with mean and σ from the sample; A² is adjusted for the sample's size and turned into a
/// probability by the formulas of D'Agostino and Stephens, Goodness-of-Fit Techniques (1986), table 4.9.
public struct Normality: Equatable, Sendable {
    public enum Hint: String, CaseIterable, Sendable {
        /// Fewer than eight values, or all the same.
        case tooFew
        /// p of 5 % or more: nothing speaks against it.
        case plausible
        /// p from 0.5 % to 5 %.
        case doubtful
        /// p below 0.5 %: Cpk and limits from σ mislead.
        case implausible
    }

    public let hint: Hint
    /// Adjusted A²; nil with too few values.
    public let statistic: Double?
    /// Nil with too few values.
    public let p: Double?

    public init(_ sample: Sample) {
        let n = Double(sample.count)
        guard sample.count >= 8, let deviation = sample.deviation, deviation > 0, let mean = sample.mean
        else {
            (hint, statistic, p) = (.tooFew, nil, nil)
            return
        }
        // Beyond some eight σ the distribution rounds to 0 or 1, whose logarithm is no number.
        let places = sample.sorted.map {
            min(max(NormalDistribution.cumulative(($0 - mean) / deviation), 1e-300), 1 - 1e-16)
        }
        var sum = 0.0
        for index in places.indices {
            let other = places[places.count - 1 - index]
            sum += Double(2 * index + 1) * (Library.log(places[index]) + Library.log(1 - other))
        }
        let adjusted = (-n - sum / n) * (1 + 0.75 / n + 2.25 / (n * n))
        let p = Self.probability(adjusted)
        self.p = p
        statistic = adjusted
        hint = p >= 0.05 ? .plausible : p >= 0.005 ? .doubtful : .implausible
    }

    private static func probability(_ a: Double) -> Double {
        let p =
            switch a {
            case ..<0.2: 1 - Library.exp(-13.436 + 101.14 * a - 223.73 * a * a)
            case ..<0.34: 1 - Library.exp(-8.318 + 42.796 * a - 59.938 * a * a)
            case ..<0.6: Library.exp(0.9177 - 4.279 * a - 1.38 * a * a)
            case ..<10: Library.exp(1.2937 - 5.709 * a + 0.0186 * a * a)
            default: 0.0
            }
        return min(max(p, 0), 1)
    }
}
