import Ledger
import StationStore
import Synchronization
import TimeAndChance

/// Sends a station's ledger to the plant: once, or for as long as the station runs.
///
/// Nothing of it is remembered at the station. What has to be sent is what the plant has not acknowledged, and what the
/// plant has acknowledged is asked of the plant; so a lost answer, a killed process or a restored plant costs a look and
/// never an entry. Only what is under a signed tree head is sent.
///
/// It reads the record through snapshots and waits for the plant on a thread of its own: a line never waits for it.
public actor PlantPusher {
    /// How it behaves; the defaults suit a station.
    public struct Options: Sendable {
        /// Entries and bytes in one transaction.
        public var mostEntries = 8192
        public var mostBytes = 8 << 20
        public var patience = PlantPatience()
        /// Between two looks at the station's own record; the plant hears nothing when there is nothing new.
        public var interval = Duration.seconds(2)
        /// After a failure: the first pause, and the longest.
        public var firstPause = Duration.seconds(1)
        public var longestPause = Duration.seconds(60)
        /// Names of persons stay at the station.
        public var withoutNames = false
        /// For the pauses' jitter.
        public var seed: UInt64

        public init(seed: UInt64 = .random(in: .min ... .max)) { self.seed = seed }
    }

    /// What one push came to.
    public struct Report: Sendable, Equatable {
        /// Entries that the plant acknowledged now.
        public var sent: Int64
        /// Transactions.
        public var batches: Int
        /// As the plant has it now.
        public var head: PlantHead
        /// Contradictions with other stations that were not known before.
        public var alarms: [PlantAlarm]
    }

    /// How the sending goes, for those who watch.
    public struct State: Sendable, Equatable {
        /// The plant answered the last time.
        public var isReachable = false
        /// Entries that the plant has acknowledged; nil before the first answer.
        public var acknowledged: Int64?
        /// Entries that are signed here.
        public var signed: Int64 = 0
        /// What went wrong the last time, in a sentence; nil when nothing did.
        public var trouble: String?
        /// The log was refused as evidence: nothing more is sent until a person has looked.
        public var isStopped = false
        /// Failures since the last success.
        public var failures = 0

        /// Entries that wait to be sent.
        public var waiting: Int64 { max(0, signed - (acknowledged ?? 0)) }
    }

    private let reader: StationReader
    private let address: PlantAddress
    private let options: Options
    private let clock: any WallClock
    private let time: any TimeSource
    private let session: PlantSession
    private let shown = Mutex(State())
    private var names = NameNumbers()
    private var head: PlantHead?
    private var tree: GrowingTree?
    private var identity: StationIdentity?
    private var sentPersons: Set<PersonName>?

    public init(
        reader: StationReader, address: PlantAddress, options: Options = Options(),
        clock: any WallClock = SystemWallClock(), time: any TimeSource = SystemTime()
    ) {
        self.reader = reader
        self.address = address
        self.options = options
        self.clock = clock
        self.time = time
        session = PlantSession(address, patience: options.patience)
    }

    /// How it goes now.
    public nonisolated var state: State { shown.withLock { $0 } }

    /// Sends everything that is signed and not acknowledged.
    /// - Throws: ``PlantError``; what was acknowledged before stays so. `StoreError` when the record can't be read.
    public func push() async throws -> Report {
        do {
            let report = try await pushAll()
            shown.withLock { state in
                state.isReachable = true
                state.acknowledged = report.head.size
                (state.trouble, state.failures, state.isStopped) = (nil, 0, false)
            }
            return report
        } catch {
            // What was known of the plant may be wrong now; it is asked again.
            (head, tree) = (nil, nil)
            names = NameNumbers()
            shown.withLock { state in
                state.isReachable = !((error as? PlantError)?.endsConnection ?? false)
                state.trouble = "\(error)"
                state.failures += 1
                if case PlantError.evidence = error { state.isStopped = true }
            }
            throw error
        }
    }

    /// Sends for as long as the task lives, with longer and longer pauses while the plant does not answer. Returns when
    /// the task is cancelled.
    /// - Parameter tell: hears of each report with entries and each failure.
    public func follow(_ tell: @Sendable (Result<Report, any Error>) -> Void = { _ in }) async {
        var backOff = BackOff(first: options.firstPause, longest: options.longestPause, seed: options.seed)
        while !Task.isCancelled {
            var pause = options.interval
            do {
                let signed = try await reader.checkpoint()?.size ?? 0
                shown.withLock { $0.signed = signed }
                if head == nil || signed > (head?.size ?? 0) {
                    let report = try await push()
                    if report.sent > 0 || !report.alarms.isEmpty { tell(.success(report)) }
                }
                backOff.reset()
            } catch is CancellationError {
                break
            } catch PlantError.nothingSigned {
            } catch {
                if Task.isCancelled { break }
                tell(.failure(error))
                pause = backOff.next()
            }
            do { try await time.sleep(for: pause) } catch { break }
        }
        await session.close()
    }

    private func pushAll() async throws -> Report {
        let identity = try await knownIdentity()
        guard let checkpoint = try await reader.checkpoint() else { throw PlantError.nothingSigned }
        shown.withLock { $0.signed = checkpoint.size }
        var (sent, batches): (Int64, Int) = (0, 0)
        var head = try await meet(identity, checkpoint)
        var tree: GrowingTree
        if let known = self.tree, known.size == head.size {
            tree = known
        } else {
            tree = try await session.perform { [head] connection in
                try PlantTiles(connection: connection, station: head.number).growingTree(size: head.size)
            }
        }
        guard tree.root == head.root else {
            throw PlantError.unreadable(
                "the hashes of \(head.station) do not lead to its head: run `station plant verify`")
        }
        let ahead = SendingAhead(
            reader: reader, identity: identity, options: options, clock: clock, end: checkpoint.size)
        do {
            var next = try await ahead.batch(after: tree)
            while let arrival = next {
                try Task.checkCancellation()
                async let following = ahead.batch(after: arrival.tree)
                (head, names) = try await store(arrival, after: head)
                tree = arrival.tree
                (self.head, self.tree) = (head, tree)
                sent += Int64(arrival.entries.count)
                batches += 1
                shown.withLock { [head] state in
                    (state.acknowledged, state.isReachable) = (head.size, true)
                }
                next = try await following
            }
        } catch PlantError.evidence(let alarms) {
            try await raise(alarms, head)
            throw PlantError.evidence(alarms)
        }
        (self.head, self.tree) = (head, tree)
        try await sendPersons(head)
        let now = clock.utcMilliseconds()
        let alarms = try await session.perform { [head] connection in
            try Contradictions.look(head, upTo: head.size, now: now, connection)
        }
        head.compared = head.size
        self.head = head
        return Report(sent: sent, batches: batches, head: head, alarms: alarms)
    }

    /// Stores a batch behind a head.
    /// - Throws: ``PlantError/evidence(_:)`` when something else lies where the head says that nothing can be.
    private func store(_ arrival: Arrival, after head: PlantHead) async throws -> (PlantHead, NameNumbers) {
        let now = clock.utcMilliseconds()
        do {
            return try await session.perform { [names] connection in
                var numbers = names
                let next = try arrival.store(after: head, names: &numbers, now: now, connection)
                return (next, numbers)
            }
        } catch PlantError.refused("23505", let message) {
            let alarms = try await compare(arrival, head)
            guard !alarms.isEmpty else { throw PlantError.refused(state: "23505", message: message) }
            throw PlantError.evidence(alarms)
        }
    }

    private func knownIdentity() async throws -> StationIdentity {
        if let identity { return identity }
        let found = try await reader.station()
        identity = found
        return found
    }

    // MARK: Meeting the plant

    /// What the plant has of this station, once it is certain that it is the beginning of this station's log.
    private func meet(_ identity: StationIdentity, _ checkpoint: Checkpoint) async throws -> PlantHead {
        if let head { return head }
        let now = clock.utcMilliseconds()
        let head = try await session.perform { [address] connection in
            try PlantSchema.check(connection, place: address.description)
            return try PlantHead.admitting(identity, at: now, connection)
        }
        // The key may have been changed since, as long as each one signed for the next.
        guard try await reader.leads(fromKey: head.verifierKey) else {
            let alarm = PlantAlarm(
                .otherKey, station: identity.name, subject: identity.verifierKey,
                sentence:
                    "a station that calls itself \(identity.name) signs with \(identity.verifierKey), and \(identity.name) "
                    + "was admitted with \(head.verifierKey): two stations have one name, or one was made anew; give it a name "
                    + "of its own (`station init` with another `name:`)", at: now)
            try await raise([alarm], head)
            throw PlantError.evidence([alarm])
        }
        if let alarm = try await doubt(head, checkpoint, now) {
            try await raise([alarm], head)
            throw PlantError.evidence([alarm])
        }
        self.head = head
        return head
    }

    /// Whether this log may not be the one that the plant knows.
    private func doubt(_ head: PlantHead, _ checkpoint: Checkpoint, _ now: Int64) async throws -> PlantAlarm?
    {
        let mine = "\(checkpoint.size) entries with root \(checkpoint.root.hex.prefix(16))"
        func fork(_ agreed: Int64) -> PlantAlarm {
            PlantAlarm(
                .fork, station: head.station,
                subject:
                    "\(head.size):\(head.root.hex.prefix(16)) \(checkpoint.size):\(checkpoint.root.hex.prefix(16))",
                sentence:
                    "the log of \(head.station) has forked: the plant has \(head.words), the station now has \(mine); they "
                    + "are the same up to entry \(agreed) at least. Stop the station, keep both, and see docs/plant.md, \"Forks\"",
                at: now)
        }
        if head.size > checkpoint.size {
            let root = try await session.perform { connection in
                var tree = TiledTree(
                    size: checkpoint.size, source: PlantTiles(connection: connection, station: head.number))
                return try tree.root()
            }
            guard root == checkpoint.root else { return fork(try await agreed(head, checkpoint)) }
            return PlantAlarm(
                .setBack, station: head.station,
                subject:
                    "\(head.size):\(head.root.hex.prefix(16)) \(checkpoint.size):\(checkpoint.root.hex.prefix(16))",
                sentence:
                    "the log of \(head.station) was set back: the plant has \(head.words), the station has only \(mine). It "
                    + "was most likely restored from a backup: do not bless with it; see docs/plant.md, \"Forks\"",
                at: now)
        }
        // The proof is made by the station and checked against what the plant has signed evidence of.
        let proof = try await reader.consistencyProof(from: head.size, to: checkpoint.size)
        let holds = MerkleProof.verifyConsistency(
            oldSize: head.size, newSize: checkpoint.size, proof: proof, oldRoot: head.root,
            newRoot: checkpoint.root)
        return holds ? nil : fork(try await agreed(head, checkpoint))
    }

    /// The largest tree head that both have had.
    private func agreed(_ head: PlantHead, _ checkpoint: Checkpoint) async throws -> Int64 {
        let sizes = try await session.perform { connection in
            try connection.run(
                "SELECT size FROM checkpoint WHERE station = $1 AND size <= $2 ORDER BY size DESC LIMIT 1000",
                [.integer(Int64(head.number)), .integer(checkpoint.size)]
            ).compactMap { $0.integer(0) }
        }
        // Once they differ they differ for good: the sizes can be halved.
        var (low, high) = (0, sizes.count)
        while low < high {
            let middle = (low + high) / 2
            let size = sizes[middle]
            let theirs = try await session.perform { connection in
                var tree = TiledTree(
                    size: size, source: PlantTiles(connection: connection, station: head.number))
                return try tree.root()
            }
            if try await reader.root(ofSize: size) == theirs { high = middle } else { low = middle + 1 }
        }
        return low < sizes.count ? sizes[low] : 0
    }

    private func raise(_ alarms: [PlantAlarm], _ head: PlantHead) async throws {
        _ = try await session.perform { connection in
            try AlarmTable.raise(alarms, station: head.number, connection)
        }
    }

    /// Sends names that the plant lacks, and takes away those that were forgotten here.
    private func sendPersons(_ head: PlantHead) async throws {
        let persons = options.withoutNames ? [] : try await reader.persons()
        guard sentPersons != Set(persons) else { return }
        try await session.perform { connection in
            let station = PlantValue.integer(Int64(head.number))
            try connection.transaction {
                try connection.change(
                    "DELETE FROM person WHERE station = $1 AND NOT (seal = ANY ($2))",
                    [station, .texts(persons.map(\.seal))])
                try connection.changeAll(
                    persons.map { person in
                        (
                            """
                            INSERT INTO person (station, seal, salt, name) VALUES ($1, $2, $3, $4)
                            ON CONFLICT (station, seal) DO NOTHING
                            """, [station, .text(person.seal), .bytes(person.salt), .text(person.name)]
                        )
                    })
            }
        }
        sentPersons = Set(persons)
    }
}

