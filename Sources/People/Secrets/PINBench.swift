import Dispatch
import Synchronization

/// Where PINs are hashed: one at a time and beside the threads of the actors, because each takes a core for a quarter
/// of a second and 32 MiB, and a crowd at the door must not stop the line.
final class PINBench: Sendable {
    private let queue = DispatchQueue(label: "People.PINBench")
    private let waiting = Mutex(0)
    private let mostWaiting: Int

    init(mostWaiting: Int) { self.mostWaiting = mostWaiting }

    /// - Throws: ``PeopleError/busy`` when too many wait already, and what `body` throws.
    func work<Result: Sendable>(_ body: @escaping @Sendable () throws(PeopleError) -> Result) async throws
        -> Result
    {
        let isAdmitted = waiting.withLock { waiting in
            guard waiting < mostWaiting else { return false }
            waiting += 1
            return true
        }
        guard isAdmitted else { throw PeopleError.busy }
        defer { waiting.withLock { $0 -= 1 } }
        return try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Swift.Result { try body() }) }
        }
    }
}
