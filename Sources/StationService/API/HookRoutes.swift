import ContentAddress
import Foundation
import GRDB
import HTTPTypes
import People
import StationStore

extension Sources {
    /// Webhooks out: who is told; webhooks in: what the vendor's cloud tells.
    var hookRoutes: [Route] {
        [
            Route(.get, "/api/v1/webhooks", "listWebhooks", .needs(.manageWebhooks)) { _ in
                .json(Listing(items: try await outbox.targets()))
            },
            Route(
                .post, "/api/v1/webhooks", "addWebhook", .needs(.manageWebhooks), .actsWithoutKey,
                act: .webhookChanged
            ) {
                try await addWebhook($0)
            },
            Route(
                .delete, "/api/v1/webhooks/{webhook}", "removeWebhook", .needs(.manageWebhooks), .acts,
                act: .webhookChanged
            ) {
                exchange in
                guard try await outbox.remove(target: try exchange.number("webhook")) else {
                    throw Problem(.notFound, "There is no webhook of that number.")
                }
                return Answer(status: .noContent)
            },
            Route(
                .get, "/api/v1/webhooks/deliveries", "listDeliveries", .needs(.manageWebhooks),
                query: ["state", "cursor", "limit"]
            ) { exchange in
                let limit = try exchange.limit
                let state = try exchange.word(inQuery: "state", DeliveryState.self)?.rawValue
                let rows = try await outbox.deliveries(
                    state: state, before: try Cursor.of(exchange)?.position, limit: limit + 1)
                return .json(Page(rows, limit: limit, exchange) { $0.id })
            },
            Route(
                .post, "/api/v1/webhooks/deliveries/{delivery}/retry", "retryDelivery",
                .needs(.manageWebhooks), .acts, act: .webhookChanged
            ) { exchange in
                guard try await outbox.retry(try exchange.number("delivery")) else {
                    throw Problem(.notFound, "There is no undelivered webhook of that number.")
                }
                ringOutbox()
                return Answer(status: .accepted)
            },
            Route(.get, "/api/v1/webhooks/incoming", "getIncomingKey", .needs(.manageWebhooks)) { _ in
                let key = try await hookKey()
                return .json(
                    Listing(items: VendorHook.Event.allCases.map { "/hooks/\($0.rawValue)?key=\(key)" }))
            },
            Route(
                .post, "/hooks/{event}", "receiveHook", .everybody, .actsWithoutKey, query: ["key"],
                largestBody: 16_384, mediaTypes: ["application/json", "application/x-www-form-urlencoded"]
            ) { try await receive($0) },
        ]
    }

    private enum DeliveryState: String, CaseIterable { case waiting, delivered, dead }

    var outbox: WebhookOutbox {
        WebhookOutbox(database: database, clock: clock, station: board.station)
    }

    private func addWebhook(_ exchange: Exchange) async throws -> Answer {
        var fields = try exchange.fields()
        let url = try fields.required("url", longest: 1000)
        let words = try fields.texts("events") ?? WebhookOutbox.Event.allCases.map(\.rawValue)
        let secret = try fields.text("secret", longest: 128) ?? Secret.token()
        try fields.finish()
        guard HTTPClient.takes(url) else {
            throw Problem(
                .field, "url must be http:// or https:// with a host and without a password.", field: "url")
        }
        guard secret.utf8.count >= 16 else {
            throw Problem(.field, "secret must have at least 16 bytes.", field: "secret")
        }
        let events = try words.map { word throws(Problem) -> WebhookOutbox.Event in
            guard let event = WebhookOutbox.Event(rawValue: word) else {
                throw Problem(
                    .field,
                    "events takes \(WebhookOutbox.Event.allCases.map(\.rawValue).joined(separator: ", ")), found “\(word.shown)”.",
                    field: "events")
            }
            return event
        }
        let id = try await outbox.add(target: url, secret: secret, events: events)
        try await store.append(
            .note(
                Note(
                    text:
                        "Webhook \(id) to \(URLComponents(string: url)?.host ?? "?") was added from \(exchange.remote)",
                    by: .named(exchange.person.id))))
        var answer = Answer.json(WebhookMade(id: id, secret: secret), status: .created)
        answer.headers[.cacheControl] = "no-store"
        return answer
    }

    /// The vendor's cloud can sign nothing and send no header of ours: all that it is told is an address, so the
    /// address has to hold the key.
    func hookKey() async throws -> String {
        let fresh = try Secret.token()
        return try await database.queue.write { db in
            try db.execute(
                sql: "INSERT OR IGNORE INTO setting (name, value) VALUES ('hook_key', ?)", arguments: [fresh])
            return try String.fetchOne(db, sql: "SELECT value FROM setting WHERE name = 'hook_key'") ?? fresh
        }
    }

