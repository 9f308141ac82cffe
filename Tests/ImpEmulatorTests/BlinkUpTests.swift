import Fixturing
import Testing
import TimeAndChance

@testable import ImpEmulator

/// Light: coding, what happens on the way, decoding.
@Suite struct BlinkUpOpticsTests {
    private func packet(_ dice: inout SeededGenerator) -> BlinkUpPacket {
        func text(_ range: ClosedRange<Int>) -> String {
            let count = Int.random(in: range, using: &dice)
            return String(
                decoding: (0..<count).map { _ in UInt8.random(in: 0x20...0x7E, using: &dice) }, as: UTF8.self)
        }
        return BlinkUpPacket(
            ssid: text(1...32), password: text(0...64), planID: text(0...16), token: text(0...16))
    }

    private func received(
        _ packet: BlinkUpPacket, _ conditions: LightConditions, rate: Double, seed: UInt64,
        followsLight: Bool = true, tolerance: Double = BlinkUpReceiver().preambleTolerance
    ) -> BlinkUpReceiver.Outcome? {
        var dice = SeededGenerator(seed: seed)
        let levels = conditions.levels(of: LightSignal(packet, rate: rate), dice: &dice)
        return BlinkUpReceiver.decode(levels, followsLight: followsLight, tolerance: tolerance)
    }

    /// Any packet gets through, from an LED, a phone that slides and a screen that jitters, fast and slow.
    @Test(arguments: Array(UInt64(1)...12))
    func everyPacketArrives(seed: UInt64) {
        var dice = SeededGenerator(seed: seed)
        for conditions in [LightConditions.fixture, .slidingPhone, .jitteryPhone] {
            for rate in [BlinkUpCoding.fastRate, BlinkUpCoding.slowRate] {
                let packet = packet(&dice)
                #expect(
                    received(packet, conditions, rate: rate, seed: seed) == .packet(packet),
                    "seed \(seed), \(rate) Hz, \(conditions)")
            }
        }
    }

    /// R39 and R40: what each improvement is worth.
    @Test func withoutTheImprovementsLessGetsThrough() {
        let packet = BlinkUpPacket(ssid: "factory-floor", password: "blessed-be-the-line", token: "factory")
        let fast = BlinkUpCoding.fastRate
        let strict = BlinkUpReceiver.strictTolerance
        #expect(received(packet, .fixture, rate: fast, seed: 1, followsLight: false) == .packet(packet))
        #expect(received(packet, .fixture, rate: fast, seed: 1, tolerance: strict) == .packet(packet))
        #expect(received(packet, .slidingPhone, rate: fast, seed: 1, tolerance: strict) == .packet(packet))
        #expect(received(packet, .slidingPhone, rate: fast, seed: 1, followsLight: false) != .packet(packet))
        for seed in UInt64(1)...5 {
            #expect(received(packet, .jitteryPhone, rate: fast, seed: seed, tolerance: strict) == nil)
            #expect(
                received(packet, .jitteryPhone, rate: fast, seed: seed, followsLight: false)
                    == .packet(packet))
        }
    }

    /// Whatever is damaged, no wrong settings come out.
    @Test(arguments: Array(UInt64(1)...40))
    func damageIsNoticed(seed: UInt64) {
        var dice = SeededGenerator(seed: seed)
        let packet = packet(&dice)
        var signal = LightSignal(packet)
        for _ in 0..<Int.random(in: 1...6, using: &dice) {
            let place = Int.random(in: signal.frames.indices, using: &dice)
            switch dice.next() % 3 {
            case 0: signal.frames[place].toggle()
            case 1: signal.frames.remove(at: place)
            default: signal.frames = Array(signal.frames[..<max(place, 1)])
            }
        }
        let levels = LightConditions.fixture.levels(of: signal, dice: &dice)
        let outcome = BlinkUpReceiver.decode(
            levels, followsLight: true, tolerance: BlinkUpReceiver().preambleTolerance)
        // Frames of the preamble may be missing, all else must be as it was sent.
        #expect([nil, .damaged, .packet(packet)].contains(outcome), "seed \(seed)")
    }

    @Test func lightsThatAreNoPackets() {
        var dice = SeededGenerator(seed: 7)
        var receiver = BlinkUpReceiver()
        for _ in 0..<200_000 {
            let outcome = receiver.take(Float(dice.next() >> 40) / Float(1 << 24))
            #expect(outcome == nil || outcome == .damaged)
        }
        #expect(
            BlinkUpReceiver.decode(
                [Float](repeating: 0.5, count: 20_000), followsLight: true, tolerance: 0.4) == nil)
    }

    /// The factory's packet lasts as long as the station's fixtures take for it.
    @Test func lengthOfAPacket() {
        let signal = LightSignal(
            BlinkUpPacket(ssid: "factory-floor", password: "blessed-be-the-line", token: "factory"))
        #expect((3.0...3.6).contains(signal.duration.inSeconds), "\(signal.duration)")
        var run = 0
        var last: Bool?
        for frame in signal.frames.dropFirst(BlinkUpCoding().preambleFrames) {
            run = frame == last ? run + 1 : 1
            last = frame
            #expect(run <= BlinkUpCoding().longestRun + 2)
        }
    }
}

