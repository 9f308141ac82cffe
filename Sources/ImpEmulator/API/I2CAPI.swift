/// An I²C bus of the `hardware` table. Addresses are 8-bit: seven bits shifted left by one.
///
/// The vendor's page of `i2c.readerror` names each code by the step that timed out. A line that something holds low
/// times out the step that it meets; which of its two lines it is, and which step a real module is at, is a choice
/// where the page leaves it open. `addressReceive` and `controllerReceiveSelect` are steps inside of the
/// microcontroller's peripheral that no bus condition of this model singles out.
public final class I2CAPI: PinUser {
    /// What `i2c.readerror()` and `i2c.write()` give (R5).
    public enum Fault: Int, Sendable, CaseIterable {
        case none = 0
        /// The bus was not free: a line is held low, or has no pull-up.
        case controllerSelect = -1
        /// No acknowledge to a write's address, as a real imp003 reports it.
        case transmitSelect = -2
        /// A line was held low while data were sent.
        case transmit = -3
        /// The same at the last byte.
        case byteTransferFinished = -4
        /// A line was held low where the stop condition should have been, or the data line while receiving.
        case stop = -5
        /// No acknowledge to a read's address, as a real imp003 reports it.
        case addressClear = -6
        /// Never arises here.
        case addressReceive = -7
        /// The clock was held low while the only byte was received.
        case dataReceive = -8
        /// The device refused a byte behind its address.
        case notAcknowledged = -9
        /// Never arises here.
        case controllerReceiveSelect = -10
        /// The clock was held low while several bytes were received.
        case receive = -11
        /// The bus was not free for the repeated start.
        case reselect = -12
        case notEnabled = -13
    }

    private let name: I2CName
    private let machine: SquirrelMachine
    private let use: PinUse
    private var kilohertz: Int?
    private var lastFault = Fault.none
    private var board: BoardElectronics { machine.module.board }
    private var now: VirtualInstant { machine.module.simulation.now }
    /// What the device on the bus does to the data line.
    private var device: NetSource?

    /// How long a step may take before it counts as failed; a choice.
    static let patience = Duration.milliseconds(10)

    init(name: I2CName, machine: SquirrelMachine, use: PinUse) {
        self.name = name
        self.machine = machine
        self.use = use
        kilohertz = machine.module.i2cLeftOn[name]
    }

    /// `i2c.configure(speed)`: 10, 50, 100 or 400 kHz.
    public func configure(kilohertz: Int) throws(ImpAPIError) {
        try machine.requireRunning()
        guard [10, 50, 100, 400].contains(kilohertz) else {
            throw ImpAPIError("bad clock speed in i2c.configure")
        }
        self.kilohertz = kilohertz
        lastFault = .none
        for pin in pins {
            board.set(pin, .floating)
            use.take(pin, for: self)
        }
    }

    private var pins: [PinName] { PinMux.i2cs[name].map { [$0.scl, $0.sda] } ?? [] }

    /// Its rate while it is switched on.
    var enabledRate: Int? { kilohertz }

    func pinWasTaken(_ pin: PinName) {}

    /// `i2c.disable()`.
    public func disable() {
        kilohertz = nil
        for pin in pins where use.leave(pin, self) { board.release(pin) }
    }

    /// `i2c.readerror()`: about the last transaction.
    public func readError() -> Int { lastFault.rawValue }

    // MARK: Transactions

    /// `i2c.read(address, subaddress, count)`: nil on an error, which `readError` tells.
    /// - Parameter subaddress: what is written first; empty reads where the device stands.
    public func read(
        address8: UInt8, subaddress: [UInt8], count: Int, then: @escaping Resume<[UInt8]?>
    ) throws(ImpAPIError) {
        try machine.requireRunning()
        guard let kilohertz, isFree else {
            return fail(kilohertz == nil ? .notEnabled : .controllerSelect, nil, then)
        }
        let part = board.part(bus: name, address8: address8)
        var signal = I2CSignal(start: now, kilohertz: kilohertz)
        signal.begin()
        var fault = Fault.none
        if !subaddress.isEmpty {
            fault = send(subaddress, to: part, address8, on: &signal)
            if fault == .none { signal.begin() }
            // The page on I²C errors: a read reports its address as -6, whichever way it was sent.
            if fault == .transmitSelect { fault = .addressClear }
        }
        var bytes: [UInt8]?
        if fault == .none {
            if signal.send(address8 | 1, .readAddress, acknowledged: part != nil), let part {
                let received = part.read(max(count, 0))
                for (index, byte) in received.enumerated() {
                    signal.receive(byte, isLast: index == received.count - 1)
                }
                bytes = received
            } else {
                fault = .addressClear
            }
        }
        signal.end()
        carry(signal, fault, single: count == 1) { fault in try then(.success(fault == .none ? bytes : nil)) }
    }

