import GRDB
import Ledger
import Synchronization
import TimeAndChance

/// One queue into the ledger for all slots. While a group is being made durable the next one gathers, so that however
/// many records come, each waits for about one commit.
final class GroupCommit: Sendable {
    private struct State {
        var waiting: [LedgerWriter.Pending] = []
        var isDraining = false
        var lastAt: Int64
        /// Calendar and monotonic clock when they were last believed to agree, ms.
        var agreed: (wall: Int64, monotonic: Int64)?
        var end: StoreError?
    }

    /// The clock may be this much behind the last entry (ms) without anybody having set it back: NTP does that.
    static let jitter: Int64 = 1000

    private let pool: DatabasePool
    private let writer: LedgerWriter
    private let sealer: PersonSealer
    private let clock: any WallClock
    private let station: String
    private let largestGroup: Int
    private let mostWaiting: Int
    private let state: Mutex<State>

    init(
        pool: DatabasePool, writer: LedgerWriter, sealer: PersonSealer, clock: any WallClock, station: String,
        lastAt: Int64, options: StationStore.Options
    ) {
        self.pool = pool
        self.writer = writer
        self.sealer = sealer
        self.clock = clock
        self.station = station
        largestGroup = max(1, options.largestGroup)
        mostWaiting = max(1, options.mostWaiting)
        state = Mutex(State(lastAt: lastAt))
    }

    /// Checks and encodes on the caller's core; the writer has to do only what needs the order.
    func enqueue(_ record: Record) -> TicketState {
        let ticket = TicketState()
        do throws(RecordFault) {
            try record.check()
            let sealed = record.sealed(by: sealer)
            let json = sealed.canonicalJSON
            guard json.count + station.utf8.count + 256 <= EntryEnvelope.longest else {
                throw RecordFault(
                    kind: record.kind, field: nil,
                    problem: "is \(json.count) bytes long; \(EntryEnvelope.longest - 512) are allowed")
            }
            enqueue(.record(sealed, json: json, kind: sealed.word), ticket)
        } catch {
            ticket.settle(.failure(.invalid(error)))
        }
        return ticket
    }

    /// The same person, sealed.
    func sealed(_ person: Person?) -> Person? {
        guard case .named(let name) = person else { return person }
        return .sealed(sealer.seal(name))
    }

    func enqueue(_ work: LedgerWriter.Pending.Work) -> TicketState {
        let ticket = TicketState()
        enqueue(work, ticket)
        return ticket
    }

    private func enqueue(_ work: LedgerWriter.Pending.Work, _ ticket: TicketState) {
        let (refusal, startsDraining) = state.withLock { state -> (StoreError?, Bool) in
            if let end = state.end { return (end, false) }
            guard state.waiting.count < mostWaiting else {
                return (.overloaded(waiting: state.waiting.count), false)
            }
            // The clock is read under the lock: the order of times is the order of entries.
            let now = clock.utcMilliseconds()
            var setBackFrom: Int64?
            if now < state.lastAt - Self.jitter {
                setBackFrom = state.lastAt
                state.lastAt = now
            } else {
                state.lastAt = max(state.lastAt, now)
            }
            let doubt = Self.doubt(now, clock.monotonicMilliseconds(), &state)
            state.waiting.append(
                LedgerWriter.Pending(
                    work: work, at: state.lastAt, setBackFrom: setBackFrom,
                    doubt: setBackFrom == nil ? doubt : nil, ticket: ticket))
            if state.isDraining { return (nil, false) }
            state.isDraining = true
            return (nil, true)
        }
        if let refusal { return ticket.settle(.failure(refusal)) }
        if startsDraining { pool.asyncWriteWithoutTransaction { db in self.drain(db) } }
    }

    /// Whether the calendar moved otherwise than time passed since the two agreed, so that many small steps count as the
    /// large one that they are. NTP may slew by 500 millionths; twice that is allowed, and five seconds at any time.
    private static func doubt(_ wall: Int64, _ monotonic: Int64?, _ state: inout State) -> ClockDoubted? {
        guard let monotonic else { return nil }
        guard let agreed = state.agreed, monotonic >= agreed.monotonic else {
            state.agreed = (wall, monotonic)
            return nil
        }
        let passed = monotonic - agreed.monotonic
        let expected = agreed.wall + passed
        guard abs(wall - expected) > max(5000, passed / 1000) else { return nil }
        // Said once; from here on the calendar is taken as it is now.
        state.agreed = (wall, monotonic)
        return ClockDoubted(source: "monotonic", expected: expected, found: wall)
    }

    private func drain(_ db: Database) {
        while let group = nextGroup() {
            guard let end = writer.commit(group, db) else { continue }
            let rest = state.withLock { state -> [LedgerWriter.Pending] in
                state.end = end
                state.isDraining = false
                defer { state.waiting = [] }
                return state.waiting
            }
            for pending in rest { pending.ticket.settle(.failure(end)) }
            return
        }
    }

    private func nextGroup() -> [LedgerWriter.Pending]? {
        state.withLock { state in
            guard !state.waiting.isEmpty else {
                state.isDraining = false
                return nil
            }
            guard state.waiting.count > largestGroup else {
                defer { state.waiting = [] }
                return state.waiting
            }
            defer { state.waiting.removeFirst(largestGroup) }
            return Array(state.waiting.prefix(largestGroup))
        }
    }

    /// Takes no more work.
    func end(_ error: StoreError) {
        state.withLock { state in
            if state.end == nil { state.end = error }
        }
    }

    /// Lets go of the connection's statements. Runs on the writer's queue, between groups, as its parameter shows.
    func letGo(_: Database) { writer.close() }

    /// The projections were made anew. Runs on the writer's queue, between groups, as its parameter shows.
    func forget(_: Database) { writer.forget() }
}
