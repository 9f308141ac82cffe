import GRDB
import Ledger

/// A stretch of 65 536 entries, which is a whole number of tiles: stretches are hashed independently of each other, on
/// as many cores as there are, and joined in order.
struct ChainStretch: Sendable {
    static let length: Int64 = 65_536

    /// The first entry, a multiple of ``length``.
    let first: Int64
    /// Its entries alone.
    var range = CompactRange()
    /// Roots of its full tiles.
    var tiles: [TreeHash] = []
    /// Its entries alone up to each size at which a checkpoint lies.
    var checkpoints: [(size: Int64, range: CompactRange)] = []
    var findings: [Finding] = []

    /// Hashes the stretch's entries below `size`.
    /// - Parameters:
    ///   - sizes: sizes of checkpoints within, ascending, all above `first`.
    ///   - archived: entries below this one are in a file that is not here.
    init(_ db: Database, first: Int64, size: Int64, sizes: [Int64], archived: Int64 = 0) throws {
        self.first = first
        let end = min(size, first + Self.length)
        var sizes = sizes[...]
        let sealed = min(end, try LedgerEntries.sealed(db))
        for number in stride(from: first / LedgerEntries.width, to: sealed / LedgerEntries.width, by: 1) {
            try addBundle(number, archived: archived, db, &sizes)
        }
        try addRows(from: max(first, sealed), to: end, db, &sizes)
    }

    /// Opens a bundle and hashes its entries.
    private mutating func addBundle(
        _ number: Int64, archived: Int64, _ db: Database, _ sizes: inout ArraySlice<Int64>
    ) throws {
        let (begin, end) = (number * LedgerEntries.width, (number + 1) * LedgerEntries.width)
        var leaves: [TreeHash] = []
        do {
            if let bundle = try LedgerEntries.open(number, db) {
                leaves = bundle.leaves
            } else if end > archived {
                findings.append(.bundleUnreadable(first: begin, last: end - 1, reason: "they are missing"))
            }
        } catch let bundle as UnreadableBundle {
            findings.append(
                .bundleUnreadable(first: begin, last: end - 1, reason: bundle.fault.description))
        }
        var root = leaves.isEmpty ? nil : CompactRange.root(ofPerfectTree: leaves[...])
        let stored = try Self.node(number, db)
        if let root, let stored, root != stored {
            findings.append(.bundleChanged(first: begin, last: end - 1))
        }
        // Going on with the recorded hash keeps one changed bundle from spoiling everything above it.
        root = stored ?? root
        var (inside, count) = (range, 0)
        while let size = sizes.first, size <= end {
            if size < end, !leaves.isEmpty {
                inside = Self.adding(leaves[count..<Int(size - begin)], to: inside)
                count = Int(size - begin)
                checkpoints.append((size, inside))
            } else if size == end, let root {
                var whole = range
                whole.append(subtree: root, height: TileNode.tileHeight)
                checkpoints.append((size, whole))
            }
            sizes.removeFirst()
        }
        let known = root ?? TreeHash.emptyTree
        tiles.append(known)
        range.append(subtree: known, height: TileNode.tileHeight)
    }

    /// The recorded hash over a tile.
    private static func node(_ number: Int64, _ db: Database) throws -> TreeHash? {
        let rows = try RawRows(
            db, "SELECT hash FROM ledger_node WHERE level = 1 AND position = ?", [number], kept: true)
        var hash: TreeHash?
        while try rows.next() { hash = rows.hash(0) }
        return hash
    }

