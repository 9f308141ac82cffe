/// How addresses and bytes are written in sentences for people: `0x070000`, `EF`.
enum Hexadecimal {
    /// A flash address with at least six digits.
    static func address(_ value: Int) -> String {
        let sign = value < 0 ? "-" : ""
        let digits = String(value.magnitude, radix: 16)
        return sign + "0x" + String(repeating: "0", count: max(0, 6 - digits.count)) + digits
    }

    /// `0x070000-0x07ffff`: the last address is the last byte inside.
    static func range(_ range: Range<Int>) -> String {
        range.isEmpty
            ? "nothing at \(address(range.lowerBound))"
            : "\(address(range.lowerBound))-\(address(range.upperBound - 1))"
    }

    /// Two upper-case digits.
    static func byte(_ value: UInt8) -> String {
        let digits = String(value, radix: 16, uppercase: true)
        return digits.count == 1 ? "0" + digits : digits
    }

    /// Bytes with a space between.
    static func bytes(_ values: some Sequence<UInt8>) -> String {
        values.map(byte).joined(separator: " ")
    }
}