/// When the module looks for light, what it shows, and what follows.
@Suite struct BlinkUpWindowTests {
    /// R37: the table of `imp.enableblinkup`, 20 s and 80 s after the cold start, and while connecting again.
    @Test(
        arguments: [
            (nil, [true, false, true]), (false, [true, false, false]), (true, [true, true, true]),
        ] as [(Bool?, [Bool])])
    func windows(flag: Bool?, expected: [Bool]) throws {
        let desk = try Desk()
        try desk.runFactoryFirmware()
        let module = try desk.module
        if let flag { try desk.imp.enableBlinkUp(flag) }
        let begin = try #require(module.coldStartedAt)
        var seen: [Bool] = []
        func look() {
            let shines = module.led.pattern != .dark
            #expect(shines == module.blinkUpIsOpen)
            seen.append(shines)
        }
        desk.run(begin + .seconds(20) - desk.now)
        look()
        desk.run(begin + .seconds(80) - desk.now)
        look()
        try desk.server.disconnect()
        try desk.server.connect { _ in }
        desk.run(.seconds(4))
        look()
        #expect(seen == expected)
        desk.run(.seconds(61))
        #expect(module.blinkUpIsOpen == (flag == true))
        #expect((module.led.pattern != .dark) == (flag == true))
    }

    /// R36: behind a BlinkUp the server has ten seconds before cached code runs.
    @Test(arguments: [(true, ModuleConfig.Code.application), (false, .factory)])
    func theServerComesFirst(holds: Bool, first: ModuleConfig.Code) throws {
        let desk = try Desk { if !holds { $0.release.broken = [.r36] } }
        try desk.runFactoryFirmware()
        let module = try desk.module
        _ = desk.cloud.bless(deviceID: module.deviceID.text, ordinal: 1, testSuccess: true, override: nil)
        try desk.blinkUp()
        desk.run { module.machine != nil }
        #expect(module.machine?.code == first)
    }

    @Test func cachedCodeRunsWhenTheServerIsAway() throws {
        let desk = try Desk()
        try desk.runFactoryFirmware()
        let module = try desk.module
        try desk.blinkUp(.init(ssid: "nobody", password: ""))
        let begin = desk.now
        desk.run { module.phase == .running(.factory) }
        // Three seconds of green, then ten of trying.
        #expect(desk.now - begin == .seconds(13))
        #expect(!module.connection.isConnected)
    }

    @Test(arguments: [("sliding", LightConditions.slidingPhone), ("jittery", .jitteryPhone)])
    func phones(name: String, light: LightConditions) throws {
        let desk = try Desk { $0.light = light }
        try desk.runFactoryFirmware()
    }

    @Test(arguments: [(RowID.r39, LightConditions.slidingPhone), (.r40, .jitteryPhone)])
    func phonesBeforeRelease30(row: RowID, light: LightConditions) throws {
        let desk = try Desk {
            $0.light = light
            $0.release.broken = [row]
        }
        try desk.powerUp()
        try desk.blinkUp()
        desk.run(.seconds(2))
        #expect(try desk.module.phase == .unconfigured)
        #expect(try desk.module.config.wifi == nil)
    }

    /// A packet counts only if the module looked from its first frame to its last.
    @Test func aRestartInTheMiddleLosesThePacket() throws {
        let desk = try Desk()
        try desk.powerUp()
        desk.bench.simulation.schedule(after: .seconds(1)) { try? desk.module.restart(.softwareReset) }
        try desk.blinkUp()
        desk.run(.seconds(5))
        #expect(try desk.module.config.wifi == nil)
    }

