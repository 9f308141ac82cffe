#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The calendar's time, as it goes into the record.
public protocol WallClock: Sendable {
    /// Milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted (POSIX time).
    func utcMilliseconds() -> Int64

    /// Milliseconds that have passed since some instant, whatever anybody does to the calendar and also while the
    /// machine sleeps; nil where there is no such clock. By it a calendar that is moved can be told.
    func monotonicMilliseconds() -> Int64?
}

extension WallClock {
    public func monotonicMilliseconds() -> Int64? { nil }
}

/// The machine's real-time clock (`CLOCK_REALTIME`).
public struct SystemWallClock: WallClock {
    public init() {}

    public func utcMilliseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }

    public func monotonicMilliseconds() -> Int64? {
        let passed = (ContinuousClock.now - Self.origin).components
        return passed.seconds * 1000 + passed.attoseconds / 1_000_000_000_000_000
    }

    private static let origin = ContinuousClock.now
}

/// A calendar that stands still at one instant.
public struct FixedWallClock: WallClock {
    private let instant: Int64

    /// - Parameter milliseconds: POSIX time in milliseconds.
    public init(milliseconds: Int64) {
        instant = milliseconds
    }

    public func utcMilliseconds() -> Int64 {
        instant
    }
}
