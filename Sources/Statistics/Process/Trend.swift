/// Whether values climb or fall as they come: the line of least squares through them, against their order.
///
/// Slope, its standard error and the t-test are those of simple linear regression (NIST/SEMATECH e-Handbook 4.1.4.1).
public struct Trend: Equatable, Sendable {
    /// Change from one value to the next.
    public let slope: Double
    /// The line at the first value.
    public let start: Double
    /// For the slope, with the confidence asked for.
    public let slopeInterval: Interval
    /// How likely so steep a slope is when there is none.
    public let p: Double
    public let count: Int

    /// The line at the last value.
    public var end: Double { start + slope * Double(count - 1) }
    /// Less likely than one in a hundred to be chance.
    public var isClear: Bool { p < 0.01 }

    /// - Returns: nil below five values or without spread.
    public init?(_ values: [Double], confidence: Double = 0.95) {
        let moments = Moments(values)
        let n = Double(values.count)
        guard values.count >= 5, moments.sumOfSquares > 0, moments.sumOfSquares.isFinite else { return nil }
        let middle = (n - 1) / 2
        let across = n * (n * n - 1) / 12
        var product = 0.0
        for (index, value) in values.enumerated() {
            product += (Double(index) - middle) * (value - moments.mean)
        }
        let slope = product / across
        let remaining = max(0, moments.sumOfSquares - slope * product)
        let error = (remaining / (n - 2) / across).squareRoot()
        let t = StudentDistribution.quantileBothWays(confidence, degrees: n - 2)
        self.slope = slope
        start = moments.mean - slope * middle
        slopeInterval = Interval(low: slope - t * error, high: slope + t * error)
        p = error > 0 ? StudentDistribution.exceedingBothWays(slope / error, degrees: n - 2) : 0
        count = values.count
    }
}