    @Test func rejectionIsAShortRedFlash() throws {
        let desk = try Desk()
        try desk.powerUp()
        let module = try desk.module
        var signal = LightSignal(BlinkUpPacket(ssid: "x", password: "y", token: "z"))
        let place = BlinkUpCoding().preambleFrames + 16 + 30
        signal.frames.replaceSubrange(place..<(place + 2), with: [true, false])
        signal.frames.append(contentsOf: [true, false, true, false])
        module.seeLight(signal, under: .fixture)
        desk.run(signal.duration)
        if module.led.pattern == .blinkUpRejected {
            desk.run(.milliseconds(600))
            #expect(module.led.pattern == .unconfigured)
        }
        #expect(module.config.wifi == nil)
    }
}

/// `hardware.lightlevel()` sees what BlinkUp sees.
@Suite struct LightLevelTests {
    /// Read in the middle of each frame, the readings give the packet's frames back; before and after there is room
    /// light only.
    @Test func readingsFollowTheFlashes() throws {
        let desk = try Desk()
        try desk.runFactoryFirmware()
        let module = try desk.module
        let hardware = try desk.hardware
        let atRest = hardware.lightLevel()
        let signal = LightSignal(
            BlinkUpPacket(ssid: "factory-floor", password: "", token: "t"), rate: BlinkUpCoding.slowRate)
        module.seeLight(signal, under: .fixture)
        let begin = desk.now
        var seen: [Bool] = []
        for index in signal.frames.indices {
            let middle = Double(index) + 0.5
            desk.bench.simulation.run(
                until: begin + .nanoseconds(Int64(middle / signal.rate * 1_000_000_000)))
            let level = hardware.lightLevel()
            seen.append(level > atRest + 20_000)
            #expect(level <= 65_535)
        }
        #expect(seen.elementsEqual(signal.frames))
        desk.bench.simulation.run(until: begin + signal.duration + .milliseconds(1))
        #expect(abs(module.readLight() - atRest) < 1_000)
    }

    /// A phone that slides towards a lamp: the flashes fade, the room brightens.
    @Test func readingsFollowAPhoneThatSlides() {
        let signal = LightSignal(frames: Array(repeating: true, count: 100) + [false], rate: 100)
        let light = LightConditions.slidingPhone
        let first = light.added(by: signal, after: .milliseconds(1))
        let last = light.added(by: signal, after: .milliseconds(995))
        let dark = light.added(by: signal, after: .milliseconds(1_005))
        #expect(abs(first - 0.85) < 0.01)
        #expect(last < 0.45 && last > dark)
        #expect(abs(dark - 0.25) < 0.01)
        #expect(light.added(by: signal, after: signal.duration) == 0)
        #expect(light.added(by: signal, after: .milliseconds(-1)) == 0)
    }

    /// A program on the unit sees the fixture's LED in the booth.
    @Test func theBoothsLightIsSeen() throws {
        let unit = """
            server.log("rest " + hardware.lightlevel());
            imp.enableblinkup(true);
            brightest <- 0;
            function look() {
                local level = hardware.lightlevel();
                if (level > brightest) { brightest = level; server.log("light " + level); }
                imp.wakeup(0.002, look);
            }
            imp.wakeup(1, look);
            """
        let fixture = """
            hardware.pinM.configure(DIGITAL_OUT, 0);
            function flash() {
                server.factoryblinkup("factory-floor", "blessed-be-the-line", hardware.pinM, BLINKUP_FAST | BLINKUP_ACTIVEHIGH);
            }
            flash();
            imp.wakeup(20, flash);
            """
        var setup = LineSetup(
            units: 1, chipPart: "GD25Q40",
            firmware: .squirrel(
                factory: try DeviceProgram(name: "dut", source: Array(unit.utf8)), application: .silence,
                fixture: try DeviceProgram(name: "fixture", source: Array(fixture.utf8))))
        setup.release.wifiFirmwareBytes = 8192
        let booth = try FixtureBooth(setup)
        try booth.powerUp()
        let module = try #require(booth.unit)
        let found = booth.run(atMost: .seconds(60)) {
            module.log.contains { $0.hasPrefix("light ") && (Int($0.dropFirst(6)) ?? 0) > 60_000 }
        }
        #expect(found, "\(module.log)")
    }
}
