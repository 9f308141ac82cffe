import Statistics

/// Causes as bars from the left, most frequent first, with the line that adds them up.
public enum ParetoChart {
    /// - Parameters:
    ///   - id: of the document's elements; must be its own on a page.
    ///   - pareto: at most some fifteen rows are readable.
    public static func draw(
        id: String, title: String, about: String, _ pareto: Pareto, words: ChartWords = ChartWords()
    ) -> Chart {
        let rowHeight = 34.0
        let (left, right, top) = (240.0, 660.0, 54.0)
        let rows = pareto.rows
        var canvas = Canvas(width: 760, height: top + max(2, Double(rows.count)) * rowHeight + 34)
        canvas.text(title, 16, 26, size: 16, bold: true)
        let bottom = top + max(1, Double(rows.count)) * rowHeight
        if rows.isEmpty {
            canvas.text(words.nothing, 380, 80, anchor: .middle, size: 14, color: Palette.quiet)
        }
        // Bars and line share one scale, so that the line begins where the first bar ends.
        let bars = Scale(low: 0, high: Double(max(1, pareto.total)), start: left, end: right)
        let line = Scale(low: 0, high: 1, start: left, end: right)
        if !rows.isEmpty {
            for tick in [0, 0.25, 0.5, 0.75, 1] {
                canvas.line(line(tick), top - 4, line(tick), bottom, color: Palette.grid)
                canvas.text(
                    NumberText.percent(tick, decimals: 0), line(tick), bottom + 18, anchor: .middle, size: 11,
                    color: Palette.quiet)
            }
        }
        var points: [(Double, Double)] = []
        for (index, row) in rows.enumerated() {
            let y = top + Double(index) * rowHeight
            canvas.text(shortened(row.cause, 34), left - 10, y + 20, anchor: .end, size: 13)
            canvas.rectangle(
                left, y + 5, bars(Double(row.count)) - left, rowHeight - 12, fill: Palette.blue, radius: 2,
                about: "\(row.cause): \(row.count), \(NumberText.percent(row.share))")
            // Inside where there is room: beside the bar runs the line.
            let tip = bars(Double(row.count))
            if tip - left > 60 {
                canvas.text(
                    "\(row.count)", tip - 11, y + 20, anchor: .end, size: 13, color: Palette.paper, bold: true
                )
            } else {
                canvas.text(
                    "\(row.count)", tip + (index == 0 ? 12 : 6), y + 20, size: 13, bold: true, halo: true)
            }
            points.append((line(row.cumulative), y + rowHeight / 2 - 1))
        }
        canvas.polyline(points, color: Palette.vermilion, width: 2, dash: "5 3")
        for (index, point) in points.enumerated() {
            canvas.marker(3, point.0, point.1, color: Palette.vermilion, size: 3.4)
            // The first sum is the first bar itself.
            guard index > 0 else { continue }
            canvas.text(
                NumberText.percent(rows[index].cumulative, decimals: 0), point.0 + 9, point.1 + 4, size: 11,
                color: Palette.vermilion, halo: true)
        }
        return Chart(
            title: title, about: about, svg: canvas.document(id: id, title: title, about: about),
            table: DataTable(
                header: [words.cause, words.count, words.share, words.cumulative],
                rows: rows.map {
                    [
                        $0.cause, "\($0.count)", NumberText.percent($0.share),
                        NumberText.percent($0.cumulative),
                    ]
                }))
    }

    static func shortened(_ text: String, _ limit: Int) -> String {
        // Chinese signs are twice as wide as Latin ones.
        var width = 0
        for (index, character) in text.enumerated() {
            width += character.unicodeScalars.contains { $0.value > 0x2E80 } ? 2 : 1
            if width > limit { return String(text.prefix(max(1, index - 1))) + "…" }
        }
        return text
    }
}
