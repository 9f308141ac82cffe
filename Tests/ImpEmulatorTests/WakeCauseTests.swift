import Testing

@testable import ImpEmulator

/// Every reason that `hardware.wakereason()` knows at Release 30, brought about by what really causes it (R12).
@Suite struct WakeCauseTests {
    /// What happens to a running module, and what its program then reads.
    struct Cause: CustomTestStringConvertible, Sendable {
        var reason: WakeReason
        var name: String
        var happen: @Sendable (Desk) throws -> Void
        var testDescription: String { "\(reason): \(name)" }
    }

    private static let program = """
        server.log("reason " + hardware.wakereason() + " " + ("nv" in getroottable()));
        hardware.pinW.configure(DIGITAL_IN_WAKEUP);
        if (!("nv" in getroottable())) nv <- { kept = 1 };
        agent.on("do", function(what) {
            if (what == "sleep") imp.deepsleepfor(7);
            if (what == "sleep long") imp.deepsleepfor(7000);
            if (what == "throw") throw "on purpose";
            if (what == "hoard") { local hoard = []; while (true) hoard.append(blob(1000)); }
            if (what == "reconnect") { server.disconnect(); imp.wakeup(1, function() { server.connect(); }); }
        });
        """

    private static func say(_ what: String, _ desk: Desk) throws {
        let module = try desk.module
        desk.run { module.connection.isConnected }
        desk.bench.agents.send("do", .string(.init(what)), to: module.deviceID.text)
    }

    private static let causes: [Cause] = [
        Cause(reason: .powerOn, name: "power was off") {
            try $0.bench.setPower(false)
            $0.run(.seconds(1))
            try $0.bench.setPower(true)
        },
        Cause(reason: .timer, name: "deep sleep is over") { try say("sleep", $0) },
        Cause(reason: .softwareReset, name: "memory ran out") { try say("hoard", $0) },
        Cause(reason: .softwareReset, name: "the system restarted by itself") {
            try $0.module.restart(.softwareReset)
        },
        Cause(reason: .pin, name: "pin W went high in deep sleep") { desk in
            try say("sleep long", desk)
            let module = try desk.module
            desk.run { module.phase == .asleep }
            module.board.nets.probe(at: .w).set(.steady(.high), at: desk.now)
            module.fixtureLineChanged()
        },
        Cause(reason: .newSquirrel, name: "a deployment") { $0.cloud.deploy(to: .dut) },
        Cause(reason: .squirrelError, name: "an error that nobody caught") { try say("throw", $0) },
        Cause(reason: .newFirmware, name: "a system upgrade on the next connection") { desk in
            desk.cloud.offer(systemVersion: "5c8ae9b - release-30.9")
            desk.run(.seconds(30))
            // While it is connected nobody tells it.
            #expect(try desk.module.wakeReason == .newSquirrel)
            try say("reconnect", desk)
        },
        Cause(reason: .snooze, name: "no server for a minute, asleep for nine") { desk in
            let module = try desk.module
            let floor = module.radio.environment
            module.radio.environment = RadioEnvironment(accessPoints: [])
            desk.run { module.phase == .asleep }
            module.radio.environment = floor
            desk.run(.seconds(530))
        },
        Cause(reason: .hardwareReset, name: "RESET_L") {
            $0.bench.setReset(held: true)
            $0.run(.milliseconds(20))
            $0.bench.setReset(held: false)
        },
    ]

    @Test(arguments: causes)
    func everyReasonHasItsCause(cause: Cause) throws {
        let desk = try Desk(program: Self.program)
        let module = try desk.module
        let before = desk.log.count
        try cause.happen(desk)
        desk.run { desk.log.dropFirst(before).contains { $0.hasPrefix("reason ") } }
        // What was kept in `nv` survives deep sleep and nothing else.
        let keeps = cause.reason == .timer || cause.reason == .pin
        #expect(desk.log.last { $0.hasPrefix("reason ") } == "reason \(cause.reason.rawValue) \(keeps)")
        #expect(module.wakeReason == cause.reason)
    }

    @Test func noReasonIsWithoutCause() {
        #expect(Set(Self.causes.map(\.reason)) == Set(WakeReason.allCases))
    }

    /// Constants in Squirrel and reasons here are the same list.
    @Test func everyReasonHasItsConstant() {
        #expect(
            Set(DeviceConstants.wakeReasons.values) == Set(WakeReason.allCases.map { Int32($0.rawValue) }))
    }

    /// NEW_SQUIRREL masks others (the method's page): both at once are told as new Squirrel.
    @Test func newCodeHidesOtherReasons() throws {
        let desk = try Desk(program: Self.program)
        let module = try desk.module
        try desk.bench.setPower(false)
        desk.cloud.deploy(to: .dut)
        try desk.bench.setPower(true)
        let before = desk.log.count
        desk.run { desk.log.count > before }
        #expect(desk.log.last == "reason 4 false")
        #expect(module.config.deployment == 1)
    }

    /// An upgraded module keeps its system over power cuts, and tells its version.
    @Test func theUpgradeStays() throws {
        let desk = try Desk(program: "server.log(imp.getsoftwareversion());") {
            $0.cloud.systemVersion = "later"
        }
        let module = try desk.module
        #expect(desk.log == ["later"])
        #expect(module.starts == 2)
        try desk.bench.setPower(false)
        try desk.bench.setPower(true)
        desk.run { desk.log.count == 2 }
        #expect(module.starts == 3)
        #expect(module.wakeReason == .powerOn)
        #expect(module.pagesForRecord.current?.systemVersion == "later")
    }

    /// Power that fails while the new system is fetched leaves the old one, which then fetches it again.
    @Test(arguments: [1, 10_000, 19_990, 20_030])
    func anInterruptedUpgradeBeginsAgain(milliseconds: Int) throws {
        let desk = try Desk(program: "server.log(\"runs\");")
        let module = try desk.module
        desk.cloud.offer(systemVersion: "later")
        try desk.bench.setPower(false)
        try desk.bench.setPower(true)
        desk.run { module.phase == .upgrading }
        desk.run(.milliseconds(milliseconds))
        try desk.bench.setPower(false)
        #expect(module.softwareVersion != "later")
        try desk.bench.setPower(true)
        desk.run { desk.log.count == 2 }
        #expect(module.softwareVersion == "later")
        #expect(module.wakeReason == .newFirmware)
    }
}
