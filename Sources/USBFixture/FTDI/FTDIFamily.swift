import USBTransport

/// What a family of FTDI chips can do.
///
/// Sources: the data sheets of each, AN_120 (baud rates), AN_108 (MPSSE); bcdDevice values as the chips report them.
public struct FTDIFamily: Sendable, Equatable {
    /// How a baud rate becomes a divisor.
    public enum Clock: Sendable, Equatable {
        /// 3 MHz, divisor with eighths.
        case full
        /// 12 MHz with divisor bit 17, else 3 MHz; eighths in both.
        case high
    }

    public var name: String
    /// bcdDevice without its last digits: 0700h for an FT2232H.
    public var release: UInt16
    public var productID: UInt16
    public var channels: Int
    /// Channels with an MPSSE, counted from the first.
    public var mpsseChannels: Int
    public var clock: Clock
    /// Bytes in each direction that the chip buffers for one channel.
    public var bufferSize: Int
    /// Highest MPSSE clock in hertz; 0 without.
    public var mpsseHertz: Int

    /// The chips of this table, by bcdDevice.
    public static let all: [FTDIFamily] = [
        FTDIFamily(
            name: "FT232BM", release: 0x0400, productID: 0x6001, channels: 1, mpsseChannels: 0, clock: .full,
            bufferSize: 128, mpsseHertz: 0),
        FTDIFamily(
            name: "FT2232D", release: 0x0500, productID: 0x6010, channels: 2, mpsseChannels: 1, clock: .full,
            bufferSize: 128, mpsseHertz: 6_000_000),
        FTDIFamily(
            name: "FT232R", release: 0x0600, productID: 0x6001, channels: 1, mpsseChannels: 0, clock: .full,
            bufferSize: 128, mpsseHertz: 0),
        FTDIFamily(
            name: "FT2232H", release: 0x0700, productID: 0x6010, channels: 2, mpsseChannels: 2, clock: .high,
            bufferSize: 4096, mpsseHertz: 30_000_000),
        FTDIFamily(
            name: "FT4232H", release: 0x0800, productID: 0x6011, channels: 4, mpsseChannels: 2, clock: .high,
            bufferSize: 2048, mpsseHertz: 30_000_000),
        FTDIFamily(
            name: "FT232H", release: 0x0900, productID: 0x6014, channels: 1, mpsseChannels: 1, clock: .high,
            bufferSize: 1024, mpsseHertz: 30_000_000),
        FTDIFamily(
            name: "FT-X", release: 0x1000, productID: 0x6015, channels: 1, mpsseChannels: 0, clock: .full,
            bufferSize: 512, mpsseHertz: 0),
    ]

    /// FTDI's vendor number.
    public static let vendorID: UInt16 = 0x0403

    /// The family of a device.
    /// - Returns: nil for devices of other makers, and for chips that this table does not have.
    public static func of(_ device: USBDeviceInfo) -> FTDIFamily? {
        guard device.vendorID == vendorID else { return nil }
        return all.first { $0.release == device.release & 0xFF00 }
    }

    /// A divisor as SET_BAUD_RATE carries it.
    public struct BaudSetting: Sendable, Equatable {
        /// wValue: the low 14 bits are the whole divisor, the upper two belong to its eighths.
        public var value: UInt16
        /// The upper byte of wIndex on multi-channel and H chips: bit 0 the third bit of the eighths, bit 1 the 12 MHz base.
        public var indexBits: UInt8
        /// What the chip will really do, in bits per second.
        public var actual: Double
    }

    /// The nearest rate that the chip can make.
    /// - Returns: nil when it is further than 3 % from `baud`, at which a receiver loses the stop bit.
    public func divisor(for baud: Int) -> BaudSetting? {
        guard baud > 0 else { return nil }
        // Below about 733 baud the 12 MHz base runs out of divisor bits.
        let bases: [(hertz: Int, flag: UInt32)] =
            clock == .high ? [(12_000_000, 0x20000), (3_000_000, 0)] : [(3_000_000, 0)]
        for base in bases {
            if let setting = Self.divisor(for: baud, base: base.hertz, flag: base.flag) { return setting }
        }
        return nil
    }

    private static func divisor(for baud: Int, base: Int, flag: UInt32) -> BaudSetting? {
        // Eighths are encoded in this order: 0, 1/2, 1/4, 1/8, 3/8, 5/8, 3/4, 7/8.
        let codes: [UInt32] = [0, 3, 2, 4, 1, 5, 6, 7]
        var eighths = (16 * base / baud + 1) / 2
        // Between 1 and 2 only 1.5 exists.
        if eighths < 8 { eighths = 8 }
        if (9...15).contains(eighths) { eighths = eighths < 10 ? 8 : eighths < 14 ? 12 : 16 }
        guard eighths >> 3 <= 0x3FFF else { return nil }
        let actual = Double(base) * 8 / Double(eighths)
        guard abs(actual / Double(baud) - 1) <= 0.03 else { return nil }
        let encoded: UInt32
        switch eighths {
        case 8: encoded = flag
        case 12: encoded = 1 | flag
        default: encoded = UInt32(eighths >> 3) | codes[eighths & 7] << 14 | flag
        }
        return BaudSetting(
            value: UInt16(truncatingIfNeeded: encoded), indexBits: UInt8(truncatingIfNeeded: encoded >> 16),
            actual: actual)
    }
}