    private mutating func addRows(
        from first: Int64, to end: Int64, _ db: Database, _ sizes: inout ArraySlice<Int64>
    ) throws {
        let rows = try RawRows(
            db, "SELECT seq, leaf, entry FROM ledger_entry WHERE seq >= ? AND seq < ? ORDER BY seq",
            [first, end])
        var tile: [TreeHash] = []
        tile.reserveCapacity(TileNode.tileWidth)
        var expected = first
        var hasRow = try rows.next()
        while expected < end {
            if hasRow, rows.integer(0) == expected {
                let leaf = TreeHash.leaf(rows.blob(2))
                let recorded = rows.hash(1)
                if recorded != leaf { findings.append(.entryChanged(sequence: expected)) }
                // Going on with the recorded hash keeps one changed entry from spoiling everything above it.
                tile.append(recorded ?? leaf)
                hasRow = try rows.next()
            } else {
                findings.append(.entryMissing(sequence: expected))
                tile.append(TreeHash.emptyTree)
            }
            expected += 1
            while sizes.first == expected {
                checkpoints.append((expected, Self.adding(tile[...], to: range)))
                sizes.removeFirst()
            }
            if tile.count == TileNode.tileWidth {
                let root = CompactRange.root(ofPerfectTree: tile[...])
                tiles.append(root)
                range.append(subtree: root, height: TileNode.tileHeight)
                tile.removeAll(keepingCapacity: true)
            }
        }
        range = Self.adding(tile[...], to: range)
    }

    private static func adding(_ leaves: ArraySlice<TreeHash>, to range: CompactRange) -> CompactRange {
        var range = range
        for leaf in leaves { range.append(leaf) }
        return range
    }
}

/// Joins stretches in order, and holds tree and checkpoints against what is stored.
struct ChainCheck {
    private(set) var findings: [Finding] = []
    private var range = CompactRange()
    /// The tile roots as leaves of a tree of their own: its tiles are the upper tiles of the ledger's tree.
    private var upper = GrowingTree()
    private var goodUpTo: Int64 = 0

    /// - Parameter roots: of the checkpoints within the stretch, by size.
    mutating func join(_ stretch: ChainStretch, _ db: Database, roots: [Int64: TreeHash]) throws {
        findings += stretch.findings
        for (size, partial) in stretch.checkpoints {
            guard let root = roots[size] else { continue }
            if range.joined(with: partial).root == root {
                goodUpTo = size
            } else {
                findings.append(.rootMismatch(size: size, goodUpTo: goodUpTo))
            }
        }
        range = range.joined(with: stretch.range)
        for root in stretch.tiles {
            let position = upper.size
            try compare(root, level: 1, position: position, db)
            for node in upper.append(root) {
                try compare(node.hash, level: node.level + 1, position: node.index, db)
            }
        }
    }

    /// Looks for stored hashes that belong to no tile.
    mutating func finish(_ db: Database) throws {
        let stored = try Row.fetchAll(
            db, sql: "SELECT level, count(*) AS count, max(position) AS last FROM ledger_node GROUP BY level")
        for row in stored {
            let (level, last): (Int, Int64) = (row["level"], row["last"])
            if last >= range.size >> Int64(level * TileNode.tileHeight) {
                findings.append(.hashMissing(level: level, position: last))
            }
        }
        let twice = try Int64.fetchAll(
            db, sql: "SELECT seq FROM ledger_entry WHERE seq < ? ORDER BY seq LIMIT 100",
            arguments: [LedgerEntries.sealed(db)])
        findings += twice.map { .entryTwice(sequence: $0) }
    }

    private mutating func compare(_ hash: TreeHash, level: Int, position: Int64, _ db: Database) throws {
        let row = try Row.fetchOne(
            db.cachedStatement(sql: "SELECT hash FROM ledger_node WHERE level = ? AND position = ?"),
            arguments: [level, position])
        guard let row else { return findings.append(.hashMissing(level: level, position: position)) }
        let stored = try row.withUnsafeData(atIndex: 0) { data in data.flatMap { TreeHash(bytes: $0) } }
        if stored != hash {
            let span = Int64(1) << Int64(level * TileNode.tileHeight)
            findings.append(
                .hashMismatch(
                    level: level, position: position, first: position * span, last: (position + 1) * span - 1)
            )
        }
    }
}
