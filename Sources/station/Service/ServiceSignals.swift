import Dispatch
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Ctrl-C and SIGTERM for a service: the first puts it down, a second one hurries.
struct ServiceSignals {
    private let sources: [any DispatchSourceSignal]

    /// - Parameter reload: at SIGHUP; nil leaves that signal its usual meaning.
    init(
        first: @escaping @Sendable () -> Void, second: @escaping @Sendable () -> Void,
        reload: (@Sendable () -> Void)? = nil
    ) {
        let queue = DispatchQueue(label: "signals")
        let presses = SignalCount()
        signal(SIGPIPE, SIG_IGN)
        var sources: [any DispatchSourceSignal] = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler { presses.next() == 1 ? first() : second() }
            source.resume()
            return source
        }
        if let reload {
            signal(SIGHUP, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: SIGHUP, queue: queue)
            source.setEventHandler { reload() }
            source.resume()
            sources.append(source)
        }
        self.sources = sources
    }

    func end() {
        for source in sources { source.cancel() }
        signal(SIGINT, SIG_DFL)
        signal(SIGTERM, SIG_DFL)
    }
}

private final class SignalCount: Sendable {
    private let count = Mutex(0)

    func next() -> Int {
        count.withLock { count in
            count += 1
            return count
        }
    }
}
