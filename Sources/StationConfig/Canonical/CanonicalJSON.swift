/// JSON in one canonical form, so that the same content always has the same bytes and the same SHA-256: keys sorted
/// by their Unicode scalars, no blanks, the shortest digits that give a number back, as RFC 8785 writes them
/// (which sorts by UTF-16 units; keys here are ASCII, where both orders are one).
public indirect enum CanonicalJSON: Hashable, Sendable {
    case null
    case boolean(Bool)
    case integer(Int64)
    /// Must be finite; a number that is not has no JSON form and is written as `null`.
    case number(Double)
    case text(String)
    case list([CanonicalJSON])
    case object([String: CanonicalJSON])

    /// The canonical bytes, UTF-8.
    public var bytes: [UInt8] {
        var bytes: [UInt8] = []
        write(into: &bytes)
        return bytes
    }

    private func write(into bytes: inout [UInt8]) {
        switch self {
        case .null: bytes += "null".utf8
        case .boolean(let value): bytes += (value ? "true" : "false").utf8
        case .integer(let value): bytes += String(value).utf8
        case .number(let value): bytes += Self.shortest(value).utf8
        case .text(let text): Self.write(text, into: &bytes)
        case .list(let items):
            bytes.append(UInt8(ascii: "["))
            for (index, item) in items.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                item.write(into: &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let members):
            bytes.append(UInt8(ascii: "{"))
            let sorted = members.sorted {
                $0.key.unicodeScalars.lexicographicallyPrecedes($1.key.unicodeScalars)
            }
            for (index, member) in sorted.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                Self.write(member.key, into: &bytes)
                bytes.append(UInt8(ascii: ":"))
                member.value.write(into: &bytes)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }

    private static func write(_ text: String, into bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""): bytes += "\\\"".utf8
            case UInt8(ascii: "\\"): bytes += "\\\\".utf8
            case 0x08: bytes += "\\b".utf8
            case 0x09: bytes += "\\t".utf8
            case 0x0A: bytes += "\\n".utf8
            case 0x0C: bytes += "\\f".utf8
            case 0x0D: bytes += "\\r".utf8
            case 0..<0x20: bytes += ("\\u00" + (byte < 0x10 ? "0" : "") + String(byte, radix: 16)).utf8
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// ECMAScript's number form: plain digits from 1e-6 up to below 1e21, an exponent outside of that.
    static func shortest(_ value: Double) -> String {
        guard value.isFinite else { return "null" }
        if value == 0 { return "0" }
        let (digits, exponent) = decimal(value.magnitude)
        let sign = value < 0 ? "-" : ""
        let count = digits.count
        if exponent > 21 || exponent < -5 {
            let fraction = count > 1 ? "." + String(digits.dropFirst()) : ""
            return sign + String(digits.prefix(1)) + fraction + "e" + (exponent > 0 ? "+" : "")
                + String(exponent - 1)
        }
        if exponent >= count { return sign + digits + String(repeating: "0", count: exponent - count) }
        if exponent > 0 { return sign + digits.prefix(exponent) + "." + digits.dropFirst(exponent) }
        return sign + "0." + String(repeating: "0", count: -exponent) + digits
    }

    /// The shortest digits d of a positive number, without zeros at either end, and n with value = 0.d × 10^n.
    private static func decimal(_ value: Double) -> (digits: String, exponent: Int) {
        // The standard library prints the shortest digits that give the number back, in one of two layouts.
        let parts = value.description.split(separator: "e")
        let mantissa = parts[0].split(separator: ".", omittingEmptySubsequences: false)
        var exponent = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
        exponent += mantissa[0].count
        var digits = mantissa.joined()
        let leading = digits.prefix { $0 == "0" }.count
        digits.removeFirst(leading)
        exponent -= leading
        while digits.last == "0" { digits.removeLast() }
        return (digits, exponent)
    }
}
