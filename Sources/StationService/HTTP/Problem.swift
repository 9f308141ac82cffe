import Foundation
import HTTPTypes

/// Every way in which the service says no: a stable code, a status, a title. `docs/api.md` prints this table.
enum ProblemCode: String, CaseIterable, Sendable {
    // The request itself.
    case path = "SRV-PATH"
    case method = "SRV-METHOD"
    case host = "SRV-HOST"
    case query = "SRV-QUERY"
    case cursor = "SRV-CURSOR"
    case body = "SRV-BODY"
    case field = "SRV-FIELD"
    case mediaType = "SRV-TYPE"
    case tooLarge = "SRV-LENGTH"
    case tooSlow = "SRV-SLOW"
    // Who asks.
    case signIn = "SRV-SIGNIN"
    case badge = "SRV-BADGE"
    case role = "SRV-ROLE"
    case csrf = "SRV-CSRF"
    case limit = "SRV-LIMIT"
    // Doing things once.
    case key = "SRV-KEY"
    case keyReused = "SRV-KEY-REUSED"
    case keyBusy = "SRV-KEY-BUSY"
    // The line.
    case notFound = "SRV-NOTFOUND"
    case slotBusy = "SRV-SLOT-BUSY"
    case slotIdle = "SRV-SLOT-IDLE"
    case slotOut = "SRV-SLOT-OUT"
    case order = "SRV-ORDER"
    case scan = "SRV-SCAN"
    case refused = "SRV-REFUSED"
    case unsigned = "SRV-UNSIGNED"
    case archived = "SRV-ARCHIVED"
    case configuration = "SRV-CONFIG"
    // The station.
    case parking = "SRV-PARKING"
    case record = "SRV-RECORD"
    case hook = "SRV-HOOK"
    case internalFault = "SRV-INTERNAL"

    /// HTTP status, and a title that is the same for every occurrence.
    var entry: (status: Int, title: String) {
        switch self {
        case .path: (404, "No such address")
        case .method: (405, "This address does not take that method")
        case .host: (421, "Not this station")
        case .query: (400, "Query not understood")
        case .cursor: (400, "Cursor not valid here")
        case .body: (400, "Body not understood")
        case .field: (422, "A field is wrong")
        case .mediaType: (415, "Wrong content type")
        case .tooLarge: (413, "Too large")
        case .tooSlow: (408, "Too slow")
        case .signIn: (401, "Sign in first")
        case .badge: (401, "Badge or PIN is wrong")
        case .role: (403, "Not allowed for this role")
        case .csrf: (403, "Request did not come from the station's own page")
        case .limit: (429, "Too many attempts")
        case .key: (400, "Idempotency key missing or malformed")
        case .keyReused: (422, "Idempotency key was used for something else")
        case .keyBusy: (409, "Idempotency key is in use")
        case .notFound: (404, "No such thing in the record")
        case .slotBusy: (409, "Slot is at work")
        case .slotIdle: (409, "Nothing is under way in the slot")
        case .slotOut: (409, "Slot is out of use")
        case .order: (409, "Work order does not allow it")
        case .scan: (422, "Scanned code is no unit of the order")
        case .refused: (409, "The record refuses it")
        case .unsigned: (409, "Not signed yet")
        case .archived: (409, "In an archive that is not here")
        case .configuration: (422, "Configuration has errors")
        case .parking: (503, "Station is being stopped")
        case .record: (503, "Record can't be kept")
        case .hook: (401, "Webhook not recognised")
        case .internalFault: (500, "Fault of the station")
        }
    }
}

/// A refusal on its way to the client: RFC 9457's `application/problem+json`, with our stable `code`.
struct Problem: Error, Sendable {
    var code: ProblemCode
    /// For this occurrence: what was found, what is allowed, what to do next.
    var detail: String
    /// The field or query parameter that is wrong.
    var field: String?
    var headers = HTTPFields()

    init(_ code: ProblemCode, _ detail: String, field: String? = nil, headers: HTTPFields = HTTPFields()) {
        self.code = code
        self.detail = detail
        self.field = field
        self.headers = headers
    }

    struct Document: Codable, Equatable, Sendable {
        var type: String
        var title: String
        var status: Int
        var detail: String
        var code: String
        var field: String?
    }

    var document: Document {
        let (status, title) = code.entry
        return Document(
            type: "urn:blessing-station:problem:\(code.rawValue.lowercased())", title: title, status: status,
            detail: detail, code: code.rawValue, field: field)
    }

    var answer: Answer {
        var headers = headers
        headers[.contentType] = "application/problem+json"
        headers[.cacheControl] = "no-store"
        return Answer(
            status: HTTPResponse.Status(code: code.entry.status), headers: headers,
            body: .bytes(APIJSON.bytes(document)))
    }
}

/// JSON as the interface writes it: keys sorted, so that equal answers have equal bytes and equal ETags.
enum APIJSON {
    static func bytes(_ value: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
        // Every type that is answered with encodes; an empty object beats a fault in a stream.
        return (try? encoder.encode(value)).map(Array.init) ?? Array("{}".utf8)
    }

    static func compact(_ value: any Encodable) -> [UInt8] { bytes(AnyValue(value)) }

    private struct AnyValue: Encodable {
        let value: any Encodable
        init(_ value: any Encodable) { self.value = value }
        func encode(to encoder: any Encoder) throws { try value.encode(to: encoder) }
    }
}
