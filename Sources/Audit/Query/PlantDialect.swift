import GRDB

/// A question as the plant's database takes it: the PostgreSQL protocol's marks and functions, tables joined by station.
package struct PlantStatement: Sendable {
    /// A value that a person wrote; never part of the text.
    package enum Argument: Sendable, Equatable {
        case null
        case integer(Int64)
        case number(Double)
        case text(String)
    }

    package let header: [AnswerColumn]
    package let sql: String
    package let arguments: [Argument]

    package init(header: [AnswerColumn], sql: String, arguments: [Argument]) {
        self.header = header
        self.sql = sql
        self.arguments = arguments
    }

    /// - Parameter text: marks are question marks; no text of ours has one of its own.
    init(header: [AnswerColumn], _ text: SQLText) {
        var sql = ""
        for (index, part) in text.text.split(separator: "?", omittingEmptySubsequences: false).enumerated() {
            sql += (index == 0 ? "" : "$\(index)") + part
        }
        self.init(
            header: header, sql: sql,
            arguments: text.arguments.map { value in
                switch value.storage {
                case .null, .blob: .null
                case .int64(let number): .integer(number)
                case .double(let number): .number(number)
                case .string(let text): .text(text)
                }
            })
    }
}

extension Query {
    /// The same question to many stations. Rows begin with the station's name where no columns were chosen by name.
    package var plant: PlantStatement {
        var query = SQLText()
        guard groups.isEmpty else {
            writeGroups(to: &query)
            return PlantStatement(
                header: groups.map {
                    AnswerColumn(name: $0.name, isTime: $0.kind == .time, isFlag: $0.kind == .flag)
                }
                    + PlantSummary.of(subject).columns.map { AnswerColumn(name: $0.name) }, query)
        }
        var shown = columns
        if let station = FieldTable.field("station", of: subject),
            !shown.contains(where: { $0.name == "station" })
        {
            shown.insert(station, at: 0)
        }
        let list = shown.enumerated().map { "\($1.plantShown) AS c\($0)" }.joined(separator: ", ")
        query.append("SELECT \(list) FROM \(subject.plantTables)")
        writeCondition(to: &query)
        let keys = sort.map { $0.field.plantSorted + ($0.isDescending ? " DESC NULLS LAST" : " NULLS FIRST") }
        query.append(" ORDER BY \((keys + [subject.plantOrder]).joined(separator: ", "))")
        writeRowLimit(to: &query)
        return PlantStatement(
            header: shown.map {
                AnswerColumn(
                    name: $0.name, isTime: $0.kind == .time, isFlag: $0.kind == .flag,
                    isCoded: $0.kind == .value)
            }, query)
    }

    private func writeGroups(to query: inout SQLText) {
        let keys = groups.enumerated().map { "\($1.plant.sql) AS g\($0)" }.joined(separator: ", ")
        let names = groups.indices.map { "g\($0)" }.joined(separator: ", ")
        let summary = PlantSummary.of(subject)
        query.append("WITH base AS (SELECT \(keys), \(summary.inputs) FROM \(subject.plantTables)")
        writeCondition(to: &query)
        query.append(")")
        if let ranked = summary.ranked {
            query.append(", ranked AS (SELECT *, \(ranked.replacing("KEYS", with: names)) FROM base)")
        }
        let list = summary.columns.map { "\($0.sql) AS \"\($0.name)\"" }.joined(separator: ", ")
        query.append(
            " SELECT \(names), \(list) FROM \(summary.ranked == nil ? "base" : "ranked") GROUP BY \(names)")
        let order = sort.compactMap { key in
            groups.firstIndex { $0.name == key.field.name }
                .map { "g\($0) \(key.isDescending ? "DESC NULLS LAST" : "NULLS FIRST")" }
        }
        let rest = groups.indices.map { "g\($0) NULLS FIRST" }
        query.append(" ORDER BY \((order + rest).joined(separator: ", "))")
        writeRowLimit(to: &query)
    }

    private func writeCondition(to query: inout SQLText) {
        guard let condition else { return }
        var text = SQLText()
        condition.plant.write(to: &text)
        // The only functions that conditions use have their arguments in the same order there.
        text.text = text.text.replacing("instr(", with: "strpos(").replacing("), 0)", with: "), false)")
        query.append(" WHERE " + text.text)
        query.arguments += text.arguments
    }

    private func writeRowLimit(to query: inout SQLText) {
        guard let limit else { return }
        query.append(" LIMIT ")
        query.bind(limit)
    }
}

extension Condition {
    /// The same over the plant's columns.
    fileprivate var plant: Condition {
        switch self {
        case .all(let terms): .all(terms.map(\.plant))
        case .any(let terms): .any(terms.map(\.plant))
        case .not(let term): .not(term.plant)
        case .compare(let field, let comparison, let value):
            .compare(field.plant(for: value), comparison, value)
        // A list may mix numbers and texts, which are in different columns.
        case .oneOf(let field, let values): .any(values.map { .compare(field.plant(for: $0), .equal, $0) })
        case .between(let field, let low, let high): .between(field.plant(for: low), low, high)
        case .missing(let field): .missing(field.plant)
        }
    }
}

