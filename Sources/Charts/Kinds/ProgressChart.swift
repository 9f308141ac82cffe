/// How far work orders are: done, failed on the way, left.
public enum ProgressChart {
    public struct Row: Equatable, Sendable {
        public var name: String
        public var done: Int
        public var quantity: Int

        public init(name: String, done: Int, quantity: Int) {
            self.name = name
            self.done = done
            self.quantity = quantity
        }

        /// 0 to 1; an order for nothing is done.
        public var share: Double { quantity > 0 ? min(1, Double(done) / Double(quantity)) : 1 }
    }

    public static func draw(
        id: String, title: String, about: String, _ rows: [Row], words: ChartWords = ChartWords()
    ) -> Chart {
        let rowHeight = 36.0
        let (left, right, top) = (200.0, 620.0, 46.0)
        var canvas = Canvas(width: 760, height: top + max(1, Double(rows.count)) * rowHeight + 14)
        canvas.text(title, 16, 26, size: 16, bold: true)
        if rows.isEmpty {
            canvas.text(words.nothing, 380, 70, anchor: .middle, size: 14, color: Palette.quiet)
        }
        for (index, row) in rows.enumerated() {
            let y = top + Double(index) * rowHeight
            canvas.text(ParetoChart.shortened(row.name, 28), left - 12, y + 21, anchor: .end, size: 13)
            canvas.rectangle(left, y + 7, right - left, 20, fill: "#eef1f4", stroke: Palette.quiet, radius: 3)
            canvas.rectangle(
                left, y + 7, (right - left) * row.share, 20, fill: Palette.green, radius: 3,
                about: "\(row.name): \(row.done) / \(row.quantity)")
            canvas.text(
                "\(row.done) / \(row.quantity) · \(NumberText.percent(row.share, decimals: 0))", right + 10,
                y + 22, size: 13)
        }
        return Chart(
            title: title, about: about, svg: canvas.document(id: id, title: title, about: about),
            table: DataTable(
                header: [words.order, words.passed, words.count],
                rows: rows.map { [$0.name, "\($0.done)", "\($0.quantity)"] }))
    }
}