    /// `i2c.write(address, bytes)`: 0, or the error's number.
    public func write(address8: UInt8, _ bytes: [UInt8], then: @escaping Resume<Int>) throws(ImpAPIError) {
        try machine.requireRunning()
        guard let kilohertz, isFree else {
            let fault = kilohertz == nil ? Fault.notEnabled : .controllerSelect
            return fail(fault, told(fault).rawValue, then)
        }
        var signal = I2CSignal(start: now, kilohertz: kilohertz)
        signal.begin()
        let fault = send(bytes, to: board.part(bus: name, address8: address8), address8, on: &signal)
        signal.end()
        carry(signal, fault, single: false) { fault in try then(.success(fault.rawValue)) }
    }

    /// Address and bytes, as far as the device takes them.
    private func send(
        _ bytes: [UInt8], to part: (any I2CPart)?, _ address8: UInt8, on signal: inout I2CSignal
    ) -> Fault {
        guard signal.send(address8 & 0xFE, .address, acknowledged: part != nil), let part else {
            return .transmitSelect
        }
        let taken = part.write(bytes)
        for (index, byte) in bytes.enumerated() {
            let stage = index == bytes.count - 1 ? I2CSignal.Stage.lastByte : .data
            if !signal.send(byte, stage, acknowledged: index < taken) { return .notAcknowledged }
        }
        return .none
    }

    private func fail<Value>(_ fault: Fault, _ value: Value, _ then: @escaping Resume<Value>) {
        lastFault = told(fault)
        let patience = fault == .notEnabled ? Duration.zero : Self.patience
        machine.processor.wait(for: patience) { try then(.success(value)) }
    }

    /// R5 broken: errors can't be told from success.
    private func told(_ fault: Fault) -> Fault { machine.module.release.holds(.r5) ? fault : .none }

    // MARK: On the wires

    /// What this bus itself does to its lines.
    private var ownSources: [NetSource] {
        pins.filter { use.holds($0, self) }.map { board.nets.source(of: $0) } + (device.map { [$0] } ?? [])
    }

    private var isFree: Bool {
        pins.allSatisfy { board.nets.net(of: $0).state(at: now, without: ownSources).level.isHigh }
    }

    /// Lets the transaction take its time, then looks whether a line was held low meanwhile.
    private func carry(
        _ signal: I2CSignal, _ fault: Fault, single: Bool, then: @escaping (Fault) throws -> Void
    ) {
        show(signal)
        let (begin, nets, own) = (now, pins.map { board.nets.net(of: $0) }, ownSources)
        for net in nets { net.beginHistory(at: begin) }
        let processor = machine.processor
        processor.hold()
        machine.module.simulation.schedule(at: signal.time) { [self] in
            let lows = nets.map { $0.firstLow(from: begin, to: signal.time, without: own) }
            for net in nets { net.endHistory() }
            guard !processor.isStopped else { return }
            guard let low = lows.compactMap({ $0 }).min() else {
                lastFault = told(fault)
                return processor.release { [self] in try then(lastFault) }
            }
            lastFault = told(Self.fault(at: signal.stage(at: low), clock: lows[0] == low, single: single))
            // The transaction is given up where it stands.
            for pin in pins where use.holds(pin, self) { board.set(pin, .floating) }
            device?.set(.floating, at: now)
            processor.wait(for: Self.patience) { [self] in try then(lastFault) }
            processor.release()
        }
    }

    private static func fault(at stage: I2CSignal.Stage, clock: Bool, single: Bool) -> Fault {
        switch stage {
        case .start: .controllerSelect
        case .address: .transmitSelect
        case .data: .transmit
        case .lastByte: .byteTransferFinished
        case .restart: .reselect
        case .readAddress: .addressClear
        case .receive: !clock ? .stop : single ? .dataReceive : .receive
        case .stop: .stop
        }
    }

    /// Puts a transaction on the wires.
    private func show(_ signal: I2CSignal) {
        guard let pins = PinMux.i2cs[name], use.holds(pins.sda, self), use.holds(pins.scl, self) else {
            return
        }
        let data = board.nets.net(of: pins.sda)
        board.set(pins.scl, .wave(EdgeWave(before: .floating, edges: signal.clock)))
        board.set(pins.sda, .wave(EdgeWave(before: .floating, edges: signal.data)))
        let device = self.device ?? NetSource(name: "device \(name.rawValue)")
        if self.device == nil { data.attach(device) }
        self.device = device
        device.set(.wave(EdgeWave(before: .floating, edges: signal.device)), at: now)
    }
}
