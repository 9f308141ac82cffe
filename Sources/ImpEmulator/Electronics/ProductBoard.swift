import Imp003

/// The product around the module, as data: what hangs on which pin, with nominal values and how much they spread
/// from unit to unit. Measured values come from here and from the unit's own dice, never from the firmware.
public struct ProductBoard: Sendable, Equatable {
    /// What people call the product.
    public var name: String
    /// Nominal supply at the module, V.
    public var supply = Spread(3.30, sigma: 0.008)
    /// What the product draws besides the module, mA.
    public var quiescentCurrent = Spread(2.6, sigma: 0.25)
    /// Air around the unit, °C.
    public var ambient = Spread(24.6, sigma: 0.5)
    /// Ambient light as `hardware.lightlevel()` counts it, 0 to 65,535.
    public var light = Spread(17_800, sigma: 900)
    /// What each unit's antenna and matching add to a nominal signal, dB.
    public var antenna = Spread(0, sigma: 1.3)
    /// The serial port that is wired to the fixture's adapter.
    public var console: UARTName
    /// What is connected to pins.
    public var elements: [BoardElement]
    /// The product's own LED, driven low to light; seen by the fixture's light sensor.
    public var userLED: PinName?

    /// A board without anything on it but what `elements` list.
    public init(name: String, console: UARTName, elements: [BoardElement], userLED: PinName? = nil) {
        self.name = name
        self.console = console
        self.elements = elements
        self.userLED = userLED
    }

    /// A battery-fed sensor node: battery divider on J, DAC C looped to ADC H, four pins looped in pairs by the
    /// fixture, a button on U, a temperature sensor and an accelerometer on i2cAB, uartDM looped by the fixture,
    /// console on uartQRPW, LED on S.
    public static let sensorNode = ProductBoard(
        name: "sensor node", console: .qrpw,
        elements: [
            .divider(pin: .j, ratio: Spread(0.5, sigma: 0.0015)),
            .loopback(from: .c, to: .h, loss: Spread(0.002, sigma: 0.0006)),
            .loopback(from: .e, to: .k, loss: Spread(0, sigma: 0)),
            .loopback(from: .l, to: .x, loss: Spread(0, sigma: 0)),
            .loopback(from: .d, to: .m, loss: Spread(0, sigma: 0)),
            .fixtureLine(name: "button", pin: .u, restingLow: true),
            .fixtureLine(name: "alarm", pin: .t, restingLow: true),
            .pull(pin: .a, high: true, kiloohms: 4.7),
            .pull(pin: .b, high: true, kiloohms: 4.7),
            .thermometer(bus: .ab, address8: 0x90, offset: Spread(0.0, sigma: 0.35)),
            .registers(.accelerometer),
        ],
        userLED: .s)

    /// Names of the lines that the fixture can drive.
    public var fixtureLines: [String] {
        var names: [String] = []
        for element in elements {
            switch element {
            case .fixtureLine(let name, _, _): names.append(name)
            case .registers(let map): names += map.interrupts.map(\.line)
            default: break
            }
        }
        return names.enumerated().filter { names.firstIndex(of: $1) == $0 }.map(\.element)
    }
}

/// A nominal value and how far units scatter around it.
public struct Spread: Sendable, Equatable {
    /// The value in the drawing.
    public var nominal: Double
    /// Standard deviation, in the same unit.
    public var sigma: Double

    public init(_ nominal: Double, sigma: Double) {
        self.nominal = nominal
        self.sigma = sigma
    }
}

/// Something on the board that a pin or a bus can feel.
public enum BoardElement: Sendable, Equatable {
    /// A resistive divider from the supply to a pin: volts at the pin = supply × ratio.
    case divider(pin: PinName, ratio: Spread)
    /// A wire from an output pin to an input pin; `loss` is the fraction of the voltage that is lost.
    case loopback(from: PinName, to: PinName, loss: Spread)
    /// A resistor from a pin to the supply or to ground, kΩ.
    case pull(pin: PinName, high: Bool, kiloohms: Double)
    /// A net that the fixture drives through a probe.
    case fixtureLine(name: String, pin: PinName, restingLow: Bool)
    /// A 12-bit I²C thermometer, 0.0625 °C a step, TMP102 register layout (register 0, big-endian, left-justified).
    case thermometer(bus: I2CName, address8: UInt8, offset: Spread)
    /// A part of registers behind an I²C address.
    case registers(RegisterMap)
    /// A thermometer on a 1-Wire bus.
    case oneWire(OneWireMap)
    /// An open drain on one net that follows the level of another, as between a UART's transmit pin and a 1-Wire bus.
    case openDrainBuffer(from: PinName, to: PinName)
}

extension RegisterMap {
    /// An accelerometer that answers `33h` in its WHO_AM_I register `0Fh` (LIS3DH).
    static let accelerometer: RegisterMap = {
        var map = RegisterMap(name: "accelerometer", bus: .ab, address8: 0x32)
        map.increment = .topBit
        map.registers = [0x0F: Register(0x33, access: .read)]
        return map
    }()
}
