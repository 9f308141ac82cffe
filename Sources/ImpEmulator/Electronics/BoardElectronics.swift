import TimeAndChance

/// The electrical side of one physical unit: nets, levels, voltages, I²C answers; each unit with its own values
/// within the board's spread, the same for the same seed whichever slot it lands in.
final class BoardElectronics {
    private struct Address: Hashable {
        var bus: I2CName
        var address8: UInt8
    }

    let board: ProductBoard
    let simulation: Simulation
    /// Volts at the module while it has power.
    let supplyVolts: Double
    let quiescentMilliamperes: Double
    let ambientCelsius: Double
    let lightLevel: Double
    /// dB that this unit's antenna adds.
    let antennaDecibels: Double
    /// Its wires. Made anew when faults change what is connected.
    private(set) var nets: BoardNets

    private var dividers: [PinName: Double] = [:]
    private var loopbacks: [(from: PinName, to: PinName, loss: Double)] = []
    private var linePins: [String: PinName] = [:]
    private var parts: [Address: any I2CPart] = [:]
    private var oneWires: [(map: OneWireMap, serial: UInt64, celsius: Double)] = []
    private var oneWireParts: [OneWirePart] = []
    private var interruptSources: [PinName: NetSource] = [:]
    private var stuck: [PinName: Bool] = [:]
    private var openJoints: Set<Joint> = []
    private var sensorOffset = 0.0
    private var noise: SeededGenerator

    /// - Parameter seating: how often the unit was seated: it changes measuring noise, nothing else.
    init(
        board: ProductBoard, seed: UInt64, ordinal: Int, seating: Int, simulation: Simulation = Simulation()
    ) {
        self.board = board
        self.simulation = simulation
        var dice = SeededGenerator.derived(from: seed, label: "electronics", index: UInt64(ordinal))
        func draw(_ spread: Spread) -> Double { dice.normal(mean: spread.nominal, sigma: spread.sigma) }
        supplyVolts = draw(board.supply)
        quiescentMilliamperes = draw(board.quiescentCurrent)
        ambientCelsius = draw(board.ambient)
        lightLevel = draw(board.light)
        antennaDecibels = draw(board.antenna)
        var makeParts: [(BoardElectronics) -> Void] = []
        for element in board.elements {
            switch element {
            case .divider(let pin, let ratio): dividers[pin] = draw(ratio)
            case .loopback(let from, let to, let loss): loopbacks.append((from, to, draw(loss)))
            case .fixtureLine(let name, let pin, _): linePins[name] = pin
            case .pull, .openDrainBuffer: break
            case .thermometer(let bus, let address8, let offset):
                let drawn = draw(offset)
                makeParts.append { me in
                    me.parts[Address(bus: bus, address8: address8)] = ThermometerPart {
                        [unowned me] in me.measuredCelsius(offset: drawn)
                    }
                }
            case .registers(let map):
                let drawn = map.readings.map { draw($0.value) }
                makeParts.append { me in
                    me.parts[Address(bus: map.bus, address8: map.address8)] = RegisterPart(map, drawn) {
                        [unowned me] in me.drive($0, $1)
                    }
                }
            case .oneWire(let map):
                let serial = dice.next() >> 16
                oneWires.append((map, map.serial ?? serial, draw(map.celsius)))
            }
        }
        noise = SeededGenerator.derived(
            from: seed, label: "measuring noise", index: UInt64(ordinal) << 20 | UInt64(seating))
        nets = BoardNets(wires: [], simulation: simulation)
        for make in makeParts { make(self) }
        wire()
    }

    private func measuredCelsius(offset: Double) -> Double {
        ambientCelsius + offset + sensorOffset + noise.normal(mean: 0, sigma: 0.03)
    }

