import Foundation
import GRDB
import HTTPTypes
import Logging
import People
import StationStore
import Testing

@testable import StationService

/// Bad input that has to do with who asks, with time, and with other programs at the same files.
struct PeopleInputTests {
    /// Signs somebody in.
    /// - Returns: headers of the session.
    private func signIn(_ bench: ServiceBench, _ id: String = "op-1") async throws -> HTTPFields {
        try await bench.sources.people.add(
            NewUser(id: id, badge: "B-\(id)", role: .operator), pin: "835201", temporary: false,
            by: Author(person: "tests", place: "tests"))
        let answer = await bench.ask(
            .post, "/api/v1/session", #"{"badge": "B-\#(id)", "pin": "835201"}"#)
        var headers: HTTPFields = [
            .cookie: String((answer.headers[.setCookie] ?? "").prefix { $0 != ";" })
        ]
        headers[.csrfToken] = answer.json["csrf"] as? String
        return headers
    }

    @Test func sessionsAndTokensEndWithTime() async throws {
        let clock = MovedClock()
        let bench = try await ServiceBench(clock: clock)
        let session = try await signIn(bench)
        let token = try await bench.token(.engineer)
        func codes() async -> [String?] {
            [
                await bench.ask(.get, "/api/v1/line", headers: session).code,
                await bench.ask(.get, "/api/v1/line", as: token).code,
            ]
        }
        #expect(await codes() == [nil, nil])
        clock.advance(by: 29 * 60_000)
        #expect(await codes() == [nil, nil])
        clock.advance(by: 31 * 60_000)
        // Half an hour unused ends a session, an hour a token that was made for an hour.
        #expect(await codes() == ["SRV-SIGNIN", "SRV-SIGNIN"])
    }

    @Test func aCalendarThatJumpsBackEndsSessionsAndStopsNothing() async throws {
        let clock = MovedClock()
        let bench = try await ServiceBench(clock: clock)
        let session = try await signIn(bench)
        clock.advance(by: -3 * 86_400_000)
        let answer = await bench.ask(.get, "/api/v1/line", headers: session)
        #expect(answer.code == "SRV-SIGNIN", "\(answer.text)")
        _ = await bench.act("/api/v1/orders/WO-2026-0117/open")
        let start = await bench.act("/api/v1/slots/A/start", #"{"serial": "ES0100001"}"#)
        #expect(start.status == .accepted, "\(start.text)")
        await bench.until("A", ["passed"])
        #expect((bench.sources.board.slot("A")?.elapsedSeconds ?? -1) >= 0)
        #expect(try await bench.store.reader.verify().findings == [])
    }

    @Test(arguments: [
        "station_session=", "station_session=x", "station_session=" + String(repeating: "A", count: 43),
        "station_session='; DROP TABLE session; --", "a=b; station_session=\u{e9}", ";;;=;=station_session",
    ])
    func forgedSessions(cookie: String) async throws {
        let bench = try await ServiceBench()
        let answer = await bench.ask(.get, "/api/v1/line", headers: [.cookie: cookie])
        #expect(answer.code == "SRV-SIGNIN")
        let act = await bench.ask(
            .post, "/api/v1/slots/A/pause", "{}", key: "key-forged-1", headers: [.cookie: cookie])
        #expect(act.code == "SRV-SIGNIN")
    }

    @Test func twoOperatorsAtOneSlotAtTheSameMoment() async throws {
        let bench = try await ServiceBench(pace: 0.02)
        let one = try await signIn(bench, "op-1")
        let two = try await signIn(bench, "op-2")
        _ = await bench.act("/api/v1/orders/WO-2026-0117/open")
        for round in 0..<5 {
            async let first = bench.ask(
                .post, "/api/v1/slots/A/start", #"{"serial": "ES0100001"}"#, key: "key-first-\(round)",
                headers: one)
            async let second = bench.ask(
                .post, "/api/v1/slots/A/start", #"{"serial": "ES0100002"}"#, key: "key-second-\(round)",
                headers: two)
            let answers = await [first, second]
            #expect(answers.count { $0.status == .accepted } == 1, "\(answers.map(\.text))")
            let refused = try #require(answers.first { $0.code == "SRV-SLOT-BUSY" })
            // Told who was first.
            #expect(refused.text.contains(answers[0].status == .accepted ? "op-1" : "op-2"))
            _ = await bench.act("/api/v1/slots/A/abort", #"{"reason": "next"}"#)
            await bench.until("A", ["attention", "ready"])
            await bench.sources.desk.untilIdle()
        }
    }

    /// SQL and HTML in every text field of every route that takes any.
    @Test(arguments: [
        "'; DROP TABLE user; --", "<img src=x onerror=alert(1)>", "\" OR \"1\"=\"1", "{{csrf}}", "../../x",
        "%00", "\u{202E}evil", String(repeating: "x", count: 5000),
    ])
    func hostileTextInEveryBody(text: String) async throws {
        let bench = try await ServiceBench()
        let hostile = try #require(String(data: try JSONEncoder().encode(text), encoding: .utf8))
        _ = await bench.act("/api/v1/orders/WO-2026-0117/open")
        for (path, fields) in [
            ("/api/v1/slots/A/start", ["serial"]), ("/api/v1/slots/A/start", ["order"]),
            ("/api/v1/slots/A/abort", ["reason"]), ("/api/v1/orders/WO-2026-0118/open", ["mode"]),
            ("/api/v1/orders/WO-2026-0118/unlock", ["reason"]),
            ("/api/v1/units/x/resolve", ["finding", "reason"]),
            ("/api/v1/session", ["badge", "pin"]), ("/api/v1/setup", ["code", "id", "badge", "pin", "name"]),
            ("/api/v1/users", ["id", "name", "badge", "language"]), ("/api/v1/users/x", ["role"]),
            ("/api/v1/tokens", ["user", "name"]), ("/api/v1/webhooks", ["url"]),
            ("/api/v1/webhooks", ["secret", "url"]),
        ] {
            var members = fields.map { "\"\($0)\": \(hostile)" }
            if path.hasSuffix("/users") { members.append(#""role": "operator""#) }
            let answer = await bench.act(path, "{\(members.joined(separator: ", "))}")
            #expect((200..<500).contains(answer.status.code), "\(path) \(fields): \(answer.text)")
            #expect(answer.headers[.contentType]?.contains("json") == true)
        }
        let users = await bench.ask(.get, "/api/v1/users", as: bench.console)
        #expect(users.status == .ok)
        // What got in as a name is text wherever it is shown.
        for path in ["/", "/units", "/line", "/setup"] {
            let page = await bench.ask(.get, path, as: bench.console, headers: [.accept: "text/html"])
            #expect(!page.text.contains("<img src=x"), "\(path)")
        }
        #expect(try await bench.store.reader.verify().findings == [])
    }

    /// Every route that changes something, with a body of another kind.
    @Test func wrongContentTypesEverywhere() async throws {
        let bench = try await ServiceBench()
        for route in bench.routes where route.effect != .reads {
            for type in ["text/plain", "application/xml", "multipart/form-data; boundary=x", "x", ""] {
                let path = route.path.replacing(#/\{\w+\}/#, with: "zz-none")
                let answer = await bench.ask(
                    route.method, path, as: bench.console, key: "key-types-1", headers: [.contentType: type],
                    body: Array("<x/>".utf8))
                #expect(answer.code == "SRV-TYPE", "\(route.name) \(type): \(answer.text)")
            }
        }
    }

    @Test func aLockedDatabaseIsToldAndGivenBack() async throws {
        let bench = try await ServiceBench(patience: 0.05)
        var rules = Configuration()
        rules.allowsUnsafeTransactions = true
        let other = try DatabaseQueue(path: bench.home + "/service.db", configuration: rules)
        try await other.writeWithoutTransaction { try $0.execute(sql: "BEGIN EXCLUSIVE") }
        let answer = await bench.ask(
            .post, "/api/v1/slots/A/pause", "{}", as: bench.console, key: "key-locked-1")
        #expect(answer.code == "SRV-RECORD", "\(answer.text)")
        #expect(answer.text.contains("Try again"))
        // Looking goes on.
        #expect(await bench.ask(.get, "/api/v1/line", as: bench.console).status == .ok)
        #expect(await bench.ask(.get, "/api/v1/units", as: bench.console).status == .ok)
        try await other.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
        let again = await bench.ask(
            .post, "/api/v1/slots/A/pause", "{}", as: bench.console, key: "key-locked-1")
        #expect(again.status == .ok, "\(again.text)")
    }

    /// A person at a browser is answered with a page, in the browser's language; a program with a problem.
    @Test(arguments: [
        ("/nowhere", 404), ("/units/nobody-knows", 404), ("/line?slot=%zz", 400), ("/assets/none", 404),
        ("/api/v1/units/none", 404),
    ])
    func refusalsAreShownAsPages(path: String, status: Int) async throws {
        let bench = try await ServiceBench()
        let headers: HTTPFields = [.accept: "text/html,*/*;q=0.8", .acceptLanguage: "zh-CN"]
        let page = await bench.ask(.get, path, as: bench.console, headers: headers)
        #expect(page.status.code == status, "\(page.text.prefix(200))")
        let isPage = !path.hasPrefix("/api/") && !path.hasPrefix("/assets/")
        #expect(page.headers[.contentType]?.hasPrefix("text/html") == isPage)
        if isPage {
            #expect(page.text.contains("lang=\"zh-Hans\""))
            #expect(page.headers[.contentSecurityPolicy]?.contains("script-src 'self'") == true)
        }
        let program = await bench.ask(.get, path, as: bench.console)
        #expect(program.headers[.contentType] == "application/problem+json")
        #expect(program.status.code == status)
    }

    @Test func aPageThatTheRoleMayNotSeeSaysSo() async throws {
        let bench = try await ServiceBench()
        let session = try await signIn(bench)
        var headers = session
        headers[.accept] = "text/html"
        let page = await bench.ask(.get, "/skus", headers: headers)
        #expect(page.status == .forbidden)
        #expect(page.headers[.contentType]?.hasPrefix("text/html") == true, "\(page.text.prefix(200))")
        #expect(page.text.contains("SRV-ROLE"))
        let proof = await bench.ask(.get, "/units/ES0100001/proof.json", headers: headers)
        #expect(proof.status == .forbidden)
    }

    @Test func theLineIsToldWhichSlotsNeedTheirGoldenUnit() async throws {
        let bench = try await ServiceBench { folder in
            let file = URL(fileURLWithPath: folder + "/station.yaml")
            let golden = """

                golden:
                  every: 8 h
                  units:
                    - name: golden-1
                      device: 30000c2a690000aa
                      measurements:
                        - { step: rail, name: rail_3v3, reference: 3.3, tolerance: 0.5 }

                """
            try Data((try String(contentsOf: file, encoding: .utf8) + golden).utf8).write(to: file)
        }
        let reminder = GoldenReminder(
            sources: bench.sources, logger: .init(label: "tests") { _ in SwiftLogNoOpLogHandler() },
            bell: Bell())
        for _ in 1...3 { try await reminder.look() }
        let alarms = bench.sources.board.snapshot().alarms
        #expect(
            Set(alarms.map { "\($0.code) \($0.slot ?? "")" }) == [
                "golden-shut A", "golden-shut B", "golden-shut C", "golden-shut D",
            ])
        #expect(alarms.count == 4)
        bench.sources.board.lower("golden-shut", slot: "B")
        #expect(bench.sources.board.snapshot().alarms.compactMap(\.slot).sorted() == ["A", "C", "D"])
        let page = await bench.ask(
            .get, "/", as: bench.console, headers: [.acceptLanguage: "zh-CN", .accept: "text/html"])
        #expect(page.text.contains("工位 A：请立即测量标准件"))
    }
}
