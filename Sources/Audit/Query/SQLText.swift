import ContentAddress
import GRDB

/// SQL with its arguments: every value that a person wrote is an argument, never part of the text.
struct SQLText {
    var text = ""
    var arguments: [DatabaseValue] = []

    mutating func append(_ text: String) { self.text += text }

    /// Takes over another text with its arguments.
    mutating func append(_ other: SQLText) {
        text += other.text
        arguments += other.arguments
    }

    /// Whether a column of the table with this letter is named.
    static func mentions(_ letter: Character, in sql: String) -> Bool {
        var before: Character = " "
        var last: Character = " "
        for character in sql {
            if character == ".", last == letter, !(before.isLetter || before.isNumber || before == "_") {
                return true
            }
            (before, last) = (last, character)
        }
        return false
    }

    mutating func bind(_ value: some DatabaseValueConvertible) {
        text += "?"
        arguments.append(value.databaseValue)
    }

    /// With each mark replaced by its value. No text of ours has a question mark of its own.
    var shellText: String {
        var values = arguments[...]
        return text.split(separator: "?", omittingEmptySubsequences: false).enumerated().reduce(into: "") {
            sql, part in
            if part.offset > 0, let value = values.popFirst() { sql += Self.literal(value) }
            sql += part.element
        }
    }

    private static func literal(_ value: DatabaseValue) -> String {
        switch value.storage {
        case .null: "NULL"
        case .int64(let number): String(number)
        case .double(let number): "\(number)"
        case .string(let text): "'" + text.replacing("'", with: "''") + "'"
        case .blob(let data):
            "x'\(data.hexDigits)'"
        }
    }
}

extension Condition {
    func write(to sql: inout SQLText) {
        switch self {
        case .all(let terms): Self.write(terms, joined: " AND ", to: &sql)
        case .any(let terms): Self.write(terms, joined: " OR ", to: &sql)
        case .not(let term):
            // What is missing fits no comparison, and so its negation fits: NOT of nothing would be nothing.
            sql.append("NOT coalesce((")
            term.write(to: &sql)
            sql.append("), 0)")
        case .missing(let field):
            if field.isExistence {
                sql.append("NOT coalesce((\(field.sql.replacing("COMPARISON", with: "IS NOT NULL"))), 0)")
            } else {
                sql.append("\(field.sql) IS NULL")
            }
        case .compare(let field, let comparison, let value):
            field.write(to: &sql) { $0.compare(comparison, value, to: &$1) }
        case .oneOf(let field, let values):
            Self.write(values.map { .compare(field, .equal, $0) }, joined: " OR ", to: &sql)
        case .between(let field, let low, let high):
            Self.write(
                [.compare(field, .atLeast, low), .compare(field, .atMost, high)], joined: " AND ", to: &sql)
        }
    }

    private static func write(_ terms: [Condition], joined sign: String, to sql: inout SQLText) {
        sql.append("(")
        for (index, term) in terms.enumerated() {
            if index > 0 { sql.append(sign) }
            term.write(to: &sql)
        }
        sql.append(")")
    }
}

extension Field {
    /// Writes the comparison where the field's expression wants it.
    fileprivate func write(to sql: inout SQLText, _ comparison: (Column, inout SQLText) -> Void) {
        guard isExistence else { return comparison(Column(sql: self.sql, isList: kind == .words), &sql) }
        let parts = self.sql.split(separator: " COMPARISON", maxSplits: 1).map(String.init)
        // The column is the last word before the mark.
        let head = parts[0].split(separator: " ").map(String.init)
        sql.append(head.dropLast().joined(separator: " ") + " ")
        comparison(Column(sql: head.last ?? ""), &sql)
        sql.append(parts.count > 1 ? parts[1] : "")
    }
}

/// An expression that is compared.
private struct Column {
    let sql: String
    var isList = false

    func compare(_ comparison: Comparison, _ value: QueryValue, to text: inout SQLText) {
        switch (comparison, value) {
        case (.equal, .text(let word)) where isList: list(word, to: &text)
        case (.notEqual, .text(let word)) where isList:
            text.append("NOT ")
            list(word, to: &text)
        case (.contains, .text(let part)):
            text.append("instr(lower(\(sql)), lower(")
            text.bind(part)
            text.append(")) > 0")
        case (.equal, .prefix(let digits)): range(digits, to: &text)
        case (.notEqual, .prefix(let digits)):
            text.append("NOT ")
            range(digits, to: &text)
        case (.equal, .span(let start, let end)): span(start, end, to: &text)
        case (.notEqual, .span(let start, let end)):
            text.append("NOT ")
            span(start, end, to: &text)
        // Before and after a day: before its beginning, or from its end on.
        case (.less, .span(let start, _)), (.atLeast, .span(let start, _)):
            plain(comparison, start, to: &text)
        case (.greater, .span(_, let end)): plain(.atLeast, end, to: &text)
        case (.atMost, .span(_, let end)): plain(.less, end, to: &text)
        case (_, .text(let value)), (_, .prefix(let value)): plain(comparison, value, to: &text)
        case (_, .integer(let value)): plain(comparison, value, to: &text)
        case (_, .number(let value)): plain(comparison, value, to: &text)
        case (.contains, .span): text.append("false")
        }
    }

    private func plain(
        _ comparison: Comparison, _ value: some DatabaseValueConvertible, to text: inout SQLText
    ) {
        text.append("\(sql) \(comparison == .notEqual ? "<>" : comparison.rawValue) ")
        text.bind(value)
    }

    private func list(_ word: String, to text: inout SQLText) {
        text.append("(instr(' ' || \(sql) || ' ', ' ' || ")
        text.bind(word)
        text.append(" || ' ') > 0)")
    }

    /// All digests that begin so: a range, which an index can serve.
    private func range(_ digits: String, to text: inout SQLText) {
        text.append("(\(sql) >= ")
        text.bind(digits)
        text.append(" AND \(sql) <= ")
        text.bind(digits + String(repeating: "g", count: 64 - digits.utf8.count))
        text.append(")")
    }

    private func span(_ start: Int64, _ end: Int64, to text: inout SQLText) {
        text.append("(\(sql) >= ")
        text.bind(start)
        text.append(" AND \(sql) < ")
        text.bind(end)
        text.append(")")
    }
}
