import FactoryLink
import Fixturing
import Testing

@testable import ImpEmulator

/// `firmware/factory.device.nut` over the link, as a station meets it.
@Suite struct FactoryFirmwareTests {
    private func started(_ faults: String = "", _ adjust: (inout LineSetup) -> Void = { _ in }) async throws
        -> (EmulatedSlot, LinkClient, EmulatedLine)
    {
        var setup = LineSetup(units: 1, faults: try FaultPlan(parsing: faults))
        setup.release.wifiFirmwareBytes = 8192
        adjust(&setup)
        let line = try EmulatedLine(setup)
        let slot = line.slot("1")
        let arrival = try #require(try await slot.awaitUnit())
        #expect(arrival.ordinal == 1)
        return (slot, try await slot.startFactoryFirmware(), line)
    }

    @Test func saysWhoItIs() async throws {
        let (slot, link, line) = try await started()
        let identity = try await link.ask(Identify())
        #expect(identity.mac == line.setup.recipes[0].mac.bareHex)
        #expect(identity.deviceID == "3000" + identity.mac)
        #expect(identity.flashSize == 0x190000)
        #expect(identity.flashChipID == 0xEF4015)
        #expect(identity.wakeReason == 4)
        let status = try await link.ask(ReadStatus())
        #expect(status.connected)
        #expect(status.ssid == "factory-floor")
        #expect(status.freeMemory > 90_000)
        #expect(try await slot.indicator() == .blinking)
    }

    /// A good unit's values, test by test.
    private static let plausible: [String: [String: ClosedRange<Double>]] = [
        "supply": ["voltage": 3.25...3.35],
        "battery": ["voltage": 3.22...3.38],
        "adc-loopback": ["half": 0.48...0.52, "gain": 0.98...1.01, "offset": -9...9],
        "gpio-loopback": ["pairs": 2...2],
        "button": ["pressed": 1...1],
        "sensor": ["present": 1...1, "error": 0...0, "temperature": 21...29],
        "accelerometer": ["present": 1...1, "identity": 51...51],
        "uart-loopback": ["sent": 60...60, "received": 60...60, "wrong": 0...0],
        "flash-sector": ["verified": 1...1, "size": 0x190000...0x190000, "erase": 40...60, "program": 6...9],
        "led": ["on": 1...1],
        "light": ["level": 13_000...23_000],
        "memory": ["free": 90_000...120_000],
        "wifi": ["rssi": -55 ... -35, "channel": 6...6],
        "wake-reason": ["reason": 4...4],
    ]

