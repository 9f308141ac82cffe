/// Standard base64 with padding (RFC 4648 §4): how notes and bundles carry bytes.
enum Base64 {
    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let count = min(3, bytes.count - start)
            var group: UInt32 = 0
            for index in 0..<3 { group = group << 8 | UInt32(index < count ? bytes[start + index] : 0) }
            for index in 0..<4 {
                let sextet = Int(group >> (18 - 6 * UInt32(index)) & 63)
                text.append(index <= count ? alphabet[sextet] : UInt8(ascii: "="))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// - Returns: nil for anything that ``encode(_:)`` would not have written, unused bits included: each value has
    ///   one spelling, so a changed character is always noticed.
    static func decode(_ text: some StringProtocol) -> [UInt8]? {
        let units = Array(text.utf8)
        guard units.count % 4 == 0 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(units.count / 4 * 3)
        for start in stride(from: 0, to: units.count, by: 4) {
            var group: UInt32 = 0
            var padding = 0
            for unit in units[start..<start + 4] {
                if unit == UInt8(ascii: "="), start + 4 == units.count {
                    padding += 1
                    group <<= 6
                } else {
                    guard padding == 0, let value = sextet(unit) else { return nil }
                    group = group << 6 | value
                }
            }
            guard padding <= 2 else { return nil }
            let triple = [UInt8(group >> 16 & 255), UInt8(group >> 8 & 255), UInt8(group & 255)]
            guard triple[(3 - padding)...].allSatisfy({ $0 == 0 }) else { return nil }
            bytes.append(contentsOf: triple[..<(3 - padding)])
        }
        return encode(bytes).utf8.elementsEqual(units) ? bytes : nil
    }

    private static func sextet(_ unit: UInt8) -> UInt32? {
        switch unit {
        case 0x41...0x5A: UInt32(unit) - 0x41
        case 0x61...0x7A: UInt32(unit) - 0x61 + 26
        case 0x30...0x39: UInt32(unit) - 0x30 + 52
        case 0x2B: 62
        case 0x2F: 63
        default: nil
        }
    }
}
