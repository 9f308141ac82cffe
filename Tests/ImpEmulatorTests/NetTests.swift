import Testing
import TimeAndChance

@testable import ImpEmulator

/// Microseconds since the start.
private func at(_ microseconds: Int64) -> VirtualInstant {
    VirtualInstant(nanoseconds: microseconds * 1000)
}

@Suite struct NetTests {
    private struct Row {
        var drives: [Drive]
        var pulls: [Pull]
        var bridge: Drive?
        var level: LogicLevel
        var fraction: Double
    }

    private static let table: [Row] = [
        Row(drives: [], pulls: [], level: .floating, fraction: 0),
        Row(drives: [.floating, .floating], pulls: [], level: .floating, fraction: 0),
        Row(drives: [.high], pulls: [.down], level: .high, fraction: 1),
        Row(drives: [.low], pulls: [.up], level: .low, fraction: 0),
        Row(drives: [.low, .low], pulls: [], level: .low, fraction: 0),
        Row(drives: [.low, .high], pulls: [], level: .conflict, fraction: 0.5),
        Row(drives: [.analog(0.25)], pulls: [.up], level: .low, fraction: 0.25),
        Row(drives: [.analog(0.75)], pulls: [], level: .high, fraction: 0.75),
        Row(drives: [.analog(0.75), .low], pulls: [], level: .conflict, fraction: 0),
        Row(drives: [.floating], pulls: [.up], level: .pulledHigh, fraction: 1),
        Row(drives: [.floating], pulls: [.down], level: .pulledLow, fraction: 0),
        Row(drives: [], pulls: [.up, Pull(fraction: 0, kiloohms: 10)], level: .pulledLow, fraction: 0.2),
        Row(
            drives: [], pulls: [.up, Pull(fraction: 0, kiloohms: 1000)], level: .pulledHigh,
            fraction: 1000 / 1040),
        Row(drives: [], pulls: [], bridge: .high, level: .high, fraction: 1),
        Row(drives: [.low], pulls: [], bridge: .high, level: .conflict, fraction: 1),
        Row(drives: [.low], pulls: [.up], bridge: .low, level: .low, fraction: 0),
    ]

    @Test func manyHandsOnOneWire() {
        for (number, row) in Self.table.enumerated() {
            var sources: [(drive: Drive, pull: Pull?, isBridge: Bool)] = row.drives.map { ($0, nil, false) }
            sources += row.pulls.map { (.floating, $0, false) }
            if let bridge = row.bridge { sources.append((bridge, nil, true)) }
            let state = NetState.resolve(sources)
            #expect(state.level == row.level, "row \(number)")
            #expect(abs(state.fraction - row.fraction) < 1e-9, "row \(number)")
        }
    }

    @Test func wiresJoinNets() {
        let nets = BoardNets(wires: [(.a, .b), (.c, .d), (.b, .c)], simulation: Simulation())
        #expect(nets.net(of: .a) === nets.net(of: .d))
        #expect(nets.net(of: .a).name == "A-B-C-D")
        #expect(nets.net(of: .e) !== nets.net(of: .a))
        #expect(nets.nets.count == 20)
    }

    @Test func nothingIsKeptWhileNobodyRecords() {
        let simulation = Simulation()
        let nets = BoardNets(wires: [], simulation: simulation)
        let source = nets.source(of: .e)
        for turn in 0..<1000 {
            source.set(.steady(Drive(turn % 2 == 0)), at: simulation.now)
            simulation.run(until: simulation.now + .microseconds(1))
        }
        #expect(source.settings.count <= 2)
        nets.beginRecording([.e])
        simulation.run(until: simulation.now + .microseconds(1))
        for turn in 0..<1000 {
            source.set(.steady(Drive(turn % 2 == 0)), at: simulation.now)
            simulation.run(until: simulation.now + .microseconds(1))
        }
        #expect(nets.trace()?[.e]?.edges.count == 1000)
        nets.endRecording()
        #expect(nets.trace() == nil)
        #expect(source.settings.count == 1)
    }

