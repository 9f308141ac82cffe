import GRDB
import Ledger

/// The tree as tiles, for those who publish or compare it.
extension StationReader {
    /// `width` hashes (1 to 256) of a tile: leaf hashes in level 0, roots of full tiles of the level below in the others.
    /// - Throws: `StoreError.notFound` when there are fewer.
    public func tile(level: Int, index: Int64, width: Int) async throws -> [TreeHash] {
        try await ask { db in try LedgerTables.Tiles(db).hashes(level: level, tile: index, count: width) }
    }

    /// Tiles of level 0 with their entries, one after the other, from one snapshot.
    /// - Parameters:
    ///   - tiles: of 256 entries each; the last one of the log may have fewer.
    ///   - size: of the log.
    ///   - append: adds an entry to its tile's bytes; what it is handed is valid during the call only.
    ///   - body: is given a tile's number, its leaf hashes and what was added up for it.
    /// - Throws: `StoreError.notFound` when entries are missing; what `append` and `body` throw, unchanged.
    public func readTiles(
        _ tiles: Range<Int64>, ofSize size: Int64,
        append: @escaping @Sendable (Int64, UnsafeRawBufferPointer, inout [UInt8]) throws -> Void,
        body: @escaping @Sendable (Int64, [TreeHash], [UInt8]) throws -> Void
    ) async throws {
        let failure = try await ask { db -> (any Error)? in
            let entries = try LedgerEntries(db)
            var bytes: [UInt8] = []
            for tile in tiles {
                let range = tile * LedgerEntries.width..<min(size, (tile + 1) * LedgerEntries.width)
                var (failure, count): ((any Error)?, Int) = (nil, 0)
                bytes.removeAll(keepingCapacity: true)
                try entries.forEach(in: range) { sequence, entry in
                    do { try append(sequence, entry, &bytes) } catch { failure = error }
                    count += 1
                    return failure == nil
                }
                if let failure { return failure }
                let leaves = try entries.leaves(tile: tile, count: range.count)
                guard count == range.count, leaves.count == count else {
                    throw StoreError.notFound("entry \(range.upperBound - 1)")
                }
                do { try body(tile, leaves, bytes) } catch { return error }
            }
            return nil
        }
        if let failure { throw failure }
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
