import ContentAddress
import GRDB
import Ledger

/// Lays records out in the projection tables, entry by entry, and refuses what contradicts them. The same code runs
/// when a station writes and when its ledger is replayed, so a replay must come to the same rows.
///
/// Bound to one connection and used on its queue only.
final class Projector {
    let db: Database
    var stepNames: [String: Int64] = [:]
    var measurands: [MeasurandKey: Int64] = [:]
    /// Runs that are known to be open: only this connection can end one.
    var openRuns: Set<RunID> = []
    var shared = SharedRows()
    private var kept: StepStatements?

    /// Where a record stands.
    struct Place {
        let sequence: Int64
        let at: Int64
        let station: String
    }

    init(_ db: Database) {
        self.db = db
    }

    /// Statements that run for every step.
    func statements() throws -> StepStatements {
        if let kept { return kept }
        let made = try StepStatements(db)
        kept = made
        return made
    }

    /// Forgets what was learnt about rows that a rolled-back savepoint took away, and the statements: one that has
    /// failed can't be run again.
    func forget() {
        kept = nil
        openRuns.removeAll(keepingCapacity: true)
        stepNames.removeAll(keepingCapacity: true)
        measurands.removeAll(keepingCapacity: true)
        shared.forget()
    }

    /// - Throws: ``Refusal``, or `DatabaseError`; the caller rolls back what was written until then.
    func apply(_ record: Record, at place: Place) throws {
        if case .stepFinished(let step) = record { return try apply(step, place) }
        var run: RunID?
        var device: String?
        var mayBeLate = false
        switch record {
        case .stationCreated(let body): try apply(body, place)
        case .stationStarted(let body): try apply(body, place)
        case .stationStopped(let body): try apply(body, place)
        case .contentStored(let body): try apply(body, place)
        case .clockSetBack(let body): try apply(body, place)
        case .orderOpened(let body): try apply(body, place)
        case .orderClosed(let body): try apply(body, place)
        case .serialsGranted(let body): try apply(body, place)
        case .serialLeased(let body): try apply(body, place); device = body.device
        case .serialConfirmed(let body):
            try apply(body, place); (run, device, mayBeLate) = (body.run, body.device, true)
        case .serialReturned(let body): try apply(body, place); device = body.device
        case .runStarted(let body): try apply(body, place); run = RunID(rawValue: place.sequence)
        case .unitIdentified(let body): try apply(body, place); run = body.run
        case .actIntended(let body): try apply(body, place); run = body.run
        case .actFinished(let body): try apply(body, place); run = body.run
        case .stepFinished: break
        case .attachmentAdded(let body): try apply(body, place); run = body.run
        case .labelPrinted(let body): try apply(body, place); (run, mayBeLate) = (body.run, true)
        case .blessingAnswered(let body): try apply(body, place); (run, mayBeLate) = (body.run, true)
        case .runFinished(let body): try apply(body, place); run = body.run
        case .unitQuarantined(let body):
            try apply(body, place); (run, device, mayBeLate) = (body.run, body.device, true)
        case .unitReleased(let body): try apply(body, place); device = body.device
        case .note(let body):
            try apply(body, place); (run, device, mayBeLate) = (body.run, body.device, true)
        case .personActed(let body): try apply(body, place)
        case .personForgotten(let body): try apply(body, place)
        case .configurationChanged(let body): try apply(body, place)
        case .orderLocked(let body): try apply(body, place)
        case .orderUnlocked(let body): try apply(body, place)
        case .keyChanged(let body): try apply(body, place)
        case .clockDoubted(let body): try apply(body, place)
        case .archiveWritten(let body): try apply(body, place)
        }
        try note(record.kind, run: run, device: device, mayBeLate: mayBeLate, place)
    }

    func execute(_ sql: String, _ arguments: StatementArguments) throws {
        try db.cachedStatement(sql: sql).execute(arguments: arguments)
    }

    func row(_ sql: String, _ arguments: StatementArguments) throws -> Row? {
        try Row.fetchOne(db.cachedStatement(sql: sql), arguments: arguments)
    }

    func rows(_ sql: String, _ arguments: StatementArguments) throws -> [Row] {
        try Row.fetchAll(db.cachedStatement(sql: sql), arguments: arguments)
    }

    func value<Value: DatabaseValueConvertible>(_ sql: String, _ arguments: StatementArguments) throws
        -> Value?
    {
        try Value.fetchOne(db.cachedStatement(sql: sql), arguments: arguments)
    }

    /// The seal of somebody; nil for nobody.
    func seal(_ person: Person?) -> String? {
        guard case .sealed(let seal) = person else { return nil }
        return seal.hex
    }

    // MARK: The station itself

    private func apply(_ body: StationCreated, _ place: Place) throws {
        guard place.sequence == 0 else { throw Refusal.ledgerBegun }
        try execute(
            "INSERT INTO station (seq, name, vkey, program, created_at) VALUES (?, ?, ?, ?, ?)",
            [place.sequence, place.station, body.verifierKey, body.program, place.at])
        try execute(
            "INSERT INTO log_key (seq, change, origin, vkey) VALUES (?, 'created', ?, ?)",
            [
                place.sequence, String(body.verifierKey.prefix { $0 != "+" }), body.verifierKey,
            ])
    }

    private func apply(_ body: StationStarted, _ place: Place) throws {
        try execute(
            "INSERT INTO session (seq, started_at, program, detail) VALUES (?, ?, ?, ?)",
            [place.sequence, place.at, body.program, Self.json(body.detail)])
    }

    private func apply(_ body: StationStopped, _ place: Place) throws {
        try execute(
            """
            UPDATE session SET stopped_seq = ?, stopped_at = ?, reason = ?
            WHERE seq = (SELECT max(seq) FROM session) AND stopped_seq IS NULL
            """,
            [place.sequence, place.at, body.reason])
        guard db.changesCount == 1 else { throw Refusal.notStarted }
    }

    private func apply(_ body: ContentStored, _ place: Place) throws {
        try execute(
            "INSERT INTO content (digest, name, size, media_type, seq) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            [body.digest.hex, body.name, body.size, body.mediaType, place.sequence])
    }

    private func apply(_ body: ClockSetBack, _ place: Place) throws {
        try execute(
            "INSERT INTO clock_set_back (seq, from_at, to_at) VALUES (?, ?, ?)",
            [place.sequence, body.from, body.to])
    }

    private func apply(_ body: Note, _ place: Place) throws {
        if let run = body.run { try requireRun(run) }
        try execute(
            "INSERT INTO note (seq, at, text, by_whom, run, device) VALUES (?, ?, ?, ?, ?, ?)",
            [place.sequence, place.at, body.text, seal(body.by), body.run?.rawValue, body.device])
    }

    /// A table of texts as the database keeps it.
    static func json(_ table: [String: String]) -> String {
        var writer = CanonicalJSONWriter()
        writer.strings(table)
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}
