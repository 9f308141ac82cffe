import Fixturing
import Testing
import TimeAndChance

@testable import ImpEmulator

/// `server.bless` and its outcomes.
@Suite struct BlessingTests {
    private struct Outcome: Equatable {
        var called: Bool?
        var led: Indicator
        var logged: BlessingRecord.Outcome?
        var bound: Bool
    }

    private func bless(_ success: Bool, faults: String = "") throws -> (Outcome, Desk) {
        let desk = try Desk(faults: faults)
        try desk.runFactoryFirmware()
        var answer: Bool?
        try desk.server.bless(success) { answer = $0 }
        desk.run(.milliseconds(1500))
        let module = try desk.module
        let outcome = Outcome(
            called: answer, led: module.led.indicator, logged: desk.cloud.blessings.last?.outcome,
            bound: desk.cloud.isBlessed(module.deviceID.text))
        return (outcome, desk)
    }

    @Test func testsFailed() throws {
        let (outcome, desk) = try bless(false)
        #expect(outcome == Outcome(called: false, led: .red, logged: .testFailed, bound: false))
        desk.run(.seconds(10))
        #expect(try desk.module.phase == .running(.factory))
    }

    @Test func blessed() throws {
        let (outcome, _) = try bless(true)
        #expect(outcome == Outcome(called: true, led: .green, logged: .accepted, bound: true))
    }

    @Test func refused() throws {
        let (outcome, desk) = try bless(true, faults: "cloud-refuses")
        #expect(outcome == Outcome(called: false, led: .red, logged: .refused, bound: false))
        desk.run(.seconds(10))
        #expect(try desk.module.phase == .running(.factory))
    }

    @Test func noAnswer() throws {
        let (outcome, desk) = try bless(true, faults: "cloud-silent")
        #expect(outcome == Outcome(called: nil, led: .blinking, logged: .unanswered, bound: false))
        desk.run(.seconds(600))
        #expect(try desk.module.phase == .running(.factory))
    }

    @Test func blessedAndTheAnswerLost() throws {
        let (outcome, desk) = try bless(true, faults: "cloud-loses-answer")
        #expect(outcome == Outcome(called: nil, led: .blinking, logged: .accepted, bound: true))
        #expect(desk.cloud.blessings.last?.answered == false)
        try desk.bench.setPower(false)
        try desk.bench.setPower(true)
        try desk.awaitProgram(.application)
    }

    /// Red comes with the call, green with the callback.
    @Test func whenTheLEDChanges() throws {
        let desk = try Desk()
        try desk.runFactoryFirmware()
        try desk.server.bless(false) { _ in }
        #expect(try desk.module.led.indicator == .red)
        let other = try Desk()
        try other.runFactoryFirmware()
        var calledAt: VirtualInstant?
        let begin = other.now
        try other.server.bless(true) { _ in calledAt = other.now }
        #expect(try other.module.led.indicator == .blinking)
        other.run { calledAt != nil }
        #expect(try other.module.led.indicator == .green)
        #expect(other.now - begin == other.cloud.behaviour.latency)
    }

    /// The window of two seconds between the callback and the load of the application.
    @Test func twoSecondsRemain() throws {
        let desk = try Desk()
        try desk.runFactoryFirmware()
        var calledAt: VirtualInstant?
        try desk.server.bless(true) { _ in calledAt = desk.now }
        desk.run { calledAt != nil }
        let called = try #require(calledAt)
        // What is written in the window stays.
        try desk.result { try desk.imp.clearConfiguration(then: $0) }
        let module = try desk.module
        desk.run { module.phase == .loading(.application) }
        #expect(desk.now - called == .seconds(2))
        desk.run { module.phase == .running(.application) }
        #expect(module.wakeReason == .newSquirrel)
        #expect(module.config.code == .application)
        #expect(module.config.wifi == nil)
    }

