import ContentAddress
import GRDB
import Ledger
import TimeAndChance

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A station's record: the ledger, which is the truth, and beside it tables that answer questions quickly, both in
/// one SQLite file and always changed together.
///
/// Any number of tasks may append at once; what they hand in is made durable in groups. One process writes at a time;
/// others may read with ``StationReader/open(at:)``.
public final class StationStore: Sendable {
    /// How the store behaves; the defaults suit a station.
    public struct Options: Sendable {
        /// Most records in one transaction.
        public var largestGroup = 4096
        /// Most records waiting for the writer; more are refused with ``StoreError/overloaded(waiting:)``.
        public var mostWaiting = 131_072
        /// A checkpoint is signed after this many entries at the latest, and whenever a run ends.
        public var checkpointInterval: Int64 = 4096
        /// Opens although the clock is earlier than the last entry; the step back is recorded.
        public var allowsClockSetBack = false
        /// Opens although the file beside it knows more, for ``StationStore/continueAfterRestore(as:known:by:reason:)`` and
        /// nothing else.
        public var acceptsRestored = false
        /// Pages of 4096 bytes in SQLite's write-ahead log from which it is moved into the database.
        public var logPages = 4000
        /// Largest size of the database in pages of 4096 bytes; nil leaves it to the disk.
        public var largestPageCount: Int64?

        public init() {}
    }

    /// Where the database lies.
    public let path: String
    /// The questions.
    public let reader: StationReader
    let pool: DatabasePool
    private let commits: GroupCommit
    let mover: LogMover
    /// Nil for a draft, which nobody else knows of.
    private let lock: StationLock?

    /// The origin of a station's log, and the name of its key: `blessing-station/<station>`.
    public static func origin(station: String) -> String { "blessing-station/" + station }

    /// Makes a new database, whose ledger begins with `station.created`. It appears under its path only when it is
    /// complete.
    /// - Parameters:
    ///   - station: 1 to 63 letters, digits, `.`, `_`, `-`.
    ///   - key: signs the checkpoints; by convention named ``origin(station:)``.
    ///   - program: the program's version.
    /// - Throws: ``StoreError``
    public static func create(
        at path: String, station: String, key: StationKey, program: String,
        clock: any WallClock = SystemWallClock(), options: Options = Options()
    ) async throws -> StationStore {
        guard (1...63).contains(station.utf8.count),
            station.utf8.allSatisfy({ Character(Unicode.Scalar($0)).isStationNameCharacter })
        else { throw StoreError.invalidStationName(station) }
        let lock = try StationLock(database: path)
        guard access(path, F_OK) != 0 else { throw StoreError.exists(path: path) }
        let draft = path + ".new"
        for suffix in ["", "-wal", "-shm"] { unlink(draft + suffix) }
        do {
            let (pool, mover) = try openPool(draft, options)
            try await pool.writeWithoutTransaction { db in
                try db.execute(sql: "PRAGMA application_id = \(Schema.applicationID)")
            }
            try Schema.migrate(pool, path: draft)
            let store = try await StationStore(
                pool, mover, lock: nil, path: draft, station: station, key: key, clock: clock,
                options: options)
            try await store.append(
                .stationCreated(StationCreated(program: program, verifierKey: key.verifier.text)))
            try await store.close()
            guard rename(draft, path) == 0 else {
                throw StoreError.unwritable(path: path, reason: String(cString: strerror(errno)))
            }
            // Closing has moved everything into the file itself; these are empty.
            for suffix in ["-wal", "-shm"] { unlink(draft + suffix) }
        } catch {
            for suffix in ["", "-wal", "-shm"] { unlink(draft + suffix) }
            throw StoreError.from(error, path: path)
        }
        return try await open(path, lock: lock, key: key, clock: clock, options: options)
    }

    /// Opens a database for writing, and holds it until ``close()`` or the end of the process.
    /// - Throws: ``StoreError``: missing, not a station's, newer, damaged, in use, read-only, other key, changed from
    ///   outside, clock set back.
    public static func open(
        at path: String, key: StationKey, clock: any WallClock = SystemWallClock(),
        options: Options = Options()
    ) async throws -> StationStore {
        try await open(at: path, key: key, clock: clock, options: options, adoptsKey: false)
    }

