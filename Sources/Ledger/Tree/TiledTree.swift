/// Where a tree's hashes are read from: a database, a folder of files, memory.
public protocol TileSource {
    /// The first `count` hashes (1 to 256) of a tile.
    mutating func hashes(level: Int, tile: Int64, count: Int) throws -> [TreeHash]
}

/// A tree of a fixed size whose hashes lie in tiles: makes proofs from O(log n) of them, each read once.
public struct TiledTree<Source: TileSource> {
    /// Leaves in the tree; the source may hold more.
    public let size: Int64
    private var source: Source
    private var read: [TileName: [TreeHash]] = [:]

    private struct TileName: Hashable {
        var level: Int
        var index: Int64
    }

    public init(size: Int64, source: Source) {
        self.size = size
        self.source = source
    }

    /// The root over the first `size` leaves.
    public mutating func root() throws -> TreeHash {
        size == 0 ? TreeHash.emptyTree : try hash(of: 0..<size)
    }

    /// The path from a leaf up to the root (RFC 9162 §2.1.3.1).
    /// - Throws: ``ProofRangeError`` when there is no such leaf.
    public mutating func inclusionProof(of index: Int64) throws -> [TreeHash] {
        guard (0..<size).contains(index) else { throw ProofRangeError(asked: index, size: size) }
        var path: [TreeHash] = []
        var range = 0..<size
        var siblings: [Range<Int64>] = []
        while range.count > 1 {
            let split = range.lowerBound + Self.largestPower(below: Int64(range.count))
            if index < split {
                siblings.append(split..<range.upperBound)
                range = range.lowerBound..<split
            } else {
                siblings.append(range.lowerBound..<split)
                range = split..<range.upperBound
            }
        }
        for sibling in siblings.reversed() { path.append(try hash(of: sibling)) }
        return path
    }

    /// What shows that this tree grew out of its first `oldSize` leaves (RFC 9162 §2.1.4.1).
    /// - Throws: ``ProofRangeError`` when `oldSize` is negative or beyond this tree.
    public mutating func consistencyProof(from oldSize: Int64) throws -> [TreeHash] {
        guard (0...size).contains(oldSize) else { throw ProofRangeError(asked: oldSize, size: size) }
        guard oldSize > 0, oldSize < size else { return [] }
        var ranges: [Range<Int64>] = []
        var range = 0..<size
        var isWholeOldTree = true
        while oldSize < range.upperBound {
            let split = range.lowerBound + Self.largestPower(below: Int64(range.count))
            if oldSize <= split {
                ranges.append(split..<range.upperBound)
                range = range.lowerBound..<split
            } else {
                ranges.append(range.lowerBound..<split)
                range = split..<range.upperBound
                isWholeOldTree = false
            }
        }
        if !isWholeOldTree { ranges.append(range) }
        return try ranges.reversed().map { range throws in try hash(of: range) }
    }

    /// The root over leaves which start at a multiple of the smallest power of two that holds them.
    private mutating func hash(of range: Range<Int64>) throws -> TreeHash {
        let count = Int64(range.count)
        if count.nonzeroBitCount == 1 {
            let height = count.trailingZeroBitCount
            return try subtree(height: height, index: range.lowerBound >> Int64(height))
        }
        let split = range.lowerBound + Self.largestPower(below: count)
        return TreeHash.node(try hash(of: range.lowerBound..<split), try hash(of: split..<range.upperBound))
    }

    private mutating func subtree(height: Int, index: Int64) throws -> TreeHash {
        let level = height / TileNode.tileHeight
        let width = Int64(1) << Int64(height % TileNode.tileHeight)
        let first = index * width
        let tile = try tile(TileName(level: level, index: first / Int64(TileNode.tileWidth)))
        let start = Int(first % Int64(TileNode.tileWidth))
        guard start + Int(width) <= tile.count else { throw ProofRangeError(asked: first, size: size) }
        return CompactRange.root(ofPerfectTree: tile[start..<start + Int(width)])
    }

    private mutating func tile(_ name: TileName) throws -> [TreeHash] {
        if let known = read[name] { return known }
        let inLevel = size >> Int64(name.level * TileNode.tileHeight)
        let count = Int(min(Int64(TileNode.tileWidth), inLevel - name.index * Int64(TileNode.tileWidth)))
        let hashes = try source.hashes(level: name.level, tile: name.index, count: count)
        read[name] = hashes
        return hashes
    }

    private static func largestPower(below count: Int64) -> Int64 {
        1 << Int64(63 - (count - 1).leadingZeroBitCount)
    }
}

/// A proof was asked for something outside the tree.
public struct ProofRangeError: Error, Equatable, Sendable, CustomStringConvertible {
    public let asked: Int64
    public let size: Int64

    public var description: String {
        "the ledger has entries 0 to \(size - 1); nothing can be proved about entry \(asked)"
    }
}
