/// What is wrong with a virtual fixture's wiring.
public enum BoardFault: Sendable, Equatable {
    /// Chip select doesn't move: the chip sees this level, and so does the adapter's pin.
    case chipSelectStuck(high: Bool)
    /// The nail to the flash's data output has no contact: reads give FFh.
    case dataFloating
    /// That nail is shorted to ground: reads give 00h.
    case dataShorted
}

/// The circuit between channel A's pins and a unit, as `docs/usb-fixture.md` draws it.
///
/// | Pin | Signal | Active |
/// |---|---|---|
/// | ADBUS0…3 | SCK, MOSI, MISO, CS# | |
/// | ADBUS4 | flash bus switch | high |
/// | ADBUS5 | supply overcurrent, in | low |
/// | ADBUS6 | WP# of the flash | low |
/// | ADBUS7 | nest closed, in | high |
/// | ACBUS0 | unit supply | high |
/// | ACBUS1 | hold RESET_L | high |
/// | ACBUS2 | button | as driven |
/// | ACBUS3 | BlinkUp sender's trigger | high |
/// | ACBUS4, 5 | red, green light, in | high |
/// | ACBUS6, 7 | pass, fail lamp | high |
final class FixtureBoard: FTDIPins {
    private(set) var unit: any VirtualUnit
    var nestClosed = true
    /// Jumper J1: unit powered, held in reset and the flash bus on, whatever the pins say.
    let serviceJumper: Bool
    var faults: [BoardFault]
    private var low: (value: UInt8, direction: UInt8) = (0, 0)
    private var high: (value: UInt8, direction: UInt8) = (0, 0)
    private(set) var lines = NestLines()
    private(set) var lamps: (pass: Bool, fail: Bool) = (false, false)
    /// How often the lamps changed, for those who look for blinking.
    private(set) var lampChanges = 0
    private(set) var now = Duration.zero
    private(set) var isSelected = false
    private var misaligned = 0
    private var chipPowered = false

    init(unit: any VirtualUnit, serviceJumper: Bool, faults: [BoardFault]) {
        self.unit = unit
        self.serviceJumper = serviceJumper
        self.faults = faults
        applyLines(at: .zero)
    }

    func replaceUnit(_ unit: any VirtualUnit, at time: Duration) {
        self.unit = unit
        chipPowered = false
        lines = NestLines()
        applyLines(at: time)
    }

    func advance(to time: Duration) {
        now = max(now, time)
    }

    /// An output's level; nil when it floats.
    private static func driven(_ bit: UInt8, _ port: (value: UInt8, direction: UInt8)) -> Bool? {
        port.direction >> bit & 1 == 1 ? port.value >> bit & 1 == 1 : nil
    }

    func set(low: (value: UInt8, direction: UInt8), high: (value: UInt8, direction: UInt8), at time: Duration)
    {
        advance(to: time)
        let before = (self.low, self.high)
        self.low = low
        self.high = high
        if before.0 != low || before.1 != high { applyLines(at: time) }
        let chipSelect = chipSelectLevel
        if isSelected, chipSelect {
            isSelected = false
            if flashReachable { unit.flash.deselect(aligned: misaligned == 0, at: time) }
        } else if !isSelected, !chipSelect {
            isSelected = true
            misaligned = 0
            if flashReachable { unit.flash.select(at: time) }
        }
    }

    /// Pulled up where nobody drives it.
    private var chipSelectLevel: Bool {
        for fault in faults {
            if case .chipSelectStuck(let high) = fault { return high }
        }
        return Self.driven(3, low) ?? true
    }

    private var busSwitch: Bool { serviceJumper || Self.driven(4, low) ?? false }

    private var flashReachable: Bool { busSwitch && chipPowered }

    private func applyLines(at time: Duration) {
        var next = NestLines()
        next.power = serviceJumper || Self.driven(0, high) ?? false
        next.resetHeld = serviceJumper || Self.driven(1, high) ?? false
        next.button = Self.driven(2, high)
        next.blinkUpTrigger = Self.driven(3, high) ?? false
        next.writeProtected = Self.driven(6, low) == false
        let shining = (Self.driven(6, high) ?? false, Self.driven(7, high) ?? false)
        if shining != lamps {
            lamps = shining
            lampChanges += 1
        }
        if next.power != chipPowered {
            chipPowered = next.power
            unit.flash.setPower(next.power, at: time)
        }
        if next != lines {
            lines = next
            unit.linesChanged(to: next, at: time)
        }
    }

    func read(high: Bool) -> UInt8 {
        let port = high ? self.high : low
        var inputs: UInt8 = 0
        if high {
            let light = unit.indicator(at: now)
            if light.red { inputs |= 1 << 4 }
            if light.green { inputs |= 1 << 5 }
        } else {
            if !unit.overcurrent(at: now) { inputs |= 1 << 5 }
            if nestClosed { inputs |= 1 << 7 }
            // Pull-ups on MISO, CS# and WP#.
            inputs |= 1 << 2 | 1 << 3 | 1 << 6
        }
        var level = inputs & ~port.direction | port.value & port.direction
        if !high {
            for fault in faults {
                if case .chipSelectStuck(let stuckHigh) = fault {
                    level = stuckHigh ? level | 1 << 3 : level & ~(1 << 3)
                }
            }
        }
        return level
    }

    func shift(_ out: [UInt8], count: Int, wantsAnswer: Bool, at time: Duration, byteTime: Duration)
        -> [UInt8]
    {
        var answer: [UInt8]
        if isSelected, flashReachable, misaligned == 0 {
            answer = unit.flash.shift(
                out, count: count, wantsAnswer: wantsAnswer, at: time, byteTime: byteTime)
        } else {
            // With the switch on, an unpowered chip's protection diodes hold the line low; else the pull-up wins.
            answer =
                wantsAnswer ? [UInt8](repeating: busSwitch && !chipPowered ? 0x00 : 0xFF, count: count) : []
        }
        guard wantsAnswer else { return [] }
        if faults.contains(.dataFloating) { answer = [UInt8](repeating: 0xFF, count: count) }
        if faults.contains(.dataShorted) { answer = [UInt8](repeating: 0x00, count: count) }
        return answer
    }

    func skip(_ count: Int, byteTime: Duration) {
        if flashReachable { unit.flash.skip(count) }
    }

    func misalign(clocks: Int) {
        misaligned = (misaligned + clocks) % 8
    }

    /// All pins float: reset, or another bit mode.
    func float(at time: Duration) {
        set(low: (0, 0), high: (0, 0), at: time)
    }
}
