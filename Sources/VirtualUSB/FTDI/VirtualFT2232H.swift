import USBTransport

/// An FT2232H on a fixture board: channel A is MPSSE (flash and pins), channel B the console's UART.
///
/// Vendor requests as FTDI's chips have them: 0 reset and purge, 1 modem control, 2 flow control, 3 baud rate, 4 data
/// format, 5 modem status, 6 event character, 7 error character, 9 and 10 latency timer, 11 bit mode, 12 read pins,
/// 90h to 92h EEPROM. The index's low byte names the channel, from 1.
public final class VirtualFT2232H: DeviceModel {
    public let speed = USBSpeed.high
    public let deviceDescriptor: [UInt8]
    public let configurationDescriptor: [UInt8]
    private var eeprom: FTDIEEPROM
    private var strings: [String?]
    private let board: FixtureBoard
    private let channels: [FTDIChannelModel]

    /// - Parameters:
    ///   - unit: what sits in the nest.
    ///   - serial: nil for an adapter without a serial number.
    ///   - serviceJumper: the flash is reachable without the station (J1), for programs such as flashrom.
    ///   - descriptorSurplus: bytes that the configuration descriptor claims to have and has not.
    public init(
        unit: any VirtualUnit, serial: String?, manufacturer: String = "Blessing Station",
        product: String = "Fixture",
        serviceJumper: Bool = false, boardFaults: [BoardFault] = [], descriptorSurplus: UInt16 = 0
    ) {
        deviceDescriptor = FTDIDescriptors.device(
            vendorID: 0x0403, productID: 0x6010, release: 0x0700, hasSerial: serial != nil)
        var configuration = FTDIDescriptors.configuration(channels: 2)
        let total = UInt16(configuration.count) + descriptorSurplus
        configuration[2] = UInt8(truncatingIfNeeded: total)
        configuration[3] = UInt8(total >> 8)
        configurationDescriptor = configuration
        eeprom = FTDIEEPROM(manufacturer: manufacturer, product: product, serial: serial)
        strings = [manufacturer, product, serial]
        board = FixtureBoard(unit: unit, serviceJumper: serviceJumper, faults: boardFaults)
        channels = [
            FTDIChannelModel(engine: IdleEngine(), packetSize: 512),
            FTDIChannelModel(engine: UARTEngine(board: board, at: .zero), packetSize: 512),
        ]
    }

    /// The lines that the fixture drives now.
    public var lines: NestLines { board.lines }
    /// The operator's lamps.
    public var lamps: (pass: Bool, fail: Bool) { board.lamps }
    /// How often the lamps changed so far.
    public var lampChanges: Int { board.lampChanges }
    /// What sits in the nest.
    public var unit: any VirtualUnit { board.unit }
    /// The nest's lid.
    public var nestClosed: Bool {
        get { board.nestClosed }
        set { board.nestClosed = newValue }
    }
    /// The time to which the model was last brought.
    public var now: Duration { board.now }
    /// What is wrong with the wiring.
    public var boardFaults: [BoardFault] {
        get { board.faults }
        set { board.faults = newValue }
    }

    /// Puts another unit into the nest.
    public func seat(_ unit: sending any VirtualUnit, at time: Duration) {
        board.replaceUnit(unit, at: time)
    }

    public func string(_ index: UInt8) -> String? {
        strings.indices.contains(Int(index) - 1) ? strings[Int(index) - 1] : nil
    }

    public func advance(to time: Duration) {
        board.advance(to: time)
        for channel in channels { channel.advance(to: time) }
    }

    public func accept(_ packet: ArraySlice<UInt8>, endpoint: UInt8, at time: Duration) -> PacketAnswer {
        guard let channel = channel(endpoint: endpoint) else { return .stall }
        let answer = channel.accept(packet, at: time)
        channel.advance(to: time)
        return answer
    }

    public func offer(endpoint: UInt8, at time: Duration) -> [UInt8]? {
        guard let channel = channel(endpoint: endpoint) else { return nil }
        let packet = channel.offer(at: time)
        if packet != nil { channel.advance(to: time) }
        return packet
    }

