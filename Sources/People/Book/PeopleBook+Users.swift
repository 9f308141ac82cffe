import GRDB

extension PeopleBook {
    static let namesAllowed = "1 to 128 bytes without control characters"
    static let badgesAllowed = "1 to 64 printable ASCII characters without spaces"

    /// All users, removed ones too, by ID.
    public func users() throws -> [User] {
        try read { db in try Row.fetchAll(db, sql: "SELECT * FROM user ORDER BY id").compactMap(Self.user) }
    }

    /// - Throws: ``PeopleError/unknownUser(_:)``
    public func user(_ id: String) throws -> User {
        try read { db in try require(id, db) }
    }

    /// A random PIN that the rules accept, to be told to its owner and changed by them.
    public func randomPIN() throws -> String {
        while true {
            let pin = try Secret.digits(rules.shortestPIN)
            if rules.fault(inPIN: pin, badge: nil) == nil { return pin }
        }
    }

    /// Who this badge and PIN belong to, for one act and without a session; failures count as for ``signIn(badge:pin:from:)``.
    public func identify(badge: String, pin: String, from place: String) async throws -> User {
        let entered = try await signIn(badge: badge, pin: pin, from: place)
        try signOut(session: entered.session, from: place)
        return try user(entered.caller.id)
    }

    /// Whether somebody is there who can manage people.
    public func hasAdministrator() throws -> Bool { try read(hasAdmin) }

    /// Adds somebody.
    /// - Parameters:
    ///   - pin: nil for one who can't sign in, such as a machine that only has tokens.
    ///   - temporary: they have to change the PIN before anything else.
    public func add(_ user: NewUser, pin: String?, temporary: Bool = true, by author: Author) async throws {
        if let fault = Self.fault(in: user) { throw fault }
        if let pin, let fault = rules.fault(inPIN: pin, badge: user.badge) { throw fault }
        let kept = pin == nil ? nil : try await hash(pin ?? "")
        try change { db, now in
            try insert(user, kept, temporary: temporary, db, now)
            try note(
                db, at: now, .userAdded, person: user.id, by: author, detail: ["role": user.role.rawValue])
        }
    }

    func insert(_ user: NewUser, _ pin: PINHash?, temporary: Bool, _ db: Database, _ now: Int64) throws {
        if try Row.fetchOne(db, sql: "SELECT 1 FROM user WHERE id = ? COLLATE NOCASE", arguments: [user.id])
            != nil
        {
            throw PeopleError.userExists(user.id)
        }
        try requireFree(user.badge, for: user.id, db)
        try db.execute(
            sql: """
                INSERT INTO user (id, name, badge, role, pin, must_change, state, language, created_at, changed_at)
                VALUES (?, ?, ?, ?, ?, ?, 'active', ?, ?, ?)
                """,
            arguments: [
                user.id, user.name, user.badge, user.role.rawValue, pin?.description,
                pin != nil && temporary, user.language, now, now,
            ])
    }

    /// Gives a user another role. Open sessions and tokens have its permissions from now on.
    public func setRole(_ role: Role, of id: String, by author: Author) throws {
        try change { db, now in
            let user = try requirePresent(id, db)
            guard user.role != role else { return }
            if role != .admin { try requireAnotherAdmin(than: user, db) }
            try db.execute(
                sql: "UPDATE user SET role = ?, changed_at = ? WHERE id = ?",
                arguments: [role.rawValue, now, id])
            try note(
                db, at: now, .roleChanged, person: id, by: author,
                detail: ["from": user.role.rawValue, "to": role.rawValue])
        }
    }

    /// Gives a user another badge, or takes it away (nil).
    public func setBadge(_ badge: String?, of id: String, by author: Author) throws {
        if let badge, !Self.isBadge(badge) {
            throw PeopleError.invalid(field: "Badge", found: badge, allowed: Self.badgesAllowed)
        }
        try change { db, now in
            let user = try requirePresent(id, db)
            guard user.badge != badge else { return }
            if badge == nil { try requireAnotherAdmin(than: user, db) }
            try requireFree(badge, for: id, db)
            try db.execute(
                sql: "UPDATE user SET badge = ?, changed_at = ? WHERE id = ?", arguments: [badge, now, id])
            try endSessions(of: id, db)
            try note(
                db, at: now, .badgeChanged, person: id, by: author,
                detail: ["badge": badge == nil ? "taken" : "given"])
        }
    }

