import GRDB
import Ledger

/// The file into which a record's old entries have gone, as the record names it.
public struct ArchiveRow: Codable, Equatable, Sendable, FetchableRecord {
    /// The entry that says so.
    public var sequence: Int64
    /// UTC ms.
    public var at: Int64
    /// The entries below are in the file.
    public var entries: Int64
    /// SHA-256 of the file, hex.
    public var digest: String
    /// Bytes of the file.
    public var bytes: Int64
    /// Its name, without a folder.
    public var file: String

    /// The newest, when something has left for it: it holds what earlier ones held. A record that has its first entry needs
    /// none, and so an archive itself doesn't, though it tells of those before it.
    static func newest(_ db: Database) throws -> ArchiveRow? {
        try fetchOne(
            db,
            sql: """
                SELECT seq AS sequence, at, entries, digest, bytes, file FROM main.archive WHERE entries > 0
                    AND NOT EXISTS (SELECT 1 FROM main.ledger_bundle WHERE number = 0)
                    AND NOT EXISTS (SELECT 1 FROM main.ledger_entry WHERE seq = 0)
                ORDER BY entries DESC, seq DESC LIMIT 1
                """)
    }

    /// The archive in which an entry would be found that can't be read here; nil when it can.
    static func missing(_ db: Database, from sequence: Int64) throws -> ArchiveRow? {
        guard let row = try newest(db), sequence < row.entries, try !AttachedArchive.isAttached(db) else {
            return nil
        }
        return row
    }
}

/// An archive beside the record that it came out of.
///
/// The archive is a station's record by itself: the first part of the ledger with everything that follows from it. Here it is
/// attached to a connection, and the tables of which a part has left are shadowed by views over both files, so that every
/// question is answered as if nothing had left.
enum AttachedArchive {
    /// The name under which the file is attached.
    static let schema = "archived"

    /// Tables of which a part leaves, with the condition for what has left; `BORDER` is the first entry that stayed.
    static let tables: [(name: String, hasLeft: String)] = [
        ("ledger_bundle", "number < BORDER / 256"), ("event", "seq < BORDER"), ("step", "seq < BORDER"),
        ("measurement", "step < BORDER"), ("identification", "seq < BORDER"), ("label", "seq < BORDER"),
        ("attachment", "seq < BORDER"),
    ]

    /// Attaches the file to a connection that reads.
    /// - Throws: ``StoreError/otherArchive(path:reason:)`` when it isn't this record's beginning.
    static func attach(_ archive: String, to db: Database) throws {
        try db.execute(sql: "ATTACH DATABASE ? AS \(schema)", arguments: [archive])
        func wrong(_ reason: String) -> StoreError { .otherArchive(path: archive, reason: reason) }
        guard try Int32.fetchOne(db, sql: "PRAGMA \(schema).application_id") == Schema.applicationID else {
            throw wrong("it is no station's record")
        }
        let applied = try Set(String.fetchAll(db, sql: "SELECT identifier FROM \(schema).grdb_migrations"))
        guard applied.contains(Schema.archivedSince), applied.isSubset(of: Schema.migrations.map(\.name))
        else {
            throw wrong(
                "it was written by another version of the program; that one can read it")
        }
        guard let row = try ArchiveRow.newest(db) else { throw wrong("nothing of this record was archived") }
        let hasBeginning =
            try Bool.fetchOne(
                db,
                sql: """
                    SELECT EXISTS (SELECT 1 FROM \(schema).ledger_bundle WHERE number = 0)
                        OR EXISTS (SELECT 1 FROM \(schema).ledger_entry WHERE seq = 0)
                    """) ?? false
        guard hasBeginning else { throw wrong("it does not hold the first entries either") }
        let head = try Row.fetchOne(
            db, sql: "SELECT size, note FROM \(schema).ledger_checkpoint ORDER BY size DESC LIMIT 1")
        guard let head, let size: Int64 = head["size"], size >= row.entries else {
            throw wrong(
                "it ends before entry \(row.entries), and the entries below that have left this record")
        }
        let mine = try String.fetchOne(
            db, sql: "SELECT note FROM main.ledger_checkpoint WHERE size = ?", arguments: [size])
        guard mine == head["note"] else { throw wrong("its last checkpoint is none of this record's") }
        for (table, hasLeft) in tables {
            let condition = hasLeft.replacing("BORDER", with: String(row.entries))
            try db.execute(
                sql: """
                    CREATE TEMP VIEW \(table) AS SELECT * FROM main.\(table) WHERE NOT (\(condition))
                    UNION ALL SELECT * FROM \(schema).\(table) WHERE \(condition)
                    """)
        }
        // Acts leave by their run; one whose blessing nobody heard keeps its acts here.
        try db.execute(
            sql: """
                CREATE TEMP VIEW act AS SELECT * FROM main.act
                UNION ALL SELECT a.* FROM \(schema).act a JOIN main.run r ON r.id = a.run
                WHERE r.finished_seq < \(row.entries)
                    AND NOT EXISTS (SELECT 1 FROM main.act m WHERE m.run = a.run AND m.number = a.number)
                """)
    }

    /// Whether an archive is attached.
    static func isAttached(_ db: Database) throws -> Bool {
        try Row.fetchOne(
            db, sql: "SELECT 1 FROM pragma_database_list WHERE name = ?", arguments: [schema]) != nil
    }

    /// The file of which the record's oldest entries can be read: the one named, else the one that the record names when it
    /// lies beside it.
    static func find(_ db: Database, besideDatabase path: String) throws -> String? {
        guard let row = try ArchiveRow.newest(db) else { return nil }
        let home = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
        return home + row.file
    }
}
