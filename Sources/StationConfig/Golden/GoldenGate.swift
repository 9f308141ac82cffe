/// Whether a slot may work: a slot whose golden unit is overdue, or was measured wrong, may not.
///
/// A decision without clock, database or hardware: it is asked before every start, and the pages ask it as well.
public enum GoldenGate {
    /// One run of a golden unit in the slot.
    public struct Check: Equatable, Sendable {
        /// When it ended, UTC milliseconds.
        public var at: Int64
        /// The unit's name.
        public var unit: String
        /// Values beyond their tolerance, or missing; empty for a good check.
        public var faults: [String]

        public var isGood: Bool { faults.isEmpty }

        public init(at: Int64, unit: String, faults: [String]) {
            self.at = at
            self.unit = unit
            self.faults = faults
        }
    }

    public enum Decision: Equatable, Sendable {
        /// No golden units are configured.
        case notWatched
        /// Milliseconds until the next check is due.
        case open(remaining: Int64)
        /// As ``open(remaining:)``, and it is time to think of the next check.
        case dueSoon(remaining: Int64)
        /// No check yet.
        case shutNever
        /// Milliseconds since the last good check.
        case shutOverdue(age: Int64)
        /// The last check was not good.
        case shutOff(unit: String, faults: [String])
        /// The last check lies in the future: the calendar was set back, and nobody knows how old it is.
        case shutClock

        public var isOpen: Bool {
            switch self {
            case .notWatched, .open, .dueSoon: true
            case .shutNever, .shutOverdue, .shutOff, .shutClock: false
            }
        }
    }

    /// - Parameters:
    ///   - checks: of this slot, in any order; only the newest counts.
    ///   - now: UTC milliseconds.
    public static func decide(checks: [Check], settings: GoldenSettings?, now: Int64) -> Decision {
        guard let settings, !settings.units.isEmpty else { return .notWatched }
        guard let last = checks.max(by: { $0.at < $1.at }) else { return .shutNever }
        guard last.isGood else { return .shutOff(unit: last.unit, faults: last.faults) }
        let age = now - last.at
        // A minute of tolerance: two clocks of one machine are read at different moments.
        guard age >= -60_000 else { return .shutClock }
        let remaining = settings.interval.wholeMilliseconds - max(0, age)
        guard remaining > 0 else { return .shutOverdue(age: age) }
        return remaining <= settings.reminder.wholeMilliseconds
            ? .dueSoon(remaining: remaining) : .open(remaining: remaining)
    }

    /// What is wrong with a run of a golden unit: each known value that was not measured, or is too far off.
    /// - Parameter measured: value by `step` and `name`; nil when it was not measured.
    public static func faults(
        of unit: GoldenSettings.Unit, measured: (_ step: String, _ name: String) -> Double?
    )
        -> [String]
    {
        unit.values.compactMap { value in
            guard let found = measured(value.step, value.name) else {
                return "\(value.step) \(value.name): –"
            }
            // Written so that a value that is no number is a fault; a hair more than the tolerance, since 3.31 - 3.3 is
            // not 0.01 in binary.
            if abs(found - value.reference) <= value.tolerance * (1 + 1e-9) { return nil }
            return "\(value.step) \(value.name): \(CanonicalJSON.shortest(found)) ≠ "
                + "\(CanonicalJSON.shortest(value.reference)) ± \(CanonicalJSON.shortest(value.tolerance))"
        }
    }
}