    /// What screens call them, and in which language.
    public func setName(_ name: String, language: String?, of id: String) throws {
        guard Self.isName(name) else {
            throw PeopleError.invalid(field: "Name", found: name, allowed: Self.namesAllowed)
        }
        try change { db, now in
            _ = try requirePresent(id, db)
            try db.execute(
                sql: "UPDATE user SET name = ?, language = ?, changed_at = ? WHERE id = ?",
                arguments: [name, language, now, id])
        }
    }

    /// Sets somebody's PIN for them; their sessions end, and failures of their badge are forgiven.
    public func resetPIN(_ pin: String, of id: String, temporary: Bool = true, by author: Author) async throws
    {
        let user = try user(id)
        if let fault = rules.fault(inPIN: pin, badge: user.badge) { throw fault }
        let kept = try await hash(pin)
        try change { db, now in
            let user = try requirePresent(id, db)
            try db.execute(
                sql: "UPDATE user SET pin = ?, must_change = ?, changed_at = ? WHERE id = ?",
                arguments: [kept.description, temporary, now, id])
            try endSessions(of: id, db)
            if let badge = user.badge { try takeBack([.badge(badge)], db) }
            try note(db, at: now, .pinChanged, person: id, by: author, detail: ["by": "administrator"])
        }
    }

    /// Changes one's own PIN. Every session of the user but this one ends.
    /// - Throws: ``PeopleError/refused`` when the old PIN is wrong, which counts as a failed sign-in.
    public func changePIN(session token: String, from old: String, to new: String, at place: String)
        async throws
    {
        let caller = try caller(forSession: token)
        let user = try user(caller.id)
        if let fault = rules.fault(inPIN: new, badge: user.badge) { throw fault }
        guard new != old else {
            throw PeopleError.invalid(field: "PIN", found: "the old one", allowed: "another one than before")
        }
        let subjects: [Subject] = [.badge(user.badge ?? user.id), .address(place)]
        let kept = try change { db, now in
            try begin(subjects, db, now)
            return try String.fetchOne(db, sql: "SELECT pin FROM user WHERE id = ?", arguments: [user.id])
        }
        let (_, isRight) = try await check(old, against: kept.flatMap(PINHash.init(text:)))
        guard isRight else {
            try change { db, now in try settleFailure(subjects, user: user.id, place: place, db, now) }
            throw PeopleError.refused
        }
        let renewed = try await hash(new)
        try change { db, now in
            try db.execute(
                sql: "UPDATE user SET pin = ?, must_change = 0, changed_at = ? WHERE id = ? AND pin = ?",
                arguments: [renewed.description, now, user.id, kept])
            guard db.changesCount == 1 else { throw PeopleError.refused }
            try takeBack(subjects, db)
            try db.execute(
                sql: "DELETE FROM session WHERE user = ? AND hash <> ?",
                arguments: [user.id, Secret.data(Secret.hash(token))])
            try note(
                db, at: now, .pinChanged, person: user.id, by: Author(person: user.id, place: place),
                detail: ["by": "self"])
        }
    }

    /// Keeps somebody out; sessions end and tokens don't work until ``unlock(_:by:)``.
    public func lock(_ id: String, by author: Author) throws {
        try change { db, now in
            let user = try requirePresent(id, db)
            guard user.state == .active else { return }
            try requireAnotherAdmin(than: user, db)
            try setState(.locked, of: id, db, now)
            try endSessions(of: id, db)
            try note(db, at: now, .userLocked, person: id, by: author)
        }
    }

    /// Lets somebody in again, also after too many wrong PINs.
    public func unlock(_ id: String, by author: Author) throws {
        try change { db, now in
            let user = try requirePresent(id, db)
            if let badge = user.badge { try takeBack([.badge(badge)], db) }
            if user.state == .locked { try setState(.active, of: id, db, now) }
            try note(db, at: now, .userUnlocked, person: id, by: author)
        }
    }

    /// Somebody has left: badge, PIN, name, sessions and tokens are gone; the ID stays taken.
    public func remove(_ id: String, by author: Author) throws {
        try change { db, now in
            let user = try requirePresent(id, db)
            try requireAnotherAdmin(than: user, db)
            try db.execute(
                sql: """
                    UPDATE user SET state = 'removed', badge = NULL, pin = NULL, name = id, must_change = 0, language = NULL,
                        changed_at = ? WHERE id = ?
                    """, arguments: [now, id])
            try endSessions(of: id, db)
            try db.execute(
                sql: "UPDATE token SET ended_at = ? WHERE user = ? AND ended_at IS NULL",
                arguments: [now, id])
            if let badge = user.badge { try takeBack([.badge(badge)], db) }
            try note(db, at: now, .userRemoved, person: id, by: author)
        }
    }

