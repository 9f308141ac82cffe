/// What is wrong with the settings as settings of a BCM43362.
extension NVRAMImage {
    var valueFindings: [Finding] {
        var findings: [Finding] = []
        for entry in entries where !entry.key.isEmpty {
            if let key = NVRAMKey.named(entry.key) {
                findings += Self.findings(about: entry, as: key)
            } else if let known = NVRAMKey.miscased(entry.key) {
                findings.append(
                    NVRAMFindingCode.miscasedKey.finding(
                        line: entry.line, key: entry.key,
                        "Keys differ by upper and lower case, and this one is otherwise \(known). Write \(known)."
                    ))
            } else if !NVRAMKey.isKnown(entry.key) && !entry.key.hasPrefix(";") {
                findings.append(
                    NVRAMFindingCode.unknownKey.finding(
                        line: entry.line, key: entry.key,
                        "This station does not know the key; it is passed on as it is. Check its spelling."))
            }
        }
        return findings + missingKeys
    }

    private var missingKeys: [Finding] {
        // An image without any entry has its own finding; twenty more would hide it.
        guard !entries.isEmpty else { return [] }
        let present = Set(entries.map(\.key))
        var findings = NVRAMKey.table.filter { $0.isRequired && !present.contains($0.name) }.map { key in
            NVRAMFindingCode.missingKey.finding(
                key: key.name,
                """
                The key \(key.name) is missing. An image replaces the module's own as a whole, so add \
                \(key.fixed.map { "\(key.name)=\(Self.show($0, for: key))" } ?? "it with the value of the radio's approval").
                """)
        }
        if present.isDisjoint(with: NVRAMKey.cckOffsets) {
            findings.append(
                NVRAMFindingCode.missingKey.finding(
                    key: NVRAMKey.cckOffsets.first,
                    """
                    Neither \(Wording.list(NVRAMKey.cckOffsets, joining: "nor")) is there, so that the power of the 802.11b \
                    rates is open. Add one of them.
                    """))
        }
        return findings
    }

    private static func show(_ value: Int, for key: NVRAMKey) -> String {
        key.name == "sromrev" || key.name == "xtalfreq" ? String(value) : "0x" + String(value, radix: 16)
    }

    private static func findings(about entry: NVRAMEntry, as key: NVRAMKey) -> [Finding] {
        // Said already, by the placeholder and no-value rules.
        if entry.value.contains("${") || entry.value.isEmpty { return [] }
        func one(_ code: NVRAMFindingCode, _ message: String) -> [Finding] {
            [code.finding(line: entry.line, key: entry.key, message)]
        }
        let shown = Wording.quoted(entry.value)
        switch key.form {
        case .number(let range):
            guard let value = NVRAMNumber.value(entry.value) else {
                return one(
                    .malformedValue,
                    "\(shown) is not a number: write decimal without leading zeros, or hexadecimal with 0x, up to 32 bits."
                )
            }
            if key.name == "devid", value != NVRAMKey.deviceID { return one(.otherChip, otherChip(value)) }
            if let fixed = key.fixed, value != fixed {
                return one(
                    .fixedValue,
                    """
                    \(shown) is wrong for a BCM43362, where \(key.name) is always \(show(fixed, for: key)). Check which \
                    module this file was made for.
                    """)
            }
            guard range.contains(value) else {
                return one(
                    .outOfRange,
                    "\(shown) is out of range: \(key.name) may be \(range.lowerBound) to \(range.upperBound). Correct it."
                )
            }
            return []
        case .positive, .negative:
            guard let value = NVRAMNumber.signed16(entry.value) else {
                return one(
                    .malformedValue,
                    "\(shown) is not a signed 16-bit number: write -676, or 0xFD5C in two's complement.")
            }
            if case .positive = key.form {
                return value > 0 ? [] : one(.amplifierSign, amplifierSign(key.name, value, "above"))
            }
            return value < 0 ? [] : one(.amplifierSign, amplifierSign(key.name, value, "below"))
        case .words(let count):
            let words = entry.value.split(separator: ",", omittingEmptySubsequences: false)
            guard words.count == count else {
                return one(
                    .switchMap,
                    """
                    The RF switch map has \(Wording.counted(words.count, "word")); it must have exactly \(count), parted by \
                    commas. Copy it whole from the radio's approval.
                    """)
            }
            for word in words
            where !word.drop(while: { $0 == " " }).hasPrefix("0x") || NVRAMNumber.value(word) == nil {
                return one(
                    .malformedValue,
                    "\(Wording.quoted(word)) is not a hexadecimal word such as 0x0c050c05, up to 32 bits.")
            }
            return []
        case .address:
            return address(entry)
        case .country, .any:
            return []
        }
    }

    private static func otherChip(_ value: Int) -> String {
        let found = "0x" + String(value, radix: 16)
        let whose = value == NVRAMKey.device43438 ? ", which is a BCM43438" : ""
        return """
            This image is for another chip: devid is \(found)\(whose); the imp003's BCM43362 is \
            0x\(String(NVRAMKey.deviceID, radix: 16)). Take an image made for the imp003.
            """
    }

    private static func amplifierSign(_ key: String, _ value: Int, _ side: String) -> String {
        """
        \(key) is \(value), but on every board with this chip it is \(side) zero: pa0b0 is positive, pa0b1 and pa0b2 are \
        negative. Check for lost signs or swapped lines; a wrong curve drives the amplifier blindly.
        """
    }

    private static func address(_ entry: NVRAMEntry) -> [Finding] {
        let text = entry.value.drop { $0 == " " }
        guard let address = try? MACAddress(parsing: text.split(separator: " ").first ?? "") else {
            return [
                NVRAMFindingCode.malformedValue.finding(
                    line: entry.line, key: entry.key,
                    "\(Wording.quoted(entry.value)) is not a MAC address. Remove the line: a module has its own."
                )
            ]
        }
        if address.bytes.starts(with: NVRAMKey.dummyAddressPrefix) {
            return [
                NVRAMFindingCode.dummyAddress.finding(
                    line: entry.line, key: entry.key,
                    """
                    \(address.colonForm) is the placeholder of reference files. It does no harm as far as known, but a module \
                    has its own address: better remove the line.
                    """)
            ]
        }
        return [
            NVRAMFindingCode.realAddress.finding(
                line: entry.line, key: entry.key,
                """
                \(address.colonForm) would be given to every unit of the batch. Remove the line: each module has its own \
                address. (Only the placeholder 00:90:4c:… of reference files is let through.)
                """)
        ]
    }
}
