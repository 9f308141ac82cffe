/// A 1-Wire thermometer on a pin's net, described as data: the DS18B20's commands.
public struct OneWireMap: Sendable, Equatable {
    public var name: String
    /// A pin on the bus.
    public var pin: PinName
    /// The first byte of its address; 28h for a DS18B20.
    public var family: UInt8 = 0x28
    /// Six bytes of its address; nil for one of its own in each unit.
    public var serial: UInt64?
    /// What it measures, °C, in steps of 1/16.
    public var celsius = Spread(24.6, sigma: 0.3)

    public init(name: String, pin: PinName) {
        self.name = name
        self.pin = pin
    }
}

/// Such a part on one unit: it looks at the wire's edges and pulls it low in its turn.
///
/// Times are those of the DS18B20's data sheet, in the middle of what it allows: a reset is low for 480 µs at least;
/// presence is 120 µs low, 30 µs after it; a slot is sampled 30 µs after its falling edge, and a zero is held for 30 µs.
final class OneWirePart {
    private enum Turn {
        /// Waits for a reset.
        case idle
        /// Collects bits of a command.
        case romCommand, functionCommand
        /// Compares an address bit by bit.
        case match(Int)
        /// One address bit in three slots: bit, complement, direction.
        case search(bit: Int, slot: Int)
        /// Sends.
        case send([UInt8], bit: Int)
    }

    private let net: Net
    private let source: NetSource
    private let simulation: Simulation
    private let celsius: Double
    /// Family, serial, checksum.
    let address: [UInt8]
    private var scratchpad: [UInt8]
    private var turn = Turn.idle
    private var command: UInt8 = 0
    private var bits = 0
    private var fell: VirtualInstant?
    /// The wire is low because of this part's presence pulse.
    private var isPresenting = false
    private var observer: Int?
    private var events: [Simulation.Event] = []

    static let resetTime = Duration.microseconds(480)
    static let presenceDelay = Duration.microseconds(30)
    static let presenceTime = Duration.microseconds(120)
    static let sampleTime = Duration.microseconds(30)

    init(_ map: OneWireMap, serial: UInt64, celsius: Double, net: Net, simulation: Simulation) {
        self.net = net
        self.simulation = simulation
        self.celsius = celsius
        var address = [map.family] + (0..<6).map { UInt8(truncatingIfNeeded: serial >> UInt64(8 * $0)) }
        address.append(Self.checksum(address))
        self.address = address
        // 85 °C until something was converted.
        scratchpad = [0x50, 0x05, 0x4B, 0x46, 0x7F, 0xFF, 0x0C, 0x10]
        scratchpad.append(Self.checksum(scratchpad))
        source = NetSource(name: map.name)
        net.attach(source)
        observer = net.observe { [weak self] time, level in self?.edge(time, level.isHigh) }
    }

    deinit {
        if let observer { net.stopObserving(observer) }
    }

    /// The CRC of 1-Wire devices: x⁸ + x⁵ + x⁴ + 1, lowest bit first.
    static func checksum(_ bytes: [UInt8]) -> UInt8 {
        bytes.reduce(0) { sum, byte in
            (0..<8).reduce(sum ^ byte) { value, _ in value & 1 == 1 ? value >> 1 ^ 0x8C : value >> 1 }
        }
    }

    /// The unit lost its supply.
    func losePower() {
        for event in events { event.cancel() }
        events.removeAll()
        turn = .idle
        isPresenting = false
        fell = nil
        source.set(.floating, at: simulation.now)
        scratchpad.replaceSubrange(0..<2, with: [0x50, 0x05])
        scratchpad[8] = Self.checksum(Array(scratchpad[..<8]))
    }

    // MARK: The wire

    private func edge(_ time: VirtualInstant, _ high: Bool) {
        guard !isPresenting else { return }
        if !high {
            fell = time
            beginSlot(time)
        } else if let begin = fell {
            fell = nil
            if time - begin >= Self.resetTime { present() }
        }
    }

    private func present() {
        turn = .romCommand
        (command, bits) = (0, 0)
        after(Self.presenceDelay) { [self] in
            isPresenting = true
            source.set(.steady(.low), at: simulation.now)
        }
        after(Self.presenceDelay + Self.presenceTime) { [self] in
            source.set(.floating, at: simulation.now)
            // The edge that this makes is looked at within this instant.
            simulation.schedule(after: .nanoseconds(1)) { [weak self] in self?.isPresenting = false }
        }
    }

    private func after(_ delay: Duration, _ action: @escaping () -> Void) {
        events.removeAll { !$0.isPending }
        events.append(simulation.schedule(after: delay, action))
    }

    private func beginSlot(_ time: VirtualInstant) {
        switch turn {
        case .idle: break
        case .romCommand, .functionCommand, .match, .search(_, 2): sample()
        case .search(let bit, let slot):
            turn = .search(bit: bit, slot: slot + 1)
            answer(addressBit(bit) == (slot == 0))
        case .send(let bytes, let bit):
            guard bit < bytes.count * 8 else { break }
            turn = .send(bytes, bit: bit + 1)
            answer(bytes[bit / 8] >> UInt8(bit % 8) & 1 == 1)
        }
    }

    private func addressBit(_ bit: Int) -> Bool { address[bit / 8] >> UInt8(bit % 8) & 1 == 1 }

    /// A one leaves the wire alone.
    private func answer(_ bit: Bool) {
        guard !bit else { return }
        source.set(.steady(.low), at: simulation.now)
        after(Self.sampleTime) { [self] in source.set(.floating, at: simulation.now) }
    }

    private func sample() {
        after(Self.sampleTime) { [self] in take(net.state(at: simulation.now).level.isHigh) }
    }

    // MARK: What is said

    private func take(_ bit: Bool) {
        switch turn {
        case .romCommand, .functionCommand:
            command = command >> 1 | (bit ? 0x80 : 0)
            bits += 1
            if bits == 8 { carryOut() }
        case .match(let index): next(bit == addressBit(index), index) { .match($0) }
        case .search(let index, _): next(bit == addressBit(index), index) { .search(bit: $0, slot: 0) }
        case .idle, .send: break
        }
    }

    /// Who is not meant is silent until the next reset.
    private func next(_ isMeant: Bool, _ index: Int, _ make: (Int) -> Turn) {
        guard isMeant else { return turn = .idle }
        turn = index == 63 ? functions() : make(index + 1)
    }

    private func functions() -> Turn {
        (command, bits) = (0, 0)
        return .functionCommand
    }

    private func carryOut() {
        defer { (command, bits) = (0, 0) }
        if case .romCommand = turn {
            switch command {
            case 0x33: turn = .send(address, bit: 0)
            case 0x55: turn = .match(0)
            case 0xCC: turn = .functionCommand
            case 0xF0: turn = .search(bit: 0, slot: 0)
            default: turn = .idle
            }
            return
        }
        switch command {
        case 0x44:
            let word = UInt16(bitPattern: Int16(clamping: Int((celsius * 16).rounded())))
            scratchpad.replaceSubrange(0..<2, with: [UInt8(word & 0xFF), UInt8(word >> 8)])
            scratchpad[8] = Self.checksum(Array(scratchpad[..<8]))
            turn = .idle
        case 0xBE: turn = .send(scratchpad, bit: 0)
        default: turn = .idle
        }
    }
}
