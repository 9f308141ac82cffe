import Testing
import TimeAndChance

@testable import Ledger

/// Leaf hashes in memory, as tiles.
struct MemoryTiles: TileSource {
    var leaves: [TreeHash]
    var nodes: [TileNode] = []
    var reads = 0

    mutating func hashes(level: Int, tile: Int64, count: Int) throws -> [TreeHash] {
        reads += 1
        let first = Int(tile) * TileNode.tileWidth
        if level == 0 { return Array(leaves[first..<first + count]) }
        return nodes.filter { $0.level == level }.sorted { $0.index < $1.index }[first..<first + count].map(
            \.hash)
    }
}

/// The tree by the words of RFC 9162 §2.1.1, without any cleverness.
func plainRoot(_ leaves: ArraySlice<TreeHash>) -> TreeHash {
    guard let first = leaves.first else { return TreeHash.emptyTree }
    guard leaves.count > 1 else { return first }
    var split = 1
    while split * 2 < leaves.count { split *= 2 }
    let middle = leaves.startIndex + split
    return TreeHash.node(plainRoot(leaves[..<middle]), plainRoot(leaves[middle...]))
}

@Suite struct MerkleTreeTests {
    /// The eight leaves that Certificate Transparency's implementations test with.
    static let leaves: [[UInt8]] = [
        [], [0x00], [0x10], [0x20, 0x21], [0x30, 0x31], [0x40, 0x41, 0x42, 0x43],
        [0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57],
        [0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6A, 0x6B, 0x6C, 0x6D, 0x6E, 0x6F],
    ]
    static let roots = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ]

    static var tree: TiledTree<MemoryTiles> {
        TiledTree(size: 8, source: MemoryTiles(leaves: leaves.map { TreeHash.leaf($0) }))
    }

    @Test func rootsOfTheKnownTree() throws {
        var range = CompactRange()
        #expect(range.root.hex == Self.roots[0])
        for (index, leaf) in Self.leaves.enumerated() {
            range.append(TreeHash.leaf(leaf))
            #expect(range.root.hex == Self.roots[index + 1])
            var tree = TiledTree(
                size: Int64(index + 1), source: MemoryTiles(leaves: Self.leaves.map { TreeHash.leaf($0) }))
            #expect(try tree.root().hex == Self.roots[index + 1])
        }
    }

    @Test(
        arguments: [
            (0, 1, []),
            (
                0, 8,
                [
                    "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                    "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
                ]
            ),
            (
                5, 8,
                [
                    "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
                ]
            ),
            (2, 3, ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
            (
                1, 5,
                [
                    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                    "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                ]
            ),
        ] as [(Int64, Int64, [String])])
    func inclusionProofsOfTheKnownTree(index: Int64, size: Int64, path: [String]) throws {
        var tree = TiledTree(size: size, source: MemoryTiles(leaves: Self.leaves.map { TreeHash.leaf($0) }))
        #expect(try tree.inclusionProof(of: index).map(\.hex) == path)
    }

    @Test(
        arguments: [
            (1, 1, []),
            (
                1, 8,
                [
                    "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                    "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
                ]
            ),
            (
                6, 8,
                [
                    "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
                ]
            ),
            (
                2, 5,
                [
                    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                    "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                ]
            ),
        ] as [(Int64, Int64, [String])])
    func consistencyProofsOfTheKnownTree(old: Int64, size: Int64, path: [String]) throws {
        var tree = TiledTree(size: size, source: MemoryTiles(leaves: Self.leaves.map { TreeHash.leaf($0) }))
        #expect(try tree.consistencyProof(from: old).map(\.hex) == path)
    }

    @Test func everyProofOfSmallTreesHoldsAndNoOther() throws {
        let leaves = (0..<33).map { TreeHash.leaf([UInt8($0)]) }
        for size in 1...leaves.count {
            let root = plainRoot(leaves[..<size])
            var tree = TiledTree(size: Int64(size), source: MemoryTiles(leaves: leaves))
            for index in 0..<size {
                let proof = try tree.inclusionProof(of: Int64(index))
                func holds(_ leaf: Int, _ index: Int, _ size: Int, _ proof: [TreeHash]) -> Bool {
                    MerkleProof.verifyInclusion(
                        leaf: leaves[leaf], index: Int64(index), size: Int64(size), proof: proof, root: root)
                }
                #expect(holds(index, index, size, proof))
                #expect(!holds((index + 1) % 33, index, size, proof))
                #expect(!holds(index, index, size, proof + [root]))
                #expect(proof.isEmpty || !holds(index, index, size, Array(proof.dropLast())))
                #expect(proof.isEmpty || !holds(index, index, size, [root] + proof.dropFirst()))
                #expect(size == 1 || !holds(index, (index + 1) % size, size, proof))
                #expect(!holds(index, index - size, size, proof))
            }
            for old in 0...size {
                let proof = try tree.consistencyProof(from: Int64(old))
                let oldRoot = plainRoot(leaves[..<old])
                func holds(_ oldRoot: TreeHash, _ proof: [TreeHash], _ newRoot: TreeHash) -> Bool {
                    MerkleProof.verifyConsistency(
                        oldSize: Int64(old), newSize: Int64(size), proof: proof, oldRoot: oldRoot,
                        newRoot: newRoot)
                }
                #expect(holds(oldRoot, proof, root))
                #expect(!holds(leaves[32], proof, root))
                #expect(!holds(oldRoot, proof + [root], root))
                #expect(old == 0 || !holds(oldRoot, proof, leaves[32]))
                #expect(proof.isEmpty || !holds(oldRoot, Array(proof.dropFirst()), root))
            }
        }
    }

    @Test func proofsOutsideTheTreeAreRefused() {
        var tree = Self.tree
        #expect(throws: ProofRangeError(asked: 8, size: 8)) { try tree.inclusionProof(of: 8) }
        #expect(throws: ProofRangeError(asked: -1, size: 8)) { try tree.inclusionProof(of: -1) }
        #expect(throws: ProofRangeError(asked: 9, size: 8)) { try tree.consistencyProof(from: 9) }
    }

    /// Tiles, their nodes, and a tree taken up again at sizes around the tile borders.
    @Test func largeTreesAgreeWithThePlainOne() throws {
        let count = 65_600
        var leaves: [TreeHash] = []
        var tree = GrowingTree()
        var nodes: [TileNode] = []
        let stops: Set = [1, 255, 256, 257, 512, count]
        for index in 0..<count {
            let leaf = withUnsafeBytes(of: UInt64(index)) { TreeHash.leaf($0) }
            leaves.append(leaf)
            nodes += tree.append(leaf)
            guard stops.contains(index + 1) else { continue }
            let size = Int64(index + 1)
            #expect(tree.root == plainRoot(leaves[...]))
            #expect(tree.edge.map(\.count) == GrowingTree.edgeCounts(size: size))
            let again = try #require(GrowingTree(size: size, edge: tree.edge))
            #expect(again.range == tree.range)
            var tiled = TiledTree(size: size, source: MemoryTiles(leaves: leaves, nodes: nodes))
            #expect(try tiled.root() == tree.root)
        }
        #expect(nodes.count(where: { $0.level == 1 }) == count / 256)
        #expect(nodes.count(where: { $0.level == 2 }) == 1)
        var chance = SeededGenerator(seed: 9)
        let size = Int64(count)
        let root = tree.root
        for round in 0..<20 {
            var tiled = TiledTree(size: size, source: MemoryTiles(leaves: leaves, nodes: nodes))
            let index = Int64.random(in: 0..<size, using: &chance)
            let proof = try tiled.inclusionProof(of: index)
            #expect(
                MerkleProof.verifyInclusion(
                    leaf: leaves[Int(index)], index: index, size: size, proof: proof, root: root))
            guard round < 3 else { continue }
            let old = Int64.random(in: 1..<size, using: &chance)
            let oldRoot = plainRoot(leaves[..<Int(old)])
            #expect(
                MerkleProof.verifyConsistency(
                    oldSize: old, newSize: size, proof: try tiled.consistencyProof(from: old),
                    oldRoot: oldRoot,
                    newRoot: root))
        }
    }

    @Test func aTreeOfTheWrongEdgeIsRefused() {
        let leaf = TreeHash.leaf([1])
        #expect(GrowingTree(size: 1, edge: [[]]) == nil)
        #expect(GrowingTree(size: 256, edge: [[leaf], []]) == nil)
        #expect(GrowingTree(size: -1, edge: [[]]) == nil)
        #expect(GrowingTree(size: 256, edge: [[], [leaf]])?.size == 256)
        #expect(CompactRange(size: 3, peaks: [leaf]) == nil)
    }

    @Test func joinedRangesAreTheWholeRange() {
        let leaves = (0..<100).map { TreeHash.leaf([UInt8($0)]) }
        var left = CompactRange()
        for leaf in leaves[..<64] { left.append(leaf) }
        var right = CompactRange()
        for leaf in leaves[64...] { right.append(leaf) }
        #expect(left.joined(with: right).root == plainRoot(leaves[...]))
    }
}
