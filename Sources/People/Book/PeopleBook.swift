import GRDB
import TimeAndChance

/// The people of a station: users with badge and PIN, their sessions and API tokens, and the count of failures that
/// keeps guessers out. One SQLite file of its own beside the record, readable by its owner only.
///
/// Several processes may use the file at once: what `station people` changes holds for a running service at once.
public actor PeopleBook {
    /// Where the file lies.
    public nonisolated let path: String
    public nonisolated let rules: PeopleRules
    let queue: DatabaseQueue
    let clock: any WallClock
    let cost: PINHash.Cost
    let bench: PINBench
    /// The latest time that was seen, also by reads that wrote nothing, UTC ms.
    var latest: Int64 = .min / 2

    /// Opens the file; makes it, with mode 0600, when there is none.
    /// - Throws: ``PeopleError``: readable by others, not ours, newer, unusable.
    public init(
        at path: String, clock: any WallClock = SystemWallClock(), rules: PeopleRules = PeopleRules()
    ) throws {
        try self.init(at: path, clock: clock, rules: rules, cost: .station)
    }

    /// - Parameter cost: of PINs that are set from now on; tests take a small one.
    init(at path: String, clock: any WallClock, rules: PeopleRules, cost: PINHash.Cost) throws {
        self.path = path
        self.rules = rules
        self.clock = clock
        self.cost = cost
        bench = PINBench(mostWaiting: rules.mostWaiting)
        try PrivateFile.secure(path)
        do {
            var configuration = Configuration()
            configuration.label = "People"
            configuration.busyMode = .timeout(5)
            configuration.journalMode = .wal
            configuration.prepareDatabase { db in
                // What is deleted is overwritten: a name that was forgotten, a hash that was replaced.
                try db.execute(sql: "PRAGMA secure_delete = ON")
                try db.execute(sql: "PRAGMA synchronous = FULL")
            }
            queue = try DatabaseQueue(path: path, configuration: configuration)
            try PeopleSchema.migrate(queue, path: path)
        } catch {
            throw Self.said(error, path)
        }
    }

    /// Lets the file go.
    public func close() throws {
        try queue.close()
    }

    // MARK: Inside

    /// One transaction, at a time that never goes back unseen.
    func change<Result>(_ body: (Database, _ now: Int64) throws -> Result) throws -> Result {
        do {
            return try queue.write { db in
                let now = try tick(db)
                return try body(db, now)
            }
        } catch {
            throw Self.said(error, path)
        }
    }

    func read<Result>(_ body: (Database) throws -> Result) throws -> Result {
        do { return try queue.read(body) } catch { throw Self.said(error, path) }
    }

    static func said(_ error: any Error, _ path: String) -> any Error {
        switch error {
        case let error as PeopleError: error
        case let error as DatabaseError:
            PeopleError.unreadable(
                path: path, detail: error.message ?? "SQLite error \(error.resultCode.rawValue)")
        default: PeopleError.unreadable(path: path, detail: "\(error)")
        }
    }
}
