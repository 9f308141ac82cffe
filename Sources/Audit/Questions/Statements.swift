/// The named questions that no filter can express.
enum Statements {
    /// The unit that a device ID, a MAC in any form or a serial number names.
    private static func unit(_ key: String) -> SQLText {
        var sql = SQLText()
        let bare = key.lowercased().filter { !":-.".contains($0) }
        sql.append("WITH unit AS (SELECT id, device_id FROM device WHERE device_id = ")
        sql.bind(bare)
        sql.append(" UNION SELECT id, device_id FROM device WHERE mac = ")
        sql.bind(bare)
        sql.append(
            " UNION SELECT d.id, d.device_id FROM serial_lease l JOIN device d ON d.id = l.device "
                + "WHERE l.state <> 'returned' AND l.serial = ")
        sql.bind(key)
        sql.append(" LIMIT 1)")
        return sql
    }

    static func life(of key: String) -> Statement {
        var sql = unit(key)
        sql.append(
            """
            , mine AS (SELECT id FROM run WHERE device = (SELECT id FROM unit)),
            happened AS (
                SELECT seq, at, run, kind AS what, NULL AS detail FROM event WHERE device = (SELECT device_id FROM unit)
                UNION SELECT seq, at, run, kind, NULL FROM event WHERE run IN mine
                UNION SELECT s.seq, NULL, s.run, 'step ' || n.name,
                    CASE s.outcome WHEN 1 THEN 'passed' WHEN 2 THEN 'failed' WHEN 3 THEN 'skipped' ELSE 'error' END
                        || coalesce(': ' || s.message, '')
                FROM step s JOIN step_name n ON n.id = s.name WHERE s.run IN mine)
            SELECT seq, coalesce(at, max(at) OVER (ORDER BY seq ROWS UNBOUNDED PRECEDING)), run, what, detail
            FROM happened ORDER BY seq
            """)
        return Statement(
            header: [
                AnswerColumn(name: "entry"), AnswerColumn(name: "at", isTime: true),
                AnswerColumn(name: "run"),
                AnswerColumn(name: "what"), AnswerColumn(name: "detail"),
            ], sql: sql)
    }

    static func done(by name: String) -> Statement {
        var sql = SQLText()
        sql.append("WITH who AS (SELECT seal FROM person WHERE name = ")
        sql.bind(name)
        sql.append(
            """
            )
            SELECT r.started_at AS at, r.id AS entry, 'run' AS what, d.device_id, coalesce(r.outcome, 'unfinished')
            FROM run r LEFT JOIN device d ON d.id = r.device WHERE r.operator IN who
            UNION ALL SELECT n.at, n.seq, 'note', n.device, n.text FROM note n WHERE n.by_whom IN who
            UNION ALL SELECT q.at, q.seq, 'quarantine', d.device_id, q.reason
            FROM quarantine q JOIN device d ON d.id = q.device WHERE q.by_whom IN who
            UNION ALL SELECT q.released_at, q.released_seq, 'release', d.device_id, q.release_reason
            FROM quarantine q JOIN device d ON d.id = q.device WHERE q.released_by IN who
            ORDER BY at, entry
            """)
        return Statement(
            header: [
                AnswerColumn(name: "at", isTime: true), AnswerColumn(name: "entry"),
                AnswerColumn(name: "what"),
                AnswerColumn(name: "device"), AnswerColumn(name: "detail"),
            ], sql: sql)
    }

    /// Milliseconds on either side of the unit's own runs in which its slot counts as the same.
    private static let window = 3_600_000

    static func recall(of key: String) -> Statement {
        var sql = unit(key)
        sql.append(
            """
            , mine AS (SELECT * FROM run WHERE device = (SELECT id FROM unit)),
            shared AS (
                SELECT i.device AS device, 'image ' || i.name AS why FROM device_image own
                    JOIN device_image i ON i.digest = own.digest WHERE own.device = (SELECT id FROM unit)
                UNION SELECT d.id, 'NVRAM' FROM device own JOIN device d ON d.nvram = own.nvram
                    WHERE own.id = (SELECT id FROM unit)
                UNION SELECT r.device, 'plan revision' FROM mine JOIN run r ON r.plan_digest = mine.plan_digest
                UNION SELECT r.device, 'slot ' || r.slot || ' within an hour' FROM mine
                    JOIN run r ON r.slot = mine.slot AND r.started_at BETWEEN mine.started_at - \(window)
                        AND mine.started_at + \(window))
            SELECT d.device_id, d.serial, d.sku, d.market, d.blessed_at, group_concat(shared.why, ', ')
            FROM shared JOIN device d ON d.id = shared.device WHERE d.id <> (SELECT id FROM unit)
            GROUP BY d.id ORDER BY count(*) DESC, d.id
            """)
        return Statement(
            header: [
                AnswerColumn(name: "device"), AnswerColumn(name: "serial"), AnswerColumn(name: "sku"),
                AnswerColumn(name: "market"), AnswerColumn(name: "blessed", isTime: true),
                AnswerColumn(name: "shares"),
            ], sql: sql)
    }
}
