import StationStore

/// The serial numbers of a work order that several stations work on, and the blocks in which they were handed out.
///
/// A block goes to one station and is never handed out again, also when the station burns down with it: which of its
/// numbers are on units nobody could know.
public struct SerialPool: Sendable, Equatable {
    public var order: String
    public var range: SerialRange
    /// The first number that was never handed out.
    public var next: Int64

    /// Numbers that can still be handed out.
    public var left: Int64 { range.last - next + 1 }

    /// A stretch of numbers at one station.
    public struct Block: Sendable, Equatable {
        public var order: String
        public var station: String
        public var first: Int64
        /// Included.
        public var last: Int64
        /// UTC ms.
        public var leasedAt: Int64

        public init(order: String, station: String, first: Int64, last: Int64, leasedAt: Int64) {
            self.order = order
            self.station = station
            self.first = first
            self.last = last
            self.leasedAt = leasedAt
        }
    }

    static func of(_ order: String, _ connection: PlantConnection) throws(PlantError) -> SerialPool? {
        let rows = try connection.run(
            "SELECT work_order, prefix, suffix, width, first, last, next FROM serial_pool WHERE work_order = $1",
            [.text(order)])
        return rows.first.map(SerialPool.init)
    }

    static func all(_ connection: PlantConnection) throws(PlantError) -> [SerialPool] {
        try connection.run(
            "SELECT work_order, prefix, suffix, width, first, last, next FROM serial_pool ORDER BY work_order"
        ).map(SerialPool.init)
    }

    private init(_ row: PlantRow) {
        order = row.text(0) ?? ""
        range = SerialRange(
            prefix: row.text(1) ?? "", first: row.integer(4) ?? 0, last: row.integer(5) ?? 0,
            width: Int(row.integer(3) ?? 1), suffix: row.text(2) ?? "")
        next = row.integer(6) ?? 0
    }

    static func blocks(
        of order: String, station: Int32, _ connection: PlantConnection
    ) throws(PlantError) -> [Block] {
        try blocks(
            "b.work_order = $1 AND b.station = $2", [.text(order), .integer(Int64(station))], connection)
    }

    static func blocks(
        _ condition: String, _ arguments: [PlantValue], _ connection: PlantConnection
    ) throws(PlantError) -> [Block] {
        try connection.run(
            """
            SELECT b.work_order, s.name, b.first, b.last, b.leased_at
            FROM serial_block b JOIN station s ON s.number = b.station WHERE \(condition) ORDER BY b.work_order, b.first
            """, arguments
        ).map {
            Block(
                order: $0.text(0) ?? "", station: $0.text(1) ?? "", first: $0.integer(2) ?? 0,
                last: $0.integer(3) ?? 0,
                leasedAt: $0.integer(4) ?? 0)
        }
    }

    /// Hands out the next numbers, in one transaction: two stations that ask at once get two blocks.
    /// - Parameters:
    ///   - range: the order's numbers as this station knows them. The first station opens the pool with them; a later one
    ///     must know the same.
    ///   - count: how many; the last block may be smaller.
    /// - Throws: ``LeaseFault``
    static func lease(
        _ count: Int64, of order: String, range: SerialRange, station: Int32, name: String, now: Int64,
        _ connection: PlantConnection
    ) throws -> Block {
        for attempt in 1...50 {
            do {
                return try connection.transaction {
                    try connection.change(
                        """
                        INSERT INTO serial_pool (work_order, prefix, suffix, width, first, last, next, opened_at)
                        VALUES ($1, $2, $3, $4, $5, $6, $5, $7) ON CONFLICT (work_order) DO NOTHING
                        """,
                        [
                            .text(order), .text(range.prefix), .text(range.suffix),
                            .integer(Int64(range.width)),
                            .integer(range.first), .integer(range.last), .integer(now),
                        ])
                    // The row is changed before it is read: whoever comes second waits, and then sees what is left.
                    try connection.change(
                        """
                        UPDATE serial_pool SET next = CASE WHEN next + $2 > last + 1 THEN last + 1 ELSE next + $2 END
                        WHERE work_order = $1
                        """, [.text(order), .integer(count)])
                    guard let pool = try of(order, connection) else { throw LeaseFault.unknownOrder(order) }
                    guard pool.range == range else {
                        throw LeaseFault.otherRange(order: order, plant: pool.range, station: range)
                    }
                    let before =
                        try connection.run(
                            "SELECT max(last) FROM serial_block WHERE work_order = $1", [.text(order)]
                        ).first?.integer(0).map { $0 + 1 } ?? range.first
                    guard before <= pool.next - 1 else { throw LeaseFault.exhausted(order: order) }
                    try connection.run(
                        """
                        INSERT INTO serial_block (station, work_order, first, last, leased_at) VALUES ($1, $2, $3, $4, $5)
                        """,
                        [
                            .integer(Int64(station)), .text(order), .integer(before), .integer(pool.next - 1),
                            .integer(now),
                        ])
                    return Block(
                        order: order, station: name, first: before, last: pool.next - 1, leasedAt: now)
                }
            } catch PlantError.overtaken(let what) {
                guard attempt < 50 else { throw PlantError.overtaken(what) }
            }
        }
        throw PlantError.overtaken("serial numbers of \(order)")
    }
}

/// Why no block of serial numbers could be leased.
public enum LeaseFault: Error, Equatable, Sendable, CustomStringConvertible {
    case unknownOrder(String)
    case exhausted(order: String)
    case otherRange(order: String, plant: SerialRange, station: SerialRange)
    /// The order is not marked as shared.
    case notShared(order: String)

    public var description: String {
        switch self {
        case .unknownOrder(let order):
            "work order \(order) is not in this station's record yet: run it once, or check its name"
        case .exhausted(let order):
            "work order \(order) has no serial numbers left at the plant: extend it by another order with a new range"
        case .otherRange(let order, let plant, let station):
            "work order \(order) has the numbers \(plant.text(plant.first)) to \(plant.text(plant.last)) at the plant and "
                + "\(station.text(station.first)) to \(station.text(station.last)) here: all stations need the same order file"
        case .notShared(let order):
            "the serial numbers of work order \(order) belong to one station: write `shared: true` under `serials` in the order "
                + "file before its first run, in all stations that work on it"
        }
    }
}
