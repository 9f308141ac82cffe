/// Limits that the data itself suggests: outliers left out, wide enough for so much of the process and so much
/// confidence that the small size of the sample allows.
///
/// mean ± kσ is a two-sided normal tolerance interval, with k by Howe (1969; NIST/SEMATECH e-Handbook 7.2.6.3):
/// k = z · √((n - 1)(1 + 1/n) / χ²), z for the coverage, χ² the lower quantile for the confidence with n - 1 degrees.
/// The coverage is that of ±4σ, which makes a centred process a Cpk of 4/3. For values that are clearly not normal
/// the interval is only a start, and ``normality`` says so.
public struct LimitSuggestion: Equatable, Sendable {
    public static let fewest = 30

    public let low: Double
    public let high: Double
    /// How many σ to each side.
    public let factor: Double
    /// Values that were left out.
    public let outliers: Int
    /// Of the values that were used.
    public let used: Moments
    public let normality: Normality

    /// - Returns: nil below ``fewest`` values or without spread.
    public init?(_ sample: Sample, sigmas: Double = 4, confidence: Double = 0.95) {
        let outside = Set(Outliers.positions(sample))
        let kept = Sample(sample.values.enumerated().filter { !outside.contains($0.offset) }.map(\.element))
        guard kept.count >= Self.fewest, let deviation = kept.deviation, deviation > 0, let mean = kept.mean
        else { return nil }
        let n = Double(kept.count)
        let chi = ChiSquareDistribution.quantile(1 - confidence, degrees: n - 1)
        factor = sigmas * ((n - 1) * (1 + 1 / n) / chi).squareRoot()
        // A limit with more digits than a fiftieth of σ tells a lie about its precision.
        let step = RoundNumber.step(atLeast: deviation / 20)
        low = RoundNumber.outward(mean - factor * deviation, up: false, step: step)
        high = RoundNumber.outward(mean + factor * deviation, up: true, step: step)
        outliers = outside.count
        used = kept.moments
        normality = Normality(kept)
    }
}
