import TimeAndChance

/// Calls back at instants: the one thing that tells a virtual device living on virtual time from one that serves
/// real programs in real time.
public protocol EventScheduler: Sendable {
    /// Time since the scheduler's origin.
    var currentTime: Duration { get }

    /// Calls `action` once `time` has come, on the scheduler's thread; actions of the same instant in the order in
    /// which they were scheduled.
    func schedule(at time: Duration, _ action: @escaping @Sendable () -> Void)
}

/// Actions waiting for their instants, earliest first.
struct EventQueue {
    private struct Event {
        var time: Duration
        var order: UInt64
        var action: @Sendable () -> Void

        func precedes(_ other: Event) -> Bool {
            time != other.time ? time < other.time : order < other.order
        }
    }

    /// A binary heap.
    private var events: [Event] = []
    private var count: UInt64 = 0

    var earliest: Duration? { events.first?.time }

    mutating func insert(at time: Duration, _ action: @escaping @Sendable () -> Void) {
        count += 1
        events.append(Event(time: time, order: count, action: action))
        var child = events.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard events[child].precedes(events[parent]) else { break }
            events.swapAt(child, parent)
            child = parent
        }
    }

    mutating func removeEarliest() -> (time: Duration, action: @Sendable () -> Void)? {
        guard let first = events.first, let last = events.popLast() else { return nil }
        if !events.isEmpty {
            events[0] = last
            sink(0)
        }
        return (first.time, first.action)
    }

    mutating func removeAll() {
        events.removeAll()
    }

    private mutating func sink(_ start: Int) {
        var parent = start
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < events.count {
                if events[child].precedes(events[least]) { least = child }
            }
            if least == parent { return }
            events.swapAt(parent, least)
            parent = least
        }
    }
}
