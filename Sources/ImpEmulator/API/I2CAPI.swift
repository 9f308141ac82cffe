/// An I²C bus of the `hardware` table. Addresses are 8-bit: seven bits shifted left by one.
public final class I2CAPI: PinUser {
    /// What `i2c.readerror()` and `i2c.write()` give (R5).
    public enum Fault: Int, Sendable, CaseIterable {
        case none = 0
        case controllerSelect = -1
        /// No acknowledge to a write's address, as a real imp003 reports it.
        case transmitSelect = -2
        case transmit = -3
        case byteTransferFinished = -4
        case stop = -5
        /// No acknowledge to a read's address, as a real imp003 reports it.
        case addressClear = -6
        case addressReceive = -7
        case dataReceive = -8
        case notAcknowledged = -9
        case controllerReceiveSelect = -10
        case receive = -11
        case reselect = -12
        case notEnabled = -13
    }

    private let name: I2CName
    private let machine: SquirrelMachine
    private let use: PinUse
    private var kilohertz: Int?
    private var lastFault = Fault.none
    /// The register that the last write named, by device.
    private var registers: [UInt8: UInt8] = [:]
    private var board: BoardElectronics { machine.module.board }
    /// What the device on the bus does to the data line.
    private var device: NetSource?

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

    /// `i2c.read(address, subaddress, count)`: nil on an error, which `readError` tells.
    /// - Parameter subaddress: the register; nil reads where the last write pointed.
    public func read(address8: UInt8, subaddress: UInt8?, count: Int) -> [UInt8]? {
        guard kilohertz != nil else {
            lastFault = told(.notEnabled)
            return nil
        }
        let bytes = board.i2cRead(
            bus: name, address8: address8, register: subaddress ?? registers[address8 & 0xFE] ?? 0,
            count: max(count, 0))
        lastFault = told(bytes == nil ? .addressClear : .none)
        let isThere = bytes != nil
        var signal = I2CSignal(start: machine.module.simulation.now, kilohertz: kilohertz ?? 100)
        if let subaddress {
            signal.begin()
            if signal.send(address8 & 0xFE, acknowledged: isThere) {
                _ = signal.send(subaddress, acknowledged: true)
            }
        }
        if subaddress == nil || isThere {
            signal.begin()
            if signal.send(address8 | 1, acknowledged: isThere), let bytes {
                for (index, byte) in bytes.enumerated() {
                    signal.receive(byte, isLast: index == bytes.count - 1)
                }
            }
        }
        signal.end()
        show(signal)
        return bytes
    }

    /// `i2c.write(address, bytes)`: 0, or the error's number.
    public func write(address8: UInt8, _ bytes: [UInt8]) -> Int {
        guard kilohertz != nil else {
            lastFault = told(.notEnabled)
            return lastFault.rawValue
        }
        let isThere = board.acknowledges(bus: name, address8: address8)
        lastFault = told(isThere ? .none : .transmitSelect)
        if isThere, let register = bytes.first { registers[address8 & 0xFE] = register }
        var signal = I2CSignal(start: machine.module.simulation.now, kilohertz: kilohertz ?? 100)
        signal.begin()
        if signal.send(address8 & 0xFE, acknowledged: isThere) {
            for byte in bytes { _ = signal.send(byte, acknowledged: true) }
        }
        signal.end()
        show(signal)
        return lastFault.rawValue
    }

    /// R5 broken: errors can't be told from success.
    private func told(_ fault: Fault) -> Fault { machine.module.release.holds(.r5) ? fault : .none }

    /// `i2c.readerror()`: about the last transaction.
    public func readError() -> Int { lastFault.rawValue }

    private var busyUntil = VirtualInstant.start

    /// What the last transaction still takes on the bus.
    var timeLeft: Duration { max(busyUntil - machine.module.simulation.now, .zero) }

    /// Puts a transaction on the wires, if somebody watches them.
    private func show(_ signal: I2CSignal) {
        busyUntil = signal.time
        guard let pins = PinMux.i2cs[name], use.holds(pins.sda, self), use.holds(pins.scl, self) else {
            return
        }
        let data = board.nets.net(of: pins.sda)
        guard data.isWatched || board.nets.net(of: pins.scl).isWatched else { return }
        board.set(pins.scl, .wave(EdgeWave(before: .floating, edges: signal.clock)))
        board.set(pins.sda, .wave(EdgeWave(before: .floating, edges: signal.data)))
        let device = self.device ?? NetSource(name: "device \(name.rawValue)")
        if self.device == nil { data.attach(device) }
        self.device = device
        device.set(
            .wave(EdgeWave(before: .floating, edges: signal.device)), at: machine.module.simulation.now)
    }
}

/// One I²C transaction as edges on two open-drain lines.
struct I2CSignal {
    private(set) var clock: [(time: VirtualInstant, drive: Drive)] = []
    private(set) var data: [(time: VirtualInstant, drive: Drive)] = []
    /// What the addressed device does to the data line.
    private(set) var device: [(time: VirtualInstant, drive: Drive)] = []
    private(set) var time: VirtualInstant
    private let quarter: Duration

    init(start: VirtualInstant, kilohertz: Int) {
        time = start
        quarter = .nanoseconds(250_000 / kilohertz)
    }

    /// Start condition, also a repeated one.
    mutating func begin() {
        data.append((time, .floating))
        time = time + quarter
        clock.append((time, .floating))
        time = time + quarter
        data.append((time, .low))
        time = time + quarter
        clock.append((time, .low))
        time = time + quarter
    }

    /// Stop condition.
    mutating func end() {
        data.append((time, .low))
        time = time + quarter
        clock.append((time, .floating))
        time = time + quarter
        data.append((time, .floating))
        time = time + quarter
    }

    private mutating func bit(_ controller: Bool, _ other: Bool) {
        data.append((time, controller ? .floating : .low))
        device.append((time, other ? .floating : .low))
        time = time + quarter
        clock.append((time, .floating))
        time = time + quarter * 2
        clock.append((time, .low))
        time = time + quarter
        device.append((time, .floating))
    }

    /// - Returns: `acknowledged`.
    mutating func send(_ byte: UInt8, acknowledged: Bool) -> Bool {
        for shift in (0..<8).reversed() { bit(byte >> UInt8(shift) & 1 == 1, true) }
        bit(true, !acknowledged)
        return acknowledged
    }

    mutating func receive(_ byte: UInt8, isLast: Bool) {
        for shift in (0..<8).reversed() { bit(true, byte >> UInt8(shift) & 1 == 1) }
        bit(isLast, true)
    }
}
