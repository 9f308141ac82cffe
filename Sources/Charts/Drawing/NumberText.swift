/// Numbers as charts and tables show them.
public enum NumberText {
    /// With so many digits behind the point, and no `-0`.
    public static func fixed(_ value: Double, _ decimals: Int) -> String {
        guard value.isFinite else { return value.isNaN ? "–" : value > 0 ? "∞" : "-∞" }
        guard abs(value) < 1e15 else { return "\(value)" }
        let scale = (0..<max(0, min(decimals, 12))).reduce(1.0) { product, _ in product * 10 }
        let scaled = (abs(value) * scale).rounded()
        guard scaled < 9e15 else { return "\(value)" }
        let whole = Int64(scaled)
        let unit = Int64(scale)
        var text = String(whole / unit)
        if unit > 1 {
            let digits = String(whole % unit)
            text += "." + String(repeating: "0", count: max(0, min(decimals, 12) - digits.count)) + digits
        }
        return value < 0 && whole != 0 ? "-" + text : text
    }

    /// With so many significant digits, trailing zeros cut: 3.3017, 61.2, 12300, 0.00042.
    public static func short(_ value: Double, digits: Int = 4) -> String {
        guard value.isFinite, value != 0 else { return fixed(value, 0) }
        var size = 0
        var magnitude = abs(value)
        while magnitude >= 10, size < 300 {
            magnitude /= 10
            size += 1
        }
        while magnitude < 1, size > -300 {
            magnitude *= 10
            size -= 1
        }
        return trimmed(fixed(value, max(0, digits - 1 - size)))
    }

    /// As many digits as a scale with such steps needs.
    static func onScale(_ value: Double, step: Double) -> String {
        var decimals = 0
        var rest = step
        while decimals < 9, abs(rest - rest.rounded()) > 1e-6 * rest {
            rest *= 10
            decimals += 1
        }
        return fixed(value, decimals)
    }

    /// 0.9623 as `96.2 %`.
    public static func percent(_ share: Double, decimals: Int = 1) -> String {
        fixed(share * 100, decimals) + " %"
    }

    private static func trimmed(_ text: String) -> String {
        guard text.contains(".") else { return text }
        var text = Substring(text)
        while text.last == "0" { text.removeLast() }
        if text.last == "." { text.removeLast() }
        return String(text)
    }
}
