import Ledger
import StationStore

extension PlantDatabase {
    /// Entries that the plant has of a station, up to the next tree head that the station signed.
    /// - Returns: nil when it has none from `first` on.
    public func stretch(of station: String, from first: Int64) async throws -> SignedStretch? {
        try await ask { connection in
            guard let head = try PlantHead.of(station, connection) else {
                throw PlantError.unknown("station \(station)")
            }
            let number = PlantValue.integer(Int64(head.number))
            let rows = try connection.run(
                "SELECT size, note FROM checkpoint WHERE station = $1 AND size > $2 ORDER BY size LIMIT 1",
                [number, .integer(first)])
            guard let size = rows.first?.integer(0), let note = rows.first?.text(1) else { return nil }
            var entries: [[UInt8]] = []
            try connection.stream(
                "SELECT entry FROM entry WHERE station = $1 AND seq >= $2 AND seq < $3 ORDER BY seq",
                [number, .integer(first), .integer(size)]
            ) { row in entries.append(row.bytes(0) ?? []) }
            do throws(NoteError) {
                return SignedStretch(
                    first: first, entries: entries, checkpoint: try Checkpoint(parsing: note))
            } catch {
                throw PlantError.unreadable("the tree head over \(size) entries of \(station): \(error)")
            }
        }
    }

    /// The names that the plant keeps for a station.
    public func persons(of station: String) async throws -> [PersonName] {
        try await ask { connection in
            try connection.run(
                "SELECT p.seal, p.salt, p.name FROM person p JOIN station s ON s.number = p.station WHERE s.name = $1",
                [.text(station)]
            ).map { PersonName(seal: $0.text(0) ?? "", salt: $0.bytes(1) ?? [], name: $0.text(2) ?? "") }
        }
    }

    /// How far the plant has a station's ledger; nil when it never heard of it.
    public func head(of station: String) async throws -> PlantHead? {
        try await ask { connection in try PlantHead.of(station, connection) }
    }
}
