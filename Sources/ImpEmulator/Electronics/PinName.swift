/// The imp003's 23 general-purpose pins: letters without I, O and Z.
public enum PinName: String, Sendable, Codable, CaseIterable, CustomStringConvertible {
    case a = "A", b = "B", c = "C", d = "D", e = "E", f = "F", g = "G", h = "H"
    case j = "J", k = "K", l = "L", m = "M", n = "N"
    case p = "P", q = "Q", r = "R", s = "S", t = "T", u = "U", v = "V", w = "W", x = "X", y = "Y"

    public var description: String { "pin\(rawValue)" }
}

/// What a pin can do besides plain digital input and output.
public struct PinFunctions: OptionSet, Sendable {
    public let rawValue: UInt16

    public init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// A channel of the 12-bit ADC.
    public static let analogIn = PinFunctions(rawValue: 1)
    /// A channel of the 12-bit DAC.
    public static let analogOut = PinFunctions(rawValue: 2)
    /// Ends deep sleep when high.
    public static let wakeup = PinFunctions(rawValue: 4)
    /// Pulse-width modulation, proven by vendor code.
    public static let pwm = PinFunctions(rawValue: 8)
    /// A callback on state changes, proven by vendor code.
    public static let stateChange = PinFunctions(rawValue: 16)
    /// Counts pulses.
    public static let pulseCount = PinFunctions(rawValue: 32)
    /// Starts the pulse generator (PTPG).
    public static let pulseGeneratorTrigger = PinFunctions(rawValue: 64)
    /// Puts out the generated pulse (PTPG).
    public static let pulseGeneratorOutput = PinFunctions(rawValue: 128)
}

/// The imp003's mux as data.
///
/// ADC and DAC pins, buses and pulse-generator pairs are documented. Of PWM, pulse counting and state change those are
/// listed that vendor code proves; further marks exist in the vendor's table, of which only the number per pin is
/// known. A pin with such a mark is allowed all three.
public enum PinMux {
    /// One serial port's pins; RTS and CTS where it has them.
    public struct UARTPins: Sendable {
        /// Out of the module.
        public var tx: PinName
        /// Into the module.
        public var rx: PinName
        /// Low while the receive FIFO has room.
        public var rts: PinName?
        /// Low while the other side has room.
        public var cts: PinName?
    }

    /// One I²C bus's pins.
    public struct I2CPins: Sendable {
        /// Clock.
        public var scl: PinName
        /// Data.
        public var sda: PinName
    }

    /// One SPI bus's pins.
    public struct SPIPins: Sendable {
        /// Out of the module.
        public var copi: PinName
        /// Into the module.
        public var cipo: PinName
        /// Clock, out of the module.
        public var sclk: PinName
        /// Chip select; an imp003 does not drive it by itself.
        public var cs: PinName
    }

    /// What each pin can do.
    public static let functions: [PinName: PinFunctions] = [
        .a: [.analogIn, .analogOut], .b: [.analogIn],
        .c: [.analogIn, .analogOut, .pulseGeneratorOutput], .d: [.pulseGeneratorOutput],
        .e: [.analogIn, .pwm, .stateChange, .pulseGeneratorTrigger],
        .f: [.analogIn, .pwm, .pulseGeneratorTrigger],
        .g: [.pulseGeneratorOutput], .h: [.analogIn], .j: [.analogIn],
        .k: [.analogIn, .pwm, .pulseGeneratorOutput], .l: [.pulseGeneratorTrigger],
        .m: [.pwm, .pulseCount, .stateChange, .pulseGeneratorTrigger], .n: [.analogIn],
        .p: [], .q: [], .r: [], .s: [], .t: [.stateChange], .u: [.stateChange], .v: [.stateChange],
        .w: [.analogIn, .wakeup], .x: [.stateChange, .pulseGeneratorOutput], .y: [],
    ]

    /// Pins of whose PWM, pulse-count and state-change marks at least one has lost its column.
    public static let openMarks: Set<PinName> = [.a, .b, .c, .d, .g, .l, .p, .q, .r, .w]

