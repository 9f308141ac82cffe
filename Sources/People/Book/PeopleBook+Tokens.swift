import GRDB

extension PeopleBook {
    /// A new API token.
    /// - Parameters:
    ///   - user: its owner; the token never may more than they at that time, and ends with them.
    ///   - name: what it is for.
    ///   - life: ms.
    /// - Returns: the text to be shown once; only its hash is kept.
    public func makeToken(
        for user: String, name: String, scopes: Set<Permission>, life: Int64, by author: Author
    ) throws -> (text: String, info: TokenInfo) {
        guard Self.isName(name) else {
            throw PeopleError.invalid(field: "Token name", found: name, allowed: Self.namesAllowed)
        }
        guard !scopes.isEmpty else {
            throw PeopleError.invalid(field: "Scopes", found: "", allowed: "at least one permission")
        }
        guard (60_000...rules.longestToken).contains(life) else {
            throw PeopleError.invalid(
                field: "Token life", found: "\(life / 86_400_000) days",
                allowed: "at most \(rules.longestToken / 86_400_000) days, and at least a minute")
        }
        let secret = try Secret.token()
        let id = try Secret.readable(characters: 10).lowercased()
        return try change { db, now in
            let owner = try require(user, db)
            guard owner.state != .removed else { throw PeopleError.removed(user) }
            if let beyond = scopes.subtracting(owner.role.permissions).map(\.rawValue).min() {
                throw PeopleError.invalid(
                    field: "Scope", found: beyond, allowed: "what \(user) may do as \(owner.role.rawValue)")
            }
            let words = scopes.map(\.rawValue).sorted().joined(separator: " ")
            try db.execute(
                sql: """
                    INSERT INTO token (id, user, name, hash, scopes, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [id, user, name, Secret.data(Secret.hash(secret)), words, now, now + life])
            try note(
                db, at: now, .tokenMade, person: user, by: author, detail: ["scopes": words, "token": id])
            guard let row = try Row.fetchOne(db, sql: "SELECT * FROM token WHERE id = ?", arguments: [id])
            else {
                throw PeopleError.unknownToken(id)
            }
            return ("bst_\(id)_\(secret)", Self.token(row))
        }
    }

    /// Who is behind an API token.
    /// - Parameter text: as it was shown.
    /// - Throws: ``PeopleError/noToken``
    public func caller(forToken text: String) throws -> Caller {
        guard text.utf8.count <= 256 else { throw PeopleError.noToken }
        let parts = text.split(separator: "_", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "bst" else { throw PeopleError.noToken }
        let (id, hash) = (String(parts[1]), Secret.hash(String(parts[2])))
        let quiet: Caller? = try read { db in
            guard try isQuiet(db) else { return nil }
            guard let row = try tokenRow(id, hash, db) else { throw PeopleError.noToken }
            let expires: Int64 = row["expires_at"]
            guard latest < expires, let used: Int64 = row["used_at"], latest - used < 60_000 else {
                return nil
            }
            return try Self.caller(row, .token(id), scopes: Self.scopes(row["scopes"]))
        }
        if let quiet { return quiet }
        let found: Caller? = try change { db, now in
            guard let row = try tokenRow(id, hash, db) else { return nil }
            guard now < row["expires_at"] as Int64 else {
                try db.execute(sql: "UPDATE token SET ended_at = ? WHERE id = ?", arguments: [now, id])
                return nil
            }
            try db.execute(sql: "UPDATE token SET used_at = ? WHERE id = ?", arguments: [now, id])
            return try Self.caller(row, .token(id), scopes: Self.scopes(row["scopes"]))
        }
        guard let found else { throw PeopleError.noToken }
        return found
    }

    private func tokenRow(_ id: String, _ hash: [UInt8], _ db: Database) throws -> Row? {
        let row = try Row.fetchOne(
            db,
            sql: """
                SELECT u.*, t.hash, t.scopes, t.expires_at, t.used_at FROM token t JOIN user u ON u.id = t.user
                WHERE t.id = ? AND t.ended_at IS NULL AND u.state = 'active'
                """, arguments: [id])
        guard let row, Secret.areEqual(Secret.bytes(row["hash"]), hash) else { return nil }
        return row
    }

    /// All tokens, of one user or of all, newest first; ended ones too.
    public func tokens(of user: String? = nil) throws -> [TokenInfo] {
        try read { db in
            try Row.fetchAll(
                db,
                sql: "SELECT * FROM token WHERE ?1 IS NULL OR user = ?1 ORDER BY created_at DESC, id",
                arguments: [user]
            ).map(Self.token)
        }
    }

    /// Ends a token.
    public func endToken(_ id: String, by author: Author) throws {
        try change { db, now in
            guard let row = try Row.fetchOne(db, sql: "SELECT * FROM token WHERE id = ?", arguments: [id])
            else {
                throw PeopleError.unknownToken(id)
            }
            guard row["ended_at"] as Int64? == nil else { return }
            try db.execute(sql: "UPDATE token SET ended_at = ? WHERE id = ?", arguments: [now, id])
            try note(db, at: now, .tokenEnded, person: row["user"], by: author, detail: ["token": id])
        }
    }

    private static func scopes(_ words: String) -> Set<Permission> {
        Set(words.split(separator: " ").compactMap { Permission(rawValue: String($0)) })
    }

    private static func token(_ row: Row) -> TokenInfo {
        TokenInfo(
            id: row["id"], user: row["user"], name: row["name"],
            scopes: Permission.allCases.filter(scopes(row["scopes"]).contains), createdAt: row["created_at"],
            expiresAt: row["expires_at"], endedAt: row["ended_at"], usedAt: row["used_at"])
    }
}
