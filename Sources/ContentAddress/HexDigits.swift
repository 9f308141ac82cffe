/// Bytes as people and files write them: two hexadecimal digits each, nothing between.
extension Collection<UInt8> {
    /// Two lower-case digits a byte.
    public var hexDigits: String {
        String(unsafeUninitializedCapacity: 2 * count) { buffer in
            var end = 0
            for byte in self {
                buffer[end] = Self.digit(byte >> 4)
                buffer[end + 1] = Self.digit(byte & 15)
                end += 2
            }
            return end
        }
    }

    private static func digit(_ nibble: UInt8) -> UInt8 {
        nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10
    }
}

extension [UInt8] {
    /// The bytes that `hexDigits` writes out.
    /// - Returns: nil unless these are hexadecimal digits of either case, two a byte.
    public init?(hexDigits: some StringProtocol) {
        let digits = hexDigits.utf8
        guard digits.count.isMultiple(of: 2) else { return nil }
        self = []
        reserveCapacity(digits.count / 2)
        var high: UInt8?
        for digit in digits {
            guard let nibble = Self.nibble(digit) else { return nil }
            if let first = high {
                append(first << 4 | nibble)
                high = nil
            } else {
                high = nibble
            }
        }
    }

    private static func nibble(_ digit: UInt8) -> UInt8? {
        switch digit {
        case 0x30...0x39: digit - 0x30
        case 0x41...0x46: digit - 0x41 + 10
        case 0x61...0x66: digit - 0x61 + 10
        default: nil
        }
    }
}
