/// The standard normal distribution.
public enum NormalDistribution {
    /// P(Z ≤ z).
    public static func cumulative(_ z: Double) -> Double { 0.5 * Library.erfc(-z / 2.0.squareRoot()) }

    /// z with P(Z ≤ z) = p.
    /// - Parameter p: between 0 and 1, both excluded; 0 and 1 give -∞ and ∞, anything else `NaN`.
    public static func quantile(_ p: Double) -> Double {
        guard p > 0, p < 1 else { return p == 0 ? -.infinity : p == 1 ? .infinity : .nan }
        // By halving: forty steps a decimal table would need; here sixty, and no coefficients to mistype.
        var (low, high) = (-40.0, 40.0)
        for _ in 0..<80 {
            let middle = (low + high) / 2
            if cumulative(middle) < p { low = middle } else { high = middle }
        }
        return (low + high) / 2
    }
}
