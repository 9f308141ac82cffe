import Synchronization
import TimeAndChance

/// A clock that moves only when nobody has anything left to do.
///
/// It is also the executor of the tasks that live on it: as long as one of them can run, time stands still; when all
/// wait, the clock jumps to the next event. So a transfer of 20 ms takes no time in a test, lasts exactly 20 ms for
/// everybody on the timeline, and every run is the same.
///
/// Unstructured tasks that are started on the timeline stay on it (`StrayJobs`). Work that leaves it nevertheless (an
/// actor with an executor of its own, real I/O) is not waited for: time runs on meanwhile unless somebody `hold`s it.
public final class VirtualTimeline: TaskExecutor, TimeSource, EventScheduler {
    private struct State {
        var now = Duration.zero
        var jobs: [UnownedJob] = []
        var events = EventQueue()
        var stopped = false
        var holds = 0
    }

    private enum Next {
        case jobs([UnownedJob])
        case action(@Sendable () -> Void)
        case end
    }

    private let doorbell = Doorbell(State())

    private init() {}

    /// Runs `body`, and all that it starts as structured children, on a timeline of its own.
    public static func run<Value: Sendable>(
        _ body: @Sendable @escaping (VirtualTimeline) async throws -> Value
    ) async throws -> Value {
        let timeline = VirtualTimeline()
        OwnThread.start { timeline.loop() }
        defer { timeline.doorbell.ring { $0.stopped = true } }
        return try await Task(executorPreference: timeline) { try await body(timeline) }.value
    }

    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        doorbell.ring { $0.jobs.append(job) }
    }

    /// Takes in a job that was on its way to another executor.
    func adopt(_ job: UnownedJob) {
        doorbell.ring { $0.jobs.append(job) }
    }

    private func loop() {
        StrayJobs.belong(to: self)
        while true {
            let next = doorbell.wait { state -> Doorbell<State>.Turn<Next> in
                if !state.jobs.isEmpty {
                    defer { state.jobs.removeAll(keepingCapacity: true) }
                    return .done(.jobs(state.jobs))
                }
                if state.stopped { return .done(.end) }
                if state.holds > 0 { return .wait }
                guard let event = state.events.removeEarliest() else { return .wait }
                state.now = max(state.now, event.time)
                return .done(.action(event.action))
            }
            switch next {
            case .jobs(let jobs): for job in jobs { job.runSynchronously(on: asUnownedTaskExecutor()) }
            case .action(let action): action()
            case .end: return dropEvents()
            }
        }
    }

    /// What will never happen lets go of what it holds; not under the lock, since that may want to schedule something.
    private func dropEvents() {
        let left = doorbell.withLock { state in
            defer { state.events = EventQueue() }
            return state.events
        }
        withExtendedLifetime(left) {}
    }

    /// Keeps time from moving until `proceed` was called as often, for work that goes on beside the timeline. Tasks go on.
    public func hold() {
        doorbell.withLock { $0.holds += 1 }
    }

    /// Takes one `hold` back.
    public func proceed() {
        doorbell.ring { $0.holds -= 1 }
    }

    public var currentTime: Duration { doorbell.withLock { $0.now } }

    public func schedule(at time: Duration, _ action: @escaping @Sendable () -> Void) {
        doorbell.ring { state in
            if !state.stopped { state.events.insert(at: time, action) }
        }
    }

    public func now() async -> Duration { currentTime }

    public func sleep(for duration: Duration) async throws {
        try Task.checkCancellation()
        guard duration > .zero else { return }
        let sleeper = Sleeper()
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                guard sleeper.begin(continuation) else { return }
                schedule(at: currentTime + duration) { sleeper.end(with: .success(())) }
            }
        } onCancel: {
            sleeper.end(with: .failure(CancellationError()))
        }
    }

    /// One sleep: ends once, by time or by cancellation.
    private final class Sleeper: Sendable {
        private enum State {
            case fresh, over
            case sleeping(CheckedContinuation<Void, any Error>)
        }
        private let state = Mutex(State.fresh)

        init() {}

        func begin(_ continuation: CheckedContinuation<Void, any Error>) -> Bool {
            let begun = state.withLock { state -> Bool in
                guard case .fresh = state else { return false }
                state = .sleeping(continuation)
                return true
            }
            if !begun { continuation.resume(throwing: CancellationError()) }
            return begun
        }

        func end(with result: Result<Void, any Error>) {
            let continuation = state.withLock { state -> CheckedContinuation<Void, any Error>? in
                defer { state = .over }
                if case .sleeping(let continuation) = state { return continuation }
                return nil
            }
            continuation?.resume(with: result)
        }
    }
}