    @Test func aPowerCutAfterTheAcceptanceEndsInTheApplication() throws {
        for milliseconds in [100, 200, 400, 1900, 2100, 3000, 3700] {
            let desk = try Desk()
            try desk.runFactoryFirmware()
            try desk.server.bless(true) { _ in }
            desk.run(.milliseconds(milliseconds))
            try desk.bench.setPower(false)
            let bound = desk.cloud.isBlessed(try desk.module.deviceID.text)
            #expect(bound == (milliseconds > 175))
            try desk.bench.setPower(true)
            try desk.awaitProgram(bound ? .application : .factory)
        }
    }

    @Test func codeThatIsNotLoadedAfterBlessingComesWithTheEndUser() throws {
        let desk = try Desk { $0.cloud.loadsCodeAfterBlessing = false }
        try desk.runFactoryFirmware()
        try desk.server.bless(true) { _ in }
        desk.run(.seconds(20))
        #expect(try desk.module.phase == .running(.factory))
        try desk.result { try desk.imp.clearConfiguration(then: $0) }
        try desk.bench.setPower(false)
        try desk.powerUp()
        try desk.blinkUp()
        try desk.awaitProgram(.application)
    }

    @Test func withoutConnectionThereIsNoAnswer() throws {
        let desk = try Desk()
        try desk.runFactoryFirmware()
        try desk.server.disconnect()
        var answer: Bool?
        try desk.server.bless(true) { answer = $0 }
        desk.run(.seconds(30))
        #expect(answer == nil)
        #expect(desk.cloud.blessings.isEmpty)
    }

    @Test func unblessingBringsFactoryFirmwareBack() throws {
        let desk = try Desk()
        try desk.runApplication()
        desk.cloud.unbless(try desk.module.deviceID.text)
        try desk.bench.setPower(false)
        try desk.bench.setPower(true)
        try desk.awaitProgram(.factory)
    }
}

@Suite struct CloudTests {
    /// Which unit is refused depends on the seed and the unit, never on who asks first.
    @Test(arguments: [UInt64(1), 2, 3])
    func chancesDoNotDependOnTheOrder(seed: UInt64) {
        var behaviour = CloudBehaviour()
        behaviour.refuseProbability = 0.3
        behaviour.silentProbability = 0.2
        let devices = (0..<200).map { "30000c2a69\($0 + 100_000)" }
        func answers(_ order: [String]) -> [String: Bool?] {
            let cloud = EmulatedCloud(behaviour: behaviour, seed: seed)
            var answers: [String: Bool?] = [:]
            for device in order {
                answers[device] = cloud.bless(deviceID: device, ordinal: 1, testSuccess: true, override: nil)
            }
            return answers
        }
        var dice = SeededGenerator(seed: seed)
        let first = answers(devices)
        #expect(first == answers(devices.shuffled(using: &dice)))
        #expect((30...80).contains(first.values.count { $0 == false }))
        #expect((20...65).contains(first.values.count { $0 == .some(nil) }))
    }

    @Test func aRepetitionIsAcceptedAndMarked() {
        let cloud = EmulatedCloud()
        #expect(cloud.bless(deviceID: "a", ordinal: 1, testSuccess: true, override: nil) == true)
        #expect(cloud.bless(deviceID: "a", ordinal: 1, testSuccess: true, override: .refuses) == true)
        #expect(cloud.blessings.map(\.repeated) == [false, true])
    }

    @Test func aCloudThatRemembersGoesOnWhereItWas() {
        let first = EmulatedCloud()
        _ = first.bless(deviceID: "a", ordinal: 1, testSuccess: true, override: nil)
        _ = first.bless(deviceID: "b", ordinal: 2, testSuccess: true, override: .refuses)
        let second = EmulatedCloud(remembered: first.blessings)
        #expect(second.isBlessed("a"))
        #expect(!second.isBlessed("b"))
        #expect(second.blessings == first.blessings)
    }
}
