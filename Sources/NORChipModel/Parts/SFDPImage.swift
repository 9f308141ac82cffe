import SerialNOR

/// Builds what a chip answers to 5Ah, in the layout of JESD216, with whatever it is meant to say, true or not.
public struct SFDPImage: Sendable {
    /// Basic table dwords: 4 (made before the standard), 9 (first edition) or 16 (revision B).
    public var dwords = 16
    public var minor: UInt8 = 6
    /// Chip size in bytes, as claimed.
    public var size: Int
    /// Dword 1, bits 1:0.
    public var uniform4K = true
    /// Dword 1, bits 15:8.
    public var erase4KOpcode: UInt8 = 0x20
    /// Up to four.
    public var erases: [CataloguePart.Erase]
    public var timing: ChipTiming
    public var pageSize = 256
    /// 0: three bytes; 1: three or four; 2: four.
    public var addressBytes: UInt8 = 0

    public init(size: Int, erases: [CataloguePart.Erase], timing: ChipTiming) {
        self.size = size
        self.erases = erases
        self.timing = timing
    }

    /// Where the basic table lies.
    public static let tableAddress = 0x30

    /// Bytes from SFDP address 0; beyond them a chip answers FFh.
    public var bytes: [UInt8] {
        let pointer = Self.tableAddress
        var bytes: [UInt8] = [
            0x53, 0x46, 0x44, 0x50, minor, 1, 0, 0xFF,
            0x00, minor, 1, UInt8(dwords), UInt8(pointer), 0, 0, 0xFF,
        ]
        bytes += [UInt8](repeating: 0xFF, count: pointer - bytes.count)
        for value in table.prefix(dwords) {
            bytes += [
                UInt8(truncatingIfNeeded: value), UInt8(truncatingIfNeeded: value >> 8),
                UInt8(truncatingIfNeeded: value >> 16), UInt8(truncatingIfNeeded: value >> 24),
            ]
        }
        return bytes
    }

    private var table: [UInt32] {
        var table = [UInt32](repeating: 0, count: 16)
        table[0] =
            (uniform4K ? 1 : 3) | 1 << 2 | 0xE0 | UInt32(uniform4K ? erase4KOpcode : 0xFF) << 8
            | UInt32(addressBytes) << 17 | 0xFF80_0000
        table[1] = size >= 1 << 29 ? 1 << 31 | UInt32((size * 8).trailingZeroBitCount) : UInt32(size * 8 - 1)
        for (index, erase) in erases.prefix(4).enumerated() {
            let half = UInt32(erase.size.trailingZeroBitCount) | UInt32(erase.opcode) << 8
            table[7 + index / 2] |= half << (16 * UInt32(index % 2))
            table[9] |= Self.eraseField(timing.erase(size: erase.size).typical) << (4 + 7 * UInt32(index))
        }
        table[9] |= 3
        table[10] =
            3 | UInt32(pageSize.trailingZeroBitCount) << 4 | Self.programField(timing.pageProgram.typical)
            << 8
        return table
    }

    /// Count minus one in five bits, unit in two: 1, 16, 128 ms, 1 s.
    private static func eraseField(_ time: Duration) -> UInt32 {
        let milliseconds = Int(time / .milliseconds(1))
        for (index, unit) in [1, 16, 128, 1000].enumerated() where milliseconds <= 32 * unit {
            return UInt32(max(1, (milliseconds + unit - 1) / unit) - 1) | UInt32(index) << 5
        }
        return 0x7F
    }

    /// Count minus one in five bits, unit in one: 8 or 64 µs.
    private static func programField(_ time: Duration) -> UInt32 {
        let microseconds = Int(time / .microseconds(1))
        let (unit, flag): (Int, UInt32) = microseconds <= 256 ? (8, 0) : (64, 1)
        return UInt32(min(32, max(1, (microseconds + unit - 1) / unit)) - 1) | flag << 5
    }
}
