/// Hexadecimal digits in ASCII, either case.
enum HexDigit {
    /// 0 to 15, or nil for a byte that is no hexadecimal digit.
    static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case 0x30...0x39: digit - 0x30
        case 0x41...0x46: digit - 0x41 + 10
        case 0x61...0x66: digit - 0x61 + 10
        default: nil
        }
    }

    /// Two lower-case digits for each byte.
    static func text(_ bytes: some Sequence<UInt8>, separator: String = "") -> String {
        bytes.map { Wording.hex(UInt32($0), digits: 2) }.joined(separator: separator)
    }
}
