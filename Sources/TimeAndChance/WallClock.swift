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
}

/// The machine's real-time clock (`CLOCK_REALTIME`).
public struct SystemWallClock: WallClock {
    public init() {}

    public func utcMilliseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
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
