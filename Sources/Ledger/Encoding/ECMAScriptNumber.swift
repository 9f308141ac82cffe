/// The one spelling of a double that RFC 8785 §3.2.2.3 allows: ECMAScript's `Number::toString`.
enum ECMAScriptNumber {
    /// - Precondition: `value` is finite.
    static func text(of value: Double) -> String {
        if value == 0 { return "0" }
        if let whole = Int64(exactly: value), whole.magnitude < 1 << 53 { return String(whole) }
        let plain = value.description
        // Between 0.0001 and 2^54 Swift spells as ECMAScript does, and these were whole numbers no more.
        if !plain.utf8.contains(UInt8(ascii: "e")), !plain.hasSuffix(".0") { return plain }
        // Swift prints the same shortest digits as ECMAScript and differs only in where it uses an exponent.
        var digits: [UInt8] = []
        var exponent = 0
        var point: Int?
        let printed = Array(value.magnitude.description.utf8)
        for (index, unit) in printed.enumerated() {
            if unit == UInt8(ascii: ".") {
                point = digits.count
            } else if unit == UInt8(ascii: "e") {
                exponent = Int(String(decoding: printed[(index + 1)...], as: UTF8.self)) ?? 0
                break
            } else {
                digits.append(unit)
            }
        }
        var position = (point ?? digits.count) + exponent
        let leading = digits.prefix { $0 == 0x30 }.count
        digits.removeFirst(leading)
        position -= leading
        while digits.last == 0x30 { digits.removeLast() }

        let count = digits.count
        var text = value < 0 ? "-" : ""
        func digitsText(_ part: some Sequence<UInt8>) -> String {
            String(decoding: Array(part), as: UTF8.self)
        }
        switch position {
        case count...21 where count <= 21:
            text += digitsText(digits) + String(repeating: "0", count: position - count)
        case 1...21:
            text += digitsText(digits[..<position]) + "." + digitsText(digits[position...])
        case -5...0:
            text += "0." + String(repeating: "0", count: -position) + digitsText(digits)
        default:
            text += digitsText(digits[..<1])
            if count > 1 { text += "." + digitsText(digits[1...]) }
            text += "e" + (position > 0 ? "+" : "-") + String(abs(position - 1))
        }
        return text
    }
}
