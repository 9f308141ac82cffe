import ContentAddress
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore

/// What Hummingbird hands over with each request.
struct StationContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// The client's address without its port.
    let remote: String

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        remote = source.channel.remoteAddress?.ipAddress ?? "local"
    }
}

/// Turns requests into answers: finds the route, finds out who asks, reads the body within its limits, does things
/// once, and puts every error into words.
struct StationResponder: HTTPResponder {
    typealias Context = StationContext

    let table: RouteTable
    let gate: any Gate
    let keys: IdempotencyKeys
    let journal: ActJournal
    let hosts: HostRule
    let metrics: ServiceMetrics
    let isSecure: Bool
    /// A refusal as a page, for somebody at a browser.
    var problemPage: (@Sendable (Problem, Request, _ remote: String) async -> Answer)?
    /// How long a body may take to arrive.
    var patience = Duration.seconds(15)

    func respond(to request: Request, context: StationContext) async throws -> Response {
        await answer(request, from: context.remote, context.logger).response
    }

    /// The answer to a request that came from an address.
    func answer(_ request: Request, from remote: String, _ logger: Logger) async -> Answer {
        let began = ContinuousClock.now
        var name = "none"
        var answer: Answer
        do {
            try hosts.check(request)
            let (route, parameters, path) = try find(request)
            name = route.name
            answer = try await self.answer(request, remote, logger, route, parameters, path)
        } catch {
            let problem = Self.problem(error, logger)
            // A person is shown the way; a program is told.
            if problem.code == .signIn, name.hasPrefix("page") {
                answer = .toSignIn(from: request.head.path ?? "/")
            } else if let problemPage, Self.wantsPage(request) {
                answer = await problemPage(problem, request, remote)
            } else {
                answer = problem.answer
            }
        }
        if request.method == .head {
            // The same head as a GET, and nothing after it.
            if case .bytes(let bytes) = answer.body { answer.headers[.contentLength] = String(bytes.count) }
            answer.body = .none
        }
        harden(&answer)
        metrics.answered(name, request.method.rawValue, answer.status.code, ContinuousClock.now - began)
        return answer
    }

    /// Whether a person at a browser reads the answer: programs ask for what lies under /api, or for JSON.
    private static func wantsPage(_ request: Request) -> Bool {
        guard request.method == .get || request.method == .head else { return false }
        let path = request.uri.path
        return request.headers[.accept]?.contains("text/html") == true && !path.hasPrefix("/api/")
            && !path.hasPrefix("/assets/")
    }

    // MARK: Steps

    private func find(_ request: Request) throws(Problem) -> (Route, [String: String], [String]) {
        let path = try Self.segments(request.uri.path)
        switch table.find(request.method, path) {
        case .found(let route, let parameters): return (route, parameters, path)
        case .otherMethod(let methods):
            let allowed = methods.map(\.rawValue).sorted().joined(separator: ", ")
            throw Problem(
                .method, "\(request.method.rawValue) is not for this address; it takes \(allowed).",
                headers: [.allow: allowed])
        case .none:
            throw Problem(.path, "There is nothing at /\(path.joined(separator: "/").shown).")
        }
    }

    private func answer(
        _ request: Request, _ remote: String, _ logger: Logger, _ route: Route,
        _ parameters: [String: String], _ path: [String]
    ) async throws -> Answer {
        let query = try Self.query(request, route)
        let caller = try await gate.caller(of: request.headers, from: remote)
        try Self.allow(caller, route)
        if route.effect != .reads, let caller, !caller.accepts(csrf: request.headers[.csrfToken]) {
            throw Problem(
                .csrf,
                "Requests of a signed-in browser need the X-CSRF-Token that the sign-in gave. Reload the page."
            )
        }
        var body: [UInt8] = []
        if route.method != .get {
            try Self.checkMediaType(request, route)
            body = try await read(request, route)
        }
        let exchange = Exchange(
            route: route, path: path, parameters: parameters, query: query, headers: request.headers,
            body: body,
            caller: caller, remote: remote)
        guard route.effect == .acts else {
            let answer = try await route.answer(exchange)
            if route.effect == .reads { return answer.tagged(request.headers) }
            _ = try await journal.write(exchange, answer)?.receipt
            return answer
        }
        return try await once(exchange, logger)
    }