    /// - Parameter adoptsKey: the key is not the log's yet and is about to become it.
    static func open(
        at path: String, key: StationKey, clock: any WallClock, options: Options, adoptsKey: Bool
    ) async throws -> StationStore {
        guard access(path, F_OK) == 0 else { throw StoreError.missing(path: path) }
        let lock = try StationLock(database: path)
        return try await open(
            path, lock: lock, key: key, clock: clock, options: options, adoptsKey: adoptsKey)
    }

    private static func open(
        _ path: String, lock: StationLock, key: StationKey, clock: any WallClock, options: Options,
        adoptsKey: Bool = false
    ) async throws -> StationStore {
        do {
            try preflight(path)
            let (pool, mover) = try openPool(path, options)
            try Schema.migrate(pool, path: path)
            let station = try await pool.read { db in try String.fetchOne(db, sql: "SELECT name FROM station")
            }
            guard let station else { throw StoreError.notAStationDatabase(path: path) }
            return try await StationStore(
                pool, mover, lock: lock, path: path, station: station, key: key, clock: clock,
                options: options,
                adoptsKey: adoptsKey)
        } catch {
            throw StoreError.from(error, path: path)
        }
    }

    /// Looks at the file before anything in it may change: another program's database is left as it is.
    private static func preflight(_ path: String) throws {
        guard access(path, R_OK | W_OK) == 0 else { throw StoreError.readOnly(path: path) }
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(5)
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        try queue.read { db in try Schema.check(db, path: path) }
    }

    private static func openPool(_ path: String, _ options: Options) throws -> (DatabasePool, LogMover) {
        var configuration = Configuration()
        configuration.label = "StationStore"
        configuration.busyMode = .timeout(5)
        let pool = try DatabasePool(path: path, configuration: configuration)
        let mover = LogMover(path: path, from: options.logPages)
        try pool.writeWithoutTransaction { db in
            // GRDB sets NORMAL, with which a power cut may take back what was acknowledged.
            try db.execute(sql: "PRAGMA synchronous = FULL")
            mover.begin(db)
            // Hardly anything is ever deleted here; a name that is forgotten must be gone.
            try db.execute(sql: "PRAGMA secure_delete = ON")
            if let pages = options.largestPageCount {
                try db.execute(sql: "PRAGMA max_page_count = \(pages)")
            }
        }
        return (pool, mover)
    }

    private init(
        _ pool: DatabasePool, _ mover: LogMover, lock: StationLock?, path: String, station: String,
        key: StationKey,
        clock: any WallClock, options: Options, adoptsKey: Bool = false
    ) async throws {
        let (writer, sealer, lastAt) = try await pool.writeWithoutTransaction { db in
            let lastAt = try Self.check(
                db, path: path, key: key, adoptsKey: adoptsKey, acceptsRestored: options.acceptsRestored)
            let sealer = try PersonSealer(db)
            let writer = try LedgerWriter(
                db, path: path, station: station, key: key, sealer: sealer,
                checkpointInterval: max(1, options.checkpointInterval),
                headFile: lock == nil ? nil : HeadFile.path(ofDatabase: path))
            return (writer, sealer, lastAt)
        }
        let now = clock.utcMilliseconds()
        if let lastAt, now < lastAt - GroupCommit.jitter, !options.allowsClockSetBack {
            try await pool.writeWithoutTransaction { _ in writer.close() }
            throw StoreError.clockSetBack(last: lastAt, now: now)
        }
        self.path = path
        self.pool = pool
        self.mover = mover
        self.lock = lock
        reader = StationReader(pool, path: path)
        commits = GroupCommit(
            pool: pool, writer: writer, sealer: sealer, clock: clock, station: station,
            lastAt: lastAt ?? .min / 2,
            options: options)
    }

