import USBTransport

/// The content of an FTDI adapter's EEPROM (93C56, 128 words): identifiers and strings.
///
/// Layout as FTDI's FT_PROG writes it for the FT2232H: release at word 3, pointers to the strings (offset and length
/// in bytes) at words 7 to 9, a checksum over everything in the last word.
public struct FTDIEEPROM: Sendable, Equatable {
    public static let wordCount = 128
    public private(set) var words: [UInt16]

    /// - Parameter serial: nil leaves the adapter without a serial number.
    public init(
        vendorID: UInt16 = 0x0403, productID: UInt16 = 0x6010, release: UInt16 = 0x0700,
        manufacturer: String = "Blessing Station", product: String = "Fixture", serial: String?
    ) {
        var bytes = [UInt8](repeating: 0, count: Self.wordCount * 2)
        func put(_ value: UInt16, at offset: Int) {
            bytes[offset] = UInt8(truncatingIfNeeded: value)
            bytes[offset + 1] = UInt8(value >> 8)
        }
        // Channel A: FIFO type UART with virtual COM port driver for both channels.
        put(0x0808, at: 0)
        put(vendorID, at: 2)
        put(productID, at: 4)
        put(release, at: 6)
        bytes[8] = 0x80
        bytes[9] = 250
        // Bit 3: the serial number is used.
        put(serial == nil ? 0 : 0x0008, at: 10)
        put(0x0200, at: 12)
        var offset = 0x9A
        for (position, text) in [(14, manufacturer), (16, product), (18, serial ?? "")] {
            let descriptor = StandardRequests.stringDescriptor(text)
            guard offset + descriptor.count <= 0xFC else { break }
            bytes[position] = UInt8(offset)
            bytes[position + 1] = UInt8(descriptor.count)
            bytes.replaceSubrange(offset..<offset + descriptor.count, with: descriptor)
            offset += descriptor.count
        }
        words = (0..<Self.wordCount).map { UInt16(bytes[2 * $0]) | UInt16(bytes[2 * $0 + 1]) << 8 }
        words[Self.wordCount - 1] = Self.checksum(words)
    }

    /// A word; FFFFh past the end, as an absent cell reads.
    public subscript(index: Int) -> UInt16 {
        get { words.indices.contains(index) ? words[index] : 0xFFFF }
        set { if words.indices.contains(index) { words[index] = newValue } }
    }

    /// Maker, product and serial number as the chip would show them; nil when the checksum is wrong.
    var strings: [String?]? {
        guard words.last == Self.checksum(words) else { return nil }
        let bytes = words.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }
        return [14, 16, 18].map { pointer in
            let (offset, length) = (Int(bytes[pointer]), Int(bytes[pointer + 1]))
            guard length > 2, offset + length <= bytes.count - 2 else { return nil }
            return USBDescriptors.text(in: Array(bytes[offset..<offset + length]))
        }
    }

    /// The checksum of all words but the last: rotate and exclusive-or, starting from AAAAh.
    static func checksum(_ words: [UInt16]) -> UInt16 {
        words.dropLast().reduce(0xAAAA) { sum, word in
            let mixed = sum ^ word
            return mixed << 1 | mixed >> 15
        }
    }
}
