import GRDB

/// Which runs a question is about; nil means any.
public struct RunFilter: Sendable, Equatable {
    public var order: String?
    public var sku: String?
    /// One country code; a run may be for several.
    public var market: String?
    public var outcome: RunOutcome?
    public var slot: Int?
    /// Device ID, MAC address or serial number.
    public var unit: String?
    /// Started at this time or later, UTC ms.
    public var since: Int64?
    /// Started before this time, UTC ms.
    public var until: Int64?
    /// Only runs before this one: for the next part of a list.
    public var before: RunID?
    /// Most rows; only for lists.
    public var limit: Int?
    /// This run or a later one. Bounds how much of the record is read: runs, steps and measurements are found by it.
    public var from: RunID?

    public init(
        order: String? = nil, sku: String? = nil, market: String? = nil, outcome: RunOutcome? = nil,
        slot: Int? = nil,
        unit: String? = nil, since: Int64? = nil, until: Int64? = nil, limit: Int? = nil, from: RunID? = nil
    ) {
        self.order = order
        self.sku = sku
        self.market = market
        self.outcome = outcome
        self.slot = slot
        self.unit = unit
        self.since = since
        self.until = until
        self.limit = limit
        self.from = from
    }

    /// What ``condition(_:)`` is about: runs with what they share. Joined from the left, so that the planner begins with the
    /// few setups only where a condition names one.
    static let tables = "run r LEFT JOIN run_setup u ON u.id = r.setup"

    /// A condition on ``tables``, with its arguments.
    func condition(_ db: Database) throws -> (sql: String, arguments: StatementArguments) {
        var terms = ["1"]
        var arguments = StatementArguments()
        func add(_ term: String, _ value: (any DatabaseValueConvertible)?) {
            guard let value else { return }
            terms.append(term)
            arguments += [value]
        }
        add("r.work_order = ?", order)
        add("u.sku = ?", sku)
        add("instr(' ' || u.market || ' ', ' ' || ? || ' ') > 0", market)
        add("r.outcome = ?", outcome?.rawValue)
        add("r.slot = ?", slot)
        add("r.started_at >= ?", since)
        add("r.started_at < ?", until)
        add("r.id >= ?", from?.rawValue)
        add("r.id < ?", before?.rawValue)
        if let unit { add("r.device = ?", try StationReader.deviceRow(db, key: unit) ?? -1) }
        return (terms.joined(separator: " AND "), arguments)
    }
}

/// How many units came through, and how.
public struct Yield: Codable, Equatable, Sendable {
    /// Units with a run that ended passed, failed, quarantined or in error; a run whose unit never said who it is
    /// counts as a unit of its own. Refused and aborted runs say nothing about a unit.
    public var units: Int
    /// Passed in their first such run.
    public var firstPass: Int
    /// Passed in a later one.
    public var passedLater: Int

    public var failed: Int { units - firstPass - passedLater }
    /// 0 to 1; nil without units.
    public var firstPassYield: Double? { units == 0 ? nil : Double(firstPass) / Double(units) }
    /// 0 to 1; nil without units.
    public var finalYield: Double? { units == 0 ? nil : Double(firstPass + passedLater) / Double(units) }
}

/// One bar of a Pareto chart.
public struct FailureCount: Codable, Equatable, Sendable {
    /// The run's code, else its failed step, else its outcome.
    public var cause: String
    public var count: Int
    /// Of all failures, 0 to 1.
    public var share: Double
    /// This and the more frequent ones, 0 to 1.
    public var cumulative: Double
}

/// The distribution of a measurement's numbers.
public struct MeasurementStatistics: Codable, Equatable, Sendable {
    public var name: String
    public var unit: String?
    public var count: Int
    public var failed: Int
    public var mean: Double
    /// Of the sample (n - 1); nil below two values.
    public var standardDeviation: Double?
    public var minimum: Double
    public var maximum: Double
    /// The last limits used.
    public var low: Double?
    public var high: Double?

    /// Process capability: distance of the nearer limit from the mean, in 3 standard deviations.
    public var cpk: Double? {
        guard let deviation = standardDeviation, deviation > 0 else { return nil }
        let room = [low.map { mean - $0 }, high.map { $0 - mean }].compactMap { $0 }.min()
        return room.map { $0 / (3 * deviation) }
    }
}

