import GRDB

/// A change of configuration, as the record has it.
public struct ConfigurationRow: Codable, Equatable, Sendable {
    /// The entry.
    public var sequence: Int64
    /// UTC ms.
    public var at: Int64
    /// A word of ``ConfigurationChange``.
    public var change: String
    /// SHA-256, hex.
    public var revision: String
    /// Nil when nobody is named.
    public var by: String?
    public var place: String
    /// The name of the key that signed.
    public var signedBy: String?
    public var reason: String?
}

/// An act of a person, as the record has it.
public struct PersonActRow: Codable, Equatable, Sendable {
    public var sequence: Int64
    /// UTC ms.
    public var at: Int64
    /// A word of ``PersonAct``.
    public var act: String
    public var by: String?
    public var person: String?
    public var place: String
    /// JSON object.
    public var detail: String
}

extension StationReader {
    /// The last change of this kind; nil when there was none.
    public func lastConfiguration(_ change: ConfigurationChange) async throws -> ConfigurationRow? {
        try await configurations(change, limit: 1).first
    }

    /// Changes of configuration, newest first.
    public func configurations(_ change: ConfigurationChange? = nil, limit: Int = 100) async throws
        -> [ConfigurationRow]
    {
        try await ask { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT c.*, p.name AS by_name, s.name AS signer_name FROM configuration_change c
                        LEFT JOIN person p ON p.seal = c.by_whom LEFT JOIN person s ON s.seal = c.signed_by
                    WHERE ?1 IS NULL OR c.change = ?1 ORDER BY c.seq DESC LIMIT ?2
                    """, arguments: [change?.rawValue, limit]
            ).map { row in
                ConfigurationRow(
                    sequence: row["seq"], at: row["at"], change: row["change"], revision: row["revision"],
                    by: row["by_name"], place: row["place"], signedBy: row["signer_name"],
                    reason: row["reason"])
            }
        }
    }

    /// The revision to which a work order is pinned, hex; nil when it is not.
    public func orderLock(_ order: String) async throws -> String? {
        try await ask { db in
            try String.fetchOne(
                db, sql: "SELECT revision FROM order_lock WHERE work_order = ? AND released_seq IS NULL",
                arguments: [order])
        }
    }

    /// What people did, newest first; whom nobody remembers any more is "forgotten person #n".
    public func personActs(limit: Int = 100) async throws -> [PersonActRow] {
        try await ask { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT a.*, b.name AS by_name, p.name AS person_name FROM person_act a
                        LEFT JOIN person b ON b.seal = a.by_whom LEFT JOIN person p ON p.seal = a.person
                    ORDER BY a.seq DESC LIMIT ?
                    """, arguments: [limit]
            ).map { row in
                PersonActRow(
                    sequence: row["seq"], at: row["at"], act: row["act"], by: row["by_name"],
                    person: row["person_name"], place: row["place"], detail: row["detail"])
            }
        }
    }
}
