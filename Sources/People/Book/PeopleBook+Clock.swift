import GRDB

extension PeopleBook {
    /// The clock may be this much behind what was seen (ms) without anybody having set it back: NTP does that.
    static let jitter: Int64 = 2000
    /// The latest time is written down at least so often, ms.
    static let noted: Int64 = 15_000

    /// The time now. A clock that went back gives nothing back: every session ends, tokens that had expired stay so, and
    /// who was locked out waits as long as before.
    func tick(_ db: Database) throws -> Int64 {
        let now = clock.utcMilliseconds()
        let kept = try Int64.fetchOne(db, sql: "SELECT at FROM latest") ?? now
        // Another process has seen the clock go back and has done what there is to do.
        if kept < latest - Self.jitter, now <= kept + Self.noted * 4 { latest = kept }
        let last = max(kept, latest)
        if now < last - Self.jitter {
            try setBack(db, from: last, to: now)
        }
        if now < last - Self.jitter || now > kept {
            try db.execute(sql: "UPDATE latest SET at = ?", arguments: [now])
        }
        latest = now < last - Self.jitter ? now : max(now, last)
        return latest
    }

    /// Whether a read may go on without writing: the clock moved on, and not far since it was last written down.
    func isQuiet(_ db: Database) throws -> Bool {
        let now = clock.utcMilliseconds()
        let kept = try Int64.fetchOne(db, sql: "SELECT at FROM latest") ?? now
        guard now >= max(kept, latest) - Self.jitter, now < kept + Self.noted, kept >= latest - Self.noted * 2
        else { return false }
        latest = max(latest, now)
        return true
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
