/// A serial port of the `hardware` table: FIFOs of 80 bytes unless set, errors as flags, flow control by RTS.
public final class UARTAPI {
    /// `uart.flags()` (R6); noise and idle flags come with lines that can have such errors.
    public struct Flags: OptionSet, Sendable {
        public let rawValue: Int

        public init(rawValue: Int) {
            self.rawValue = rawValue
        }

        /// Bytes are in the receive FIFO.
        public static let readReady = Flags(rawValue: 1)
        /// Everything written has left.
        public static let writeDone = Flags(rawValue: 2)
        /// A stop bit was missing.
        public static let frameError = Flags(rawValue: 8)
        /// A parity bit was wrong.
        public static let parityError = Flags(rawValue: 16)
        /// Bytes found no place in the receive FIFO and are lost.
        public static let overrunError = Flags(rawValue: 32)
    }

    /// How `uart.configure` sets the port up.
    public struct Settings: Sendable, Equatable {
        /// 550 to 4,500,000 bit/s.
        public var baud: Int
        /// 7 or 8.
        public var wordSize = 8
        /// Whether a parity bit follows the data, and which.
        public var parity = SerialParity.none
        /// 1 or 2.
        public var stopBits = 1
        /// Without NO_CTSRTS, on a port that has them: RTS drops at 16 free places (R7).
        public var flowControl = false
        /// Without NO_RX.
        public var receives = true
        /// Without NO_TX.
        public var sends = true

        public init(baud: Int, flowControl: Bool = false) {
            self.baud = baud
            self.flowControl = flowControl
        }

        var format: SerialLine.Format {
            SerialLine.Format(baud: baud, wordSize: wordSize, parity: parity, stopBits: stopBits)
        }
    }

    private let name: UARTName
    private let machine: SquirrelMachine
    private var module: EmulatedModule { machine.module }
    private var settings: Settings?
    private var receiveCapacity = 80
    private var transmitCapacity = 80
    private var fifo: [UInt8] = []
    private var raised: Flags = []
    private var callback: ((Flags) throws -> Void)?
    private var inbound: SerialLine?
    private var outbound: SerialLine?
    private var receiveEvent: Simulation.Event?
    /// When the last written byte will have left; nil when that was told already.
    private var writingUntil: VirtualInstant?

    init(name: UARTName, machine: SquirrelMachine) {
        self.name = name
        self.machine = machine
    }

    /// `uart.setrxfifosize(bytes)`, before `configure`; at least 20.
    public func setReceiveFIFOSize(_ bytes: Int) throws(SquirrelError) {
        guard bytes >= 20, bytes <= 65_536, settings == nil else { throw SquirrelError("bad FIFO size") }
        receiveCapacity = bytes
    }

    /// `uart.settxfifosize(bytes)`, before `configure`; at least 20.
    public func setTransmitFIFOSize(_ bytes: Int) throws(SquirrelError) {
        guard bytes >= 20, bytes <= 65_536, settings == nil else { throw SquirrelError("bad FIFO size") }
        transmitCapacity = bytes
    }

    /// `uart.configure(…)`.
    /// - Parameter callback: called when bytes are there or an error was flagged.
    /// - Returns: the bit rate that the port really has: an 84 MHz clock divided by sixteenths.
    @discardableResult
    public func configure(_ settings: Settings, callback: ((Flags) throws -> Void)? = nil)
        throws(SquirrelError) -> Int
    {
        try machine.requireRunning()
        guard (550...4_500_000).contains(settings.baud) else {
            throw SquirrelError("bad baud rate in uart.configure")
        }
        guard (7...8).contains(settings.wordSize), (1...2).contains(settings.stopBits) else {
            throw SquirrelError("bad format in uart.configure")
        }
        disable()
        self.settings = settings
        self.callback = callback
        connect()
        // What was on the line before the port listened is lost.
        _ = inbound?.take(by: module.simulation.now)
        inbound?.onSend = { [weak self] in self?.expectBytes() }
        expectBytes()
        let divider = Double(Self.clock) / Double(settings.baud)
        return Int((Double(Self.clock) / divider.rounded()).rounded())
    }

    private static let clock = 84_000_000
    /// Free places in the receive FIFO at which RTS drops (R7).
    static let stopMargin = 16

