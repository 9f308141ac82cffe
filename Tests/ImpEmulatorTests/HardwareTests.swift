import Testing
import TimeAndChance

@testable import ImpEmulator

@Suite struct HardwareTests {
    @Test func theMuxHoldsTogether() {
        #expect(PinMux.selfCheck().isEmpty)
        #expect(PinName.allCases.count == 23)
        #expect(UARTName.allCases.count == 5)
        #expect(I2CName.allCases.count == 2)
    }

    @Test func identityHasThePublishedForm() throws {
        let desk = try Desk()
        try desk.runFactoryFirmware()
        let mac = try desk.imp.getMACAddress()
        #expect(try desk.hardware.getDeviceID() == "3000" + mac)
        #expect(mac.hasPrefix("0c2a69"))
        #expect(mac.count == 12)
        #expect(try desk.imp.getSoftwareVersion().contains("release-30"))
    }

    @Test func unitsScatterAroundTheNominalValues() throws {
        let board = ProductBoard.sensorNode
        let units = (1...400).map { BoardElectronics(board: board, seed: 9, ordinal: $0, seating: 1) }
        let volts = units.map(\.supplyVolts)
        let mean = volts.reduce(0, +) / 400
        let sigma = (volts.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / 399).squareRoot()
        #expect(abs(mean - 3.30) < 0.0015)
        #expect((0.007...0.009).contains(sigma))
        #expect(Set(volts).count == 400)
        let again = BoardElectronics(board: board, seed: 9, ordinal: 17, seating: 3)
        #expect(again.supplyVolts == units[16].supplyVolts, "a unit is the same unit in every seat")
        #expect(
            again.measuredSupply() != units[16].measuredSupply(),
            "two measurements are not the same measurement")
    }

    @Test func aWireCarriesWhatAPinDrives() throws {
        let desk = try Desk()
        try desk.runFactoryFirmware()
        let output = try desk.hardware.pin(.e)
        let input = try desk.hardware.pin(.k)
        try input.configure(.digitalInPullUp)
        #expect(input.read() == 1)
        try output.configure(.digitalOut(start: false))
        #expect(input.read() == 0)
        try output.write(1)
        #expect(input.read() == 1)
        try output.configure(.openDrain(start: true))
        try input.configure(.digitalInPullDown)
        #expect(input.read() == 0, "an open drain at 1 floats")
        try desk.hardware.pin(.c).configure(.analogOut)
        try desk.hardware.pin(.h).configure(.analogIn)
        try desk.hardware.pin(.c).write(0.5)
        #expect((32_000...33_300).contains(try desk.hardware.pin(.h).read()))
        #expect(try desk.hardware.pin(.h).read() % 16 == 0, "12 bits, left-justified")
    }

    @Test func pinsDoOnlyWhatTheMuxAllows() throws {
        let desk = try Desk()
        try desk.runFactoryFirmware()
        #expect(throws: ImpAPIError.self) { try desk.hardware.pin(.y).configure(.analogIn) }
        #expect(throws: ImpAPIError.self) { try desk.hardware.pin(.b).configure(.analogOut) }
        #expect(throws: ImpAPIError.self) { try desk.hardware.pin(.u).configure(.wakeup) }
        #expect(throws: ImpAPIError.self) { try desk.hardware.pin(.u).write(1) }
        try desk.hardware.pin(.u).configure(.digitalIn)
        #expect(throws: ImpAPIError.self) { try desk.hardware.pin(.u).write(1) }
    }

    @Test func restartingReleasesAllPins() throws {
        let desk = try Desk()
        try desk.runFactoryFirmware()
        try desk.hardware.pin(.s).configure(.digitalOut(start: false))
        #expect(try desk.module.board.userLEDLit)
        desk.bench.setReset(held: true)
        #expect(try !desk.module.board.userLEDLit)
    }

    @Test func i2cSpeaksOfItsErrors() throws {
        let desk = try Desk()
        try desk.runFactoryFirmware()
        let bus = try desk.hardware.i2c(.ab)
        #expect(try desk.read(bus, 0x90, [0], 2) == nil)
        #expect(bus.readError() == -13)
        try bus.configure(kilohertz: 400)
        #expect(try desk.read(bus, 0x32, [0x0F], 1) == [0x33])
        #expect(bus.readError() == 0)
        #expect(try desk.read(bus, 0x44, [0], 1) == nil)
        #expect(bus.readError() == -6)
        #expect(try desk.write(bus, 0x44, [0]) == -2)
        #expect(try desk.write(bus, 0x90, [0]) == 0)
        bus.disable()
        #expect(try desk.write(bus, 0x90, [0]) == -13)
    }

    @Test func timeAndOrderOfCallbacks() throws {
        let desk = try Desk()
        try desk.runFactoryFirmware()
        let imp = try desk.imp
        var log: [String] = []
        let begin = try desk.hardware.micros()
        _ = imp.wakeup(after: 0.5) { log.append("half") }
        let cancelled = imp.wakeup(after: 0.6) { log.append("cancelled") }
        _ = imp.wakeup(after: 0.1) {
            log.append("sleeping")
            imp.sleep(1) { _ in log.append("awake") }
        }
        imp.onIdle { log.append("idle") }
        imp.cancelWakeup(cancelled)
        desk.run(.seconds(3))
        #expect(log == ["idle", "sleeping", "awake", "half"], "nothing runs while the program sleeps")
        #expect(try desk.hardware.micros() - begin == 3_000_000)
    }
}

