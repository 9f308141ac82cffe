/// An HTTP request, as far as agents and webhooks make one.
public struct HTTPRequest: Sendable {
    /// `GET`, `POST`, …
    public var method: String
    /// With scheme, host, path and query.
    public var url: String
    /// Names and values, in their order.
    public var headers: [(name: String, value: String)]
    public var body: [UInt8]

    public init(
        method: String, url: String, headers: [(name: String, value: String)] = [], body: [UInt8] = []
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
    }

    /// The first header of that name, whatever its case.
    public func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }
}

/// What comes back.
public struct HTTPResponse: Sendable {
    /// From 100 on an HTTP status; below, why there is none, in the numbers of libcurl as the platform uses them.
    public var statusCode: Int
    public var headers: [(name: String, value: String)]
    public var body: [UInt8]

    public init(statusCode: Int, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
        self.statusCode = statusCode
        self.headers = headers
        self.body = body
    }

    /// The URL is none.
    static let malformedURL = HTTPResponse(statusCode: 3)
    /// Nobody has that name.
    static let unresolvedHost = HTTPResponse(statusCode: 6)
    /// Nothing came in time.
    static let timeout = HTTPResponse(statusCode: 28)
}

/// All of the Internet that a simulation has: a table from URLs to what answers there. Nothing leaves the process.
public struct EmulatedInternet: Sendable {
    /// Something that answers.
    public struct Endpoint: Sendable {
        /// All URLs that begin so are answered here.
        public var prefix: String
        /// From the request to the response.
        public var latency: Duration
        /// Nil for a server that takes the request and never answers.
        public var answer: @Sendable (HTTPRequest) -> HTTPResponse?

        public init(
            _ prefix: String, latency: Duration = .milliseconds(120),
            answer: @escaping @Sendable (HTTPRequest) -> HTTPResponse?
        ) {
            self.prefix = prefix
            self.latency = latency
            self.answer = answer
        }
    }

    /// The longest prefix wins.
    public var endpoints: [Endpoint]

    /// Without anything in it.
    public static let empty = EmulatedInternet()

    public init(_ endpoints: [Endpoint] = []) {
        self.endpoints = endpoints
    }

    /// Who answers at a URL.
    func endpoint(for url: String) -> Endpoint? {
        endpoints.filter { url.hasPrefix($0.prefix) }.max { $0.prefix.utf8.count < $1.prefix.utf8.count }
    }

    /// Whether the text is a URL that an agent may ask for.
    static func isURL(_ text: String) -> Bool {
        for scheme in ["http://", "https://"] where text.hasPrefix(scheme) {
            let rest = text.dropFirst(scheme.count)
            return rest.first.map { $0 != "/" && $0 != "?" } ?? false
        }
        return false
    }
}
