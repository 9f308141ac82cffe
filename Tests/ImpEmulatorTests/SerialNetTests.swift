import Testing
import TimeAndChance

@testable import ImpEmulator

/// Serial ports and bit-banged pins on one net, and CTS: measured on the trace.
@Suite struct SerialNetTests {
    private func module(_ adjust: (inout LineSetup) -> Void = { _ in }) throws -> Desk {
        let desk = try Desk(faults: "", adjust)
        try desk.runFactoryFirmware()
        return desk
    }

    /// Puts levels on a pin, each for one bit.
    private func bang(_ bits: [Bool], baud: Int, on pin: PinName, _ desk: Desk) throws {
        let output = try desk.hardware.pin(pin)
        let begin = desk.now
        for (index, bit) in bits.enumerated() {
            desk.bench.simulation.run(
                until: begin + .nanoseconds(Int64(index) * 1_000_000_000 / Int64(baud)))
            try output.write(bit ? 1 : 0)
        }
        desk.run(.nanoseconds(Int64(1_000_000_000 / baud)))
        try output.write(1)
    }

    private func frame(_ byte: UInt8, stop: Bool = true, parity: Bool? = nil) -> [Bool] {
        [false] + (0..<8).map { byte >> UInt8($0) & 1 == 1 } + (parity.map { [$0] } ?? []) + [stop]
    }

    /// A pin that is written in time is a transmitter: pin E is wired to K on the sensor node, pin D to M of uartDM.
    @Test(arguments: [600, 1_200, 9_600, 115_200])
    func aBangedPinIsHeard(baud: Int) throws {
        let desk = try module()
        let port = try desk.hardware.uart(.dm)
        try port.configure(UARTAPI.Settings(baud: baud))
        // D is the port's own transmit pin until somebody else takes it.
        try desk.hardware.pin(.d).configure(.digitalOut(start: true))
        desk.run(.milliseconds(5))
        for byte in [0x00, 0x55, 0xA7, 0xFF] as [UInt8] {
            try bang(frame(byte), baud: baud, on: .d, desk)
        }
        desk.run(.milliseconds(5))
        #expect(port.readBytes() == [0x00, 0x55, 0xA7, 0xFF])
        #expect(port.flags().isDisjoint(with: [.frameError, .noiseError, .parityError]))
    }

    /// What is wrong with a frame is told by flags; a byte without stop bit is dropped.
    @Test func wrongFramesAreFlagged() throws {
        let desk = try module()
        let port = try desk.hardware.uart(.dm)
        var settings = UARTAPI.Settings(baud: 9_600)
        settings.parity = .even
        try port.configure(settings)
        try desk.hardware.pin(.d).configure(.digitalOut(start: true))
        desk.run(.milliseconds(5))
        try bang(frame(0x07, parity: true), baud: 9_600, on: .d, desk)
        #expect(port.readBytes() == [0x07])
        #expect(port.flags().isDisjoint(with: .parityError))
        try bang(frame(0x07, parity: false), baud: 9_600, on: .d, desk)
        #expect(port.flags().contains(.parityError))
        _ = port.readBytes()
        try bang(frame(0x55, stop: false, parity: false), baud: 9_600, on: .d, desk)
        #expect(port.flags().contains(.frameError))
        #expect(port.readBytes() == [])
    }

    /// A spike shorter than half a bit is no start bit; one in the middle of a bit is noise.
    @Test func spikes() throws {
        let desk = try module()
        let port = try desk.hardware.uart(.dm)
        try port.configure(UARTAPI.Settings(baud: 1_000))
        let pin = try desk.hardware.pin(.d)
        try pin.configure(.digitalOut(start: true))
        desk.run(.milliseconds(5))
        try pin.write(0)
        desk.run(.microseconds(300))
        try pin.write(1)
        desk.run(.milliseconds(20))
        #expect(port.flags() == [])
        let begin = desk.now
        try pin.write(0)
        desk.run(.milliseconds(1))
        // Bit 0 is high but for its very middle.
        try pin.write(1)
        desk.bench.simulation.run(until: begin + .microseconds(1_490))
        try pin.write(0)
        desk.bench.simulation.run(until: begin + .microseconds(1_510))
        try pin.write(1)
        desk.run(.milliseconds(20))
        #expect(port.flags().contains(.noiseError))
        #expect(port.readBytes() == [0xFF])
    }

