/// Every fault that can be asked for, in one table: its name, what it takes, what one sees.
public enum FaultTable {
    /// One fault for people.
    public struct Row: Sendable {
        /// As written in a fault text.
        public var name: String
        /// What the parameter is called; nil when there is none.
        public var parameter: String?
        /// What the parameter may be.
        public var allowed: String
        /// What it does, and where it can be seen.
        public var effect: String
        /// A text that would be read.
        public var example: String
        /// Happens at an instant (may carry `@time`) instead of being there from the start.
        public var isEvent = false
        /// An event without meaning unless a time is given.
        public var needsTime = false
        var make: @Sendable (String?) -> Fault.Kind?
    }

    /// All of them, by what they concern.
    public static let rows: [Row] =
        supply + boardFaults + flash + radio + console + identity + surroundings + NetworkFaults.rows

    static func row(named name: String) -> Row? {
        rows.first { $0.name == name }
    }

    private static let supply: [Row] = [
        plain("no-power", .noPower, "The supply does not reach the module: no current, no rail, silence."),
        plain("short", .short, "Supply shorted: switching it on trips the fixture's limit."),
        Row(
            name: "extra-current", parameter: "mA", allowed: "milliamperes from 0 to 1000",
            effect: "A leaky part: the supply current is higher by this much.", example: "extra-current:18",
            make: { number($0, in: 0...1000).map { .extraCurrent(milliamperes: $0) } }),
        Row(
            name: "brown-out", parameter: nil, allowed: "no parameter",
            effect: "The supply dips for 30 ms: module and flash chip lose power and start again.",
            example: "brown-out@5.2s", isEvent: true, needsTime: true, make: { _ in .brownOut }),
        Row(
            name: "brown-out-in-erase", parameter: nil, allowed: "no parameter",
            effect: "The supply dips in the middle of the first flash erase (after @time, if given).",
            example: "brown-out-in-erase", isEvent: true, make: { _ in .brownOutInErase }),
    ]

    private static let boardFaults: [Row] = [
        Row(
            name: "stuck-pin", parameter: "pin=level",
            allowed: "a pin of \(PinName.allCases.map(\.rawValue).joined()), =, 0 or 1",
            effect: "A solder bridge holds the pin's net low or high.", example: "stuck-pin:K=0",
            make: { text in
                let parts = (text ?? "").split(separator: "=", omittingEmptySubsequences: false)
                guard parts.count == 2, let pin = PinName(rawValue: parts[0].trimmed),
                    ["0", "1"].contains(parts[1].trimmed)
                else { return nil }
                return .stuckPin(pin, high: parts[1].trimmed == "1")
            }),
        Row(
            name: "cold-joint", parameter: "joint",
            allowed: Joint.allCases.map(\.rawValue).joined(separator: ", "),
            effect:
                "An open solder joint: the sensor bus does not acknowledge, a divider or loop-back reads nothing, "
                + "the button or the LED does nothing.",
            example: "cold-joint:i2c", make: { $0.flatMap(Joint.init(rawValue:)).map { .coldJoint($0) } }),
        Row(
            name: "sensor-offset", parameter: "degrees", allowed: "degrees Celsius from -50 to 50",
            effect: "The thermometer is off by this much.", example: "sensor-offset:4.5",
            make: { number($0, in: -50...50).map { .sensorOffset(degrees: $0) } }),
    ]

    private static let flash: [Row] = [
        Row(
            name: "bad-sector", parameter: "address",
            allowed: "a physical byte address on the chip, such as 0x7f000",
            effect: "The 4 KB sector there keeps some bits at 0 after an erase.",
            example: "bad-sector:0x7f000",
            make: { address($0).map { .badSector(address: $0) } }),
        plain(
            "flash-protected", .flashProtected,
            "The flash chip's block protection is set: erase and program are ignored; first power-up ends in the flash error LED."
        ),
        plain(
            "flash-20h-erases-64k", .flash20hErases64K,
            "The flash chip's opcode 20h erases 64 KB instead of 4 KB: first power-up ends in the flash error LED."
        ),
        plain(
            "flash-absent", .flashAbsent,
            "No flash chip: its bus reads FF and the module shows the flash error LED."),
    ]

    private static let radio: [Row] = [
        Row(
            name: "weak-antenna", parameter: "dB", allowed: "decibels from -100 to 0",
            effect: "All signals are weaker by this much; below -95 dBm a network is not heard.",
            example: "weak-antenna:-25", make: { number($0, in: -100...0).map { .weakAntenna(decibels: $0) } }
        )
    ]

