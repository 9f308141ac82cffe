/// An I²C part described as data: registers behind an address, and perhaps an interrupt pin.
public struct RegisterMap: Sendable, Equatable {
    /// What the register address does behind each byte.
    public enum Increment: String, Sendable, CaseIterable {
        case never, always
        /// Only if the top bit of the register address is set; it is no part of the address then.
        case topBit = "top-bit"
    }

    /// What becomes of bytes that are written to a register.
    public enum Access: String, Sendable, CaseIterable {
        case readWrite = "read-write"
        /// Acknowledged, without effect.
        case read
        /// Not acknowledged.
        case refuse
    }

    /// One register.
    public struct Register: Sendable, Equatable {
        /// After power-up.
        public var value: UInt8
        public var access: Access
        /// Bits that read 0 however they are written: they start something that is over at once.
        public var selfClearing: UInt8

        public init(_ value: UInt8, access: Access = .readWrite, selfClearing: UInt8 = 0) {
            self.value = value
            self.access = access
            self.selfClearing = selfClearing
        }
    }

    /// A measured value: several registers, the lowest byte first, different in each unit.
    public struct Reading: Sendable, Equatable {
        public var register: UInt8
        /// 1 to 4.
        public var bytes: Int
        /// In steps of the lowest bit; negative ones in two's complement.
        public var value: Spread

        public init(register: UInt8, bytes: Int, value: Spread) {
            self.register = register
            self.bytes = bytes
            self.value = value
        }
    }

    /// Something that happens to the part and drives a pin until its source register is read.
    public struct Interrupt: Sendable, Equatable {
        /// The line of the fixture that stands for it; it happens when that goes high.
        public var line: String
        /// Where the part tells what happened, and what it tells.
        public var source: UInt8
        public var value: UInt8
        /// The register and the bits in it that switch the interrupt on; nil for always on.
        public var enable: (register: UInt8, mask: UInt8)?
        /// Pins that it drives.
        public var pins: [PinName]
        public var activeHigh: Bool

        public init(
            line: String, source: UInt8, value: UInt8, enable: (register: UInt8, mask: UInt8)? = nil,
            pins: [PinName], activeHigh: Bool = true
        ) {
            self.line = line
            self.source = source
            self.value = value
            self.enable = enable
            self.pins = pins
            self.activeHigh = activeHigh
        }

        public static func == (left: Interrupt, right: Interrupt) -> Bool {
            left.line == right.line && left.source == right.source && left.value == right.value
                && left.enable?.register == right.enable?.register && left.enable?.mask == right.enable?.mask
                && left.pins == right.pins && left.activeHigh == right.activeHigh
        }
    }

    /// What people call it.
    public var name: String
    public var bus: I2CName
    /// Seven bits shifted left by one.
    public var address8: UInt8
    public var increment = Increment.always
    /// The others read 0 and take what is written without keeping it.
    public var registers: [UInt8: Register] = [:]
    public var readings: [Reading] = []
    public var interrupts: [Interrupt] = []

    public init(name: String, bus: I2CName, address8: UInt8) {
        self.name = name
        self.bus = bus
        self.address8 = address8
    }
}

/// Such a part on one unit.
final class RegisterPart: I2CPart {
    private let map: RegisterMap
    /// What is measured on this unit.
    private let measured: [UInt8: UInt8]
    private var values: [UInt8: UInt8] = [:]
    private var register: UInt8 = 0
    private var increments = false
    /// Drives the pins of an interrupt.
    private let drive: (RegisterMap.Interrupt, Bool) -> Void

    /// - Parameter drawn: what is measured on this unit, in the order of the map's readings.
    init(
        _ map: RegisterMap, _ drawn: [Double], drive: @escaping (RegisterMap.Interrupt, Bool) -> Void
    ) {
        self.map = map
        self.drive = drive
        var measured: [UInt8: UInt8] = [:]
        for (reading, drawn) in zip(map.readings, drawn) {
            let value = Int64(drawn.rounded())
            for index in 0..<min(reading.bytes, 4) {
                measured[reading.register &+ UInt8(index)] = UInt8(
                    truncatingIfNeeded: value >> Int64(8 * index))
            }
        }
        self.measured = measured
        begin()
    }

    /// As power-up leaves it.
    private func begin() {
        values = map.registers.mapValues(\.value)
        (register, increments) = (0, map.increment == .always)
    }

    func losePower() {
        begin()
        for interrupt in map.interrupts { drive(interrupt, false) }
    }

    func write(_ bytes: [UInt8]) -> Int {
        guard let first = bytes.first else { return 0 }
        increments = map.increment == .always || map.increment == .topBit && first & 0x80 != 0
        register = map.increment == .topBit ? first & 0x7F : first
        for (index, byte) in bytes.dropFirst().enumerated() {
            let present = map.registers[register]
            switch present?.access {
            case .refuse: return 1 + index
            case .readWrite: values[register] = byte & ~(present?.selfClearing ?? 0)
            case .read, nil: break
            }
            advance()
        }
        return bytes.count
    }

    func read(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in
            let value = measured[register] ?? values[register] ?? 0
            acknowledgeInterrupts()
            advance()
            return value
        }
    }

    private func advance() {
        if increments { register &+= 1 }
    }

    func lineChanged(_ name: String, to level: Bool) {
        for interrupt in map.interrupts where level && interrupt.line == name {
            if let enable = interrupt.enable, values[enable.register, default: 0] & enable.mask == 0 {
                continue
            }
            values[interrupt.source] = interrupt.value
            drive(interrupt, true)
        }
    }

    /// Reading the source register ends an interrupt.
    private func acknowledgeInterrupts() {
        for interrupt in map.interrupts where interrupt.source == register {
            values[register] = map.registers[register]?.value ?? 0
            drive(interrupt, false)
        }
    }
}
