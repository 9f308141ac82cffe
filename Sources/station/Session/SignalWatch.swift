import Blessing
import Dispatch

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Ctrl-C once finishes what is in work, twice stops safely; SIGTERM is taken as the first.
struct SignalWatch {
    private let sources: [any DispatchSourceSignal]

    init(control: LineControl, say: @escaping @Sendable (String) -> Void) {
        let queue = DispatchQueue(label: "signals")
        let press: @Sendable () -> Void = {
            if control.isFinishing {
                if !control.isAborting { say("Stopping safely now: power off first.") }
                control.abort()
            } else {
                say("Finishing the units in work; no new ones. Press Ctrl-C again to stop them safely now.")
                control.finish()
            }
        }
        sources = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler(handler: press)
            source.resume()
            return source
        }
    }

    func end() {
        for source in sources { source.cancel() }
        signal(SIGINT, SIG_DFL)
        signal(SIGTERM, SIG_DFL)
    }
}
