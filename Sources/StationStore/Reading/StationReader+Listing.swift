import GRDB

/// A unit in a list, with its place in that list.
public struct DeviceListing: Codable, Equatable, Sendable {
    /// The entry that first identified it; grows with time.
    public var number: Int64
    public var device: DeviceRow
}

extension StationReader {
    /// Units, newest first.
    /// - Parameters:
    ///   - before: only those first identified before this entry; for the next part of a list.
    ///   - sku: as blessed.
    ///   - blessed: whether they were; nil means both.
    ///   - quarantined: whether they are in quarantine now; nil means both.
    ///   - limit: most rows.
    public func devices(
        before: Int64? = nil, sku: String? = nil, blessed: Bool? = nil, quarantined: Bool? = nil, limit: Int
    ) async throws -> [DeviceListing] {
        try await ask { db in
            var terms = ["1"]
            var arguments = StatementArguments()
            if let before {
                terms.append("d.id < ?")
                arguments += [before]
            }
            if let sku {
                terms.append("d.sku = ?")
                arguments += [sku]
            }
            if let blessed { terms.append("d.blessed_run IS \(blessed ? "NOT NULL" : "NULL")") }
            if let quarantined { terms.append("d.quarantine IS \(quarantined ? "NOT NULL" : "NULL")") }
            let ids = try Int64.fetchAll(
                db,
                sql:
                    "SELECT d.id FROM device d WHERE \(terms.joined(separator: " AND ")) ORDER BY d.id DESC LIMIT ?",
                arguments: arguments + [limit])
            return try ids.compactMap { id in
                try DeviceRow.fetchOne(db, sql: DeviceRow.select + " WHERE d.id = ?", arguments: [id]).map {
                    DeviceListing(number: id, device: $0)
                }
            }
        }
    }
}
