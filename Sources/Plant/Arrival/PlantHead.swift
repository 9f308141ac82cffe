import ContentAddress
import Ledger
import StationStore

/// How far a station's ledger has come at the plant: what was acknowledged, and the only thing from which a station
/// derives what it has to send.
public struct PlantHead: Sendable, Equatable {
    /// The station's number at the plant.
    public var number: Int32
    public var station: String
    /// Entries.
    public var size: Int64
    public var root: TreeHash
    /// The signed checkpoint; empty before the first entries.
    public var note: String
    /// Time of the last entry, UTC ms; 0 before the first.
    public var lastAt: Int64
    /// When it arrived, UTC ms.
    public var arrivedAt: Int64
    /// Entries below this were held against the other stations.
    public var compared: Int64
    /// The verifier key with which the station was admitted.
    public var verifierKey: String
}

extension PlantHead {
    static let select = """
        SELECT s.number, s.name, h.size, h.root, h.note, h.last_at, h.arrived_at, h.compared, s.vkey
        FROM station s JOIN head h ON h.station = s.number
        """

    init(_ row: PlantRow) throws(PlantError) {
        guard let number = row.integer(0), let name = row.text(1), let size = row.integer(2),
            let root = row.bytes(3).flatMap({ TreeHash(bytes: $0) }), let note = row.text(4),
            let lastAt = row.integer(5), let arrivedAt = row.integer(6), let compared = row.integer(7),
            let vkey = row.text(8)
        else { throw .unreadable("a head that is none") }
        self.init(
            number: Int32(truncatingIfNeeded: number), station: name, size: size, root: root, note: note,
            lastAt: lastAt, arrivedAt: arrivedAt, compared: compared, verifierKey: vkey)
    }

    /// The head of a station; nil when the plant has never heard of it.
    static func of(_ station: String, _ connection: PlantConnection) throws(PlantError) -> PlantHead? {
        let rows = try connection.run(select + " WHERE s.name = $1", [.text(station)])
        guard let row = rows.first else { return nil }
        return try PlantHead(row)
    }

    /// All heads, by name.
    static func all(_ connection: PlantConnection) throws(PlantError) -> [PlantHead] {
        var heads: [PlantHead] = []
        for row in try connection.run(select + " ORDER BY s.name") { heads.append(try PlantHead(row)) }
        return heads
    }

    /// The head of a station, which is entered in the plant's list when it is new.
    static func admitting(
        _ identity: StationIdentity, at now: Int64, _ connection: PlantConnection
    ) throws -> PlantHead {
        // Two stations that come at the same instant take the same number; one of them comes again.
        for attempt in 1...50 {
            if let head = try of(identity.name, connection) { return head }
            do {
                try connection.transaction {
                    let number =
                        try connection.run("SELECT coalesce(max(number), 0) + 1 FROM station").first?.integer(
                            0) ?? 1
                    try connection.run(
                        "INSERT INTO station (number, name, vkey, program, created_at, admitted_at) VALUES ($1, $2, $3, $4, $5, $6)",
                        [
                            .integer(number), .text(identity.name), .text(identity.verifierKey),
                            .text(identity.program), .integer(identity.createdAt), .integer(now),
                        ])
                    try connection.run(
                        """
                        INSERT INTO head (station, size, root, note, last_at, arrived_at, compared)
                        VALUES ($1, 0, $2, '', 0, $3, 0)
                        """, [.integer(number), .bytes(TreeHash.emptyTree.bytes), .integer(now)])
                }
            } catch PlantError.refused(let state, let message) {
                guard state == "23505", attempt < 50 else {
                    throw PlantError.refused(state: state, message: message)
                }
            } catch PlantError.overtaken(let what) {
                guard attempt < 50 else { throw PlantError.overtaken(what) }
            }
        }
        throw PlantError.overtaken("the plant's list of stations")
    }

    /// As an alarm names it: entries, and the beginning of the root.
    var words: String { "\(size) entries with root \(root.hex.prefix(16))" }
}

/// A station's tree as the plant has it.
struct PlantTiles: TileSource {
    let connection: PlantConnection
    let station: Int32

    func hashes(level: Int, tile: Int64, count: Int) throws -> [TreeHash] {
        let first = tile * Int64(TileNode.tileWidth)
        let rows =
            level == 0
            ? try connection.run(
                "SELECT leaf FROM entry WHERE station = $1 AND seq >= $2 AND seq < $3 ORDER BY seq",
                [.integer(Int64(station)), .integer(first), .integer(first + Int64(count))])
            : try connection.run(
                """
                SELECT hash FROM node WHERE station = $1 AND level = $2 AND position >= $3 AND position < $4
                ORDER BY position
                """,
                [
                    .integer(Int64(station)), .integer(Int64(level)), .integer(first),
                    .integer(first + Int64(count)),
                ])
        let hashes = rows.compactMap { $0.bytes(0).flatMap { TreeHash(bytes: $0) } }
        guard hashes.count == count else {
            throw PlantError.unknown(
                "complete tile \(tile) of level \(level) (\(hashes.count) of \(count) hashes)")
        }
        return hashes
    }

    /// The right edge of the tree, for writing on.
    func growingTree(size: Int64) throws -> GrowingTree {
        var edge: [[TreeHash]] = []
        for (level, count) in GrowingTree.edgeCounts(size: size).enumerated() {
            let index = size >> Int64((level + 1) * TileNode.tileHeight)
            edge.append(count == 0 ? [] : try hashes(level: level, tile: index, count: count))
        }
        guard let tree = GrowingTree(size: size, edge: edge) else {
            throw PlantError.unreadable("a tree of \(size) entries whose hashes don't fit")
        }
        return tree
    }
}
