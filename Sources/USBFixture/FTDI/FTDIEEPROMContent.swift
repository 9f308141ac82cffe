import USBTransport

/// What an FTDI chip's EEPROM says of it.
///
/// Layout as FTDI's FT_PROG writes it: vendor, product and release in words 1 to 3; pointers (offset and length in
/// bytes) to the strings in words 7 to 9; a checksum in the last word.
public struct FTDIEEPROMContent: Sendable, Equatable {
    public let words: [UInt16]

    public init(words: [UInt16]) {
        self.words = words
    }

    /// All cells read FFFFh: there is no EEPROM, or nobody ever wrote to it.
    public var isBlank: Bool { words.allSatisfy { $0 == 0xFFFF } }

    /// Whether the checksum is right over 64 or over 128 words.
    public var isIntact: Bool {
        !isBlank
            && [64, 128].contains { count in
                guard words.count >= count else { return false }
                let sum = words[..<(count - 1)].reduce(UInt16(0xAAAA)) { sum, word in
                    let mixed = sum ^ word
                    return mixed << 1 | mixed >> 15
                }
                return sum == words[count - 1]
            }
    }

    public var serial: String? { text(pointer: 9) }
    public var product: String? { text(pointer: 8) }
    public var manufacturer: String? { text(pointer: 7) }

    private func text(pointer: Int) -> String? {
        guard words.count > pointer else { return nil }
        let size = words.count * 2
        // Pointers of bigger parts carry a high bit that addresses the upper half.
        let offset = Int(words[pointer] & 0xFF) & (size - 1)
        let length = Int(words[pointer] >> 8)
        guard length > 2, offset + length <= size else { return nil }
        let bytes = (offset..<offset + length).map {
            UInt8(truncatingIfNeeded: words[$0 / 2] >> ($0 % 2 == 0 ? 0 : 8))
        }
        guard Int(bytes[0]) == length else { return nil }
        return USBDescriptors.text(in: bytes)
    }
}
