import GRDB

extension PeopleBook {
    /// A new one-time code with which the first administrator is made; nil when there is one who can sign in. Printed by
    /// the service when it starts; one that was printed before doesn't work any more.
    public func setUpCode() throws -> String? {
        let code = try Secret.readable(characters: 16)
        let isNeeded = try change { db, now in
            guard try !hasAdmin(db) else { return false }
            try db.execute(
                sql: """
                    INSERT INTO set_up_code (one, hash, expires_at) VALUES (1, ?1, ?2)
                    ON CONFLICT DO UPDATE SET hash = ?1, expires_at = ?2
                    """, arguments: [Secret.data(Secret.hash(code)), now + rules.setUpCodeLife])
            return true
        }
        guard isNeeded else { return nil }
        return stride(from: 0, to: 16, by: 4).map { String(code.dropFirst($0).prefix(4)) }
            .joined(separator: "-")
    }

    /// Makes the first administrator.
    /// - Parameter code: as printed; case, spaces and dashes don't matter, and I, L, O are read as 1, 1, 0.
    /// - Throws: ``PeopleError/setUpRefused``, ``PeopleError/lockedOut(milliseconds:)``, ``PeopleError/invalid(field:found:allowed:)``
    public func setUp(code: String, admin: NewUser, pin: String, from place: String) async throws {
        var admin = admin
        admin.role = .admin
        if let fault = Self.fault(in: admin) { throw fault }
        guard admin.badge != nil else {
            throw PeopleError.invalid(field: "Badge", found: "", allowed: Self.badgesAllowed)
        }
        if let fault = rules.fault(inPIN: pin, badge: admin.badge) { throw fault }
        let typed = Secret.hash(Self.normal(code))
        try change { db, now in try begin([.address(place)], db, now) }
        let kept = try await hash(pin)
        let isDone = try change { db, now in
            let row = try Row.fetchOne(db, sql: "SELECT * FROM set_up_code")
            guard let row, now < row["expires_at"] as Int64, try !hasAdmin(db),
                Secret.areEqual(Secret.bytes(row["hash"]), typed)
            else {
                try settleFailure([.address(place)], user: nil, place: place, db, now)
                return false
            }
            try takeBack([.address(place)], db)
            try insert(admin, kept, temporary: false, db, now)
            try db.execute(sql: "DELETE FROM set_up_code")
            try note(
                db, at: now, .userAdded, person: admin.id, by: Author(person: admin.id, place: place),
                detail: ["role": Role.admin.rawValue, "with": "set-up code"])
            return true
        }
        guard isDone else { throw PeopleError.setUpRefused }
    }

    func hasAdmin(_ db: Database) throws -> Bool {
        try Row.fetchOne(
            db,
            sql:
                "SELECT 1 FROM user WHERE role = 'admin' AND state <> 'removed' AND pin IS NOT NULL AND badge IS NOT NULL"
        ) != nil
    }

    private static func normal(_ code: String) -> String {
        String(
            code.uppercased().compactMap { character -> Character? in
                switch character {
                case "I", "L": "1"
                case "O": "0"
                case "-", " ": nil
                default: character
                }
            })
    }
}