    private func connect() {
        guard let pins = PinMux.uarts[name], let settings else { return }
        defer {
            if !settings.receives { inbound = nil }
            if !settings.sends { outbound = nil }
        }
        if module.board.board.console == name {
            inbound = module.consoleIn
            outbound = module.consoleOut
        } else if module.board.isLooped(from: pins.tx, to: pins.rx) {
            let loop = SerialLine()
            inbound = loop
            outbound = loop
        }
    }

    /// `uart.disable()`.
    public func disable() {
        inbound?.onSend = nil
        receiveEvent?.cancel()
        settings = nil
        callback = nil
        inbound = nil
        outbound = nil
        fifo.removeAll()
        raised = []
        writingUntil = nil
    }

    // MARK: Receiving

    /// `uart.read()`: one byte, or -1.
    public func read() -> Int {
        readBytes(1).first.map(Int.init) ?? -1
    }

    /// `uart.readblob([count])`, `uart.readstring([count])`: what is there, at most `count` bytes.
    public func readBytes(_ count: Int = 80) -> [UInt8] {
        fetch()
        let taken = Array(fifo.prefix(max(count, 0)))
        fifo.removeFirst(taken.count)
        if settings?.flowControl == true, freeUntilStop > 0 { inbound?.resume(at: module.simulation.now) }
        return taken
    }

    /// `uart.flags()`: what has happened since the last call.
    public func flags() -> Flags {
        fetch()
        if let end = writingUntil, end <= module.simulation.now {
            raised.insert(.writeDone)
            writingUntil = nil
        }
        defer { raised = [] }
        return raised
    }

    private var freeUntilStop: Int { receiveCapacity - Self.stopMargin - fifo.count }

    /// Takes what has arrived by now into the FIFO.
    private func fetch() {
        guard let inbound, let settings else { return }
        let limit = settings.flowControl ? max(freeUntilStop, 0) : Int.max
        for burst in inbound.take(by: module.simulation.now, atMost: limit) {
            if burst.format != settings.format {
                guard burst.format.differsInParityOnly(from: settings.format) else {
                    raised.insert(.frameError)
                    continue
                }
                raised.insert(.parityError)
            }
            let room = receiveCapacity - fifo.count
            if burst.bytes.count > room { raised.insert(.overrunError) }
            fifo += burst.bytes.prefix(room)
            raised.insert(.readReady)
        }
    }

    /// Arranges for the callback a moment after the next byte.
    private func expectBytes() {
        guard callback != nil, let inbound, receiveEvent?.isPending != true,
            let arrival = inbound.nextArrival
        else { return }
        let due = max(arrival, module.simulation.now) + module.release.callbackLatency
        receiveEvent = module.simulation.schedule(at: due) { [weak self] in self?.deliver() }
    }

    private static let faults: Flags = [.frameError, .parityError, .overrunError]

    private func deliver() {
        fetch()
        guard let callback else { return }
        guard !fifo.isEmpty || !raised.isDisjoint(with: Self.faults) else {
            return expectBytes()
        }
        let seen = raised
        machine.processor.post { [weak self] in
            // The program may have read everything while this waited its turn.
            guard let self, self.settings != nil else { return }
            if !fifo.isEmpty || !seen.isDisjoint(with: Self.faults) { try callback(seen) }
            expectBytes()
        }
    }

    // MARK: Sending

    /// `uart.write(bytes)`: goes on when all have found a place in the transmit FIFO.
    public func write(_ bytes: [UInt8], then: @escaping Resume<Void>) throws(SquirrelError) {
        try machine.requireRunning()
        guard let settings else { throw SquirrelError("uart not configured") }
        let now = module.simulation.now
        guard !bytes.isEmpty, let outbound else {
            return machine.processor.wait(for: .zero) { try then(.success(())) }
        }
        let isConsole = outbound === module.consoleOut
        if !(isConsole && module.faults.contains(.uartSilent)) {
            outbound.send(
                isConsole ? module.consoleNoise.damage(bytes) : bytes, at: now, format: settings.format)
        }
        writingUntil = max(outbound.busyUntil, now)
        let accepted = max(outbound.instantWithUnsent(atMost: transmitCapacity), now)
        machine.processor.wait(for: accepted - now) { try then(.success(())) }
    }

    /// `uart.flush()`: goes on when the last bit has left (R25, R26).
    public func flush(then: @escaping Resume<Void>) throws(SquirrelError) {
        try machine.requireRunning()
        let now = module.simulation.now
        let end = max(outbound?.busyUntil ?? now, now)
        machine.processor.wait(for: end - now) { try then(.success(())) }
    }
}
