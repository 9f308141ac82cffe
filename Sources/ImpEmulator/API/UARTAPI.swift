/// A serial port of the `hardware` table: FIFOs of 80 bytes unless set, errors as flags, flow control by RTS and CTS.
///
/// The console's bytes come from the fixture's adapter as bytes; every other port listens to the levels of its net.
public final class UARTAPI: PinUser {
    /// `uart.flags()` (R6).
    public struct Flags: OptionSet, Sendable {
        public let rawValue: Int

        public init(rawValue: Int) {
            self.rawValue = rawValue
        }

        /// Bytes are in the receive FIFO.
        public static let readReady = Flags(rawValue: 1)
        /// Everything written has left.
        public static let writeDone = Flags(rawValue: 2)
        /// A bit's samples were not all the same.
        public static let noiseError = Flags(rawValue: 4)
        /// A stop bit was missing.
        public static let frameError = Flags(rawValue: 8)
        /// A parity bit was wrong.
        public static let parityError = Flags(rawValue: 16)
        /// Bytes found no place in the receive FIFO and are lost.
        public static let overrunError = Flags(rawValue: 32)
        /// After bytes the line was quiet for the length of one.
        public static let lineIdle = Flags(rawValue: 64)

        /// What is not as it should be.
        static let faults: Flags = [.noiseError, .frameError, .parityError, .overrunError]
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
        /// Without NO_CTSRTS, on a port that has them: RTS drops at 16 free places (R7), sending waits for CTS.
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
    private let use: PinUse
    private var module: EmulatedModule { machine.module }
    private var board: BoardElectronics { machine.module.board }
    private var now: VirtualInstant { machine.module.simulation.now }
    private var settings: Settings?
    private var receiveCapacity = 80
    private var transmitCapacity = 80
    private var fifo: [UInt8] = []
    private var raised: Flags = []
    private var callback: ((Flags) throws -> Void)?
    /// The console's way in.
    private var inbound: SerialLine?
    /// Any other port's.
    private var listener: NetListener?
    private var transmitter: UARTTransmitter?
    private var clearToSend: (net: Net, observer: Int)?
    private var receiveEvent: Simulation.Event?
    private var stopEvent: Simulation.Event?
    /// When the last byte arrived, until its line was seen idle.
    private var lastArrival: VirtualInstant?
    /// The callback has been told and has not returned.
    private var isTelling = false
    /// Something was written and WRITE_DONE not raised for it.
    private var owesWriteDone = false
    private var flushes = 0

    init(name: UARTName, machine: SquirrelMachine, use: PinUse) {
        self.name = name
        self.machine = machine
        self.use = use
    }

    // MARK: Setting up

    /// `uart.setrxfifosize(bytes)`, before `configure`; at least 20.
    public func setReceiveFIFOSize(_ bytes: Int) throws(ImpAPIError) {
        guard bytes >= 20, bytes <= 65_536, settings == nil else { throw ImpAPIError("bad FIFO size") }
        receiveCapacity = bytes
    }

    /// `uart.settxfifosize(bytes)`, before `configure`; at least 20.
    public func setTransmitFIFOSize(_ bytes: Int) throws(ImpAPIError) {
        guard bytes >= 20, bytes <= 65_536, settings == nil else { throw ImpAPIError("bad FIFO size") }
        transmitCapacity = bytes
    }

    /// `uart.configure(…)`.
    /// - Parameter callback: called when bytes are there or an error was flagged.
    /// - Returns: the bit rate that the port really has: an 84 MHz clock divided by a whole number.
    @discardableResult
    public func configure(_ settings: Settings, callback: ((Flags) throws -> Void)? = nil)
        throws(ImpAPIError) -> Int
    {
        try machine.requireRunning()
        guard (550...4_500_000).contains(settings.baud) else {
            throw ImpAPIError("bad baud rate in uart.configure")
        }
        guard (7...8).contains(settings.wordSize), (1...2).contains(settings.stopBits) else {
            throw ImpAPIError("bad format in uart.configure")
        }
        end(keepingPins: true)
        var settings = settings
        if !module.release.holds(.n9) { settings.stopBits = 1 }
        self.settings = settings
        self.callback = callback
        takePins(settings)
        connect(settings)
        // What was on the line before the port listened is lost.
        _ = inbound?.take(by: now)
        inbound?.onSend = { [weak self] in self?.bytesAreComing() }
        bytesAreComing()
        let divider = Double(Self.clock) / Double(settings.baud)
        return Int((Double(Self.clock) / divider.rounded()).rounded())
    }

    private static let clock = 84_000_000
    /// Free places in the receive FIFO at which RTS drops (R7).
    static let stopMargin = 16

