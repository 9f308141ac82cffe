import Testing
import TimeAndChance

@testable import ImpEmulator

extension ConformanceBench {
    /// A module on a bare board with some parts, about to run a program.
    static func running(
        _ source: String, parts: [BoardElement] = [], broken: Set<RowID> = []
    ) throws -> ConformanceBench {
        var setup = ConformanceSetup.standard(board: .conformance)
        setup.line.board.elements += parts
        setup.line.release.broken = broken
        let program = try DeviceProgram(name: "test.nut", source: Array(source.utf8))
        setup.line.firmware = .squirrel(factory: program, application: program)
        let bench = try ConformanceBench(setup)
        try bench.start()
        return bench
    }
}

@Suite struct TraceTests {
    private static let busy = """
        hardware.pinK.configure(PWM_OUT, 0.001, 0.25);
        hardware.pinC.configure(ANALOG_OUT);
        hardware.pinC.write(0.5);
        local port = hardware.uartFG;
        port.configure(9600, 8, PARITY_NONE, 1, NO_CTSRTS | NO_RX);
        port.write("Hello");
        hardware.i2cAB.configure(CLOCK_SPEED_100_KHZ);
        hardware.i2cAB.read(0x32, "\\x0f", 1);
        hardware.pinS.configure(DIGITAL_OUT, 1);
        port.flush();
        hardware.pinC.write(0.25);
        """

    private static func trace() throws -> (LogicTrace, ConformanceBench) {
        let bench = try ConformanceBench.running(busy)
        try bench.module.board.nets.beginRecording()
        try bench.probe(.s, false)
        bench.run(.milliseconds(20))
        return (try #require(bench.module.board.nets.trace()), bench)
    }

    @Test func theDumpIsWellFormedAndSaysTheSame() throws {
        let (trace, _) = try Self.trace()
        let parsed = try VCDParser(VCDDocument(trace, supplyVolts: 3.3).text)
        #expect(parsed.timescale == "1 ns")
        #expect(parsed.end == 20_000_000)
        #expect(parsed.variables.values.count { $0.kind == "wire" } == 23)
        #expect(parsed.variables.values.filter { $0.kind == "real" }.map(\.name) == ["pinC_volts"])
        for channel in trace.channels {
            let name = "pin" + channel.name
            // Weak levels are levels in the file.
            var expected: [(Int64, String)] = []
            for change in channel.changes {
                let value =
                    switch change.level {
                    case .low, .pulledLow: "0"
                    case .high, .pulledHigh: "1"
                    case .floating: "z"
                    case .conflict: "x"
                    }
                if expected.last?.1 != value {
                    expected.append((change.time.nanoseconds - trace.start.nanoseconds, value))
                }
            }
            let found = parsed.changes[name] ?? []
            let same =
                found.map(\.time) == expected.map(\.0) && found.map(\.value) == expected.map(\.1)
            #expect(same, "\(name)")
        }
        let volts = (parsed.changes["pinC_volts"] ?? []).compactMap { Double($0.value) }
        #expect(volts.contains { abs($0 - 1.65) < 0.001 })
        #expect(volts.contains { abs($0 - 0.825) < 0.001 })
    }

    @Test func twoHandsOnOneWireAreAConflict() throws {
        let (trace, _) = try Self.trace()
        let channel = try #require(trace[.s])
        #expect(
            channel.changes.map(\.level).contains(.conflict),
            "the fixture holds S low, the module drives it high")
        #expect(trace[.y]?.changes.map(\.level) == [.floating])
    }

    @Test func bytesAreFoundAgain() throws {
        let (trace, _) = try Self.trace()
        let bytes = try #require(trace[.f]).serialBytes(baud: 9600)
        #expect(String(decoding: bytes.map(\.byte), as: UTF8.self) == "Hello")
        let framed = bytes.count { $0.isFramed }
        #expect(framed == 5)
    }

    @Test func theBusTellsWhatWasRead() throws {
        let (trace, _) = try Self.trace()
        let clock = try #require(trace[.a])
        let data = try #require(trace[.b])
        let bits = clock.edges(rising: true).map { data.change(at: $0.time)?.level.isHigh == true ? 1 : 0 }
        // Address and register with their acknowledges, the repeated start's clock, address again, the answer.
        func byte(_ start: Int) -> Int { bits[start..<(start + 8)].reduce(0) { $0 << 1 | $1 } }
        try #require(bits.count >= 37)
        #expect([byte(0), bits[8]] == [0x32, 0])
        #expect([byte(9), bits[17]] == [0x0F, 0])
        #expect([byte(19), bits[27]] == [0x33, 0])
        #expect([byte(28), bits[36]] == [0x33, 1], "the last byte is not acknowledged")
    }

    @Test func aSummaryAddsUp() throws {
        let (trace, _) = try Self.trace()
        let channel = try #require(trace[.k])
        let summary = channel.summary(from: trace.start, to: trace.end)
        #expect(summary.shortestPulse == .microseconds(250))
        #expect((38...41).contains(summary.edges))
        #expect(abs(summary.shares.values.reduce(0, +) - 1) < 1e-9)
        #expect(abs((summary.shares[.high] ?? 0) - 0.25) < 0.02)
    }

    @Test func anEndlessWaveIsCut() {
        let simulation = Simulation()
        let nets = BoardNets(wires: [], simulation: simulation)
        nets.beginRecording([.e])
        nets.source(of: .e).set(.wave(PulseWave(start: .start, period: 20, high: 10)), at: .start)
        simulation.run(until: VirtualInstant(nanoseconds: 60_000_000))
        let channel = nets.trace()?[.e]
        #expect(channel?.isTruncated == true)
        #expect(channel?.changes.count == LogicTrace.longestChannel)
    }

    @Test func aProgramIsTracedFromItsFirstInstruction() throws {
        let program = try DeviceProgram(
            name: "blink.nut",
            source: Array(
                "local led = hardware.pinE; led.configure(DIGITAL_OUT, 1); imp.sleep(0.01); led.write(0); server.log(\"off\")"
                    .utf8))
        let recorded = try ProgramTrace.record(program, pins: [.e], duration: .seconds(1))
        let channel = try #require(recorded.trace[.k])
        #expect(channel.name == "E-K", "the sensor node wires E to K")
        #expect(channel.edges.count == 2)
        #expect(channel.longestLow(after: .start) == .zero)
        #expect(recorded.log.contains("off"))
    }
}
