import Statistics

/// Columns over time or over slots, each of what passed and, hatched on top of it, what failed.
public enum ColumnChart {
    public struct Column: Equatable, Sendable {
        public var name: String
        public var passed: Int
        public var failed: Int

        public init(name: String, passed: Int, failed: Int) {
            self.name = name
            self.passed = passed
            self.failed = failed
        }
    }

    /// - Parameter target: a line across, for instance what the takt allows; nil for none.
    public static func draw(
        id: String, title: String, about: String, _ columns: [Column], target: Double? = nil,
        words: ChartWords = ChartWords()
    ) -> Chart {
        var canvas = Canvas(width: 760, height: 300)
        canvas.text(title, 16, 26, size: 16, bold: true)
        let (left, right, top, bottom) = (50.0, 736.0, 64.0, 252.0)
        let most = max(1, Double(columns.map { $0.passed + $0.failed }.max() ?? 0), target ?? 0)
        let y = Scale(low: 0, high: most * 1.1, start: bottom, end: top)
        for tick in RoundNumber.ticks(from: 0, to: most, about: 4) where tick == tick.rounded() {
            canvas.line(left, y(tick), right, y(tick), color: Palette.grid)
            canvas.text(
                NumberText.fixed(tick, 0), left - 8, y(tick) + 4, anchor: .end, size: 11, color: Palette.quiet
            )
        }
        if columns.isEmpty {
            canvas.text(words.nothing, 380, 160, anchor: .middle, size: 14, color: Palette.quiet)
        }
        let slot = (right - left) / Double(max(1, columns.count))
        // Names that would run into each other are left out: every second, third …
        let every = max(1, Int((46 / slot).rounded(.up)))
        for (index, column) in columns.enumerated() {
            let x = left + (Double(index) + 0.5) * slot
            let width = min(64, slot * 0.7)
            let about = "\(column.name): \(words.passed) \(column.passed), \(words.failed) \(column.failed)"
            canvas.rectangle(
                x - width / 2, y(Double(column.passed)), width, bottom - y(Double(column.passed)),
                fill: Palette.green, about: about)
            if column.failed > 0 {
                let all = Double(column.passed + column.failed)
                canvas.rectangle(
                    x - width / 2, y(all), width, y(Double(column.passed)) - y(all), fill: "url(#\(id)-h)",
                    about: about)
            }
            if column.passed + column.failed > 0, slot > 22 {
                canvas.text(
                    "\(column.passed)" + (column.failed > 0 ? "+\(column.failed)" : ""), x,
                    y(Double(column.passed + column.failed)) - 5, anchor: .middle, size: 11, halo: true)
            }
            if index % every == 0 {
                canvas.text(column.name, x, bottom + 18, anchor: .middle, size: 11, color: Palette.quiet)
            }
        }
        canvas.line(left, bottom, right, bottom, color: Palette.ink)
        if let target {
            canvas.line(left, y(target), right, y(target), color: Palette.ink, width: 1.6, dash: "7 4")
        }
        canvas.rectangle(left, 38, 12, 12, fill: Palette.green)
        canvas.text(words.passed, left + 18, 48)
        canvas.rectangle(left + 110, 38, 12, 12, fill: "url(#\(id)-h)")
        canvas.text(words.failed, left + 128, 48)
        return Chart(
            title: title, about: about, svg: canvas.document(id: id, title: title, about: about),
            table: DataTable(
                header: [words.time, words.passed, words.failed],
                rows: columns.map { [$0.name, "\($0.passed)", "\($0.failed)"] }))
    }
}
