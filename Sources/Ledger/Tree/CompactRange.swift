/// The least that must be known of the first `size` leaves to go on adding leaves and to name the root at any
/// time: the roots of the perfect subtrees into which they fall, largest (leftmost) first.
public struct CompactRange: Equatable, Sendable {
    /// How many leaves it stands for.
    public private(set) var size: Int64
    /// One root for each bit set in `size`, from the highest bit down.
    public private(set) var peaks: [TreeHash]

    /// The tree without leaves.
    public init() {
        size = 0
        peaks = []
    }

    /// - Returns: nil unless there are as many peaks as bits set in `size`.
    public init?(size: Int64, peaks: [TreeHash]) {
        guard size >= 0, size.nonzeroBitCount == peaks.count else { return nil }
        self.size = size
        self.peaks = peaks
    }

    /// Adds a leaf, at the cost of one node hash on average.
    /// - Parameter completed: told of each perfect subtree that this leaf completes: its height, and its root.
    public mutating func append(
        _ leaf: TreeHash, completed: (_ height: Int, _ root: TreeHash) -> Void = { _, _ in }
    ) {
        append(subtree: leaf, height: 0, completed: completed)
    }

    /// Adds a perfect subtree of 2^`height` leaves.
    /// - Precondition: `size` is a multiple of 2^`height`.
    public mutating func append(
        subtree: TreeHash, height: Int, completed: (_ height: Int, _ root: TreeHash) -> Void = { _, _ in }
    ) {
        precondition(
            size & ((1 << Int64(height)) - 1) == 0, "the subtree does not start at a multiple of its size")
        var root = subtree
        var level = height
        while size >> Int64(level) & 1 == 1 {
            root = TreeHash.node(peaks.removeLast(), root)
            level += 1
            completed(level, root)
        }
        peaks.append(root)
        size += 1 << Int64(height)
    }

    /// The root of the tree, at the cost of one node hash a peak.
    public var root: TreeHash {
        guard var root = peaks.last else { return TreeHash.emptyTree }
        for peak in peaks.dropLast().reversed() { root = TreeHash.node(peak, root) }
        return root
    }

    /// The root over leaves whose number is a power of two.
    /// - Precondition: it is.
    public static func root(ofPerfectTree leaves: ArraySlice<TreeHash>) -> TreeHash {
        precondition(leaves.count.nonzeroBitCount == 1, "the number of leaves is no power of two")
        return withUnsafeTemporaryAllocation(of: TreeHash.self, capacity: leaves.count) { level in
            _ = level.initialize(fromContentsOf: leaves)
            var count = leaves.count
            while count > 1 {
                count /= 2
                for index in 0..<count {
                    level[index] = TreeHash.node(level[2 * index], level[2 * index + 1])
                }
            }
            return level[0]
        }
    }

    /// The range over this one's leaves followed by `other`'s.
    /// - Precondition: this size is a multiple of the smallest power of two that holds all of `other`.
    public func joined(with other: CompactRange) -> CompactRange {
        var joined = self
        var rest = other.size
        for peak in other.peaks {
            let height = 63 - rest.leadingZeroBitCount
            joined.append(subtree: peak, height: height)
            rest -= 1 << Int64(height)
        }
        return joined
    }
}
