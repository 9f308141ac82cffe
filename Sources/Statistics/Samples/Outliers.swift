/// Values that do not belong to the others.
///
/// The modified z-score of Iglewicz and Hoaglin (1993; NIST/SEMATECH e-Handbook 1.3.5.17): 0.6745 times the distance
/// from the median over the median of these distances; beyond 3.5 a value is called an outlier. Median and median
/// deviation are not moved by the very values that are looked for, as mean and σ are.
public enum Outliers {
    public static let threshold = 3.5

    /// The modified z-score of each value of the sample, in its order.
    ///
    /// When more than half of the values are the same, the median deviation is zero and the mean deviation takes its
    /// place, with 1.253314 instead of 1 / 0.6745.
    public static func scores(_ sample: Sample) -> [Double] {
        guard let median = sample.median, let spread = sample.medianDeviation else { return [] }
        if spread > 0 { return sample.values.map { 0.6745 * ($0 - median) / spread } }
        let mean = sample.values.reduce(0) { $0 + abs($1 - median) } / Double(sample.count)
        guard mean > 0 else { return sample.values.map { _ in 0 } }
        return sample.values.map { ($0 - median) / (1.253314 * mean) }
    }

    /// Positions of the outliers in `sample.values`.
    public static func positions(_ sample: Sample) -> [Int] {
        guard sample.count >= 5 else { return [] }
        return scores(sample).enumerated().filter { abs($0.element) > threshold }.map(\.offset)
    }
}