    /// A rate that is off by a few percent is understood, one that is off by ten is not.
    @Test(arguments: [(9_600, true), (9_800, true), (9_400, true), (10_600, false), (8_700, false)])
    func rates(baud: Int, isUnderstood: Bool) throws {
        let desk = try module()
        let port = try desk.hardware.uart(.dm)
        try port.configure(UARTAPI.Settings(baud: 9_600))
        try desk.hardware.pin(.d).configure(.digitalOut(start: true))
        desk.run(.milliseconds(5))
        // Ends and changes late, where a wrong rate shows.
        for _ in 0..<3 { try bang(frame(0x4A), baud: baud, on: .d, desk) }
        desk.run(.milliseconds(5))
        #expect((port.readBytes() == [0x4A, 0x4A, 0x4A]) == isUnderstood)
    }

    /// The other way round: a pin that is read in time sees what a port sends.
    @Test func aPinReadsWhatAPortSends() throws {
        let desk = try module()
        let port = try desk.hardware.uart(.dm)
        var settings = UARTAPI.Settings(baud: 1_200)
        settings.receives = false
        try port.configure(settings)
        let pin = try desk.hardware.pin(.m)
        try pin.configure(.digitalIn)
        #expect(pin.read() == 1)
        let begin = desk.now
        try desk.result { try port.write([0xA7], then: $0) }
        var seen: [Bool] = []
        for bit in 0..<10 {
            desk.bench.simulation.run(
                until: begin + .nanoseconds((Int64(bit) * 2 + 1) * 1_000_000_000 / 2_400))
            seen.append(pin.read() == 1)
        }
        #expect(seen == frame(0xA7))
    }

    /// A program that bangs in Squirrel, with what its instructions take, is understood at a low rate.
    @Test func squirrelBangs() throws {
        let desk = try Desk(
            program: """
                port <- hardware.uartDM;
                port.configure(600, 8, PARITY_NONE, 1, NO_CTSRTS, function() { server.log("heard " + port.readstring()); });
                pin <- hardware.pinD;
                pin.configure(DIGITAL_OUT, 1);
                imp.wakeup(0.1, function() {
                    foreach (byte in "Hi") {
                        local due = hardware.micros();
                        local frame = byte << 1 | 0x600;
                        for (local i = 0; i < 11; i++) {
                            pin.write(frame >> i & 1);
                            due += 1667;
                            while (hardware.micros() - due < 0);
                        }
                    }
                });
                """)
        desk.run(.seconds(1))
        #expect(desk.log == ["heard Hi"], "the callback comes when the loop is over")
    }

    // MARK: CTS

    private func trace(_ desk: Desk, _ pin: PinName) throws -> LogicTrace.Channel {
        try #require(try desk.module.board.nets.trace()?[pin])
    }

    private func ctsDesk(baud: Int = 9_600, flowControl: Bool = true) throws -> (Desk, UARTAPI) {
        let desk = try module()
        let port = try desk.hardware.uart(.uvgd)
        try port.configure(UARTAPI.Settings(baud: baud, flowControl: flowControl))
        desk.run(.milliseconds(2))
        try desk.module.board.nets.beginRecording([.u])
        // The trace begins with an idle line.
        desk.run(.milliseconds(1))
        return (desk, port)
    }

    private func clearToSend(_ desk: Desk, _ level: Drive) throws {
        try desk.module.board.nets.probe(at: .d).set(.steady(level), at: desk.now)
    }

    /// Nothing leaves while CTS is high; everything does, whole and in order, when it falls.
    @Test func nothingLeavesAgainstCTS() throws {
        let (desk, port) = try ctsDesk()
        try clearToSend(desk, .high)
        try desk.result { try port.write(Array("wait".utf8), then: $0) }
        desk.run(.seconds(1))
        #expect(try trace(desk, .u).edges.count <= 1)
        #expect(port.flags() == [])
        try clearToSend(desk, .low)
        let begin = desk.now
        try desk.result { try port.flush(then: $0) }
        #expect(desk.now - begin == SerialLine.Format(baud: 9_600).duration(ofBytes: 4))
        #expect(try trace(desk, .u).serialBytes(baud: 9_600).map(\.byte) == Array("wait".utf8))
        #expect(port.flags().contains(.writeDone))
    }

