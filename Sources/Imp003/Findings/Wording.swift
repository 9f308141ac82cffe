/// Small pieces of wording that several messages share.
enum Wording {
    /// `A`, `A and B`, `A, B and C`; past `limit` items the rest is counted: `A, B and 12 more`.
    static func list<Item: CustomStringConvertible>(
        _ items: some Sequence<Item>, joining: String = "and", limit: Int = 20
    ) -> String {
        var words = items.map(\.description)
        guard words.count > 1 else { return words.first ?? "none" }
        if words.count > limit {
            let rest = words.count - (limit - 1)
            words = Array(words.prefix(limit - 1)) + ["\(rest) more"]
        }
        return words.dropLast().joined(separator: ", ") + " \(joining) " + (words.last ?? "")
    }

    /// Text from outside, made fit for one line of a terminal: bytes that don't print become `\x1b`, and
    /// what is longer than `limit` characters ends in `…`.
    static func quoted(_ bytes: some Sequence<UInt8>, limit: Int = 60) -> String {
        var shown = ""
        var count = 0
        for byte in bytes {
            if count == limit { return "'\(shown)…'" }
            if (0x20..<0x7F).contains(byte) {
                shown.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                shown += "\\x" + hex(UInt32(byte), digits: 2)
            }
            count += 1
        }
        return "'\(shown)'"
    }

    static func quoted(_ text: some StringProtocol, limit: Int = 60) -> String {
        quoted(text.utf8, limit: limit)
    }

    /// Lower-case hexadecimal digits, at least `digits` of them, without prefix.
    static func hex(_ value: UInt32, digits: Int) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }

    /// `0x00005355`: the form in which addresses and codes are shown to people.
    static func address(_ value: UInt32, digits: Int = 8) -> String {
        "0x" + hex(value, digits: digits).uppercased()
    }

    /// A noun for a count: `1 channel`, `2 channels`.
    static func counted(_ count: Int, _ noun: String) -> String {
        count == 1 ? "1 \(noun)" : "\(count) \(noun)s"
    }
}
