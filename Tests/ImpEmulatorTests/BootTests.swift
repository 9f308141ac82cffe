import Fixturing
import NORChipModel
import SerialNOR
import Testing

@testable import ImpEmulator

@Suite struct BootTests {
    @Test func firstPowerUpMovesTheFirmwareAndWaitsForBlinkUp() throws {
        let desk = try Desk()
        let module = try desk.module
        try desk.bench.setPower(true)
        desk.run { module.phase == .movingFirmware }
        #expect(module.led.indicator == .off)
        desk.run { module.phase == .unconfigured }
        let chip = try #require(module.flash.chip)
        #expect(chip.contents(0..<8192) == WiFiFirmware.image(8192))
        #expect(module.config.wifiFirmwareMoved)
        #expect(module.led.indicator == .blinking)
        #expect(module.led.pattern == .unconfigured)
    }

    @Test func firstPowerUpTakesAsLongAsTheChip() throws {
        let desk = try Desk()
        let module = try desk.module
        try desk.bench.setPower(true)
        desk.run { module.phase == .movingFirmware }
        let begin = desk.now
        desk.run { module.phase == .unconfigured }
        let elapsed = desk.now - begin
        let timing = try #require(module.flash.chip?.part.timing)
        let floor = timing.erase4K.typical * 2 + timing.pageProgram.typical * 32
        #expect(elapsed > floor)
        #expect(elapsed < floor + .seconds(1))
    }

    @Test func laterStartsAreQuick() throws {
        let desk = try Desk()
        try desk.powerUp()
        try desk.bench.setPower(false)
        desk.run(.seconds(1))
        let begin = desk.now
        let changes = try desk.module.flash.changes
        try desk.powerUp()
        #expect(desk.now - begin < .milliseconds(500))
        #expect(try desk.module.flash.changes == changes)
    }

    @Test func aSwappedChipEndsInTheFlashError() throws {
        let desk = try Desk()
        try desk.powerUp()
        try desk.bench.setPower(false)
        let module = try desk.module
        try #require(module.flash.chip).fill(0..<0x70000, with: 0xFF)
        try desk.bench.setPower(true)
        desk.run { module.phase == .flashError }
    }

    @Test(arguments: ["flash-absent", "flash-protected", "flash-20h-erases-64k", "bad-sector:0x1000"])
    func unusableFlashShowsItsPattern(fault: String) throws {
        let desk = try Desk(faults: fault)
        let module = try desk.module
        try desk.bench.setPower(true)
        desk.run { module.phase == .flashError }
        var colours: [StatusLED.Colour] = []
        for _ in 0..<12 {
            colours.append(module.led.colour(at: desk.now))
            desk.run(.milliseconds(125))
        }
        let red = StatusLED.Colour.red
        let amber = StatusLED.Colour.amber
        #expect(colours == [red, red, red, red, amber, amber, red, red, red, red, amber, amber])
        #expect(module.led.indicator == .blinking)
        try desk.blinkUp()
        desk.run(.seconds(20))
        #expect(module.phase == .flashError)
    }

    @Test func aPowerCutInTheFirstPowerUpLeavesWhatHadBeenWritten() throws {
        let desk = try Desk()
        let module = try desk.module
        try desk.bench.setPower(true)
        desk.run { module.phase == .movingFirmware }
        // The first sector takes about 62 ms, the second's erase another 50.
        desk.run(.milliseconds(80))
        try desk.bench.setPower(false)
        let chip = try #require(module.flash.chip)
        #expect(chip.contents(0..<4096) == Array(WiFiFirmware.image(4096)))
        #expect(chip.counters.pagesProgrammed == 16)
        #expect(chip.counters.erases4K == 2)
    }

    @Test func aPowerCutInTheFirstPowerUpIsMadeUpFor() throws {
        for milliseconds in stride(from: 150, through: 330, by: 20) {
            let desk = try Desk()
            let module = try desk.module
            try desk.bench.setPower(true)
            desk.run(.milliseconds(milliseconds))
            try desk.bench.setPower(false)
            #expect(!module.config.wifiFirmwareMoved)
            desk.run(.milliseconds(50))
            try desk.powerUp()
            let chip = try #require(module.flash.chip)
            #expect(chip.contents(0..<8192) == WiFiFirmware.image(8192), "cut after \(milliseconds) ms")
        }
    }

    @Test func aModuleHeldInResetDoesNothing() throws {
        let desk = try Desk()
        desk.bench.setReset(held: true)
        try desk.bench.setPower(true)
        desk.run(.seconds(30))
        let module = try desk.module
        #expect(module.phase == .heldInReset)
        #expect(module.flash.changes == 0)
        desk.bench.setReset(held: false)
        desk.run { module.phase == .unconfigured }
        #expect(module.starts == 1)
    }

