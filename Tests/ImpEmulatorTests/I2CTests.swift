import Testing

@testable import ImpEmulator

/// What `i2c.readerror()` and `i2c.write()` tell, brought about on the bus's lines or in a part (R5).
@Suite struct I2CErrorTests {
    /// A part that takes two bytes behind its address and no third one.
    private static let refusing: RegisterMap = {
        var map = RegisterMap(name: "refusing", bus: .ab, address8: 0x40)
        map.registers = [0: .init(0x11), 1: .init(0x22, access: .refuse)]
        return map
    }()

    private func desk(_ elements: [BoardElement] = []) throws -> (Desk, I2CAPI) {
        let desk = try Desk { $0.board.elements += [.registers(Self.refusing)] + elements }
        try desk.runFactoryFirmware()
        let bus = try desk.hardware.i2c(.ab)
        try bus.configure(kilohertz: 100)
        return (desk, bus)
    }

    @Test func aRefusedByteIsNotAcknowledged() throws {
        let (desk, bus) = try desk()
        #expect(try desk.write(bus, 0x40, [0, 0x33]) == 0)
        #expect(try desk.read(bus, 0x40, [0], 1) == [0x33])
        #expect(try desk.write(bus, 0x40, [1, 0x33]) == -9)
        #expect(try desk.write(bus, 0x40, [0, 0x44, 0x55, 0x66]) == -9)
        #expect(try desk.read(bus, 0x40, [0], 2) == [0x44, 0x22], "what came before was taken")
    }

    /// A line that is low before the start: nothing can be sent, on either line, from a solder bridge or another driver.
    @Test(arguments: [PinName.a, .b], [true, false])
    func aLineThatIsStuckLow(pin: PinName, isBridge: Bool) throws {
        let desk = try Desk(faults: isBridge ? "stuck-pin:\(pin.rawValue)=0" : "")
        try desk.runFactoryFirmware()
        let bus = try desk.hardware.i2c(.ab)
        try bus.configure(kilohertz: 400)
        if !isBridge { try desk.module.board.nets.probe(at: pin).set(.steady(.low), at: desk.now) }
        #expect(try desk.read(bus, 0x90, [0], 2) == nil)
        #expect(bus.readError() == -1)
        #expect(try desk.write(bus, 0x90, [0]) == -1)
        guard !isBridge else { return }
        try desk.module.board.nets.probe(at: pin).set(.floating, at: desk.now)
        #expect(try desk.write(bus, 0x90, [0]) == 0)
    }

    /// Without pull-ups both lines are low for ever.
    @Test func aBusWithoutPullUps() throws {
        let (desk, _) = try desk()
        let bus = try desk.hardware.i2c(.fg)
        try bus.configure(kilohertz: 100)
        #expect(try desk.write(bus, 0x90, [0]) == -1)
    }

    /// When in a transaction somebody pulls a line low, and what that is called. At 100 kHz a start takes 10 us, a byte
    /// 90 us, a stop 7.5 us.
    @Test(arguments: [
        (PinName.a, 50, -2), (.b, 50, -2), (.a, 150, -3), (.b, 150, -3), (.a, 250, -4), (.b, 284, -5),
    ])
    func writesThatAreDisturbed(line: PinName, microseconds: Int, code: Int) throws {
        let (desk, bus) = try desk()
        try disturb(line, after: microseconds, desk)
        #expect(try desk.write(bus, 0x90, [0, 0xFF]) == code)
        try desk.module.board.nets.releaseProbes()
        #expect(try desk.write(bus, 0x90, [0]) == 0)
    }

    @Test(arguments: [
        (PinName.a, 50, 1, -2), (.a, 150, 1, -4), (.b, 195, 1, -12), (.a, 250, 1, -6), (.a, 350, 1, -8),
        (.a, 350, 3, -11), (.b, 350, 1, -5),
    ])
    func readsThatAreDisturbed(line: PinName, microseconds: Int, count: Int, code: Int) throws {
        let (desk, bus) = try desk()
        try disturb(line, after: microseconds, desk)
        #expect(try desk.read(bus, 0x90, [0], count) == nil)
        #expect(bus.readError() == code)
        try desk.module.board.nets.releaseProbes()
        #expect(try desk.read(bus, 0x90, [0], 2) != nil)
        #expect(bus.readError() == 0)
    }

    private func disturb(_ line: PinName, after microseconds: Int, _ desk: Desk) throws {
        let probe = try desk.module.board.nets.probe(at: line)
        desk.bench.simulation.schedule(after: .microseconds(microseconds)) {
            probe.set(.steady(.low), at: desk.now)
        }
    }

    /// Every code is told by a test here or is said never to arise.
    @Test func theListIsComplete() {
        let told: Set = [0, -1, -2, -3, -4, -5, -6, -8, -9, -11, -12, -13]
        let never = [I2CAPI.Fault.addressReceive, .controllerReceiveSelect].map(\.rawValue)
        #expect(Set(I2CAPI.Fault.allCases.map(\.rawValue)) == told.union(never))
        #expect(told.isDisjoint(with: never))
    }
}

