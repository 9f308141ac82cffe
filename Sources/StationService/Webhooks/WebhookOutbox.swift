import Blessing
import Foundation
import GRDB
import Synchronization
import TimeAndChance

/// Who is told what.
struct WebhookTarget: Codable, Sendable, Equatable {
    var id: Int64
    var url: String
    var events: [String]
    /// UTC ms.
    var createdAt: Int64
}

/// A webhook on its way.
struct WebhookDelivery: Codable, Sendable, Equatable {
    var id: Int64
    var target: Int64
    var event: String
    var createdAt: Int64
    var attempts: Int
    /// `waiting`, `delivered`, `dead`.
    var state: String
    var lastError: String?
    var deliveredAt: Int64?
    /// Of the next attempt, UTC ms.
    var nextAt: Int64
}

/// Webhooks that are to be sent, kept until they were: a receiver that is down for an hour misses nothing.
struct WebhookOutbox: Sendable {
    enum Event: String, CaseIterable, Sendable {
        case unitBlessed = "unit.blessed"
        case unitFailed = "unit.failed"
        case orderDone = "order.done"
        case alarm

        init?(_ news: LineNews) {
            switch news {
            case .unit(let unit, _): self = unit.outcome == "passed" ? .unitBlessed : .unitFailed
            case .orderDone: self = .orderDone
            case .alarm(let alarm) where alarm.code == "webhook": return nil
            case .alarm: self = .alarm
            case .step: return nil
            }
        }
    }

    /// After that many attempts a delivery is given up, visibly.
    static let mostAttempts = 12

    let database: ServiceDatabase
    let clock: any WallClock
    let station: String

    /// Puts an event into the box, once for each target that wants it.
    /// - Returns: how many.
    @discardableResult
    func add(_ news: LineNews) async throws -> Int {
        guard let event = Event(news) else { return 0 }
        let now = clock.utcMilliseconds()
        let text = String(
            decoding: APIJSON.bytes(WebhookBody(event, news, station: station, at: now)), as: UTF8.self)
        return try await database.queue.write { db in
            var count = 0
            for row in try Row.fetchAll(db, sql: "SELECT id, events FROM webhook_target") {
                let events = (row["events"] as String).split(separator: " ").map(String.init)
                guard events.contains(event.rawValue) else { continue }
                try db.execute(
                    sql: """
                        INSERT INTO webhook_delivery (target, event, body, created_at, next_at) VALUES (?, ?, ?, ?, ?)
                        """, arguments: [row["id"] as Int64, event.rawValue, text, now, now])
                count += 1
            }
            return count
        }
    }

    /// One that is due.
    struct Due: Sendable {
        var id: Int64
        var url: String
        var secret: String
        var event: String
        var body: [UInt8]
        var attempts: Int
    }

