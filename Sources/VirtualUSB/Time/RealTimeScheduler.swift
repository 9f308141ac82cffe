/// Calls back when the machine's monotonic clock says so: for devices that are exported to real programs.
public final class RealTimeScheduler: EventScheduler {
    private struct State {
        var events = EventQueue()
        var stopped = false
    }

    private enum Next {
        case action(@Sendable () -> Void)
        case end
    }

    private let doorbell = Doorbell(State())
    private let origin = Doorbell<Void>.monotonicNow

    /// Starts the scheduler's thread, which ends after `stop` or with the scheduler.
    public init() {
        let doorbell = doorbell
        let origin = origin
        OwnThread.start {
            while true {
                let next = doorbell.wait { state -> Doorbell<State>.Turn<Next> in
                    if state.stopped { return .done(.end) }
                    guard let earliest = state.events.earliest else { return .wait }
                    let due = origin + earliest
                    if due > Doorbell<State>.monotonicNow { return .waitUntil(due) }
                    guard let event = state.events.removeEarliest() else { return .wait }
                    return .done(.action(event.action))
                }
                guard case .action(let action) = next else { return }
                action()
            }
        }
    }

    deinit {
        stop()
    }

    /// Drops everything that waits.
    public func stop() {
        doorbell.ring { state in
            state.stopped = true
            state.events.removeAll()
        }
    }

    public var currentTime: Duration { Doorbell<Void>.monotonicNow - origin }

    public func schedule(at time: Duration, _ action: @escaping @Sendable () -> Void) {
        doorbell.ring { state in
            if !state.stopped { state.events.insert(at: time, action) }
        }
    }
}