    private func once(_ exchange: Exchange, _ logger: Logger) async throws -> Answer {
        guard let key = exchange.headers[.idempotencyKey], IdempotencyKeys.isKey(key) else {
            throw Problem(
                .key,
                "Send an Idempotency-Key header of 8 to 128 visible characters, a new one for each act, the same one when repeating it."
            )
        }
        let who = exchange.caller?.id ?? "guest"
        let fingerprint = IdempotencyKeys.fingerprint(
            exchange.route.method, exchange.path, exchange.body)
        switch try await keys.take(key, caller: who, request: fingerprint) {
        case .answered(let answer): return answer
        case .reused:
            throw Problem(
                .keyReused, "This Idempotency-Key was sent with another request before. Take a new one.")
        case .open:
            throw Problem(
                .keyBusy,
                "The first request with this Idempotency-Key has no answer: it is under way, or the station was stopped in it. Look at the slot, then take a new key."
            )
        case .new: break
        }
        var answer: Answer
        do {
            answer = try await exchange.route.answer(exchange)
            // Written while the key's answer is: two files, one wait.
            let entry = journal.write(exchange, answer)
            try await keys.keep(answer, for: key, caller: who)
            _ = try await entry?.receipt
            return answer
        } catch {
            answer = Self.problem(error, logger).answer
        }
        try await keys.keep(answer, for: key, caller: who)
        return answer
    }

    private func read(_ request: Request, _ route: Route) async throws -> [UInt8] {
        if let text = request.headers[.contentLength], let length = Int(text), length > route.largestBody {
            throw Self.tooLarge(route)
        }
        let body = request.body
        let limit = route.largestBody
        let patience = patience
        return try await withThrowingTaskGroup(of: [UInt8].self) { group in
            group.addTask {
                var bytes: [UInt8] = []
                for try await part in body {
                    guard bytes.count + part.readableBytes <= limit else { throw Self.tooLarge(route) }
                    bytes += part.readableBytesView
                }
                return bytes
            }
            group.addTask {
                try await Task.sleep(for: patience)
                throw Problem(
                    .tooSlow, "The body did not arrive within \(patience.components.seconds) seconds.",
                    headers: [.connection: "close"])
            }
            defer { group.cancelAll() }
            return try await group.next() ?? []
        }
    }

    private static func tooLarge(_ route: Route) -> Problem {
        Problem(
            .tooLarge, "A body may have at most \(route.largestBody) bytes here.",
            headers: [.connection: "close"])
    }

    private static func allow(_ caller: Visitor?, _ route: Route) throws(Problem) {
        guard case .needs(let permission) = route.access else { return }
        guard let caller else {
            throw Problem(
                .signIn,
                "Sign in with badge and PIN, or send an API token as “Authorization: Bearer …”.",
                headers: [.wwwAuthenticate: "Bearer realm=\"blessing station\""])
        }
        guard caller.permissions.contains(permission) else {
            if caller.isGuest {
                throw Problem(
                    .signIn, "Looking is free here; for this, sign in with badge and PIN or an API token.",
                    headers: [.wwwAuthenticate: "Bearer realm=\"blessing station\""])
            }
            throw Problem(
                .role,
                "\(caller.name.shown) (\(caller.role)) lacks the permission \(permission.rawValue). Ask somebody who has it."
            )
        }
    }

    private static func checkMediaType(_ request: Request, _ route: Route) throws(Problem) {
        guard let type = request.headers[.contentType] else {
            // Without a body nothing has to be said about it.
            if request.headers[.contentLength].map({ $0 == "0" })
                ?? (request.headers[.transferEncoding] == nil)
            {
                return
            }
            throw Problem(
                .mediaType, "Say what the body is: Content-Type: \(route.mediaTypes.sorted()[0]).")
        }
        let bare = type.prefix { $0 != ";" }.lowercased().filter { $0 != " " }
        guard !route.mediaTypes.contains(bare) else { return }
        throw Problem(
            .mediaType,
            "The body must be \(route.mediaTypes.sorted().joined(separator: " or ")) here, found \(bare.shown)."
        )
    }

