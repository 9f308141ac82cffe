/// What the JEDEC basic flash parameter table says that matters for erasing and programming.
///
/// Every field is what the chip claims; `ChipIdentification` decides what is believed. Values that make no sense
/// come out as nil or are left out.
public struct SFDPBasicTable: Hashable, Sendable {
    /// One of up to four ways to erase.
    public struct EraseType: Hashable, Sendable {
        public let opcode: UInt8
        /// Bytes; a power of two from 256 bytes to 1 GB.
        public let size: Int
        /// From dword 10, nil in shorter tables.
        public let time: OperationTime?
    }

    /// Dwords in the oldest tables, made before the standard. They say whether 4 KB can be erased, and how large the
    /// chip is; their erase types are missing.
    public static let smallestLength = 4
    /// Dwords that this module looks at.
    public static let usefulLength = 16

    /// Dwords that were there to be read, at most `usefulLength`.
    public let dwords: Int
    /// Whether 4 KB can be erased everywhere: dword 1, bits 1:0 are 01.
    public let erases4K: Bool
    /// The opcode for it; nil for FFh.
    public let erase4KOpcode: UInt8?
    /// Whether a page program takes 64 bytes or more: dword 1, bit 2. Clear on parts that program byte by byte.
    public let programsPages: Bool
    /// Whether the chip understands 24-bit addresses.
    public let takesThreeByteAddresses: Bool
    /// Bytes; nil where the field is no whole number of bytes or beyond 64 GB.
    public let size: Int?
    /// In table order; empty before dword 9.
    public let eraseTypes: [EraseType]
    /// Bytes, from dword 11.
    public let pageSize: Int?
    /// One page, from dword 11.
    public let pageProgram: OperationTime?

    /// - Parameter bytes: the table, little-endian dwords; incomplete ones at the end are ignored.
    /// - Returns: nil for fewer than four dwords, or when all bytes are the same (nothing drives the wire).
    public init?(_ bytes: [UInt8]) {
        let count = min(bytes.count / 4, Self.usefulLength)
        guard count >= Self.smallestLength, Set(bytes.prefix(count * 4)).count > 1 else { return nil }
        func dword(_ number: Int) -> UInt32 {
            let start = (number - 1) * 4
            return UInt32(bytes[start]) | UInt32(bytes[start + 1]) << 8 | UInt32(bytes[start + 2]) << 16
                | UInt32(bytes[start + 3]) << 24
        }
        dwords = count
        let first = dword(1)
        erases4K = first & 3 == 1
        let opcode = UInt8(truncatingIfNeeded: first >> 8)
        erase4KOpcode = opcode == 0xFF ? nil : opcode
        programsPages = first >> 2 & 1 == 1
        takesThreeByteAddresses = first >> 17 & 3 <= 1
        size = Self.size(density: dword(2))
        let timing = count >= 10 ? dword(10) : nil
        eraseTypes = count >= 9 ? Self.eraseTypes(dword(8), dword(9), timing: timing) : []
        if count >= 11 {
            let eleventh = dword(11)
            let exponent = eleventh >> 4 & 15
            pageSize = exponent == 0 ? nil : 1 << Int(exponent)
            let unit: Duration = eleventh >> 13 & 1 == 0 ? .microseconds(8) : .microseconds(64)
            let typical = unit * Int(eleventh >> 8 & 31) + unit
            pageProgram = OperationTime(typical: typical, limit: typical * (2 * (Int(eleventh & 15) + 1)))
        } else {
            pageSize = nil
            pageProgram = nil
        }
    }

    /// Dword 2: with bit 31 clear, bits minus one; with it set, log2 of the bits.
    private static func size(density: UInt32) -> Int? {
        if density >> 31 == 0 {
            let bits = Int(density) + 1
            return bits % 8 == 0 ? bits / 8 : nil
        }
        let exponent = density & 0x7FFF_FFFF
        return (10...39).contains(exponent) ? 1 << Int(exponent - 3) : nil
    }

    /// Dwords 8 and 9: size exponent and opcode of four types. Dword 10: their typical times, and the factor
    /// between typical and longest.
    private static func eraseTypes(_ eighth: UInt32, _ ninth: UInt32, timing: UInt32?) -> [EraseType] {
        let halves = [eighth, eighth >> 16, ninth, ninth >> 16]
        let units: [Duration] = [.milliseconds(1), .milliseconds(16), .milliseconds(128), .seconds(1)]
        var types: [EraseType] = []
        for (index, half) in halves.enumerated() {
            let exponent = Int(half & 0xFF)
            guard (8...30).contains(exponent) else { continue }
            let time = timing.map { timing in
                let field = timing >> (4 + 7 * UInt32(index))
                let typical = units[Int(field >> 5 & 3)] * (Int(field & 31) + 1)
                return OperationTime(typical: typical, limit: typical * (2 * (Int(timing & 15) + 1)))
            }
            types.append(
                EraseType(opcode: UInt8(truncatingIfNeeded: half >> 8), size: 1 << exponent, time: time))
        }
        return types
    }
}