    private func connect(_ settings: Settings) {
        guard let pins = PinMux.uarts[name] else { return }
        let isConsole = board.board.console == name
        if settings.receives, isConsole {
            inbound = module.consoleIn
        } else if settings.receives {
            listener = NetListener(
                net: board.nets.net(of: pins.rx), simulation: module.simulation, format: settings.format
            ) { [weak self] byte, flags, end in self?.heard(byte, flags, end) }
        }
        guard settings.sends else { return }
        let (board, module) = (board, module)
        transmitter = UARTTransmitter(
            format: settings.format, capacity: transmitCapacity, processor: machine.processor,
            simulation: module.simulation,
            line: isConsole && !module.faults.contains(.uartSilent) ? module.consoleOut : nil,
            onLine: { [unowned module] in module.consoleNoise.damage($0) },
            show: { [weak self] bursts in
                guard let self, hasTransmitPin else { return }
                board.set(pins.tx, bursts.isEmpty ? .steady(.high) : .wave(SerialWave(bursts: bursts)))
            })
        watchClearToSend(settings, pins)
    }

    /// CTS, low while the other side has room. A pin that nothing drives or pulls reads low.
    private func watchClearToSend(_ settings: Settings, _ pins: PinMux.UARTPins) {
        guard settings.flowControl, let cts = pins.cts else { return }
        let net = board.nets.net(of: cts)
        let observer = net.observe { [weak self] _, level in
            level.isHigh ? self?.transmitter?.stop() : self?.transmitter?.go()
        }
        clearToSend = (net, observer)
        if net.state(at: now).level.isHigh { transmitter?.stop() }
    }

    private func ignoreClearToSend() {
        guard let (net, observer) = clearToSend else { return }
        net.stopObserving(observer)
        clearToSend = nil
    }

    private func takePins(_ settings: Settings) {
        guard let pins = PinMux.uarts[name] else { return }
        if settings.sends {
            board.set(pins.tx, .steady(.high))
            use.take(pins.tx, for: self)
        }
        if settings.receives {
            board.set(pins.rx, .floating)
            use.take(pins.rx, for: self)
        }
        guard settings.flowControl, let rts = pins.rts, let cts = pins.cts else { return }
        board.set(rts, .steady(.low))
        use.take(rts, for: self)
        board.set(cts, .floating)
        use.take(cts, for: self)
    }

    private var pins: [PinName] {
        guard let pins = PinMux.uarts[name] else { return [] }
        return [pins.tx, pins.rx, pins.rts, pins.cts].compactMap { $0 }
    }

    /// `uart.disable()`.
    public func disable() {
        end(keepingPins: false)
    }

    private func end(keepingPins: Bool) {
        inbound?.onSend = nil
        receiveEvent?.cancel()
        stopEvent?.cancel()
        listener?.stop()
        ignoreClearToSend()
        transmitter?.dropUnsent()
        settings = nil
        callback = nil
        inbound = nil
        listener = nil
        transmitter = nil
        fifo.removeAll()
        raised = []
        lastArrival = nil
        isTelling = false
        owesWriteDone = false
        if !keepingPins {
            for pin in pins where use.leave(pin, self) { board.release(pin) }
        }
    }

    /// The pin does something else from now on; bits that had not left never do (R8).
    func pinWasTaken(_ pin: PinName) {
        guard let pins = PinMux.uarts[name] else { return }
        if pin == pins.tx { transmitter?.dropUnsent() }
        if pin == pins.rx { listener?.stop() }
        guard pin == pins.cts else { return }
        ignoreClearToSend()
        transmitter?.go()
    }

    private var hasTransmitPin: Bool { PinMux.uarts[name].map { use.holds($0.tx, self) } ?? false }

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
        if settings?.flowControl == true, freeUntilStop > 0 {
            inbound?.resume(at: now)
            showReadiness()
            expectStop()
        }
        return taken
    }

    /// `uart.flags()`: what has happened since the last call.
    public func flags() -> Flags {
        fetch()
        if owesWriteDone, let end = transmitter?.doneAt, end <= now {
            raised.insert(.writeDone)
            owesWriteDone = false
        }
        if let last = lastArrival, let format = settings?.format, last + format.duration(ofBytes: 1) <= now {
            raised.insert(.lineIdle)
            lastArrival = nil
        }
        defer { raised = [] }
        return raised
    }

    private var margin: Int { module.release.holds(.r7) ? Self.stopMargin : 0 }

    private var freeUntilStop: Int { receiveCapacity - margin - fifo.count }

