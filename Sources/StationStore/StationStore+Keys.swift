import Ledger
import TimeAndChance

extension StationStore {
    /// Lets another key sign from now on; the present one signs for it and for everything up to and with the entry.
    /// - Returns: the checkpoint with which the old key hands over.
    public func rotateKey(to key: StationKey, by: Person?, reason: String?) async throws -> Checkpoint {
        try await changeKey(.rotated, to: key, by: by, reason: reason, last: nil)
    }

    /// Goes on with a new key because the old one is lost. Nobody's signature leads to the new key: whoever checks later
    /// has to have it from elsewhere.
    /// - Parameter key: bears the log's present origin.
    public static func replaceLostKey(
        at path: String, with key: StationKey, by: Person, reason: String,
        clock: any WallClock = SystemWallClock()
    ) async throws -> Checkpoint {
        let store = try await open(at: path, key: key, clock: clock, options: Options(), adoptsKey: true)
        do {
            let last = try await store.reader.checkpoint()
            let checkpoint = try await store.changeKey(
                .replaced, to: key, by: by, reason: reason, last: last?.note.encoded)
            try await store.close()
            return checkpoint
        } catch {
            try? await store.close()
            throw error
        }
    }

    /// Goes on with a record that was restored from a backup: under another origin, so that its checkpoints are never
    /// taken for those of the history that was lost.
    /// - Parameters:
    ///   - key: bears the new origin.
    ///   - known: the last checkpoint that others hold, signed by this log's key.
    public func continueAfterRestore(
        as key: StationKey, known: Checkpoint, by: Person, reason: String
    ) async throws -> Checkpoint {
        try await changeKey(.continued, to: key, by: by, reason: reason, last: known.note.encoded)
    }

    private func changeKey(
        _ change: KeyChange, to key: StationKey, by: Person?, reason: String?, last: String?
    ) async throws -> Checkpoint {
        guard
            case .checkpoint(let checkpoint) = try await settle(
                .changeKey(change, key, by: by, reason: reason, last: last))
        else { throw StoreError.closed }
        return checkpoint
    }
}
