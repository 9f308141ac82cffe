/// Numbers that were measured, in the order in which they came about, and what can be said about them.
///
/// Values that are not finite are left out: an instrument that said `NaN` said nothing.
public struct Sample: Equatable, Sendable {
    /// In the order of measuring.
    public let values: [Double]
    public let sorted: [Double]
    public let moments: Moments

    public init(_ values: [Double]) {
        self.values = values.filter(\.isFinite)
        sorted = self.values.sorted()
        moments = Moments(self.values)
    }

    public var count: Int { values.count }
    /// Nil without values.
    public var mean: Double? { count > 0 ? moments.mean : nil }
    /// σ with n - 1; nil below two values.
    public var deviation: Double? { moments.deviation }
    public var minimum: Double? { sorted.first }
    public var maximum: Double? { sorted.last }
    public var median: Double? { quantile(0.5) }

    /// The value that a share of all does not exceed; between two values it is interpolated (definition 7 of Hyndman
    /// and Fan 1996, the default of R and NumPy).
    /// - Parameter share: 0 to 1.
    /// - Returns: nil without values.
    public func quantile(_ share: Double) -> Double? {
        guard count > 0, share >= 0, share <= 1 else { return nil }
        let place = share * Double(count - 1)
        let below = Int(place)
        let above = min(below + 1, count - 1)
        return sorted[below] + (place - Double(below)) * (sorted[above] - sorted[below])
    }

    /// From the first to the third quartile; nil without values.
    public var quartileRange: Double? {
        guard let low = quantile(0.25), let high = quantile(0.75) else { return nil }
        return high - low
    }

    /// Median of the distances from the median; nil without values.
    public var medianDeviation: Double? {
        guard let median else { return nil }
        return Sample(values.map { abs($0 - median) }).median
    }
}