    /// Whether a pin has the functions, as far as is known.
    public static func allows(_ pin: PinName, _ needed: PinFunctions) -> Bool {
        let marked: PinFunctions = [.pwm, .pulseCount, .stateChange]
        let present = functions[pin] ?? []
        return present.union(openMarks.contains(pin) ? marked : []).isSuperset(of: needed)
    }

    /// The pins of each serial port.
    public static let uarts: [UARTName: UARTPins] = [
        .fg: UARTPins(tx: .f, rx: .g),
        .qrpw: UARTPins(tx: .q, rx: .r, rts: .p, cts: .w),
        .uvgd: UARTPins(tx: .u, rx: .v, rts: .g, cts: .d),
        .wj: UARTPins(tx: .w, rx: .j),
        .dm: UARTPins(tx: .d, rx: .m),
    ]

    /// The pins of each I²C bus.
    public static let i2cs: [I2CName: I2CPins] = [
        .fg: I2CPins(scl: .f, sda: .g),
        .ab: I2CPins(scl: .a, sda: .b),
    ]

    /// The pins of each SPI bus.
    public static let spis: [SPIName: SPIPins] = [
        .ebca: SPIPins(copi: .e, cipo: .b, sclk: .c, cs: .a),
        .lgdk: SPIPins(copi: .l, cipo: .g, sclk: .d, cs: .k),
    ]

    /// Pulse generator: which pins can trigger which output.
    public static let pulsePairs: [(trigger: PinName, output: PinName)] = [
        (.e, .c), (.f, .k), (.f, .x), (.l, .g), (.m, .d),
    ]

    /// The pins that can trigger an output.
    public static func pulseTriggers(of output: PinName) -> [PinName] {
        pulsePairs.filter { $0.output == output }.map(\.trigger)
    }

    /// What is wrong with the tables, in sentences; empty when they hold together.
    public static func selfCheck() -> [String] {
        var findings: [String] = []
        for pin in PinName.allCases where functions[pin] == nil {
            findings.append("\(pin) has no row in the mux table")
        }
        let analog = PinName.allCases.filter { functions[$0]?.contains(.analogIn) == true }
        if analog.count != 10 { findings.append("\(analog.count) pins have an ADC, an imp003 has 10") }
        if uarts.count != UARTName.allCases.count || i2cs.count != I2CName.allCases.count
            || spis.count != SPIName.allCases.count
        {
            findings.append("a bus has no pins")
        }
        for (name, pins) in uarts {
            let letters = [pins.tx, pins.rx, pins.rts, pins.cts].compactMap { $0?.rawValue }.joined()
            if letters != name.rawValue { findings.append("uart\(name.rawValue) is wired as \(letters)") }
        }
        for (name, pins) in i2cs where pins.scl.rawValue + pins.sda.rawValue != name.rawValue {
            findings.append("i2c\(name.rawValue) is wired to other pins")
        }
        for (name, pins) in spis {
            let letters = [pins.copi, pins.cipo, pins.sclk, pins.cs].map(\.rawValue).joined()
            if letters != name.rawValue { findings.append("spi\(name.rawValue) is wired as \(letters)") }
        }
        for pair in pulsePairs {
            let both =
                functions[pair.trigger]?.contains(.pulseGeneratorTrigger) == true
                && functions[pair.output]?.contains(.pulseGeneratorOutput) == true
            if !both {
                findings.append("\(pair.trigger) and \(pair.output) are no pulse generator in the mux")
            }
        }
        return findings
    }
}

/// The five serial ports (N1).
public enum UARTName: String, Sendable, Codable, CaseIterable {
    case fg = "FG", qrpw = "QRPW", uvgd = "UVGD", wj = "WJ", dm = "DM"
}

/// The two I²C buses (N1).
public enum I2CName: String, Sendable, Codable, CaseIterable {
    case fg = "FG", ab = "AB"
}

/// The two SPI buses (N1).
public enum SPIName: String, Sendable, Codable, CaseIterable {
    case ebca = "EBCA", lgdk = "LGDK"
}
