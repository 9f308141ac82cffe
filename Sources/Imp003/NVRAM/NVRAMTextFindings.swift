/// What is wrong with the text as text: bytes, lines, keys. Nothing here knows what a key means.
extension NVRAMImage {
    /// Findings about bytes.
    var textFindings: [Finding] {
        var findings: [Finding] = []
        var line = 1
        var column = 1
        var reportedLine = 0
        for byte in bytes {
            let isAllowed = (0x20..<0x7F).contains(byte) || byte == 0x0A || byte == 0x0D || byte == 0x09
            // One a line is enough: a line in UTF-8 has dozens.
            if !isAllowed && reportedLine != line {
                reportedLine = line
                findings.append(
                    NVRAMFindingCode.foreignByte.finding(
                        line: line,
                        """
                        Byte 0x\(Wording.hex(UInt32(byte), digits: 2)) stands in column \(column)\(Self.guess(byte, line, column)); \
                        printable ASCII, tabs and line ends are allowed. Retype the line.
                        """))
            }
            column += 1
            if byte == 0x0A {
                line += 1
                column = 1
            }
        }
        if let last = bytes.last, last != 0x0A {
            findings.append(
                NVRAMFindingCode.noFinalNewline.finding(
                    line: line,
                    """
                    The text does not end in a line end; a driver loses an unfinished last line. Add a line end after \
                    \(Wording.quoted(bytes.suffix(from: bytes.count - column + 1))).
                    """))
        }
        return findings
    }

    private static func guess(_ byte: UInt8, _ line: Int, _ column: Int) -> String {
        switch byte {
        case 0xEF where line == 1 && column == 1: " (a byte order mark: save the file without one)"
        case 0x00: " (a NUL: this looks like a packed or UTF-16 file)"
        case 0x80...: " (not ASCII, perhaps a typographic quote, dash or blank)"
        default: ""
        }
    }

    /// Findings about lines and keys.
    var lineFindings: [Finding] {
        var findings: [Finding] = dropped.compactMap(Self.finding(about:))
        var lineOfKey: [String: Int] = [:]
        var lastLine = 0
        for entry in entries {
            findings += Self.findings(about: entry)
            if entry.line == lastLine {
                findings.append(
                    NVRAMFindingCode.severalOnLine.finding(
                        line: entry.line, key: entry.key,
                        """
                        A second setting begins in this line, because a tab or a stray byte ended the first. Write one \
                        setting a line.
                        """))
            }
            lastLine = entry.line
            if let first = lineOfKey[entry.key] {
                findings.append(
                    NVRAMFindingCode.duplicateKey.finding(
                        line: entry.line, key: entry.key,
                        """
                        This key is already set in line \(first); which of the two counts is not documented. Remove one.
                        """))
            } else {
                lineOfKey[entry.key] = entry.line
            }
        }
        return findings
    }

    private static func findings(about entry: NVRAMEntry) -> [Finding] {
        var findings: [Finding] = []
        func add(_ code: NVRAMFindingCode, _ message: String) {
            findings.append(code.finding(line: entry.line, key: entry.key.isEmpty ? nil : entry.key, message))
        }
        if entry.description.contains("${") {
            add(
                .placeholder,
                """
                \(Wording.quoted(entry.description)) holds a placeholder that was never filled in. Write the value itself; a \
                production image has no ${…}.
                """)
        }
        if entry.key.isEmpty {
            add(
                .noKey,
                "\(Wording.quoted(entry.description)) has no key before '='. Write key=value, or remove the line."
            )
        }
        if entry.key.hasPrefix(";") {
            add(
                .semicolon,
                """
                A semicolon does not begin a comment here: the chip gets a setting named \(Wording.quoted(entry.key)). \
                Begin the line with # instead, or remove it.
                """)
        }
        if entry.key.hasPrefix("devpath") || entry.key.hasPrefix("pcie/") {
            add(
                .multipleDevices,
                """
                Keys that begin with devpath or pcie/ part a file between several devices; the imp003's WiFi chip is alone \
                on SDIO. Write this device's settings without a prefix.
                """)
        }
        if entry.value.isEmpty {
            add(.noValue, "Nothing stands after '='. Write a value, or remove the line.")
        } else if entry.value.last == " " {
            add(
                .trailingBlank,
                """
                The value \(Wording.quoted(entry.value)) ends in blanks, and the chip gets them too. Remove them, also before \
                a comment.
                """)
        }
        return findings
    }

    private static func finding(about dropped: NVRAMDroppedLine) -> Finding? {
        switch dropped.reason {
        case .keyInterrupted(let byte):
            let cause =
                switch byte {
                case nil: "the text ends"
                case 0x0A?, 0x0D?: "the line ends"
                case 0x20?: "a blank follows"
                case UInt8(ascii: "#")?: "a comment begins"
                case let byte?: "byte 0x\(Wording.hex(UInt32(byte), digits: 2)) follows"
                }
            return NVRAMFindingCode.droppedLine.finding(
                line: dropped.line,
                """
                After \(Wording.quoted(dropped.text)) \(cause) where '=' belongs, so that the line is dropped whole. Write \
                key=value without a blank before '='.
                """)
        case .raw1:
            return NVRAMFindingCode.raw1.finding(
                line: dropped.line, key: dropped.text,
                """
                Lines that begin with RAW1 are taken for comments, so that this setting never reaches the chip. Remove the \
                line.
                """)
        case .unterminated where dropped.text.contains("${"):
            return NVRAMFindingCode.placeholder.finding(
                line: dropped.line,
                "\(Wording.quoted(dropped.text)) holds a placeholder that was never filled in.")
        case .unterminated, .pastCapacity:
            return nil
        }
    }
}
