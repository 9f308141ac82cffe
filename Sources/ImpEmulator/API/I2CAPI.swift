/// An I²C bus of the `hardware` table. Addresses are 8-bit: seven bits shifted left by one.
public final class I2CAPI {
    /// What `i2c.readerror()` gives (R5).
    public enum Fault: Int, Sendable {
        case none = 0
        /// No acknowledge to a write's address, as a real imp003 reports it.
        case transmitSelect = -2
        /// No acknowledge to a read's address, as a real imp003 reports it.
        case addressClear = -6
        case notEnabled = -13
    }

    private let name: I2CName
    private let machine: SquirrelMachine
    private var isEnabled = false
    private var lastFault = Fault.none

    init(name: I2CName, machine: SquirrelMachine) {
        self.name = name
        self.machine = machine
    }

    /// `i2c.configure(speed)`: 10, 50, 100 or 400 kHz.
    public func configure(kilohertz: Int) throws(SquirrelError) {
        try machine.requireRunning()
        guard [10, 50, 100, 400].contains(kilohertz) else {
            throw SquirrelError("bad clock speed in i2c.configure")
        }
        isEnabled = true
        lastFault = .none
    }

    /// `i2c.disable()`.
    public func disable() { isEnabled = false }

    /// `i2c.read(address, subaddress, count)`: nil on an error, which `readError` tells.
    public func read(address8: UInt8, subaddress: UInt8?, count: Int) -> [UInt8]? {
        guard isEnabled else {
            lastFault = .notEnabled
            return nil
        }
        let bytes = machine.module.board.i2cRead(
            bus: name, address8: address8, register: subaddress ?? 0, count: max(count, 0))
        lastFault = bytes == nil ? .addressClear : .none
        return bytes
    }

    /// `i2c.write(address, bytes)`: 0, or the error's number.
    public func write(address8: UInt8, _ bytes: [UInt8]) -> Int {
        guard isEnabled else {
            lastFault = .notEnabled
            return lastFault.rawValue
        }
        lastFault = machine.module.board.acknowledges(bus: name, address8: address8) ? .none : .transmitSelect
        return lastFault.rawValue
    }

    /// `i2c.readerror()`: about the last transaction.
    public func readError() -> Int { lastFault.rawValue }
}
