/// A part on an I²C bus as its controller sees it.
protocol I2CPart: AnyObject {
    /// Takes bytes behind its address.
    /// - Returns: how many it acknowledged; it refuses the one after them.
    func write(_ bytes: [UInt8]) -> Int
    /// Gives bytes.
    func read(_ count: Int) -> [UInt8]
    /// The unit lost its supply.
    func losePower()
    /// Something happens to the part that a line of the fixture stands for: it is shaken, warmed, wetted.
    func lineChanged(_ name: String, to level: Bool)
}

extension I2CPart {
    func losePower() {}
    func lineChanged(_ name: String, to level: Bool) {}
}

/// A 12-bit thermometer, 0.0625 °C a step, with the registers of a TMP102: register 0, big-endian, left-justified.
final class ThermometerPart: I2CPart {
    private let celsius: () -> Double
    private var register: UInt8 = 0

    init(celsius: @escaping () -> Double) {
        self.celsius = celsius
    }

    func write(_ bytes: [UInt8]) -> Int {
        if let first = bytes.first { register = first }
        return bytes.count
    }

    func read(_ count: Int) -> [UInt8] {
        let word = UInt16(bitPattern: Int16(clamping: Int((celsius() * 16).rounded()))) << 4
        let bytes = register == 0 ? [UInt8(word >> 8), UInt8(word & 0xFF)] : [0x60, 0xA0]
        return (0..<count).map { bytes[$0 % 2] }
    }

    func losePower() { register = 0 }
}
