import Testing
import TimeAndChance

@testable import ImpEmulator

/// What is between the module and the server: ports, name servers, slow and crowded air.
@Suite struct RouterTests {
    private func ports(_ desk: Desk) throws -> [Int] {
        try desk.module.connection.packets.entries.compactMap { entry in
            if case .connecting(let port) = entry.event { port } else { nil }
        }
    }

    /// R15: 993 is tried when 31314 is silent, and only then.
    @Test(arguments: [
        ("", [31_314], true), ("router-blocks:31314", [31_314, 993], true),
        ("router-blocks:993", [31_314], true),
        ("router-blocks:31314, router-blocks:993", [31_314, 993], false),
    ])
    func portsAreTriedInTurn(faults: String, expected: [Int], connects: Bool) throws {
        let desk = try Desk(faults: faults)
        try desk.powerUp()
        try desk.blinkUp()
        desk.run(.seconds(16))
        #expect(try Array(ports(desk).prefix(2)) == expected)
        #expect(try desk.module.connection.isConnected == connects)
        #expect(try desk.module.connection.port == (connects ? expected.last : nil))
    }

    /// When Release 30 came out, the server did not listen on 993 yet.
    @Test func aServerThatDoesNotListenOn993() throws {
        let desk = try Desk(faults: "router-blocks:31314") { $0.cloud.ports = [31_314] }
        try desk.powerUp()
        try desk.blinkUp()
        desk.run(.seconds(30))
        #expect(try ports(desk).contains(993))
        #expect(try !desk.module.connection.isConnected)
    }

    /// R16: what a portal's name server said is forgotten as soon as the portal is gone.
    @Test(arguments: ["captive-dns:20s@20s", "html-dns:20s@20s"], [false, true])
    func aPortalIsForgotten(fault: String, isBroken: Bool) throws {
        let desk = try Desk(faults: fault) { if isBroken { $0.release.broken = [.r16] } }
        try desk.runFactoryFirmware()
        desk.run(.seconds(10))
        let connection = try desk.module.connection
        desk.run { !connection.isConnected }
        desk.run(.seconds(50))
        #expect(connection.isConnected != isBroken)
        try desk.module.restart(.softwareReset)
        try desk.awaitProgram(.factory)
        desk.run(.seconds(5))
        #expect(try desk.server.isConnected())
    }

    /// R18: a join may take seconds.
    @Test(arguments: [(0.0, true), (1.0, true), (2.0, true), (9.0, false)])
    func slowJoins(delay: Double, joins: Bool) throws {
        let desk = try Desk(faults: delay > 0 ? "slow-frames:\(delay)s" : "")
        try desk.powerUp()
        try desk.blinkUp()
        desk.run(.seconds(12))
        #expect(try desk.module.connection.isConnected == joins)
    }

    /// R19: an access point that lets nobody in costs its own time and no more.
    @Test func theNextAccessPointIsTriedAtOnce() throws {
        let desk = try Desk { setup in
            var deaf = setup.radio.accessPoints[0]
            deaf.bssid[5] = 0x66
            deaf.rssi = -20
            deaf.admitsStations = false
            setup.radio.accessPoints.append(deaf)
        }
        try desk.runFactoryFirmware()
        #expect(try desk.imp.getBSSID() == "021b2e002410")
        let joins = try desk.module.connection.packets.entries.filter {
            if case .joining = $0.event { true } else { false }
        }
        #expect(joins.count == 2)
        #expect(joins[1].at - joins[0].at == .seconds(8))
    }

    /// N8: nobody notices that the radio's firmware crashed; what was sent meanwhile comes again.
    @Test func radioCrashesStayUnseen() throws {
        let desk = try Desk()
        try desk.runFactoryFirmware()
        try desk.server.setSendTimeoutPolicy(.returnOnError)
        var lost = 0
        try desk.server.onUnexpectedDisconnect { _ in lost += 1 }
        let starts = try desk.module.starts
        for _ in 0..<5 {
            try desk.module.suffer(.wifiCrash)
            try desk.server.log("said while the radio was away")
            #expect(try desk.result { try desk.server.flush(10, then: $0) })
        }
        #expect(lost == 0)
        #expect(try desk.module.starts == starts)
        #expect(try desk.module.connection.packets.retransmissions >= 5)
    }

