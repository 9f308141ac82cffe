/// Reads the quantities that configuration files are written in. Each gives nil for what is not of its form;
/// ranges are judged by the caller.
enum Quantity {
    /// Decimal (`-12`) or hexadecimal (`0x70000`) integer.
    static func integer(_ text: some StringProtocol) -> Int64? {
        var digits = text[...]
        let negative = digits.hasPrefix("-")
        if negative { digits = digits.dropFirst() }
        let isHex = digits.hasPrefix("0x") || digits.hasPrefix("0X")
        if isHex { digits = digits.dropFirst(2) }
        guard let first = digits.first, first != "+", first != "-" else { return nil }
        return Int64((negative ? "-" : "") + digits, radix: isHex ? 16 : 10)
    }

    /// A number as people write limits: `3.30`, `-60`, `1.5e-3`, `0x1F`. `.nan`, `nan`, `.inf` and numbers too
    /// large for a `Double` come back as they are, so that the caller can name them.
    static func number(_ text: some StringProtocol) -> Double? {
        let lowered = text.lowercased()
        switch lowered {
        case ".nan", "nan": return .nan
        case ".inf", "inf", "+.inf", "+inf", "infinity": return .infinity
        case "-.inf", "-inf", "-infinity": return -.infinity
        default: break
        }
        if lowered.hasPrefix("0x") || lowered.hasPrefix("-0x") { return integer(lowered).map(Double.init) }
        guard isDecimal(lowered) else { return nil }
        return Double(lowered)
    }

    /// Sign, digits with at most one point, an exponent: nothing else that `Double` would take.
    private static func isDecimal(_ text: String) -> Bool {
        var rest = text.utf8[...]
        func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
        if let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
            rest = rest.dropFirst()
        }
        let whole = rest.prefix(while: isDigit)
        rest = rest.dropFirst(whole.count)
        var fraction = 0
        if rest.first == UInt8(ascii: ".") {
            fraction = rest.dropFirst().prefix(while: isDigit).count
            rest = rest.dropFirst(1 + fraction)
        }
        guard whole.count + fraction > 0 else { return false }
        guard rest.first == UInt8(ascii: "e") else { return rest.isEmpty }
        rest = rest.dropFirst()
        if let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
            rest = rest.dropFirst()
        }
        return !rest.isEmpty && rest.allSatisfy(isDigit)
    }

    /// `500 ms`, `3 s`, `2 min`, `1 h`; up to three decimals; to the millisecond.
    static func duration(_ text: some StringProtocol) -> Duration? {
        guard let (thousandths, unit) = thousandths(text) else { return nil }
        let perUnit: Int64
        switch unit {
        case "ms": perUnit = 1
        case "s": perUnit = 1000
        case "min": perUnit = 60_000
        case "h": perUnit = 3_600_000
        default: return nil
        }
        let (product, overflow) = thousandths.multipliedReportingOverflow(by: perUnit)
        guard !overflow, product % 1000 == 0 else { return nil }
        return .milliseconds(product / 1000)
    }

    /// Bytes: `1 MiB`, `448 KiB`, `512 B`, `4096`, `0x70000`. `KB` and `MB` are not taken: they mean two things.
    static func size(_ text: some StringProtocol) -> Int64? {
        if let plain = integer(text) { return plain }
        guard let (thousandths, unit) = thousandths(text) else { return nil }
        let perUnit: Int64
        switch unit {
        case "B": perUnit = 1
        case "KiB": perUnit = 1024
        case "MiB": perUnit = 1_048_576
        default: return nil
        }
        let (product, overflow) = thousandths.multipliedReportingOverflow(by: perUnit)
        guard !overflow, product % 1000 == 0 else { return nil }
        return product / 1000
    }

    /// A count with up to three decimals and the letters after it, one blank between them allowed.
    private static func thousandths(_ text: some StringProtocol) -> (Int64, String)? {
        let count = text.prefix { $0.isASCII && ($0.isWholeNumber || $0 == ".") }
        var unit = text.dropFirst(count.count)
        if unit.hasPrefix(" ") { unit = unit.dropFirst() }
        let parts = count.split(separator: ".", omittingEmptySubsequences: false)
        guard let whole = parts.first, !whole.isEmpty, parts.count <= 2, let units = Int64(whole) else {
            return nil
        }
        var fraction: Int64 = 0
        if parts.count == 2 {
            guard (1...3).contains(parts[1].count), let digits = Int64(parts[1]) else { return nil }
            fraction = digits * [100, 10, 1][parts[1].count - 1]
        }
        let (scaled, overflow) = units.multipliedReportingOverflow(by: 1000)
        guard !overflow, scaled <= .max - fraction else { return nil }
        return (scaled + fraction, String(unit))
    }
}

extension Duration {
    /// Whole milliseconds, cut towards zero.
    var wholeMilliseconds: Int64 {
        components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    }

    /// As configuration files write it: the largest unit that leaves a whole number.
    var spoken: String {
        let milliseconds = wholeMilliseconds
        if milliseconds == 0 { return "0 s" }
        if milliseconds % 3_600_000 == 0 { return "\(milliseconds / 3_600_000) h" }
        if milliseconds % 60_000 == 0 { return "\(milliseconds / 60_000) min" }
        return milliseconds % 1000 == 0 ? "\(milliseconds / 1000) s" : "\(milliseconds) ms"
    }
}

/// Sizes in messages and in `sku show`.
enum ByteCount {
    /// `1 MiB`, `448 KiB`, `4100 bytes`.
    static func spoken(_ count: some BinaryInteger) -> String {
        let count = Int64(count)
        if count > 0, count % 1_048_576 == 0 { return "\(count / 1_048_576) MiB" }
        if count > 0, count % 1024 == 0 { return "\(count / 1024) KiB" }
        return count == 1 ? "1 byte" : "\(count) bytes"
    }
}
