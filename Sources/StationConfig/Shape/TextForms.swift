/// The forms of text that several keys share.
extension TextForm {
    /// Names of stations, SKUs, plans and operators: lower-case letters, digits and hyphens.
    static let identifier = TextForm("1 to 40 of a–z, 0–9 and -, first a letter or digit") { text in
        (1...40).contains(text.utf8.count) && text.utf8.first != UInt8(ascii: "-")
            && text.utf8.allSatisfy { isLower($0) || isDigit($0) || $0 == UInt8(ascii: "-") }
    }

    /// Names of steps, tests, measurements, instruments and images.
    static let fieldName = TextForm("1 to 40 of a–z, 0–9, _, - and ., first a letter") { text in
        (1...40).contains(text.utf8.count) && text.utf8.first.map(isLower) == true
            && text.utf8.allSatisfy {
                isLower($0) || isDigit($0)
                    || [UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: ".")].contains($0)
            }
    }

    static let orderID = TextForm("1 to 40 of A–Z, a–z, 0–9, -, _ and ., first a letter or digit") { text in
        (1...40).contains(text.utf8.count) && text.utf8.first.map { isLetter($0) || isDigit($0) } == true
            && text.utf8.allSatisfy(isSerialByte)
    }

    static let slotName = TextForm("1 to 16 of A–Z, a–z, 0–9 and -, first a letter or digit") { text in
        (1...16).contains(text.utf8.count) && text.utf8.first.map { isLetter($0) || isDigit($0) } == true
            && text.utf8.allSatisfy { isLetter($0) || isDigit($0) || $0 == UInt8(ascii: "-") }
    }

    /// What stands before or after the number in a serial.
    static let serialPart = TextForm("up to 16 of A–Z, a–z, 0–9, -, _ and .") { text in
        text.utf8.count <= 16 && text.utf8.allSatisfy(isSerialByte)
    }

    /// A line for people to read, in any script.
    static let sentence = TextForm("1 to 500 characters without control characters") { text in
        (1...500).contains(text.unicodeScalars.count) && text.unicodeScalars.allSatisfy(isPrintableOrNewline)
    }

    static let personName = TextForm("1 to 80 characters without control characters") { text in
        (1...80).contains(text.unicodeScalars.count)
            && text.unicodeScalars.allSatisfy { isPrintableOrNewline($0) && $0 != "\n" }
    }

    /// Printed on labels, where `^` and `~` begin a printer command.
    static let labelText = TextForm("1 to 60 characters without ^, ~ and control characters") { text in
        (1...60).contains(text.unicodeScalars.count)
            && text.unicodeScalars.allSatisfy {
                isPrintableOrNewline($0) && $0 != "\n" && $0 != "^" && $0 != "~"
            }
    }

    static let unit = TextForm("1 to 12 characters without blanks, such as V, mA, dBm or °C") { text in
        (1...12).contains(text.unicodeScalars.count)
            && text.unicodeScalars.allSatisfy { isPrintableOrNewline($0) && !$0.properties.isWhitespace }
    }

    static let country = TextForm("an ISO 3166 code of two capital letters, such as US") { text in
        text.utf8.count == 2 && text.utf8.allSatisfy { (0x41...0x5A).contains($0) }
    }

    static let sha256 = TextForm("64 hexadecimal digits") { text in
        text.utf8.count == 64
            && text.utf8.allSatisfy {
                isDigit($0) || (0x41...0x46).contains($0) || (0x61...0x66).contains($0)
            }
    }

    /// A file that the folder brings along.
    static let inputPath = TextForm(
        "a path inside the station folder, such as images/config.bin", code: .pathOutsideFolder
    ) { text in
        isPath(text) && !text.hasPrefix("/")
    }

    /// Something that the station writes.
    static let outputPath = TextForm(
        "a path inside the station folder, or an absolute one, without ..", code: .pathOutsideFolder
    ) { text in
        isPath(text.hasPrefix("/") ? text.dropFirst() : text[...])
    }

    /// Where a secret is read from; outside the folder on purpose, as secrets do not belong into it.
    static let secretPath = outputPath

    /// Where an adapter is plugged in, as Linux names it.
    static let usbPath = TextForm("bus-port.port…, such as 1-4.2: numbers of 1 to 255, at most 7 ports") {
        text in
        let halves = text.split(separator: "-", omittingEmptySubsequences: false)
        guard halves.count == 2 else { return false }
        let ports = halves[1].split(separator: ".", omittingEmptySubsequences: false)
        return ports.count <= 7
            && (halves[..<1] + ports).allSatisfy { part in
                (1...3).contains(part.utf8.count) && part.utf8.allSatisfy(isDigit)
                    && (1...255).contains(Int(part) ?? 0)
            }
    }

    /// What FTDI's tools take for a serial number: printable ASCII.
    static let adapterSerial = TextForm("1 to 32 printable ASCII characters without blanks and quotes") {
        text in
        (1...32).contains(text.utf8.count)
            && text.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != 0x22 && $0 != 0x5C }
    }

    static let environmentName = TextForm("A–Z, 0–9 and _, first a letter, such as FACTORY_WIFI_PASSWORD") {
        text in
        (1...100).contains(text.utf8.count) && text.utf8.first.map { (0x41...0x5A).contains($0) } == true
            && text.utf8.allSatisfy { (0x41...0x5A).contains($0) || isDigit($0) || $0 == UInt8(ascii: "_") }
    }

    /// Regular expressions that mean the same to this program and to a browser.
    static let pattern = TextForm("a pattern of 1 to 200 characters, such as ES[0-9]{7}") { text in
        (1...200).contains(text.utf8.count) && (try? TextPattern(text)) != nil
    }

    static let scannerPrefix = TextForm("1 to 8 printable ASCII characters") { text in
        (1...8).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }

    /// As `KeyboardEvent.key` names keys that write nothing.
    static let browserKey = TextForm("a key's name in browsers, such as F9 or PageDown") { text in
        (2...20).contains(text.utf8.count) && text.utf8.allSatisfy { isLetter($0) || isDigit($0) }
    }

    /// Any text at all; the reader that knows it judges it.
    static func any(_ allowed: String) -> TextForm {
        TextForm(allowed) { !$0.isEmpty }
    }

    private static func isPath(_ text: some StringProtocol) -> Bool {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        return !text.isEmpty && text.utf8.count <= 200 && !text.contains("\\")
            && parts.allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." }
            && text.unicodeScalars.allSatisfy { isPrintableOrNewline($0) && $0 != "\n" }
    }

    private static func isLower(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte) }
    private static func isLetter(_ byte: UInt8) -> Bool { isLower(byte | 0x20) }
    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private static func isSerialByte(_ byte: UInt8) -> Bool {
        isLetter(byte) || isDigit(byte)
            || [UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: ".")].contains(byte)
    }

    /// No control, format (direction-turning) or unassigned characters: names are shown to operators.
    private static func isPrintableOrNewline(_ scalar: Unicode.Scalar) -> Bool {
        if scalar == "\n" { return true }
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .unassigned, .privateUse, .lineSeparator, .paragraphSeparator:
            return false
        default: return true
        }
    }
}
