import GRDB

/// Where an entry belongs: to which run, to which unit, and how it is found again from there.
extension Projector {
    /// Writes down that the entry happened. What is found by its run needs no unit of its own.
    /// - Parameters:
    ///   - device: device ID of the unit that the entry names.
    ///   - mayBeLate: whether such an entry can come after its run's end.
    func note(
        _ word: String, run: RunID?, device: String?, mayBeLate: Bool, _ place: Place
    ) throws {
        var unit: Int64?
        if let device { unit = try value("SELECT id FROM device WHERE device_id = ?", [device]) }
        if let run, unit != nil || mayBeLate,
            let row = try row("SELECT device, finished_seq FROM run WHERE id = ?", [run.rawValue])
        {
            if unit == row["device"] { unit = nil }
            if let finished: Int64 = row["finished_seq"], finished < place.sequence {
                try execute(
                    "INSERT INTO late_event (run, seq) VALUES (?, ?)", [run.rawValue, place.sequence])
            }
        }
        try execute(
            "INSERT INTO event (seq, at, kind, run, device) VALUES (?, ?, ?, ?, ?)",
            [place.sequence, place.at, kind(word), run?.rawValue, unit])
    }
}

/// The numbers under which kinds of entries are kept.
enum LedgerKinds {
    /// Kinds from this number on are rare enough for an index.
    static let firstRare: Int64 = 20

    static func codes(_ db: Database) throws -> [String: Int64] {
        var codes: [String: Int64] = [:]
        for row in try Row.fetchAll(db, sql: "SELECT id, word FROM ledger_kind") {
            codes[row["word"]] = row["id"]
        }
        return codes
    }
}
