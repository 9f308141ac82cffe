import TimeAndChance
import USBTransport

/// One channel of an FTDI chip: its vendor requests and its pair of endpoints.
public final class FTDIChannel: Sendable {
    /// Modes of the pins (AN_232R-01, AN_108).
    public enum BitMode: UInt8, Sendable {
        case reset = 0x00
        case mpsse = 0x02
    }

    /// Who waits for whom.
    public enum FlowControl: UInt8, Sendable {
        case none = 0
        case rtsCts = 1
        case dtrDsr = 2
    }

    public enum Parity: UInt16, Sendable {
        case none = 0
        case odd, even, mark, space
    }

    public let device: any USBDevice
    public let family: FTDIFamily
    /// 0 is channel A.
    public let number: Int
    public let time: any TimeSource
    let input: USBEndpointInfo
    let output: USBEndpointInfo

    /// Claims channel `number` (0 is A) of an opened device.
    public init(_ device: any USBDevice, number: Int, time: any TimeSource) throws {
        guard let family = FTDIFamily.of(device.info) else {
            throw FTDIError.wrongChip(device.info, needed: "an FTDI chip")
        }
        guard number < family.channels,
            let interface = device.info.interfaces.first(where: { $0.number == UInt8(number) }),
            let input = interface.endpoint(.bulk, input: true),
            let output = interface.endpoint(.bulk, input: false),
            input.packetSize > 2
        else { throw FTDIError.noSuchChannel(device.info, channel: number) }
        try device.claim(interface: UInt8(number))
        self.device = device
        self.family = family
        self.number = number
        self.time = time
        self.input = input
        self.output = output
    }

    deinit {
        device.release(interface: UInt8(number))
    }

    /// The channel as wIndex names it, from 1; single-channel chips have 0.
    private var index: UInt16 { family.channels > 1 ? UInt16(number + 1) : 0 }

    private static let patience = Duration.seconds(1)

    private func command(_ request: UInt8, _ value: UInt16, indexHigh: UInt8 = 0) async throws(USBError) {
        let setup = USBSetup(
            requestType: 0x40, request: request, value: value, index: index | UInt16(indexHigh) << 8)
        try await device.run(.controlOut(setup, []), timeout: Self.patience, on: time)
    }

    private func query(_ request: UInt8, index: UInt16, length: UInt16) async throws(USBError) -> [UInt8] {
        let setup = USBSetup(requestType: 0xC0, request: request, index: index, length: length)
        return try await device.run(.controlIn(setup), timeout: Self.patience, on: time)
    }

    /// Resets the channel: both buffers empty, UART idle.
    public func reset() async throws(USBError) { try await command(0, 0) }

    /// Throws away what the chip has from us and what it has for us.
    public func purge() async throws(USBError) {
        try await command(0, 1)
        try await command(0, 2)
    }

    /// How long the chip collects bytes before it sends a packet that is not full.
    /// - Parameter milliseconds: 1 to 255.
    public func setLatency(milliseconds: UInt8) async throws(USBError) {
        try await command(9, UInt16(max(milliseconds, 1)))
    }

    /// Makes the chip send at once what it has whenever this character arrives, without waiting for the latency timer.
    public func setEventCharacter(_ character: UInt8?) async throws(USBError) {
        try await command(6, character.map { 0x0100 | UInt16($0) } ?? 0)
    }

    public func latency() async throws(USBError) -> UInt8 {
        try await query(10, index: index, length: 1).first ?? 0
    }

    /// - Parameter outputs: which of the eight low pins the chip drives.
    public func setBitMode(_ mode: BitMode, outputs: UInt8 = 0) async throws(USBError) {
        try await command(11, UInt16(mode.rawValue) << 8 | UInt16(outputs))
    }

    /// - Returns: the rate that the chip really makes.
    @discardableResult
    public func setBaud(_ baud: Int) async throws -> Double {
        guard let setting = family.divisor(for: baud) else {
            throw FTDIError.impossibleBaud(baud, family: family.name)
        }
        if family.channels > 1 || family.clock == .high {
            try await command(3, setting.value, indexHigh: setting.indexBits)
        } else {
            // Single-channel full-speed chips take the upper bits in wIndex itself.
            let setup = USBSetup(
                requestType: 0x40, request: 3, value: setting.value, index: UInt16(setting.indexBits))
            try await device.run(.controlOut(setup, []), timeout: Self.patience, on: time)
        }
        return setting.actual
    }

    /// 8 data bits, 1 stop bit.
    public func setFormat(parity: Parity = .none, breaking: Bool = false) async throws(USBError) {
        try await command(4, 8 | parity.rawValue << 8 | (breaking ? 0x4000 : 0))
    }

    public func setFlowControl(_ flow: FlowControl) async throws(USBError) {
        try await command(2, 0, indexHigh: flow.rawValue)
    }

    /// Drives RTS and DTR.
    public func setModem(requestToSend: Bool, terminalReady: Bool) async throws(USBError) {
        try await command(1, 0x0300 | (requestToSend ? 2 : 0) | (terminalReady ? 1 : 0))
    }

    /// The chip's EEPROM.
    public func readEEPROM() async throws -> FTDIEEPROMContent {
        var words: [UInt16] = []
        for address in 0..<UInt16(128) {
            let bytes = try await query(0x90, index: address, length: 2)
            guard bytes.count == 2 else {
                throw FTDIError.shortAnswer(device.info.label, what: "EEPROM word \(address)")
            }
            words.append(UInt16(bytes[0]) | UInt16(bytes[1]) << 8)
        }
        return FTDIEEPROMContent(words: words)
    }

    /// Gives the adapter another serial number, which it shows from the next time it is plugged in. Only words that differ
    /// are written, and read back.
    /// - Throws: `FTDIEEPROMFault`, `USBError`.
    public func writeSerial(_ serial: String) async throws {
        let old = try await readEEPROM()
        let new = try old.with(serial: serial)
        for (address, word) in new.words.enumerated() where word != old.words[address] {
            let setup = USBSetup(requestType: 0x40, request: 0x91, value: word, index: UInt16(address))
            try await device.run(.controlOut(setup, []), timeout: Self.patience, on: time)
        }
        let kept = try await readEEPROM()
        if let word = new.words.indices.first(where: { kept.words[$0] != new.words[$0] }) {
            throw FTDIEEPROMFault.notWritten(word: word)
        }
    }
}

/// Why an FTDI adapter can't be used as asked.
public enum FTDIError: Error, Equatable, Sendable, CustomStringConvertible {
    case wrongChip(USBDeviceInfo, needed: String)
    case noSuchChannel(USBDeviceInfo, channel: Int)
    case impossibleBaud(Int, family: String)
    case shortAnswer(String, what: String)

    public var description: String {
        switch self {
        case .wrongChip(let info, let needed):
            "\(info.label): this is \(info.identifier) release \(String(info.release, radix: 16))"
                + (info.product.map { " \"\($0)\"" } ?? "") + ", but the slot needs \(needed). "
                + "Check that the right cable is in this socket (station usb list)."
        case .noSuchChannel(let info, let channel):
            "\(info.label): the adapter has no channel \(channel + 1) with two bulk endpoints. Check that it is the fixture's "
                + "own adapter; replace it if it is."
        case .impossibleBaud(let baud, let family):
            "A \(family) can't make \(baud) baud within 3 %. Choose another rate for the console, such as 115200."
        case .shortAnswer(let device, let what):
            "\(device): the adapter's answer for \(what) was too short. Plug it in again; replace it if that does not help."
        }
    }
}
