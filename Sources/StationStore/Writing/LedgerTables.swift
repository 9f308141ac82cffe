import GRDB
import Ledger

/// The ledger's tables as a tree's tiles.
enum LedgerTables {
    /// Entries in the database.
    static func size(_ db: Database) throws -> Int64 {
        try Int64.fetchOne(db, sql: "SELECT coalesce(max(seq) + 1, 0) FROM ledger_entry") ?? 0
    }

    /// The last signed tree head.
    static func lastCheckpoint(_ db: Database, path: String) throws -> Checkpoint? {
        let note = try String.fetchOne(
            db, sql: "SELECT note FROM ledger_checkpoint ORDER BY size DESC LIMIT 1")
        return try note.map { note in
            do throws(NoteError) { return try Checkpoint(parsing: note) } catch {
                throw StoreError.tampered(path: path, detail: "its last checkpoint can't be read: \(error)")
            }
        }
    }

    /// The tree's right edge, for writing on.
    static func growingTree(_ db: Database, path: String) throws -> GrowingTree {
        let size = try size(db)
        var edge: [[TreeHash]] = []
        let source = Tiles(db)
        for (level, count) in GrowingTree.edgeCounts(size: size).enumerated() {
            let index = size >> Int64((level + 1) * TileNode.tileHeight)
            edge.append(count == 0 ? [] : try source.hashes(level: level, tile: index, count: count))
        }
        guard let tree = GrowingTree(size: size, edge: edge) else {
            throw StoreError.tampered(path: path, detail: "hashes of its tree are missing")
        }
        return tree
    }

    /// Reads tiles out of the entries' leaf hashes and the stored nodes.
    struct Tiles: TileSource {
        private let db: Database

        init(_ db: Database) { self.db = db }

        func hashes(level: Int, tile: Int64, count: Int) throws -> [TreeHash] {
            let first = tile * Int64(TileNode.tileWidth)
            let rows =
                level == 0
                ? try RawRows(
                    db, "SELECT leaf FROM ledger_entry WHERE seq >= ? AND seq < ? ORDER BY seq",
                    [first, first + Int64(count)], kept: true)
                : try RawRows(
                    db,
                    "SELECT hash FROM ledger_node WHERE level = ? AND position >= ? AND position < ? ORDER BY position",
                    [level, first, first + Int64(count)], kept: true)
            var hashes: [TreeHash] = []
            hashes.reserveCapacity(count)
            while try rows.next() {
                if let hash = rows.hash(0) { hashes.append(hash) }
            }
            guard hashes.count == count else {
                throw StoreError.notFound(
                    "complete tile \(tile) of level \(level) (\(hashes.count) of \(count) hashes)")
            }
            return hashes
        }
    }
}
