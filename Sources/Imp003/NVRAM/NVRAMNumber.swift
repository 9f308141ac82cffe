/// A number as NVRAM files write it: decimal, with a minus where needed, or hexadecimal with `0x`.
enum NVRAMNumber {
    /// - Returns: nil for anything else, and for a decimal with a leading zero, which drivers that go by C's
    ///   rules read as octal.
    static func value(_ text: some StringProtocol) -> Int? {
        var digits = text.drop { $0 == " " }
        while digits.last == " " { digits.removeLast() }
        if digits.hasPrefix("0x") || digits.hasPrefix("0X") {
            let hex = digits.dropFirst(2)
            // `Int` alone would read a sign here.
            guard (1...8).contains(hex.utf8.count), hex.utf8.allSatisfy({ HexDigit.value($0) != nil }) else {
                return nil
            }
            return Int(hex, radix: 16)
        }
        let magnitude = digits.first == "-" ? digits.dropFirst() : digits
        guard (1...10).contains(magnitude.utf8.count),
            magnitude.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            magnitude.utf8.first != 0x30 || magnitude.utf8.count == 1
        else { return nil }
        return Int(digits)
    }

    /// A signed 16-bit number, which may be written in two's complement: `0xFD5C` is -676.
    static func signed16(_ text: some StringProtocol) -> Int? {
        guard let number = value(text), (-32_768...65_535).contains(number) else { return nil }
        return number > 32_767 ? number - 65_536 : number
    }
}
