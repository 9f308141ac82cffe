import GRDB
import Ledger

/// The ledger's tables as a tree's tiles.
enum LedgerTables {
    /// Entries in the database.
    static func size(_ db: Database) throws -> Int64 {
        // Mostly there are rows, and the bundles need not be looked at.
        try Int64.fetchOne(db.cachedStatement(sql: "SELECT max(seq) + 1 FROM ledger_entry"))
            ?? LedgerEntries.sealed(db)
    }

    /// The last signed tree head.
    static func lastCheckpoint(_ db: Database, path: String) throws -> Checkpoint? {
        let note = try String.fetchOne(
            db.cachedStatement(sql: "SELECT note FROM ledger_checkpoint ORDER BY size DESC LIMIT 1"))
        return try note.map { try checkpoint($0, path: path) }
    }

    /// The earliest tree head over the first `size` entries or more that witnesses cosigned, with their lines; so they
    /// bound the entries' age as closely as they can.
    static func witnessedCheckpoint(_ db: Database, path: String, covering size: Int64) throws -> Checkpoint?
    {
        let row = try Row.fetchOne(
            db.cachedStatement(
                sql: """
                    SELECT size, note FROM ledger_checkpoint
                    WHERE size >= ? AND size IN (SELECT size FROM cosignature) ORDER BY size LIMIT 1
                    """), arguments: [size])
        guard let row else { return nil }
        let lines = try String.fetchAll(
            db, sql: "SELECT line FROM cosignature WHERE size = ? ORDER BY timestamp, line",
            arguments: [row["size"] as Int64])
        return try checkpoint(row["note"] + lines.joined(), path: path)
    }

    private static func checkpoint(_ note: String, path: String) throws -> Checkpoint {
        do throws(NoteError) { return try Checkpoint(parsing: note) } catch {
            throw StoreError.tampered(path: path, detail: "a checkpoint in it can't be read: \(error)")
        }
    }

    /// The tree's right edge, for writing on.
    static func growingTree(_ db: Database, path: String) throws -> GrowingTree {
        let size = try size(db)
        var edge: [[TreeHash]] = []
        let source = try Tiles(db)
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
        private let entries: LedgerEntries

        init(_ db: Database) throws { try self.init(db, LedgerEntries(db)) }

        /// - Parameter entries: of the same connection, for those who read entries as well.
        init(_ db: Database, _ entries: LedgerEntries) {
            self.db = db
            self.entries = entries
        }

        func hashes(level: Int, tile: Int64, count: Int) throws -> [TreeHash] {
            let hashes =
                level == 0
                ? try entries.leaves(tile: tile, count: count) : try nodes(level, tile, count)
            guard hashes.count == count else {
                throw StoreError.notFound(
                    "complete tile \(tile) of level \(level) (\(hashes.count) of \(count) hashes)")
            }
            return hashes
        }

        private func nodes(_ level: Int, _ tile: Int64, _ count: Int) throws -> [TreeHash] {
            let first = tile * Int64(TileNode.tileWidth)
            let rows = try RawRows(
                db,
                "SELECT hash FROM ledger_node WHERE level = ? AND position >= ? AND position < ? ORDER BY position",
                [level, first, first + Int64(count)], kept: true)
            var hashes: [TreeHash] = []
            hashes.reserveCapacity(count)
            while try rows.next() {
                if let hash = rows.hash(0) { hashes.append(hash) }
            }
            return hashes
        }
    }
}
