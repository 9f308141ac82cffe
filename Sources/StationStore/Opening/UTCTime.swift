import TimeAndChance

/// UTC milliseconds as people read them.
public enum UTCTime {
    /// ISO 8601 with milliseconds, `2025-03-01T12:00:00.000Z`; valid for years 0 to 9999.
    public static func text(_ milliseconds: Int64) -> String {
        let rest = (milliseconds % 86_400_000 + 86_400_000) % 86_400_000
        let day = CalendarDay(sinceEpoch: (milliseconds - rest) / 86_400_000)
        return "\(day)T\(pad(rest / 3_600_000, 2)):"
            + "\(pad(rest / 60_000 % 60, 2)):\(pad(rest / 1000 % 60, 2)).\(pad(rest % 1000, 3))Z"
    }

    private static func pad(_ value: Int64, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
