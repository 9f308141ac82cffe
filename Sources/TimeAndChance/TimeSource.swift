/// Time as a thing that is handed in, so that a slot on a real line waits for the quartz and an emulated
/// slot waits for its own virtual clock, and nothing above can tell which.
public protocol TimeSource: Sendable {
    /// Monotonic time since an origin that stays fixed for the life of the source.
    func now() async -> Duration

    /// Returns when `duration` has passed on this source; at once for zero and below.
    /// - Throws: `CancellationError` when the surrounding task is cancelled first.
    func sleep(for duration: Duration) async throws
}

/// The machine's monotonic clock.
public struct SystemTime: TimeSource {
    private let origin: ContinuousClock.Instant

    public init() {
        origin = ContinuousClock.now
    }

    public func now() async -> Duration {
        origin.duration(to: ContinuousClock.now)
    }

    public func sleep(for duration: Duration) async throws {
        guard duration > .zero else { return }
        try await ContinuousClock().sleep(for: duration)
    }
}

/// A clock that moves only when somebody sleeps on it: for one task, waiting costs nothing and is exact.
public actor StepTime: TimeSource {
    private var elapsed: Duration

    public init(startingAt start: Duration = .zero) {
        elapsed = start
    }

    public func now() -> Duration {
        elapsed
    }

    public func sleep(for duration: Duration) throws {
        try Task.checkCancellation()
        if duration > .zero { elapsed += duration }
    }

    /// Moves the clock by hand.
    public func advance(by duration: Duration) {
        elapsed += duration
    }
}
