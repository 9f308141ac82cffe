import GRDB
import Ledger

/// Plays a ledger back into projection tables.
enum ProjectionReplay {
    /// An entry that can't be played back.
    struct Fault: Error {
        let sequence: Int64
        let reason: String
    }

    /// Empties the projections of `db` and fills them again from its own ledger, in one transaction.
    static func rebuild(_ db: Database) throws {
        try db.inTransaction(.immediate) {
            try refill(db, path: db.description)
            return .commit
        }
    }

    /// The same inside a transaction that is under way.
    static func refill(_ db: Database, path: String) throws {
        do {
            try db.execute(sql: "PRAGMA defer_foreign_keys = ON")
            let tables = Set(Schema.projections.map(\.table))
            let triggers = try Row.fetchAll(
                db,
                sql:
                    "SELECT name, tbl_name, sql FROM sqlite_schema WHERE type = 'trigger' AND sql IS NOT NULL"
            ).filter { tables.contains($0["tbl_name"]) }
            for trigger in triggers { try db.execute(sql: "DROP TRIGGER \"\(trigger["name"] as String)\"") }
            // A migration may run before the one that makes the newest tables.
            let there = try Set(
                String.fetchAll(db, sql: "SELECT name FROM sqlite_schema WHERE type = 'table'"))
            for (table, _) in Schema.projections.reversed() where there.contains(table) {
                try db.execute(sql: "DELETE FROM \"\(table)\"")
            }
            for trigger in triggers { try db.execute(sql: trigger["sql"]) }
            do {
                try replay(from: db, through: LedgerTables.size(db), into: Projector(db))
            } catch let fault as Fault {
                throw StoreError.tampered(
                    path: path, detail: "entry \(fault.sequence): \(fault.reason)")
            }
        }
    }

    /// Applies the first `size` entries of `source` one after the other.
    /// - Throws: ``Fault`` at the first one that can't be read or that contradicts those before it.
    static func replay(from source: Database, through size: Int64, into projector: Projector) throws {
        var lastAt: Int64?
        try LedgerEntries(source).forEach(in: 0..<size) { sequence, entry in
            let bytes = Array(entry)
            do {
                let envelope = try EntryEnvelope(parsing: bytes)
                let record = try Record(kind: envelope.kind, json: envelope.record)
                // Byte for byte: then nothing was read that wasn't understood.
                let again = EntryEnvelope.encode(
                    sequence: sequence, at: envelope.at, station: envelope.station, kind: record.word,
                    record: record.canonicalJSON)
                guard again == bytes else {
                    throw Fault(sequence: sequence, reason: "is not in canonical form")
                }
                if let lastAt, envelope.at < lastAt {
                    guard case .clockSetBack = record else {
                        throw Fault(sequence: sequence, reason: "is earlier than the one before it")
                    }
                }
                lastAt = envelope.at
                try projector.apply(
                    record,
                    at: Projector.Place(sequence: sequence, at: envelope.at, station: envelope.station))
            } catch let fault as Fault {
                throw fault
            } catch let error as EntryFault {
                throw Fault(sequence: sequence, reason: error.description)
            } catch let error as RecordFault {
                throw Fault(sequence: sequence, reason: error.description)
            } catch let error as Refusal {
                throw Fault(sequence: sequence, reason: error.description)
            } catch let error as DatabaseError where error.resultCode == .SQLITE_CONSTRAINT {
                throw Fault(sequence: sequence, reason: error.message ?? "constraint")
            }
            return true
        }
    }
}
