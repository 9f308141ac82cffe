import GRDB

extension PeopleBook {
    /// The clock may be this much behind what was seen (ms) without anybody having set it back: NTP does that.
    static let jitter: Int64 = 2000
    /// The latest time is written down at least so often, ms.
    static let noted: Int64 = 15_000

    /// Takes note of the time. A clock that went back gives nothing back: every session ends, tokens that had expired
    /// stay so, and who was locked out waits as long as before.
    func tick(_ db: Database) throws {
        let now = clock.utcMilliseconds()
        let kept = try kept(db)
        let last = max(kept, latest)
        if now < last - Self.jitter {
            try setBack(db, from: last, to: now)
            stepsSeen += 1
            latest = now
        } else {
            latest = max(now, last)
        }
        try db.execute(sql: "UPDATE latest SET at = ?, steps = ?", arguments: [latest, stepsSeen])
    }

    /// Whether there is nothing to take note of: the clock moved on, and not far since it was last written down.
    func isQuiet(_ db: Database) throws -> Bool {
        let now = clock.utcMilliseconds()
        let kept = try kept(db)
        guard now >= max(kept, latest) - Self.jitter, now < kept + Self.noted else { return false }
        latest = max(latest, now)
        return true
    }

    /// The latest time that was written down. When another process has found the clock set back since, what this one
    /// has seen before that counts no more.
    private func kept(_ db: Database) throws -> Int64 {
        guard let row = try Row.fetchOne(db, sql: "SELECT at, steps FROM latest") else { return latest }
        if stepsSeen != row["steps"] as Int64 {
            stepsSeen = row["steps"]
            latest = row["at"]
        }
        return row["at"]
    }

    private func setBack(_ db: Database, from last: Int64, to now: Int64) throws {
        try db.execute(sql: "DELETE FROM session")
        let ended = db.changesCount
        try db.execute(
            sql: "UPDATE token SET ended_at = ? WHERE ended_at IS NULL AND expires_at <= ?",
            arguments: [now, last])
        try db.execute(
            sql: "UPDATE attempt SET locked_until = locked_until - ?1, last_at = last_at - ?1",
            arguments: [last - now])
        try db.execute(sql: "DELETE FROM set_up_code")
        try note(
            db, at: now, .sessionsEnded, person: nil, by: Author(person: nil, place: "station"),
            detail: ["sessions": "\(ended)", "seconds_back": "\((last - now) / 1000)"])
    }
}
