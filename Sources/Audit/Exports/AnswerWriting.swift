import Ledger

/// The shapes in which an answer can be written.
public enum AnswerFormat: String, CaseIterable, Sendable {
    /// One JSON object a row.
    case jsonl
    /// RFC 4180, with a heading.
    case csv

    /// What stands before the first row.
    public func heading(_ columns: [AnswerColumn]) -> String? {
        switch self {
        case .jsonl: nil
        case .csv: columns.map { Self.quoted($0.name) }.joined(separator: ",")
        }
    }

    /// A row, without the line's end.
    public func row(_ cells: [AnswerCell], _ columns: [AnswerColumn]) -> String {
        switch self {
        case .csv: cells.map { Self.quoted($0.plain) }.joined(separator: ",")
        case .jsonl:
            "{"
                + zip(columns, cells).map { "\(JSONText.string($0.name)):\($1.json)" }.joined(separator: ",")
                + "}"
        }
    }

    /// A spreadsheet takes a cell that begins with one of these for a formula: a quotation mark before it keeps
    /// foreign text from being calculated.
    private static func quoted(_ text: String) -> String {
        var text = text
        if let first = text.first, "=+@\t\r".contains(first) || first == "-" && Double(text) == nil {
            text = "'" + text
        }
        guard text.contains(where: { ",\"\r\n".contains($0) || $0.isNewline }) else { return text }
        return "\"" + text.replacing("\"", with: "\"\"") + "\""
    }
}

extension AnswerCell {
    /// For people and for CSV; nothing for what is missing.
    public var plain: String {
        switch self {
        case .missing: ""
        case .integer(let value): String(value)
        case .number(let value): JSONText.number(value)
        case .text(let value): value
        }
    }

    fileprivate var json: String {
        switch self {
        case .missing: "null"
        case .integer(let value): String(value)
        case .number(let value): JSONText.number(value)
        case .text(let value): JSONText.string(value)
        }
    }
}

/// JSON's own spellings.
enum JSONText {
    static func string(_ text: String) -> String {
        var writer = CanonicalJSONWriter(reservingCapacity: text.utf8.count + 2)
        writer.string(text)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    static func number(_ value: Double) -> String {
        guard value.isFinite else { return "null" }
        var writer = CanonicalJSONWriter(reservingCapacity: 24)
        writer.number(value)
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}
