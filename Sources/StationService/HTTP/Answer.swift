import ContentAddress
import HTTPTypes
import Hummingbird
import NIOCore

/// What a route answers with.
struct Answer: Sendable {
    enum Body: Sendable {
        case none
        case bytes([UInt8])
        case stream(ResponseBody)
    }

    var status: HTTPResponse.Status
    var headers: HTTPFields
    var body: Body

    init(status: HTTPResponse.Status = .ok, headers: HTTPFields = HTTPFields(), body: Body = .none) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    static func json(_ value: some Encodable, status: HTTPResponse.Status = .ok) -> Answer {
        .bytes(APIJSON.bytes(value), "application/json", status: status)
    }

    static func bytes(_ bytes: [UInt8], _ contentType: String, status: HTTPResponse.Status = .ok) -> Answer {
        Answer(status: status, headers: [.contentType: contentType], body: .bytes(bytes))
    }

    static func text(_ text: String, _ contentType: String = "text/plain; charset=utf-8") -> Answer {
        .bytes(Array(text.utf8), contentType)
    }

    /// With an ETag of the content; `304` without a body when the client has it already.
    func tagged(_ request: HTTPFields) -> Answer {
        guard status == .ok, case .bytes(let bytes) = body else { return self }
        var answer = self
        let tag = answer.headers[.eTag] ?? "\"\(SHA256Digest(of: bytes).hex.prefix(24))\""
        answer.headers[.eTag] = tag
        if answer.headers[.cacheControl] == nil {
            // Private data of a station: kept by nobody but the reader, and asked for again each time.
            answer.headers[.cacheControl] = "private, no-cache"
        }
        guard let known = request[.ifNoneMatch] else { return answer }
        let tags = known.split(separator: ",").map { $0.drop { $0 == " " } }
        guard
            tags.contains(where: { candidate in
                candidate == "*" || candidate == tag || candidate.drop { $0 == "W" || $0 == "/" } == tag
            })
        else { return answer }
        answer.status = .notModified
        answer.body = .none
        answer.headers[.contentType] = nil
        return answer
    }

    var response: Response {
        switch body {
        case .none: Response(status: status, headers: headers)
        case .bytes(let bytes):
            Response(
                status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
        case .stream(let body): Response(status: status, headers: headers, body: body)
        }
    }
}
