import ContentAddress
import Ledger
import TimeAndChance

/// The plant database for those who set it up, watch it, and ask it.
public final class PlantDatabase: Sendable {
    let session: PlantSession
    /// Where it is, without secrets.
    public let place: String
    let clock: any WallClock

    public init(
        _ address: PlantAddress, patience: PlantPatience = PlantPatience(),
        clock: any WallClock = SystemWallClock()
    ) {
        session = PlantSession(address, patience: patience)
        place = address.description
        self.clock = clock
    }

    public func close() async { await session.close() }

    /// Runs `body` after it is certain that the tables are those that this program knows.
    func ask<Answer: Sendable>(_ body: @escaping @Sendable (PlantConnection) throws -> Answer) async throws
        -> Answer
    {
        await session.forgetIfBroken()
        return try await session.perform { [place] connection in
            try PlantSchema.check(connection, place: place)
            return try body(connection)
        }
    }

    /// Makes the tables, or brings them up to date.
    /// - Returns: the migrations that were applied; none when nothing was to be done.
    public func bringUpToDate() async throws -> [String] {
        let now = clock.utcMilliseconds()
        return try await session.perform { connection in try PlantSchema.bringUpToDate(connection, now: now) }
    }

    /// What the server says that it is, for people.
    public func server() async throws -> String {
        try await session.perform { connection in
            try connection.run("SELECT version()").first?.text(0) ?? "unknown"
        }
    }

    /// All stations, by name.
    public func heads() async throws -> [PlantHead] {
        try await ask { connection in try PlantHead.all(connection) }
    }

    // MARK: Alarms

    /// Alarms, oldest first.
    /// - Parameter open: only those that nobody has answered.
    public func alarms(open: Bool = true) async throws -> [PlantAlarm] {
        try await ask { connection in try AlarmTable.list(open: open, connection) }
    }

    /// Answers an alarm: somebody has looked, and says what it was. The alarm itself stays.
    /// - Throws: ``PlantError/unknown(_:)`` when there is no such open alarm.
    public func answer(
        _ kind: PlantAlarm.Kind, subject: String, station: String, by: String, reason: String
    ) async throws {
        let now = clock.utcMilliseconds()
        let found = try await ask { connection in
            try AlarmTable.answer(
                kind, subject: subject, station: station, by: by, reason: reason, at: now, connection)
        }
        guard found else {
            throw PlantError.unknown("open alarm \(kind.rawValue) \"\(subject)\" of station \(station)")
        }
    }

    /// Entries that are missing below a station's head, as stretches, and how many lie at or above it.
    public func gaps(of head: PlantHead) async throws -> [Range<Int64>] {
        try await ask { connection in
            let station = PlantValue.integer(Int64(head.number))
            let count = try connection.run("SELECT count(*) FROM entry WHERE station = $1", [station]).first?
                .integer(0)
            if count == head.size { return [] }
            var gaps: [Range<Int64>] = []
            var next: Int64 = 0
            try connection.stream("SELECT seq FROM entry WHERE station = $1 ORDER BY seq", [station]) { row in
                let sequence = row.integer(0) ?? next
                if sequence > next { gaps.append(next..<sequence) }
                next = sequence + 1
            }
            if next < head.size { gaps.append(next..<head.size) }
            return gaps
        }
    }

    // MARK: Verification

    /// What a verification of one station's ledger at the plant came to.
    public struct Verification: Sendable, Equatable {
        public var station: String
        /// Entries that are there.
        public var entries: Int64
        /// Signed tree heads that hold.
        public var checkpoints: Int
        /// What does not hold, in sentences; at most a hundred.
        public var findings: [String]

        public var isClean: Bool { findings.isEmpty }
    }

    /// Checks a station's ledger as the plant has it, from nothing but its entries: no gap, every hash, every tree head.
    /// - Parameter trusted: keys known from elsewhere; without any, the key with which the station was admitted.
    public func verify(_ station: String, trusting trusted: [VerifierKey] = []) async throws -> Verification {
        try await ask { connection in
            guard let head = try PlantHead.of(station, connection) else {
                throw PlantError.unknown("station \(station)")
            }
            var check = LedgerCheck(head: head, trusted: trusted)
            try check.readHeads(connection)
            try connection.stream(
                "SELECT seq, leaf, entry FROM entry WHERE station = $1 ORDER BY seq",
                [.integer(Int64(head.number))]
            ) { row in check.take(row.integer(0) ?? -1, row.bytes(1) ?? [], row.bytes(2) ?? []) }
            return check.finish()
        }
    }
}

