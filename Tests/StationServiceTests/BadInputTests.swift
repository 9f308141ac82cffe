import Foundation
import GRDB
import HTTPTypes
import People
import Testing

@testable import StationService

/// What strangers and accidents send: nothing crashes, nothing leaks, the answer says what to do.
struct BadInputTests {
    @Test(arguments: [
        "/../../etc/passwd", "/assets/..%2f..%2fetc%2fpasswd", "/assets/%2e%2e/x", "/assets/a%00b", "/%ff%fe",
        "/assets/..%5c..%5cx", "/api/v1/units/..", "/api/v2/line", "/api/v1/slots/A/start/now",
        "/" + String(repeating: "a", count: 3000), "/assets//../../x",
    ])
    func addressesThatLeadOut(path: String) async throws {
        let bench = try await ServiceBench()
        let answer = await bench.ask(.get, path, as: bench.console)
        #expect([404, 401, 303].contains(answer.status.code), "\(path): \(answer.text)")
        #expect(!answer.text.contains("root:"))
        #expect(answer.headers[.xContentTypeOptions] == "nosniff")
    }

    @Test(arguments: [
        "'; DROP TABLE run; --", "1 OR 1=1", "<img src=x onerror=alert(1)>", "%", "_", "\u{202E}evil",
        "ES0100001\"",
        String(repeating: "9", count: 2000), "𝔘𝔫𝔦", "null",
    ])
    func hostileTextInEveryField(text: String) async throws {
        let bench = try await ServiceBench()
        let before = try await bench.store.reader.station().ledgerSize
        let encoded = text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
        for path in [
            "/api/v1/units/\(encoded)", "/api/v1/runs?order=\(encoded)", "/api/v1/runs?unit=\(encoded)",
            "/api/v1/runs?market=\(encoded)", "/api/v1/units?sku=\(encoded)",
            "/api/v1/entries?kind=\(encoded)",
            "/api/v1/entries?unit=\(encoded)", "/api/v1/skus/\(encoded)", "/api/v1/plans/\(encoded)",
            "/api/v1/orders/\(encoded)", "/api/v1/reports/measurements/\(encoded)",
            "/api/v1/slots/\(encoded)",
        ] {
            let answer = await bench.ask(.get, path, as: bench.console)
            #expect([200, 400, 404].contains(answer.status.code), "\(path): \(answer.status) \(answer.text)")
            #expect(answer.headers[.contentType]?.contains("json") == true)
        }
        #expect(try await bench.store.reader.station().ledgerSize == before)
    }

