import Foundation
import HTTPTypes
import People

extension Sources {
    /// Signing in and out, users, API tokens.
    func peopleRoutes(isSecure: Bool) -> [Route] {
        [
            Route(.post, "/api/v1/setup", "setUp", .everybody, .actsWithoutKey, largestBody: 4096) {
                exchange in
                var fields = try exchange.fields()
                let code = try fields.required("code")
                let user = try newUser(&fields, role: .admin)
                let pin = try fields.required("pin", longest: 128)
                try fields.finish()
                try await people.setUp(code: code, admin: user, pin: pin, from: exchange.remote)
                try await journal.carry()
                return .json(try await people.user(user.id), status: .created)
            },
            Route(.post, "/api/v1/session", "signIn", .everybody, .actsWithoutKey, largestBody: 4096) {
                exchange in
                var fields = try exchange.fields()
                let badge = try fields.required("badge", longest: 256)
                let pin = try fields.required("pin", longest: 256)
                try fields.finish()
                let signedIn = try await people.signIn(badge: badge, pin: pin, from: exchange.remote)
                try await journal.carry()
                var answer = Answer.json(
                    SessionView(Visitor(signedIn.caller), csrf: signedIn.csrf, endsAt: signedIn.endsAt))
                answer.headers[.setCookie] =
                    "\(StationGate.cookie)=\(signedIn.session); Path=/; HttpOnly; SameSite=Strict"
                    + (isSecure ? "; Secure" : "")
                answer.headers[.cacheControl] = "no-store"
                return answer
            },
            Route(.get, "/api/v1/session", "getSession", .everybody) { exchange in
                guard let visitor = exchange.caller, !visitor.isGuest else {
                    throw Problem(.signIn, "Nobody is signed in here.")
                }
                var csrf: String?
                if case .session(let text)? = visitor.caller?.means { csrf = text }
                return .json(SessionView(visitor, csrf: csrf, endsAt: nil))
            },
            Route(.delete, "/api/v1/session", "signOut", .everybody, .actsWithoutKey) { exchange in
                if let session = StationGate.session(in: exchange.headers) {
                    try await people.signOut(session: session, from: exchange.remote)
                    try await journal.carry()
                }
                var answer = Answer(status: .noContent)
                answer.headers[.setCookie] =
                    "\(StationGate.cookie)=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict"
                return answer
            },
            Route(.post, "/api/v1/session/pin", "changePIN", .everybody, .actsWithoutKey, largestBody: 4096) {
                exchange in
                guard let session = StationGate.session(in: exchange.headers) else {
                    throw Problem(.signIn, "Sign in with badge and PIN first.")
                }
                var fields = try exchange.fields()
                let old = try fields.required("old", longest: 256)
                let new = try fields.required("new", longest: 128)
                try fields.finish()
                try await people.changePIN(session: session, from: old, to: new, at: exchange.remote)
                try await journal.carry()
                return Answer(status: .noContent)
            },
            Route(.get, "/api/v1/users", "listUsers", .needs(.managePeople)) { _ in
                .json(Listing(items: try await people.users()))
            },
            Route(.post, "/api/v1/users", "addUser", .needs(.managePeople), .acts) { exchange in
                var fields = try exchange.fields()
                guard let role = try fields.word("role", Role.self) else {
                    throw Problem(.field, "role is missing.", field: "role")
                }
                let user = try newUser(&fields, role: role)
                let pin = try fields.text("pin", longest: 128)
                try fields.finish()
                try await people.add(user, pin: pin, by: exchange.author)
                try await journal.carry()
                return .json(try await people.user(user.id), status: .created)
            },
            Route(.get, "/api/v1/users/{user}", "getUser", .needs(.managePeople)) { exchange in
                .json(try await people.user(exchange.parameter("user")))
            },
            Route(.post, "/api/v1/users/{user}", "changeUser", .needs(.managePeople), .acts) { exchange in
                try await change(exchange)
            },
            Route(.delete, "/api/v1/users/{user}", "removeUser", .needs(.managePeople), .acts) { exchange in
                try await people.remove(exchange.parameter("user"), by: exchange.author)
                try await journal.carry()
                return Answer(status: .noContent)
            },
            Route(.get, "/api/v1/tokens", "listTokens", .needs(.manageTokens)) { _ in
                .json(Listing(items: try await people.tokens()))
            },
            Route(.post, "/api/v1/tokens", "makeToken", .needs(.manageTokens), .actsWithoutKey) { exchange in
                try await makeToken(exchange)
            },
            Route(.delete, "/api/v1/tokens/{token}", "endToken", .needs(.manageTokens), .acts) { exchange in
                try await people.endToken(exchange.parameter("token"), by: exchange.author)
                try await journal.carry()
                return Answer(status: .noContent)
            },
        ]
    }

