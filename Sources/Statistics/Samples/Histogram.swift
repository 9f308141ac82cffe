/// How often values fall into ranges of equal width whose edges are round numbers.
public struct Histogram: Equatable, Sendable {
    public struct Bin: Equatable, Sendable {
        /// Included.
        public var low: Double
        /// Excluded, except in the last bin.
        public var high: Double
        public var count: Int
    }

    public let bins: [Bin]
    public let width: Double

    /// Bins by the rule of Freedman and Diaconis (1981): twice the quartile range over the cube root of n; then widened
    /// to 1, 2, 2.5 or 5 times a power of ten, never finer than the instrument's own steps, and never more than 60.
    /// - Returns: nil without values.
    public init?(_ sample: Sample) {
        guard let low = sample.minimum, let high = sample.maximum else { return nil }
        let span = high - low
        guard span > 0, span.isFinite else {
            // One value only: a bin around it, wide enough to be drawn.
            let around = low == 0 ? 1 : abs(low) * 0.01
            bins = [Bin(low: low - around / 2, high: low + around / 2, count: sample.count)]
            width = around
            return
        }
        var wanted = 2 * (sample.quartileRange ?? 0) / Library.pow(Double(sample.count), 1.0 / 3)
        if wanted <= 0 { wanted = span / Double(sample.count).squareRoot() }
        let step = RoundNumber.step(atLeast: min(max(wanted, Self.resolution(sample), span / 60), span))
        let first = (low / step).rounded(.down)
        let number = max(1, Int((high / step).rounded(.down) - first) + 1)
        var counts = [Int](repeating: 0, count: number)
        for value in sample.values {
            let index = Int((value / step).rounded(.down) - first)
            counts[min(max(index, 0), number - 1)] += 1
        }
        width = step
        bins = counts.enumerated().map { index, count in
            Bin(low: (first + Double(index)) * step, high: (first + Double(index) + 1) * step, count: count)
        }
    }

    /// The smallest distance between two values that differ: bins finer than that would show combs.
    private static func resolution(_ sample: Sample) -> Double {
        var smallest = Double.infinity
        for (left, right) in zip(sample.sorted, sample.sorted.dropFirst()) where right > left {
            smallest = min(smallest, right - left)
        }
        // With few distinct values it is the instrument's step, with many it is chance.
        let distinct = zip(sample.sorted, sample.sorted.dropFirst()).reduce(1) { $0 + ($1.0 < $1.1 ? 1 : 0) }
        return distinct <= 60 && distinct * 3 <= sample.count && smallest.isFinite ? smallest : 0
    }
}

/// Numbers that people like to read on an axis.
public enum RoundNumber {
    /// The smallest of 1, 2, 2.5 and 5 times a power of ten that is not smaller than `least`.
    public static func step(atLeast least: Double) -> Double {
        guard least > 0, least.isFinite else { return 1 }
        var power = 1.0
        while power > least { power /= 10 }
        while power * 10 <= least { power *= 10 }
        // A hair of tolerance: 0.1 + 0.2 should not jump to 0.5.
        for factor in [1, 2, 2.5, 5, 10] where power * factor >= least * (1 - 1e-9) { return power * factor }
        return power * 10
    }

    /// Round numbers from about `low` to about `high`, `count` of them or a few less or more.
    public static func ticks(from low: Double, to high: Double, about count: Int) -> [Double] {
        guard high > low, (high - low).isFinite, count > 0 else { return [low] }
        let step = step(atLeast: (high - low) / Double(count))
        let first = (low / step * (1 - 1e-12)).rounded(.up)
        let last = (high / step * (1 + 1e-12)).rounded(.down)
        guard last >= first, last - first < 1000 else { return [low, high] }
        return stride(from: first, through: last, by: 1).map { $0 * step + 0 }
    }

    /// Moves a number away from the middle to one with so many significant digits.
    static func outward(_ value: Double, up: Bool, step: Double) -> Double {
        ((value / step).rounded(up ? .up : .down)) * step + 0
    }
}
