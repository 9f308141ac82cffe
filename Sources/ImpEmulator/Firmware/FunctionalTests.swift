import FactoryLink

/// The functional tests of the emulated product's factory firmware: each does something with the hardware and says
/// what it measured. Limits are the plan's business.
enum FunctionalTests {
    typealias Measurements = [String: MeasurementValue]
    typealias Report = (LinkAnswer) throws -> Void
    typealias Body = @Sendable (FactoryFirmware, RunTest, @escaping Finish) throws -> Void
    /// Measurements, and the test's own reason to fail, if it has one.
    typealias Finish = (Measurements, String?) throws -> Void

    static let table: [String: Body] = [
        "supply": { firmware, _, finish in
            try finish(["voltage": .float(Float(firmware.hardware.voltage()))], nil)
        },
        "battery": battery,
        "adc-loopback": adcLoopback,
        "gpio-loopback": gpioLoopback,
        "button": button,
        "sensor": sensor,
        "accelerometer": accelerometer,
        "uart-loopback": uartLoopback,
        "flash-sector": flashSector,
        "led": led,
        "light": { firmware, _, finish in
            try finish(["level": .int(Int32(firmware.hardware.lightLevel()))], nil)
        },
        "memory": { firmware, _, finish in
            try finish(["free": .int(Int32(firmware.imp.getMemoryFree()))], nil)
        },
        "wifi": wifi,
        "wake-reason": { firmware, _, finish in
            try finish(["reason": .int(Int32(firmware.hardware.wakeReason()))], nil)
        },
    ]

    static var names: [String] { table.keys.sorted() }

    static func run(_ test: RunTest, on firmware: FactoryFirmware, _ report: @escaping Report) throws {
        guard let body = table[test.name] else {
            throw RemoteError(
                FactoryErrorCode.unknownTest,
                "no test \(test.name); this firmware has \(names.joined(separator: ", "))")
        }
        do {
            try body(firmware, test) { measurements, failure in
                try report(TestOutcome(measurements: measurements, failure: failure).answer)
            }
        } catch let error as SquirrelError {
            try report(TestOutcome(measurements: [:], failure: error.message).answer)
        }
    }

    /// Pin J sees the supply through a divider of two equal resistors.
    @Sendable private static func battery(
        _ firmware: FactoryFirmware, _ test: RunTest, _ finish: @escaping Finish
    ) throws {
        let pin = firmware.hardware.pin(.j)
        try pin.configure(.analogIn)
        let samples = (0..<8).map { _ in Double(pin.read()) / 65_520 }
        let volts = samples.reduce(0, +) / 8 * firmware.hardware.voltage() * 2
        try finish(["voltage": .float(Float(volts))], nil)
    }

    /// DAC C to ADC H at a quarter, a half and three quarters of the supply; gain and offset by the outer two.
    @Sendable private static func adcLoopback(
        _ firmware: FactoryFirmware, _ test: RunTest, _ finish: @escaping Finish
    ) throws {
        let output = firmware.hardware.pin(.c)
        let input = firmware.hardware.pin(.h)
        try output.configure(.analogOut)
        try input.configure(.analogIn)
        func sample(_ fraction: Double) throws -> Double {
            try output.write(fraction)
            return (0..<8).reduce(0.0) { sum, _ in sum + Double(input.read()) / 65_520 } / 8
        }
        let low = try sample(0.25)
        let middle = try sample(0.5)
        let high = try sample(0.75)
        let gain = (high - low) / 0.5
        let millivolts = (low - gain * 0.25) * firmware.hardware.voltage() * 1000
        try finish(
            [
                "half": .float(Float(middle)), "gain": .float(Float(gain)),
                "offset": .float(Float(millivolts)),
            ], nil)
    }

    private static let pairs: [(from: PinName, to: PinName)] = [(.e, .k), (.l, .x)]

    /// Each looped pair, both levels.
    @Sendable private static func gpioLoopback(
        _ firmware: FactoryFirmware, _ test: RunTest, _ finish: @escaping Finish
    ) throws {
        var broken: [String] = []
        for pair in pairs {
            let output = firmware.hardware.pin(pair.from)
            let input = firmware.hardware.pin(pair.to)
            try output.configure(.digitalOut(start: false))
            try input.configure(.digitalInPullUp)
            let low = input.read()
            try output.write(1)
            try input.configure(.digitalInPullDown)
            if low != 0 || input.read() != 1 { broken.append("\(pair.from.rawValue)-\(pair.to.rawValue)") }
        }
        let whole = pairs.count - broken.count
        try finish(["pairs": .int(Int32(whole)), "broken": .text(broken.joined(separator: " "))], nil)
    }

    /// The button's level as it is now; the station presses it by a fixture line.
    @Sendable private static func button(
        _ firmware: FactoryFirmware, _ test: RunTest, _ finish: @escaping Finish
    ) throws {
        let pin = firmware.hardware.pin(.u)
        try pin.configure(.digitalInPullDown)
        try finish(["pressed": .bool(pin.read() == 1)], nil)
    }

