import FactoryLink
import Fixturing
import SerialNOR
import Synchronization
import TimeAndChance
import USBTransport

/// A slot on a real line: an FT2232H whose channel A is the flash's SPI and the pins, and whose channel B is the console.
///
/// When the adapter is pulled out, everything throws `FixtureError.disconnected` (the console `ByteStreamError.closed`, the
/// flash bus `SPIBusError.disconnected`) until `awaitUnit` has found it again; a unit that was not released is then handed
/// out once more.
public final class USBSlotFixture: Fixture {
    public let label: String
    public let time: any TimeSource
    public let instruments: [Instrument] = []
    let binding: SlotBinding
    private let host: any USBHost
    private let settings: USBFixtureSettings

    /// The opened adapter; closed with its last user.
    private final class Adapter: Sendable {
        let device: any USBDevice
        let bus: MPSSEBus
        let uart: FTDIUART

        init(_ device: any USBDevice, time: any TimeSource, settings: USBFixtureSettings) async throws {
            self.device = device
            do {
                bus = try await MPSSEBus(FTDIChannel(device, number: 0, time: time), hertz: settings.spiHertz)
                // Frames of the factory link end with a zero, so an answer never waits for the timer, and eight idle slots
                // cost the event thread 500 packets a second instead of 4,000.
                uart = try await FTDIUART(
                    FTDIChannel(device, number: 1, time: time), baud: settings.consoleBaud, latency: 16,
                    eventCharacter: 0)
            } catch {
                device.close()
                throw error
            }
        }

        deinit {
            bus.close()
            uart.close()
            device.close()
        }
    }

    private struct State {
        var adapter: Adapter?
        var power = false
        var resetHeld = false
        var poweredOff: Duration?
        var ordinal = 0
        /// The last unit was released and must leave before another can come.
        var mustOpenFirst = false
        var blinkUpReady = Duration.zero
    }
    private let state: Mutex<State>

    /// Finds the slot's adapter, opens it and brings it to its safe state.
    /// - Throws: `BindingProblem`, `USBError`, `FTDIError`, `SPIBusError`: each describes itself in a sentence.
    public static func open(
        _ binding: SlotBinding, on host: any USBHost, time: any TimeSource,
        settings: USBFixtureSettings = USBFixtureSettings()
    ) async throws -> USBSlotFixture {
        let info = try SlotBindings.adapter(for: binding, among: host.devices())
        let device = try SlotDevice(info, slot: binding.slot, on: host)
        let adapter = try await Adapter(device, time: time, settings: settings)
        let fixture = USBSlotFixture(binding, info.label, adapter, on: host, time: time, settings: settings)
        try await fixture.applyIdle()
        return fixture
    }

    private init(
        _ binding: SlotBinding, _ label: String, _ adapter: Adapter, on host: any USBHost,
        time: any TimeSource,
        settings: USBFixtureSettings
    ) {
        self.binding = binding
        self.label = label
        self.host = host
        self.time = time
        self.settings = settings
        state = Mutex(State(adapter: adapter))
    }

    // MARK: The adapter

    private var goneSentence: String {
        "Slot \(binding.slot), \(label): the adapter is gone. Check the cable and the hub's power; the slot goes on when it is back."
    }

    private func adapter() throws(FixtureError) -> Adapter {
        guard let adapter = state.withLock({ $0.adapter }) else { throw .disconnected(goneSentence) }
        return adapter
    }

    /// The adapter is gone, and with it the unit's power.
    private func lose(_ lost: Adapter) {
        state.withLock { state in
            guard state.adapter === lost else { return }
            state.adapter = nil
            state.power = false
            state.resetHeld = false
        }
    }

    /// Waits until the slot's adapter is plugged in again, and opens it.
    private func reconnect() async throws {
        while state.withLock({ $0.adapter }) == nil {
            let info = try await SlotBindings.awaitAdapter(for: binding, on: host)
            do {
                let device = try SlotDevice(info, slot: binding.slot, on: host)
                let adapter = try await Adapter(device, time: time, settings: settings)
                state.withLock { $0.adapter = adapter }
                try await applyIdle()
            } catch is CancellationError {
                throw CancellationError()
            } catch {
                // Just plugged in: udev may not have set its permissions yet, or it is gone again.
                state.withLock { $0.adapter = nil }
                try await time.sleep(for: .milliseconds(250))
            }
        }
    }

    /// Whether the adapter is there.
    public var isConnected: Bool { state.withLock { $0.adapter != nil } }

    public var console: any ByteStream { Console(fixture: self) }
    public var flashBus: any SPIBus { GatedBus(fixture: self) }

    /// The console of whatever adapter is plugged in now.
    private struct Console: ByteStream {
        let fixture: USBSlotFixture

        private func run<Value>(_ body: (FTDIUART) async throws -> Value) async throws -> Value {
            guard let adapter = fixture.state.withLock({ $0.adapter }) else {
                throw ByteStreamError.closed(fixture.goneSentence)
            }
            do {
                return try await body(adapter.uart)
            } catch let error as ByteStreamError {
                fixture.lose(adapter)
                throw error
            }
        }

