/// The discrete-event kernel: a clock that jumps from event to event.
///
/// Time is *pulled*: nothing happens until somebody calls `run(until:stopping:)`, which executes what is due in
/// order of time and, at the same instant, in order of scheduling. One simulation belongs to one slot and is used
/// from one thread at a time; it has no locks and no clock of its own.
public final class Simulation {
    /// The present.
    public private(set) var now: VirtualInstant

    /// Called whenever somebody is about to let time go on: what happened outside since then can be taken in here.
    var onPull: () -> Void = {}

    private var heap: [Entry] = []
    private var nextOrder: UInt64 = 0

    /// A handle with which an event can be called off.
    public final class Event {
        fileprivate var action: (() -> Void)?

        fileprivate init(_ action: @escaping () -> Void) {
            self.action = action
        }

        /// Takes the event out; nothing happens when it has already run.
        public func cancel() {
            action = nil
        }

        /// True until the event has run or was called off.
        public var isPending: Bool { action != nil }
    }

    private struct Entry {
        var time: VirtualInstant
        var order: UInt64
        var event: Event

        func isBefore(_ other: Entry) -> Bool {
            time == other.time ? order < other.order : time < other.time
        }
    }

    /// - Parameter start: where the clock stands at first.
    public init(startingAt start: VirtualInstant = .start) {
        now = start
    }

    /// Has `action` run at `time`, or at once on the next run when that is past.
    @discardableResult
    public func schedule(at time: VirtualInstant, _ action: @escaping () -> Void) -> Event {
        let event = Event(action)
        push(Entry(time: max(time, now), order: nextOrder, event: event))
        nextOrder += 1
        return event
    }

    /// Has `action` run when `delay` has passed.
    @discardableResult
    public func schedule(after delay: Duration, _ action: @escaping () -> Void) -> Event {
        schedule(at: now + delay, action)
    }

    /// When the next event is due, or nil when nothing is scheduled.
    public var nextEventTime: VirtualInstant? {
        dropCancelled()
        return heap.first?.time
    }

    /// Runs events up to and including `deadline`, then sets the clock to it.
    /// - Parameter stopping: asked before the first event and after each; true ends the run at that event's
    ///   instant.
    /// - Returns: true when `stopping` ended the run, false when the deadline did.
    @discardableResult
    public func run(until deadline: VirtualInstant, stopping: () -> Bool = { false }) -> Bool {
        onPull()
        if stopping() { return true }
        while let time = nextEventTime, time <= deadline {
            let entry = pop()
            now = entry.time
            let action = entry.event.action
            entry.event.action = nil
            action?()
            if stopping() { return true }
        }
        now = max(now, deadline)
        return false
    }

    private func dropCancelled() {
        while let first = heap.first, first.event.action == nil { _ = pop() }
    }

    private func push(_ entry: Entry) {
        heap.append(entry)
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].isBefore(heap[parent]) else { break }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    private func pop() -> Entry {
        heap.swapAt(0, heap.count - 1)
        let least = heap.removeLast()
        var parent = 0
        while true {
            var smallest = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < heap.count && heap[child].isBefore(heap[smallest]) {
                smallest = child
            }
            guard smallest != parent else { return least }
            heap.swapAt(parent, smallest)
            parent = smallest
        }
    }
}