    public func nextChange(endpoint: UInt8, after time: Duration) -> Duration? {
        channel(endpoint: endpoint)?.nextChange(input: endpoint & 0x80 != 0, after: time)
    }

    public func reset(at time: Duration) {
        // The chip reads its EEPROM when it is reset.
        if let names = eeprom.strings { strings = names }
        for channel in channels {
            channel.purgeIncoming()
            channel.purgeOutgoing()
            channel.latency = .milliseconds(16)
            channel.restartTimer(at: time)
        }
        channels[0].engine = IdleEngine()
        channels[1].engine = UARTEngine(board: board, at: time)
        board.float(at: time)
    }

    private func channel(endpoint: UInt8) -> FTDIChannelModel? {
        switch endpoint {
        case 0x81, 0x02: channels[0]
        case 0x83, 0x04: channels[1]
        default: nil
        }
    }

    public func control(_ setup: USBSetup, data: [UInt8], at time: Duration) -> ControlAnswer {
        guard setup.requestType & 0x7F == 0x40 else { return .stall }
        if setup.isInput, setup.request == 0x90 {
            let word = eeprom[Int(setup.index)]
            return .data([UInt8(truncatingIfNeeded: word), UInt8(word >> 8)])
        }
        if setup.request == 0x91 {
            eeprom[Int(setup.index)] = setup.value
            return .accepted
        }
        if setup.request == 0x92 {
            for index in 0..<FTDIEEPROM.wordCount { eeprom[index] = 0xFFFF }
            return .accepted
        }
        let number = Int(setup.index & 0xFF)
        // Index 0 means the first channel, for programs that know single-channel chips only.
        guard channels.indices.contains(max(number, 1) - 1) else { return .stall }
        let position = max(number, 1) - 1
        let channel = channels[position]
        channel.advance(to: time)
        return setup.isInput
            ? read(setup, channel: channel, time) : write(setup, channel: channel, position: position, time)
    }

    private func read(_ setup: USBSetup, channel: FTDIChannelModel, _ time: Duration) -> ControlAnswer {
        switch setup.request {
        case 5:
            let status = channel.engine.status()
            return .data([status.modem, status.line])
        case 10: return .data([UInt8(clamping: channel.latency.nanoseconds / 1_000_000)])
        case 12:
            board.advance(to: time)
            return .data([board.read(high: false)])
        default: return .stall
        }
    }

    private func write(_ setup: USBSetup, channel: FTDIChannelModel, position: Int, _ time: Duration)
        -> ControlAnswer
    {
        let uart = channel.engine as? UARTEngine
        switch setup.request {
        case 0:
            // 0 resets both FIFOs; 1 and 2 purge what the chip has received from the host's and the other side.
            if setup.value != 2 { channel.purgeOutgoing() }
            if setup.value != 1 { channel.purgeIncoming() }
        case 1, 2, 7: break
        case 3: uart?.setDivisor(UInt32(setup.value) | UInt32(setup.index >> 8) << 16)
        case 4: uart?.setLine(setup.value, at: time)
        case 6: uart?.setEventCharacter(setup.value)
        case 9:
            guard (1...255).contains(setup.value) else { return .stall }
            channel.latency = .milliseconds(Int(setup.value))
            channel.restartTimer(at: time)
        case 11: setBitMode(setup.value, channel: channel, position: position, time)
        default: return .stall
        }
        return .accepted
    }

    /// SET_BITMODE: 00h back to the UART, 02h MPSSE (channel A's board has nothing for the other modes).
    private func setBitMode(_ value: UInt16, channel: FTDIChannelModel, position: Int, _ time: Duration) {
        channel.purgeIncoming()
        channel.purgeOutgoing()
        switch (value >> 8, position) {
        case (2, 0): channel.engine = MPSSEEngine(pins: board, at: time)
        case (0, 1): channel.engine = UARTEngine(board: board, at: time)
        default: channel.engine = IdleEngine()
        }
        // Every change of mode lets the pins go.
        if position == 0 { board.float(at: time) }
    }
}
