/// A strict, bounded JSON reader: what it reads may come from anybody.
struct JSONParser {
    private static let deepest = 32

    private let bytes: UnsafeRawBufferPointer
    private var offset = 0
    private var depth = 0

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    mutating func document() throws(JSONFault) -> JSONValue {
        let value = try self.value()
        skipSpace()
        guard offset == bytes.count else { throw fault("something follows the end of the value") }
        return value
    }

    private mutating func value() throws(JSONFault) -> JSONValue {
        skipSpace()
        guard offset < bytes.count else { throw fault("the text ends early") }
        switch bytes[offset] {
        case UInt8(ascii: "{"): return try object()
        case UInt8(ascii: "["): return try array()
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return try number()
        }
    }

    private mutating func object() throws(JSONFault) -> JSONValue {
        try descend()
        var members: [JSONValue.Member] = []
        skipSpace()
        if take(UInt8(ascii: "}")) {
            depth -= 1
            return .object(members)
        }
        repeat {
            skipSpace()
            guard offset < bytes.count, bytes[offset] == UInt8(ascii: "\"") else {
                throw fault("a key should be here")
            }
            let key = try string()
            guard !members.contains(where: { $0.key == key }) else {
                throw fault("key \"\(key)\" occurs twice")
            }
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw fault("':' should be here") }
            members.append(JSONValue.Member(key: key, value: try value()))
            skipSpace()
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "}")) else { throw fault("',' or '}' should be here") }
        depth -= 1
        return .object(members)
    }

    private mutating func array() throws(JSONFault) -> JSONValue {
        try descend()
        var elements: [JSONValue] = []
        skipSpace()
        if take(UInt8(ascii: "]")) {
            depth -= 1
            return .array(elements)
        }
        repeat {
            elements.append(try value())
            skipSpace()
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "]")) else { throw fault("',' or ']' should be here") }
        depth -= 1
        return .array(elements)
    }

    private mutating func string() throws(JSONFault) -> String {
        offset += 1
        let start = offset
        while offset < bytes.count, bytes[offset] != 0x22, bytes[offset] != 0x5C, bytes[offset] >= 0x20 {
            offset += 1
        }
        if offset < bytes.count, bytes[offset] == 0x22 {
            defer { offset += 1 }
            return try text(bytes[start..<offset])
        }
        var units = Array(bytes[start..<offset])
        while offset < bytes.count {
            let unit = bytes[offset]
            if unit == 0x22 {
                offset += 1
                return try units.withUnsafeBytes { buffer in
                    Result { () throws(JSONFault) in try text(buffer[...]) }
                }.get()
            }
            guard unit >= 0x20 else { throw fault("a control character must be escaped") }
            offset += 1
            if unit == 0x5C { try escape(into: &units) } else { units.append(unit) }
        }
        throw fault("the string has no end")
    }

    private func text(_ units: Slice<UnsafeRawBufferPointer>) throws(JSONFault) -> String {
        guard let text = String(validating: units, as: UTF8.self) else {
            throw fault("the string is not UTF-8")
        }
        return text
    }

    private mutating func escape(into units: inout [UInt8]) throws(JSONFault) {
        guard offset < bytes.count else { throw fault("the text ends early") }
        let unit = bytes[offset]
        offset += 1
        switch unit {
        case UInt8(ascii: "b"): units.append(0x08)
        case UInt8(ascii: "t"): units.append(0x09)
        case UInt8(ascii: "n"): units.append(0x0A)
        case UInt8(ascii: "f"): units.append(0x0C)
        case UInt8(ascii: "r"): units.append(0x0D)
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): units.append(unit)
        case UInt8(ascii: "u"):
            var code = try hexadecimalUnit()
            if (0xD800..<0xDC00).contains(code) {
                guard take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else {
                    throw fault("half a surrogate pair")
                }
                let low = try hexadecimalUnit()
                guard (0xDC00..<0xE000).contains(low) else { throw fault("half a surrogate pair") }
                code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(code) else { throw fault("half a surrogate pair") }
            units.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
        default: throw fault("unknown escape")
        }
    }

    private mutating func hexadecimalUnit() throws(JSONFault) -> UInt32 {
        guard offset + 4 <= bytes.count else { throw fault("the text ends early") }
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = Character(Unicode.Scalar(bytes[offset])).hexDigitValue, bytes[offset] < 0x80
            else {
                throw fault("four hexadecimal digits should be here")
            }
            code = code << 4 | UInt32(digit)
            offset += 1
        }
        return code
    }

    private mutating func number() throws(JSONFault) -> JSONValue {
        let start = offset
        _ = take(UInt8(ascii: "-"))
        let firstDigit = offset
        guard takeDigits() > 0 else { throw fault("a value should be here") }
        guard bytes[firstDigit] != 0x30 || offset == firstDigit + 1 else {
            throw fault("a number starts with 0")
        }
        var isWhole = true
        if take(UInt8(ascii: ".")) {
            isWhole = false
            guard takeDigits() > 0 else { throw fault("a digit should be here") }
        }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            isWhole = false
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            guard takeDigits() > 0 else { throw fault("a digit should be here") }
        }
        if isWhole, offset - start <= 17 {
            let isNegative = firstDigit > start
            var whole: Int64 = 0
            for index in firstDigit..<offset { whole = whole * 10 + Int64(bytes[index] - 0x30) }
            if whole < 1 << 53, !(isNegative && whole == 0) { return .integer(isNegative ? -whole : whole) }
        }
        guard let number = Double(String(decoding: bytes[start..<offset], as: UTF8.self)), number.isFinite
        else {
            throw fault("the number is out of range")
        }
        return .number(number)
    }

    private mutating func takeDigits() -> Int {
        let start = offset
        while offset < bytes.count, (0x30...0x39).contains(bytes[offset]) { offset += 1 }
        return offset - start
    }

    private mutating func word(_ word: StaticString, _ value: JSONValue) throws(JSONFault) -> JSONValue {
        let length = word.utf8CodeUnitCount
        guard offset + length <= bytes.count,
            (0..<length).allSatisfy({ bytes[offset + $0] == word.utf8Start[$0] })
        else { throw fault("a value should be here") }
        offset += length
        return value
    }

    private mutating func descend() throws(JSONFault) {
        depth += 1
        guard depth <= Self.deepest else { throw fault("more than \(Self.deepest) levels deep") }
        offset += 1
    }

    private mutating func skipSpace() {
        while offset < bytes.count {
            switch bytes[offset] {
            case 0x20, 0x09, 0x0A, 0x0D: offset += 1
            default: return
            }
        }
    }

    private mutating func take(_ unit: UInt8) -> Bool {
        guard offset < bytes.count, bytes[offset] == unit else { return false }
        offset += 1
        return true
    }

    private func fault(_ reason: String) -> JSONFault {
        JSONFault(offset: offset, reason: reason)
    }
}
