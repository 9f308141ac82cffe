/// UTC milliseconds as people read them.
public enum UTCTime {
    /// ISO 8601 with milliseconds, `2025-03-01T12:00:00.000Z`; valid for years 0 to 9999.
    public static func text(_ milliseconds: Int64) -> String {
        let (days, rest) = floorDivision(milliseconds, 86_400_000)
        // Days since 1970 to a civil date, counting years from 1 March (H. Hinnant, "chrono-compatible date algorithms").
        let shifted = days + 719_468
        let era = floorDivision(shifted, 146_097).quotient
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return "\(pad(year, 4))-\(pad(month, 2))-\(pad(day, 2))T\(pad(rest / 3_600_000, 2)):"
            + "\(pad(rest / 60_000 % 60, 2)):\(pad(rest / 1000 % 60, 2)).\(pad(rest % 1000, 3))Z"
    }

    private static func floorDivision(_ value: Int64, _ by: Int64) -> (quotient: Int64, rest: Int64) {
        let rest = (value % by + by) % by
        return ((value - rest) / by, rest)
    }

    private static func pad(_ value: Int64, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