        func write(_ bytes: [UInt8]) async throws { try await run { try await $0.write(bytes) } }
        func read(timeout: Duration) async throws -> [UInt8] {
            try await run { try await $0.read(timeout: timeout) }
        }
    }

    /// Passes batches on only while the module can't drive the same wires.
    private struct GatedBus: SPIBus {
        let fixture: USBSlotFixture
        var batchCapacity: Int { MPSSEBus.batchCapacity }

        func perform(_ batch: [SPIOperation]) async throws -> [[UInt8]] {
            let (adapter, isolated) = fixture.state.withLock { ($0.adapter, $0.power && $0.resetHeld) }
            guard let adapter else { throw SPIBusError.disconnected(fixture.goneSentence) }
            guard isolated else { throw FixtureError.busNotIsolated }
            do {
                return try await adapter.bus.perform(batch)
            } catch SPIBusError.disconnected(let sentence) {
                if adapter.bus.isGone { fixture.lose(adapter) }
                throw SPIBusError.disconnected(sentence)
            } catch SPIBusError.protocolViolation(let sentence) {
                // The adapter was started anew and let everything go.
                let now = await fixture.time.now()
                fixture.state.withLock { state in
                    (state.power, state.resetHeld) = (false, false)
                    state.poweredOff = now
                }
                throw SPIBusError.protocolViolation(sentence)
            }
        }
    }

    /// What the console's line suffered, as a sentence; nil when nothing did.
    public var consoleTrouble: String? {
        state.withLock { $0.adapter }.flatMap {
            $0.uart.conditions.sentence(for: $0.device.info.label, baud: settings.consoleBaud)
        }
    }

    /// What went over USB for the flash since the adapter was plugged in.
    public var busCounters: MPSSEBus.Counters {
        state.withLock { $0.adapter }?.bus.counters ?? MPSSEBus.Counters()
    }

    // MARK: Pins

    private func withBus<Value>(_ body: (MPSSEBus) async throws -> Value) async throws -> Value {
        let adapter = try adapter()
        do {
            return try await body(adapter.bus)
        } catch SPIBusError.disconnected {
            lose(adapter)
            throw FixtureError.disconnected(goneSentence)
        }
    }

    func setPins(_ change: @escaping @Sendable (inout PinImage) -> Void) async throws {
        try await withBus { try await $0.setPins(change) }
    }

    func readPins() async throws -> PinLevels {
        let (low, high) = try await withBus { try await $0.readPins() }
        return PinLevels(low: low, high: high)
    }

    var wiring: FixtureWiring { settings.wiring }

    /// In use, unit off: outputs driven low, SPI floating.
    func applyIdle() async throws {
        let outputs = wiring.outputs
        try await setPins { pins in
            pins = .floating
            for output in outputs { pins.drive(output, to: false) }
        }
        state.withLock { state in
            state.power = false
            state.resetHeld = false
        }
    }

    /// The flash is on the adapter's wires exactly while the unit has power and is held in reset.
    private func connectBus(_ connected: Bool) async throws {
        let busSwitch = wiring.busSwitch
        try await setPins { pins in
            let spi = PinImage.spiOutputs
            pins.low = connected ? pins.low & ~spi | PinImage.chipSelect : pins.low & ~spi
            pins.lowOutputs = connected ? pins.lowOutputs | spi : pins.lowOutputs & ~spi
            if connected { pins.drive(busSwitch, to: true) } else { pins.float(busSwitch) }
        }
    }

    public func setPower(_ on: Bool) async throws {
        if on, let off = state.withLock({ $0.poweredOff }) {
            let rested = await time.now() - off
            try await time.sleep(for: settings.powerDrain - rested)
        }
        let (wasOn, resetHeld) = state.withLock { ($0.power, $0.resetHeld) }
        if !on, wasOn { try await connectBus(false) }
        let power = wiring.power
        try await setPins { $0.drive(power, to: on) }
        let now = await time.now()
        state.withLock { state in
            state.power = on
            if !on { state.poweredOff = now }
        }
        guard on, !wasOn else { return }
        try await time.sleep(for: settings.powerRise)
        try await checkCurrent()
        if resetHeld { try await connectBus(true) }
    }

    private func checkCurrent() async throws {
        guard try await !readPins().level(of: wiring.overcurrent, absent: true) else { return }
        let power = wiring.power
        try? await setPins { $0.drive(power, to: false) }
        state.withLock { $0.power = false }
        throw FixtureError.overcurrent(milliamperes: Self.currentLimit)
    }

    /// Where the supply switch of the reference circuit trips; the adapter can't measure, only see that it did.
    private static let currentLimit = 500.0

    public func setReset(held: Bool) async throws {
        let power = state.withLock { $0.power }
        if !held { try await connectBus(false) }
        let holdReset = wiring.holdReset
        try await setPins { $0.drive(holdReset, to: held) }
        state.withLock { $0.resetHeld = held }
        if held, power { try await connectBus(true) }
    }

