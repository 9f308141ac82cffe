/// One of the general pins of an adapter's channel A, by FTDI's name. ADBUS0 to 3 are SPI on every MPSSE.
public struct FixturePin: Hashable, Sendable, CustomStringConvertible {
    /// On ACBUS, the high byte; else on ADBUS, the low one.
    public let isHigh: Bool
    /// 4 to 7 on ADBUS, 0 to 7 on ACBUS.
    public let bit: Int

    /// `ADBUS4` … `ADBUS7`, `ACBUS0` … `ACBUS7`.
    public static let all: [FixturePin] =
        (4...7).map { FixturePin(isHigh: false, bit: $0) } + (0...7).map { FixturePin(isHigh: true, bit: $0) }

    private init(isHigh: Bool, bit: Int) {
        self.isHigh = isHigh
        self.bit = bit
    }

    /// - Returns: nil for names of pins that are not general ones.
    public init?(_ name: String) {
        guard let pin = Self.all.first(where: { $0.description == name }) else { return nil }
        self = pin
    }

    static func low(_ bit: Int) -> FixturePin { FixturePin(isHigh: false, bit: bit) }
    static func high(_ bit: Int) -> FixturePin { FixturePin(isHigh: true, bit: bit) }

    public var description: String { (isHigh ? "ACBUS" : "ADBUS") + String(bit) }
}

/// Which pin of the adapter does what on a fixture board. The reference board is the one that `docs/usb-fixture.md` draws.
///
/// Only places are data, not levels: outputs are active high and pulled down, so that a floating pin means off; inputs are
/// pulled to their quiet level. What a board does not have is nil.
public struct FixtureWiring: Hashable, Sendable {
    /// Output: connects the flash's wires to the adapter.
    public var busSwitch = FixturePin.low(4)
    /// Output: the unit's supply.
    public var power = FixturePin.high(0)
    /// Output: pulls RESET_L low.
    public var holdReset = FixturePin.high(1)
    /// Input, high: the nest is closed on a unit.
    public var nestClosed = FixturePin.low(7)
    /// Output: trigger of the line's BlinkUp sender.
    public var blinkUp = FixturePin.high(3)
    /// Input, low: the supply's current limit tripped.
    public var overcurrent: FixturePin? = .low(5)
    /// Output, low: the flash's WP# is active. Pulled up.
    public var writeProtect: FixturePin? = .low(6)
    /// Output or floating: the unit's button line.
    public var button: FixturePin? = .high(2)
    /// Inputs: light sensors over the unit's LED.
    public var red: FixturePin? = .high(4)
    public var green: FixturePin? = .high(5)
    /// Outputs: the operator's lamps.
    public var passLamp: FixturePin? = .high(6)
    public var failLamp: FixturePin? = .high(7)

    /// The board of `docs/usb-fixture.md`.
    public static let reference = FixtureWiring()

    public init() {}

    /// What is driven as long as the fixture is in use.
    var outputs: [FixturePin] {
        [power, holdReset, blinkUp] + [passLamp, failLamp].compactMap { $0 }
    }

    /// Lines that `Fixture.drive` knows.
    var lines: [String] {
        (button == nil ? [] : ["button"]) + (writeProtect == nil ? [] : ["write-protect"])
    }

    /// A pin that two signals want.
    public var sharedPin: FixturePin? {
        let pins =
            [busSwitch, power, holdReset, nestClosed, blinkUp]
            + [overcurrent, writeProtect, button, red, green, passLamp, failLamp].compactMap { $0 }
        return pins.first { pin in pins.count { $0 == pin } > 1 }
    }
}

extension PinImage {
    /// Drives pins to a level.
    mutating func drive(_ pins: FixturePin?..., to level: Bool) {
        for case let pin? in pins {
            let bit: UInt8 = 1 << UInt8(pin.bit)
            if pin.isHigh {
                highOutputs |= bit
                high = level ? high | bit : high & ~bit
            } else {
                lowOutputs |= bit
                low = level ? low | bit : low & ~bit
            }
        }
    }

    /// Lets a pin go.
    mutating func float(_ pin: FixturePin) {
        let bit: UInt8 = 1 << UInt8(pin.bit)
        if pin.isHigh {
            highOutputs &= ~bit
            high &= ~bit
        } else {
            lowOutputs &= ~bit
            low &= ~bit
        }
    }
}

/// What the adapter reads on its pins.
struct PinLevels: Sendable, Equatable {
    var low: UInt8
    var high: UInt8

    /// A pin that the board does not have reads as `absent`.
    func level(of pin: FixturePin?, absent: Bool = false) -> Bool {
        guard let pin else { return absent }
        return (pin.isHigh ? high : low) >> UInt8(pin.bit) & 1 == 1
    }
}

/// What a USB slot has to know beyond its binding.
public struct USBFixtureSettings: Sendable, Equatable {
    /// Which pin does what.
    public var wiring = FixtureWiring.reference
    /// SPI clock, at most 30 MHz.
    public var spiHertz = 30_000_000
    /// The factory console; the factory firmware's rate unless set otherwise.
    public var consoleBaud = 921_600
    /// How long the unit's supply needs to rise.
    public var powerRise = Duration.milliseconds(20)
    /// How long it needs to drain after switching off, before anything may be switched on again.
    public var powerDrain = Duration.milliseconds(200)
    /// How long a nest must be closed, or open, to count.
    public var debounce = Duration.milliseconds(100)
    /// How often the nest is looked at while it is empty.
    public var nestInterval = Duration.milliseconds(50)
    /// The network that the line's BlinkUp sender is set up with. nil: the station's is taken on trust.
    public var blinkUpNetwork: String?
    /// How long the sender's trigger is pressed.
    public var blinkUpPress = Duration.milliseconds(250)
    /// From the trigger's release to the end of the transmission.
    public var blinkUpDuration = Duration.seconds(12)
    /// The sender ignores its trigger for so long after a transmission.
    public var blinkUpLockOut = Duration.seconds(10)

    public init() {}
}