    @Test func joiningGoesThroughItsStages() throws {
        let desk = try Desk()
        try desk.powerUp()
        try desk.blinkUp()
        let module = try desk.module
        #expect(module.led.indicator == .green)
        var patterns: [StatusLED.Pattern] = []
        desk.run {
            if patterns.last != module.led.pattern { patterns.append(module.led.pattern) }
            return module.phase == .running(.factory)
        }
        #expect(
            patterns == [
                .blinkUpAccepted, .searching, .joining, .gettingAddress, .resolving, .connecting, .connected,
            ])
        #expect(module.wakeReason == .newSquirrel)
        #expect(module.config.code == .factory)
    }

    @Test func aConfiguredUnitRunsItsProgramAfterPowerOn() throws {
        let desk = try Desk()
        try desk.runFactoryFirmware()
        try desk.bench.setPower(false)
        #expect(try desk.module.machine == nil)
        desk.run(.seconds(1))
        try desk.bench.setPower(true)
        try desk.awaitProgram(.factory)
        #expect(try desk.module.wakeReason == .powerOn)
    }

    @Test func blinkUpIsSeenOnlyInItsWindow() throws {
        let desk = try Desk()
        let module = try desk.module
        try desk.bench.setPower(true)
        try desk.blinkUp()
        desk.run(.seconds(10))
        #expect(module.phase == .unconfigured, "sent while the module still booted")
        desk.run(.seconds(50))
        #expect(!module.blinkUpIsOpen)
        try desk.blinkUp()
        desk.run(.seconds(10))
        #expect(module.phase == .unconfigured)
        #expect(module.led.indicator == .off)
    }

    /// R37: `enableblinkup` decides after the first minute, not before.
    @Test(
        arguments: [(nil, 70, false), (true, 70, true), (false, 70, false), (false, 30, true)]
            as [(Bool?, Int, Bool)])
    func enableBlinkUpDecidesLater(setting: Bool?, second: Int, open: Bool) throws {
        let desk = try Desk()
        try desk.runFactoryFirmware()
        let module = try desk.module
        if let setting { try desk.imp.enableBlinkUp(setting) }
        let start = try #require(module.coldStartedAt)
        desk.run(start + .seconds(second) - desk.now)
        #expect(module.blinkUpIsOpen == open)
    }

    @Test func aRejectedBlinkUpChangesNothing() throws {
        let desk = try Desk()
        try desk.powerUp()
        try desk.blinkUp(FactoryNetwork(ssid: String(repeating: "x", count: 33), password: ""))
        #expect(try desk.module.led.pattern == .blinkUpRejected)
        desk.run(.seconds(5))
        #expect(try desk.module.config.wifi == nil)
    }
}

/// R12 and R14: why the program started.
@Suite struct WakeReasonTests {
    @Test func powerCycle() throws {
        let desk = try Desk()
        try desk.runFactoryFirmware()
        #expect(try desk.hardware.wakeReason() == 4)
        try desk.bench.setPower(false)
        try desk.bench.setPower(true)
        try desk.awaitProgram(.factory)
        #expect(try desk.hardware.wakeReason() == 0)
    }

    @Test func resetPin() throws {
        let desk = try Desk()
        try desk.runFactoryFirmware()
        desk.bench.setReset(held: true)
        desk.run(.milliseconds(10))
        desk.bench.setReset(held: false)
        try desk.awaitProgram(.factory)
        #expect(try desk.hardware.wakeReason() == 8)
    }

    @Test(arguments: [0.0, 0.001, 7.5])
    func timer(seconds: Double) throws {
        let desk = try Desk()
        try desk.runFactoryFirmware()
        let begin = desk.now
        try desk.imp.deepSleepFor(seconds)
        #expect(try desk.module.phase == .asleep)
        try desk.awaitProgram(.factory)
        #expect(try desk.hardware.wakeReason() == 1)
        #expect(desk.now - begin >= .wholeNanoseconds(ofSeconds: seconds))
        #expect(desk.now - begin < .wholeNanoseconds(ofSeconds: seconds) + .seconds(1))
    }

    @Test func clockTime() throws {
        let desk = try Desk()
        try desk.runFactoryFirmware()
        try desk.imp.deepSleepUntil(hour: 0, minute: 1, second: 30)
        try desk.awaitProgram(.factory)
        #expect(desk.now.elapsed > .seconds(90))
        #expect(desk.now.elapsed < .seconds(91))
        #expect(throws: ImpAPIError.self) { try desk.imp.deepSleepUntil(hour: 24, minute: 0, second: 0) }
        #expect(throws: ImpAPIError.self) { try desk.imp.deepSleepFor(-1) }
    }

    @Test func squirrelError() throws {
        let desk = try Desk()
        try desk.runFactoryFirmware()
        let starts = try desk.module.starts
        _ = try desk.imp.wakeup(after: 0.1) { throw ImpAPIError("the index 'nonsense' does not exist") }
        desk.run(.milliseconds(110))
        try desk.awaitProgram(.factory)
        #expect(try desk.hardware.wakeReason() == 5)
        #expect(try desk.module.starts == starts, "the operating system did not restart")
        #expect(try desk.module.log.last == "ERROR: the index 'nonsense' does not exist")
        #expect(try desk.server.isConnected())
    }

    @Test func wakePin() throws {
        let desk = try Desk {
            $0.board.elements.append(.fixtureLine(name: "wake", pin: .w, restingLow: true))
        }
        try desk.runFactoryFirmware()
        try desk.hardware.pin(.w).configure(.wakeup)
        try desk.imp.deepSleepFor(1000)
        desk.run(.seconds(5))
        #expect(try desk.module.phase == .asleep)
        try desk.bench.drive("wake", to: true)
        try desk.awaitProgram(.factory)
        #expect(try desk.hardware.wakeReason() == 3)
    }

    @Test func valuesAreThePublishedOnes() {
        #expect(WakeReason.allCases.map(\.rawValue) == Array(0...8))
        #expect(WakeReason.newFirmware.rawValue == 6)
        #expect(WakeReason.hardwareReset.rawValue == 8)
    }
}
