import Ledger
import Synchronization

/// Where an entry stands in the ledger. Who has it, has it durably.
public struct Receipt: Sendable, Equatable {
    /// Position in the ledger, from 0.
    public let sequence: Int64
    /// The entry's time, UTC ms.
    public let at: Int64

    /// The run that a `runStarted` record began.
    public var run: RunID { RunID(rawValue: sequence) }
}

/// A serial number that is set aside for a unit.
public struct SerialLease: Sendable, Equatable {
    public let serial: String
    public let order: String
    /// Device ID.
    public let device: String
    /// False when the unit had it before.
    public let isNew: Bool
}

/// A record's place in the queue.
public struct Ticket: Sendable {
    let state: TicketState

    /// Waits until the record is on the disk.
    /// - Throws: ``StoreError``: the record was refused, or could not be written.
    public var receipt: Receipt {
        get async throws {
            guard case .receipt(let receipt) = try await state.outcome() else { throw StoreError.closed }
            return receipt
        }
    }
}

/// What came of a piece of work.
enum WriteOutcome: Sendable {
    case nothing
    case receipt(Receipt)
    case lease(SerialLease)
    indirect case checkpoint(Checkpoint)
}

/// Settled once by the writer, awaited by anybody.
final class TicketState: Sendable {
    private enum State {
        case waiting([CheckedContinuation<WriteOutcome, any Error>])
        case settled(Result<WriteOutcome, StoreError>)
    }

    private let state = Mutex(State.waiting([]))

    func settle(_ result: Result<WriteOutcome, StoreError>) {
        let waiting = state.withLock { state -> [CheckedContinuation<WriteOutcome, any Error>] in
            guard case .waiting(let waiting) = state else { return [] }
            state = .settled(result)
            return waiting
        }
        for continuation in waiting { continuation.resume(with: result.mapError { $0 as any Error }) }
    }

    func outcome() async throws -> WriteOutcome {
        try await withCheckedThrowingContinuation { continuation in
            let settled = state.withLock { state -> Result<WriteOutcome, StoreError>? in
                switch state {
                case .waiting(let waiting):
                    state = .waiting(waiting + [continuation])
                    return nil
                case .settled(let result):
                    return result
                }
            }
            if let settled { continuation.resume(with: settled.mapError { $0 as any Error }) }
        }
    }
}
