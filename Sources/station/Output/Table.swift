/// Rows under headings, as wide as they need to be and never wider than the terminal: the last column gives way.
struct Table {
    private let headings: [String]
    private var rows: [[String]] = []

    init(_ headings: String...) {
        self.headings = headings
    }

    init(headings: [String]) {
        self.headings = headings
    }

    mutating func add(_ cells: String...) {
        rows.append(cells)
    }

    mutating func add(_ cells: [String]) {
        rows.append(cells)
    }

    var isEmpty: Bool { rows.isEmpty }

    /// - Parameter width: columns available; 0 for as many as it takes.
    func lines(width: Int = Terminal.isInteractive ? Terminal.width : 0) -> [String] {
        var widths = headings.map(\.columns)
        for row in rows {
            for (index, cell) in row.enumerated() where index < widths.count {
                widths[index] = max(widths[index], cell.columns)
            }
        }
        let fixed = widths.dropLast().reduce(0) { $0 + $1 + 2 }
        if width > 0, let last = widths.last, fixed + last > width {
            widths[widths.count - 1] = max(12, width - fixed)
        }
        let head = format(headings.map { $0.uppercased() }, widths).map { Ink.quiet($0) }
        return head + rows.flatMap { format($0, widths) }
    }

    func print() {
        for line in lines() { Terminal.line(line) }
    }

    /// One row, its last cell wrapped between words.
    private func format(_ cells: [String], _ widths: [Int]) -> [String] {
        guard let lastCell = cells.last, let lastWidth = widths.last, cells.count == widths.count else {
            return [cells.joined(separator: "  ")]
        }
        let start = zip(cells, widths).dropLast().map { $0.padded(to: $1) + "  " }.joined()
        let indent = String(repeating: " ", count: start.columns)
        return lastCell.wrapped(to: lastWidth).enumerated().map { index, part in
            ((index == 0 ? start : indent) + part).trimmingTrailingSpace
        }
    }
}

extension String {
    /// Columns on a terminal: escape sequences count nothing, East Asian wide characters two.
    var columns: Int {
        var count = 0
        var inEscape = false
        for scalar in unicodeScalars {
            if inEscape {
                if scalar == "m" { inEscape = false }
            } else if scalar == "\u{1B}" {
                inEscape = true
            } else if scalar.properties.generalCategory != .nonspacingMark {
                count += scalar.isWide ? 2 : 1
            }
        }
        return count
    }

    func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - columns))
    }

    var trimmingTrailingSpace: String {
        var text = self
        while text.last == " " { text.removeLast() }
        return text
    }

    /// Lines of at most `width` columns, broken at spaces where there are any.
    func wrapped(to width: Int) -> [String] {
        guard columns > width, width > 0 else { return [self] }
        var lines: [String] = []
        var line = ""
        for word in split(separator: " ", omittingEmptySubsequences: false) {
            if !line.isEmpty, line.columns + 1 + String(word).columns > width {
                lines.append(line)
                line = String(word)
            } else {
                line = line.isEmpty ? String(word) : line + " " + word
            }
        }
        return lines + [line]
    }
}

extension Unicode.Scalar {
    fileprivate var isWide: Bool {
        switch value {
        case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
            0xFF00...0xFF60,
            0xFFE0...0xFFE6, 0x1F300...0x1FAFF, 0x20000...0x3FFFD:
            true
        default: false
        }
    }
}