    @Test func bodiesThatAreTooLargeOrOfAnotherKind() async throws {
        let bench = try await ServiceBench()
        let large = await bench.ask(
            .post, "/api/v1/slots/A/start", as: bench.console, key: "key-large-1",
            body: [UInt8](repeating: 0x20, count: 70_000))
        #expect(large.code == "SRV-LENGTH")
        for type in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"] {
            let answer = await bench.ask(
                .post, "/api/v1/slots/A/start", "{}", as: bench.console, key: "key-type-1",
                headers: [.contentType: type])
            #expect(answer.code == "SRV-TYPE", "\(type)")
        }
        let deep = String(repeating: "[", count: 30_000)
        let nested = await bench.ask(
            .post, "/api/v1/slots/A/start", deep, as: bench.console, key: "key-deep-1")
        #expect(nested.code == "SRV-BODY")
        let broken = await bench.ask(
            .post, "/api/v1/slots/A/start", as: bench.console, key: "key-utf8-1",
            body: Array("{\"serial\": \"".utf8) + [0xFF, 0xFE] + Array("\"}".utf8))
        #expect(broken.code == "SRV-BODY")
    }

    @Test(arguments: ["evil.example", "evil.example:8720", "localhost.evil.example", nil])
    func otherNamesForThisMachine(host: String?) async throws {
        let bench = try await ServiceBench(guests: true)
        let answer = await bench.ask(.get, "/api/v1/line", host: host)
        #expect(answer.code == "SRV-HOST")
        let own = await bench.ask(.get, "/api/v1/line", host: "[::1]:8720")
        #expect(own.status == .ok)
    }

    @Test func pagesOfOtherSitesActOnNothing() async throws {
        let bench = try await ServiceBench()
        for origin in ["http://evil.example", "null", "http://localhost:9999"] {
            let answer = await bench.ask(
                .post, "/api/v1/slots/A/clear", "{}", as: bench.console, key: "key-origin-1",
                headers: [.origin: origin])
            #expect(answer.code == "SRV-CSRF", "\(origin)")
        }
        let own = await bench.ask(
            .post, "/api/v1/slots/A/clear", "{}", as: bench.console, key: "key-origin-2",
            headers: [.origin: "http://localhost:8720"])
        #expect(own.status == .ok)
    }

    @Test(arguments: [
        "Bearer", "Bearer ", "Bearer x", "Basic YTpi", "Bearer bst_aaaaaaaaaa_bbbb", "bearer \u{e9}",
    ])
    func forgedTokens(authorization: String) async throws {
        let bench = try await ServiceBench(guests: true)
        let answer = await bench.ask(.get, "/api/v1/line", headers: [.authorization: authorization])
        #expect(answer.code == "SRV-SIGNIN")
        #expect(answer.status == .unauthorized)
    }

    @Test func sessionNeedsItsOwnProofAndEndsWithSignOut() async throws {
        let bench = try await ServiceBench()
        let author = Author(person: "tests", place: "tests")
        try await bench.sources.people.add(
            NewUser(id: "op-1", badge: "B-0001", role: .operator), pin: "835201", temporary: false, by: author
        )
        let signedIn = await bench.ask(.post, "/api/v1/session", #"{"badge": "B-0001", "pin": "835201"}"#)
        #expect(signedIn.status == .ok, "\(signedIn.text)")
        let cookie = try #require(signedIn.headers[.setCookie])
        #expect(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"))
        let pair = String(cookie.prefix { $0 != ";" })
        let csrf = try #require(signedIn.json["csrf"] as? String)
        let session: HTTPFields = [.cookie: pair]
        let looks = await bench.ask(.get, "/api/v1/line", headers: session)
        #expect(looks.status == .ok)
        let without = await bench.ask(
            .post, "/api/v1/slots/A/clear", "{}", key: "key-csrf-01", headers: session)
        #expect(without.code == "SRV-CSRF")
        var proven = session
        proven[.csrfToken] = csrf
        let with = await bench.ask(.post, "/api/v1/slots/A/clear", "{}", key: "key-csrf-02", headers: proven)
        #expect(with.status == .ok)
        let out = await bench.ask(.delete, "/api/v1/session", headers: proven)
        #expect(out.status == .noContent)
        let after = await bench.ask(.get, "/api/v1/line", headers: session)
        #expect(after.code == "SRV-SIGNIN")
        let page = await bench.ask(.get, "/units/ES0100001", headers: session)
        #expect(page.status == .seeOther)
        #expect(page.headers[.location] == "/signin?next=%2Funits%2FES0100001")
        let notes = try await bench.store.reader.entries()
        #expect(notes.contains { $0.entry.contains("signedIn") })
        #expect(!notes.contains { $0.entry.contains("835201") || $0.entry.contains("B-0001") })
    }

    @Test func doubledAndUnknownParameters() async throws {
        let bench = try await ServiceBench()
        for path in [
            "/api/v1/runs?limit=1&limit=2", "/api/v1/runs?x=1", "/api/v1/runs?limit=%zz", "/api/v1/line?x",
        ] {
            let answer = await bench.ask(.get, path, as: bench.console)
            #expect(answer.code == "SRV-QUERY", "\(path)")
        }
        let method = await bench.ask(.put, "/api/v1/line", "{}", as: bench.console)
        #expect(method.code == "SRV-METHOD")
        #expect(method.headers[.allow] == "GET")
        // An address of its own is not also one of those that a parameter would take in.
        let fixed = await bench.ask(
            .delete, "/api/v1/webhooks/incoming", as: bench.console, key: "key-fixed-1")
        #expect(fixed.code == "SRV-METHOD")
        #expect(fixed.headers[.allow] == "GET")
    }

    @Test func headIsAGetWithoutABody() async throws {
        let bench = try await ServiceBench()
        let get = await bench.ask(.get, "/api/v1/skus", as: bench.console)
        let head = await bench.ask(.head, "/api/v1/skus", as: bench.console)
        #expect(head.status == .ok)
        #expect(head.bytes.isEmpty)
        #expect(head.headers[.contentLength] == String(get.bytes.count))
    }

    @Test func serviceDatabaseInOtherHandsIsToldAndNothingIsStarted() async throws {
        let bench = try await ServiceBench()
        _ = await bench.act("/api/v1/orders/WO-2026-0117/open")
        try await bench.sources.database.queue.write { db in
            // As full as a disk can be.
            let pages = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
            try db.execute(sql: "PRAGMA max_page_count = \(pages)")
        }
        var codes: Set<String> = []
        for number in 0..<200 {
            let answer = await bench.ask(
                .post, "/api/v1/slots/A/pause", "{}", as: bench.console,
                key: "key-full-\(number)-" + String(repeating: "x", count: 100))
            codes.insert(answer.code ?? "\(answer.status.code)")
            if answer.code == "SRV-RECORD" { break }
        }
        #expect(codes.contains("SRV-RECORD"))
        #expect(await bench.ask(.get, "/api/v1/line", as: bench.console).status == .ok)
    }
}
