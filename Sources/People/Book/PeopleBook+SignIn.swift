import GRDB

extension PeopleBook {
    /// Lets somebody in who has a badge and knows its PIN.
    /// - Parameters:
    ///   - place: the remote address, without a port.
    /// - Throws: ``PeopleError/refused``, ``PeopleError/lockedOut(milliseconds:)``, ``PeopleError/userLocked``,
    ///   ``PeopleError/busy``
    public func signIn(badge: String, pin: String, from place: String) async throws -> SignedIn {
        // Longer ones can't be right, and would only cost time.
        guard badge.utf8.count <= 256, pin.utf8.count <= 256 else { throw PeopleError.refused }
        let subjects: [Subject] = [.badge(badge), .address(place)]
        let (user, kept) = try change { db, now in
            try begin(subjects, db, now)
            let row = try Row.fetchOne(
                db, sql: "SELECT id, pin FROM user WHERE badge = ? AND state <> 'removed'",
                arguments: [badge])
            return (row?["id"] as String?, (row?["pin"] as String?).flatMap(PINHash.init(text:)))
        }
        // Whether there is such a badge must not show in the time it takes to say no.
        let (cost, isRight) = try await check(pin, against: kept)
        guard isRight, let user, let kept else {
            try change { db, now in
                try settleFailure(subjects, user: user, place: place, db, now)
            }
            throw PeopleError.refused
        }
        let renewed = kept.cost == cost ? nil : try await hash(pin)
        return try change { db, now in
            // In the meantime the user may have been removed, locked, or given another PIN.
            guard let row = try Row.fetchOne(db, sql: "SELECT * FROM user WHERE id = ?", arguments: [user]),
                row["pin"] as String? == kept.description
            else { throw PeopleError.refused }
            try takeBack(subjects, db)
            guard row["state"] as String == User.State.active.rawValue else {
                throw PeopleError.userLocked
            }
            if let renewed {
                try db.execute(
                    sql: "UPDATE user SET pin = ? WHERE id = ?", arguments: [renewed.description, user])
            }
            let session = try Secret.token()
            try db.execute(
                sql: "INSERT INTO session (hash, user, place, created_at, seen_at) VALUES (?, ?, ?, ?, ?)",
                arguments: [Secret.data(Secret.hash(session)), user, place, now, now])
            try db.execute(
                sql: """
                    DELETE FROM session WHERE seen_at < ?1 OR created_at < ?2 OR hash IN
                        (SELECT hash FROM session WHERE user = ?3 ORDER BY created_at DESC, seen_at DESC LIMIT -1 OFFSET ?4)
                    """,
                arguments: [now - rules.idle, now - rules.longestSession, user, rules.mostSessions])
            try note(db, at: now, .signedIn, person: user, by: Author(person: user, place: place))
            let csrf = Secret.csrf(session: session)
            return SignedIn(
                session: session, csrf: csrf, caller: try Self.caller(row, .session(csrf: csrf)),
                endsAt: now + rules.longestSession)
        }
    }

    /// Who is behind a session.
    /// - Parameters:
    ///   - token: what the cookie holds.
    ///   - counts: whether this is a sign of life; a page that only keeps a connection open is none.
    /// - Throws: ``PeopleError/noSession``
    public func caller(forSession token: String, counts: Bool = true) throws -> Caller {
        guard token.utf8.count <= 256 else { throw PeopleError.noSession }
        let hash = Secret.data(Secret.hash(token))
        // Nearly always nothing has to be written.
        let quiet: Caller? = try read { db in
            guard try isQuiet(db) else { return nil }
            guard let row = try session(hash, db) else { throw PeopleError.noSession }
            let seen: Int64 = row["seen_at"]
            guard isAlive(row, latest), !counts || latest - seen < Self.noted else { return nil }
            return try Self.caller(row, .session(csrf: Secret.csrf(session: token)))
        }
        if let quiet { return quiet }
        let found: Caller? = try change { db, now in
            guard let row = try session(hash, db) else { return nil }
            guard isAlive(row, now) else {
                try db.execute(sql: "DELETE FROM session WHERE hash = ?", arguments: [hash])
                return nil
            }
            if counts {
                try db.execute(sql: "UPDATE session SET seen_at = ? WHERE hash = ?", arguments: [now, hash])
            }
            return try Self.caller(row, .session(csrf: Secret.csrf(session: token)))
        }
        guard let found else { throw PeopleError.noSession }
        return found
    }

    private func session(_ hash: some DatabaseValueConvertible, _ db: Database) throws -> Row? {
        try Row.fetchOne(
            db,
            sql: """
                SELECT u.*, s.created_at AS began_at, s.seen_at FROM session s JOIN user u ON u.id = s.user
                WHERE s.hash = ? AND u.state = 'active'
                """, arguments: [hash])
    }

    private func isAlive(_ row: Row, _ now: Int64) -> Bool {
        let (began, seen): (Int64, Int64) = (row["began_at"], row["seen_at"])
        return now - seen < rules.idle && now - began < rules.longestSession
    }

    /// Ends a session; no error when there is none.
    public func signOut(session token: String, from place: String) throws {
        let hash = Secret.data(Secret.hash(token))
        try change { db, now in
            let user = try String.fetchOne(
                db, sql: "SELECT user FROM session WHERE hash = ?", arguments: [hash])
            guard let user else { return }
            try db.execute(sql: "DELETE FROM session WHERE hash = ?", arguments: [hash])
            try note(db, at: now, .signedOut, person: user, by: Author(person: user, place: place))
        }
    }

    /// - Returns: what a PIN costs from now on, and whether this one is right; takes as long when nothing is kept.
    func check(_ pin: String, against kept: PINHash?) async throws -> (PINHash.Cost, Bool) {
        let cost = cost
        let isRight = try await bench.work { () throws(PeopleError) -> Bool in
            if let kept { return kept.matches(pin) }
            _ = PINHash.derive(pin, [UInt8](repeating: 0, count: 16), cost)
            return false
        }
        return (cost, isRight)
    }

    func hash(_ pin: String) async throws -> PINHash {
        let cost = cost
        return try await bench.work { () throws(PeopleError) -> PINHash in try PINHash(of: pin, cost: cost) }
    }

    static func caller(_ row: Row, _ means: Caller.Means, scopes: Set<Permission>? = nil) throws -> Caller {
        guard let role = Role(rawValue: row["role"]) else { throw PeopleError.noSession }
        let mustChange: Bool = row["must_change"]
        var permissions = role.permissions
        if let scopes { permissions.formIntersection(scopes) }
        return Caller(
            id: row["id"], name: row["name"], role: role, permissions: mustChange ? [] : permissions,
            means: means, language: row["language"], mustChangePIN: mustChange)
    }
}