extension Field {
    /// What it is at the plant.
    fileprivate var plant: Field {
        let key = name + (subjects.contains(.units) && !subjects.contains(.runs) ? "/units" : "")
        guard let sql = Self.atThePlant[key] ?? Self.atThePlant[name] else { return self }
        return Field(name, kind, subjects, sql, about, existence: isExistence)
    }

    /// A measured value lies in one of three columns.
    fileprivate func plant(for value: QueryValue) -> Field {
        guard kind == .value else { return plant }
        let column =
            switch value {
            case .number: "v.number"
            case .integer: "v.flag"
            case .text, .prefix, .span: "v.words"
            }
        return Field(name, kind, subjects, column, about)
    }

    /// As it is shown; a measured value says by its first letter which kind it is.
    fileprivate var plantShown: String {
        guard kind == .value else { return plant.sql }
        return
            "CASE WHEN v.number IS NOT NULL THEN 'n' || CAST(v.number AS TEXT) WHEN v.words IS NOT NULL THEN 't' || v.words "
            + "ELSE 'i' || CAST(v.flag AS TEXT) END"
    }

    fileprivate var plantSorted: String { kind == .value ? "v.number" : plant.sql }

    private static let time = "(to_timestamp(r.started_at / 1000.0) AT TIME ZONE 'UTC')"

    /// Only what is another expression there.
    private static let atThePlant: [String: String] = [
        "sku": "r.sku", "sku/units": "d.sku", "sku-revision": "r.sku_digest",
        "plan-revision": "r.plan_digest",
        "market": "r.market", "market/units": "d.market", "nvram": "d.nvram", "impos": "d.imp_os",
        "flash": "d.flash_jedec", "flash-bytes": "d.flash_bytes", "fixture": "r.fixture",
        "firmware": "r.firmware", "program": "r.program", "entry": "e.seq",
        "kind": "coalesce(x.kind, 'step.finished')",
        "image":
            "EXISTS (SELECT 1 FROM run_image i WHERE i.station = r.station AND i.run = r.id AND i.digest COMPARISON)",
        "image/units":
            "EXISTS (SELECT 1 FROM device_image i WHERE i.station = d.station AND i.device = d.id AND i.digest COMPARISON)",
        "station": "t.name",
        // Only for whether there is one: comparisons name the column of their kind.
        "value": "coalesce(v.words, CAST(v.number AS TEXT), CAST(v.flag AS TEXT))",
        "operator": "(SELECT p.name FROM person p WHERE p.station = r.station AND p.seal = r.operator)",
        "quarantined": "(CASE WHEN d.quarantine IS NOT NULL THEN 1 ELSE 0 END)",
        "attempts":
            "(SELECT count(*) FROM run a WHERE a.station = d.station AND a.device = d.id AND a.outcome IN ('passed', 'failed', 'quarantined', 'error'))",
        "hour": "to_char(\(time), 'YYYY-MM-DD\"T\"HH24')",
        "day": "to_char(\(time), 'YYYY-MM-DD')",
        // Weeks begin on Mondays; the days before the first one are week 00.
        "week":
            "to_char(\(time), 'YYYY') || '-W' || lpad(CAST(CAST(floor((extract(doy from \(time)) + 7 - extract(isodow from \(time))) / 7) AS INT8) AS TEXT), 2, '0')",
        "month": "to_char(\(time), 'YYYY-MM')",
        // The first member of every entry; a JSON type would stumble over the zeros that texts may hold.
        "at": "CAST(split_part(split_part(convert_from(e.entry, 'UTF8'), ',', 1), ':', 2) AS INT8)",
    ]
}

extension Subject {
    /// The tables under the same letters as at a station, and t for the station itself; joined by the shard key first.
    fileprivate var plantTables: String {
        let run =
            "JOIN run r ON r.station = s.station AND r.id = s.run LEFT JOIN device d ON d.station = r.station AND d.id = r.device "
            + "JOIN station t ON t.number = s.station"
        return switch self {
        case .units:
            "device d JOIN station t ON t.number = d.station LEFT JOIN run r ON r.station = d.station AND r.id = d.blessed_run"
        case .runs:
            "run r JOIN station t ON t.number = r.station LEFT JOIN device d ON d.station = r.station AND d.id = r.device"
        case .steps: "step s JOIN step_name n ON n.station = s.station AND n.id = s.name \(run)"
        case .measurements:
            "measurement v JOIN measurand q ON q.station = v.station AND q.id = v.measurand "
                + "JOIN step s ON s.station = v.station AND s.seq = v.step "
                + "JOIN step_name n ON n.station = s.station AND n.id = s.name \(run)"
        case .entries:
            "entry e JOIN station t ON t.number = e.station LEFT JOIN event x ON x.station = e.station AND x.seq = e.seq "
                + "LEFT JOIN step s ON s.station = e.station AND s.seq = e.seq "
                + "LEFT JOIN run r ON r.station = e.station AND r.id = coalesce(x.run, s.run) "
                + "LEFT JOIN device d ON d.station = r.station AND d.id = r.device"
        }
    }

