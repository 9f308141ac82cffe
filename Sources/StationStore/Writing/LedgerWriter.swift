import ContentAddress
import Foundation
import GRDB
import Ledger

/// Puts a group of records into one transaction: entry, tree and projections together, each record for itself, so
/// that one which is refused takes no other with it.
///
/// `@unchecked Sendable` because every member is used only inside the pool's writer closure, which GRDB runs one at a
/// time on one queue.
final class LedgerWriter: @unchecked Sendable {
    private let path: String
    private let station: String
    private var key: StationKey
    private let sealer: PersonSealer
    private let checkpointInterval: Int64
    /// Where the last tree head is kept outside the database as well; nil for a draft.
    private let headFile: String?
    private var projector: Projector?
    private var kept: Statements?
    private var tree: GrowingTree
    private var lastCheckpoint: Checkpoint?
    private var sealedBundles: Int64 = 0
    /// Old entries can't be packed as they are: they stay in rows, for `audit verify` to name.
    private var sealsNoMore = false

    private struct Statements {
        let entry: HotStatement
        let node: HotStatement
        let savepoint: HotStatement
        let release: HotStatement
        let rollback: HotStatement

        init(_ db: Database) throws {
            entry = try HotStatement(db, "INSERT INTO ledger_entry (seq, leaf, entry) VALUES (?, ?, ?)")
            node = try HotStatement(db, "INSERT INTO ledger_node (level, position, hash) VALUES (?, ?, ?)")
            savepoint = try HotStatement(db, "SAVEPOINT entry")
            release = try HotStatement(db, "RELEASE entry")
            rollback = try HotStatement(db, "ROLLBACK TO entry")
        }
    }

    /// A piece of work in the queue.
    final class Pending: Sendable {
        enum Work: Sendable {
            case record(Record, json: [UInt8], kind: StaticString)
            case lease(order: String, device: String, wanted: String?)
            case content(ContentStored, bytes: [UInt8])
            case checkpoint
            case forget(name: String, by: Person?, place: String)
            case changeKey(KeyChange, StationKey, by: Person?, reason: String?, last: String?)
            /// Nothing but a place in the queue.
            case barrier
        }

        let work: Work
        /// UTC ms.
        let at: Int64
        /// The latest time before the clock was found set back, UTC ms.
        let setBackFrom: Int64?
        /// What the calendar should say by the monotonic clock, when it says something else, UTC ms.
        let doubt: ClockDoubted?
        let ticket: TicketState

        init(
            work: Work, at: Int64, setBackFrom: Int64?, doubt: ClockDoubted? = nil, ticket: TicketState
        ) {
            self.doubt = doubt
            self.work = work
            self.at = at
            self.setBackFrom = setBackFrom
            self.ticket = ticket
        }
    }

    init(
        _ db: Database, path: String, station: String, key: StationKey, sealer: PersonSealer,
        checkpointInterval: Int64, headFile: String?
    ) throws {
        self.path = path
        self.station = station
        self.key = key
        self.sealer = sealer
        self.checkpointInterval = checkpointInterval
        self.headFile = headFile
        projector = Projector(db)
        tree = try LedgerTables.growingTree(db, path: path)
        lastCheckpoint = try LedgerTables.lastCheckpoint(db, path: path)
        sealedBundles = try LedgerEntries.sealed(db) / LedgerEntries.width
    }

    /// Lets go of the connection's statements, so that it can be closed.
    func close() {
        projector = nil
        kept = nil
    }

    /// What was remembered of the projections may not hold any more, and a statement that has failed can't be run again.
    func forget() {
        projector?.forget()
        kept = nil
    }

    private func statements(_ db: Database) throws -> Statements {
        if let kept { return kept }
        let made = try Statements(db)
        kept = made
        return made
    }

