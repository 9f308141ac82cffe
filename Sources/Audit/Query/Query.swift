/// A question to the record: which rows, which of them, in which order, or counted in groups.
public struct Query: Sendable {
    public let subject: Subject
    let condition: Condition?
    let columns: [Field]
    let sort: [SortKey]
    let groups: [Field]
    /// Most rows of the answer; nil for all.
    public let limit: Int?
    /// A subquery whose rows are the only ones for which the condition can hold, so that an index finds them.
    var candidates: String?

    struct SortKey: Sendable {
        var field: Field
        var isDescending: Bool
    }

    /// Reads a question.
    /// - Parameters:
    ///   - filter: see `FilterParser` or docs/audit.md; empty for all.
    ///   - columns: names of fields to show; empty for the subject's usual ones. Not with groups.
    ///   - sort: names of fields, each with `:desc` behind it or not; empty for the order in which things happened.
    ///   - groups: names of fields; rows are then counted for each combination of their values.
    ///   - limit: 1 to 100 million.
    /// - Throws: `QueryFault`
    public init(
        _ subject: Subject, filter: String = "", columns: [String] = [], sort: [String] = [],
        groups: [String] = [],
        limit: Int? = nil
    ) throws(QueryFault) {
        self.subject = subject
        condition = try FilterParser.parse(filter, subject: subject)
        guard columns.isEmpty || groups.isEmpty else {
            throw QueryFault(
                text: "", position: nil,
                sentence: "Columns can't be chosen together with groups: an answer in groups has its own.")
        }
        if let limit, !(1...100_000_000).contains(limit) {
            throw QueryFault(
                text: "", position: nil, sentence: "A limit of \(limit) was found; 1 to 100000000 is allowed."
            )
        }
        self.columns = try Self.fields(columns.isEmpty ? subject.columns : columns, subject, as: "shown")
        self.groups = try Self.fields(groups, subject, as: "grouped by")
        var keys: [SortKey] = []
        for key in sort {
            let parts = key.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 1 || ["asc", "desc"].contains(parts[1]) else {
                throw QueryFault(
                    text: key, position: parts[0].count,
                    sentence: "After a field's name only :asc or :desc can stand.")
            }
            let field = try Self.fields([String(parts[0])], subject, as: "sorted by")[0]
            guard groups.isEmpty || groups.contains(field.name) else {
                throw QueryFault(
                    text: key, position: 0, sentence: "In groups, only a field of --group can be sorted by.")
            }
            keys.append(SortKey(field: field, isDescending: parts.count == 2 && parts[1] == "desc"))
        }
        self.sort = keys
        self.limit = limit
    }

    private static func fields(_ names: [String], _ subject: Subject, as use: String) throws(QueryFault)
        -> [Field]
    {
        var fields: [Field] = []
        for name in names {
            let field = try FilterParser.field(name, of: subject, in: name, at: 0)
            guard !field.isExistence else {
                throw QueryFault(
                    text: name, position: 0,
                    sentence: "\(name) can be asked for, but not \(use): a unit has several.")
            }
            fields.append(field)
        }
        return fields
    }

    /// What answers it.
    public var statement: Statement {
        Statement(header: header, sql: groups.isEmpty ? rows : fromDays ?? grouped)
    }

    private var rows: SQLText {
        let list = columns.enumerated().map { "\($1.sql) AS c\($0)" }.joined(separator: ", ")
        var sql = SQLText()
        if subject == .entries {
            // Steps and all others are in two tables: SQLite merges them by what both select last.
            let keys = sort.enumerated().map { "\($1.field.sql) AS o\($0)" } + ["x.seq AS place"]
            for (index, table) in Subject.entryTables.enumerated() {
                if index > 0 { sql.append(" UNION ALL ") }
                sql.append(
                    select(
                        "\(list), \(keys.joined(separator: ", "))", from: table.sql, kind: table.kind,
                        alsoNaming: ""))
            }
            let order = sort.enumerated().map { "o\($0)\($1.isDescending ? " DESC" : "")" } + ["place"]
            sql.append(" ORDER BY \(order.joined(separator: ", "))")
        } else {
            let keys =
                sort.map { "\($0.field.sql)\($0.isDescending ? " DESC" : "")" } + [subject.order]
            let order = keys.joined(separator: ", ")
            sql.append(select(list, from: subject.table, kind: nil, alsoNaming: order))
            sql.append(" ORDER BY \(order)")
        }
        writeLimit(to: &sql)
        return sql
    }

