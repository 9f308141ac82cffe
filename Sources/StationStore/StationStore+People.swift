import GRDB
import Ledger

extension StationStore {
    /// What forgetting somebody came to.
    public struct Forgetting: Sendable, Equatable {
        /// They are "forgotten person #`number`" from now on.
        public let number: Int64
        /// Where the entry stands that says so.
        public let sequence: Int64
    }

    /// Destroys the name behind a seal and the salt without which nobody can try names against it. Entries and proofs
    /// hold; an entry says that somebody was forgotten, not who.
    /// - Throws: ``StoreError/notFound(_:)`` when no entry is about such a person.
    public func forget(person name: String, by: Person?, place: String) async throws -> Forgetting {
        let outcome = try await settle(.forget(name: name, by: by, place: place))
        guard case .receipt(let receipt) = outcome else { throw StoreError.closed }
        let number = try await reader.ask { db in
            try Int64.fetchOne(
                db, sql: "SELECT number FROM forgotten WHERE seq = ?", arguments: [receipt.sequence]) ?? 0
        }
        return Forgetting(number: number, sequence: receipt.sequence)
    }

    /// Writes the whole file anew, so that nothing that was deleted is left between its pages, and empties the journal.
    /// Takes about as long as copying the file; nothing is written meanwhile.
    public func rewrite() async throws {
        try await outsideTransactions { db in
            try db.execute(sql: "VACUUM")
            try db.checkpoint(.truncate)
        }
    }
}
