/// The descriptors of a self-identifying FT2232H: two vendor interfaces, each with a bulk endpoint in and out.
///
/// Source: FT2232H data sheet (0403:6010, bcdDevice 7.00) and what `lsusb -v` shows of a real one.
enum FTDIDescriptors {
    static func device(vendorID: UInt16, productID: UInt16, release: UInt16, hasSerial: Bool) -> [UInt8] {
        [
            18, 1, 0x00, 0x02, 0, 0, 0, 64, low(vendorID), high(vendorID), low(productID), high(productID),
            low(release), high(release), 1, 2, hasSerial ? 3 : 0, 1,
        ]
    }

    /// - Parameter channels: 1, 2 or 4.
    static func configuration(channels: Int, packetSize: UInt16 = 512) -> [UInt8] {
        var bytes: [UInt8] = []
        for channel in 0..<channels {
            bytes += [9, 4, UInt8(channel), 0, 2, 0xFF, 0xFF, 0xFF, 2]
            bytes += [7, 5, 0x81 + UInt8(2 * channel), 2, low(packetSize), high(packetSize), 0]
            bytes += [7, 5, 0x02 + UInt8(2 * channel), 2, low(packetSize), high(packetSize), 0]
        }
        let total = UInt16(9 + bytes.count)
        // Bus powered, 500 mA.
        return [9, 2, low(total), high(total), UInt8(channels), 1, 0, 0x80, 250] + bytes
    }

    private static func low(_ value: UInt16) -> UInt8 { UInt8(truncatingIfNeeded: value) }
    private static func high(_ value: UInt16) -> UInt8 { UInt8(value >> 8) }
}
