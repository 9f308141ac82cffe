import Foundation
import StationPages
import Synchronization

/// One piece of live news.
enum LiveEvent: Sendable {
    case snapshot(LineState)
    case slot(SlotState)
    case order(OrderState)
    case unit(UnitNews)
    case alarm(LineAlarm)

    /// The `event:` word of the stream.
    var word: String {
        switch self {
        case .snapshot: "snapshot"
        case .slot: "slot"
        case .order: "order"
        case .unit: "unit"
        case .alarm: "alarm"
        }
    }

    var payload: any Encodable {
        switch self {
        case .snapshot(let value): value
        case .slot(let value): value
        case .order(let value): value
        case .unit(let value): value
        case .alarm(let value): value
        }
    }
}

/// The last events, for readers that each go at their own pace.
///
/// Publishing stores a value and wakes who waits; it never encodes, writes or waits, so no reader can hold up a slot.
/// A reader that falls further behind than the ring is long has lost nothing either: it gets a snapshot.
final class EventHub: Sendable {
    /// An event with its number; turned into bytes by the first reader that needs them.
    final class Entry: Sendable {
        let sequence: Int
        let event: LiveEvent
        private let frame = Mutex<[UInt8]?>(nil)

        init(sequence: Int, event: LiveEvent) {
            self.sequence = sequence
            self.event = event
        }

        func bytes(boot: String) -> [UInt8] {
            frame.withLock { frame in
                if let frame { return frame }
                let made = EventHub.frame(id: "\(boot)-\(sequence)", event)
                frame = made
                return made
            }
        }
    }

    /// What a reader finds.
    enum Reading {
        case events([Entry])
        /// Nothing new.
        case nothing
        /// What follows the reader's place is not kept any more.
        case lost
        /// The service is being stopped.
        case ended
    }

    private struct State {
        var ring: [Entry?]
        /// The number of the last event; 0 before the first.
        var last = 0
        var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
        var nextWaiter = 0
        var isClosed = false
    }

    /// Tells this life of the service apart from others in event ids.
    let boot: String
    private let capacity: Int
    private let state: Mutex<State>

    /// - Parameter capacity: events that are kept for readers.
    init(capacity: Int = 4096, boot: String? = nil) {
        self.capacity = capacity
        self.boot = boot ?? String(UInt32.random(in: .min ... .max), radix: 16)
        state = Mutex(State(ring: Array(repeating: nil, count: capacity)))
    }

    var lastSequence: Int { state.withLock { $0.last } }

    /// Readers that wait for news at this instant.
    var waiting: Int { state.withLock { $0.waiters.count } }

    @discardableResult
    func publish(_ event: LiveEvent) -> Int {
        let (sequence, waiters) = state.withLock { state in
            state.last += 1
            state.ring[state.last % capacity] = Entry(sequence: state.last, event: event)
            defer { state.waiters = [:] }
            return (state.last, Array(state.waiters.values))
        }
        for waiter in waiters { waiter.resume() }
        return sequence
    }

    /// Events after `sequence`, oldest first.
    func read(after sequence: Int, limit: Int = 256) -> Reading {
        state.withLock { state in
            if state.isClosed { return .ended }
            if sequence == state.last { return .nothing }
            guard sequence < state.last, sequence >= state.last - capacity else { return .lost }
            let end = min(state.last, sequence + limit)
            return .events(((sequence + 1)...end).compactMap { state.ring[$0 % capacity] })
        }
    }

    /// Returns when there is something after `sequence`, when the hub is closed, or when the task is cancelled.
    func wait(after sequence: Int) async {
        let number = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let now = state.withLock { state in
                    if state.isClosed || state.last != sequence || Task.isCancelled { return true }
                    state.waiters[number] = continuation
                    return false
                }
                if now { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: number) }?.resume()
        }
    }

    /// Ends every reader.
    func close() {
        let waiters = state.withLock { state in
            state.isClosed = true
            defer { state.waiters = [:] }
            return Array(state.waiters.values)
        }
        for waiter in waiters { waiter.resume() }
    }

    /// The place that a `Last-Event-ID` names; nil when it is of another life of the service or no id at all.
    func place(of id: String) -> Int? {
        let parts = id.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0] == boot, let sequence = Int(parts[1]), sequence >= 0 else {
            return nil
        }
        return sequence
    }

    /// One event as the stream carries it.
    static func frame(id: String, _ event: LiveEvent) -> [UInt8] {
        var bytes = Array("id: \(id)\nevent: \(event.word)\ndata: ".utf8)
        bytes += APIJSON.compact(event.payload)
        bytes += [0x0A, 0x0A]
        return bytes
    }
}