extension PlantPusher {
    /// Holds entries that the plant has against this station's own, byte for byte, and sends those that are missing there.
    /// - Parameter range: sequence numbers; what lies above the plant's head is left to ``push()``.
    /// - Returns: how many were compared, and how many were missing and are there now.
    /// - Throws: ``PlantError/evidence(_:)`` when bytes differ: nothing is changed then.
    public func resend(_ range: Range<Int64>) async throws -> (compared: Int64, filled: Int64) {
        let identity = try await reader.station()
        guard let checkpoint = try await reader.checkpoint() else { throw PlantError.nothingSigned }
        let head = try await meet(identity, checkpoint)
        let range = range.clamped(to: 0..<head.size)
        var (compared, filled): (Int64, Int64) = (0, 0)
        for start in stride(from: range.lowerBound, to: range.upperBound, by: 4096) {
            let part = start..<min(start + 4096, range.upperBound)
            let entries = try await reader.entryBytes(part)
            let found = try await fill(entries, from: part.lowerBound, head)
            compared += Int64(entries.count)
            filled += found
        }
        return (compared, filled)
    }

    /// Compares; fills gaps when nothing contradicts.
    private func fill(_ entries: [[UInt8]], from first: Int64, _ head: PlantHead) async throws -> Int64 {
        let there = try await leaves(from: first, count: entries.count, head)
        let alarms = differences(entries, from: first, there, head)
        if !alarms.isEmpty {
            try await raise(alarms, head)
            throw PlantError.evidence(alarms)
        }
        let missing = entries.indices.filter { there[first + Int64($0)] == nil }
        guard !missing.isEmpty else { return 0 }
        let gap = PlantAlarm(
            .gap, station: head.station, subject: "\(first + Int64(missing[0]))",
            sentence:
                "\(missing.count) entries of \(head.station) from \(first + Int64(missing[0])) on were missing at the plant and were "
                + "sent again: somebody deleted them there, or the plant was restored in part",
            at: clock.utcMilliseconds())
        try await raise([gap], head)
        _ = try await session.perform { connection in
            try connection.changeAll(
                missing.map { index in
                    (
                        "INSERT INTO entry (station, seq, leaf, entry) VALUES ($1, $2, $3, $4) ON CONFLICT (station, seq) DO NOTHING",
                        [
                            .integer(Int64(head.number)), .integer(first + Int64(index)),
                            .bytes(TreeHash.leaf(entries[index]).bytes), .bytes(entries[index]),
                        ]
                    )
                })
        }
        return Int64(missing.count)
    }