extension StationReader {
    /// Runs, newest first.
    public func runs(_ filter: RunFilter = RunFilter()) async throws -> [RunRow] {
        try await ask { db in
            let (condition, arguments) = try filter.condition(db)
            return try RunRow.fetchAll(
                db, sql: RunRow.select + " WHERE \(condition) ORDER BY r.id DESC LIMIT ?",
                arguments: arguments + [filter.limit ?? -1])
        }
    }

    /// Units, first passes and later passes among the finished runs.
    public func yield(_ filter: RunFilter = RunFilter()) async throws -> Yield {
        try await ask { db in
            let (condition, arguments) = try filter.condition(db)
            let row = try Row.fetchOne(
                db,
                sql: """
                    WITH judged AS (
                        SELECT coalesce(r.device, -r.id) AS unit, r.outcome = 'passed' AS passed,
                            row_number() OVER (PARTITION BY coalesce(r.device, -r.id) ORDER BY r.id) AS turn
                        FROM \(RunFilter.tables) WHERE \(condition) AND r.outcome IN ('passed', 'failed', 'quarantined', 'error')),
                    per_unit AS (
                        SELECT max(passed) AS passed, max(passed AND turn = 1) AS first FROM judged GROUP BY unit)
                    SELECT count(*) AS units, coalesce(sum(first), 0) AS first,
                        coalesce(sum(passed AND NOT first), 0) AS later FROM per_unit
                    """, arguments: arguments)
            return Yield(
                units: row?["units"] ?? 0, firstPass: row?["first"] ?? 0, passedLater: row?["later"] ?? 0)
        }
    }

    /// What made runs fail, most frequent first.
    public func failures(_ filter: RunFilter = RunFilter()) async throws -> [FailureCount] {
        try await ask { db in
            let (condition, arguments) = try filter.condition(db)
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT coalesce(r.code, r.failed_step, r.outcome) AS cause, count(*) AS count FROM \(RunFilter.tables)
                    WHERE \(condition) AND r.outcome IN ('failed', 'quarantined', 'error')
                    GROUP BY cause ORDER BY count DESC, cause
                    """, arguments: arguments)
            let total = rows.reduce(0) { $0 + ($1["count"] as Int) }
            var sum = 0
            return rows.map { row in
                let count: Int = row["count"]
                sum += count
                return FailureCount(
                    cause: row["cause"], count: count, share: Double(count) / Double(total),
                    cumulative: Double(sum) / Double(total))
            }
        }
    }

    /// The distribution of a measurement; nil when no number was measured under that name.
    public func statistics(
        measurement name: String, _ filter: RunFilter = RunFilter()
    ) async throws -> MeasurementStatistics? {
        try await ask { db in
            let (condition, arguments) = try filter.condition(db)
            let rows = try Row.fetchCursor(
                db,
                sql: """
                    SELECT v.value, v.outcome = 2 AS failed, m.unit, m.low, m.high
                    FROM measurement v JOIN measurand m ON m.id = v.measurand JOIN step s ON s.seq = v.step
                        JOIN run r ON r.id = s.run LEFT JOIN run_setup u ON u.id = r.setup
                    WHERE m.name = ? AND typeof(v.value) = 'real' AND \(condition) ORDER BY v.step
                    """, arguments: [name] + arguments)
            var result: MeasurementStatistics?
            var squares = 0.0
            while let row = try rows.next() {
                let value: Double = row["value"]
                var next =
                    result
                    ?? MeasurementStatistics(
                        name: name, unit: nil, count: 0, failed: 0, mean: 0, standardDeviation: nil,
                        minimum: value,
                        maximum: value, low: nil, high: nil)
                next.count += 1
                next.failed += row["failed"] as Int
                // Welford: one pass, and no difference of large sums.
                let step = value - next.mean
                next.mean += step / Double(next.count)
                squares += step * (value - next.mean)
                next.minimum = min(next.minimum, value)
                next.maximum = max(next.maximum, value)
                next.unit = row["unit"]
                (next.low, next.high) = (row["low"], row["high"])
                result = next
            }
            if let count = result?.count, count > 1 {
                result?.standardDeviation = (squares / Double(count - 1)).squareRoot()
            }
            return result
        }
    }
}
