/// Why a call of the imp API was refused; the program gets it as an exception with this text, at the call.
public struct ImpAPIError: Error, Equatable, Sendable, CustomStringConvertible {
    /// As `server.error` would print it.
    public var message: String

    /// An error with this text.
    public init(_ message: String) {
        self.message = message
    }

    public var description: String { message }
}

/// A function of the running program that the system calls later; an error that leaves it restarts the module.
public typealias Callback = () throws -> Void

/// Where a call that kept the processor waiting goes on: with its result, or with the error that it raises there.
public typealias Resume<Value> = (Result<Value, ImpAPIError>) throws -> Void

/// The one thread on which a module's program runs.
///
/// Callbacks are queued and run one at a time, each to its end. A call that blocks on a real imp (sleeping, erasing,
/// scanning) *holds* the processor here: until it is released no other callback runs, while the hardware around it
/// goes on.
final class Processor {
    private let simulation: Simulation
    private let onError: (any Error) -> Void
    private var queue: [Callback] = []
    private var idleQueue: [Callback] = []
    /// Continuations of calls that are over while something else still holds the processor.
    private var continuations: [Callback] = []
    private var drainIsScheduled = false
    private var holds = 0
    /// Callbacks wait, continuations of calls do not.
    private var closures = 0
    private(set) var isStopped = false
    /// Whether a call keeps the program from its event loop.
    var isHeld: Bool { holds > 0 }

    init(simulation: Simulation, onError: @escaping (any Error) -> Void) {
        self.simulation = simulation
        self.onError = onError
    }

    /// Queues a callback.
    func post(_ callback: @escaping Callback) {
        guard !isStopped else { return }
        queue.append(callback)
        scheduleDrain()
    }

    /// Queues a callback for when nothing else is left to do.
    func postWhenIdle(_ callback: @escaping Callback) {
        guard !isStopped else { return }
        idleQueue.append(callback)
        scheduleDrain()
    }

    /// Nothing runs until `release`.
    func hold() {
        holds += 1
    }

    /// Ends a hold; the program continues before any queued callback, as soon as nothing else holds it.
    func release(_ continuation: @escaping Callback = {}) {
        guard !isStopped else { return }
        holds -= 1
        continuations.append(continuation)
        while holds == 0, !continuations.isEmpty { run(continuations.removeFirst()) }
        scheduleDrain()
    }

    /// Holds the processor for `duration`, then continues with `continuation`.
    func wait(for duration: Duration, then continuation: @escaping Callback) {
        hold()
        simulation.schedule(after: duration) { [weak self] in self?.release(continuation) }
    }

    /// Until `openQueue`, calls that are over go on but no queued callback runs: a program waits inside of a native.
    func closeQueue() { closures += 1 }

    /// Ends a `closeQueue`.
    func openQueue() {
        closures -= 1
        scheduleDrain()
    }

    /// Forgets everything; nothing runs any more.
    func stop() {
        isStopped = true
        queue.removeAll()
        idleQueue.removeAll()
        continuations.removeAll()
    }

    private func scheduleDrain() {
        guard !drainIsScheduled, holds == 0, closures == 0, !isStopped, !(queue.isEmpty && idleQueue.isEmpty)
        else { return }
        drainIsScheduled = true
        simulation.schedule(after: .zero) { [weak self] in self?.drain() }
    }

    private func drain() {
        drainIsScheduled = false
        guard holds == 0, closures == 0, !isStopped else { return }
        if !queue.isEmpty {
            run(queue.removeFirst())
        } else if !idleQueue.isEmpty {
            run(idleQueue.removeFirst())
        }
        scheduleDrain()
    }

    private func run(_ callback: Callback) {
        do {
            try callback()
        } catch {
            stop()
            onError(error)
        }
    }
}