    var journal: PeopleJournal { PeopleJournal(people: people, store: store) }

    private func newUser(_ fields: inout BodyFields, role: Role) throws(Problem) -> NewUser {
        NewUser(
            id: try fields.required("id"), name: try fields.text("name", longest: 256) ?? "",
            badge: try fields.text("badge", longest: 256), role: role,
            language: try fields.text("language", longest: 16))
    }

    private func change(_ exchange: Exchange) async throws -> Answer {
        let id = exchange.parameter("user")
        var fields = try exchange.fields()
        let role = try fields.word("role", Role.self)
        let badge = try fields.text("badge", longest: 256)
        let pin = try fields.text("pin", longest: 128)
        let locked = try fields.flag("locked")
        try fields.finish()
        if let role { try await people.setRole(role, of: id, by: exchange.author) }
        if let badge { try await people.setBadge(badge, of: id, by: exchange.author) }
        if let pin { try await people.resetPIN(pin, of: id, by: exchange.author) }
        if locked == true { try await people.lock(id, by: exchange.author) }
        if locked == false { try await people.unlock(id, by: exchange.author) }
        try await journal.carry()
        return .json(try await people.user(id))
    }

    private func makeToken(_ exchange: Exchange) async throws -> Answer {
        var fields = try exchange.fields()
        let user = try fields.required("user")
        let name = try fields.required("name", longest: 256)
        let words = try fields.texts("scopes") ?? []
        let days = try fields.number("days", 1...732) ?? 90
        try fields.finish()
        let scopes = try words.map { word throws(Problem) -> Permission in
            guard let scope = Permission(rawValue: word) else {
                throw Problem(
                    .field,
                    "scopes takes \(Permission.allCases.map(\.rawValue).joined(separator: ", ")), found “\(word.shown)”.",
                    field: "scopes")
            }
            return scope
        }
        let made = try await people.makeToken(
            for: user, name: name, scopes: Set(scopes),
            life: Int64(days) * 86_400_000, by: exchange.author)
        try await journal.carry()
        var answer = Answer.json(TokenView(token: made.text, info: made.info), status: .created)
        answer.headers[.cacheControl] = "no-store"
        return answer
    }
}

/// Who is signed in.
struct SessionView: Encodable, Sendable {
    var id: String
    var name: String
    var role: String
    var permissions: [String]
    var language: String?
    var mustChangePIN: Bool
    var csrf: String?
    /// UTC ms.
    var endsAt: Int64?

    init(_ visitor: Visitor, csrf: String?, endsAt: Int64?) {
        id = visitor.id
        name = visitor.name
        role = visitor.role
        permissions = visitor.permissions.map(\.rawValue).sorted()
        language = visitor.caller?.language
        mustChangePIN = visitor.caller?.mustChangePIN ?? false
        self.csrf = csrf
        self.endsAt = endsAt
    }
}

/// A new token; its secret is shown this once.
struct TokenView: Encodable, Sendable {
    var token: String
    var info: TokenInfo
}

extension Exchange {
    var author: Author { Author(person: caller?.id, place: remote) }
}

extension Problem {
    init(_ error: PeopleError) {
        switch error {
        case .refused, .setUpRefused: self.init(.badge, "\(error)")
        case .lockedOut(let milliseconds):
            self.init(
                .limit, "\(error)", headers: [.retryAfter: String(max(1, (milliseconds + 999) / 1000))])
        case .busy: self.init(.limit, "\(error)", headers: [.retryAfter: "3"])
        case .userLocked: self.init(.role, "\(error)")
        case .noSession, .noToken: self.init(.signIn, "\(error)")
        case .unknownUser, .unknownToken: self.init(.notFound, "\(error)")
        case .userExists, .badgeTaken, .lastAdmin, .removed: self.init(.refused, "\(error)")
        case .invalid(let field, _, _): self.init(.field, "\(error)", field: field.lowercased())
        case .exposed, .unreadable, .newer, .noRandomNumbers:
            self.init(.internalFault, "The book of people can't be used. The log says more.")
        }
    }
}