@Suite struct UARTTests {
    private static let settings = UARTAPI.Settings(baud: 921_600)

    @Test func loopedBytesComeBackOnTime() throws {
        let desk = try Desk()
        try desk.runFactoryFirmware()
        let port = try desk.hardware.uart(.dm)
        #expect(port.read() == -1)
        #expect(try port.configure(UARTAPI.Settings(baud: 9600)) == 9600)
        let begin = desk.now
        try desk.result { try port.write(Array(1...60), then: $0) }
        #expect(desk.now == begin, "they fit into the FIFO")
        #expect(port.flags() == [])
        try desk.result { try port.flush(then: $0) }
        #expect(desk.now - begin == SerialLine.Format(baud: 9600).duration(ofBytes: 60))
        #expect(port.readBytes(100) == Array(1...60))
        #expect(port.flags() == [.readReady, .writeDone])
        #expect(port.flags() == [])
    }

    /// R25: flushing 80 bytes at 1200 bit/s takes as long as they take.
    @Test func slowFlush() throws {
        let desk = try Desk()
        try desk.runFactoryFirmware()
        let port = try desk.hardware.uart(.dm)
        try port.configure(UARTAPI.Settings(baud: 1200))
        let begin = desk.now
        try desk.result { try port.write([UInt8](repeating: 7, count: 80), then: $0) }
        try desk.result { try port.flush(then: $0) }
        #expect(desk.now - begin > .milliseconds(660))
        #expect(port.readBytes(80).count == 80)
    }

    @Test func writingWaitsForRoomInTheFIFO() throws {
        let desk = try Desk()
        try desk.runFactoryFirmware()
        let port = try desk.hardware.uart(.dm)
        try port.configure(UARTAPI.Settings(baud: 9600))
        let begin = desk.now
        try desk.result { try port.write([UInt8](repeating: 7, count: 100), then: $0) }
        #expect(desk.now - begin == SerialLine.Format(baud: 9600).duration(ofBytes: 20))
    }

    @Test func theEightyFirstUnreadByteIsLost() throws {
        let desk = try Desk()
        try desk.runFactoryFirmware()
        let port = try desk.hardware.uart(.qrpw)
        try port.configure(Self.settings)
        desk.bench.writeConsole(Array(0..<81))
        desk.run(.milliseconds(10))
        #expect(port.flags().contains(.overrunError))
        #expect(port.readBytes(200) == Array(0..<80))
    }

    /// R7: with RTS a sender is stopped in time, whatever the program does meanwhile.
    @Test func flowControlLosesNothing() throws {
        let desk = try Desk()
        try desk.runFactoryFirmware()
        let port = try desk.hardware.uart(.qrpw)
        try port.configure(UARTAPI.Settings(baud: 921_600, flowControl: true))
        let sent = (0..<5000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        desk.bench.writeConsole(sent)
        var received: [UInt8] = []
        while received.count < sent.count {
            desk.run(.milliseconds(3))
            let bytes = port.readBytes(40)
            try #require(!bytes.isEmpty)
            received += bytes
        }
        #expect(received == sent)
        #expect(!port.flags().contains(.overrunError))
    }

    @Test func theCallbackIsToldOfBytes() throws {
        let desk = try Desk()
        try desk.runFactoryFirmware()
        let port = try desk.hardware.uart(.qrpw)
        var received: [UInt8] = []
        var calls = 0
        try port.configure(Self.settings) { flags in
            #expect(flags.contains(.readReady))
            calls += 1
            received += port.readBytes(80)
        }
        desk.bench.writeConsole(Array("hello".utf8))
        desk.run(.milliseconds(5))
        desk.bench.writeConsole(Array(" world".utf8))
        desk.run(.milliseconds(5))
        #expect(String(decoding: received, as: UTF8.self) == "hello world")
        #expect(calls == 2)
    }

    @Test func anotherBitRateIsAFrameError() throws {
        let desk = try Desk()
        try desk.runFactoryFirmware()
        let port = try desk.hardware.uart(.qrpw)
        try port.configure(UARTAPI.Settings(baud: 115_200))
        desk.bench.writeConsole([1, 2, 3])
        desk.run(.milliseconds(5))
        #expect(port.flags().contains(.frameError))
        #expect(port.readBytes().isEmpty)
    }

    @Test(arguments: [549, 4_500_001, 0, -1])
    func impossibleRates(baud: Int) throws {
        let desk = try Desk()
        try desk.runFactoryFirmware()
        #expect(throws: ImpAPIError.self) {
            try desk.hardware.uart(.dm).configure(UARTAPI.Settings(baud: baud))
        }
    }
}
