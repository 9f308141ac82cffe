#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Numbers as text and back, by the C library's rules, which Squirrel programs see.
enum NumberText {
    /// `%.{digits}g`
    static func format(_ number: Double, digits: Int) -> [UInt8] {
        format("%.\(digits)g", number)
    }

    /// Formats with a C format that takes one double.
    static func format(_ format: String, _ number: Double) -> [UInt8] {
        print(format, number)
    }

    /// Formats with a C format that takes one int.
    static func format(_ format: String, _ number: Int32) -> [UInt8] {
        print(format, number)
    }

    private static func print(_ format: String, _ argument: any CVarArg) -> [UInt8] {
        withVaList([argument]) { list in
            var buffer = [CChar](repeating: 0, count: 512)
            let count = vsnprintf(&buffer, buffer.count, format, list)
            return buffer.prefix(max(0, min(Int(count), buffer.count - 1))).map { UInt8(bitPattern: $0) }
        }
    }

    /// The number at the beginning of a text, by `strtod`, and how many bytes it took.
    static func double(_ text: [UInt8]) -> (value: Double, count: Int) {
        var characters = text.map { CChar(bitPattern: $0) }
        characters.append(0)
        return characters.withUnsafeMutableBufferPointer { buffer in
            guard let start = buffer.baseAddress else { return (0, 0) }
            var end: UnsafeMutablePointer<CChar>?
            let value = strtod(start, &end)
            return (value, end.map { $0 - start } ?? 0)
        }
    }

    /// The integer at the beginning of a text, by a 32-bit `strtol` in base ten: held at the ends.
    static func integer(_ text: some Sequence<UInt8>) -> Int32? {
        var value: Int64 = 0
        var isNegative = false
        var hasDigits = false
        var hasSign = false
        for byte in text {
            if byte.isDigit {
                hasDigits = true
                value = min(value * 10 + Int64(byte - 48), 1 << 40)
            } else if !hasDigits && !hasSign && (byte == 32 || (byte >= 9 && byte <= 13)) {
                continue
            } else if !hasDigits && !hasSign && (byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+")) {
                hasSign = true
                isNegative = byte == UInt8(ascii: "-")
            } else {
                break
            }
        }
        guard hasDigits else { return nil }
        let signed = isNegative ? -value : value
        return Int32(clamping: signed)
    }
}
