import Synchronization

/// Counts from any thread.
final class Tally: Sendable {
    private let count = Mutex(0)

    /// - Returns: the count with this one.
    func add() -> Int {
        count.withLock { count in
            count += 1
            return count
        }
    }
}