    /// Takes every trace of somebody out of this file, overwriting it; facts about them that aren't in the record yet
    /// keep the act and lose the person.
    /// - Returns: whether there was one.
    @discardableResult
    public func forget(_ id: String) throws -> Bool {
        let wasThere = try change { db, _ in
            if let user = try Row.fetchOne(db, sql: "SELECT * FROM user WHERE id = ?", arguments: [id])
                .flatMap(Self.user), user.state != .removed
            {
                try requireAnotherAdmin(than: user, db)
                if let badge = user.badge { try takeBack([.badge(badge)], db) }
            }
            try db.execute(sql: "DELETE FROM user WHERE id = ?", arguments: [id])
            let wasThere = db.changesCount > 0
            try db.execute(sql: "UPDATE fact SET person = NULL WHERE person = ?", arguments: [id])
            try db.execute(sql: "UPDATE fact SET by = NULL WHERE by = ?", arguments: [id])
            return wasThere
        }
        do {
            try queue.writeWithoutTransaction { db in
                try db.execute(sql: "VACUUM")
                try db.checkpoint(.truncate)
            }
        } catch { throw Self.said(error, path) }
        return wasThere
    }

    // MARK: Inside

    func require(_ id: String, _ db: Database) throws -> User {
        guard
            let user = try Row.fetchOne(db, sql: "SELECT * FROM user WHERE id = ?", arguments: [id])
                .flatMap(Self.user)
        else { throw PeopleError.unknownUser(id) }
        return user
    }

    private func requirePresent(_ id: String, _ db: Database) throws -> User {
        let user = try require(id, db)
        guard user.state != .removed else { throw PeopleError.removed(id) }
        return user
    }

    /// Refuses to shut everybody out: somebody has to be left who can manage people.
    private func requireAnotherAdmin(than user: User, _ db: Database) throws {
        guard user.role == .admin else { return }
        let others =
            try Int.fetchOne(
                db,
                sql: """
                    SELECT count(*) FROM user WHERE role = 'admin' AND state = 'active' AND pin IS NOT NULL
                        AND badge IS NOT NULL AND id <> ?
                    """, arguments: [user.id]) ?? 0
        guard others > 0 else { throw PeopleError.lastAdmin(user.id) }
    }

    private func requireFree(_ badge: String?, for id: String, _ db: Database) throws {
        guard let badge else { return }
        let holder = try String.fetchOne(
            db, sql: "SELECT id FROM user WHERE badge = ? AND id <> ?", arguments: [badge, id])
        if let holder { throw PeopleError.badgeTaken(by: holder) }
    }

    private func setState(_ state: User.State, of id: String, _ db: Database, _ now: Int64) throws {
        try db.execute(
            sql: "UPDATE user SET state = ?, changed_at = ? WHERE id = ?",
            arguments: [state.rawValue, now, id])
    }

    private func endSessions(of id: String, _ db: Database) throws {
        try db.execute(sql: "DELETE FROM session WHERE user = ?", arguments: [id])
    }

    static func isName(_ name: String) -> Bool {
        (1...128).contains(name.utf8.count) && name.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
    }

    static func isBadge(_ badge: String) -> Bool {
        (1...64).contains(badge.utf8.count) && badge.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }

    static func fault(in user: NewUser) -> PeopleError? {
        let isID =
            (1...64).contains(user.id.utf8.count)
            && user.id.utf8.allSatisfy { unit in
                switch unit {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
                default: false
                }
            }
        guard isID else {
            return .invalid(
                field: "User ID", found: user.id, allowed: "1 to 64 letters, digits, '.', '_' and '-'")
        }
        guard isName(user.name) else {
            return .invalid(field: "Name", found: user.name, allowed: namesAllowed)
        }
        if let badge = user.badge, !isBadge(badge) {
            return .invalid(field: "Badge", found: badge, allowed: badgesAllowed)
        }
        return nil
    }

    static func user(_ row: Row) -> User? {
        guard let role = Role(rawValue: row["role"]), let state = User.State(rawValue: row["state"]) else {
            return nil
        }
        return User(
            id: row["id"], name: row["name"], badge: row["badge"], role: role, state: state,
            hasPIN: row["pin"] as String? != nil, mustChangePIN: row["must_change"],
            language: row["language"], createdAt: row["created_at"])
    }
}
