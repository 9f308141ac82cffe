import FactoryLink
import Fixturing
import SerialNOR
import TimeAndChance

/// One emulated slot: a `Fixture` whose time moves only while the station waits on it.
public actor EmulatedSlot: Fixture {
    /// For people: `emulated slot 2`.
    public nonisolated let label: String
    /// What the shelf remembers it by.
    public nonisolated let name: String
    private let line: EmulatedLine
    private let bench: SlotBench
    private let pace: Double

    init(name: String, line: EmulatedLine) {
        self.name = name
        label = "emulated slot \(name)"
        self.line = line
        pace = line.setup.pace
        bench = SlotBench(setup: line.setup, cloud: line.cloud, roster: line.roster)
    }

    public nonisolated var time: any TimeSource { SlotTime(slot: self) }
    public nonisolated var console: any ByteStream { SlotConsole(slot: self) }
    public nonisolated var flashBus: any SPIBus { SlotFlashBus(slot: self) }
    public nonisolated var instruments: [Instrument] { SlotBench.instruments }
    /// The lines that `drive` knows.
    public nonisolated var lines: [String] { line.setup.board.fixtureLines }

    /// Virtual time since the slot was made.
    public var virtualNow: Duration { bench.simulation.now.elapsed }

    /// A look behind the curtain, for tests.
    /// - Throws: `FixtureError.disconnected` when no unit is seated, and what `body` throws.
    public func inspect<Result: Sendable>(_ body: @Sendable (EmulatedModule) throws -> Result) throws
        -> Result
    {
        guard let module = bench.module else { throw FixtureError.disconnected("no unit is seated") }
        return try body(module)
    }

    /// Waits for the next unit; one that was not released counts as taken out unfinished.
    public func awaitUnit() async throws -> UnitArrival? {
        try await release(.aborted)
        guard let unit = try await line.next(for: name) else { return nil }
        try await act { bench in
            bench.simulation.run(until: bench.simulation.now + line.setup.handling)
            bench.seat(unit, slot: name)
            try bench.requirePlug()
        }
        return UnitArrival(scannedCode: unit.recipe.mac.bareHex, ordinal: unit.recipe.ordinal)
    }

    public func setPower(_ on: Bool) async throws {
        try await act { bench in
            try bench.requirePlug()
            try bench.setPower(on)
        }
    }

    public func setReset(held: Bool) async throws {
        try await act { bench in
            try bench.requirePlug()
            bench.setReset(held: held)
        }
    }

    public func blinkUp(_ network: FactoryNetwork) async throws {
        try await act { try $0.blinkUp(network, token: "factory") }
    }

    public func indicator() async throws -> Indicator? {
        try await act { bench in
            try bench.requirePlug()
            return bench.module.map { $0.isPowered ? $0.led.indicator : .off }
        }
    }

    public func measure(_ instrument: String) async throws -> Double {
        try await act { try $0.measure(instrument) }
    }

    public func drive(_ line: String, to level: Bool?) async throws {
        try await act { try $0.drive(line, to: level) }
    }

    public func release(_ verdict: Verdict) async throws {
        guard let unit = bench.state else { return }
        let comesBack = line.comesBack(unit, after: verdict)
        _ = bench.unseat(verdict, comesBack: comesBack)
        await line.takeBack(
            unit.recipe.ordinal, again: comesBack, notTo: verdict == .otherSlot ? name : nil)
        if let trouble = bench.shelfTrouble { throw trouble }
    }

    public func makeSafe() async {
        bench.makeSafe()
    }

    // MARK: For the handles

    func sleep(for duration: Duration) async throws {
        try await act { _ = $0.simulation.run(until: $0.simulation.now + max(duration, .zero)) }
    }

    func write(_ bytes: [UInt8]) async throws {
        try await act { bench in
            guard bench.isPluggedIn else { throw ByteStreamError.closed("the slot's USB adapter is gone") }
            bench.writeConsole(bytes)
        }
    }

    func read(timeout: Duration) async throws -> [UInt8] {
        try await act { bench in
            let bytes = bench.readConsole(timeout: timeout)
            guard bench.isPluggedIn || !bytes.isEmpty else {
                throw ByteStreamError.closed("the slot's USB adapter is gone")
            }
            return bytes
        }
    }

    func perform(_ batch: [SPIOperation]) async throws -> [[UInt8]] {
        try await act { bench in
            guard bench.isPluggedIn else { throw SPIBusError.disconnected("the slot's USB adapter is gone") }
            do {
                return try bench.performOnFlash(batch)
            } catch FixtureError.disconnected(let what) {
                throw SPIBusError.disconnected(what)
            }
        }
    }

    /// Runs something on the bench, then lets as much real time pass as the pace asks for.
    private func act<Value: Sendable>(_ body: (SlotBench) throws -> Value) async throws -> Value {
        try Task.checkCancellation()
        let begin = bench.simulation.now
        let value = try body(bench)
        if pace > 0 {
            let elapsed = bench.simulation.now - begin
            try await ContinuousClock().sleep(for: elapsed * pace)
        }
        return value
    }
}

/// The slot's clock.
private struct SlotTime: TimeSource {
    let slot: EmulatedSlot

    func now() async -> Duration { await slot.virtualNow }
    func sleep(for duration: Duration) async throws { try await slot.sleep(for: duration) }
}

/// The adapter's serial port.
private struct SlotConsole: ByteStream {
    let slot: EmulatedSlot

    func write(_ bytes: [UInt8]) async throws { try await slot.write(bytes) }
    func read(timeout: Duration) async throws -> [UInt8] { try await slot.read(timeout: timeout) }
}

/// The adapter's four SPI wires.
private struct SlotFlashBus: SPIBus {
    let slot: EmulatedSlot

    var batchCapacity: Int { 65_536 }
    func perform(_ batch: [SPIOperation]) async throws -> [[UInt8]] { try await slot.perform(batch) }
}
