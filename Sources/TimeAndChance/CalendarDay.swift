/// A day of the Gregorian calendar, years 0 to 9999.
public struct CalendarDay: Hashable, Sendable, Comparable {
    /// Days since 1 January 1970; negative before.
    public let sinceEpoch: Int64

    /// - Parameter sinceEpoch: days since 1 January 1970.
    public init(sinceEpoch: Int64) {
        self.sinceEpoch = sinceEpoch
    }

    /// Reads `yyyy-mm-dd`; nil for another form and for a day that no calendar has.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.map(\.utf8.count) == [4, 2, 2],
            parts.allSatisfy({ $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }),
            let year = Int64(parts[0]), let month = Int(parts[1]), let day = Int64(parts[2]),
            (1...12).contains(month)
        else { return nil }
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let lengths: [Int64] = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        guard (1...lengths[month - 1]).contains(day) else { return nil }
        // Counted from 1 January 400 years earlier, so that no division meets a negative number: the calendar repeats
        // every 400 years, which are 146,097 days.
        let before = year + 399
        let years = before * 365 + before / 4 - before / 100 + before / 400 - 719_162 - 146_097
        sinceEpoch = years + lengths.prefix(month - 1).reduce(0, +) + day - 1
    }

    /// Year, month 1 to 12 and day 1 to 31.
    public var civil: (year: Int64, month: Int64, day: Int64) {
        // Counting years from 1 March (H. Hinnant, "chrono-compatible date algorithms").
        let shifted = sinceEpoch + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }

    public static func < (one: Self, other: Self) -> Bool { one.sinceEpoch < other.sinceEpoch }
}

extension CalendarDay: CustomStringConvertible {
    /// `2026-11-22`.
    public var description: String {
        let (year, month, day) = civil
        return "\(Self.pad(year, 4))-\(Self.pad(month, 2))-\(Self.pad(day, 2))"
    }

    private static func pad(_ value: Int64, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
