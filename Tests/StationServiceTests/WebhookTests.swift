import Foundation
import HTTPTypes
import Logging
import StationPages
import StationStore
import Synchronization
import Testing
import TimeAndChance

@testable import StationService

/// Webhooks out until they are delivered, webhooks in from the vendor's cloud.
struct WebhookTests {
    /// RFC 4231, test case 2.
    @Test func signatureIsHMACOfSHA256() {
        #expect(
            WebhookSignature.digits(Array("what do ya want for nothing?".utf8), secret: "Jefe")
                == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
        let header = WebhookSignature.header(Array("{}".utf8), secret: "Jefe", at: 1_700_000_000)
        #expect(
            header == "t=1700000000,v1="
                + WebhookSignature.digits(Array("1700000000.{}".utf8), secret: "Jefe"))
    }

    @Test func whatKeepsAConnectionFromBeingMadeIsToldInWords() async throws {
        let error = await #expect(throws: ClientFault.self) {
            _ = try await HTTPClient().send("GET", "http://127.0.0.1:1/")
        }
        #expect(error?.description == "127.0.0.1 can't be reached: connection refused")
    }

    @Test func waitsDoubleUpToAnHour() {
        #expect(
            (1...12).map { WebhookOutbox.wait(after: $0, chance: 1) }
                == [
                    2000, 4000, 8000, 16_000, 32_000, 64_000, 128_000, 256_000, 512_000, 1_024_000, 2_048_000,
                    3_600_000,
                ])
        #expect(WebhookOutbox.wait(after: 3, chance: 0) == 4000)
        #expect(WebhookOutbox.wait(after: 60, chance: 1) == 3_600_000)
    }

    private static let alarm = LineNews.alarm(LineAlarm(code: "yield", text: "bad", since: "now"))

    private static func sender(
        _ outbox: WebhookOutbox, _ post: @escaping @Sendable (String) async throws -> Int,
        onDead: @escaping @Sendable (String) -> Void = { _ in }
    ) -> WebhookSender {
        WebhookSender(
            outbox: outbox, news: AsyncStream { $0.finish() }, endNews: {}, bell: Bell(),
            metrics: ServiceMetrics(registry: PrometheusRegistry()), time: StepTime(),
            logger: Logger(label: "tests") { _ in SwiftLogNoOpLogHandler() },
            post: { url, headers, body in
                let signature = headers.first { $0.name == "X-Station-Signature" }?.value ?? ""
                let expected = WebhookSignature.header(
                    body, secret: "0123456789abcdef", at: outbox.clock.utcMilliseconds() / 1000)
                #expect(signature == expected)
                return try await post(url)
            }, onDead: onDead)
    }

    @Test func failingReceiverIsTriedTwelveTimesAndThenGivenUpVisibly() async throws {
        let clock = MovedClock()
        let outbox = WebhookOutbox(database: try ServiceDatabase(path: nil), clock: clock, station: "s")
        _ = try await outbox.add(target: "http://a/", secret: "0123456789abcdef", events: [.alarm])
        #expect(try await outbox.add(Self.alarm) == 1)
        let dead = Mutex<[String]>([])
        let sender = Self.sender(outbox, { _ in 503 }, onDead: { text in dead.withLock { $0.append(text) } })
        var dice = SeededGenerator(seed: 5)
        var tries = 0
        while let wait = try await outbox.nextDue() {
            clock.advance(by: wait)
            for due in try await outbox.due() {
                tries += 1
                try await sender.deliver(due, &dice)
            }
        }
        #expect(tries == 12)
        #expect(dead.withLock { $0.count } == 1)
        let row = try #require(try await outbox.deliveries(state: "dead", before: nil, limit: 5).first)
        #expect(row.lastError == "the receiver answered 503")
        #expect(try await outbox.retry(row.id))
        let well = Self.sender(outbox, { _ in 204 })
        for due in try await outbox.due() { try await well.deliver(due, &dice) }
        #expect(try await outbox.deliveries(state: "delivered", before: nil, limit: 5).map(\.id) == [row.id])
        #expect(try await outbox.retry(row.id) == false)
    }

    @Test func deliveriesOutliveTheProcess() async throws {
        let path = NSTemporaryDirectory() + "outbox-\(UUID().uuidString).db"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let clock = MovedClock()
        do {
            let outbox = WebhookOutbox(database: try ServiceDatabase(path: path), clock: clock, station: "s")
            _ = try await outbox.add(target: "http://a/", secret: "0123456789abcdef", events: [.alarm])
            _ = try await outbox.add(target: "http://b/", secret: "0123456789abcdef", events: [.orderDone])
            #expect(try await outbox.add(Self.alarm) == 1)
        }
        let outbox = WebhookOutbox(database: try ServiceDatabase(path: path), clock: clock, station: "s")
        let due = try await outbox.due()
        #expect(due.map(\.url) == ["http://a/"])
        let body = try JSONSerialization.jsonObject(with: Data(due[0].body)) as? [String: Any]
        #expect(body?["event"] as? String == "alarm")
        #expect((body?["alarm"] as? [String: Any])?["code"] as? String == "yield")
    }

    @Test func vendorsWebhooksAreMatchedAndUnexpectedBlessingsRaiseAnAlarm() async throws {
        let bench = try await ServiceBench(units: 2, faults: "short#2")
        try await bench.bless()
        let key = try await bench.sources.hookKey()
        let blessed = try #require(
            try await bench.store.reader.devices(blessed: true, limit: 1).first?.device.device)
        let known = await bench.ask(
            .post, "/hooks/blessing?key=\(key)",
            #"{"device_id": "\#(blessed)", "imp_id": "0123456789abcdef"}"#)
        #expect(known.json["matched"] as? Bool == true)
        #expect(known.json["expected"] as? Bool == true)
        #expect(bench.sources.board.snapshot().alarms.isEmpty)
        let form = await bench.ask(
            .post, "/hooks/blinkup?key=\(key)",
            headers: [.contentType: "application/x-www-form-urlencoded"],
            body: Array("device_id=\(blessed)&plan_id=p1&token=s3cret-t0ken".utf8))
        #expect(form.status == .accepted, "\(form.text)")
        let foreign = await bench.ask(
            .post, "/hooks/blessing?key=\(key)", #"{"device_id": "30000c2a69ffffff"}"#)
        #expect(foreign.json["expected"] as? Bool == false)
        #expect(bench.sources.board.snapshot().alarms.map(\.code) == ["unexpected-blessing"])
        let deployment = await bench.ask(.post, "/hooks/deployment?key=\(key)", #"{"sha": "abc"}"#)
        #expect(deployment.status == .accepted)
        let entries = try await bench.store.reader.entries(EntryFilter(kinds: ["note"])).map(\.entry)
        #expect(entries.count { $0.contains("Webhook ") } == 4)
        #expect(!entries.contains { $0.contains("s3cret") })
        for (path, body, code) in [
            ("/hooks/blessing", "{}", "SRV-HOOK"), ("/hooks/blessing?key=x", "{}", "SRV-HOOK"),
            ("/hooks/other?key=\(key)", "{}", "SRV-PATH"), ("/hooks/blessing?key=\(key)", "{}", "SRV-FIELD"),
            ("/hooks/blessing?key=\(key)", "[]", "SRV-BODY"),
            ("/hooks/blessing?key=\(key)", #"{"device_id": "'; --"}"#, "SRV-FIELD"),
        ] {
            #expect(await bench.ask(.post, path, body).code == code, "\(path) \(body)")
        }
    }
}
