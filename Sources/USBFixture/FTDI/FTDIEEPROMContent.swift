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
        !isBlank && checkedCount != nil
    }

    /// Words that the checksum covers, itself included: 64 on a 93C46, 128 on bigger parts; nil when neither is right.
    private var checkedCount: Int? {
        [64, 128].first { $0 <= words.count && Self.checksum(words[..<($0 - 1)]) == words[$0 - 1] }
    }

    private static func checksum(_ words: ArraySlice<UInt16>) -> UInt16 {
        words.reduce(0xAAAA) { sum, word in
            let mixed = sum ^ word
            return mixed << 1 | mixed >> 15
        }
    }

    /// The same content with another serial number: maker and product stay, the three strings are laid out anew from where
    /// the first of them was, and the checksum is made right.
    /// - Parameter serial: 1 to 32 printable ASCII characters.
    /// - Throws: `FTDIEEPROMFault`.
    public func with(serial: String) throws(FTDIEEPROMFault) -> FTDIEEPROMContent {
        guard (1...32).contains(serial.utf8.count), serial.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { throw .unusableSerial(serial) }
        guard !isBlank else { throw .blank }
        guard let count = checkedCount else { throw .damaged }
        var bytes = words[..<count].flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }
        let pointers = [14, 16, 18]
        let start = pointers.map { Int(bytes[$0]) & (bytes.count - 1) }.filter { $0 >= 20 }.min() ?? 0
        guard start > 0 else { throw .damaged }
        var offset = start
        for (pointer, text) in zip(pointers, [manufacturer ?? "", product ?? "", serial]) {
            let descriptor = Self.descriptor(text)
            guard offset + descriptor.count <= bytes.count - 2 else { throw .noRoom(serial) }
            // Bigger parts carry a high bit in their pointers.
            bytes[pointer] = UInt8(truncatingIfNeeded: offset) | (count == 128 ? bytes[pointer] & 0x80 : 0)
            bytes[pointer + 1] = UInt8(descriptor.count)
            bytes.replaceSubrange(offset..<offset + descriptor.count, with: descriptor)
            offset += descriptor.count
        }
        // Bit 3 of byte 10: the serial number is used.
        bytes[10] |= 0x08
        var new = (0..<count).map { UInt16(bytes[2 * $0]) | UInt16(bytes[2 * $0 + 1]) << 8 }
        new[count - 1] = Self.checksum(new[..<(count - 1)])
        return FTDIEEPROMContent(words: new + words[count...])
    }

    private static func descriptor(_ text: String) -> [UInt8] {
        let units = Array(text.utf16.prefix(126))
        return [UInt8(2 + units.count * 2), 3]
            + units.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }
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

/// Why an EEPROM can't be given a serial number.
public enum FTDIEEPROMFault: Error, Equatable, Sendable, CustomStringConvertible {
    case unusableSerial(String)
    /// Nobody ever wrote to it, or there is none.
    case blank
    /// Its checksum is wrong.
    case damaged
    case noRoom(String)
    /// What was read back is not what was written.
    case notWritten(word: Int)

    public var description: String {
        switch self {
        case .unusableSerial(let text):
            "\"\(text)\" can't be an adapter's serial number: 1 to 32 printable ASCII characters without blanks, please."
        case .blank:
            "The adapter's EEPROM is blank or absent, so it has no place for a serial number. Program it once with FT_PROG; an "
                + "adapter without EEPROM can only be bound by its USB path."
        case .damaged:
            "The adapter's EEPROM has a wrong checksum. Program it anew with FT_PROG before it gets a serial number."
        case .noRoom(let text):
            "The adapter's EEPROM has no room for \"\(text)\" beside its other names. Choose a shorter one."
        case .notWritten(let word):
            "Word \(word) of the adapter's EEPROM does not keep what is written to it. Replace the adapter."
        }
    }
}
