import GRDB

/// What a line or one of its slots brought forth in a stretch of time.
public struct ProductionRow: Equatable, Sendable {
    /// UTC ms, a whole multiple of the stretch.
    public var from: Int64
    public var slot: Int
    public var passed: Int
    /// Failed, quarantined or in error; refused and aborted runs say nothing about a unit.
    public var failed: Int
}

/// By what yields are told apart.
public enum YieldKey: String, CaseIterable, Sendable {
    case slot, sku, order, program

    var sql: String {
        switch self {
        case .slot: "r.slot"
        case .sku: "u.sku"
        case .order: "coalesce(r.work_order, '')"
        case .program: "u.program"
        }
    }
}

/// A SKU's revision, and the plan's, as runs used them together.
public struct RevisionRow: Equatable, Sendable {
    /// SKU with its market.
    public var sku: String
    /// SHA-256, hex.
    public var skuDigest: String
    /// SHA-256, hex.
    public var planDigest: String
    public var firstRun: RunID
    public var lastRun: RunID
    /// UTC ms.
    public var firstAt: Int64
    /// UTC ms.
    public var lastAt: Int64
    public var runs: Int
    public var passed: Int
}

extension StationReader {
    /// The oldest of the newest so many runs: what bounds a report to recent work.
    /// - Returns: nil when there are fewer.
    public func oldest(ofNewest count: Int) async throws -> RunID? {
        try await ask { db in
            try Int64.fetchOne(
                db, sql: "SELECT id FROM run ORDER BY id DESC LIMIT 1 OFFSET ?",
                arguments: [max(0, count - 1)]
            ).map(RunID.init(rawValue:))
        }
    }

    /// Finished runs in stretches of time, oldest first; stretches without any are left out.
    /// - Parameter stretch: milliseconds, more than 0.
    public func production(_ filter: RunFilter, every stretch: Int64) async throws -> [ProductionRow] {
        try await ask { db in
            let (condition, arguments) = try filter.condition(db)
            return try Row.fetchAll(
                db,
                sql: """
                    SELECT r.finished_at / \(max(1, stretch)) AS place, r.slot, sum(r.outcome = 'passed') AS passed,
                        sum(r.outcome <> 'passed') AS failed FROM \(RunFilter.tables)
                    WHERE \(condition) AND r.outcome IN ('passed', 'failed', 'quarantined', 'error')
                    GROUP BY place, r.slot ORDER BY place, r.slot
                    """, arguments: arguments
            ).map { row in
                ProductionRow(
                    from: (row["place"] as Int64) * max(1, stretch), slot: row["slot"], passed: row["passed"],
                    failed: row["failed"])
            }
        }
    }

    /// How long passed runs took, in milliseconds of the calendar, by slot; newest first, at most `limit`.
    public func cycleTimes(_ filter: RunFilter, limit: Int = 2000) async throws -> [(
        slot: Int, milliseconds: Int64
    )] {
        try await ask { db in
            let (condition, arguments) = try filter.condition(db)
            return try Row.fetchAll(
                db,
                sql: """
                    SELECT r.slot, r.finished_at - r.started_at AS took FROM \(RunFilter.tables)
                    WHERE \(condition) AND r.outcome = 'passed' ORDER BY r.id DESC LIMIT ?
                    """, arguments: arguments + [limit]
            ).map { (slot: $0["slot"], milliseconds: $0["took"]) }
        }
    }

    /// Yields of the finished runs, told apart by slot, SKU, order or program. A unit that was tried in two slots
    /// counts in each of them.
    public func yields(by key: YieldKey, _ filter: RunFilter) async throws -> [(key: String, yield: Yield)] {
        try await ask { db in
            let (condition, arguments) = try filter.condition(db)
            return try Row.fetchAll(
                db,
                sql: """
                    WITH judged AS (
                        SELECT \(key.sql) AS key, coalesce(r.device, -r.id) AS unit, r.outcome = 'passed' AS passed,
                            row_number() OVER (PARTITION BY \(key.sql), coalesce(r.device, -r.id) ORDER BY r.id) AS turn
                        FROM \(RunFilter.tables) WHERE \(condition) AND r.outcome IN ('passed', 'failed', 'quarantined', 'error')),
                    per_unit AS (
                        SELECT key, max(passed) AS passed, max(passed AND turn = 1) AS first FROM judged
                        GROUP BY key, unit)
                    SELECT CAST(key AS TEXT) AS name, count(*) AS units, coalesce(sum(first), 0) AS first,
                        coalesce(sum(passed AND NOT first), 0) AS later FROM per_unit GROUP BY key ORDER BY key
                    """, arguments: arguments
            ).map { row in
                (
                    key: row["name"],
                    yield: Yield(units: row["units"], firstPass: row["first"], passedLater: row["later"])
                )
            }
        }
    }

    /// Revisions of SKUs that were built, the newest first, at most 200.
    public func revisions() async throws -> [RevisionRow] {
        try await ask { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT sku, sku_digest, plan_digest, min(run.id) AS first_run, max(run.id) AS last_run,
                        min(started_at) AS first_at, max(started_at) AS last_at, count(*) AS runs,
                        coalesce(sum(outcome = 'passed'), 0) AS passed FROM run JOIN run_setup u ON u.id = run.setup
                    GROUP BY sku, sku_digest, plan_digest ORDER BY last_run DESC LIMIT 200
                    """
            ).map { row in
                RevisionRow(
                    sku: row["sku"], skuDigest: row["sku_digest"], planDigest: row["plan_digest"],
                    firstRun: RunID(rawValue: row["first_run"]), lastRun: RunID(rawValue: row["last_run"]),
                    firstAt: row["first_at"], lastAt: row["last_at"], runs: row["runs"], passed: row["passed"]
                )
            }
        }
    }
}