/// Parts that are data: registers, interrupts, and the 1-Wire bus behind a serial port.
@Suite struct PartTests {
    private static let sensor: RegisterMap = {
        var map = RegisterMap(name: "sensor", bus: .ab, address8: 0xBE)
        map.increment = .topBit
        map.registers = [
            0x0F: .init(0xBC, access: .read), 0x20: .init(0), 0x21: .init(0, selfClearing: 0x81),
            0x25: .init(0),
        ]
        map.readings = [.init(register: 0x28, bytes: 2, value: Spread(-300, sigma: 20))]
        map.interrupts = [
            .init(line: "toss", source: 0x25, value: 0x41, enable: (0x20, 0x3F), pins: [.w, .t])
        ]
        return map
    }()

    private func desk(seed: UInt64 = 1) throws -> (Desk, I2CAPI) {
        let desk = try Desk {
            $0.seed = seed
            $0.board.elements += [.registers(Self.sensor)]
        }
        try desk.runFactoryFirmware()
        let bus = try desk.hardware.i2c(.ab)
        try bus.configure(kilohertz: 400)
        return (desk, bus)
    }

    @Test func registersAreReadAndWritten() throws {
        let (desk, bus) = try desk()
        #expect(try desk.read(bus, 0xBE, [0x0F], 1) == [0xBC])
        #expect(try desk.write(bus, 0xBE, [0x0F, 1]) == 0)
        #expect(try desk.read(bus, 0xBE, [0x0F], 1) == [0xBC], "it can only be read")
        #expect(try desk.write(bus, 0xBE, [0xA0, 0x11, 0x83]) == 0)
        #expect(try desk.read(bus, 0xBE, [0xA0], 2) == [0x11, 0x02], "two bits are over at once")
        #expect(try desk.read(bus, 0xBE, [0x20], 2) == [0x11, 0x11], "without the top bit it stays")
        #expect(try desk.read(bus, 0xBE, [0x77], 1) == [0], "registers that nobody described read 0")
        // A power cut makes them what they were.
        try desk.bench.setPower(false)
        try desk.bench.setPower(true)
        try desk.awaitProgram(.factory)
        let again = try desk.hardware.i2c(.ab)
        try again.configure(kilohertz: 400)
        #expect(try desk.read(again, 0xBE, [0x20], 1) == [0])
    }

    @Test func eachUnitMeasuresItsOwn() throws {
        func value(_ seed: UInt64) throws -> Int {
            let (desk, bus) = try desk(seed: seed)
            let bytes = try #require(try desk.read(bus, 0xBE, [0xA8], 2))
            return Int(Int16(bitPattern: UInt16(bytes[1]) << 8 | UInt16(bytes[0])))
        }
        let values = try (1...12).map { try value(UInt64($0)) }
        #expect(values.allSatisfy { (-420 ... -180).contains($0) }, "\(values)")
        #expect(Set(values).count > 6)
        #expect(try value(1) == values[0])
    }

    /// An interrupt drives its pins until its source is read, wakes a module from deep sleep, and needs to be enabled.
    @Test func interruptsDriveTheirPins() throws {
        let (desk, bus) = try desk()
        let module = try desk.module
        func toss() throws {
            try desk.bench.drive("toss", to: true)
            try desk.bench.drive("toss", to: false)
        }
        try desk.hardware.pin(.t).configure(.digitalIn)
        try toss()
        #expect(try desk.hardware.pin(.t).read() == 0, "it is not switched on")
        #expect(try desk.write(bus, 0xBE, [0x20, 0x04]) == 0)
        try toss()
        #expect(try desk.hardware.pin(.t).read() == 1)
        #expect(try desk.read(bus, 0xBE, [0x25], 1) == [0x41])
        #expect(try desk.hardware.pin(.t).read() == 0)
        #expect(try desk.read(bus, 0xBE, [0x25], 1) == [0])
        try desk.hardware.pin(.w).configure(.wakeup)
        try desk.imp.deepSleepFor(3600)
        desk.run(.seconds(1))
        #expect(module.phase == .asleep)
        try toss()
        try desk.awaitProgram(.factory)
        #expect(module.wakeReason == .pin)
    }

    // MARK: 1-Wire