    /// The cheap part of a verification, at every opening: the last checkpoint is the station's own and fits the
    /// stored hashes, and the entries after it are what their hashes say.
    /// - Returns: the time of the last entry, UTC ms.
    private static func check(
        _ db: Database, path: String, key: StationKey, adoptsKey: Bool, acceptsRestored: Bool
    ) throws -> Int64? {
        let keys = try LogKeys(db, path: path)
        if let recorded = keys.current, recorded != key.verifier, !adoptsKey {
            throw StoreError.wrongKey(expected: recorded.text, found: key.verifier.text)
        }
        let size = try LedgerTables.size(db)
        guard size > 0 else { return nil }
        let checkpoint = try LedgerTables.lastCheckpoint(db, path: path)
        if let checkpoint {
            do throws(NoteError) {
                try checkpoint.verify(by: keys.key(forSize: checkpoint.size).map { [$0] } ?? [])
            } catch {
                throw StoreError.tampered(
                    path: path, detail: "its last checkpoint can't be believed: \(error)")
            }
            guard checkpoint.size <= size else {
                throw StoreError.tampered(
                    path: path, detail: "\(checkpoint.size) entries were signed and \(size) are there")
            }
            var tree = TiledTree(size: checkpoint.size, source: try LedgerTables.Tiles(db))
            guard try tree.root() == checkpoint.root else {
                throw StoreError.tampered(
                    path: path, detail: "the first \(checkpoint.size) entries are not those that were signed")
            }
        }
        if !acceptsRestored {
            try checkHeadFile(
                db, path: path, keys: keys.turns.map(\.key), signed: checkpoint?.size ?? 0)
        }
        var lastAt: Int64?
        let tail = try Row.fetchCursor(
            db, sql: "SELECT seq, leaf, entry FROM ledger_entry WHERE seq >= ? ORDER BY seq",
            arguments: [min(checkpoint?.size ?? 0, size - 1)])
        while let row = try tail.next() {
            let sequence: Int64 = row["seq"]
            let entry = try row.withUnsafeData(named: "entry") { data in Array(data ?? .init()) }
            let leaf = try row.withUnsafeData(named: "leaf") { data in Array(data ?? .init()) }
            guard TreeHash.leaf(entry).bytes == leaf else {
                throw StoreError.tampered(path: path, detail: "entry \(sequence) is not what was hashed")
            }
            do throws(EntryFault) { lastAt = try EntryEnvelope(parsing: entry).at } catch {
                throw StoreError.tampered(path: path, detail: "entry \(sequence): \(error)")
            }
        }
        return lastAt
    }

    /// The file beside the database says how far the station was: a database that ends earlier came out of a backup.
    private static func checkHeadFile(
        _ db: Database, path: String, keys: [VerifierKey], signed: Int64
    ) throws {
        // What another key signed is another station's, or nobody's.
        guard let known = HeadFile.read(besideDatabase: path), (try? known.verify(by: keys)) != nil
        else {
            return
        }
        guard known.size <= signed else {
            throw StoreError.setBack(
                path: path, here: signed, known: known.size, from: HeadFile.path(ofDatabase: path))
        }
        var tree = TiledTree(size: known.size, source: try LedgerTables.Tiles(db))
        guard try tree.root() == known.root else {
            throw StoreError.tampered(
                path: path,
                detail:
                    "its first \(known.size) entries are not those that \(HeadFile.path(ofDatabase: path)) knows"
            )
        }
    }

    // MARK: Writing

    /// Writes a record down; returns when it is on the disk.
    /// - Throws: ``StoreError``: ``StoreError/invalid(_:)`` and ``StoreError/refused(_:)`` concern this record alone.
    @discardableResult
    public func append(_ record: Record) async throws -> Receipt {
        try await enqueue(record).receipt
    }

    /// Hands a record in and goes on; records are written in the order in which they were handed in.
    public func enqueue(_ record: Record) -> Ticket {
        Ticket(state: commits.enqueue(record))
    }

    /// Returns when everything that was handed in before is on the disk, or refused.
    public func flush() async throws {
        _ = try await commits.enqueue(.barrier).outcome()
    }

    /// Begins a run.
    public func startRun(_ start: RunStarted) async throws -> RunID {
        try await append(.runStarted(start)).run
    }

