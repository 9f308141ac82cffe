import TimeAndChance

/// The electrical side of one physical unit: nets, levels, voltages, I²C answers; each unit with its own values
/// within the board's spread, the same for the same seed whichever slot it lands in.
final class BoardElectronics {
    /// What a pin of the module does to its net.
    struct PinState: Equatable {
        enum Drive: Equatable {
            case floating
            case low, high
            /// DAC output, fraction of the supply.
            case analog(Double)
        }
        var drive = Drive.floating
        var pull = Pull.none
    }

    enum Pull: Equatable {
        case none, up, down
    }

    private enum Device {
        case thermometer(offset: Double)
        case accelerometer
    }

    private struct Address: Hashable {
        var bus: I2CName
        var address8: UInt8
    }

    let board: ProductBoard
    /// Volts at the module while it has power.
    let supplyVolts: Double
    let quiescentMilliamperes: Double
    let ambientCelsius: Double
    let lightLevel: Double
    /// dB that this unit's antenna adds.
    let antennaDecibels: Double

    /// Told after a driver on the board has changed.
    var onChange: () -> Void = {}

    private var dividers: [PinName: Double] = [:]
    private var sources: [PinName: (pin: PinName, loss: Double)] = [:]
    private var resting: [PinName: Bool] = [:]
    private var linePins: [String: PinName] = [:]
    private var devices: [Address: Device] = [:]
    private var pins: [PinName: PinState] = [:]
    private var fixtureDrive: [PinName: Bool] = [:]
    private var stuck: [PinName: Bool] = [:]
    private var openJoints: Set<Joint> = []
    private var sensorOffset = 0.0
    private var noise: SeededGenerator

    /// - Parameter seating: how often the unit was seated: it changes measuring noise, nothing else.
    init(board: ProductBoard, seed: UInt64, ordinal: Int, seating: Int) {
        self.board = board
        var dice = SeededGenerator.derived(from: seed, label: "electronics", index: UInt64(ordinal))
        func draw(_ spread: Spread) -> Double { dice.normal(mean: spread.nominal, sigma: spread.sigma) }
        supplyVolts = draw(board.supply)
        quiescentMilliamperes = draw(board.quiescentCurrent)
        ambientCelsius = draw(board.ambient)
        lightLevel = draw(board.light)
        antennaDecibels = draw(board.antenna)
        for element in board.elements {
            switch element {
            case .divider(let pin, let ratio): dividers[pin] = draw(ratio)
            case .loopback(let from, let to, let loss): sources[to] = (from, draw(loss))
            case .fixtureLine(let name, let pin, let restingLow):
                resting[pin] = !restingLow
                linePins[name] = pin
            case .thermometer(let bus, let address8, let offset):
                devices[Address(bus: bus, address8: address8)] = .thermometer(offset: draw(offset))
            case .accelerometer(let bus, let address8):
                devices[Address(bus: bus, address8: address8)] = .accelerometer
            }
        }
        noise = SeededGenerator.derived(
            from: seed, label: "measuring noise", index: UInt64(ordinal) << 20 | UInt64(seating))
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
    }

    /// All of the module's pins float: power-up, reset, deep sleep.
    func releasePins() {
        pins.removeAll()
    }

    func set(_ pin: PinName, to state: PinState) {
        pins[pin] = state
        onChange()
    }

    /// Drives a fixture line, or lets it float with nil.
    /// - Returns: false when the board has no such line.
    func drive(line: String, to level: Bool?) -> Bool {
        guard let pin = linePins[line] else { return false }
        fixtureDrive[pin] = level
        onChange()
        return true
    }

    func releaseFixtureLines() {
        fixtureDrive.removeAll()
        onChange()
    }

    /// Logic level of the net at `pin`, as an input sees it.
    func level(of pin: PinName) -> Bool {
        fraction(at: pin) > 0.5
    }

    /// Whether a sound wire leads from one pin to the other.
    func isLooped(from: PinName, to: PinName) -> Bool {
        sources[to]?.pin == from && stuck[from] == nil && stuck[to] == nil && !openJoints.contains(.gpio)
    }

    /// Voltage at `pin` as a fraction of the supply, 0 to 1.
    func fraction(at pin: PinName) -> Double {
        if let stuck = stuck[pin] { return stuck ? 1 : 0 }
        let own = pins[pin] ?? PinState()
        if let driven = Self.fraction(of: own.drive) { return driven }
        if let probe = fixtureDrive[pin], !openJoints.contains(.button) { return probe ? 1 : 0 }
        if let source = sources[pin], !openJoints.contains(Self.joint(ofLoopbackTo: pin)) {
            if let stuckSource = stuck[source.pin] { return stuckSource ? 1 : 0 }
            if let driven = Self.fraction(of: (pins[source.pin] ?? PinState()).drive) {
                return driven * (1 - source.loss)
            }
        }
        if let ratio = dividers[pin], !openJoints.contains(.adc) { return ratio }
        switch own.pull {
        case .up: return 1
        case .down: return 0
        case .none: return resting[pin] == true ? 1 : 0
        }
    }

    /// A 12-bit conversion at `pin`, left-justified in 16 bits, with a last place or two of noise.
    func convert(_ pin: PinName) -> Int {
        let ideal = fraction(at: pin) * 4095
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
        guard let pin = board.userLED, !openJoints.contains(.led), stuck[pin] != true else { return false }
        return stuck[pin] == false || pins[pin]?.drive == .low
    }

    /// Whether a device acknowledges this 8-bit address.
    func acknowledges(bus: I2CName, address8: UInt8) -> Bool {
        let pins = PinMux.i2cs[bus]
        let pulledDown = [pins?.scl, pins?.sda].contains { $0.flatMap { stuck[$0] } == false }
        return !pulledDown && !openJoints.contains(.i2c)
            && devices[Address(bus: bus, address8: address8 & 0xFE)] != nil
    }

    /// `count` bytes of a device from `register` on; nil without acknowledge.
    func i2cRead(bus: I2CName, address8: UInt8, register: UInt8, count: Int) -> [UInt8]? {
        guard acknowledges(bus: bus, address8: address8),
            let device = devices[Address(bus: bus, address8: address8 & 0xFE)]
        else { return nil }
        switch device {
        case .thermometer(let offset):
            let steps = Int(
                ((ambientCelsius + offset + sensorOffset + noise.normal(mean: 0, sigma: 0.03)) * 16).rounded()
            )
            let word = UInt16(bitPattern: Int16(clamping: steps)) << 4
            let bytes = register == 0 ? [UInt8(word >> 8), UInt8(word & 0xFF)] : [0x60, 0xA0]
            return (0..<count).map { bytes[$0 % 2] }
        case .accelerometer:
            return (0..<count).map { register &+ UInt8($0 & 0x7F) == 0x0F ? 0x33 : 0x00 }
        }
    }

    private static func fraction(of drive: PinState.Drive) -> Double? {
        switch drive {
        case .floating: nil
        case .low: 0
        case .high: 1
        case .analog(let fraction): fraction
        }
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