    @Test func whatWasStampedForLaterHoldsFromThenOn() {
        let simulation = Simulation()
        let nets = BoardNets(wires: [], simulation: simulation)
        let source = nets.source(of: .e)
        source.set(.steady(.low), at: at(0))
        source.set(.steady(.high), at: at(10))
        #expect(nets.net(of: .e).state(at: at(9)).level == .low)
        #expect(nets.net(of: .e).state(at: at(10)).level == .high)
        #expect(nets.net(of: .e).nextChange(after: at(0)) == at(10))
        source.set(.floating, at: at(5))
        #expect(
            nets.net(of: .e).state(at: at(20)).level == .floating,
            "an earlier change replaces what was to come")
    }

    @Test func observersAreCalledAtTheEdge() {
        let simulation = Simulation()
        let nets = BoardNets(wires: [(.e, .f)], simulation: simulation)
        var seen: [VirtualInstant] = []
        let handle = nets.net(of: .f).observe { time, _ in seen.append(time) }
        nets.source(of: .e).set(
            .wave(PulseWave(start: at(0), period: 10_000, high: 4_000)), at: at(0))
        simulation.run(until: at(25))
        #expect(seen == [at(0), at(4), at(10), at(14), at(20), at(24)])
        nets.net(of: .f).stopObserving(handle)
        simulation.run(until: at(100))
        #expect(seen.count == 6)
        #expect(simulation.nextEventTime == nil, "nobody looks, nothing is scheduled")
    }

    /// Two changes at one instant are both there: a glitch of no width is still a glitch.
    @Test func changesOfOneInstantAreAllOnTheTrace() throws {
        let simulation = Simulation()
        let nets = BoardNets(wires: [], simulation: simulation)
        nets.source(of: .e).set(.steady(.high), at: at(0))
        nets.beginRecording([.e])
        simulation.run(until: at(5))
        nets.source(of: .e).set(.steady(.low), at: at(5))
        nets.source(of: .e).set(.steady(.high), at: at(5))
        simulation.run(until: at(9))
        let channel = try #require(nets.trace()?[.e])
        #expect(channel.changes.map(\.level) == [.high, .low, .high])
        #expect(channel.changes.map(\.time) == [at(0), at(5), at(5)])
    }
}

@Suite struct WaveformTests {
    /// Walking along the changes gives the same levels as asking at every nanosecond, for each kind of wave.
    @Test(arguments: 0..<6)
    func changesAndLevelsAgree(kind: Int) {
        var dice = SeededGenerator(seed: 77 + UInt64(kind))
        func number(_ limit: UInt64) -> Int { Int(dice.next() % limit) }
        for _ in 0..<40 {
            let start = VirtualInstant(nanoseconds: Int64(number(50)))
            let bytes = (0..<(1 + number(4))).map { _ in UInt8(truncatingIfNeeded: dice.next()) }
            let wave: any Waveform
            switch kind {
            case 0:
                let period = Int64(2 + number(40))
                wave = PulseWave(start: start, period: period, high: Int64(number(UInt64(period) + 1)))
            case 1:
                wave = BitWave(
                    start: start, hertz: 30_000_000 >> number(3), bytes: bytes, lowestFirst: number(2) == 0)
            case 2:
                wave = ClockWave(
                    start: start, hertz: 30_000_000 >> number(3), pulses: number(10),
                    idlesHigh: number(2) == 0,
                    activeSecondHalf: number(2) == 0)
            case 3:
                let format = SerialLine.Format(
                    baud: 40_000_000 + number(9_000_000), wordSize: 7 + number(2),
                    parity: [.none, .even, .odd][number(3)], stopBits: 1 + number(2))
                let first = SerialWave.Burst(start: start, format: format, bytes: bytes)
                let second = SerialWave.Burst(
                    start: first.end + .nanoseconds(number(3) * 20), format: format, bytes: bytes.reversed())
                wave = SerialWave(bursts: [first, second])
            case 4:
                wave = SampleWave(
                    start: start, hertz: 20_000_000, samples: bytes.map { Double($0 % 3) / 2 }, before: 0.125)
            default:
                var time = start
                wave = EdgeWave(
                    before: .floating,
                    edges: (0..<number(8)).map { index in
                        time = time + .nanoseconds(number(9))
                        return (time, Drive(index % 2 == 0))
                    })
            }
            let end: Int64 = 1500
            var walked: [Drive] = []
            var time = VirtualInstant.start
            while time.nanoseconds < end {
                let next = wave.nextChange(after: time)
                if let next { #expect(next > time) }
                let until = min(next?.nanoseconds ?? end, end)
                let drive = wave.drive(at: time)
                walked += repeatElement(drive, count: Int(until - time.nanoseconds))
                time = VirtualInstant(nanoseconds: until)
            }
            let asked = (0..<end).map { wave.drive(at: VirtualInstant(nanoseconds: $0)) }
            let same = walked == asked
            #expect(same, "kind \(kind): \(wave)")
        }
    }
}