    /// Sets a serial number of a work order aside for a unit. Asked again for the same unit and order it gives the same
    /// number; numbers that came back are given out again first.
    /// - Parameters:
    ///   - device: device ID of a unit that was identified.
    ///   - wanted: this very number, scanned off the unit for instance; nil takes the order's next.
    /// - Throws: ``StoreError/refused(_:)``: exhausted, taken, outside the range, order closed, unit blessed.
    public func leaseSerial(order: String, device: String, wanted: String? = nil) async throws -> SerialLease
    {
        var rules = RecordRules(kind: SerialLeased.kind)
        rules.deviceID(device)
        rules.name(order, "order")
        rules.name(wanted, "serial", longest: 64)
        if let fault = rules.fault { throw StoreError.invalid(fault) }
        let outcome = try await commits.enqueue(.lease(order: order, device: device, wanted: wanted))
            .outcome()
        guard case .lease(let lease) = outcome else { throw StoreError.closed }
        return lease
    }

    /// Keeps content under its hash. What is there already under the same name is not written again.
    /// - Returns: its SHA-256.
    @discardableResult
    public func storeContent(_ bytes: [UInt8], name: String, mediaType: String) async throws -> SHA256Digest {
        let content = ContentStored(
            digest: SHA256Digest(of: bytes), size: Int64(bytes.count), name: name, mediaType: mediaType)
        do throws(RecordFault) { try Record.contentStored(content).check() } catch {
            throw StoreError.invalid(error)
        }
        _ = try await commits.enqueue(.content(content, bytes: bytes)).outcome()
        return content.digest
    }

    /// Signs what is in the ledger now.
    public func signCheckpoint() async throws -> Checkpoint {
        guard case .checkpoint(let checkpoint) = try await commits.enqueue(.checkpoint).outcome() else {
            throw StoreError.closed
        }
        return checkpoint
    }

    /// Makes every projection again from the ledger, in one transaction: all of them or none.
    /// - Throws: ``StoreError``; the tables are then as they were.
    public func rebuildProjections() async throws {
        do {
            try await pool.writeWithoutTransaction { [commits] db in
                defer { commits.forget(db) }
                try ProjectionReplay.rebuild(db)
            }
        } catch {
            throw StoreError.from(error, path: path)
        }
    }

    /// Work that only the store itself hands in.
    func settle(_ work: LedgerWriter.Pending.Work) async throws -> WriteOutcome {
        var work = work
        switch work {
        case .forget(let name, let by, let place):
            work = .forget(name: name, by: commits.sealed(by), place: place)
        case .changeKey(let change, let key, let by, let reason, let last):
            work = .changeKey(change, key, by: commits.sealed(by), reason: reason, last: last)
        default: break
        }
        return try await commits.enqueue(work).outcome()
    }

    /// Something that is done between groups and in no transaction.
    func outsideTransactions(_ body: @escaping @Sendable (Database) throws -> Void) async throws {
        try await flush()
        do {
            try await pool.writeWithoutTransaction { [commits] db in
                // Statements that are still prepared would keep VACUUM from working.
                commits.forget(db)
                try body(db)
            }
        } catch {
            throw StoreError.from(error, path: path)
        }
    }

    /// Writes what is waiting, signs it, and lets the database go. Later calls throw ``StoreError/closed``.
    public func close() async throws {
        do {
            _ = try await commits.enqueue(.checkpoint).outcome()
        } catch StoreError.closed {
            return
        }
        commits.end(.closed)
        do {
            // In a task of its own: whoever closes because of a cancellation is cancelled, and GRDB would refuse.
            try await Task { [pool, commits, mover, isDraft = lock == nil] in
                try await pool.writeWithoutTransaction { db in
                    commits.letGo(db)
                    mover.end(db)
                    db.releaseMemory()
                    do {
                        // Readers in other processes are not waited for; the next opening does what is left then.
                        try db.execute(sql: "PRAGMA busy_timeout = 0")
                        try db.checkpoint(.truncate)
                    } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY && !isDraft {}
                }
                try pool.close()
            }.value
            lock?.release()
        } catch {
            throw StoreError.from(error, path: path)
        }
    }
}

extension Character {
    fileprivate var isStationNameCharacter: Bool {
        isASCII && (isLetter || isNumber || self == "." || self == "_" || self == "-")
    }
}
