import Testing

@testable import ImpEmulator

/// `firmware/` as a pair: the fixture's press of a button, and what it shows of the unit that it configured.
@Suite struct FactoryPairTests {
    private func booth(passes: Bool) throws -> FixtureBooth {
        let fixture = String(decoding: PackageResources.fixture_device_nut, as: UTF8.self)
        #expect(fixture.contains("const PASSWORD = \"\";"))
        let firmware = FirmwareLibrary.squirrel(
            factory: try DeviceProgram(
                name: "own.device.nut",
                source: Array(
                    """
                    @include "factory.device.nut"
                    imp.wakeup(8, function() {
                        local bless = verbs["bless"];
                        bless({ "passed": \(passes) }, @(result) server.log("blessed " + result.blessed));
                    });
                    """.utf8)),
            application: .silence,
            fixture: try DeviceProgram(
                name: "fixture.device.nut",
                source: Array(
                    fixture.replacing(
                        "const PASSWORD = \"\";", with: "const PASSWORD = \"blessed-be-the-line\";"
                    )
                    .utf8)),
            agents: FirmwareLibrary.pair.agents)
        var setup = LineSetup(units: 1, chipPart: "GD25Q40", firmware: firmware)
        setup.release.wifiFirmwareBytes = 8192
        return try FixtureBooth(setup)
    }

    @Test(arguments: [true, false]) func theFixtureShowsWhatBecameOfItsUnit(passes: Bool) throws {
        let booth = try booth(passes: passes)
        try booth.powerUp()
        let unit = try #require(booth.unit)
        let ready = booth.run(atMost: .seconds(60)) {
            booth.fixture.machine?.interface != nil && unit.phase == .unconfigured
        }
        #expect(ready)
        booth.run(for: .seconds(2))
        booth.press("button")
        let shown = booth.run(atMost: .seconds(120)) {
            booth.fixture.log.contains { $0.hasSuffix(passes ? "passed" : "failed") }
        }
        #expect(shown, "\(booth.fixture.log) \(unit.log)")
        #expect(booth.fixture.log.last == unit.deviceID.text + (passes ? " passed" : " failed"))
        #expect(unit.log.contains("blessed \(passes)"))
        #expect(booth.fixture.board.level(of: .e) == passes, "the green lamp")
        #expect(booth.fixture.board.level(of: .f) == !passes, "the red lamp")
        #expect(booth.cloud.isBlessed(unit.deviceID.text) == passes)
    }

    @Test func allOfItCompiles() throws {
        for (name, source) in [
            ("factory.agent.nut", PackageResources.factory_agent_nut),
            ("fixture.agent.nut", PackageResources.fixture_agent_nut),
        ] {
            #expect(throws: Never.self) {
                try DeviceProgram(name: name, source: source, constants: AgentNames.constants)
            }
        }
    }
}
