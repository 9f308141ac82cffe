import Audit

/// The ready questions of `station audit ask`, asked of all stations at once.
public struct PlantQuestion: Sendable {
    public let name: String
    /// What must be said with it, in order.
    public let parameters: [String]
    /// One line for people.
    public let about: String
    let statement: @Sendable ([String]) throws -> PlantStatement

    /// All of them but `difference`, which ``PlantDatabase/difference(_:_:)`` answers.
    public static let all: [PlantQuestion] = [
        PlantQuestion(
            name: "life", parameters: ["unit"], about: "everything that happened to a unit, at every station",
            statement: { UnitStatements.life(of: $0[0]) }),
        PlantQuestion(
            name: "with-nvram", parameters: ["digest"],
            about: "units that got this WiFi NVRAM (beginning of its SHA-256)",
            statement: { try query(.units, "nvram = \(quoted($0[0]))") }),
        PlantQuestion(
            name: "blessed-for", parameters: ["market", "from", "to"],
            about: "units blessed for a market, between two days, both included",
            statement: {
                try query(
                    .units,
                    "market = \(quoted($0[0])) and blessed between \(quoted($0[1])) and \(quoted($0[2]))")
            }),
        PlantQuestion(
            name: "reservation-changed", parameters: [],
            about: "runs in which the system's flash changed (V01)",
            statement: { _ in try query(.runs, "code = V01") }),
        PlantQuestion(
            name: "passed-on-retest", parameters: [],
            about: "units that were blessed, but not in their first run",
            statement: { _ in try query(.units, "blessed is not missing and attempts > 1") }),
        PlantQuestion(
            name: "done-by", parameters: ["name"], about: "everything that a person did, at every station",
            statement: { UnitStatements.done(by: $0[0]) }),
        PlantQuestion(
            name: "recall", parameters: ["unit"],
            about:
                "units of all stations that share an image, the NVRAM or the plan revision, or the slot within an hour",
            statement: { UnitStatements.recall(of: $0[0]) }),
    ]

    private static func query(_ subject: Subject, _ filter: String) throws -> PlantStatement {
        try Query(subject, filter: filter).plant
    }

    /// A value that the filter language takes as it is.
    private static func quoted(_ text: String) -> String {
        text.contains("\"") ? "'\(text.replacing("'", with: ""))'" : "\"\(text)\""
    }
}

/// The questions that no filter can express.
private enum UnitStatements {
    /// The rows of a unit: one at each station that has seen it. $1 is its bare form, $2 the text as it stands.
    private static let unit = """
        WITH unit AS (SELECT station, id, device_id FROM device WHERE device_id = $1
            UNION SELECT station, id, device_id FROM device WHERE mac = $1
            UNION SELECT station, device, device_id FROM serial_lease WHERE state <> 'returned' AND serial = $2)
        """

    private static func arguments(_ key: String) -> [PlantStatement.Argument] {
        [.text(key.lowercased().filter { !":-.".contains($0) }), .text(key)]
    }

    static func life(of key: String) -> PlantStatement {
        PlantStatement(
            header: [
                AnswerColumn(name: "station"), AnswerColumn(name: "entry"),
                AnswerColumn(name: "at", isTime: true),
                AnswerColumn(name: "run"), AnswerColumn(name: "what"), AnswerColumn(name: "detail"),
            ],
            sql: unit + """
                , mine AS (SELECT r.station, r.id FROM run r JOIN unit u ON u.station = r.station AND u.id = r.device),
                happened AS (
                    SELECT e.station, e.seq, e.at, e.run, e.kind AS what, CAST(NULL AS TEXT) AS detail
                    FROM event e JOIN unit u ON u.station = e.station AND u.device_id = e.device
                    UNION SELECT e.station, e.seq, e.at, e.run, e.kind, NULL
                    FROM event e JOIN mine m ON m.station = e.station AND m.id = e.run
                    UNION SELECT s.station, s.seq,
                        CAST(split_part(split_part(convert_from(y.entry, 'UTF8'), ',', 1), ':', 2) AS INT8), s.run, 'step ' || n.name,
                        CASE s.outcome WHEN 1 THEN 'passed' WHEN 2 THEN 'failed' WHEN 3 THEN 'skipped' ELSE 'error' END
                            || coalesce(': ' || s.message, '')
                    FROM step s JOIN mine m ON m.station = s.station AND m.id = s.run
                        JOIN step_name n ON n.station = s.station AND n.id = s.name
                        JOIN entry y ON y.station = s.station AND y.seq = s.seq)
                SELECT t.name, h.seq, h.at, h.run, h.what, h.detail FROM happened h JOIN station t ON t.number = h.station
                ORDER BY h.at, h.station, h.seq
                """, arguments: arguments(key))
    }

