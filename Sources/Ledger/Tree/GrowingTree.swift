/// The right edge of a growing tree: takes leaves, hands out the roots of the tiles that they fill, and knows the
/// root at every size. A value: keep a copy, and a group of leaves that could not be stored never happened.
public struct GrowingTree: Sendable {
    /// What has to be known for the next leaf and for the root.
    public private(set) var range: CompactRange
    /// Of each tile level, the hashes that don't fill a tile yet (fewer than 256).
    public private(set) var edge: [[TreeHash]]

    /// The tree without leaves.
    public init() {
        range = CompactRange()
        edge = [[]]
    }

    /// Takes up a tree where it was left.
    /// - Parameters:
    ///   - size: its leaves.
    ///   - edge: of each tile level, its hashes beyond the last full tile.
    /// - Returns: nil when these are not as many hashes as a tree of that size has.
    public init?(size: Int64, edge: [[TreeHash]]) {
        let counts = Self.edgeCounts(size: size)
        guard size >= 0, edge.map(\.count) == counts else { return nil }
        // Level by level from the top, every hash is a perfect subtree that joins the range at its right end.
        var range = CompactRange()
        for level in edge.indices.reversed() {
            for hash in edge[level] { range.append(subtree: hash, height: level * TileNode.tileHeight) }
        }
        self.range = range
        self.edge = edge
    }

    /// How many hashes lie beyond the last full tile on each tile level of a tree of that size; at least one level.
    public static func edgeCounts(size: Int64) -> [Int] {
        var counts: [Int] = []
        var rest = size
        repeat {
            counts.append(Int(rest & Int64(TileNode.tileWidth - 1)))
            rest >>= Int64(TileNode.tileHeight)
        } while rest > 0
        return counts
    }

    /// How many leaves there are.
    public var size: Int64 { range.size }

    /// The root at this size.
    public var root: TreeHash { range.root }

    /// Adds a leaf.
    /// - Returns: the roots of the tiles that it filled, lowest level first; mostly none.
    public mutating func append(_ leaf: TreeHash) -> [TileNode] {
        edge[0].append(leaf)
        var nodes: [TileNode] = []
        let size = range.size + 1
        range.append(leaf) { height, root in
            if height % TileNode.tileHeight == 0 {
                nodes.append(
                    TileNode(
                        level: height / TileNode.tileHeight, index: size >> Int64(height) - 1, hash: root))
            }
        }
        for node in nodes {
            edge[node.level - 1].removeAll(keepingCapacity: true)
            if node.level == edge.count { edge.append([]) }
            edge[node.level].append(node.hash)
        }
        return nodes
    }
}
