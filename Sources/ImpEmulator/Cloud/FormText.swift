/// The text forms in which the web carries bytes: URL encoding, form bodies, Base64.
enum FormText {
    private static let digits = Array("0123456789ABCDEF".utf8)

    /// Letters, digits and `-._~` stay, a blank becomes `+`, all else `%XX` (HTML forms; RFC 3986 for what stays).
    static func escape(_ bytes: [UInt8]) -> [UInt8] {
        var text: [UInt8] = []
        for byte in bytes {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: text.append(byte)
            case 0x20: text.append(0x2B)
            default: text += [0x25, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return text
    }

    /// The reverse; a `%` without two digits behind it stays as it is.
    static func unescape(_ text: some Collection<UInt8>) -> [UInt8] {
        let text = Array(text)
        var bytes: [UInt8] = []
        var index = 0
        while index < text.count {
            if text[index] == 0x25, index + 2 < text.count, let high = hex(text[index + 1]),
                let low = hex(text[index + 2])
            {
                bytes.append(high << 4 | low)
                index += 3
            } else {
                bytes.append(text[index] == 0x2B ? 0x20 : text[index])
                index += 1
            }
        }
        return bytes
    }

    /// `a=1&b=2`.
    static func encode(_ fields: [(name: [UInt8], value: [UInt8])]) -> [UInt8] {
        Array(fields.map { escape($0.name) + [0x3D] + escape($0.value) }.joined(separator: [0x26]))
    }

    /// The fields of a form body or query; a name without `=` has an empty value.
    static func decode(_ text: [UInt8]) -> [(name: [UInt8], value: [UInt8])] {
        text.split(separator: 0x26).map { field in
            let parts = field.split(separator: 0x3D, maxSplits: 1, omittingEmptySubsequences: false)
            return (unescape(parts[0]), parts.count > 1 ? unescape(parts[1]) : [])
        }
    }

    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// RFC 4648, with padding.
    static func base64(_ bytes: [UInt8]) -> [UInt8] {
        var text: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            var value = 0
            for offset in 0..<3 {
                value = value << 8 | (offset < group.count ? Int(group[start + offset]) : 0)
            }
            for place in 0..<4 {
                text.append(place <= group.count ? alphabet[value >> (18 - 6 * place) & 63] : 0x3D)
            }
        }
        return text
    }

    /// - Returns: nil when the text holds something that is no Base64; blanks and line ends are skipped.
    static func unbase64(_ text: [UInt8]) -> [UInt8]? {
        var bytes: [UInt8] = []
        var value = 0
        var bits = 0
        for byte in text where !(byte == 0x20 || byte == 0x0A || byte == 0x0D) {
            if byte == 0x3D { break }
            guard let digit = alphabet.firstIndex(of: byte) else { return nil }
            value = (value << 6 | digit) & 0xFF_FFFF
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(value >> bits & 0xFF))
            }
        }
        return bytes
    }

    private static func hex(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x37
        case 0x61...0x66: byte - 0x57
        default: nil
        }
    }
}
