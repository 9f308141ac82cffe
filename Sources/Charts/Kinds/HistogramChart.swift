import Statistics

/// How a measurement is distributed, with its limits.
public enum HistogramChart {
    /// - Parameters:
    ///   - histogram: nil draws the frame and says that there is nothing.
    ///   - unit: of the values.
    public static func draw(
        id: String, title: String, about: String, _ histogram: Histogram?, low: Double?, high: Double?,
        mean: Double?, unit: String?, words: ChartWords = ChartWords()
    ) -> Chart {
        var canvas = Canvas(width: 760, height: 340)
        canvas.text(title, 16, 26, size: 16, bold: true)
        let (left, right, top, bottom) = (56.0, 736.0, 66.0, 290.0)
        let bins = histogram?.bins ?? []
        if let first = bins.first, let last = bins.last {
            var from = min(first.low, low ?? first.low)
            var to = max(last.high, high ?? last.high)
            // A limit that is a world away would squeeze the bars into a line; it is then said in words only.
            let span = last.high - first.low
            if let low, first.low - low > 6 * span { from = first.low - span }
            if let high, high - last.high > 6 * span { to = last.high + span }
            let margin = (to - from) * 0.04
            let x = Scale(low: from - margin, high: to + margin, start: left, end: right)
            let most = Double(bins.map(\.count).max() ?? 1)
            let y = Scale(low: 0, high: most * 1.08, start: bottom, end: top)
            for tick in RoundNumber.ticks(from: 0, to: most, about: 4) where tick == tick.rounded() {
                canvas.line(left, y(tick), right, y(tick), color: Palette.grid)
                canvas.text(
                    NumberText.fixed(tick, 0), left - 8, y(tick) + 4, anchor: .end, size: 11,
                    color: Palette.quiet)
            }
            let ticks = RoundNumber.ticks(from: x.low, to: x.high, about: 7)
            let step = ticks.count > 1 ? ticks[1] - ticks[0] : 1
            for tick in ticks {
                canvas.line(x(tick), bottom, x(tick), bottom + 5, color: Palette.quiet)
                canvas.text(
                    NumberText.onScale(tick, step: step), x(tick), bottom + 19, anchor: .middle, size: 11,
                    color: Palette.quiet)
            }
            for bin in bins where bin.count > 0 {
                let outside = (low.map { bin.high <= $0 } ?? false) || (high.map { bin.low >= $0 } ?? false)
                canvas.rectangle(
                    x(bin.low) + 0.5, y(Double(bin.count)), x(bin.high) - x(bin.low) - 1,
                    bottom - y(Double(bin.count)), fill: outside ? "url(#\(id)-h)" : Palette.blue,
                    about: "\(NumberText.short(bin.low)) … \(NumberText.short(bin.high)): \(bin.count)")
            }
            canvas.line(left, bottom, right, bottom, color: Palette.ink)
            limit(&canvas, low, words.low, x, top, bottom, .start)
            limit(&canvas, high, words.high, x, top, bottom, .end)
            if let mean {
                canvas.line(x(mean), top - 4, x(mean), bottom, color: Palette.ink, width: 1.6, dash: "2 3")
                canvas.text(
                    "\(words.mean) \(NumberText.short(mean))", x(mean), top - 26, anchor: .middle, size: 12,
                    halo: true)
            }
        } else {
            canvas.text(words.nothing, 380, 180, anchor: .middle, size: 14, color: Palette.quiet)
        }
        if let unit { canvas.text(unit, right, bottom + 38, anchor: .end, size: 12, color: Palette.quiet) }
        let decimals = histogram.map { decimalsFor($0.width) } ?? 0
        return Chart(
            title: title, about: about, svg: canvas.document(id: id, title: title, about: about),
            table: DataTable(
                header: [words.from, words.to, words.count],
                rows: bins.map {
                    [NumberText.fixed($0.low, decimals), NumberText.fixed($0.high, decimals), "\($0.count)"]
                }))
    }

    private static func limit(
        _ canvas: inout Canvas, _ value: Double?, _ word: String, _ x: Scale, _ top: Double, _ bottom: Double,
        _ anchor: Canvas.Anchor
    ) {
        guard let value else { return }
        let inside = value >= x.low && value <= x.high
        let place = inside ? x(value) : value < x.low ? x.start : x.end
        if inside {
            canvas.line(place, top - 10, place, bottom, color: Palette.vermilion, width: 2, dash: "7 4")
        }
        let arrow = inside ? "" : value < x.low ? "← " : " →"
        let text = "\(word) \(NumberText.short(value, digits: 5))"
        canvas.text(
            value < x.low ? arrow + text : text + arrow, place, top - 12,
            anchor: anchor, size: 12, color: Palette.vermilion, halo: true)
    }

    static func decimalsFor(_ step: Double) -> Int {
        var decimals = 0
        var rest = step
        while decimals < 9, rest < 1 || abs(rest - rest.rounded()) > 1e-6 {
            rest *= 10
            decimals += 1
        }
        return decimals
    }
}
