import Squirrel

/// JSON as `http.jsonencode` and `http.jsondecode` have it.
enum JSONText {
    /// What is wrong with a JSON text, and where.
    struct ParseError: Error, CustomStringConvertible {
        var description: String
    }

    /// Deepest nesting that is read.
    private static let deepest = 100

    // MARK: Writing

    /// - Parameter compact: without blanks; else the platform's blanks around separators.
    static func encode(_ data: SquirrelData, compact: Bool) -> [UInt8] {
        var text: [UInt8] = []
        write(data, compact ? [] : [0x20], to: &text)
        return text
    }

    private static func write(_ data: SquirrelData, _ blank: [UInt8], to text: inout [UInt8]) {
        switch data {
        case .null, .opaque: text += Array("null".utf8)
        case .bool(let value): text += Array((value ? "true" : "false").utf8)
        case .integer(let value): text += Array("\(value)".utf8)
        // JSON has no words for what is not a number.
        case .float(let value): text += Array((value.isFinite ? "\(value)" : "null").utf8)
        case .string(let value): write(string: value.bytes, to: &text)
        case .blob(let bytes): write(string: FormText.base64(bytes), to: &text)
        case .array(let elements):
            text.append(0x5B)
            for (index, element) in elements.enumerated() {
                text += (index > 0 ? [0x2C] : []) + blank
                write(element, blank, to: &text)
            }
            text += (elements.isEmpty ? [] : blank) + [0x5D]
        case .table(let entries):
            text.append(0x7B)
            for (index, entry) in entries.enumerated() {
                text += (index > 0 ? [0x2C] : []) + blank
                write(string: name(of: entry.key), to: &text)
                text += [0x3A] + blank
                write(entry.value, blank, to: &text)
            }
            text += (entries.isEmpty ? [] : blank) + [0x7D]
        }
    }

    /// JSON has strings as keys only.
    private static func name(of key: SquirrelData) -> [UInt8] {
        switch key {
        case .string(let text): text.bytes
        case .integer(let value): Array("\(value)".utf8)
        case .float(let value): Array("\(value)".utf8)
        case .bool(let value): Array((value ? "true" : "false").utf8)
        default: []
        }
    }

    private static func write(string bytes: [UInt8], to text: inout [UInt8]) {
        let digits = Array("0123456789abcdef".utf8)
        text.append(0x22)
        for byte in bytes {
            switch byte {
            case 0x22, 0x5C: text += [0x5C, byte]
            case 0x0A: text += [0x5C, 0x6E]
            case 0x0D: text += [0x5C, 0x72]
            case 0x09: text += [0x5C, 0x74]
            case 0..<0x20:
                text += Array("\\u00".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            default: text.append(byte)
            }
        }
        text.append(0x22)
    }

    // MARK: Reading

    /// Numbers without fraction and exponent that fit into 32 bits become integers, others floats.
    static func decode(_ text: [UInt8]) throws(ParseError) -> SquirrelData {
        var reader = Reader(text: text)
        let data = try reader.value(depth: 0)
        reader.skipBlanks()
        guard reader.position == text.count else { throw reader.error("something follows the value") }
        return data
    }

    private struct Reader {
        let text: [UInt8]
        var position = 0

        init(text: [UInt8]) {
            self.text = text
        }

        private var next: UInt8? { position < text.count ? text[position] : nil }

        func error(_ what: String) -> ParseError {
            ParseError(description: "JSON: \(what) at position \(position)")
        }

        mutating func skipBlanks() {
            while let byte = next, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { position += 1 }
        }

        mutating func value(depth: Int) throws(ParseError) -> SquirrelData {
            guard depth < JSONText.deepest else { throw error("nested too deeply") }
            skipBlanks()
            switch next {
            case 0x7B: return try table(depth: depth)
            case 0x5B: return try array(depth: depth)
            case 0x22: return .string(SquirrelString(try string()))
            case 0x74: return try word("true", .bool(true))
            case 0x66: return try word("false", .bool(false))
            case 0x6E: return try word("null", .null)
            default: return try number()
            }
        }

        private mutating func word(_ word: String, _ data: SquirrelData) throws(ParseError) -> SquirrelData {
            guard text[position...].starts(with: word.utf8) else { throw error("unknown word") }
            position += word.utf8.count
            return data
        }

        private mutating func take(_ byte: UInt8) -> Bool {
            skipBlanks()
            guard next == byte else { return false }
            position += 1
            return true
        }

        private mutating func table(depth: Int) throws(ParseError) -> SquirrelData {
            position += 1
            var entries: [SquirrelData.Entry] = []
            if take(0x7D) { return .table(entries) }
            repeat {
                skipBlanks()
                guard next == 0x22 else { throw error("a key must be a string") }
                let key = SquirrelData.string(SquirrelString(try string()))
                guard take(0x3A) else { throw error("a colon is missing") }
                let value = try value(depth: depth + 1)
                entries.removeAll { $0.key == key }
                entries.append(.init(key: key, value: value))
            } while take(0x2C)
            guard take(0x7D) else { throw error("a closing brace is missing") }
            return .table(entries)
        }

        private mutating func array(depth: Int) throws(ParseError) -> SquirrelData {
            position += 1
            var elements: [SquirrelData] = []
            if take(0x5D) { return .array(elements) }
            repeat { elements.append(try value(depth: depth + 1)) } while take(0x2C)
            guard take(0x5D) else { throw error("a closing bracket is missing") }
            return .array(elements)
        }

        private mutating func string() throws(ParseError) -> [UInt8] {
            position += 1
            var bytes: [UInt8] = []
            while let byte = next {
                position += 1
                switch byte {
                case 0x22: return bytes
                case 0x5C: bytes += try escaped()
                default: bytes.append(byte)
                }
            }
            throw error("a string does not end")
        }

        private mutating func escaped() throws(ParseError) -> [UInt8] {
            guard let byte = next else { throw error("a string does not end") }
            position += 1
            switch byte {
            case 0x6E: return [0x0A]
            case 0x72: return [0x0D]
            case 0x74: return [0x09]
            case 0x62: return [0x08]
            case 0x66: return [0x0C]
            case 0x22, 0x5C, 0x2F: return [byte]
            case 0x75: return Array(String(Character(try codePoint())).utf8)
            default: throw error("unknown escape")
            }
        }

        private mutating func codePoint() throws(ParseError) -> Unicode.Scalar {
            let first = try unit()
            if (0xD800..<0xDC00).contains(first), text[position...].starts(with: [0x5C, 0x75]) {
                position += 2
                let second = try unit()
                if (0xDC00..<0xE000).contains(second) {
                    let value = 0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)
                    return Unicode.Scalar(value) ?? "\u{FFFD}"
                }
            }
            return Unicode.Scalar(first) ?? "\u{FFFD}"
        }

        private mutating func unit() throws(ParseError) -> UInt32 {
            guard position + 4 <= text.count,
                let value = UInt32(
                    String(decoding: text[position..<(position + 4)], as: UTF8.self), radix: 16)
            else { throw error("four hexadecimal digits are missing") }
            position += 4
            return value
        }

        private mutating func number() throws(ParseError) -> SquirrelData {
            let start = position
            while let byte = next, Array("+-.0123456789eE".utf8).contains(byte) { position += 1 }
            let digits = String(decoding: text[start..<position], as: UTF8.self)
            if let integer = Int32(digits) { return .integer(integer) }
            guard let float = Float(digits), float.isFinite else {
                position = start
                throw error("no value")
            }
            return .float(float)
        }
    }
}
