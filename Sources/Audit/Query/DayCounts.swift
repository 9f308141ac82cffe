/// Runs by SKU and day, out of the counts that the record keeps of them: the commonest question of all, and over a year of
/// a million units the dearest one when every run is looked at.
extension Query {
    /// The answer out of `run_day`; nil when the question needs more than a SKU and whole days.
    var fromDays: SQLText? {
        guard subject == .runs, groups.count == 2, Set(groups.map(\.name)) == Set(Self.ofADay.keys) else {
            return nil
        }
        var sql = SQLText()
        let keys = groups.enumerated().map { "\(Self.ofADay[$1.name] ?? "") AS g\($0)" }
        sql.append(
            """
            SELECT \(keys.joined(separator: ", ")), y.runs AS "count", y.units AS "units", y.passed AS "passed", \
            y.failed AS "failed", y.other AS "other", round(1.0 * y.passed / nullif(y.judged, 0), 6) AS "yield" \
            FROM run_day y
            """)
        if let condition {
            guard let condition = condition.ofDays else { return nil }
            sql.append(" WHERE ")
            condition.write(to: &sql)
        }
        writeGroupOrder(to: &sql)
        return sql
    }

    private static let ofADay = ["sku": "y.sku", "day": "date(y.day * 86400, 'unixepoch')"]
}

extension Condition {
    /// The same condition on a row of `run_day`; nil when it isn't about a SKU or whole days alone.
    fileprivate var ofDays: Condition? {
        switch self {
        case .all(let terms): Self.ofDays(terms).map(Condition.all)
        case .any(let terms): Self.ofDays(terms).map(Condition.any)
        case .not(let term): term.ofDays.map(Condition.not)
        case .compare(let field, let comparison, let value):
            field.ofDays([value]).map { .compare($0, comparison, value) }
        case .oneOf(let field, let values): field.ofDays(values).map { .oneOf($0, values) }
        case .between(let field, let low, let high):
            field.ofDays([low, high]).map { .between($0, low, high) }
        case .missing: nil
        }
    }

    private static func ofDays(_ terms: [Condition]) -> [Condition]? {
        let kept = terms.compactMap(\.ofDays)
        return kept.count == terms.count ? kept : nil
    }
}

extension Field {
    /// The field as `run_day` has it; nil when it hasn't, or a value cuts through a day.
    fileprivate func ofDays(_ values: [QueryValue]) -> Field? {
        let day: Int64 = 86_400_000
        switch name {
        case "sku": return Field(name, kind, subjects, "y.sku", about)
        case "started":
            let areDays = values.allSatisfy { value in
                guard case .span(let start, let end) = value else { return false }
                return start % day == 0 && end % day == 0
            }
            return areDays ? Field(name, kind, subjects, "(y.day * \(day))", about) : nil
        default: return nil
        }
    }
}
