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
            , mine AS (SELECT id, coalesce(finished_seq, 9223372036854775807) AS last FROM run
                WHERE device = (SELECT id FROM unit)),
            happened AS (
                SELECT e.seq, e.at, e.run, e.kind FROM mine CROSS JOIN event e
                    ON e.seq BETWEEN mine.id AND mine.last AND e.run = mine.id
                UNION SELECT e.seq, e.at, e.run, e.kind FROM mine CROSS JOIN late_event l ON l.run = mine.id
                    CROSS JOIN event e ON e.seq = l.seq
                UNION SELECT seq, at, run, kind FROM event WHERE device = (SELECT id FROM unit)
                UNION SELECT e.seq, e.at, e.run, e.kind FROM note o CROSS JOIN event e ON e.seq = o.seq
                    WHERE o.device = (SELECT device_id FROM unit))
            SELECT h.seq, h.at, h.run, k.word, NULL FROM happened h JOIN ledger_kind k ON k.id = h.kind
            UNION ALL SELECT s.seq, s.at, s.run, 'step ' || n.name,
                CASE s.outcome WHEN 1 THEN 'passed' WHEN 2 THEN 'failed' WHEN 3 THEN 'skipped' ELSE 'error' END
                    || coalesce(': ' || s.message, '')
            FROM mine CROSS JOIN step s ON s.run = mine.id JOIN step_name n ON n.id = s.name
            ORDER BY 1
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
            FROM run_setup u JOIN run r ON r.setup = u.id LEFT JOIN device d ON d.id = r.device WHERE u.operator IN who
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
            , mine AS (SELECT r.*, u.plan_digest FROM run r JOIN run_setup u ON u.id = r.setup
                WHERE r.device = (SELECT id FROM unit)),
            shared AS (
                SELECT d.id AS device, 'image ' || i.name AS why FROM image own JOIN image i ON i.digest = own.digest
                    JOIN device d ON d.images = i.image_set
                    WHERE own.image_set = (SELECT images FROM device WHERE id = (SELECT id FROM unit))
                UNION SELECT d.id, 'NVRAM' FROM device own JOIN nvram mine ON mine.id = own.nvram
                    JOIN nvram w ON w.digest = mine.digest JOIN device d ON d.nvram = w.id
                    WHERE own.id = (SELECT id FROM unit)
                UNION SELECT r.device, 'plan revision' FROM mine JOIN run_setup u ON u.plan_digest = mine.plan_digest
                    JOIN run r ON r.setup = u.id
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
