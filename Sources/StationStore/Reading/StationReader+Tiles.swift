import GRDB
import Ledger

/// The tree as tiles, for those who publish or compare it.
extension StationReader {
    /// `width` hashes (1 to 256) of a tile: leaf hashes in level 0, roots of full tiles of the level below in the others.
    /// - Throws: `StoreError.notFound` when there are fewer.
    public func tile(level: Int, index: Int64, width: Int) async throws -> [TreeHash] {
        try await ask { db in try LedgerTables.Tiles(db).hashes(level: level, tile: index, count: width) }
    }

    /// The root over the first `size` entries.
    /// - Throws: `StoreError.notFound` when there are fewer.
    public func root(ofSize size: Int64) async throws -> TreeHash {
        try await ask { db in
            guard size <= (try LedgerTables.size(db)) else { throw StoreError.notFound("entry \(size - 1)") }
            var tree = TiledTree(size: size, source: try LedgerTables.Tiles(db))
            return try tree.root()
        }
    }

    /// The exact bytes of a stretch of entries.
    /// - Throws: `StoreError.notFound` when some are missing.
    public func entryBytes(_ range: Range<Int64>) async throws -> [[UInt8]] {
        let entries = try await ask { db in
            var entries: [[UInt8]] = []
            try LedgerEntries(db).forEach(in: range) { _, bytes in
                entries.append(Array(bytes))
                return true
            }
            return entries
        }
        guard entries.count == range.count else { throw StoreError.notFound("entry \(range.upperBound - 1)") }
        return entries
    }
}