    /// Writes a group and settles its tickets.
    /// - Returns: the error after which nothing more may be written, if there was one.
    func commit(_ group: [Pending], _ db: Database) -> StoreError? {
        let tree = tree
        let checkpoint = lastCheckpoint
        let key = key
        let sealedBundles = sealedBundles
        var outcomes: [Result<WriteOutcome, StoreError>] = []
        outcomes.reserveCapacity(group.count)
        do {
            guard let projector else { throw StoreError.closed }
            try db.beginTransaction(.immediate)
            let persons = try savePersons(db)
            var needsCheckpoint = false
            for pending in group {
                outcomes.append(try write(pending, db, projector, statements(db), &needsCheckpoint))
            }
            if needsCheckpoint || self.tree.size - (lastCheckpoint?.size ?? 0) >= checkpointInterval {
                try sign(db)
            }
            try sealOldEntries(db, since: tree.size)
            try db.commit()
            sealer.saved(persons)
            if let headFile, let lastCheckpoint, lastCheckpoint != checkpoint {
                HeadFile.write(lastCheckpoint, path: headFile)
            }
        } catch {
            // SQLite may have rolled back by itself already, on a full disk for instance.
            if db.isInsideTransaction { try? db.rollback() }
            self.tree = tree
            lastCheckpoint = checkpoint
            self.key = key
            self.sealedBundles = sealedBundles
            forget()
            let failure = StoreError.from(error, path: path)
            for pending in group { pending.ticket.settle(.failure(failure)) }
            return failure.endsWriting ? failure : nil
        }
        for (pending, outcome) in zip(group, outcomes) {
            var outcome = outcome
            switch pending.work {
            case .checkpoint:
                outcome = .success(lastCheckpoint.map(WriteOutcome.checkpoint) ?? .nothing)
            case .forget(let name, _, _):
                if case .success = outcome { sealer.forget(name) }
            default: break
            }
            pending.ticket.settle(outcome)
        }
        return nil
    }

    /// As many bundles as the group has filled, and a few more to catch up: what is left in rows stays small, and no group
    /// takes much longer than its own size makes it.
    private func sealOldEntries(_ db: Database, since size: Int64) throws {
        guard !sealsNoMore, tree.size / LedgerEntries.width > sealedBundles + Sealing.plainTiles,
            let signed = lastCheckpoint?.size
        else { return }
        let filled = tree.size / LedgerEntries.width - size / LedgerEntries.width
        do {
            try db.inSavepoint {
                try Sealing.seal(db, path: path, size: tree.size, signed: signed, most: Int(filled) + 4)
                return .commit
            }
        } catch StoreError.tampered {
            // Somebody or something changed what was hashed. That is found by verifying; a line does not stop for it, and
            // nothing that is wrong is packed away.
            sealsNoMore = true
        }
        sealedBundles = try LedgerEntries.sealed(db) / LedgerEntries.width
    }