    fileprivate var plantOrder: String {
        switch self {
        case .units: "d.station, d.id"
        case .runs: "r.station, r.id"
        case .steps: "s.station, s.seq"
        case .measurements: "v.station, v.step, v.position"
        case .entries: "e.station, e.seq"
        }
    }
}

/// What is computed for each group of rows at the plant: `Summary` in its words.
private enum PlantSummary {
    static func of(_ subject: Subject) -> Summary {
        switch subject {
        case .units: units
        case .runs: runs
        case .steps: steps
        case .measurements: measurements
        case .entries:
            Summary(
                inputs: "1 AS one", ranked: nil, columns: [Summary.Column(name: "count", sql: "count(*)")])
        }
    }

    private static func count(_ condition: String) -> String { "count(*) FILTER (WHERE \(condition))" }

    private static func ratio(_ part: String, _ whole: String) -> String {
        "CAST(round(CAST(\(part) AS NUMERIC) / nullif(\(whole), 0), 6) AS FLOAT8)"
    }

    private static let judged = "outcome IN ('passed', 'failed', 'quarantined', 'error')"

    private static let runs = Summary(
        inputs: "r.outcome AS outcome, r.device AS device, r.station AS place", ranked: nil,
        columns: [
            .init(name: "count", sql: "count(*)"),
            // One number for station and unit: the same row number means another unit elsewhere.
            .init(name: "units", sql: "count(DISTINCT CAST(place AS INT8) * 1099511627776 + device)"),
            .init(name: "passed", sql: count("outcome = 'passed'")),
            .init(name: "failed", sql: count("outcome = 'failed'")),
            .init(name: "other", sql: count("outcome IS NULL OR outcome NOT IN ('passed', 'failed')")),
            .init(name: "yield", sql: ratio(count("outcome = 'passed'"), count(judged))),
        ])

    private static let units = Summary(
        inputs: """
            d.blessed_seq IS NOT NULL AS blessed, d.quarantine IS NOT NULL AS held, (SELECT count(*) FROM run a \
            WHERE a.station = d.station AND a.device = d.id AND a.outcome IN ('passed', 'failed', 'quarantined', 'error')) \
            AS tries
            """, ranked: nil,
        columns: [
            .init(name: "count", sql: "count(*)"), .init(name: "blessed", sql: count("blessed")),
            .init(name: "first-pass", sql: count("blessed AND tries = 1")),
            .init(name: "quarantined", sql: count("held")),
            .init(name: "first-pass-yield", sql: ratio(count("blessed AND tries = 1"), count("tries > 0"))),
            .init(name: "final-yield", sql: ratio(count("blessed"), count("tries > 0"))),
        ])

    private static let steps = Summary(
        inputs: "s.outcome AS outcome, s.ended_ms - s.started_ms AS duration", ranked: ranking("duration"),
        columns: [
            .init(name: "count", sql: "count(*)"), .init(name: "failed", sql: count("outcome = 2")),
            .init(name: "mean-ms", sql: "CAST(round(avg(duration), 3) AS FLOAT8)"),
        ] + percentiles("duration", suffix: "-ms"))

    private static let measurements = Summary(
        inputs: "v.number AS value, v.outcome AS outcome",
        ranked: ranking("value") + ", avg(value) OVER (PARTITION BY KEYS) AS mean",
        columns: [
            .init(name: "count", sql: "count(*)"), .init(name: "failed", sql: count("outcome = 2")),
            .init(name: "mean", sql: "max(mean)"),
            .init(
                name: "sd", sql: "sqrt(sum((value - mean) * (value - mean)) / nullif(count(value) - 1, 0))"),
            .init(name: "min", sql: "min(value)"),
        ] + percentiles("value", suffix: "") + [.init(name: "max", sql: "max(value)")])

    private static func ranking(_ value: String) -> String {
        "row_number() OVER (PARTITION BY KEYS ORDER BY \(value) NULLS FIRST) "
            + "- (count(*) OVER (PARTITION BY KEYS) - count(\(value)) OVER (PARTITION BY KEYS)) AS place, "
            + "count(\(value)) OVER (PARTITION BY KEYS) AS n"
    }

    private static func percentiles(_ value: String, suffix: String) -> [Summary.Column] {
        [5, 50, 95].map { percent in
            .init(
                name: "p\(percent)\(suffix)",
                sql: "max(CASE WHEN place = greatest(1, (n * \(percent) + 99) / 100) THEN \(value) END)")
        }
    }
}
