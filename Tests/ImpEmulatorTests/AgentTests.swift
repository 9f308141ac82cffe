import Squirrel
import Testing
import TimeAndChance

@testable import ImpEmulator

/// Device and agent, each a Squirrel program, and the web around them.
@Suite struct AgentTests {
    /// A desk whose unit runs `device`, with `agent` in the cloud.
    private func desk(
        device: String, agent: String, faults: String = "", _ adjust: (inout LineSetup) -> Void = { _ in }
    ) throws -> Desk {
        let deviceProgram = try DeviceProgram(name: "device", source: Array(device.utf8))
        let agentProgram = try DeviceProgram(
            name: "agent", source: Array(agent.utf8), constants: AgentNames.constants)
        let desk = try Desk(faults: faults) { setup in
            setup.firmware = .squirrel(factory: deviceProgram, application: deviceProgram)
            setup.firmware.agents = [.factory: agentProgram]
            adjust(&setup)
        }
        try desk.powerUp()
        try desk.blinkUp()
        return desk
    }

    private func lines(_ desk: Desk) throws -> [String] { try desk.module.log }

    /// Every type that can be sent, there and back.
    @Test func messagesThereAndBack() throws {
        let desk = try desk(
            device: """
                agent.on("echo", function(data) {
                    server.log(typeof data.list + " " + data.list.len() + " " + data.list[2] + " " + typeof data.bytes
                        + " " + data.bytes.len() + " " + typeof data.raw + " " + (data.none == null) + " " + data.yes
                        + " " + data.half + " " + typeof data.code);
                });
                local result = agent.send("data", { list = [1, "two", { three = 3 }.three], bytes = blob(7),
                    raw = "a\\0b", none = null, yes = true, half = 0.5, code = function() {} });
                server.log("result " + result);
                """,
            agent: """
                device.on("data", function(data) {
                    server.log("agent has " + data.list[1]);
                    device.send("echo", data);
                });
                """)
        desk.run(.seconds(10))
        let log = try lines(desk)
        #expect(log.contains("result 0"), "\(log)")
        #expect(log.contains("[agent] agent has two"), "\(log)")
        #expect(log.contains("array 3 3 blob 7 blob true true 0.5 null"), "\(log)")
    }

    /// R35: the error names the line.
    @Test func circularDataNamesItsLine() throws {
        let desk = try desk(
            device: "local loop = {};\nloop.me <- loop;\nserver.log(\"before\");\nagent.send(\"x\", loop);",
            agent: "")
        desk.run(.seconds(12))
        let log = try lines(desk)
        #expect(log.contains { $0.contains("circular data") }, "\(log)")
        #expect(log.contains { $0.contains("device:4") }, "\(log)")
    }

    @Test func messagesWithoutAHandlerAreNoted() throws {
        let desk = try desk(
            device: "agent.send(\"unknown\", 1);",
            agent: "device.onconnect(function() { device.send(\"nobody\", 1) });")
        desk.run(.seconds(8))
        try desk.server.setSendTimeoutPolicy(.returnOnError)
        try desk.server.disconnect()
        try desk.server.connect { _ in }
        desk.run(.seconds(5))
        let log = try lines(desk)
        #expect(log.contains { $0.contains("no handler for device message 'unknown'") }, "\(log)")
        #expect(log.contains { $0.contains("no handler for agent message 'nobody'") }, "\(log)")
    }