    /// CTS that rises in the middle of a byte lets it end; the next one begins when it falls.
    @Test func theByteOnTheWireIsFinished() throws {
        let (desk, port) = try ctsDesk()
        let byte = SerialLine.Format(baud: 9_600).duration(ofBytes: 1)
        let begin = desk.now
        try desk.result { try port.write(Array("abcd".utf8), then: $0) }
        desk.bench.simulation.run(until: begin + byte + byte / 2)
        try clearToSend(desk, .high)
        desk.run(.milliseconds(50))
        #expect(try trace(desk, .u).serialBytes(baud: 9_600).map(\.byte) == Array("ab".utf8))
        try clearToSend(desk, .low)
        let resumed = desk.now
        try desk.result { try port.flush(then: $0) }
        let bytes = try trace(desk, .u).serialBytes(baud: 9_600)
        #expect(bytes.map(\.byte) == Array("abcd".utf8))
        #expect(bytes.count { $0.isFramed } == 4)
        #expect(bytes.dropFirst(2).first?.start == resumed)
    }

    /// A full FIFO keeps the program waiting until the other side has room.
    @Test func aFullFIFOKeepsTheProgram() throws {
        let (desk, port) = try ctsDesk()
        try clearToSend(desk, .high)
        var isTaken = false
        try port.write([UInt8](repeating: 0x55, count: 81)) { _ in isTaken = true }
        desk.run(.seconds(2))
        #expect(!isTaken)
        try clearToSend(desk, .low)
        desk.run(SerialLine.Format(baud: 9_600).duration(ofBytes: 1) - .microseconds(1))
        #expect(!isTaken)
        desk.run(.microseconds(2))
        #expect(isTaken)
    }

    /// NO_CTSRTS, ports without the pins, and a CTS that nothing drives do not wait.
    @Test(arguments: [0, 1, 2])
    func withoutCTSNothingWaits(how: Int) throws {
        let (desk, port) = try ctsDesk(flowControl: how != 0)
        if how == 0 { try clearToSend(desk, .high) }
        let sender = how == 1 ? try desk.hardware.uart(.fg) : port
        if how == 1 { try sender.configure(UARTAPI.Settings(baud: 9_600, flowControl: true)) }
        let begin = desk.now
        try desk.result { try sender.write([1, 2], then: $0) }
        try desk.result { try sender.flush(then: $0) }
        #expect(desk.now - begin == SerialLine.Format(baud: 9_600).duration(ofBytes: 2))
    }

    /// Two ports wired to each other: what the slow reader's RTS says, the fast sender's CTS obeys; nothing is lost.
    @Test func rtsToCTS() throws {
        var board = ProductBoard.sensorNode
        board.elements.removeAll { if case .loopback = $0 { true } else { false } }
        // uartQRPW is the console; uartUVGD talks to itself: U to V, RTS G to CTS D.
        board.elements.append(.loopback(from: .u, to: .v, loss: Spread(0, sigma: 0)))
        board.elements.append(.loopback(from: .g, to: .d, loss: Spread(0, sigma: 0)))
        let desk = try module { $0.board = board }
        let port = try desk.hardware.uart(.uvgd)
        try port.configure(UARTAPI.Settings(baud: 115_200, flowControl: true))
        let sent = (0..<400).map { UInt8(truncatingIfNeeded: $0 &* 13) }
        var isTaken = false
        try port.write(sent) { _ in isTaken = true }
        var received: [UInt8] = []
        for _ in 0..<100 where received.count < sent.count {
            desk.run(.milliseconds(20))
            received += port.readBytes(30)
        }
        #expect(isTaken)
        #expect(received == sent)
        #expect(!port.flags().contains(.overrunError))
    }
}
