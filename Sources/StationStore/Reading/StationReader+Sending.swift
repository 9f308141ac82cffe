import GRDB
import Ledger

/// Entries that are on their way to another database, and the signed tree head under which they end.
public struct SignedStretch: Sendable {
    /// Sequence number of the first entry.
    public let first: Int64
    /// The exact bytes that were hashed.
    public let entries: [[UInt8]]
    /// Covers everything up to the last of them.
    public let checkpoint: Checkpoint

    public init(first: Int64, entries: [[UInt8]], checkpoint: Checkpoint) {
        self.first = first
        self.entries = entries
        self.checkpoint = checkpoint
    }
}

/// Somebody's name beside the ledger.
public struct PersonName: Sendable, Hashable {
    /// The seal in the ledger, hex.
    public let seal: String
    /// 32 bytes.
    public let salt: [UInt8]
    public let name: String

    public init(seal: String, salt: [UInt8], name: String) {
        self.seal = seal
        self.salt = salt
        self.name = name
    }
}

extension StationReader {
    /// The entries from `first` on that end under a signed tree head.
    /// - Parameters:
    ///   - mostEntries: entries after which the next tree head ends the stretch; at least one head is reached anyway.
    ///   - mostBytes: the same for bytes of entries.
    ///   - end: no tree head over more entries than this.
    /// - Returns: nil when nothing from `first` on is signed yet.
    /// - Throws: ``StoreError``
    public func signedStretch(
        from first: Int64, mostEntries: Int = 8192, mostBytes: Int = 8 << 20, upTo end: Int64 = .max
    ) async throws -> SignedStretch? {
        try await ask { [path] db in
            // Every head but the last is only a place where the stretch may end.
            var ends = try Int64.fetchAll(
                db,
                sql: "SELECT size FROM ledger_checkpoint WHERE size > ? AND size <= ? ORDER BY size LIMIT ?",
                arguments: [first, end, mostEntries + 1]
            )[...]
            guard let furthest = ends.last else { return nil }
            var entries: [[UInt8]] = []
            var (bytes, good): (Int, Int) = (0, 0)
            try LedgerEntries(db).forEach(in: first..<furthest) { _, entry in
                entries.append(Array(entry))
                bytes += entry.count
                let size = first + Int64(entries.count)
                while let end = ends.first, end <= size {
                    if end == size { good = entries.count }
                    ends = ends.dropFirst()
                }
                let isFull = entries.count >= mostEntries || bytes >= mostBytes
                return !(isFull && good > 0)
            }
            guard good > 0 else {
                throw StoreError.tampered(
                    path: path, detail: "entries from \(first) on are signed and missing")
            }
            entries.removeLast(entries.count - good)
            let note = try String.fetchOne(
                db, sql: "SELECT note FROM ledger_checkpoint WHERE size = ?", arguments: [first + Int64(good)]
            )
            do throws(NoteError) {
                return SignedStretch(
                    first: first, entries: entries, checkpoint: try Checkpoint(parsing: note ?? ""))
            } catch {
                throw StoreError.tampered(path: path, detail: "a checkpoint can't be read: \(error)")
            }
        }
    }

    /// The names that are kept beside the ledger.
    public func persons() async throws -> [PersonName] {
        try await ask { db in
            try Row.fetchAll(db, sql: "SELECT seal, salt, name FROM person ORDER BY seal").map { row in
                PersonName(
                    seal: row["seal"], salt: try row.withUnsafeData(named: "salt") { Array($0 ?? .init()) },
                    name: row["name"])
            }
        }
    }
}

extension StationReader {
    /// For tests of other rooms: a question as it stands, its cells as text.
    package func texts(_ sql: String) async throws -> [[String?]] {
        try await ask { db in
            try Row.fetchAll(db, sql: sql).map { row in
                row.databaseValues.map { value in
                    switch value.storage {
                    case .null, .blob: nil
                    case .int64(let value): String(value)
                    case .double(let value): String(value)
                    case .string(let value): value
                    }
                }
            }
        }
    }
}