    @Test func everyTestMeasures() async throws {
        let (slot, link, _) = try await started()
        try await slot.drive("button", to: true)
        let names = try await link.ask(ListTests()).names
        #expect(Set(names) == Set(Self.plausible.keys))
        for name in names {
            let outcome = try await link.ask(RunTest(name: name, parameters: ["on": true]))
            #expect(outcome.failure == nil, "\(name)")
            for (measurement, range) in try #require(Self.plausible[name]) {
                let value = try #require(outcome.measurements[measurement]?.number, "\(name) \(measurement)")
                #expect(range.contains(value), "\(name) \(measurement)")
            }
        }
        #expect(try await slot.measure("led_light") > 150)
        _ = try await link.ask(RunTest(name: "led", parameters: ["on": false]))
        #expect(try await slot.measure("led_light") < 10)
        try await slot.drive("button", to: false)
        #expect(try await link.ask(RunTest(name: "button")).measurements["pressed"] == .bool(false))
    }

    /// Test by test, the fault that makes it report trouble.
    @Test(arguments: [
        ("sensor", "cold-joint:i2c"), ("accelerometer", "cold-joint:i2c"), ("gpio-loopback", "stuck-pin:K=0"),
        ("gpio-loopback", "cold-joint:gpio"), ("uart-loopback", "stuck-pin:D=0"),
        ("battery", "cold-joint:adc"),
        ("adc-loopback", "stuck-pin:H=1"), ("button", "cold-joint:button"),
        ("flash-sector", "bad-sector:0x1ff000"),
        ("wifi", "weak-antenna:-25"),
    ])
    func faultsShowInTheirTest(test: String, fault: String) async throws {
        let (slot, link, _) = try await started(fault)
        try await slot.drive("button", to: true)
        if fault.hasPrefix("bad-sector") {
            try await slot.inspect { $0.flash.chip?.fill(0x1FF000..<0x200000, with: 0) }
        }
        let outcome = try await link.ask(RunTest(name: test))
        let isPlausible = try #require(Self.plausible[test]).allSatisfy { name, range in
            outcome.measurements[name]?.number.map { range.contains($0) } ?? false
        }
        #expect(!isPlausible || outcome.failure != nil)
    }

    @Test func theFlashTestPutsBackWhatWasThere() async throws {
        let (slot, link, _) = try await started()
        let content = (0..<4096).map { UInt8(truncatingIfNeeded: $0 ^ 0x3C) }
        try await slot.inspect { $0.flash.chip?.load(content, at: 0x1FF000) }
        let outcome = try await link.ask(RunTest(name: "flash-sector"))
        #expect(outcome.failure == nil)
        #expect(try await slot.inspect { $0.flash.chip?.contents(0x1FF000..<0x200000) } == content)
    }

    @Test func writesReadsAndErasesUserFlash() async throws {
        let (_, link, _) = try await started()
        let description = try await link.ask(FlashInfo())
        #expect(description == FlashDescription(size: 0x190000, chipID: 0xEF4015))
        let sector = (0..<4096).map { UInt8(truncatingIfNeeded: $0 &* 13) }
        _ = try await link.ask(WriteFlash(address: 0x1000, data: sector))
        #expect(try await link.ask(ReadFlash(address: 0x1000, length: 4096)).data == sector)
        await #expect(throws: LinkError.self) {
            try await link.ask(WriteFlash(address: 0x1000, data: [0xFF], preVerify: true))
        }
        _ = try await link.ask(EraseFlash(address: 0x1000, sectors: 2))
        #expect(try await link.ask(ReadFlash(address: 0x1FFF, length: 2)).data == [0xFF, 0xFF])
    }

    @Test func impossibleRequestsAreAnsweredAndHurtNothing() async throws {
        let (slot, link, _) = try await started()
        for code in [0, 0x5845, -1] as [Int32] {
            await #expect(throws: LinkError.self) { try await link.ask(SetRegion(code: code)) }
        }
        await #expect(throws: LinkError.self) { try await link.ask(EraseFlash(address: 5, sectors: 1)) }
        await #expect(throws: LinkError.self) {
            try await link.ask(EraseFlash(address: 0x18F000, sectors: 2))
        }
        await #expect(throws: LinkError.self) { try await link.ask(ReadFlash(address: 0x190000, length: 1)) }
        await #expect(throws: LinkError.self) { try await link.ask(InstallNVRAM(image: [])) }
        await #expect(throws: LinkError.self) { try await link.ask(RunTest(name: "taste")) }
        await #expect(throws: LinkError.self) { try await link.ask(RunTest(name: "led")) }
        #expect(try await slot.inspect { $0.starts } == 1)
        #expect(try await link.ask(GetRegion()).code == "00005355")
    }

    @Test func restartAndSleepAreNewSessions() async throws {
        let (slot, link, _) = try await started()
        let first = try #require(await link.peer).session
        _ = try await link.ask(Restart())
        try await slot.time.sleep(for: .milliseconds(300))
        _ = try await link.connect(within: .seconds(20))
        #expect(try await link.ask(Identify()).wakeReason == 5)
        _ = try await link.ask(SleepZero())
        try await slot.time.sleep(for: .milliseconds(300))
        let third = try await link.connect(within: .seconds(20)).session
        #expect(try await link.ask(Identify()).wakeReason == 1)
        #expect(third != first)
        var connected = false
        for _ in 0..<100 where !connected {
            try await slot.time.sleep(for: .milliseconds(100))
            connected = try await link.ask(ReadStatus()).connected
        }
        #expect(connected, "it connects again by itself")
    }

    @Test func blessesAndFallsSilent() async throws {
        let (slot, link, line) = try await started { $0.firmware = .silentApplication }
        #expect(try await link.ask(Bless(passed: true)) == BlessingAnswer(blessed: true))
        #expect(try await slot.indicator() == .green)
        _ = try await link.ask(ClearConfiguration())
        try await slot.time.sleep(for: .seconds(5))
        #expect(try await slot.inspect { $0.phase } == .running(.application))
        #expect(try await slot.console.read(timeout: .seconds(30)).isEmpty)
        await #expect(throws: LinkError.self) { try await link.ask(Identify()) }
        #expect(line.cloud.blessings.count == 1)
    }

    @Test func anApplicationMayChatter() async throws {
        let (slot, link, _) = try await started()
        _ = try await link.ask(Bless(passed: true))
        try await slot.time.sleep(for: .seconds(5))
        let text = String(decoding: try await slot.console.read(timeout: .seconds(10)), as: UTF8.self)
        #expect(text.contains("application 1.0 running"))
    }

    @Test func aNoisyLineIsStillALine() async throws {
        let (_, link, _) = try await started("uart-noise:0.001")
        let data = (0..<2000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        _ = try await link.ask(WriteFlash(address: 0, data: data), within: .seconds(60))
        #expect(try await link.ask(ReadFlash(address: 0, length: 2000), within: .seconds(60)).data == data)
    }
}

extension MeasurementValue {
    /// The value as a number: false 0, true 1; nil for text.
    fileprivate var number: Double? {
        switch self {
        case .int(let value): Double(value)
        case .float(let value): Double(value)
        case .bool(let value): value ? 1 : 0
        case .text: nil
        }
    }
}
