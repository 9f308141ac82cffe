/// A question for a page, stripped of everything that belongs to HTTP.
public struct PageRequest: Sendable {
    /// Without empty parts, percent signs already undone: `["units", "ES0100001"]`; empty for the operator's page.
    public var path: [String]
    public var query: [String: String]
    /// Wanted, as `en`, `zh-Hans`, or what a browser sends in `Accept-Language`.
    public var language: String
    /// Nil when nobody is signed in.
    public var viewer: Viewer?
    /// UTC, milliseconds since 1970.
    public var now: Int64

    public init(
        path: [String], query: [String: String] = [:], language: String = "en", viewer: Viewer? = nil,
        now: Int64
    ) {
        self.path = path
        self.query = query
        self.language = language
        self.viewer = viewer
        self.now = now
    }
}

/// Who looks at a page.
public struct Viewer: Equatable, Sendable {
    public var name: String
    /// The role's word: `operator`, `engineer`, `quality`, `admin`.
    public var role: String
    /// For the `X-CSRF-Token` header of everything that changes something.
    public var csrfToken: String

    public init(name: String, role: String, csrfToken: String) {
        self.name = name
        self.role = role
        self.csrfToken = csrfToken
    }
}

/// What goes back.
public struct PageAnswer: Equatable, Sendable {
    public var status: Int
    public var contentType: String
    public var body: [UInt8]
    /// For content that stays as it is until the program changes; without quotation marks.
    public var etag: String?
    /// A name under which a browser saves it; nil shows it.
    public var fileName: String?
    /// With status 303: where to go instead, an address of this station.
    public var location: String?

    public init(
        status: Int = 200, contentType: String, body: [UInt8], etag: String? = nil, fileName: String? = nil,
        location: String? = nil
    ) {
        self.status = status
        self.contentType = contentType
        self.body = body
        self.etag = etag
        self.fileName = fileName
        self.location = location
    }

    static func html(_ text: String, status: Int = 200) -> PageAnswer {
        PageAnswer(status: status, contentType: "text/html; charset=utf-8", body: Array(text.utf8))
    }

    /// The body as text, for tests and logs.
    public var text: String { String(decoding: body, as: UTF8.self) }
}