    private func compare(_ arrival: Arrival, _ head: PlantHead) async throws -> [PlantAlarm] {
        let there = try await leaves(from: arrival.first, count: arrival.entries.count, head)
        return differences(arrival.entries, from: arrival.first, there, head)
    }

    private func leaves(from first: Int64, count: Int, _ head: PlantHead) async throws -> [Int64: (
        TreeHash?, [UInt8]
    )] {
        try await session.perform { connection in
            var there: [Int64: (TreeHash?, [UInt8])] = [:]
            try connection.stream(
                "SELECT seq, leaf, entry FROM entry WHERE station = $1 AND seq >= $2 AND seq < $3",
                [.integer(Int64(head.number)), .integer(first), .integer(first + Int64(count))]
            ) { row in
                there[row.integer(0) ?? -1] = (
                    row.bytes(1).flatMap { TreeHash(bytes: $0) }, row.bytes(2) ?? []
                )
            }
            return there
        }
    }

    private func differences(
        _ entries: [[UInt8]], from first: Int64, _ there: [Int64: (TreeHash?, [UInt8])], _ head: PlantHead
    ) -> [PlantAlarm] {
        let now = clock.utcMilliseconds()
        return entries.enumerated().compactMap { offset, bytes in
            let sequence = first + Int64(offset)
            guard let (leaf, found) = there[sequence], found != bytes || leaf != TreeHash.leaf(bytes) else {
                return nil
            }
            return PlantAlarm(
                .contradiction, station: head.station, subject: "\(sequence)",
                sentence: "entry \(sequence) of \(head.station) is another one at the plant (leaf "
                    + "\(TreeHash.leaf(found).hex.prefix(16)), the station's is \(TreeHash.leaf(bytes).hex.prefix(16))): neither was "
                    + "changed; see docs/plant.md, \"Contradictions\"", at: now)
        }
    }
}

/// Longer and longer pauses, each a little different from the others', so that forty stations do not knock together.
struct BackOff {
    private let first: Duration
    private let longest: Duration
    private var pause: Duration
    private var dice: SeededGenerator

    init(first: Duration, longest: Duration, seed: UInt64) {
        self.first = first
        self.longest = longest
        pause = first
        dice = SeededGenerator(seed: seed)
    }

    mutating func next() -> Duration {
        let now = pause
        pause = min(longest, pause * 2)
        return now * Double.random(in: 0.75...1.25, using: &dice)
    }

    mutating func reset() { pause = first }
}
