import ContentAddress
import Foundation
import GRDB
import HTTPTypes
import TimeAndChance

/// Makes acts harmless to repeat: the first answer to a key is kept, and a repetition gets that answer.
struct IdempotencyKeys: Sendable {
    let database: ServiceDatabase
    let clock: any WallClock
    /// How long answers are kept, ms.
    static let kept: Int64 = 7 * 86_400_000

    /// What a key was found to be.
    enum Finding: Sendable {
        /// New; it is now taken.
        case new
        case answered(Answer)
        /// Used for another request.
        case reused
        /// Its first request has no answer yet, or the service died before it had one.
        case open
    }

    /// 8 to 128 visible ASCII characters.
    static func isKey(_ text: String) -> Bool {
        (8...128).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }

    /// Looks a key up, and takes it when it is new, in one step.
    func take(_ key: String, caller: String, request: String) async throws -> Finding {
        let now = clock.utcMilliseconds()
        return try await database.queue.write { db in
            if let row = try Row.fetchOne(
                db,
                sql:
                    "SELECT request, status, content_type, body FROM idempotency WHERE caller = ? AND key = ?",
                arguments: [caller, key])
            {
                guard row["request"] == request else { return .reused }
                guard let status: Int = row["status"] else { return .open }
                var headers: HTTPFields = [:]
                headers[.contentType] = row["content_type"] as String?
                headers[.idempotencyReplayed] = "true"
                let body: Data? = row["body"]
                return .answered(
                    Answer(
                        status: HTTPResponse.Status(code: status), headers: headers,
                        body: body.map { .bytes(Array($0)) } ?? .none))
            }
            try db.execute(sql: "DELETE FROM idempotency WHERE at < ?", arguments: [now - Self.kept])
            try db.execute(
                sql: "INSERT INTO idempotency (key, caller, request, at) VALUES (?, ?, ?, ?)",
                arguments: [key, caller, request, now])
            return .new
        }
    }

    /// Keeps the answer. One that says "not now, through no fault of yours" is not kept: the key is free again.
    func keep(_ answer: Answer, for key: String, caller: String) async throws {
        let again = answer.status.code >= 500 || answer.status.code == 429 || answer.status.code == 408
        var body: Data?
        if case .bytes(let bytes) = answer.body { body = Data(bytes) }
        let (status, type, content) = (answer.status.code, answer.headers[.contentType], body)
        try await database.queue.write { db in
            if again {
                try db.execute(
                    sql: "DELETE FROM idempotency WHERE caller = ? AND key = ?", arguments: [caller, key])
            } else {
                try db.execute(
                    sql:
                        "UPDATE idempotency SET status = ?, content_type = ?, body = ? WHERE caller = ? AND key = ?",
                    arguments: [status, type, content, caller, key])
            }
        }
    }

    /// What makes two requests the same.
    static func fingerprint(_ method: HTTPRequest.Method, _ path: [String], _ body: [UInt8]) -> String {
        SHA256Digest(of: Array("\(method.rawValue) /\(path.joined(separator: "/"))\n".utf8) + body).hex
    }
}

extension HTTPField.Name {
    static let idempotencyKey = Self("Idempotency-Key")!
    static let idempotencyReplayed = Self("Idempotency-Replayed")!
    static let csrfToken = Self("X-CSRF-Token")!
    static let lastEventID = Self("Last-Event-ID")!
    static let xAccelBuffering = Self("X-Accel-Buffering")!
}