    /// A program of our own: presence, search of one address bit by bit, and a temperature, by a UART.
    private static let oneWire = """
        port <- hardware.uartDM;
        function reset() {
            port.configure(9600, 8, PARITY_NONE, 1, NO_CTSRTS);
            port.write(0xF0);
            port.flush();
            local echo = port.read();
            port.configure(115200, 8, PARITY_NONE, 1, NO_CTSRTS);
            return echo != 0xF0 && echo != -1;
        }
        function slot(bit) {
            port.write(bit ? 0xFF : 0x00);
            port.flush();
            return port.read() == 0xFF ? 1 : 0;
        }
        function send(byte) { for (local i = 0; i < 8; i++) slot(byte >> i & 1); }
        function receive() { local byte = 0; for (local i = 0; i < 8; i++) byte = byte | slot(1) << i; return byte; }
        function hex(bytes) { local text = ""; foreach (byte in bytes) text += format("%02x", byte); return text; }
        server.log("present " + reset());
        send(0x33);
        local address = [];
        for (local i = 0; i < 8; i++) address.append(receive());
        server.log("rom " + hex(address));
        reset();
        send(0xF0);
        local found = [0, 0, 0, 0, 0, 0, 0, 0];
        for (local i = 0; i < 64; i++) {
            local bit = slot(1);
            local other = slot(1);
            if (bit && other) { server.log("nobody at " + i); break; }
            if (!bit && !other) server.log("fork at " + i);
            slot(bit);
            found[i / 8] = found[i / 8] | bit << (i % 8);
        }
        server.log("found " + hex(found));
        reset();
        send(0x55);
        foreach (byte in address) send(byte);
        send(0x44);
        imp.sleep(0.75);
        reset();
        send(0xCC);
        send(0xBE);
        local low = receive();
        server.log("celsius " + (receive() << 8 | low) / 16.0);
        """

    private func bus(_ parts: [OneWireMap]) -> ProductBoard {
        var board = ProductBoard.sensorNode
        board.elements.removeAll {
            if case .loopback(let from, _, _) = $0 { from == .d } else { false }
        }
        board.elements += [
            .pull(pin: .m, high: true, kiloohms: 4.7), .openDrainBuffer(from: .d, to: .m),
        ]
        board.elements += parts.map { .oneWire($0) }
        return board
    }

    @Test func aThermometerOnOneWire() throws {
        var part = OneWireMap(name: "probe", pin: .m)
        part.serial = 0x0000_0123_4567
        part.celsius = Spread(21.5, sigma: 0)
        let desk = try Desk(program: Self.oneWire) { [board = bus([part])] in $0.board = board }
        desk.run(.seconds(3))
        let sum = OneWirePart.checksum([0x28, 0x67, 0x45, 0x23, 0x01, 0, 0])
        let rom = "28674523010000" + (sum < 16 ? "0" : "") + String(sum, radix: 16)
        #expect(desk.log == ["present true", "rom \(rom)", "found \(rom)", "celsius 21.5"])
    }

    /// Two on one bus answer at once: zeros win, and the search sees where they differ.
    @Test func twoOnOneBus() throws {
        var (first, second) = (OneWireMap(name: "first", pin: .m), OneWireMap(name: "second", pin: .m))
        (first.serial, second.serial) = (0x1, 0x3)
        let desk = try Desk(program: Self.oneWire) { [board = bus([first, second])] in $0.board = board }
        desk.run(.seconds(3))
        #expect(desk.log.contains("fork at 9"), "\(desk.log)")
        #expect(desk.log.first == "present true")
    }

    @Test func anEmptyBusIsSilent() throws {
        let desk = try Desk(program: Self.oneWire) { [board = bus([])] in $0.board = board }
        desk.run(.seconds(3))
        #expect(desk.log.first == "present false")
        #expect(desk.log.contains("nobody at 0"))
    }

    /// The CRC that the data sheet works out for an address.
    @Test func checksumOfTheDataSheet() {
        #expect(OneWirePart.checksum([0x02, 0x1C, 0xB8, 0x01, 0x00, 0x00, 0x00]) == 0xA2)
    }
}

/// `NORMALISE` of the sampler.
@Suite struct NormaliserTests {
    @Test func anOffsetGoesAndASwingStays() {
        var normaliser = SamplerAPI.Normaliser()
        var tail: [Int] = []
        for index in 0..<4_000 {
            let word = 50_000 + (index % 2 == 0 ? 3_000 : -3_000)
            let value = normaliser.take(word)
            if index >= 3_900 { tail.append(value) }
        }
        let mean = Double(tail.reduce(0, +)) / Double(tail.count)
        #expect(abs(mean - 32_768) < 40)
        #expect((5_900...6_100).contains((tail.max() ?? 0) - (tail.min() ?? 0)))
    }

    @Test(arguments: [0, 65_535])
    func extremesStayInRange(word: Int) {
        var normaliser = SamplerAPI.Normaliser()
        for other in [word, 65_535 - word, word, 65_535 - word] {
            #expect((0...65_535).contains(normaliser.take(other)))
        }
    }

    /// On a module: a constant voltage becomes the middle of the range, in words and in A-law.
    @Test func aProgramGetsThem() throws {
        let desk = try Desk(
            program: """
                hardware.pinC.configure(ANALOG_OUT);
                hardware.pinC.write(0.8);
                hardware.sampler.configure(hardware.pinH, 1000.0, [blob(64)], function(buffer, length) {
                    hardware.sampler.stop();
                    local worst = 0;
                    for (local i = 0; i < length; i += 2) {
                        buffer.seek(i);
                        local off = math.abs(buffer.readn('w') - 32768);
                        if (off > worst) worst = off;
                    }
                    server.log("length " + length + " worst " + (worst < 200));
                }, NORMALISE);
                hardware.sampler.start();
                """)
        desk.run(.seconds(1))
        #expect(desk.log == ["length 64 worst true"])
    }
}
