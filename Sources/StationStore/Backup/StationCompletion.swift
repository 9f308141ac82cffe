import Foundation
import GRDB
import Ledger

/// Brings a record that came out of a backup up to what was acknowledged elsewhere: entry by entry, byte for byte, each
/// stretch under a tree head that the station itself signed. What comes out is the ledger that was lost and no other, so
/// the log doesn't fork.
public final class StationCompletion {
    private let path: String
    private let verifier: VerifierKey
    private let pool: DatabasePool
    private let lock: StationLock

    /// Holds the database for writing.
    /// - Parameter key: the station's own.
    /// - Throws: ``StoreError``
    public init(path: String, key: StationKey) throws {
        lock = try StationLock(database: path)
        self.path = path
        verifier = key.verifier
        do {
            var configuration = Configuration()
            configuration.busyMode = .timeout(5)
            pool = try DatabasePool(path: path, configuration: configuration)
            try pool.writeWithoutTransaction { db in
                try Schema.check(db, path: path)
                try db.execute(sql: "PRAGMA synchronous = FULL")
            }
            try Schema.migrate(pool, path: path)
            let recorded = try pool.read { db in try String.fetchOne(db, sql: "SELECT vkey FROM station") }
            guard recorded == verifier.text else {
                throw StoreError.wrongKey(expected: recorded ?? "another key", found: verifier.text)
            }
        } catch {
            throw StoreError.from(error, path: path)
        }
    }

    /// Entries that are there.
    public var size: Int64 {
        get throws {
            do { return try pool.read { db in try LedgerTables.size(db) } } catch {
                throw StoreError.from(error, path: path)
            }
        }
    }

    /// Adds entries at the end, with everything that follows from them; all of them or none.
    /// - Throws: ``StoreError/tampered(path:detail:)`` when they are not what the station signed.
    public func append(_ stretch: SignedStretch) throws {
        func wrong(_ detail: String) -> StoreError { Self.wrong(path, detail) }
        do throws(NoteError) { try stretch.checkpoint.verify(by: [verifier]) } catch {
            throw wrong("\(error)")
        }
        do {
            try pool.writeWithoutTransaction { db in
                try db.inTransaction(.immediate) {
                    try Self.add(stretch, to: db, path: path)
                    return .commit
                }
            }
        } catch let error as EntryFault {
            throw wrong("\(error)")
        } catch {
            throw StoreError.from(error, path: path)
        }
    }

    private static func wrong(_ path: String, _ detail: String) -> StoreError {
        .tampered(path: path, detail: "what was handed in to complete it: " + detail)
    }

    /// Adds a stretch in the transaction that is under way, and seals what is old then. Whether the tree head was signed by
    /// whom it should be is for the caller to see.
    /// - Throws: when the entries don't lead to the stretch's root, or contradict those before them.
    static func add(_ stretch: SignedStretch, to db: Database, path: String) throws {
        var tree = try LedgerTables.growingTree(db, path: path)
        guard stretch.first == tree.size else {
            throw wrong(path, "it begins with entry \(stretch.first), wanted is \(tree.size)")
        }
        let projector = Projector(db)
        let entry = try db.makeStatement(sql: "INSERT INTO ledger_entry (seq, leaf, entry) VALUES (?, ?, ?)")
        let node = try db.makeStatement(
            sql: "INSERT INTO ledger_node (level, position, hash) VALUES (?, ?, ?)")
        for bytes in stretch.entries {
            let sequence = tree.size
            let envelope = try EntryEnvelope(parsing: bytes)
            let record = try Record(kind: envelope.kind, json: envelope.record)
            guard envelope.sequence == sequence else { throw wrong(path, "entry \(sequence) is another one") }
            try projector.apply(
                record, at: Projector.Place(sequence: sequence, at: envelope.at, station: envelope.station))
            let leaf = TreeHash.leaf(bytes)
            try entry.execute(arguments: [sequence, data(leaf.bytes), data(bytes)])
            for hash in tree.append(leaf) {
                try node.execute(arguments: [hash.level, hash.index, data(hash.hash.bytes)])
            }
        }
        guard tree.size == stretch.checkpoint.size, tree.root == stretch.checkpoint.root else {
            throw wrong(path, "its entries don't lead to the root that was signed")
        }
        try db.execute(
            sql: "INSERT INTO ledger_checkpoint (size, note) VALUES (?, ?)",
            arguments: [tree.size, stretch.checkpoint.note.encoded])
        try Sealing.seal(db, path: path, size: tree.size, signed: tree.size)
    }

    /// Names that belong to seals; those that don't fit are left out.
    public func add(_ persons: [PersonName]) throws {
        try pool.writeWithoutTransaction { db in
            for person in persons
            where PersonSealer.seal(name: person.name, salt: person.salt).hex == person.seal {
                try db.execute(
                    sql: "INSERT INTO person (seal, salt, name) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                    arguments: [person.seal, Self.data(person.salt), person.name])
            }
        }
    }

    private static func data(_ bytes: [UInt8]) -> DatabaseValue {
        bytes.withUnsafeBufferPointer { Data(buffer: $0).databaseValue }
    }

    /// Lets the database go.
    public func close() throws {
        try pool.close()
        lock.release()
    }

    // MARK: In one go

    /// Entries that a database has.
    public static func size(path: String, key: StationKey) throws -> Int64 {
        let completion = try StationCompletion(path: path, key: key)
        let size = try completion.size
        try completion.close()
        return size
    }

    /// Adds one stretch to a database.
    public static func append(_ stretch: SignedStretch, to path: String, key: StationKey) throws {
        let completion = try StationCompletion(path: path, key: key)
        try completion.append(stretch)
        try completion.close()
    }

    /// Adds names to a database.
    public static func add(_ persons: [PersonName], to path: String, key: StationKey) throws {
        let completion = try StationCompletion(path: path, key: key)
        try completion.add(persons)
        try completion.close()
    }
}