/// One pass over a ledger at the plant.
private struct LedgerCheck {
    let head: PlantHead
    private var keys: [VerifierKey]
    private var result: PlantDatabase.Verification
    private var range = CompactRange()
    private var next: Int64 = 0
    private var roots: [Int64: TreeHash] = [:]
    private var nodes: [Int64: TreeHash] = [:]
    private var hasGap = false

    init(head: PlantHead, trusted: [VerifierKey]) {
        self.head = head
        result = .init(station: head.station, entries: 0, checkpoints: 0, findings: [])
        keys = trusted
        if trusted.isEmpty, let key = try? VerifierKey(text: head.verifierKey) { keys = [key] }
        if !trusted.isEmpty, !trusted.contains(where: { $0.text == head.verifierKey }) {
            result.findings.append(
                "the station was admitted with \(head.verifierKey), which is not a trusted key")
        }
    }

    private mutating func find(_ sentence: String) {
        if result.findings.count < 100 { result.findings.append(sentence) }
    }

    mutating func readHeads(_ connection: PlantConnection) throws {
        let station = PlantValue.integer(Int64(head.number))
        var notes = try connection.run(
            "SELECT size, note FROM checkpoint WHERE station = $1 ORDER BY size", [station]
        ).map { ($0.integer(0) ?? 0, $0.text(1) ?? "") }
        if head.size > 0 { notes.append((head.size, head.note)) }
        for (size, note) in notes {
            do throws(NoteError) {
                let checkpoint = try Checkpoint(parsing: note)
                guard checkpoint.size == size else {
                    throw .malformed("it is over \(checkpoint.size) entries")
                }
                try checkpoint.verify(by: keys)
                roots[size] = checkpoint.root
                result.checkpoints += 1
            } catch {
                find("the tree head over \(size) entries can't be believed: \(error)")
            }
        }
        if head.size > 0, roots[head.size] != head.root {
            find("the head's root is not the one that was signed")
        }
        try connection.stream("SELECT level, position, hash FROM node WHERE station = $1", [station]) { row in
            if let hash = row.bytes(2).flatMap({ TreeHash(bytes: $0) }) {
                nodes[Self.key(Int(row.integer(0) ?? 0), row.integer(1) ?? 0)] = hash
            }
        }
    }

    private static func key(_ level: Int, _ position: Int64) -> Int64 { Int64(level) << 56 | position }

    mutating func take(_ sequence: Int64, _ leaf: [UInt8], _ entry: [UInt8]) {
        result.entries += 1
        if sequence != next {
            find(
                sequence > next
                    ? "entries \(next) to \(sequence - 1) are missing: `station plant push --from \(next)` sends them again"
                    : "entry \(sequence) is there twice")
            hasGap = true
        }
        next = sequence + 1
        let hash = TreeHash.leaf(entry)
        if hash.bytes != leaf {
            find("entry \(sequence) was changed: its bytes are not those that were hashed")
        }
        if let envelope = try? EntryEnvelope(parsing: entry), envelope.sequence == sequence,
            envelope.station == head.station
        {
        } else {
            find("entry \(sequence) does not say of itself that it is entry \(sequence) of \(head.station)")
        }
        guard !hasGap else { return }
        var completed: [(Int, TreeHash)] = []
        range.append(hash) { height, root in completed.append((height, root)) }
        for (height, root) in completed where height % TileNode.tileHeight == 0 {
            let (level, position) = (height / TileNode.tileHeight, range.size >> Int64(height) - 1)
            if nodes.removeValue(forKey: Self.key(level, position)) != root {
                find("hash \(position) of level \(level) is missing, or not that of its entries")
            }
        }
        if let root = roots[range.size], root != range.root {
            find("the first \(range.size) entries are not those that were signed")
        }
    }

    mutating func finish() -> PlantDatabase.Verification {
        if next < head.size { find("entries \(next) to \(head.size - 1) are missing") }
        if next > head.size { find("there are \(next - head.size) entries beyond the head") }
        if !hasGap, !nodes.isEmpty { find("\(nodes.count) hashes belong to no entries") }
        return result
    }
}

extension PlantDatabase {
    /// For set-up and tests: a statement as it stands.
    package func execute(_ sql: String) async throws {
        _ = try await session.perform { connection in try connection.run(sql) }
    }

    /// For tests: a question as it stands, its cells as text.
    package func rows(_ sql: String) async throws -> [[String?]] {
        try await session.perform { connection in
            try connection.run(sql).map { row in
                row.columns.map { value in
                    switch value {
                    case .null, .texts, .integers: nil
                    case .integer(let value): String(value)
                    case .number(let value): String(value)
                    case .text(let value): value
                    case .bytes(let value): value.hexDigits
                    }
                }
            }
        }
    }
}