    @Test func connectionEventsReachTheAgent() throws {
        let desk = try desk(
            device: "server.setsendtimeoutpolicy(RETURN_ON_ERROR, WAIT_TIL_SENT, 10);",
            agent: """
                server.log("first " + device.isconnected());
                device.onconnect(function() { server.log("on " + device.isconnected()) });
                device.ondisconnect(function() { server.log("off " + device.isconnected()) });
                """)
        desk.run(.seconds(8))
        try desk.server.disconnect()
        desk.run(.seconds(1))
        try desk.server.connect { _ in }
        desk.run(.seconds(5))
        #expect(
            desk.bench.agents.log.map { $0.split(separator: ": ").last.map(String.init) ?? "" }
                == ["first true", "off false", "on true"])
    }

    @Test func whatIsSentToADeviceThatIsAwayIsLost() throws {
        let desk = try desk(
            device: """
                server.setsendtimeoutpolicy(RETURN_ON_ERROR, WAIT_TIL_SENT, 10);
                agent.on("tick", function(n) { server.log("tick " + n) });
                """,
            agent: """
                count <- 0;
                function tick() { device.send("tick", ++count); imp.wakeup(1, tick); }
                tick();
                """)
        desk.run(.seconds(8))
        try desk.server.disconnect()
        let before = try lines(desk).count
        desk.run(.seconds(5))
        #expect(try lines(desk).count == before)
        try desk.server.connect { _ in }
        desk.run(.seconds(6))
        let ticks = try lines(desk).compactMap { $0.hasPrefix("tick ") ? Int($0.dropFirst(5)) : nil }
        #expect(ticks == ticks.sorted() && Set(ticks).count == ticks.count)
        #expect(zip(ticks, ticks.dropFirst()).contains { $1 - $0 >= 5 }, "\(ticks)")
    }

    /// `sendsync`, `sendasync`, endpoints that answer, refuse, hang and do not exist.
    @Test func httpRequests() throws {
        let echo = EmulatedInternet.Endpoint("https://api.example.com/echo") { request in
            HTTPResponse(
                statusCode: 201, headers: [("Content-Type", "text/plain"), ("X-Method", request.method)],
                body: Array((request.header("X-Key") ?? "-").utf8) + request.body)
        }
        let hang = EmulatedInternet.Endpoint("https://hang.example.com") { _ in nil }
        let desk = try desk(
            device: "",
            agent: """
                local r = http.post("https://api.example.com/echo?x=1", { "x-key": "k" }, "body").sendsync();
                server.log(r.statuscode + " " + r.headers["content-type"] + " " + r.headers["x-method"] + " " + r.body);
                server.log("no host " + http.get("https://nowhere.example.com/").sendsync().statuscode);
                server.log("no url " + http.get("ftp:nonsense").sendsync().statuscode);
                http.request("PUT", "https://api.example.com/echo", {}, "later").sendasync(function(r) {
                    server.log("async " + r.headers["x-method"] + " " + r.body);
                });
                server.log("sent");
                http.get("https://hang.example.com/").sendasync(function(r) {
                    server.log("hang " + r.statuscode);
                }, null, 3);
                local cancelled = http.get("https://api.example.com/echo");
                cancelled.sendasync(function(r) { server.log("never") });
                cancelled.cancel();
                """
        ) { $0.internet = EmulatedInternet([echo, hang]) }
        desk.run(.seconds(15))
        let log = desk.bench.agents.log.map { $0.drop { $0 != ":" }.dropFirst(2) }
        #expect(
            log == [
                "201 text/plain POST kbody", "no host 6", "no url 3", "sent", "async PUT -later", "hang 28",
            ], "\(log)")
    }

    @Test func requestsFromOutside() throws {
        let desk = try desk(
            device: "",
            agent: """
                http.onrequest(function(request, response) {
                    try {
                        response.header("X-Path", request.path);
                        response.send(200, request.method + " " + request.query.a + " " + http.jsondecode(request.body).b
                            + " " + request.headers["content-type"]);
                    } catch (error) {
                        response.send(500, error);
                    }
                });
                """)
        desk.run(.seconds(8))
        let url = AgentHost.url(of: try desk.module.deviceID.text)
        func ask(_ path: String, _ body: String) -> HTTPResponse? {
            var answer: HTTPResponse?
            desk.bench.agents.ask(
                HTTPRequest(
                    method: "POST", url: url + path, headers: [("Content-Type", "application/json")],
                    body: Array(body.utf8))
            ) { answer = $0 }
            desk.run(.seconds(1))
            return answer
        }
        let good = ask("/test?a=1%202", "{\"b\":7}")
        #expect(good?.statusCode == 200)
        #expect(good.map { String(decoding: $0.body, as: UTF8.self) } == "POST 1 2 7 application/json")
        #expect(good?.headers.first?.value == "/test")
        #expect(ask("/test?a=1", "no json")?.statusCode == 500)
    }

    /// `server.save` outlives the agent, and the simulation.
    @Test func savedDataStays() throws {
        let agent = """
            local data = server.load();
            data.runs <- ("runs" in data ? data.runs : 0) + 1;
            server.save(data);
            server.log("run " + data.runs);
            if (data.runs == 1) imp.wakeup(1, function() { throw "gone" });
            """
        let first = try desk(device: "", agent: agent)
        first.run(.seconds(12))
        #expect(first.bench.agents.log.contains { $0.hasSuffix("run 2") }, "\(first.bench.agents.log)")
        #expect(first.bench.agents.log.contains { $0.contains("gone") })
        let name = try first.module.deviceID.text
        #expect(
            first.cloud.savedData(of: name)
                == .table([.init(key: .string("runs"), value: .integer(2))]))
    }

    @Test func textForms() throws {
        let desk = try desk(
            device: "",
            agent: """
                server.log(http.jsonencode({ a = [1, null] }, { compact = true }));
                server.log(http.jsondecode("{\\"x\\": [true, 2.5]}").x[1]);
                server.log(http.urlencode({ q = "a b&c" }));
                server.log(http.urldecode("q=a+b%26c&r=")["q"]);
                server.log(http.base64encode("imp"));
                server.log(http.base64decode("aW1w").tostring());
                try { http.jsondecode("{"); } catch (error) { server.log(error); }
                server.log(http.agenturl().slice(0, 31));
                server.log(imp.environment() == ENVIRONMENT_AGENT);
                """)
        desk.run(.seconds(8))
        let log = desk.bench.agents.log.map { String($0.drop { $0 != ":" }.dropFirst(2)) }
        let expected = [
            "{\"a\":[1,null]}", "2.5", "q=a+b%26c", "a b&c", "aW1w", "imp",
            "JSON: a key must be a string at position 1",
        ]
        #expect(Array(log.prefix(expected.count)) == expected, "\(log)")
        #expect(log.dropFirst(expected.count).first?.hasPrefix("https://agent.electricimp.com/") == true)
        #expect(log.last == "true")
    }
}
