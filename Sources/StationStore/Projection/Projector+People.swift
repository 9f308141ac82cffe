import ContentAddress
import Ledger

/// People, configuration, keys and archives.
extension Projector {
    func apply(_ body: PersonActed, _ place: Place) throws {
        try execute(
            """
            INSERT INTO person_act (seq, at, act, by_whom, person, place, detail, happened_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                place.sequence, place.at, body.act.rawValue, seal(body.by), seal(body.person), body.place,
                Self.json(body.detail), body.happenedAt,
            ])
    }

    func apply(_ body: PersonForgotten, _ place: Place) throws {
        let last: Int64 = try value("SELECT coalesce(max(number), 0) FROM forgotten", []) ?? 0
        guard body.number == last + 1 else { throw Refusal.personNotKnown }
        try execute(
            "INSERT INTO forgotten (number, seq, at, by_whom) VALUES (?, ?, ?, ?)",
            [body.number, place.sequence, place.at, seal(body.by)])
    }

    func apply(_ body: ConfigurationChanged, _ place: Place) throws {
        try execute(
            """
            INSERT INTO configuration_change (seq, at, change, revision, by_whom, place, signed_by, signer, reason)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                place.sequence, place.at, body.change.rawValue, body.revision.hex, seal(body.by), body.place,
                seal(body.signedBy), body.signer?.hex, body.reason,
            ])
    }

    func apply(_ body: OrderLocked, _ place: Place) throws {
        let held: String? = try value(
            "SELECT revision FROM order_lock WHERE work_order = ? AND released_seq IS NULL", [body.order])
        if let held { throw Refusal.orderLockedTo(order: body.order, revision: held) }
        try execute(
            "INSERT INTO order_lock (seq, at, work_order, revision, by_whom) VALUES (?, ?, ?, ?, ?)",
            [place.sequence, place.at, body.order, body.revision.hex, seal(body.by)])
    }

    func apply(_ body: OrderUnlocked, _ place: Place) throws {
        try execute(
            """
            UPDATE order_lock SET released_seq = ?, released_at = ?, released_by = ?, release_reason = ?
            WHERE work_order = ? AND released_seq IS NULL
            """,
            [place.sequence, place.at, seal(body.by), body.reason, body.order])
        guard db.changesCount == 1 else { throw Refusal.orderNotLocked(body.order) }
    }

    /// A key is one of the log's only if the statement in the entry leads to it from the one before.
    func apply(_ body: KeyChanged, _ place: Place) throws {
        let current: String? = try value("SELECT vkey FROM log_key ORDER BY seq DESC LIMIT 1", [])
        let statement: KeyStatement
        do throws(NoteError) { statement = try KeyStatement(parsing: body.note) } catch {
            throw Refusal.keyStatement(error.description)
        }
        guard statement.change == body.change.rawValue, statement.size == place.sequence,
            statement.new.text == body.verifierKey, statement.old.text == current
        else { throw Refusal.keyStatement("it doesn't lead from the present key to this one, here") }
        try execute(
            """
            INSERT INTO log_key (seq, change, origin, vkey, note, last, by_whom, reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                place.sequence, body.change.rawValue, statement.origin, body.verifierKey, body.note,
                body.last, seal(body.by), body.reason,
            ])
    }

    func apply(_ body: ArchiveWritten, _ place: Place) throws {
        let before: Int64 = try value("SELECT coalesce(max(entries), 0) FROM archive", []) ?? 0
        guard (before...place.sequence).contains(body.entries) else {
            throw Refusal.archiveEnd(entries: body.entries, before: before)
        }
        try execute(
            "INSERT INTO archive (seq, at, entries, digest, bytes, file) VALUES (?, ?, ?, ?, ?, ?)",
            [place.sequence, place.at, body.entries, body.digest.hex, body.bytes, body.file])
    }

    func apply(_ body: ClockDoubted, _ place: Place) throws {
        try execute(
            "INSERT INTO clock_doubt (seq, source, expected, found) VALUES (?, ?, ?, ?)",
            [place.sequence, body.source, body.expected, body.found])
    }
}
