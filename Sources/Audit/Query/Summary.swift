/// What is computed for each group of rows: data, one table a subject.
struct Summary {
    struct Column {
        var name: String
        var sql: String
    }

    /// What the aggregates need of each row.
    let inputs: String
    /// Ranks within the group, where percentiles want them; KEYS stands for the group's fields.
    let ranked: String?
    let columns: [Column]

    static func of(_ subject: Subject) -> Summary {
        switch subject {
        case .units: units
        case .runs: runs
        case .steps: steps
        case .measurements: measurements
        case .entries:
            Summary(inputs: "1 AS one", ranked: nil, columns: [Column(name: "count", sql: "count(*)")])
        }
    }

    /// Refused and aborted runs say nothing about a unit and don't count in a yield.
    private static let judged = "sum(outcome IN ('passed', 'failed', 'quarantined', 'error'))"

    private static let runs = Summary(
        inputs: "r.outcome AS outcome, r.device AS device", ranked: nil,
        columns: [
            Column(name: "count", sql: "count(*)"),
            Column(name: "units", sql: "count(DISTINCT device)"),
            Column(name: "passed", sql: "coalesce(sum(outcome = 'passed'), 0)"),
            Column(name: "failed", sql: "coalesce(sum(outcome = 'failed'), 0)"),
            Column(name: "other", sql: "sum(outcome IS NULL OR outcome NOT IN ('passed', 'failed'))"),
            Column(name: "yield", sql: "round(1.0 * sum(outcome = 'passed') / nullif(\(judged), 0), 6)"),
        ])

    private static let units = Summary(
        inputs: """
            d.blessed_seq IS NOT NULL AS blessed, d.quarantine IS NOT NULL AS held, (SELECT count(*) FROM run a \
            WHERE a.device = d.id AND a.outcome IN ('passed', 'failed', 'quarantined', 'error')) AS tries
            """, ranked: nil,
        columns: [
            Column(name: "count", sql: "count(*)"),
            Column(name: "blessed", sql: "sum(blessed)"),
            Column(name: "first-pass", sql: "sum(blessed AND tries = 1)"),
            Column(name: "quarantined", sql: "sum(held)"),
            Column(
                name: "first-pass-yield",
                sql: "round(1.0 * sum(blessed AND tries = 1) / nullif(sum(tries > 0), 0), 6)"),
            Column(name: "final-yield", sql: "round(1.0 * sum(blessed) / nullif(sum(tries > 0), 0), 6)"),
        ])

    private static let steps = Summary(
        inputs: "s.outcome AS outcome, s.ended_ms - s.started_ms AS duration", ranked: ranking("duration"),
        columns: [
            Column(name: "count", sql: "count(*)"),
            Column(name: "failed", sql: "sum(outcome = 2)"),
            Column(name: "mean-ms", sql: "round(avg(duration), 3)"),
        ] + percentiles("duration", suffix: "-ms"))

    private static let measurements = Summary(
        inputs: "CASE WHEN typeof(v.value) = 'real' THEN v.value END AS value, v.outcome AS outcome",
        ranked: ranking("value") + ", avg(value) OVER (PARTITION BY KEYS) AS mean",
        columns: [
            Column(name: "count", sql: "count(*)"),
            Column(name: "failed", sql: "sum(outcome = 2)"),
            Column(name: "mean", sql: "max(mean)"),
            Column(
                name: "sd", sql: "sqrt(sum((value - mean) * (value - mean)) / nullif(count(value) - 1, 0))"),
            Column(name: "min", sql: "min(value)"),
        ] + percentiles("value", suffix: "") + [Column(name: "max", sql: "max(value)")])

    /// Rows without the value come first in the order and are counted off.
    private static func ranking(_ value: String) -> String {
        "row_number() OVER (PARTITION BY KEYS ORDER BY \(value)) "
            + "- (count(*) OVER (PARTITION BY KEYS) - count(\(value)) OVER (PARTITION BY KEYS)) AS place, "
            + "count(\(value)) OVER (PARTITION BY KEYS) AS n"
    }

    /// Nearest rank: the smallest value that at least so many percent do not exceed.
    private static func percentiles(_ value: String, suffix: String) -> [Column] {
        [5, 50, 95].map { percent in
            Column(
                name: "p\(percent)\(suffix)",
                sql: "max(CASE WHEN place = max(1, (n * \(percent) + 99) / 100) THEN \(value) END)")
        }
    }
}