    /// `SELECT list FROM …` with the tables that are named somewhere in it, and the condition.
    /// - Parameter kind: the one kind of entry that the table holds, where it holds only one.
    private func select(_ list: String, from table: String, kind: String?, alsoNaming rest: String) -> SQLText
    {
        var filter = SQLText()
        if let condition {
            filter.append(" WHERE ")
            if let candidates { filter.append("d.id IN (\(candidates)) AND ") }
            condition.write(to: &filter)
        }
        var list = list
        if let kind {
            list = list.replacing("k.word", with: "'\(kind)'")
            filter.text = filter.text.replacing("k.word", with: "'\(kind)'")
        }
        var sql = SQLText()
        sql.append("SELECT \(list) FROM \(table)")
        sql.append(subject.joins(naming: list + filter.text + rest))
        sql.append(filter)
        return sql
    }

    private var grouped: SQLText {
        var sql = SQLText()
        let keys = groups.enumerated().map { "\($1.sql) AS g\($0)" }.joined(separator: ", ")
        let names = groups.indices.map { "g\($0)" }.joined(separator: ", ")
        let summary = Summary.of(subject)
        sql.append("WITH base AS (")
        let tables = subject == .entries ? Subject.entryTables : [(subject.table, nil)]
        for (index, table) in tables.enumerated() {
            if index > 0 { sql.append(" UNION ALL ") }
            sql.append(
                select("\(keys), \(summary.inputs)", from: table.sql, kind: table.kind, alsoNaming: ""))
        }
        sql.append(")")
        if let ranked = summary.ranked {
            sql.append(", ranked AS (SELECT *, \(ranked.replacing("KEYS", with: names)) FROM base)")
        }
        sql.append(
            " SELECT \(names), \(summary.columns.map { "\($0.sql) AS \"\($0.name)\"" }.joined(separator: ", ")) FROM "
        )
        sql.append("\(summary.ranked == nil ? "base" : "ranked") GROUP BY \(names)")
        writeGroupOrder(to: &sql)
        return sql
    }

    /// The order of groups, and the limit.
    func writeGroupOrder(to sql: inout SQLText) {
        let order = sort.compactMap { key in
            groups.firstIndex { $0.name == key.field.name }.map { "g\($0)\(key.isDescending ? " DESC" : "")" }
        }
        sql.append(" ORDER BY \((order + groups.indices.map { "g\($0)" }).joined(separator: ", "))")
        writeLimit(to: &sql)
    }

    private func writeLimit(to sql: inout SQLText) {
        guard let limit else { return }
        sql.append(" LIMIT ")
        sql.bind(limit)
    }

    /// The answer's columns, in order.
    public var header: [AnswerColumn] {
        groups.isEmpty
            ? columns.map { AnswerColumn(name: $0.name, isTime: $0.kind == .time, isFlag: $0.kind == .flag) }
            : groups.map { AnswerColumn(name: $0.name, isTime: $0.kind == .time, isFlag: $0.kind == .flag) }
                + Summary.of(subject).columns.map {
                    AnswerColumn(name: $0.name, isTime: false, isFlag: false)
                }
    }
}

/// SQL that answers a question, and what its columns are.
public struct Statement: Sendable {
    public let header: [AnswerColumn]
    let sql: SQLText

    /// The statement with its values written into it, for the `sqlite3` shell. Never what this program runs.
    public var shellText: String { sql.shellText }
}

/// A column of an answer.
public struct AnswerColumn: Sendable, Equatable {
    public var name: String
    /// UTC milliseconds, to be shown as a date.
    public var isTime = false
    /// 1 and 0, to be shown as yes and no.
    public var isFlag = false
    /// Text whose first letter says what the rest is: `n` a number, `i` a whole number, `t` a text.
    package var isCoded = false

    public init(name: String, isTime: Bool = false, isFlag: Bool = false) {
        self.init(name: name, isTime: isTime, isFlag: isFlag, isCoded: false)
    }

    package init(name: String, isTime: Bool = false, isFlag: Bool = false, isCoded: Bool) {
        self.name = name
        self.isTime = isTime
        self.isFlag = isFlag
        self.isCoded = isCoded
    }
}