    /// Connects what the drawing connects, as far as joints hold.
    private func wire() {
        nets = BoardNets(
            wires: loopbacks.filter { !openJoints.contains(Self.joint(ofLoopbackTo: $0.to)) }.map {
                ($0.from, $0.to)
            }, simulation: simulation)
        for element in board.elements {
            switch element {
            case .divider(let pin, _):
                guard let ratio = dividers[pin], !openJoints.contains(.adc) else { continue }
                attach("divider \(pin.rawValue)", pull: Pull(fraction: ratio, kiloohms: 5), to: pin)
            case .fixtureLine(_, let pin, let restingLow):
                // Weak against the module's own pulls.
                attach(
                    "rest \(pin.rawValue)", pull: Pull(fraction: restingLow ? 0 : 1, kiloohms: 1000), to: pin)
            case .pull(let pin, let high, let kiloohms):
                attach(
                    "pull \(pin.rawValue)", pull: Pull(fraction: high ? 1 : 0, kiloohms: kiloohms), to: pin)
            case .openDrainBuffer(let input, let output): connectBuffer(from: input, to: output)
            case .loopback, .thermometer, .registers, .oneWire: continue
            }
        }
        connectParts()
        for (pin, high) in stuck.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            let bridge = NetSource(
                name: "bridge \(pin.rawValue)", signal: .steady(Drive(high)), isBridge: true)
            nets.net(of: pin).attach(bridge)
        }
    }

    /// What follows a net's level with an open drain.
    private func connectBuffer(from input: PinName, to output: PinName) {
        let source = NetSource(name: "buffer \(input.rawValue)-\(output.rawValue)")
        nets.net(of: output).attach(source)
        let net = nets.net(of: input)
        _ = net.observe { [simulation] _, level in
            source.set(level.isHigh ? .floating : .steady(.low), at: simulation.now)
        }
    }

    private func connectParts() {
        oneWireParts = oneWires.map {
            OneWirePart(
                $0.map, serial: $0.serial, celsius: $0.celsius, net: nets.net(of: $0.map.pin),
                simulation: simulation)
        }
        interruptSources.removeAll()
        for case .registers(let map) in board.elements {
            for interrupt in map.interrupts { drive(interrupt, false) }
        }
    }

    /// A part's interrupt pins, each driven either way.
    private func drive(_ interrupt: RegisterMap.Interrupt, _ isActive: Bool) {
        for pin in interrupt.pins {
            let source = interruptSources[pin] ?? NetSource(name: "interrupt \(pin.rawValue)")
            if interruptSources[pin] == nil { nets.net(of: pin).attach(source) }
            interruptSources[pin] = source
            source.set(.steady(Drive(isActive == interrupt.activeHigh)), at: simulation.now)
        }
    }

    /// The supply is gone.
    func losePower() {
        for part in parts.values { part.losePower() }
        for part in oneWireParts { part.losePower() }
    }

    private func attach(_ name: String, pull: Pull, to pin: PinName) {
        nets.net(of: pin).attach(NetSource(name: name, pull: pull))
    }

    /// Makes the soldering or the parts as bad as `faults` say.
    func apply(_ faults: [Fault.Kind]) {
        for fault in faults {
            switch fault {
            case .stuckPin(let pin, let high): stuck[pin] = high
            case .coldJoint(let joint): openJoints.insert(joint)
            case .sensorOffset(let degrees): sensorOffset += degrees
            default: break
            }
        }
        wire()
    }

    /// The module's pins float: power-up, reset, deep sleep.
    func releasePins(except left: [PinName] = []) {
        for pin in PinName.allCases where !left.contains(pin) { release(pin) }
    }

    /// One pin floats.
    func release(_ pin: PinName) {
        let source = nets.source(of: pin)
        if case .steady(.floating) = source.setting(at: .never).signal, source.setting(at: .never).pull == nil
        {
            return
        }
        source.set(.floating, at: simulation.now)
    }

    /// What the module does at a pin, from now on or from a later instant on.
    func set(_ pin: PinName, _ signal: Signal, pull: Pull? = nil, at time: VirtualInstant? = nil) {
        nets.source(of: pin).set(signal, pull: pull, at: time ?? simulation.now)
    }

    /// Drives a fixture line, or lets it float with nil.
    /// - Returns: false when the board has no such line.
    func drive(line: String, to level: Bool?) -> Bool {
        for part in parts.values { part.lineChanged(line, to: level ?? false) }
        guard let pin = linePins[line] else { return board.fixtureLines.contains(line) }
        guard !openJoints.contains(.button) else { return true }
        nets.probe(at: pin).set(level.map { .steady(Drive($0)) } ?? .floating, at: simulation.now)
        return true
    }

    func releaseFixtureLines() {
        nets.releaseProbes()
    }

    /// Logic level of the net at `pin`, as an input sees it.
    func level(of pin: PinName) -> Bool {
        fraction(at: pin) > 0.5
    }

    /// Whether a sound wire leads from one pin to the other.
    func isLooped(from: PinName, to: PinName) -> Bool {
        stuck[from] == nil && stuck[to] == nil && nets.net(of: from) === nets.net(of: to)
    }

    /// Voltage at `pin` as a fraction of the supply, 0 to 1.
    func fraction(at pin: PinName, _ time: VirtualInstant? = nil) -> Double {
        let time = time ?? simulation.now
        let fraction = nets.net(of: pin).state(at: time).fraction
        guard let loop = loopbacks.first(where: { $0.to == pin }),
            nets.source(of: pin).setting(at: time).signal.drive(at: time) == .floating,
            nets.net(of: loop.from) === nets.net(of: pin)
        else { return fraction }
        return fraction * (1 - loop.loss)
    }

    /// What flows through the module's own pull resistor at a pin, µA.
    func pullMicroamperes(at pin: PinName) -> Double {
        guard let pull = nets.source(of: pin).setting(at: simulation.now).pull else { return 0 }
        return abs(pull.fraction - nets.state(of: pin).fraction) * supplyVolts * 1000 / pull.kiloohms
    }

    /// A 12-bit conversion at `pin`, left-justified in 16 bits, with a last place or two of noise.
    func convert(_ pin: PinName, _ time: VirtualInstant? = nil) -> Int {
        let ideal = fraction(at: pin, time) * 4095
        let code = (ideal + noise.normal(mean: 0, sigma: 0.8)).rounded()
        return Int(min(max(code, 0), 4095)) << 4
    }

    /// What `hardware.voltage()` measures, V.
    func measuredSupply() -> Double {
        supplyVolts + noise.normal(mean: 0, sigma: 0.0015)
    }

    /// What `hardware.lightlevel()` samples, 0 to 65,535.
    func measuredLight() -> Int {
        Int(min(max(lightLevel + noise.normal(mean: 0, sigma: 40), 0), 65_535))
    }

    /// Any instrument's own scatter.
    func scatter(sigma: Double) -> Double {
        noise.normal(mean: 0, sigma: sigma)
    }

    /// Whether the product's LED shines: its pin is low and its joints hold.
    var userLEDLit: Bool {
        guard let pin = board.userLED, !openJoints.contains(.led) else { return false }
        return stuck[pin] == false || stuck[pin] == nil && nets.state(of: pin).level == .low
    }

    /// The part that acknowledges this 8-bit address; nil when none does.
    func part(bus: I2CName, address8: UInt8) -> (any I2CPart)? {
        openJoints.contains(.i2c) ? nil : parts[Address(bus: bus, address8: address8 & 0xFE)]
    }

    private static func joint(ofLoopbackTo pin: PinName) -> Joint {
        PinMux.functions[pin]?.contains(.analogIn) == true && pin == .h ? .adc : .gpio
    }
}

extension SeededGenerator {
    /// A value of the normal distribution, by the sum of twelve uniform ones: within ±6 sigma, as real parts are
    /// after incoming inspection.
    mutating func normal(mean: Double, sigma: Double) -> Double {
        var sum = 0.0
        for _ in 0..<12 { sum += Double(next() >> 11) * 0x1p-53 }
        return mean + (sum - 6) * sigma
    }
}