    /// Those that are due now, oldest first; a target that failed holds up no other.
    func due(limit: Int = 20) async throws -> [Due] {
        let now = clock.utcMilliseconds()
        return try await database.queue.read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT d.id, d.event, d.body, d.attempts, t.url, t.secret FROM webhook_delivery d
                    JOIN webhook_target t ON t.id = d.target
                    WHERE d.state = 'waiting' AND d.next_at <= ? ORDER BY d.next_at, d.id LIMIT ?
                    """, arguments: [now, limit]
            ).map { row in
                Due(
                    id: row["id"], url: row["url"], secret: row["secret"], event: row["event"],
                    body: Array((row["body"] as String).utf8), attempts: row["attempts"])
            }
        }
    }

    /// Milliseconds until the next one is due; nil when none waits.
    func nextDue() async throws -> Int64? {
        let now = clock.utcMilliseconds()
        return try await database.queue.read { db in
            try Int64.fetchOne(
                db, sql: "SELECT min(next_at) FROM webhook_delivery WHERE state = 'waiting'")
        }.map { max(0, $0 - now) }
    }

    func delivered(_ id: Int64) async throws {
        let now = clock.utcMilliseconds()
        try await database.queue.write { db in
            try db.execute(
                sql: """
                    UPDATE webhook_delivery SET state = 'delivered', delivered_at = ?, attempts = attempts + 1,
                        last_error = NULL WHERE id = ?
                    """, arguments: [now, id])
            // What was delivered is of no use after a while; what was not, stays until somebody looks.
            try db.execute(
                sql: "DELETE FROM webhook_delivery WHERE state = 'delivered' AND delivered_at < ?",
                arguments: [now - 30 * 86_400_000])
        }
    }

    /// - Parameter chance: 0 to 1, for the jitter.
    /// - Returns: whether it was given up.
    func failed(_ due: Due, _ reason: String, chance: Double) async throws -> Bool {
        let attempts = due.attempts + 1
        let isDead = attempts >= Self.mostAttempts
        let next = clock.utcMilliseconds() + Self.wait(after: attempts, chance: chance)
        let text = String(reason.prefix(500))
        try await database.queue.write { db in
            try db.execute(
                sql:
                    "UPDATE webhook_delivery SET attempts = ?, next_at = ?, state = ?, last_error = ? WHERE id = ?",
                arguments: [attempts, next, isDead ? "dead" : "waiting", text, due.id])
        }
        return isDead
    }

    /// Doubles from two seconds to an hour; half of it is left to chance, so that many stations that lost one receiver
    /// do not come back to it all at once.
    static func wait(after attempts: Int, chance: Double) -> Int64 {
        let whole = min(3_600_000.0, 2000.0 * Double(1 << min(attempts - 1, 20)))
        return Int64(whole / 2 + whole / 2 * min(max(chance, 0), 1))
    }

    // MARK: For the interface

    func targets() async throws -> [WebhookTarget] {
        try await database.queue.read { db in
            try Row.fetchAll(db, sql: "SELECT * FROM webhook_target ORDER BY id").map { row in
                WebhookTarget(
                    id: row["id"], url: row["url"],
                    events: (row["events"] as String).split(separator: " ").map(String.init),
                    createdAt: row["created_at"])
            }
        }
    }

    func add(target url: String, secret: String, events: [Event]) async throws -> Int64 {
        let words = events.map(\.rawValue).joined(separator: " ")
        let now = clock.utcMilliseconds()
        return try await database.queue.write { db in
            try db.execute(
                sql: "INSERT INTO webhook_target (url, secret, events, created_at) VALUES (?, ?, ?, ?)",
                arguments: [url, secret, words, now])
            return db.lastInsertedRowID
        }
    }

    /// - Returns: false when there was none.
    func remove(target id: Int64) async throws -> Bool {
        try await database.queue.write { db in
            try db.execute(sql: "DELETE FROM webhook_target WHERE id = ?", arguments: [id])
            let found = db.changesCount > 0
            try db.execute(
                sql:
                    "UPDATE webhook_delivery SET state = 'dead', last_error = 'the target was removed' WHERE target = ? AND state = 'waiting'",
                arguments: [id])
            return found
        }
    }

    func deliveries(state: String?, before: Int64?, limit: Int) async throws -> [WebhookDelivery] {
        try await database.queue.read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT * FROM webhook_delivery WHERE (?1 IS NULL OR state = ?1) AND (?2 IS NULL OR id < ?2)
                    ORDER BY id DESC LIMIT ?3
                    """, arguments: [state, before, limit]
            ).map { row in
                WebhookDelivery(
                    id: row["id"], target: row["target"], event: row["event"], createdAt: row["created_at"],
                    attempts: row["attempts"], state: row["state"], lastError: row["last_error"],
                    deliveredAt: row["delivered_at"], nextAt: row["next_at"])
            }
        }
    }

    /// Lets one that was given up, or waits, be tried at once.
    /// - Returns: false when there is none that could.
    func retry(_ id: Int64) async throws -> Bool {
        let now = clock.utcMilliseconds()
        return try await database.queue.write { db in
            try db.execute(
                sql: """
                    UPDATE webhook_delivery SET state = 'waiting', attempts = 0, next_at = ? WHERE id = ?
                        AND state <> 'delivered' AND target IN (SELECT id FROM webhook_target)
                    """, arguments: [now, id])
            return db.changesCount > 0
        }
    }
}

/// What a receiver gets.
struct WebhookBody: Encodable, Sendable {
    struct Order: Encodable, Sendable {
        var id: String
        var sku: String
        var quantity: Int
        var blessed: Int
        var failedRuns: Int
    }

    struct Alarm: Encodable, Sendable {
        var code: String
        var text: String
        var since: String
    }

    var event: String
    var station: String
    /// UTC ms.
    var at: Int64
    var unit: UnitNews?
    var order: Order?
    var alarm: Alarm?

    init(_ event: WebhookOutbox.Event, _ news: LineNews, station: String, at: Int64) {
        self.event = event.rawValue
        self.station = station
        self.at = at
        switch news {
        case .unit(let unit, _): self.unit = unit
        case .orderDone(let order):
            self.order = Order(
                id: order.id, sku: order.sku, quantity: order.quantity, blessed: order.blessed,
                failedRuns: order.failed)
        case .alarm(let alarm): self.alarm = Alarm(code: alarm.code, text: alarm.text, since: alarm.since)
        case .step: break
        }
    }
}
