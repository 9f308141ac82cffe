import Squirrel
import Synchronization
import Testing
import TimeAndChance

@testable import ImpEmulator

/// The vendor's factory in small: a fixture imp, a unit, two agents and the cloud.
@Suite struct FixtureBoothTests {
    private static let fixture = """
        function pressed() {
            if (hardware.pinC.read()) {
                server.factoryblinkup("factory-floor", "blessed-be-the-line", hardware.pinM, BLINKUP_FAST | BLINKUP_ACTIVEHIGH);
            }
        }
        imp.enableblinkup(true);
        hardware.pinC.configure(DIGITAL_IN, pressed);
        hardware.pinM.configure(DIGITAL_OUT, 0);
        agent.on("label", function(data) { server.log("label " + data.mac + " " + data.ok) });
        imp.onidle(function() {
            server.log("fixture " + (imp.configparams.factory_imp == imp.getmacaddress()));
        });
        """
    private static let fixtureAgent = """
        http.onrequest(function(request, response) {
            device.send("label", http.jsondecode(request.body));
            response.send(200, "OK");
        });
        """
    private static let dut = """
        imp.onidle(function() {
            server.log("configured by " + imp.configparams.factory_imp_device_id);
            server.bless(true, function(ok) {
                agent.send("result", { mac = imp.getmacaddress(), ok = ok });
                if (ok) imp.clearconfiguration();
            });
        });
        """
    private static let dutAgent = """
        device.on("result", function(result) {
            local url = imp.configparams.factory_fixture_url;
            local answer = http.post(url, { "content-type": "application/json" }, http.jsonencode(result)).sendsync();
            server.log("fixture says " + answer.statuscode);
        });
        """

    private func booth(_ adjust: (inout LineSetup) -> Void = { _ in }) throws -> FixtureBooth {
        func device(_ source: String, _ name: String) throws -> DeviceProgram {
            try DeviceProgram(name: name, source: Array(source.utf8))
        }
        func agent(_ source: String, _ name: String) throws -> DeviceProgram {
            try DeviceProgram(name: name, source: Array(source.utf8), constants: AgentNames.constants)
        }
        var setup = LineSetup(
            units: 1, chipPart: "GD25Q40",
            firmware: .squirrel(
                factory: try device(Self.dut, "dut"),
                application: try device("server.log(\"application runs\");", "application")))
        setup.release.wifiFirmwareBytes = 8192
        let fixture = try device(Self.fixture, "fixture")
        setup.firmware.fixture = { DeviceFirmware(fixture, $0) }
        setup.firmware.agents = [
            .fixture: try agent(Self.fixtureAgent, "fixture.agent"),
            .factory: try agent(Self.dutAgent, "dut.agent"),
        ]
        adjust(&setup)
        return try FixtureBooth(setup)
    }

    /// From the button to the label: light, enrolment, firmware, blessing, webhook, application.
    @Test func fromTheButtonToTheBlessedUnit() throws {
        let posted = Mutex<[WebhookDelivery]>([])
        let calls = Mutex<[HTTPRequest]>([])
        let hook = EmulatedInternet.Endpoint("http://mes.example/") { request in
            calls.withLock { $0.append(request) }
            return HTTPResponse(statusCode: 200)
        }
        let posts: @Sendable (WebhookDelivery) -> Void = { delivery in posted.withLock { $0.append(delivery) }
        }
        let booth = try booth { setup in
            setup.cloud.webhooks = [
                Webhook(url: "http://mes.example/blessed", event: .blessing),
                Webhook(url: "http://elsewhere.example/form", event: .blessing, contentType: .form),
                Webhook(url: "http://mes.example/never", event: .blinkup),
            ]
            setup.internet = EmulatedInternet([hook])
            setup.onWebhook = posts
        }
        try booth.powerUp()
        let unit = try #require(booth.unit)
        let fixture = booth.fixture
        #expect(fixture.deviceID.text == "5000d8c46a000001")
        #expect(booth.run(atMost: .seconds(30)) { fixture.log.contains("fixture true") }, "\(fixture.log)")
        #expect(booth.run(atMost: .seconds(30)) { unit.phase == .unconfigured })
        booth.press("button")
        #expect(
            booth.run(atMost: .seconds(30)) { unit.log.contains { $0.hasPrefix("configured by") } },
            "\(unit.log) \(fixture.log) \(unit.phase)")
        #expect(unit.log.contains("configured by " + fixture.deviceID.text))
        #expect(booth.run(atMost: .seconds(10)) { booth.cloud.isBlessed(unit.deviceID.text) })
        #expect(booth.run(atMost: .seconds(10)) { unit.log.contains("application runs") }, "\(unit.log)")
        #expect(unit.log.contains("[agent] fixture says 200"), "\(unit.log)")
        #expect(fixture.log.contains("label \(unit.mac.bareHex) true"), "\(fixture.log)")
        #expect(unit.config.wifi == nil)