    private static let console: [Row] = [
        Row(
            name: "uart-noise", parameter: "rate", allowed: "the share of damaged bytes, 0 to 1",
            effect: "Bytes on the console are damaged in both directions.", example: "uart-noise:0.001",
            make: { number($0, in: 0...1).map { .uartNoise(byteErrorRate: $0) } }),
        plain("uart-silent", .uartSilent, "Nothing that the module says reaches the fixture."),
        plain("uart-babble", .uartBabble, "While it has power, the console sends rubbish without end."),
    ]

    private static let identity: [Row] = [
        plain(
            "wrong-unit-answers", .wrongUnitAnswers,
            "The module's MAC and device ID are not those on its sticker."),
        plain("region-ignored", .regionIgnored, "imp.setcountry is accepted and changes nothing."),
        Row(
            name: "module-restart", parameter: nil, allowed: "no parameter",
            effect: "The module restarts by itself (wake reason 2).", example: "module-restart@8s",
            isEvent: true,
            needsTime: true, make: { _ in .moduleRestart }),
    ]

    private static let surroundings: [Row] = [
        plain("cloud-refuses", .cloudRefuses, "The cloud refuses to bless this unit."),
        plain("cloud-silent", .cloudSilent, "The cloud never answers this unit's blessing."),
        plain(
            "cloud-loses-answer", .cloudLosesAnswer,
            "The cloud blesses this unit, but its answer never arrives; at its next start it runs the application."
        ),
        Row(
            name: "usb-unplug", parameter: "time until it is plugged in again",
            allowed: "nothing (until the next unit), or a time such as 2s",
            effect: "The fixture's adapter is gone: power off, every call throws.",
            example: "usb-unplug:2s@3s",
            isEvent: true, needsTime: true,
            make: { text in
                guard let text else { return .usbUnplug(nil) }
                return Duration(faultText: text).map { .usbUnplug($0) }
            }),
    ]

    private static func plain(_ name: String, _ kind: Fault.Kind, _ effect: String) -> Row {
        Row(
            name: name, parameter: nil, allowed: "no parameter", effect: effect, example: name,
            make: { _ in kind })
    }

    private static func number(_ text: String?, in range: ClosedRange<Double>) -> Double? {
        guard let text, let value = Double(text), range.contains(value) else { return nil }
        return value
    }

    private static func address(_ text: String?) -> Int? {
        guard let text else { return nil }
        let value = text.hasPrefix("0x") ? Int(text.dropFirst(2), radix: 16) : Int(text)
        return value.flatMap { (0..<0x100_0000).contains($0) ? $0 : nil }
    }

    /// The row's name of a fault.
    static func name(of kind: Fault.Kind) -> String {
        String(text(of: kind).prefix { $0 != ":" })
    }

    /// The fault as written, without its suffixes.
    static func text(of kind: Fault.Kind) -> String {
        switch kind {
        case .noPower: "no-power"
        case .short: "short"
        case .extraCurrent(let milliamperes): "extra-current:\(milliamperes)"
        case .stuckPin(let pin, let high): "stuck-pin:\(pin.rawValue)=\(high ? 1 : 0)"
        case .coldJoint(let joint): "cold-joint:\(joint.rawValue)"
        case .sensorOffset(let degrees): "sensor-offset:\(degrees)"
        case .badSector(let address): "bad-sector:0x\(String(address, radix: 16))"
        case .flashProtected: "flash-protected"
        case .flash20hErases64K: "flash-20h-erases-64k"
        case .flashAbsent: "flash-absent"
        case .weakAntenna(let decibels): "weak-antenna:\(decibels)"
        case .uartNoise(let rate): "uart-noise:\(rate)"
        case .uartSilent: "uart-silent"
        case .uartBabble: "uart-babble"
        case .wrongUnitAnswers: "wrong-unit-answers"
        case .regionIgnored: "region-ignored"
        case .brownOut: "brown-out"
        case .brownOutInErase: "brown-out-in-erase"
        case .moduleRestart: "module-restart"
        case .cloudRefuses: "cloud-refuses"
        case .cloudSilent: "cloud-silent"
        case .cloudLosesAnswer: "cloud-loses-answer"
        case .usbUnplug(let pause):
            pause.map { "usb-unplug:\($0.wholeNanoseconds / 1_000_000)ms" } ?? "usb-unplug"
        case .routerBlocks, .captiveDNS, .htmlDNS, .noDHCP, .noDNS, .serverDown, .dropAcks, .slowFrames,
            .wifiCrash:
            NetworkFaults.text(of: kind)
        }
    }
}