    static func done(by name: String) -> PlantStatement {
        PlantStatement(
            header: [
                AnswerColumn(name: "station"), AnswerColumn(name: "at", isTime: true),
                AnswerColumn(name: "entry"),
                AnswerColumn(name: "what"), AnswerColumn(name: "device"), AnswerColumn(name: "detail"),
            ],
            sql: """
                WITH who AS (SELECT station, seal FROM person WHERE name = $1),
                done AS (
                    SELECT r.station, r.started_at AS at, r.id AS entry, 'run' AS what, d.device_id,
                        coalesce(r.outcome, 'unfinished') AS detail
                    FROM run r JOIN who w ON w.station = r.station AND w.seal = r.operator
                        LEFT JOIN device d ON d.station = r.station AND d.id = r.device
                    UNION ALL SELECT n.station, n.at, n.seq, 'note', n.device, n.text
                    FROM note n JOIN who w ON w.station = n.station AND w.seal = n.by_whom
                    UNION ALL SELECT q.station, q.at, q.seq, 'quarantine', d.device_id, q.reason
                    FROM quarantine q JOIN who w ON w.station = q.station AND w.seal = q.by_whom
                        JOIN device d ON d.station = q.station AND d.id = q.device
                    UNION ALL SELECT q.station, q.released_at, q.released_seq, 'release', d.device_id, q.release_reason
                    FROM quarantine q JOIN who w ON w.station = q.station AND w.seal = q.released_by
                        JOIN device d ON d.station = q.station AND d.id = q.device)
                SELECT t.name, x.at, x.entry, x.what, x.device_id, x.detail
                FROM done x JOIN station t ON t.number = x.station ORDER BY x.at, x.station, x.entry
                """, arguments: [.text(name)])
    }

    static func recall(of key: String) -> PlantStatement {
        PlantStatement(
            header: [
                AnswerColumn(name: "station"), AnswerColumn(name: "device"), AnswerColumn(name: "serial"),
                AnswerColumn(name: "sku"), AnswerColumn(name: "market"),
                AnswerColumn(name: "blessed", isTime: true),
                AnswerColumn(name: "shares"),
            ],
            sql: unit + """
                , mine AS (SELECT r.* FROM run r JOIN unit u ON u.station = r.station AND u.id = r.device),
                shared AS (
                    SELECT i.station, i.device, 'image ' || i.name AS why
                    FROM unit u JOIN device_image own ON own.station = u.station AND own.device = u.id
                        JOIN device_image i ON i.digest = own.digest
                    UNION SELECT d.station, d.id, 'NVRAM' FROM unit u
                        JOIN device own ON own.station = u.station AND own.id = u.id JOIN device d ON d.nvram = own.nvram
                    UNION SELECT r.station, r.device, 'plan revision' FROM mine JOIN run r ON r.plan_digest = mine.plan_digest
                        WHERE r.device IS NOT NULL
                    UNION SELECT r.station, r.device, 'slot ' || CAST(r.slot AS TEXT) || ' within an hour' FROM mine
                        JOIN run r ON r.station = mine.station AND r.slot = mine.slot
                            AND r.started_at BETWEEN mine.started_at - 3600000 AND mine.started_at + 3600000
                        WHERE r.device IS NOT NULL)
                SELECT t.name, d.device_id, d.serial, d.sku, d.market, d.blessed_at, string_agg(s.why, ', ' ORDER BY s.why)
                FROM shared s JOIN device d ON d.station = s.station AND d.id = s.device
                    JOIN station t ON t.number = d.station
                WHERE d.device_id NOT IN (SELECT device_id FROM unit)
                GROUP BY t.name, d.station, d.id, d.device_id, d.serial, d.sku, d.market, d.blessed_at
                ORDER BY count(*) DESC, d.station, d.id
                """, arguments: arguments(key))
    }
}
