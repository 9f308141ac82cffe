/// Somebody who has shown who they are, and what they may do right now.
public struct Caller: Sendable, Equatable {
    /// How they showed it.
    public enum Means: Sendable, Equatable {
        /// A session in a browser, with the text that its forms and scripts have to send back.
        case session(csrf: String)
        /// An API token, by its ID.
        case token(String)
    }

    /// The user's ID: goes into the record, sealed.
    public let id: String
    /// What they are called on screens.
    public let name: String
    public let role: Role
    /// The role's permissions; with a token those of its scopes that the role still has; none while the PIN has to be
    /// changed first.
    public let permissions: Set<Permission>
    public let means: Means
    /// `en`, `zh-Hans`, …; nil leaves it to the browser.
    public let language: String?
    /// The PIN was set by somebody else: only changing it is allowed.
    public let mustChangePIN: Bool

    /// Whether this caller may do that.
    public func may(_ permission: Permission) -> Bool { permissions.contains(permission) }

    /// Whether a request that changes something may be believed to come from the caller's own page. Tokens need no such
    /// proof: no browser sends them by itself.
    /// - Parameter presented: the header or form field of the request.
    public func accepts(csrf presented: String?) -> Bool {
        switch means {
        case .token: true
        case .session(let csrf): presented.map { Secret.areEqual($0, csrf) } ?? false
        }
    }
}

/// What a successful sign-in gives.
public struct SignedIn: Sendable {
    /// For the cookie; is kept nowhere else and can't be shown again.
    public let session: String
    /// For forms and scripts.
    public let csrf: String
    public let caller: Caller
    /// The session ends at the latest then, UTC ms.
    public let endsAt: Int64
}

/// Who does something to users, and where: for the record.
public struct Author: Sendable, Equatable {
    /// User ID, or the name of the account at the console; nil for nobody who has shown who they are.
    public let person: String?
    /// Remote address, slot, or `console`.
    public let place: String

    public init(person: String?, place: String) {
        self.person = person
        self.place = place
    }
}