    /// The path's parts, decoded; anything that could mean more than it says is refused.
    static func segments(_ path: String) throws(Problem) -> [String] {
        guard path.utf8.count <= 2048 else { throw Problem(.path, "The address is too long.") }
        var segments: [String] = []
        for part in path.split(separator: "/", omittingEmptySubsequences: true) {
            guard let text = String(part).removingPercentEncoding else {
                throw Problem(.path, "The address is not well-formed.")
            }
            guard text != ".", text != "..", !text.contains("\\"), !text.contains("/"),
                !text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
            else { throw Problem(.path, "There is nothing at such an address.") }
            segments.append(text)
        }
        return segments
    }

    private static func query(_ request: Request, _ route: Route) throws(Problem) -> [String: String] {
        var values: [String: String] = [:]
        guard let text = request.uri.query, !text.isEmpty else { return values }
        guard text.utf8.count <= 4096 else { throw Problem(.query, "The query is too long.") }
        for pair in text.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = String(parts[0]).formDecoded,
                let value = parts.count > 1 ? String(parts[1]).formDecoded : ""
            else { throw Problem(.query, "The query is not well-formed.") }
            guard route.query.contains(name) || route.query.contains("*") else {
                let known = route.query.sorted().joined(separator: ", ")
                throw Problem(
                    .query,
                    "There is no parameter “\(name.shown)” here."
                        + (known.isEmpty ? " This address takes none." : " There are \(known)."),
                    field: name.shown)
            }
            guard !value.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
                throw Problem(.query, "\(name) must not contain control characters.", field: name)
            }
            guard values.updateValue(value, forKey: name) == nil else {
                throw Problem(.query, "\(name) is given twice.", field: name)
            }
        }
        return values
    }

    /// Headers that every answer has.
    private func harden(_ answer: inout Answer) {
        answer.headers[.xContentTypeOptions] = "nosniff"
        answer.headers[HTTPField.Name("Referrer-Policy")!] = "no-referrer"
        answer.headers[HTTPField.Name("X-Frame-Options")!] = "DENY"
        if answer.headers[.contentSecurityPolicy] == nil {
            answer.headers[.contentSecurityPolicy] = "default-src 'none'; frame-ancestors 'none'"
        }
        if isSecure { answer.headers[.strictTransportSecurity] = "max-age=31536000" }
    }
}

extension String {
    /// As in the query of an address and in forms: `+` is a space, `%41` an A; nil when that is broken.
    var formDecoded: String? {
        replacingOccurrences(of: "+", with: " ").removingPercentEncoding
    }
}

/// Whose names the service answers to. A page of somebody else's that points its own name at this machine could
/// otherwise talk to the station from the operator's browser.
struct HostRule: Sendable {
    /// Lower case, without port; empty lets every name through.
    var names: Set<String>

    func check(_ request: Request) throws(Problem) {
        if !names.isEmpty {
            guard let authority = request.head.authority, names.contains(Self.bare(authority)) else {
                throw Problem(
                    .host,
                    "This station answers to \(names.sorted().joined(separator: ", ")). Use one of these names, or say --name."
                )
            }
        }
        // Browsers say from which page a request comes; another site's page is no business of ours.
        if request.method != .get, request.method != .head, let origin = request.headers[.origin] {
            let host =
                origin.split(separator: "/", omittingEmptySubsequences: true).last.map(String.init) ?? ""
            guard host == request.head.authority else {
                throw Problem(.csrf, "The request comes from the page of another site, \(origin.shown).")
            }
        }
    }

    static func bare(_ authority: String) -> String {
        if authority.hasPrefix("["), let end = authority.firstIndex(of: "]") {
            return String(authority[authority.index(after: authority.startIndex)..<end]).lowercased()
        }
        return String(authority.prefix { $0 != ":" }).lowercased()
    }
}

/// Finds out who asks.
protocol Gate: Sendable {
    /// - Returns: nil for somebody unknown.
    /// - Throws: `Problem` for a session or a token that is wrong.
    func caller(of headers: HTTPFields, from remote: String) async throws -> Visitor?
}
