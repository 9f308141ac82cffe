import GRDB

/// By what failures are told apart.
public enum FailureKey: String, CaseIterable, Sendable {
    /// The step or stage in which the run ended.
    case step
    /// Each measurement beyond its limits, as `step · measurement`; a run may count for several.
    case measurement
    case slot, sku
    /// Factory firmware, as the unit named it when it was checked in.
    case firmware
    /// impOS, as the module reported it.
    case impOS
    /// The reason's code.
    case code
}

/// One measured quantity and its limits, counted over many runs.
public struct MeasurandSummary: Equatable, Sendable {
    public var step: String
    public var name: String
    public var unit: String?
    public var count: Int
    public var failed: Int
    public var mean: Double
    /// The newest limits.
    public var low: Double?
    public var high: Double?
}

/// One number that was measured, and where it came from.
public struct MeasuredNumber: Equatable, Sendable {
    public var run: RunID
    /// When the run started, UTC ms.
    public var at: Int64
    public var slot: Int
    public var attempt: Int
    public var value: Double
    public var failed: Bool
    public var device: String?
    public var serial: String?
    public var operatorName: String?
    public var unit: String?
    public var low: Double?
    public var high: Double?
}

extension StationReader {
    /// What made runs fail, most frequent first.
    public func failures(by key: FailureKey, _ filter: RunFilter) async throws -> [(
        cause: String, count: Int
    )] {
        let failed = "r.outcome IN ('failed', 'quarantined', 'error')"
        return try await ask { db in
            let (condition, arguments) = try filter.condition(db)
            let sql =
                switch key {
                case .step:
                    "SELECT coalesce(r.failed_step, r.outcome) AS cause, count(*) AS count FROM \(RunFilter.tables) WHERE \(condition) AND \(failed)"
                case .slot:
                    "SELECT CAST(r.slot AS TEXT) AS cause, count(*) AS count FROM \(RunFilter.tables) WHERE \(condition) AND \(failed)"
                case .sku:
                    "SELECT u.sku AS cause, count(*) AS count FROM \(RunFilter.tables) WHERE \(condition) AND \(failed)"
                case .code:
                    "SELECT coalesce(r.code, r.outcome) AS cause, count(*) AS count FROM \(RunFilter.tables) WHERE \(condition) AND \(failed)"
                case .impOS:
                    """
                    SELECT coalesce(o.imp_os, '?') AS cause, count(*) AS count FROM \(RunFilter.tables)
                        LEFT JOIN device d ON d.id = r.device LEFT JOIN module o ON o.id = d.module WHERE \(condition) AND \(failed)
                    """
                case .firmware:
                    """
                    SELECT coalesce((SELECT CAST(v.value AS TEXT) FROM step s JOIN measurement v ON v.step = s.seq
                            JOIN measurand m ON m.id = v.measurand JOIN step_name n ON n.id = s.name
                        WHERE s.run = r.id AND n.name = 'stage.admit' AND m.name = 'firmware'), '?') AS cause,
                        count(*) AS count FROM \(RunFilter.tables) WHERE \(condition) AND \(failed)
                    """
                case .measurement:
                    """
                    SELECT n.name || ' · ' || m.name AS cause, count(DISTINCT r.id) AS count FROM \(RunFilter.tables)
                        JOIN step s ON s.run = r.id AND s.outcome <> 1 JOIN step_name n ON n.id = s.name
                        JOIN measurement v ON v.step = s.seq AND v.outcome = 2
                        JOIN measurand m ON m.id = v.measurand WHERE \(condition) AND \(failed)
                    """
                }
            return try Row.fetchAll(
                db, sql: sql + " GROUP BY cause ORDER BY count DESC, cause", arguments: arguments
            ).map { (cause: $0["cause"], count: $0["count"]) }
        }
    }

    /// Every quantity of which numbers were measured, by step and name.
    public func measurands(_ filter: RunFilter) async throws -> [MeasurandSummary] {
        try await ask { db in
            let (condition, arguments) = try filter.condition(db)
            // The outer query gathers revisions of limits; SQLite takes bare columns from the row of max(last).
            return try Row.fetchAll(
                db,
                sql: """
                    SELECT step, name, unit, low, high, max(last) AS last, sum(count) AS count, sum(failed) AS failed,
                        sum(total) / sum(count) AS mean
                    FROM (SELECT n.name AS step, m.name AS name, m.unit AS unit, m.low AS low, m.high AS high,
                            max(s.seq) AS last, count(*) AS count, sum(v.outcome = 2) AS failed, sum(v.value) AS total
                        FROM \(RunFilter.tables) JOIN step s ON s.run = r.id JOIN step_name n ON n.id = s.name
                            JOIN measurement v ON v.step = s.seq JOIN measurand m ON m.id = v.measurand
                        WHERE \(condition) AND typeof(v.value) = 'real' GROUP BY s.name, v.measurand)
                    GROUP BY step, name ORDER BY min(last), step, name
                    """, arguments: arguments
            ).map { row in
                MeasurandSummary(
                    step: row["step"], name: row["name"], unit: row["unit"], count: row["count"],
                    failed: row["failed"], mean: row["mean"], low: row["low"], high: row["high"])
            }
        }
    }

    /// The numbers that were measured under a name, oldest first; the newest `limit` of them.
    /// - Parameter units: device IDs; empty for any.
    public func numbers(
        step: String, measurement: String, _ filter: RunFilter, units: [String] = [], limit: Int = 20_000
    ) async throws -> [MeasuredNumber] {
        try await ask { db in
            let (condition, arguments) = try filter.condition(db)
            guard
                let name = try Int64.fetchOne(
                    db, sql: "SELECT id FROM step_name WHERE name = ?", arguments: [step])
            else { return [] }
            let marks = units.map { _ in "?" }.joined(separator: ", ")
            let only = units.isEmpty ? "" : " AND d.device_id IN (\(marks))"
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT r.id AS run, r.started_at AS at, r.slot, s.attempt, v.value, v.outcome = 2 AS failed,
                        d.device_id AS device, coalesce(d.serial, (SELECT l.serial FROM serial_lease l
                            WHERE l.device = d.id ORDER BY l.seq DESC LIMIT 1)) AS serial,
                        p.name AS who, m.unit, m.low, m.high
                    FROM \(RunFilter.tables) JOIN step s ON s.run = r.id AND s.name = ?
                        JOIN measurement v ON v.step = s.seq JOIN measurand m ON m.id = v.measurand
                        LEFT JOIN device d ON d.id = r.device LEFT JOIN person p ON p.seal = u.operator
                    WHERE m.name = ? AND typeof(v.value) = 'real' AND \(condition)\(only)
                    ORDER BY r.id DESC, s.seq DESC LIMIT ?
                    """, arguments: [name, measurement] + arguments + StatementArguments(units) + [limit])
            return rows.reversed().map { row in
                MeasuredNumber(
                    run: RunID(rawValue: row["run"]), at: row["at"], slot: row["slot"],
                    attempt: row["attempt"],
                    value: row["value"], failed: row["failed"], device: row["device"], serial: row["serial"],
                    operatorName: row["who"], unit: row["unit"], low: row["low"], high: row["high"])
            }
        }
    }
}
