/// Proofs over an RFC 9162 tree, checked from nothing but themselves.
public enum MerkleProof {
    /// Whether `proof` shows that the leaf at `index` belongs to the tree of `size` leaves with that root
    /// (RFC 9162 §2.1.3.2).
    public static func verifyInclusion(
        leaf: TreeHash, index: Int64, size: Int64, proof: [TreeHash], root: TreeHash
    ) -> Bool {
        guard index >= 0, index < size else { return false }
        var node = index
        var last = size - 1
        var hash = leaf
        for sibling in proof {
            guard last != 0 else { return false }
            if node & 1 == 1 || node == last {
                hash = TreeHash.node(sibling, hash)
                while node & 1 == 0, node != 0 {
                    node >>= 1
                    last >>= 1
                }
            } else {
                hash = TreeHash.node(hash, sibling)
            }
            node >>= 1
            last >>= 1
        }
        return last == 0 && hash == root
    }

    /// Whether `proof` shows that the tree of `newSize` leaves grew out of the tree of `oldSize` leaves by adding
    /// at its end only (RFC 9162 §2.1.4.2). Every tree grows out of the empty one; a tree is consistent with itself
    /// by an empty proof.
    public static func verifyConsistency(
        oldSize: Int64, newSize: Int64, proof: [TreeHash], oldRoot: TreeHash, newRoot: TreeHash
    ) -> Bool {
        guard oldSize >= 0, oldSize <= newSize else { return false }
        if oldSize == newSize { return proof.isEmpty && oldRoot == newRoot }
        if oldSize == 0 { return proof.isEmpty && oldRoot == TreeHash.emptyTree }
        guard !proof.isEmpty else { return false }
        var path = proof[...]
        var node = oldSize - 1
        var last = newSize - 1
        while node & 1 == 1 {
            node >>= 1
            last >>= 1
        }
        // A whole subtree on the left edge is the old root itself and isn't repeated in the proof.
        var old = oldRoot
        if oldSize.nonzeroBitCount != 1 {
            old = path.removeFirst()
        }
        var new = old
        for hash in path {
            guard last != 0 else { return false }
            if node & 1 == 1 || node == last {
                old = TreeHash.node(hash, old)
                new = TreeHash.node(hash, new)
                while node & 1 == 0, node != 0 {
                    node >>= 1
                    last >>= 1
                }
            } else {
                new = TreeHash.node(new, hash)
            }
            node >>= 1
            last >>= 1
        }
        return last == 0 && old == oldRoot && new == newRoot
    }
}