        let impID = EmulatedCloud.impID(of: unit.deviceID.text)
        #expect(impID.count == 16 && impID != unit.deviceID.text)
        let deliveries = posted.withLock { $0 }
        #expect(deliveries.map(\.statusCode) == [200, nil])
        #expect(
            deliveries.map(\.text) == [
                "{\"device_id\":\"\(unit.deviceID.text)\",\"imp_id\":\"\(impID)\"}",
                "device_id=\(unit.deviceID.text)&imp_id=\(impID)",
            ])
        let requests = calls.withLock { $0 }
        #expect(requests.count == 1)
        #expect(requests.first?.header("Content-Type") == "application/json")
        #expect(requests.first?.method == "POST")
    }

    /// The same seed gives the same life, to the nanosecond.
    @Test func itIsTheSameEachTime() throws {
        func life() throws -> ([String], [String], VirtualInstant) {
            let booth = try booth { $0.light = .jitteryPhone }
            try booth.powerUp()
            let unit = try #require(booth.unit)
            _ = booth.run(atMost: .seconds(30)) { unit.phase == .unconfigured }
            booth.run(for: .seconds(5))
            booth.press("button")
            _ = booth.run(atMost: .seconds(40)) { unit.log.contains("application runs") }
            return (unit.log, booth.fixture.log, booth.now)
        }
        let (first, second) = (try life(), try life())
        #expect(first.0 == second.0)
        #expect(first.1 == second.1)
        #expect(first.2 == second.2)
    }

    /// A module that is no fixture only logs.
    @Test func onlyFixturesFlash() throws {
        let desk = try Desk()
        try desk.runFactoryFirmware()
        try desk.server.factoryBlinkUp(ssid: "x", password: "y", pin: .m, flags: [.fast])
        #expect(try desk.module.log.last == "Factory BlinkUp request failed. This is not a factory imp.")
    }

    /// A token that the cloud did not issue enrols nobody.
    @Test func unknownTokensCountForNothing() throws {
        let desk = try Desk()
        try desk.powerUp()
        try desk.bench.blinkUp(.factoryFloor, token: "made up")
        let module = try desk.module
        desk.run { module.phase == .unassigned }
        #expect(desk.cloud.group(of: module.deviceID.text) == .unknown)
    }
}

@Suite struct WebhookTests {
    @Test(arguments: Webhook.ContentType.allCases)
    func eventsAndForms(type: Webhook.ContentType) throws {
        var behaviour = CloudBehaviour()
        behaviour.webhooks = Webhook.Event.allCases.map {
            Webhook(url: "http://hook.example/\($0.rawValue)", event: $0, contentType: type)
        }
        let cloud = EmulatedCloud(behaviour: behaviour)
        #expect(
            cloud.bless(deviceID: "30000c2a690a0b0c", ordinal: 1, testSuccess: false, override: nil) == false)
        #expect(cloud.webhooks.isEmpty, "a failed test is told to nobody")
        _ = cloud.bless(deviceID: "30000c2a690a0b0c", ordinal: 1, testSuccess: true, override: nil)
        _ = cloud.bless(deviceID: "30000c2a690a0b0c", ordinal: 1, testSuccess: true, override: nil)
        cloud.activated("30000c2a690a0b0c", planID: "plan 1", token: "t&k")
        cloud.deploy(to: .production)
        #expect(cloud.webhooks.map(\.event) == [.blessing, .blinkup, .deployment])
        #expect(
            cloud.webhooks[1].text
                == (type == .json
                    ? "{\"device_id\":\"30000c2a690a0b0c\",\"plan_id\":\"plan 1\",\"token\":\"t&k\"}"
                    : "device_id=30000c2a690a0b0c&plan_id=plan+1&token=t%26k"))
    }

    /// An end user's BlinkUp of a blessed unit.
    @Test func activation() throws {
        let desk = try Desk { $0.cloud.webhooks = [Webhook(url: "http://hook.example/", event: .blinkup)] }
        try desk.runApplication()
        #expect(desk.cloud.webhooks.isEmpty)
        try desk.bench.setPower(false)
        try desk.bench.setPower(true)
        let module = try desk.module
        desk.run { module.phase == .connecting }
        module.seeLight(
            LightSignal(
                BlinkUpPacket(
                    ssid: "factory-floor", password: "blessed-be-the-line", planID: "p1", token: "user")),
            under: .fixture)
        desk.run(.seconds(20))
        #expect(desk.cloud.webhooks.map(\.event) == [.blinkup])
        #expect(desk.cloud.webhooks.first?.text.contains("\"plan_id\":\"p1\"") == true)
    }
}
