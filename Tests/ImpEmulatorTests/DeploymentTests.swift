import Squirrel
import Testing

@testable import ImpEmulator

/// New code for a device group: who gets it, when, and what becomes of the agents.
@Suite struct DeploymentTests {
    private static func program(_ text: String) throws -> DeviceProgram {
        try DeviceProgram(
            name: "new", source: Array("server.log(\"\(text) \" + hardware.wakereason());".utf8))
    }

    private static func agent(_ text: String) throws -> DeviceProgram {
        try .agent(name: "new agent", source: Array("server.log(\"\(text)\");".utf8))
    }

    private func desk() throws -> Desk {
        let first = try Self.agent("first agent")
        return try Desk(program: "server.log(\"first \" + hardware.wakereason());") {
            $0.firmware.agents = [.factory: first]
        }
    }

    /// A connected device restarts by itself, its agent too, without anybody touching the device.
    @Test func connectedDevicesReload() throws {
        let desk = try desk()
        #expect(desk.log == ["[agent] first agent", "first 4"])
        desk.cloud.deploy(
            to: .dut, program: try Self.program("second"), agent: try Self.agent("second agent"))
        desk.run { desk.log.count == 4 }
        #expect(desk.log.suffix(2) == ["[agent] second agent", "second 4"])
        #expect(try desk.module.phase == .running(.factory))
    }

    /// Without new programs the present ones are loaded and started again.
    @Test func theSameAgainIsARestart() throws {
        let desk = try desk()
        desk.cloud.deploy(to: .dut)
        desk.run { desk.log.count == 4 }
        #expect(desk.log.suffix(2) == ["[agent] first agent", "first 4"])
        // What an earlier deployment brought stays.
        desk.cloud.deploy(to: .dut, program: try Self.program("second"))
        desk.cloud.deploy(to: .dut, agent: try Self.agent("second agent"))
        desk.run { desk.log.last == "second 4" }
        #expect(desk.log.contains("[agent] second agent"))
    }

    /// A busy loop does not keep new code out (R30).
    @Test func aBusyProgramIsReplaced() throws {
        let desk = try Desk(program: "server.log(\"busy\"); imp.wakeup(1, function() { while (true); });")
        desk.run(.seconds(2))
        desk.cloud.deploy(to: .dut, program: try Self.program("second"))
        desk.run(atMost: .seconds(10)) { desk.log.last == "second 4" }
    }

    /// Other groups' devices stay as they are.
    @Test func otherGroupsStay() throws {
        let desk = try desk()
        for group in [DeviceGroup.production, .fixture] { desk.cloud.deploy(to: group) }
        desk.run(.seconds(20))
        #expect(desk.log.count == 2)
        #expect(try desk.module.starts == 1)
    }

    /// A device without connection goes on with what it has, and gets the new code when it connects.
    @Test func awayDevicesGetItWhenTheyConnect() throws {
        let desk = try desk()
        try desk.server.setSendTimeoutPolicy(.returnOnError)
        try desk.server.disconnect()
        desk.cloud.deploy(to: .dut, program: try Self.program("second"))
        desk.run(.seconds(20))
        #expect(desk.log.count == 3, "only the agent has started anew")
        try desk.server.connect { _ in }
        desk.run { desk.log.last == "second 4" }
    }

    /// Without a server a power cycle starts the old code: it is what the module has.
    @Test func cachedCodeIsTheOldOne() throws {
        let desk = try desk()
        let module = try desk.module
        try desk.bench.setPower(false)
        desk.cloud.deploy(to: .dut, program: try Self.program("second"))
        let floor = module.radio.environment
        module.radio.environment = RadioEnvironment(accessPoints: [])
        try desk.bench.setPower(true)
        desk.run { desk.log.last == "first 0" }
        module.radio.environment = floor
        try desk.server.setSendTimeoutPolicy(.returnOnError)
        try desk.server.connect { _ in }
        desk.run { desk.log.last == "second 4" }
    }

    /// Two deployments in a row end with the second.
    @Test(arguments: [0, 100, 1_000, 1_400, 1_500])
    func theLatestWins(milliseconds: Int) throws {
        let desk = try desk()
        desk.cloud.deploy(to: .dut, program: try Self.program("second"))
        desk.run(.milliseconds(milliseconds))
        desk.cloud.deploy(to: .dut, program: try Self.program("third"))
        desk.run { desk.log.last == "third 4" }
        desk.run(.seconds(10))
        #expect(desk.log.last == "third 4")
        #expect(try desk.module.config.deployment == 2)
    }
}

/// Blessings, errors and BlinkUps on top of each other.
@Suite struct RepeatedBlessingTests {
    /// Blesses, then fails, as a published example does: the program restarts and asks again.
    private static let failing = """
        server.bless(true, function(ok) {
            if (ok) imp.clearconfiguration();
            agent.send("testresult", { mac = nowhere });
        });
        """

    /// However often it asked, and whenever the fixture flashes again, the unit ends in its application.
    @Test(arguments: stride(from: 0, through: 6_000, by: 250).map { $0 })
    func theUnitEndsInItsApplication(milliseconds: Int) throws {
        let application = try DeviceProgram(
            name: "app", source: Array("server.log(\"application \" + imp.getssid());".utf8))
        let desk = try Desk(program: Self.failing, application: application)
        let module = try desk.module
        desk.run { desk.cloud.isBlessed(module.deviceID.text) }
        desk.run(.milliseconds(milliseconds))
        try desk.blinkUp()
        desk.run(.milliseconds(4_000))
        // Again, while the first one is still being answered.
        try desk.blinkUp()
        var misfits: [String] = []
        for _ in 0..<600 {
            desk.run(.milliseconds(50))
            if module.machine != nil, case .running = module.phase { continue }
            if module.machine != nil { misfits.append("\(module.phase)") }
        }
        #expect(misfits == [], "a program runs while the module is at something else")
        #expect(module.phase == .running(.application))
        #expect(module.connection.isConnected)
        #expect(desk.log.last { $0.hasPrefix("application") } == "application factory-floor")
    }

    /// The load that follows a blessing comes once.
    @Test func oneLoadForManyBlessings() throws {
        let desk = try Desk(program: Self.failing)
        let module = try desk.module
        desk.run { module.phase == .loading(.application) }
        desk.run { module.phase == .running(.application) }
        for _ in 0..<400 {
            desk.run(.milliseconds(10))
            #expect(module.phase == .running(.application))
        }
        #expect(desk.cloud.blessings.count > 3)
    }
}
