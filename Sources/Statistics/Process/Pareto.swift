/// Causes by how often they struck, the most frequent first.
public struct Pareto: Equatable, Sendable {
    public struct Row: Equatable, Sendable {
        public var cause: String
        public var count: Int
        /// Of all, 0 to 1.
        public var share: Double
        /// This and the rows above it, 0 to 1.
        public var cumulative: Double
    }

    public let rows: [Row]
    public let total: Int
    /// Causes that were put together in the last row.
    public let gathered: Int

    /// - Parameters:
    ///   - counts: cause and count; a cause may come several times; counts below 1 are left out.
    ///   - rows: causes beyond so many are put together under `rest`.
    public init(
        _ counts: some Sequence<(cause: String, count: Int)>, atMost rows: Int = .max, rest: String = ""
    ) {
        var sums: [String: Int] = [:]
        for (cause, count) in counts where count > 0 { sums[cause, default: 0] += count }
        var ordered = sums.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { ($0.key, $0.value) }
        let total = ordered.reduce(0) { $0 + $1.1 }
        var gathered = 0
        if ordered.count > max(rows, 1) {
            gathered = ordered.count - max(rows, 1) + 1
            let tail = ordered.suffix(gathered).reduce(0) { $0 + $1.1 }
            ordered.removeLast(gathered)
            ordered.append((rest, tail))
        }
        var sum = 0
        self.rows = ordered.map { cause, count in
            sum += count
            return Row(
                cause: cause, count: count, share: Double(count) / Double(total),
                cumulative: Double(sum) / Double(total))
        }
        self.total = total
        self.gathered = gathered
    }
}