    /// Takes what has arrived by now into the FIFO.
    private func fetch() {
        guard let inbound, let settings else { return }
        let limit = settings.flowControl ? max(freeUntilStop + inbound.bytesAfterStop, 0) : Int.max
        for burst in inbound.take(by: now, atMost: limit) {
            for index in burst.bytes.indices {
                receive(burst.bytes[index], burst.format, burst.damage[index], settings.format)
            }
            lastArrival = burst.end
        }
        showReadiness()
    }

    private func receive(
        _ byte: UInt8, _ sent: SerialLine.Format, _ damage: SerialLine.Damage?, _ expected: SerialLine.Format
    ) {
        let result = SerialReceiver.receive(byte, sent: sent, damage: damage, expected: expected)
        store(result.byte, result.flags)
    }

    private func store(_ byte: UInt8?, _ flags: Flags) {
        if module.release.holds(.r6) { raised.formUnion(flags) }
        guard let byte else { return }
        guard fifo.count < receiveCapacity else {
            if module.release.holds(.r6) { raised.insert(.overrunError) }
            return
        }
        fifo.append(byte)
        raised.insert(.readReady)
    }

    /// A frame was on the net.
    private func heard(_ byte: UInt8?, _ flags: Flags, _ end: VirtualInstant) {
        store(byte, flags)
        lastArrival = end
        showReadiness()
        // A callback that was told of earlier bytes and did not begin yet finds this one, too.
        if callback != nil, !isTelling { expectCallback(after: now) }
    }

    private func expectCallback(after time: VirtualInstant) {
        guard receiveEvent?.isPending != true else { return }
        receiveEvent = module.simulation.schedule(at: time + module.release.callbackLatency) { [weak self] in
            self?.deliver()
        }
    }

    private func bytesAreComing() {
        expectBytes()
        expectStop()
    }

    /// Arranges for the callback a moment after the next byte.
    private func expectBytes() {
        guard callback != nil, let arrival = inbound?.nextArrival else { return }
        expectCallback(after: max(arrival, now))
    }

    private func deliver() {
        fetch()
        guard let callback else { return }
        guard !fifo.isEmpty || !raised.isDisjoint(with: Flags.faults) else { return expectBytes() }
        let seen = raised
        isTelling = true
        machine.processor.post { [weak self] in
            // The program may have read everything while this waited its turn.
            guard let self, settings != nil else { return }
            isTelling = false
            if !fifo.isEmpty || !seen.isDisjoint(with: Flags.faults) { try callback(seen) }
            expectBytes()
        }
    }

    /// RTS: low while there is room.
    private func showReadiness() {
        guard settings?.flowControl == true, let rts = PinMux.uarts[name]?.rts, use.holds(rts, self) else {
            return
        }
        let wanted = Drive(freeUntilStop <= 0)
        if board.nets.source(of: rts).setting(at: now).signal.drive(at: now) != wanted {
            board.set(rts, .steady(wanted))
        }
    }

    /// RTS drops with the byte that leaves too little room, whether the program looks or not.
    private func expectStop() {
        guard settings?.flowControl == true, freeUntilStop > 0,
            let arrival = inbound?.arrival(ofByte: freeUntilStop)
        else { return }
        stopEvent?.cancel()
        stopEvent = module.simulation.schedule(at: arrival) { [weak self] in self?.fetch() }
    }

    // MARK: Sending

    /// `uart.write(bytes)`: goes on when all have found a place in the transmit FIFO.
    public func write(_ bytes: [UInt8], then: @escaping Resume<Void>) throws(ImpAPIError) {
        try machine.requireRunning()
        guard settings != nil else { throw ImpAPIError("uart not configured") }
        guard !bytes.isEmpty, let transmitter else {
            return machine.processor.wait(for: .zero) { try then(.success(())) }
        }
        owesWriteDone = true
        // What changed at this very instant counts.
        if let net = clearToSend?.net, net.state(at: now).level.isHigh { transmitter.stop() }
        transmitter.write(bytes, then: then)
    }

    /// `uart.flush()`: goes on when the last bit has left (R25, R26).
    public func flush(then: @escaping Resume<Void>) throws(ImpAPIError) {
        try machine.requireRunning()
        flushes += 1
        if !module.release.holds(.r26), flushes % 5 == 0 {
            // Broken: now and then it never comes back.
            return machine.processor.hold()
        }
        guard let transmitter else {
            return machine.processor.wait(for: .zero) { try then(.success(())) }
        }
        if !module.release.holds(.r25), let baud = settings?.baud, baud <= 2400 {
            // Broken: at low rates it gives up early, and what is in the FIFO is lost.
            machine.module.simulation.schedule(after: .milliseconds(100)) { [weak transmitter] in
                transmitter?.giveUp()
            }
        }
        transmitter.flush(then: then)
    }
}