    @Test func aRadioThatCrashesWhileConnectingConnectsAnyway() throws {
        let desk = try Desk()
        try desk.runFactoryFirmware()
        try desk.server.disconnect()
        for milliseconds in stride(from: 50, through: 2_000, by: 150) {
            var reason: Int?
            try desk.server.connect { reason = $0 }
            desk.run(.milliseconds(milliseconds))
            try desk.module.suffer(.wifiCrash)
            desk.run { reason != nil }
            #expect(reason == 5, "crash after \(milliseconds) ms")
            try desk.server.disconnect()
        }
    }

    /// SUSPEND_ON_ERROR: a minute of trying, nine of sleep, and again; the wake reason tells (R12).
    @Test func snoozeAndRetry() throws {
        let desk = try Desk()
        try desk.runFactoryFirmware()
        let module = try desk.module
        let floor = module.radio.environment
        let begin = desk.now
        module.radio.environment = RadioEnvironment(accessPoints: [])
        desk.run { module.phase == .asleep }
        #expect(desk.now - begin == .seconds(60))
        desk.run(.seconds(620))
        #expect(module.phase == .asleep)
        module.radio.environment = floor
        desk.run(atMost: .seconds(700)) { module.phase == .running(.factory) }
        #expect(module.wakeReason == .snooze)
        #expect(module.connection.isConnected)
    }

    /// `server.connect()` that waits, by policy.
    @Test(arguments: [SquirrelMachine.SendPolicy.suspendOnError, .returnOnError], [true, false])
    func connectingAndWaiting(policy: SquirrelMachine.SendPolicy, isThere: Bool) throws {
        let desk = try Desk()
        try desk.runFactoryFirmware()
        let module = try desk.module
        try desk.server.setSendTimeoutPolicy(policy)
        try desk.server.disconnect()
        if !isThere { module.radio.environment = RadioEnvironment(accessPoints: []) }
        let begin = desk.now
        var goesOn = false
        try desk.server.connectAndWait { _ in goesOn = true }
        desk.run { goesOn || module.phase == .asleep }
        #expect(goesOn == (isThere || policy == .returnOnError))
        #expect(module.connection.isConnected == isThere)
        #expect(isThere ? desk.now - begin < .seconds(3) : desk.now - begin == .seconds(60))
    }

    /// R2 broken: the timeout must be given.
    @Test func withoutR2TheTimeoutIsNotOptional() throws {
        let desk = try Desk { $0.release.broken = [.r2] }
        try desk.runFactoryFirmware()
        #expect(throws: ImpAPIError("wrong number of parameters")) { try desk.server.connect { _ in } }
        try desk.server.connect(timeout: 5) { _ in }
    }

    @Test(arguments: NetworkFaults.rows.map(\.example))
    func examplesAreReadAndWritten(example: String) throws {
        let fault = try Fault(parsing: example)
        #expect(try Fault(parsing: fault.description) == fault)
        #expect(fault.kind.isOfNetwork)
    }
}

/// Sending, acknowledging, repeating.
@Suite struct TransmissionTests {
    /// Whatever is lost, the server gets every message once, in order, unless the connection is given up.
    @Test(arguments: Array(UInt64(1)...30))
    func messagesArriveInOrder(seed: UInt64) throws {
        var dice = SeededGenerator(seed: seed)
        let simulation = Simulation()
        let log = PacketLog()
        var path = NetworkPath.working
        path.acknowledgementLoss = Double(dice.next() % 60) / 100
        let link = TransportLink(
            simulation: simulation, log: log, dice: SeededGenerator(seed: seed), updatesWindow: { true },
            path: { path })
        var isBroken = false
        link.onBroken = {
            isBroken = true
            link.close()
        }
        var arrived: [Int] = []
        var sent = 0
        for _ in 0..<40 {
            let number = sent
            sent += 1
            link.send(Int(dice.next() % 6_000) + 1) { arrived.append(number) }
            simulation.run(until: simulation.now + .milliseconds(Int64(dice.next() % 900)))
            if dice.happens(withProbability: 0.1) { link.silence(for: .milliseconds(700)) }
        }
        simulation.run(until: simulation.now + .seconds(600))
        #expect(arrived == Array(0..<arrived.count), "seed \(seed)")
        #expect(isBroken || arrived.count == sent, "seed \(seed)")
        #expect(isBroken || link.pending == 0, "seed \(seed)")
        #expect(path.acknowledgementLoss < 0.05 || log.retransmissions > 0, "seed \(seed)")
    }

