/// A point on one simulation's clock: whole nanoseconds since that simulation began.
///
/// Integers, because a race that is replayed from a seed must fall the same way on every machine.
public struct VirtualInstant: Comparable, Hashable, Sendable, CustomStringConvertible {
    /// Nanoseconds since the start; 2^63 of them are 292 years.
    public var nanoseconds: Int64

    /// Where every simulation begins.
    public static let start = VirtualInstant(nanoseconds: 0)
    /// Later than any event.
    public static let never = VirtualInstant(nanoseconds: .max)

    /// - Parameter nanoseconds: since the start of the simulation, 0 or more.
    public init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    /// Time since the start.
    public var elapsed: Duration { .nanoseconds(nanoseconds) }

    public static func < (earlier: VirtualInstant, later: VirtualInstant) -> Bool {
        earlier.nanoseconds < later.nanoseconds
    }

    /// The instant `duration` later; stops at `never` instead of overflowing.
    public static func + (instant: VirtualInstant, duration: Duration) -> VirtualInstant {
        let (sum, overflow) = instant.nanoseconds.addingReportingOverflow(duration.wholeNanoseconds)
        return VirtualInstant(nanoseconds: overflow ? .max : sum)
    }

    /// How long from `earlier` to `later`; negative when they are the other way round.
    public static func - (later: VirtualInstant, earlier: VirtualInstant) -> Duration {
        .nanoseconds(later.nanoseconds - earlier.nanoseconds)
    }

    public var description: String {
        let microseconds = nanoseconds / 1000
        let fraction = String(microseconds % 1_000_000)
        return "\(microseconds / 1_000_000)." + String(repeating: "0", count: 6 - fraction.count) + fraction
            + " s"
    }
}

extension Duration {
    /// Nanoseconds, fractions dropped, clamped to what 64 bits hold.
    var wholeNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflow else { return seconds < 0 ? .min : .max }
        let (sum, carried) = scaled.addingReportingOverflow(attoseconds / 1_000_000_000)
        return carried ? (seconds < 0 ? .min : .max) : sum
    }

    /// Seconds as a binary fraction, for arithmetic that is about physics and not about order.
    var inSeconds: Double { Double(wholeNanoseconds) / 1e9 }

    /// `seconds`, rounded to whole nanoseconds; negative and not-a-number count as zero.
    static func wholeNanoseconds(ofSeconds seconds: Double) -> Duration {
        guard seconds > 0 else { return .zero }
        return .nanoseconds(Int64(min(seconds * 1e9, 9e18).rounded()))
    }
}
