import Foundation
import HTTPTypes
import People
import StationStore
import Testing

@testable import StationService

/// What a person does is in the ledger, with who, from where, and by what means.
struct JournalTests {
    /// A request that does something: of which route, and what the record says of it.
    struct Deed: Sendable {
        var route: String
        var method = HTTPRequest.Method.post
        var path: String
        var body = "{}"
        /// Of the entry; the act's word where it is `person.acted`.
        var kind = "person.acted"
        var act: String?
    }

    static let deeds: [Deed] = [
        Deed(route: "openOrder", path: "/api/v1/orders/WO-2026-0117/open", act: "orderOpened"),
        Deed(
            route: "startSlot", path: "/api/v1/slots/A/start", body: #"{"serial": "ES0100001"}"#,
            act: "slotStarted"),
        Deed(
            route: "abortSlot", path: "/api/v1/slots/A/abort", body: #"{"reason": "smoke"}"#,
            act: "slotAborted"),
        Deed(route: "pauseSlot", path: "/api/v1/slots/B/pause", act: "slotPaused"),
        Deed(route: "resumeSlot", path: "/api/v1/slots/B/resume", act: "slotResumed"),
        Deed(route: "clearSlot", path: "/api/v1/slots/B/clear", act: "slotCleared"),
        Deed(route: "pauseOrder", path: "/api/v1/orders/WO-2026-0117/pause", act: "orderPaused"),
        Deed(route: "reloadConfiguration", path: "/api/v1/configuration/reload", act: "configurationRead"),
        Deed(
            route: "unlockOrder", path: "/api/v1/orders/WO-2026-0118/unlock", body: #"{"reason": "mended"}"#,
            act: "orderUnlocked"),
        Deed(
            route: "closeOrder", path: "/api/v1/orders/WO-2026-0118/close", body: #"{"reason": "made"}"#,
            act: "orderClosed"),
        Deed(
            route: "resolveUnit", path: "/api/v1/units/%unit/resolve",
            body: #"{"finding": "notBlessed", "reason": "seen"}"#, act: "unitResolved"),
        Deed(
            route: "addUser", path: "/api/v1/users",
            body: #"{"id": "op-9", "role": "operator", "badge": "B-9"}"#, act: "userAdded"),
        Deed(
            route: "changeUser", path: "/api/v1/users/op-9", body: #"{"role": "engineer"}"#,
            act: "roleChanged"),
        Deed(
            route: "makeToken", path: "/api/v1/tokens",
            body: #"{"user": "op-9", "name": "mes", "scopes": ["watchLine"]}"#, act: "tokenMade"),
        Deed(route: "endToken", method: .delete, path: "/api/v1/tokens/%token", act: "tokenEnded"),
        Deed(route: "removeUser", method: .delete, path: "/api/v1/users/op-9", act: "userRemoved"),
        Deed(
            route: "addWebhook", path: "/api/v1/webhooks", body: #"{"url": "http://127.0.0.1:9/x"}"#,
            act: "webhookChanged"),
        Deed(
            route: "retryDelivery", path: "/api/v1/webhooks/deliveries/1/retry", act: "webhookChanged"),
        Deed(route: "removeWebhook", method: .delete, path: "/api/v1/webhooks/1", act: "webhookChanged"),
    ]

    /// Routes whose acts are looked at by other tests: sessions below, revisions in RevisionTests; a webhook of the
    /// vendor's cloud is no person's act and has a note beside its unit.
    static let elsewhere: Set<String> = [
        "setUp", "signIn", "signOut", "changePIN", "stageRevision", "activateRevision", "rollBackRevision",
        "receiveHook",
    ]

    @Test func everyRouteThatChangesSomethingIsInTheTable() async throws {
        let bench = try await ServiceBench()
        let acting = Set(bench.routes.filter { $0.effect != .reads }.map(\.name))
        #expect(acting == Set(Self.deeds.map(\.route)).union(Self.elsewhere))
        for route in bench.routes where route.effect == .reads { #expect(route.act == nil) }
    }

    @Test func eachDeedIsInTheLedgerWithWhoAndWhere() async throws {
        let bench = try await ServiceBench(pace: 0.02, faults: "sensor-offset:6#1")
        let token = try await bench.token(.admin)
        let store = bench.store
        // What deeds need to find: a unit in quarantine, an order that is locked, a delivery that waits.
        _ = await bench.act("/api/v1/orders/WO-2026-0117/open")
        _ = await bench.act("/api/v1/slots/D/start", #"{"serial": "ES0100009"}"#)
        await bench.until("D", ["failed"])
        let unit = try #require(bench.sources.board.slot("D")?.deviceID)
        try await store.append(.unitQuarantined(UnitQuarantined(device: unit, by: "x", reason: "B02")))
        _ = await bench.act("/api/v1/orders/WO-2026-0118/open")
        try await store.append(
            .orderLocked(OrderLocked(order: "WO-2026-0118", revision: .init(of: [1]))))
        try await bench.sources.database.queue.write { db in
            try db.execute(
                sql: """
                    INSERT INTO webhook_delivery (target, event, body, created_at, next_at, state)
                    VALUES (1, 'alarm', '{}', 0, 0, 'dead')
                    """)
        }
        var tokenID = ""
        for deed in Self.deeds {
            let before = try await store.reader.station().ledgerSize
            let answer = await bench.ask(
                deed.method, deed.path.replacing("%token", with: tokenID).replacing("%unit", with: unit),
                deed.method == .post ? deed.body : nil, as: token, key: UUID().uuidString, from: "10.9.8.7")
            #expect(answer.status.code < 300, "\(deed.route): \(answer.text)")
            if deed.route == "makeToken" {
                tokenID = (answer.json["info"] as? [String: Any])?["id"] as? String ?? ""
            }
            let acts = try await store.reader.personActs().filter { $0.sequence >= before }
            let found = acts.filter { $0.act == deed.act && $0.place == "10.9.8.7" && $0.by == "p-admin" }
            #expect(found.count == 1, "\(deed.route): \(acts)")
            if bench.routes.first(where: { $0.name == deed.route })?.act != nil {
                let detail = try #require(found.first?.detail)
                #expect(detail.contains("\"operation\":\"\(deed.route)\""))
                #expect(detail.contains("\"means\":\"token "))
            }
        }
        let entries = try await store.reader.entries(EntryFilter(kinds: ["person.acted"]))
        #expect(!entries.contains { $0.entry.contains("p-admin") || $0.entry.contains(token) })
        #expect(try await store.reader.verify().findings == [])
    }

    @Test func refusedAndRepeatedRequestsAreNoDeeds() async throws {
        let bench = try await ServiceBench()
        func acts() async throws -> [String] {
            try await bench.store.reader.personActs().map(\.act).filter { $0.hasPrefix("slot") }
        }
        let refused = await bench.act("/api/v1/slots/A/start", #"{"serial": "ES0100001"}"#)
        #expect(refused.code == "SRV-ORDER")
        #expect(try await acts() == [])
        for _ in 1...3 {
            let answer = await bench.ask(
                .post, "/api/v1/slots/A/pause", "{}", as: bench.console, key: "key-repeated")
            #expect(answer.status == .ok)
        }
        #expect(try await acts() == ["slotPaused"])
    }

    @Test func sessionsAreInTheLedgerFromSetUpToSignOut() async throws {
        let bench = try await ServiceBench()
        let code = try #require(try await bench.service.setUpCode())
        let made = await bench.ask(
            .post, "/api/v1/setup",
            #"{"code": "\#(code)", "id": "ada", "badge": "B-1", "pin": "835201"}"#, from: "10.0.0.1")
        #expect(made.status == .created, "\(made.text)")
        let wrong = await bench.ask(
            .post, "/api/v1/session", #"{"badge": "B-1", "pin": "835299"}"#, from: "10.0.0.2")
        #expect(wrong.code == "SRV-BADGE")
        let signedIn = await bench.ask(
            .post, "/api/v1/session", #"{"badge": "B-1", "pin": "835201"}"#, from: "10.0.0.2")
        let cookie = try #require(signedIn.headers[.setCookie]).prefix { $0 != ";" }
        var session: HTTPFields = [.cookie: String(cookie)]
        session[.csrfToken] = signedIn.json["csrf"] as? String
        let changed = await bench.ask(
            .post, "/api/v1/session/pin", #"{"old": "835201", "new": "740193"}"#, headers: session,
            from: "10.0.0.3")
        #expect(changed.status == .noContent, "\(changed.text)")
        let paused = await bench.ask(
            .post, "/api/v1/slots/A/pause", "{}", key: "key-session-1", headers: session, from: "10.0.0.4")
        #expect(paused.status == .ok, "\(paused.text)")
        let out = await bench.ask(.delete, "/api/v1/session", headers: session, from: "10.0.0.5")
        #expect(out.status == .noContent)
        let acts = try await bench.store.reader.personActs().sorted { $0.sequence < $1.sequence }
        let told = acts.map { "\($0.act) \($0.by ?? "–") \($0.place)" }
        for line in [
            "userAdded ada 10.0.0.1", "signedIn ada 10.0.0.2", "pinChanged ada 10.0.0.3",
            "slotPaused ada 10.0.0.4", "signedOut ada 10.0.0.5",
        ] { #expect(told.contains(line), "\(line) is not in \(told)") }
        #expect(acts.first { $0.act == "slotPaused" }?.detail.contains(#""means":"session""#) == true)
        let entries = try await bench.store.reader.entries()
        for secret in ["835201", "740193", code, "B-1\"", String(cookie.split(separator: "=")[1])] {
            #expect(!entries.contains { $0.entry.contains(secret) })
        }
    }
}