    /// R17: without window updates the server has to ask for each window.
    @Test(arguments: [(true, 0), (false, 4)])
    func windows(updates: Bool, probes: Int) {
        let simulation = Simulation()
        let log = PacketLog()
        let link = TransportLink(
            simulation: simulation, log: log, dice: SeededGenerator(seed: 1), updatesWindow: { updates },
            path: { .working })
        var done: VirtualInstant?
        link.receive(20_000) { done = simulation.now }
        simulation.run(until: simulation.now + .seconds(60))
        #expect(log.windowProbes == probes)
        let time = done?.elapsed ?? .zero
        #expect(updates ? time < .milliseconds(400) : time > .seconds(2), "\(time)")
    }

    /// R20: a segment that is repeated during a flush is nothing special, unless it is broken.
    @Test(arguments: [false, true])
    func flushWhileAcknowledgementsAreLost(isBroken: Bool) throws {
        let desk = try Desk(faults: "drop-acks:0.8") { if isBroken { $0.release.broken = [.r20] } }
        try desk.runFactoryFirmware()
        let module = try desk.module
        for number in 0..<6 { try desk.server.log("line \(number) " + String(repeating: "x", count: 300)) }
        var flushed: Bool?
        try desk.server.flush(60) { flushed = try $0.get() }
        desk.run { flushed != nil || module.starts > 1 }
        #expect(module.connection.packets.retransmissions > 0)
        #expect((flushed == true) != isBroken)
        #expect(module.starts == (isBroken ? 2 : 1))
    }

    @Test func aFlushThatIsTooShortSaysSoAndChangesNothing() throws {
        let desk = try Desk()
        try desk.runFactoryFirmware()
        try desk.server.log("something")
        #expect(try !desk.result { try desk.server.flush(0.001, then: $0) })
        #expect(try desk.server.isConnected())
        #expect(try desk.result { try desk.server.flush(10, then: $0) })
    }

    /// What sending returns, by policy and connection.
    @Test func returnValues() throws {
        let desk = try Desk()
        try desk.runFactoryFirmware()
        try desk.server.setSendTimeoutPolicy(.returnOnError, wait: .forAcknowledgement, timeout: 5)
        let begin = desk.now
        #expect(try desk.result { try desk.server.log("sent", then: $0) } == 0)
        #expect(desk.now - begin >= .milliseconds(40))
        try desk.module.radio.environment.accessPoints[0].network.acknowledgementLoss = 1
        #expect(
            try desk.result { try desk.server.log("late", then: $0) } == SendError.timeout.rawValue)
        try desk.server.disconnect()
        #expect(
            try desk.result { try desk.server.log("alone", then: $0) } == SendError.notConnected.rawValue)
    }

    /// SUSPEND_ON_ERROR: a call that talks to the server connects first.
    @Test func sendingReconnects() throws {
        let desk = try Desk()
        try desk.runFactoryFirmware()
        try desk.server.disconnect()
        #expect(try desk.result { try desk.server.log("hello", then: $0) } == 0)
        #expect(try desk.server.isConnected())
    }

    @Test func goodbyes() throws {
        let desk = try Desk()
        try desk.runFactoryFirmware()
        #expect(try desk.result { try desk.server.expectOnline(in: 30, then: $0) } == 0)
        #expect(try !desk.server.isConnected())
        try desk.server.connect { _ in }
        desk.run { (try? desk.server.isConnected()) ?? false }
        try desk.server.sleepFor(30)
        let module = try desk.module
        desk.run { module.phase == .asleep }
        let begin = desk.now
        desk.run { module.phase == .running(.factory) }
        #expect(module.wakeReason == .timer)
        #expect((.seconds(30) ... .seconds(32)).contains(desk.now - begin))
    }
}
