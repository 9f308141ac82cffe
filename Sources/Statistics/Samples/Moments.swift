/// Count, mean and spread of numbers as they come, without keeping them.
///
/// Welford's recurrence: no difference of large sums. Two of them can be put together (Chan, Golub, LeVeque 1979).
public struct Moments: Equatable, Sendable {
    public private(set) var count = 0
    public private(set) var mean = 0.0
    public private(set) var minimum = Double.infinity
    public private(set) var maximum = -Double.infinity
    private var squares = 0.0

    public init() {}

    public init(_ values: some Sequence<Double>) { for value in values { add(value) } }

    public mutating func add(_ value: Double) {
        count += 1
        let step = value - mean
        mean += step / Double(count)
        squares += step * (value - mean)
        minimum = min(minimum, value)
        maximum = max(maximum, value)
    }

    public mutating func add(_ other: Moments) {
        guard other.count > 0 else { return }
        let total = count + other.count
        let step = other.mean - mean
        squares += other.squares + step * step * Double(count) * Double(other.count) / Double(total)
        mean += step * Double(other.count) / Double(total)
        count = total
        minimum = min(minimum, other.minimum)
        maximum = max(maximum, other.maximum)
    }

    /// Sum of squared distances from the mean.
    public var sumOfSquares: Double { squares }

    /// σ of the sample, with n - 1; nil below two values.
    public var deviation: Double? { count > 1 ? (squares / Double(count - 1)).squareRoot() : nil }
}
