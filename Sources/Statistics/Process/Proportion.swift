/// So many of so many, and what that says about the share in the long run.
public struct Proportion: Equatable, Sendable {
    public let count: Int
    public let total: Int

    /// - Returns: nil unless `0 ≤ count ≤ total` and `total > 0`.
    public init?(_ count: Int, of total: Int) {
        guard total > 0, count >= 0, count <= total else { return nil }
        self.count = count
        self.total = total
    }

    /// 0 to 1.
    public var share: Double { Double(count) / Double(total) }

    /// Wilson's score interval (1927), which holds its confidence near 0 and 1 and for small numbers, where yields
    /// live and where share ± z·σ does not (Brown, Cai, DasGupta 2001; NIST/SEMATECH e-Handbook 7.2.4.1).
    public func interval(confidence: Double = 0.95) -> Interval {
        let z = NormalDistribution.quantile(1 - (1 - confidence) / 2)
        let n = Double(total)
        let divisor = 1 + z * z / n
        let middle = (share + z * z / (2 * n)) / divisor
        let reach = z * (share * (1 - share) / n + z * z / (4 * n * n)).squareRoot() / divisor
        return Interval(
            low: count == 0 ? 0 : max(0, middle - reach), high: count == total ? 1 : min(1, middle + reach))
    }
}
