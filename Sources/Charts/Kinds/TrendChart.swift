import Statistics

/// Values in the order in which they were measured, one kind of marker a slot, with limits.
public enum TrendChart {
    public struct Point: Equatable, Sendable {
        /// Position in time among all points.
        public var order: Int
        public var value: Double
        public var isOutlier: Bool

        public init(order: Int, value: Double, isOutlier: Bool = false) {
            self.order = order
            self.value = value
            self.isOutlier = isOutlier
        }
    }

    public struct Series: Equatable, Sendable {
        public var name: String
        public var points: [Point]

        public init(name: String, points: [Point]) {
            self.name = name
            self.points = points
        }
    }

    /// - Parameter line: the trend through all points, when there is a clear one.
    public static func draw(
        id: String, title: String, about: String, _ series: [Series], low: Double?, high: Double?,
        line: Trend? = nil, unit: String?, words: ChartWords = ChartWords()
    ) -> Chart {
        var canvas = Canvas(width: 760, height: 340)
        canvas.text(title, 16, 26, size: 16, bold: true)
        let (left, right, top, bottom) = (70.0, 736.0, 62.0, 300.0)
        let values = series.flatMap(\.points).map(\.value).filter(\.isFinite)
        let count = (series.flatMap(\.points).map(\.order).max() ?? 0) + 1
        if let smallest = values.min(), let largest = values.max() {
            let span = max(largest - smallest, abs(largest) * 1e-6, 1e-12)
            // Limits far away are said in words at the edge, so that the values keep their shape; a few values have none.
            let isFew = values.count < 5
            var from = smallest
            var to = largest
            if let low, isFew || smallest - low < 6 * span { from = min(from, low) }
            if let high, isFew || high - largest < 6 * span { to = max(to, high) }
            let margin = max((to - from) * 0.08, span * 0.1)
            let y = Scale(low: from - margin, high: to + margin, start: bottom, end: top)
            let x = Scale(low: 0, high: Double(max(1, count - 1)), start: left + 8, end: right - 8)
            let ticks = RoundNumber.ticks(from: y.low, to: y.high, about: 6)
            let step = ticks.count > 1 ? ticks[1] - ticks[0] : 1
            for tick in ticks {
                canvas.line(left, y(tick), right, y(tick), color: Palette.grid)
                canvas.text(
                    NumberText.onScale(tick, step: step), left - 8, y(tick) + 4, anchor: .end, size: 11,
                    color: Palette.quiet)
            }
            for (value, word, below) in [(low, words.low, true), (high, words.high, false)] {
                guard let value else { continue }
                let inside = value >= y.low && value <= y.high
                if inside {
                    canvas.line(
                        left, y(value), right, y(value), color: Palette.vermilion, width: 2, dash: "7 4")
                }
                let place = inside ? y(value) + (below ? 15 : -6) : below ? bottom - 4 : top + 12
                canvas.text(
                    "\(word) \(NumberText.short(value, digits: 5))" + (inside ? "" : below ? " ↓" : " ↑"),
                    right - 4, place, anchor: .end, size: 12, color: Palette.vermilion, halo: true)
            }
            for (index, one) in series.enumerated() {
                let color = Palette.series[index % Palette.series.count]
                for point in one.points where point.value.isFinite {
                    let (px, py) = (x(Double(point.order)), y(point.value))
                    canvas.marker(index, px, py, color: color)
                    if point.isOutlier { canvas.ring(px, py, color: Palette.ink) }
                }
            }
            if let line {
                canvas.polyline(
                    [(x.start, y(line.start)), (x.end, y(line.end))], color: Palette.ink, width: 2,
                    dash: "10 5")
            }
            legend(&canvas, series, from: left, y: 46)
        } else {
            canvas.text(words.nothing, 380, 180, anchor: .middle, size: 14, color: Palette.quiet)
        }
        canvas.line(left, bottom, right, bottom, color: Palette.ink)
        if let unit { canvas.text(unit, left - 8, top - 10, anchor: .end, size: 12, color: Palette.quiet) }
        let rows = series.flatMap { one in one.points.map { (one.name, $0) } }.sorted {
            $0.1.order < $1.1.order
        }
        return Chart(
            title: title, about: about, svg: canvas.document(id: id, title: title, about: about),
            table: DataTable(
                header: [words.order, words.slot, words.value, words.outlier],
                rows: rows.map { name, point in
                    [
                        "\(point.order + 1)", name, NumberText.short(point.value, digits: 8),
                        point.isOutlier ? "×" : "",
                    ]
                }))
    }

    static func legend(_ canvas: inout Canvas, _ series: [Series], from left: Double, y: Double) {
        guard series.count > 1 else { return }
        var x = left
        for (index, one) in series.enumerated() where x < 700 {
            canvas.marker(index, x + 4, y - 4, color: Palette.series[index % Palette.series.count], size: 4)
            canvas.text(one.name, x + 14, y, size: 12, color: Palette.ink)
            x += 26 + 8 * Double(min(one.name.count, 20))
        }
    }
}