    private func receive(_ exchange: Exchange) async throws -> Answer {
        guard let key = exchange.query["key"],
            SHA256Digest(of: Array(key.utf8)) == SHA256Digest(of: Array(try await hookKey().utf8))
        else {
            throw Problem(
                .hook, "The address of the webhook lacks the station's key. See /api/v1/webhooks/incoming.")
        }
        guard let event = VendorHook.Event(rawValue: exchange.parameter("event")) else {
            throw Problem(.path, "Webhooks come to /hooks/blessing, /hooks/blinkup and /hooks/deployment.")
        }
        let hook = try VendorHook(event, exchange)
        let verdict = try await judge(hook)
        try await store.append(
            .note(
                Note(
                    text:
                        "Webhook \(event.rawValue) from the vendor's cloud: \(hook.summary). \(verdict.sentence)",
                    device: verdict.known ? hook.device : nil)))
        metrics.hook("in.\(event.rawValue)", verdict.isExpected ? "expected" : "unexpected")
        if !verdict.isExpected {
            board.raise("unexpected-blessing", "\(hook.summary): \(verdict.sentence) Call the engineer.")
        }
        return .json(HookReceipt(matched: verdict.known, expected: verdict.isExpected), status: .accepted)
    }

    private struct Verdict {
        var known: Bool
        var isExpected: Bool
        var sentence: String
    }

    /// Whether the record knows of what the cloud says.
    private func judge(_ hook: VendorHook) async throws -> Verdict {
        guard let device = hook.device else {
            return Verdict(known: false, isExpected: true, sentence: "It names no unit.")
        }
        guard let unit = try await reader.unit(device) else {
            return Verdict(
                known: false, isExpected: hook.event != .blessing,
                sentence: hook.event == .blessing
                    ? "This station never saw the unit." : "The unit is not in this record.")
        }
        guard hook.event == .blessing else {
            return Verdict(known: true, isExpected: true, sentence: "The unit is in the record.")
        }
        if let run = unit.device.blessedRun {
            return Verdict(known: true, isExpected: true, sentence: "It was blessed in \(run).")
        }
        // The cloud's word may come before the unit's own.
        let asked = unit.runs.contains { run in
            run.acts.contains { $0.kind == .bless && $0.detail["passed"] == "true" && $0.outcome != .failed }
        }
        return asked
            ? Verdict(known: true, isExpected: true, sentence: "The station has asked for it.")
            : Verdict(
                known: true, isExpected: false, sentence: "The station never asked for this unit's blessing.")
    }
}

/// One webhook of the vendor's cloud.
struct VendorHook: Sendable {
    enum Event: String, CaseIterable, Sendable { case blessing, blinkup, deployment }

    let event: Event
    /// Device ID, where there is one.
    let device: String?
    /// For the record: no tokens in it.
    let summary: String

    /// Fields that are written down as they are; others by name only, since nobody published what is in them, and an
    /// enrolment token must not get into the record.
    private static let plain: Set<String> = ["device_id", "imp_id", "plan_id"]

    init(_ event: Event, _ exchange: Exchange) throws(Problem) {
        self.event = event
        let fields = try Self.fields(exchange)
        if event != .deployment || fields["device_id"] != nil {
            guard let id = fields["device_id"]?.lowercased(), id.utf8.count == 16,
                id.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
            else {
                throw Problem(
                    .field, "device_id must be 16 hexadecimal digits.", field: "device_id")
            }
            device = id
        } else {
            device = nil
        }
        let shown = fields.keys.sorted().prefix(16).map { name in
            Self.plain.contains(name)
                ? "\(name.shown) \((fields[name] ?? "").shown)" : "\(name.shown) not kept"
        }
        summary = shown.isEmpty ? "no fields" : shown.joined(separator: ", ")
    }

    private static func fields(_ exchange: Exchange) throws(Problem) -> [String: String] {
        let type = exchange.headers[.contentType] ?? ""
        if type.lowercased().hasPrefix("application/x-www-form-urlencoded") {
            var fields: [String: String] = [:]
            for pair in String(decoding: exchange.body, as: UTF8.self).split(separator: "&") {
                let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                guard let name = String(parts[0]).formDecoded,
                    let value = parts.count > 1 ? String(parts[1]).formDecoded : ""
                else { throw Problem(.body, "The form is not well-formed.") }
                fields[name] = value
            }
            return fields
        }
        guard let value = try? JSONSerialization.jsonObject(with: Data(exchange.body)),
            let object = value as? [String: Any]
        else { throw Problem(.body, "The body must be one JSON object or a form.") }
        return object.mapValues { ($0 as? String) ?? "\($0)" }
    }
}

struct WebhookMade: Encodable, Sendable {
    var id: Int64
    /// Shown this once.
    var secret: String
}

struct HookReceipt: Encodable, Sendable {
    /// Whether the record has the unit.
    var matched: Bool
    var expected: Bool
}
