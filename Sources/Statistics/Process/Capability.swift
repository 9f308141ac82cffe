/// From where to where a true value lies with some confidence.
public struct Interval: Equatable, Sendable {
    public var low: Double
    public var high: Double

    public init(low: Double, high: Double) {
        self.low = low
        self.high = high
    }
}

/// How well a process fits between its limits.
///
/// Cp = (high - low) / 6σ; Cpk = distance of the mean from the nearer limit / 3σ, with σ of all the sample's values
/// (n - 1), as the long-term indices that some books call Pp and Ppk. Montgomery, Introduction to Statistical Quality
/// Control, 8.3; NIST/SEMATECH e-Handbook 6.1.6.
public struct Capability: Equatable, Sendable {
    /// Nil unless there are two limits.
    public let cp: Double?
    /// From the χ² distribution of the sample's variance, exact for normal values.
    public let cpInterval: Interval?
    /// May be negative: the mean is then beyond a limit.
    public let cpk: Double
    /// Approximate, by Bissell (1990): Cpk ± z · √(1/(9n) + Cpk²/(2(n - 1))).
    public let cpkInterval: Interval

    /// - Parameters:
    ///   - low: lower limit, nil for none.
    ///   - high: upper limit, nil for none.
    ///   - confidence: of the intervals.
    /// - Returns: nil without limits, below two values or without spread.
    public init?(_ sample: Sample, low: Double?, high: Double?, confidence: Double = 0.95) {
        self.init(sample.moments, low: low, high: high, confidence: confidence)
    }

    public init?(_ moments: Moments, low: Double?, high: Double?, confidence: Double = 0.95) {
        guard let deviation = moments.deviation, deviation > 0, confidence > 0, confidence < 1,
            let room = [low.map { moments.mean - $0 }, high.map { $0 - moments.mean }].compactMap({ $0 })
                .min()
        else { return nil }
        let n = Double(moments.count)
        let cpk = room / (3 * deviation)
        let z = NormalDistribution.quantile(1 - (1 - confidence) / 2)
        let error = z * (1 / (9 * n) + cpk * cpk / (2 * (n - 1))).squareRoot()
        self.cpk = cpk
        cpkInterval = Interval(low: cpk - error, high: cpk + error)
        guard let low, let high else {
            (cp, cpInterval) = (nil, nil)
            return
        }
        let cp = (high - low) / (6 * deviation)
        func bound(_ p: Double) -> Double {
            cp * (ChiSquareDistribution.quantile(p, degrees: n - 1) / (n - 1)).squareRoot()
        }
        self.cp = cp
        cpInterval = Interval(low: bound((1 - confidence) / 2), high: bound(1 - (1 - confidence) / 2))
    }
}
