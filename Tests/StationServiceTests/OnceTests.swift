import Foundation
import HTTPTypes
import Synchronization
import Testing
import TimeAndChance

@testable import StationService

/// Acts that are repeated, cursors that are carried elsewhere, content that did not change.
struct OnceTests {
    @Test func repeatedStartGetsTheFirstAnswer() async throws {
        let bench = try await ServiceBench(pace: 0.02)
        _ = await bench.act("/api/v1/orders/WO-2026-0117/open")
        let body = #"{"serial": "ES0100001"}"#
        let first = await bench.ask(
            .post, "/api/v1/slots/A/start", body, as: bench.console, key: "key-00000001")
        let again = await bench.ask(
            .post, "/api/v1/slots/A/start", body, as: bench.console, key: "key-00000001")
        #expect(first.status == .accepted)
        #expect(again.status == .accepted)
        #expect(again.bytes == first.bytes)
        #expect(again.headers[.idempotencyReplayed] == "true")
        let other = await bench.ask(
            .post, "/api/v1/slots/A/start", #"{"serial": "ES0100002"}"#, as: bench.console,
            key: "key-00000001")
        #expect(other.code == "SRV-KEY-REUSED")
        let elsewhere = await bench.ask(
            .post, "/api/v1/slots/B/start", body, as: bench.console, key: "key-00000001")
        #expect(elsewhere.code == "SRV-KEY-REUSED")
        _ = await bench.act("/api/v1/slots/A/abort")
        await bench.until("A", ["attention", "ready"])
    }

    @Test(arguments: [nil, "short", "with space in it", String(repeating: "k", count: 129)])
    func actsNeedAKey(key: String?) async throws {
        let bench = try await ServiceBench()
        let answer = await bench.ask(.post, "/api/v1/slots/A/clear", "{}", as: bench.console, key: key)
        #expect(answer.code == "SRV-KEY")
    }

    @Test func answersOutliveTheProcessAndOpenKeysSayWhatToDo() async throws {
        let folder = NSTemporaryDirectory() + "keys-\(UUID().uuidString).db"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let clock = MovedClock()
        do {
            let keys = IdempotencyKeys(database: try ServiceDatabase(path: folder), clock: clock)
            guard case .new = try await keys.take("key-one-1", caller: "a", request: "r") else {
                Issue.record("a new key was known")
                return
            }
            try await keys.keep(.json(["slot": "A"], status: .accepted), for: "key-one-1", caller: "a")
            _ = try await keys.take("key-two-2", caller: "a", request: "r")
            _ = try await keys.take("key-bad-3", caller: "a", request: "r")
            try await keys.keep(Problem(.record, "disk full").answer, for: "key-bad-3", caller: "a")
        }
        let keys = IdempotencyKeys(database: try ServiceDatabase(path: folder), clock: clock)
        if case .answered(let answer) = try await keys.take("key-one-1", caller: "a", request: "r") {
            #expect(answer.text == #"{"slot":"A"}"#)
            #expect(answer.status == .accepted)
        } else {
            Issue.record("the answer was not kept")
        }
        if case .open = try await keys.take("key-two-2", caller: "a", request: "r") {
        } else {
            Issue.record("a key without an answer must stay taken")
        }
        if case .new = try await keys.take("key-bad-3", caller: "a", request: "r") {
        } else {
            Issue.record("a fault of the station must not use a key up")
        }
        // Another's key of the same text is another key.
        if case .new = try await keys.take("key-one-1", caller: "b", request: "r") {
        } else {
            Issue.record("keys of two callers met")
        }
        clock.advance(by: IdempotencyKeys.kept + 1)
        _ = try await keys.take("key-new-4", caller: "a", request: "r")
        if case .new = try await keys.take("key-one-1", caller: "a", request: "r") {
        } else {
            Issue.record("old keys are to be forgotten")
        }
    }

    @Test func cursorsWalkTheWholeListAndNoOther() async throws {
        let bench = try await ServiceBench(units: 7)
        try await bench.bless()
        let all = try await bench.store.reader.runs().map(\.run.rawValue)
        var seen: [Int64] = []
        var path = "/api/v1/runs?limit=3"
        var cursor: String?
        while true {
            let page = await bench.ask(.get, path, as: bench.console)
            let items = page.json["items"] as? [[String: Any]] ?? []
            seen += items.compactMap { ($0["run"] as? NSNumber)?.int64Value }
            guard let next = page.json["next"] as? String else { break }
            cursor = next
            path = "/api/v1/runs?limit=3&cursor=\(next)"
        }
        #expect(seen == all)
        #expect(seen.count == 7)
        let text = try #require(cursor)
        for elsewhere in [
            "/api/v1/runs?outcome=passed&cursor=\(text)", "/api/v1/units?cursor=\(text)",
            "/api/v1/runs?cursor=AAAA",
            "/api/v1/runs?cursor=\(text)x",
        ] {
            let answer = await bench.ask(.get, elsewhere, as: bench.console)
            #expect(answer.code == "SRV-CURSOR", "\(elsewhere)")
        }
    }

    @Test func unchangedContentIsNotSentAgain() async throws {
        let bench = try await ServiceBench()
        let first = await bench.ask(.get, "/api/v1/skus", as: bench.console)
        let tag = try #require(first.headers[.eTag])
        for known in [tag, "W/\(tag)", "\"other\", \(tag)", "*"] {
            let again = await bench.ask(
                .get, "/api/v1/skus", as: bench.console, headers: [.ifNoneMatch: known])
            #expect(again.status == .notModified)
            #expect(again.bytes.isEmpty)
        }
        let changed = await bench.ask(
            .get, "/api/v1/skus", as: bench.console, headers: [.ifNoneMatch: "\"other\""])
        #expect(changed.status == .ok)
    }
}

/// A calendar that is moved by hand.
final class MovedClock: WallClock {
    private let now = Mutex<Int64>(1_790_000_000_000)
    func utcMilliseconds() -> Int64 { now.withLock { $0 } }
    func advance(by milliseconds: Int64) { now.withLock { $0 += milliseconds } }
}