    public func drive(_ line: String, to level: Bool?) async throws {
        switch (line, wiring.button, wiring.writeProtect) {
        case ("button", let button?, _):
            try await setPins { pins in
                if let level { pins.drive(button, to: level) } else { pins.float(button) }
            }
        case ("write-protect", _, let writeProtect?):
            // Only ever pulled low: the pull-up on the board does the rest.
            try await setPins { pins in
                if level == false { pins.drive(writeProtect, to: false) } else { pins.float(writeProtect) }
            }
        default: throw FixtureError.unknownName(line, available: wiring.lines)
        }
    }

    // MARK: The unit

    /// Waits until the nest has been opened (after a unit that was released) and closed again; if the adapter is gone,
    /// until it is back, too.
    /// - Returns: never nil: a real line has no end; cancel the task to stop.
    public func awaitUnit() async throws -> UnitArrival? {
        while true {
            do {
                try await reconnect()
                if state.withLock({ $0.mustOpenFirst }) { try await awaitNest(closed: false) }
                state.withLock { $0.mustOpenFirst = false }
                try await awaitNest(closed: true)
                // The last unit's verdict must not stand over the next one.
                try await showLamps(pass: false, fail: false)
                return state.withLock { state in
                    state.ordinal += 1
                    return UnitArrival(ordinal: state.ordinal)
                }
            } catch FixtureError.disconnected {
                continue
            }
        }
    }

    private func awaitNest(closed: Bool) async throws {
        var since: Duration?
        while true {
            let isClosed = try await readPins().level(of: wiring.nestClosed)
            let now = await time.now()
            if isClosed == closed {
                if let since, now - since >= settings.debounce { return }
                if since == nil { since = now }
            } else {
                since = nil
            }
            try await time.sleep(for: settings.nestInterval)
        }
    }

    public func blinkUp(_ network: FactoryNetwork) async throws {
        if let fixed = settings.blinkUpNetwork, fixed != network.ssid {
            throw USBFixtureProblem.otherNetwork(
                label: "Slot \(binding.slot), \(label)", asked: network.ssid, sender: fixed)
        }
        let ready = state.withLock { $0.blinkUpReady }
        try await time.sleep(for: ready - (await time.now()))
        let trigger = wiring.blinkUp
        try await setPins { $0.drive(trigger, to: true) }
        try await time.sleep(for: settings.blinkUpPress)
        try await setPins { $0.drive(trigger, to: false) }
        try await time.sleep(for: settings.blinkUpDuration)
        let end = await time.now() + settings.blinkUpLockOut - settings.blinkUpDuration
        state.withLock { $0.blinkUpReady = end }
    }

    public func indicator() async throws -> Indicator? {
        guard wiring.red != nil || wiring.green != nil else { return nil }
        let pins = try await readPins()
        return switch (pins.level(of: wiring.red), pins.level(of: wiring.green)) {
        case (false, false): .off
        case (true, false): .red
        case (false, true): .green
        case (true, true): .amber
        }
    }

    public func measure(_ instrument: String) async throws -> Double {
        throw FixtureError.unknownName(instrument, available: [])
    }

    public func release(_ verdict: Verdict) async throws {
        try await applyIdle()
        let now = await time.now()
        state.withLock { state in
            state.poweredOff = now
            state.mustOpenFirst = true
        }
        switch verdict {
        case .pass: try await showLamps(pass: true, fail: false)
        case .fail, .refused, .quarantined: try await showLamps(pass: false, fail: true)
        // Both, and steady: this unit is for another slot.
        case .otherSlot: try await showLamps(pass: true, fail: true)
        case .aborted: break
        }
    }

    func showLamps(pass: Bool, fail: Bool) async throws {
        let wiring = wiring
        try await setPins { pins in
            pins.drive(wiring.passLamp, to: pass)
            pins.drive(wiring.failLamp, to: fail)
        }
    }

    public func makeSafe() async {
        // The whole adapter is kept until the pins float, whoever else lets go of it meanwhile.
        if let adapter = state.withLock({ $0.adapter }) {
            await adapter.bus.floatPins()
            withExtendedLifetime(adapter) {}
        }
        let now = await time.now()
        state.withLock { state in
            state.power = false
            state.resetHeld = false
            state.poweredOff = now
        }
    }
}

/// What only a USB fixture can complain about.
public enum USBFixtureProblem: Error, Equatable, Sendable, CustomStringConvertible {
    /// The line's BlinkUp sender sends another network.
    case otherNetwork(label: String, asked: String, sender: String)

    public var description: String {
        switch self {
        case .otherNetwork(let label, let asked, let sender):
            "\(label): the station's network is \"\(asked)\", but the line's BlinkUp sender sends \"\(sender)\". Set the sender up "
                + "anew, or correct the network in station.yaml."
        }
    }
}
