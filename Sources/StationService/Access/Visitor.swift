import People

/// Who asks, however they showed it.
struct Visitor: Sendable, Equatable {
    private enum Kind: Sendable, Equatable {
        case person(Caller)
        case console
        case guest
    }

    private let kind: Kind
    let permissions: Set<Permission>

    /// Somebody who signed in, or a machine with a token.
    init(_ caller: Caller) {
        kind = .person(caller)
        permissions = caller.permissions
    }

    private init(_ kind: Kind, _ permissions: Set<Permission>) {
        self.kind = kind
        self.permissions = permissions
    }

    /// The command line on this machine: who can read the token's file can read the database too.
    static let console = Visitor(.console, Set(Permission.allCases))

    /// Nobody, where the station lets people look without signing in.
    static let guest = Visitor(.guest, guestPermissions)

    static let guestPermissions: Set<Permission> = [.watchLine, .readRecord, .readProofs, .readConfiguration]

    /// The person behind it, when there is one.
    var caller: Caller? {
        if case .person(let caller) = kind { caller } else { nil }
    }

    /// For the record.
    var id: String {
        switch kind {
        case .person(let caller): caller.id
        case .console: "console"
        case .guest: "guest"
        }
    }

    /// For screens.
    var name: String {
        switch kind {
        case .person(let caller): caller.name
        case .console: "The command line"
        case .guest: "A guest"
        }
    }

    var role: String {
        switch kind {
        case .person(let caller): caller.role.rawValue
        case .console: "console"
        case .guest: "guest"
        }
    }

    /// How they showed it, for the record: tokens by their IDs, sessions by nothing that could be used again.
    var means: String {
        switch kind {
        case .person(let caller):
            if case .token(let id) = caller.means { "token \(id)" } else { "session" }
        case .console: "console"
        case .guest: "guest"
        }
    }

    var isGuest: Bool { kind == .guest }

    /// Whether a request that changes something may be believed to come from the visitor's own page; only browsers'
    /// sessions need a proof.
    func accepts(csrf: String?) -> Bool {
        switch kind {
        case .person(let caller): caller.accepts(csrf: csrf)
        case .console, .guest: true
        }
    }
}