    @Sendable private static func sensor(
        _ firmware: FactoryFirmware, _ test: RunTest, _ finish: @escaping Finish
    ) throws {
        let bus = firmware.hardware.i2c(.ab)
        try bus.configure(kilohertz: 400)
        guard let bytes = bus.read(address8: 0x90, subaddress: 0, count: 2), bytes.count == 2 else {
            return try finish(
                ["present": .bool(false), "error": .int(Int32(bus.readError()))],
                "the thermometer does not answer, error \(bus.readError())")
        }
        let word = Int16(bitPattern: UInt16(bytes[0]) << 8 | UInt16(bytes[1]))
        try finish(
            [
                "present": .bool(true), "error": .int(0), "temperature": .float(Float(word >> 4) / 16),
            ], nil)
    }

    @Sendable private static func accelerometer(
        _ firmware: FactoryFirmware, _ test: RunTest, _ finish: @escaping Finish
    ) throws {
        let bus = firmware.hardware.i2c(.ab)
        try bus.configure(kilohertz: 400)
        guard let answer = bus.read(address8: 0x32, subaddress: 0x0F, count: 1)?.first else {
            return try finish(
                ["present": .bool(false)], "the accelerometer does not answer, error \(bus.readError())")
        }
        try finish(["present": .bool(true), "identity": .int(Int32(answer))], nil)
    }

    /// 60 bytes around uartDM.
    @Sendable private static func uartLoopback(
        _ firmware: FactoryFirmware, _ test: RunTest, _ finish: @escaping Finish
    ) throws {
        let port = firmware.hardware.uart(.dm)
        let sent = (0..<60).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 11) }
        try port.configure(UARTAPI.Settings(baud: 115_200))
        try port.write(sent) { _ in
            try port.flush { _ in
                let received = port.readBytes(80)
                let wrong = zip(sent, received).count { $0 != $1 } + abs(sent.count - received.count)
                let flags = port.flags()
                port.disable()
                try finish(
                    [
                        "sent": .int(Int32(sent.count)), "received": .int(Int32(received.count)),
                        "wrong": .int(Int32(wrong)), "flags": .int(Int32(flags.rawValue)),
                    ], nil)
            }
        }
    }

    /// Erases, writes and reads the last user sector, and puts back what was there.
    @Sendable private static func flashSector(
        _ firmware: FactoryFirmware, _ test: RunTest, _ finish: @escaping Finish
    ) throws {
        let flash = firmware.hardware.spiFlash
        let hardware = firmware.hardware
        let size = SPIFlashAPI.sectorSize
        let address = try flash.size() - size
        let pattern = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 167 &+ $0 >> 8) }
        var measured: Measurements = [
            "size": .int(Int32(try flash.size())), "chip": .int(Int32(try flash.chipID())),
        ]
        func fail(_ error: SquirrelError) throws { try finish(measured, error.message) }
        try flash.read(address, size) { content in
            let kept = try content.get()
            let begun = hardware.micros()
            try flash.eraseSector(address) { erased in
                if case .failure(let error) = erased { return try fail(error) }
                measured["erase"] = .float(Float(hardware.micros() &- begun) / 1000)
                let written = hardware.micros()
                try flash.write(address, pattern, .postVerify) { result in
                    measured["program"] = .float(Float(hardware.micros() &- written) / 1000)
                    measured["verified"] = .bool(try result.get() == 0)
                    try flash.eraseSector(address) { erased in
                        if case .failure(let error) = erased { return try fail(error) }
                        guard kept.contains(where: { $0 != 0xFF }) else { return try finish(measured, nil) }
                        try flash.write(address, kept, .postVerify) { result in
                            try finish(
                                measured,
                                try result.get() == 0 ? nil : "the old content could not be put back")
                        }
                    }
                }
            }
        }
    }

    /// Lights the product's LED, or not; the station looks.
    @Sendable private static func led(
        _ firmware: FactoryFirmware, _ test: RunTest, _ finish: @escaping Finish
    ) throws {
        guard case .bool(let on) = test.parameters["on"] ?? .null else {
            throw RemoteError(
                FactoryErrorCode.badArguments, "the test led takes an argument on: true or false")
        }
        try firmware.hardware.pin(.s).configure(.digitalOut(start: !on))
        try finish(["on": .bool(on)], nil)
    }

    @Sendable private static func wifi(
        _ firmware: FactoryFirmware, _ test: RunTest, _ finish: @escaping Finish
    ) throws {
        guard firmware.server.isConnected() else { return try finish([:], "not connected") }
        let readings = (0..<4).map { _ in firmware.imp.rssi() }
        try finish(
            [
                "rssi": .int(Int32(readings.reduce(0, +) / readings.count)),
                "channel": .int(Int32(firmware.imp.getChannel())), "ssid": .text(firmware.imp.getSSID()),
            ], nil)
    }
}
