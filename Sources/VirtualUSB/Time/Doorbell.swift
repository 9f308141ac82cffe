#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// State behind a lock, and a bell that wakes the one thread which waits for the state to change.
///
/// Safe to share: `state` is only touched between lock and unlock of the mutex that lives as long as it does.
final class Doorbell<State>: @unchecked Sendable {
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let bell: UnsafeMutablePointer<pthread_cond_t>
    private var state: State

    init(_ state: sending State) {
        mutex = .allocate(capacity: 1)
        bell = .allocate(capacity: 1)
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(bell, &attributes)
        pthread_condattr_destroy(&attributes)
        self.state = state
    }

    deinit {
        pthread_cond_destroy(bell)
        pthread_mutex_destroy(mutex)
        bell.deallocate()
        mutex.deallocate()
    }

    func withLock<Value>(_ body: (inout State) throws -> Value) rethrows -> Value {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body(&state)
    }

    /// Changes the state and wakes whoever waits.
    func ring<Value>(_ body: (inout State) throws -> Value) rethrows -> Value {
        pthread_mutex_lock(mutex)
        defer {
            pthread_cond_broadcast(bell)
            pthread_mutex_unlock(mutex)
        }
        return try body(&state)
    }

    /// What a waiting thread does next.
    enum Turn<Value> {
        case done(Value)
        case wait
        /// Wait, but not longer than until this instant of `Doorbell.monotonicNow`.
        case waitUntil(Duration)
    }

    /// Looks at the state again and again, each time the bell rang or the time came, until it has what it wants.
    func wait<Value>(_ look: (inout State) -> Turn<Value>) -> Value {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while true {
            switch look(&state) {
            case .done(let value): return value
            case .wait: pthread_cond_wait(bell, mutex)
            case .waitUntil(let instant):
                var deadline = timespec()
                let (seconds, attoseconds) = instant.components
                deadline.tv_sec = Int(seconds)
                deadline.tv_nsec = Int(attoseconds / 1_000_000_000)
                pthread_cond_timedwait(bell, mutex, &deadline)
            }
        }
    }

    static var monotonicNow: Duration {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}

/// A thread of one's own, for loops that block.
enum OwnThread {
    private final class Work {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    /// Runs `body` on a new thread; the thread ends with it.
    static func start(_ body: @escaping @Sendable () -> Void) {
        let work = Unmanaged.passRetained(Work(body))
        var thread = pthread_t()
        let failure = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().body()
                return nil
            }, work.toOpaque())
        if failure == 0 {
            pthread_detach(thread)
        } else {
            // No thread to be had: do the work here rather than never.
            work.takeRetainedValue().body()
        }
    }
}