    private func savePersons(_ db: Database) throws -> Int {
        let unsaved = sealer.unsaved
        for person in unsaved {
            try db.execute(
                sql: "INSERT INTO person (seal, salt, name) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                arguments: [person.seal.hex, Data(person.salt), person.name])
        }
        return unsaved.count
    }

    private func write(
        _ pending: Pending, _ db: Database, _ projector: Projector, _ statements: Statements,
        _ needsCheckpoint: inout Bool
    ) throws -> Result<WriteOutcome, StoreError> {
        if let from = pending.setBackFrom {
            let record = Record.clockSetBack(ClockSetBack(from: from, to: pending.at))
            try add(record, record.canonicalJSON, ClockSetBack.kind, at: pending.at, projector, statements)
        }
        if let doubt = pending.doubt {
            let record = Record.clockDoubted(doubt)
            try add(record, record.canonicalJSON, ClockDoubted.kind, at: pending.at, projector, statements)
        }
        switch pending.work {
        case .barrier:
            return .success(.nothing)
        case .checkpoint:
            needsCheckpoint = true
            return .success(.nothing)
        case .forget(let name, let by, let place):
            return try attempt(db, projector, statements) {
                let row = try Row.fetchOne(
                    db, sql: "SELECT seal FROM person WHERE name = ? AND salt <> zeroblob(32)",
                    arguments: [name])
                guard let seal: String = row?["seal"] else { throw StoreError.notFound("person \"\(name)\"") }
                let number =
                    (try Int64.fetchOne(db, sql: "SELECT max(number) FROM forgotten") ?? 0) + 1
                try db.execute(sql: "DELETE FROM person WHERE seal = ?", arguments: [seal])
                try db.execute(
                    sql: "INSERT INTO person (seal, salt, name) VALUES (?, zeroblob(32), ?)",
                    arguments: [seal, PersonSealer.forgottenPrefix + String(number)])
                let record = Record.personForgotten(PersonForgotten(number: number, by: by, place: place))
                return .receipt(
                    try add(
                        record, record.canonicalJSON, PersonForgotten.kind, at: pending.at, projector,
                        statements))
            }
        case .changeKey(let change, let new, let by, let reason, let last):
            // Whatever fails here fails for the group: the key may not change by half.
            let keys = try LogKeys(db, path: path)
            guard let old = keys.current else { throw StoreError.closed }
            let statement: KeyStatement
            do throws(NoteError) {
                statement = try KeyStatement(
                    change: change.rawValue, size: tree.size, old: old,
                    oldKey: key.verifier == old ? key : nil,
                    new: new)
            } catch { throw StoreError.signing(error) }
            let record = Record.keyChanged(
                KeyChanged(
                    change: change, verifierKey: new.verifier.text, note: statement.note.encoded, by: by,
                    reason: reason, last: last))
            try record.check()
            try add(record, record.canonicalJSON, KeyChanged.kind, at: pending.at, projector, statements)
            if change != .rotated { key = new }
            try sign(db)
            key = new
            return .success(lastCheckpoint.map(WriteOutcome.checkpoint) ?? .nothing)
        case .record(let record, let json, let kind):
            let result = try attempt(db, projector, statements) {
                .receipt(try add(record, json, kind, at: pending.at, projector, statements))
            }
            if case .success = result {
                switch record {
                case .runFinished, .stationCreated, .stationStopped, .orderClosed: needsCheckpoint = true
                default: break
                }
            }
            return result
        case .lease(let order, let device, let wanted):
            return try attempt(db, projector, statements) {
                let (serial, isNew) = try projector.serial(for: device, order: order, wanted: wanted)
                if isNew {
                    let record = Record.serialLeased(
                        SerialLeased(order: order, device: device, serial: serial))
                    try add(
                        record, record.canonicalJSON, SerialLeased.kind, at: pending.at, projector, statements
                    )
                }
                return .lease(SerialLease(serial: serial, order: order, device: device, isNew: isNew))
            }
        case .content(let content, let bytes):
            return try attempt(db, projector, statements) {
                try projector.execute(
                    """
                    INSERT INTO blob (digest, bytes)
                    SELECT ?1, ?2 WHERE NOT EXISTS (SELECT 1 FROM blob WHERE digest = ?1)
                    """, [content.digest.hex, Data(bytes)])
                let isKnown = try projector.row(
                    "SELECT 1 FROM content WHERE digest = ? AND name = ?", [content.digest.hex, content.name])
                if isKnown != nil { return .nothing }
                let record = Record.contentStored(content)
                return .receipt(
                    try add(
                        record, record.canonicalJSON, ContentStored.kind, at: pending.at, projector,
                        statements))
            }
        }
    }

    /// Carries one record out inside a savepoint. A refusal undoes it and becomes its own outcome; any other error is
    /// the whole group's.
    private func attempt(
        _ db: Database, _ projector: Projector, _ statements: Statements, _ body: () throws -> WriteOutcome
    ) throws -> Result<WriteOutcome, StoreError> {
        try statements.savepoint.run()
        let result: Result<WriteOutcome, StoreError>
        do {
            result = .success(try body())
        } catch let refusal as Refusal {
            result = .failure(.refused(refusal))
        } catch let error as StoreError {
            result = .failure(error)
        } catch let error as DatabaseError where error.resultCode == .SQLITE_CONSTRAINT {
            result = .failure(.refused(.constraint(error.message ?? "constraint")))
        }
        if case .failure = result {
            try statements.rollback.run()
            forget()
        }
        try statements.release.run()
        return result
    }

    /// Adds an entry at the end: projections first, because only they can refuse.
    @discardableResult
    private func add(
        _ record: Record, _ json: [UInt8], _ kind: StaticString, at: Int64, _ projector: Projector,
        _ statements: Statements
    ) throws -> Receipt {
        let sequence = tree.size
        try projector.apply(record, at: Projector.Place(sequence: sequence, at: at, station: station))
        let entry = EntryEnvelope.encode(
            sequence: sequence, at: at, station: station, kind: kind, record: json)
        let leaf = TreeHash.leaf(entry)
        statements.entry.bind(sequence, at: 1)
        try leaf.withUnsafeBytes { leaf in
            try entry.withUnsafeBytes { entry in
                statements.entry.bind(leaf, at: 2)
                statements.entry.bind(entry, at: 3)
                try statements.entry.run()
            }
        }
        for node in tree.append(leaf) {
            statements.node.bind(Int64(node.level), at: 1)
            statements.node.bind(node.index, at: 2)
            try node.hash.withUnsafeBytes { hash in
                statements.node.bind(hash, at: 3)
                try statements.node.run()
            }
        }
        return Receipt(sequence: sequence, at: at)
    }

    private func sign(_ db: Database) throws {
        guard tree.size > (lastCheckpoint?.size ?? 0) else { return }
        let checkpoint: Checkpoint
        do throws(NoteError) {
            checkpoint = try Checkpoint(size: tree.size, root: tree.root, signedBy: key)
        } catch {
            throw StoreError.signing(error)
        }
        try db.execute(
            sql: "INSERT INTO ledger_checkpoint (size, note) VALUES (?, ?)",
            arguments: [checkpoint.size, checkpoint.note.encoded])
        lastCheckpoint = checkpoint
    }
}
