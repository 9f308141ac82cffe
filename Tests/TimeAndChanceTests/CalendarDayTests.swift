import Testing
import TimeAndChance

@Suite struct CalendarDayTests {
    /// Days since 1970 as Python's `datetime` and, for year 0, the calendar's own period of 400 years have them.
    @Test(arguments: [
        ("1970-01-01", 0), ("1969-12-31", -1), ("2000-02-29", 11_016), ("2024-02-29", 19_782),
        ("2026-12-01", 20_788),
        ("1900-03-01", -25_508), ("9999-12-31", 2_932_896), ("0000-01-01", -719_528),
        ("0000-02-29", -719_469),
    ])
    func knownDays(text: String, days: Int64) {
        #expect(CalendarDay(text)?.sinceEpoch == days)
        #expect(CalendarDay(sinceEpoch: days).description == text)
    }

    @Test(arguments: [
        "2026-02-29", "2100-02-29", "2026-13-01", "2026-00-10", "2026-04-31", "2026-04-00", "2026-4-3",
        "26-04-03",
        "2026-12-01T", "2026/12/01", "", "+026-01-01", "2026-1２-01",
    ])
    func noDays(text: String) {
        #expect(CalendarDay(text) == nil)
    }

    /// Each day of four hundred years follows the one before it, and comes back from its text.
    @Test func everyDayComesBack() {
        var last: (year: Int64, month: Int64, day: Int64) = (1899, 12, 31)
        for days in Int64(-25_567)..<(-25_567 + 146_097) {
            let day = CalendarDay(sinceEpoch: days)
            let next = day.civil
            if next.year < last.year || (next.month, next.day) == (last.month, last.day)
                || CalendarDay(day.description) != day
            {
                Issue.record("day \(days) is \(day), after \(last)")
            }
            last = next
        }
        #expect(last == (2299, 12, 31))
    }
}
