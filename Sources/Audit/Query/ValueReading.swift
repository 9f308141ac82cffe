import TimeAndChance

/// How each kind of field reads a value.
extension Field.Kind {
    /// - Returns: nil when the text is no value of this kind.
    func read(_ text: String) -> QueryValue? {
        switch self {
        case .text: return .text(text)
        case .words: return text.contains(" ") || text.isEmpty ? nil : .text(text)
        case .word(let words): return words.contains(text) ? .text(text) : nil
        case .integer: return Int64(text).map(QueryValue.integer)
        case .number: return Self.number(text).map(QueryValue.number)
        case .time: return Self.span(text)
        case .digest:
            let digits = text.lowercased()
            guard (4...64).contains(digits.utf8.count), digits.utf8.allSatisfy(Self.isHex) else { return nil }
            return digits.utf8.count == 64 ? .text(digits) : .prefix(digits)
        case .mac:
            let digits = text.lowercased().filter { !":-.".contains($0) }
            return digits.utf8.count == 12 && digits.utf8.allSatisfy(Self.isHex) ? .text(digits) : nil
        case .flag:
            return switch text {
            case "yes", "true": .integer(1)
            case "no", "false": .integer(0)
            default: nil
            }
        case .value:
            if let number = Self.number(text) { return .number(number) }
            if text == "true" || text == "false" { return .integer(text == "true" ? 1 : 0) }
            return .text(text)
        }
    }

    /// What `read` takes, for a sentence.
    var allowed: String {
        switch self {
        case .text: "any text is allowed"
        case .words: "one word is allowed"
        case .word(let words): "allowed are \(words.joined(separator: ", "))"
        case .integer: "a whole number is allowed"
        case .number: "a number is allowed"
        case .time: "allowed are 2026-11-22, 2026-11-22T10:30 and 2026-11-22T10:30:15Z (UTC)"
        case .digest: "4 to 64 hexadecimal digits are allowed"
        case .mac: "12 hexadecimal digits are allowed, with or without colons"
        case .flag: "allowed are yes and no"
        case .value: "a number, a text, true or false is allowed"
        }
    }

    private static func number(_ text: String) -> Double? {
        Double(text).flatMap { $0.isFinite ? $0 : nil }
    }

    private static func isHex(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte)
    }

    /// A day, a minute or a second.
    private static func span(_ text: String) -> QueryValue? {
        let text = text.hasSuffix("Z") ? text.dropLast() : text[...]
        let parts = text.split(separator: "T", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let date = CalendarDay(parts[0]),
            date >= CalendarDay(sinceEpoch: 0)
        else { return nil }
        let day = date.sinceEpoch
        let dayLength: Int64 = 86_400_000
        guard parts.count == 2 else { return .span(day * dayLength, (day + 1) * dayLength) }
        let clock = parts[1].split(separator: ":", omittingEmptySubsequences: false)
        let numbers = clock.map { $0.utf8.count == 2 ? Int64($0) ?? -1 : -1 }
        guard (2...3).contains(numbers.count), (0...23).contains(numbers[0]), (0...59).contains(numbers[1]),
            numbers.count == 2 || (0...59).contains(numbers[2])
        else { return nil }
        let start =
            day * dayLength + (numbers[0] * 3600 + numbers[1] * 60 + (numbers.count == 3 ? numbers[2] : 0))
            * 1000
        return .span(start, start + (numbers.count == 3 ? 1000 : 60_000))
    }
}
