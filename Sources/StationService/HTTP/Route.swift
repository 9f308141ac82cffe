import HTTPTypes
import People
import StationStore

/// Who may use a route.
enum Access: Sendable, Equatable {
    /// Everybody who reaches the port: sign-in, health, assets, signed webhooks.
    case everybody
    case needs(Permission)
}

/// One address with one method; the whole interface is a list of these.
struct Route: Sendable {
    /// What a route does to the station.
    enum Effect: Sendable, Equatable {
        case reads
        /// Changes something; an `Idempotency-Key` makes a repetition harmless.
        case acts
        /// Changes something and is harmless to repeat, or has a protection of its own (sign-in, webhooks).
        case actsWithoutKey
    }

    let method: HTTPRequest.Method
    /// `/api/v1/slots/{slot}/start`
    let path: String
    /// The operation's name in `schema/openapi.yaml` and in metrics.
    let name: String
    let access: Access
    let effect: Effect
    /// Query parameters that are understood; others are refused.
    let query: Set<String>
    /// Largest body, bytes.
    let largestBody: Int
    /// Content types of bodies that are understood.
    let mediaTypes: Set<String>
    /// What the record calls it when a person does this; nil where the act has a record of its own, or nobody acts.
    let act: PersonAct?
    let answer: @Sendable (Exchange) async throws -> Answer
    let segments: [Segment]

    enum Segment: Sendable, Equatable {
        case literal(String)
        case parameter(String)
        /// The rest of the path.
        case rest(String)
    }

    init(
        _ method: HTTPRequest.Method, _ path: String, _ name: String, _ access: Access,
        _ effect: Effect = .reads,
        query: Set<String> = [], largestBody: Int = 64 * 1024,
        mediaTypes: Set<String> = ["application/json"], act: PersonAct? = nil,
        answer: @escaping @Sendable (Exchange) async throws -> Answer
    ) {
        self.method = method
        self.path = path
        self.name = name
        self.access = access
        self.effect = effect
        self.query = query
        self.largestBody = largestBody
        self.mediaTypes = mediaTypes
        self.act = act
        self.answer = answer
        segments = path.split(separator: "/").map { part in
            if part.hasPrefix("{"), part.hasSuffix("*}") {
                return .rest(String(part.dropFirst().dropLast(2)))
            }
            if part.hasPrefix("{"), part.hasSuffix("}") {
                return .parameter(String(part.dropFirst().dropLast()))
            }
            return .literal(String(part))
        }
    }

    /// How many parts of the path are fixed words.
    var words: Int {
        segments.count { segment in
            if case .literal = segment { true } else { false }
        }
    }

    /// The values of the path's parameters; nil when the path is another's.
    func match(_ path: [String]) -> [String: String]? {
        var values: [String: String] = [:]
        for (index, segment) in segments.enumerated() {
            if case .rest(let name) = segment {
                values[name] = path.dropFirst(index).joined(separator: "/")
                return values
            }
            guard index < path.count else { return nil }
            switch segment {
            case .literal(let text): if text != path[index] { return nil }
            case .parameter(let name): values[name] = path[index]
            case .rest: return nil
            }
        }
        return path.count == segments.count ? values : nil
    }
}

/// All routes.
struct RouteTable: Sendable {
    let routes: [Route]

    enum Finding: Sendable {
        case found(Route, [String: String])
        /// The address exists, with these methods.
        case otherMethod([HTTPRequest.Method])
        case none
    }

    func find(_ method: HTTPRequest.Method, _ path: [String]) -> Finding {
        let wanted = method == .head ? .get : method
        let fitting = routes.compactMap { route in route.match(path).map { (route, $0) } }
        // Of two addresses that fit, the one with more words of its own is meant, whatever its methods.
        guard let most = fitting.map(\.0.words).max() else { return .none }
        let meant = fitting.filter { $0.0.words == most }
        if let (route, values) = meant.first(where: { $0.0.method == wanted }) {
            return .found(route, values)
        }
        return .otherMethod(meant.map(\.0.method))
    }
}
