/// The root of a full tile: 256 hashes of one level, and one hash of the tile level above.
///
/// Tile level 0 holds leaf hashes, tile level 1 the roots of full level-0 tiles, and so on (C2SP tlog-tiles, height 8).
/// A store that keeps the leaf hashes and these nodes can answer for any tile with one range read.
public struct TileNode: Equatable, Sendable {
    /// Hashes in a full tile.
    public static let tileWidth = 256
    /// Tree levels in a tile.
    public static let tileHeight = 8

    /// The tile level in which this hash lies, from 1.
    public let level: Int
    /// Its position in that level, from 0.
    public let index: Int64
    public let hash: TreeHash

    public init(level: Int, index: Int64, hash: TreeHash) {
        self.level = level
        self.index = index
        self.hash = hash
    }
}
