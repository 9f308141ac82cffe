import ContentAddress
import GRDB

/// The count of failures: by badge, whether it exists or not, and by address. An attempt counts as failed from its
/// first moment and is taken back when it succeeds, so that many at once gain nothing.
extension PeopleBook {
    /// What failures are counted for.
    enum Subject {
        case badge(String)
        case address(String)

        /// Badges are hashed: a PIN that was typed into the wrong field must not lie here in the clear.
        var key: String {
            switch self {
            case .badge(let badge): "badge:" + SHA256Digest(of: Array(badge.utf8)).hex
            case .address(let address): "address:" + address.prefix(128)
            }
        }
    }

    /// Rows that are kept at most; the oldest without a lock make room.
    static let mostSubjects = 20_000

    func rules(for subject: Subject) -> PeopleRules.LockOut {
        switch subject {
        case .badge: rules.badge
        case .address: rules.address
        }
    }

    /// Lets an attempt through and counts it as a failure, or refuses it without counting.
    /// - Throws: ``PeopleError/lockedOut(milliseconds:)``
    func begin(_ subjects: [Subject], _ db: Database, _ now: Int64) throws {
        let wait =
            try subjects.map { subject in
                try Int64.fetchOne(
                    db, sql: "SELECT locked_until - ? FROM attempt WHERE subject = ?",
                    arguments: [now, subject.key]) ?? 0
            }.max() ?? 0
        guard wait <= 0 else { throw PeopleError.lockedOut(milliseconds: wait) }
        try db.execute(
            sql: """
                DELETE FROM attempt WHERE last_at < ?1 - ?2 OR (locked_until <= ?1 AND subject IN
                    (SELECT subject FROM attempt ORDER BY last_at DESC LIMIT -1 OFFSET ?3))
                """,
            arguments: [
                now, max(rules.badge.forgottenAfter, rules.address.forgottenAfter), Self.mostSubjects,
            ])
        for subject in subjects {
            let rule = rules(for: subject)
            let failures = try failures(subject, db, now) + 1
            try db.execute(
                sql: """
                    INSERT INTO attempt (subject, failures, last_at, locked_until) VALUES (?1, ?2, ?3, ?4)
                    ON CONFLICT DO UPDATE SET failures = ?2, last_at = ?3, locked_until = ?4
                    """,
                arguments: [subject.key, failures, now, now + rule.lock(after: failures)])
        }
    }

    /// The attempt was a success after all.
    func takeBack(_ subjects: [Subject], _ db: Database) throws {
        for subject in subjects {
            switch subject {
            case .badge:
                try db.execute(sql: "DELETE FROM attempt WHERE subject = ?", arguments: [subject.key])
            case .address:
                // Only this one attempt: who knows one PIN gets no more guesses at others by it.
                try db.execute(
                    sql: """
                        UPDATE attempt SET failures = max(0, failures - 1), locked_until = 0 WHERE subject = ?
                        """, arguments: [subject.key])
            }
        }
    }

    /// The attempt has failed. A lock that it brought is a fact for the record.
    func settleFailure(_ subjects: [Subject], user: String?, place: String, _ db: Database, _ now: Int64)
        throws
    {
        for subject in subjects {
            let failures = try failures(subject, db, now)
            let lock = rules(for: subject).lock(after: failures)
            guard lock > 0 else { continue }
            let (word, person): (String, String?) =
                switch subject {
                case .badge: ("badge", user)
                case .address: ("address", nil)
                }
            try note(
                db, at: now, .lockedOut, person: person, by: Author(person: nil, place: place),
                detail: ["failures": "\(failures)", "of": word, "seconds": "\(lock / 1000)"])
        }
    }

    private func failures(_ subject: Subject, _ db: Database, _ now: Int64) throws -> Int {
        try Int.fetchOne(
            db, sql: "SELECT failures FROM attempt WHERE subject = ? AND last_at >= ?",
            arguments: [subject.key, now - rules(for: subject).forgottenAfter]) ?? 0
    }
}
