/// How a part's status bits choose what can't be erased or programmed.
public enum BlockProtection: Hashable, Sendable {
    /// Winbond's scheme: BP0-BP2 choose a 64th (64 KB at least) and its doubles up to all; TB turns it from top to bottom; SEC makes the unit 4 KB;
    /// CMP in status register 2 turns it round.
    case winbond
    /// BP bits in status bits 2 to 5 as one number: 0 nothing, n the upper 2^(n-1) blocks of 64 KB.
    case blocksFromTop

    /// The bytes that are protected on a chip of `size` bytes with these status registers.
    public func range(status: UInt8, status2: UInt8, size: Int) -> Range<Int> {
        switch self {
        case .blocksFromTop:
            let level = Int(status >> 2 & 15)
            guard level > 0 else { return 0..<0 }
            return max(0, size - 65536 << (level - 1))..<size
        case .winbond:
            let level = Int(status >> 2 & 7)
            let isBottom = status & 0x20 != 0
            let isSmall = status & 0x40 != 0
            let length: Int
            switch level {
            case 0: length = 0
            case 7: length = size
            default:
                let unit = max(size / 64, 65536)
                length = isSmall ? min(4096 << (level - 1), 32768) : min(size, unit << (level - 1))
            }
            let range = isBottom ? 0..<length : size - length..<size
            guard status2 & 0x40 != 0 else { return range }
            if range.isEmpty { return 0..<size }
            return range.lowerBound == 0 ? range.upperBound..<size : 0..<range.lowerBound
        }
    }
}
