import ArgumentParser
import Audit
import StationStore
import Synchronization
import Wording

/// How an answer is written: a table for people, lines for programs.
enum AnswerOutput: String, CaseIterable, ExpressibleByArgument {
    case table, jsonl, csv

    /// Rows one by one, handed to the closure; the columns come back.
    typealias Rows = (@escaping @Sendable ([AnswerCell]) throws -> Void) async throws -> [AnswerColumn]

    /// Writes an answer. A table is gathered first, for its widths; lines are written as they come.
    /// - Parameters:
    ///   - header: the columns, where they are known before the first row; lines wait for the end otherwise.
    ///   - cut: the number of rows at which the asking stopped by itself.
    func write(_ header: [AnswerColumn]?, cut: Int? = nil, _ answer: Rows) async throws {
        if let header, let form {
            if let heading = form.heading(header) { Terminal.line(heading) }
            _ = try await answer { cells in
                Terminal.line(form.row(cells, header))
                try Terminal.requireOutput()
            }
            return
        }
        let gathered = Mutex<[[AnswerCell]]>([])
        let columns = try await answer { cells in gathered.withLock { $0.append(cells) } }
        write(gathered.withLock { $0 }, columns, cut: cut)
    }

    /// Writes what the record answers.
    func write(_ reader: StationReader, _ statement: Statement, cut: Int? = nil) async throws {
        try await write(statement.header, cut: cut) { each in
            try await reader.answer(statement, each: each)
            return statement.header
        }
    }

    /// Writes an answer that is there already.
    func write(_ rows: [[AnswerCell]], _ columns: [AnswerColumn], cut: Int? = nil) {
        if let form {
            if let heading = form.heading(columns) { Terminal.line(heading) }
            for row in rows { Terminal.line(form.row(row, columns)) }
            return
        }
        if rows.isEmpty { return Terminal.line("Nothing fits.") }
        var table = Table(headings: columns.map(\.name))
        for row in rows { table.add(row.map(\.shown)) }
        table.print()
        if let cut, rows.count == cut {
            Terminal.note("Only the first \(cut) rows are shown; --limit or --format jsonl gives more.")
        }
    }

    private var form: AnswerFormat? {
        switch self {
        case .table: nil
        case .jsonl: .jsonl
        case .csv: .csv
        }
    }

    /// The SQL, and how the database goes about it.
    static func explain(_ sql: String, _ plan: [String]) {
        Terminal.line(sql)
        for line in plan { Terminal.line("  " + line) }
    }
}

extension AnswerCell {
    /// As a table for people shows it: digests cut to twelve digits (they tell them apart, and are enough to ask again),
    /// times to the second, numbers to six digits. The other formats have them whole.
    fileprivate var shown: String {
        switch self {
        case .missing: return "–"
        case .integer: return plain
        case .number(let value):
            return AnswerCell.number(value.rounded(toSignificantDigits: 6)).plain
        case .text(let text):
            let bytes = Array(text.utf8)
            if bytes.count == 64,
                bytes.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
            {
                return String(text.prefix(12))
            }
            if bytes.count == 24, bytes[10] == UInt8(ascii: "T"), bytes[23] == UInt8(ascii: "Z") {
                return text.prefix(10) + " " + text.dropFirst(11).prefix(8)
            }
            return text.isEmpty ? "–" : text
        }
    }
}
