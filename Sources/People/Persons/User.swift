/// A user as administrators see them; nothing in it is secret.
public struct User: Sendable, Equatable, Codable {
    /// Whether they may come in.
    public enum State: String, Sendable, Codable, CaseIterable {
        case active
        /// Kept out by an administrator.
        case locked
        /// Has left. The ID stays taken, so that the record never means two people by it.
        case removed
    }

    public let id: String
    public let name: String
    public let badge: String?
    public let role: Role
    public let state: State
    /// There is a PIN, so they can sign in.
    public let hasPIN: Bool
    public let mustChangePIN: Bool
    public let language: String?
    /// UTC ms.
    public let createdAt: Int64
}

/// Somebody to be added.
public struct NewUser: Sendable, Equatable {
    /// 1 to 64 letters, digits, `.`, `_`, `-`: how the record calls them.
    public var id: String
    /// What screens call them; the ID when empty.
    public var name: String
    public var badge: String?
    public var role: Role
    public var language: String?

    public init(id: String, name: String = "", badge: String? = nil, role: Role, language: String? = nil) {
        self.id = id
        self.name = name.isEmpty ? id : name
        self.badge = badge
        self.role = role
        self.language = language
    }
}

/// An API token as administrators see it; the secret part is kept nowhere.
public struct TokenInfo: Sendable, Equatable, Codable {
    public let id: String
    /// User ID of its owner; it never may more than they.
    public let user: String
    /// What it is for.
    public let name: String
    public let scopes: [Permission]
    /// UTC ms.
    public let createdAt: Int64
    /// UTC ms.
    public let expiresAt: Int64
    /// UTC ms; nil while it may be used.
    public let endedAt: Int64?
    /// UTC ms, to the minute; nil when it never was.
    public let usedAt: Int64?
}
