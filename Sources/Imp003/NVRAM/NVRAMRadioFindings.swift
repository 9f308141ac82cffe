/// What the image says about country and power, held against region and markets.
extension NVRAMImage {
    /// `ccode` values that leave the country open, and what is known of them.
    private static let openCountries: [String: String] = [
        "0": "leaves the country unset",
        "ALL": "names no particular country, and is known to lose channels 12 and 13",
        "ww": "names no particular country",
        "X2": "names no particular country, and is known to allow channels 12 and 13 for listening only",
        "XV": "names no particular country",
    ]

    func regionFindings(_ region: RegionCode?) -> [Finding] {
        guard !entries.isEmpty else { return [] }
        let entry = entry("ccode")
        guard let region else { return formOfCountry(entry) }
        var findings: [Finding] = []
        let wanted =
            "write ccode=\(region.ccode) and regrev=\(region.regrev), as the SKU's region \(region) has them"
        let country = entry?.value.trimmingBlanks
        if country == nil || country == "0" {
            findings.append(
                NVRAMFindingCode.countryUnset.finding(
                    line: entry?.line, key: "ccode",
                    """
                    \(entry == nil ? "No ccode is there" : "ccode=0 leaves the country unset"). Whether the region set on the \
                    module then decides alone is not documented: \(wanted).
                    """))
        } else if let country, country != region.ccode {
            let meaning = Self.openCountries[country].map { ", which \($0)," } ?? ""
            findings.append(
                NVRAMFindingCode.countryContradictsRegion.finding(
                    line: entry?.line, key: "ccode",
                    """
                    \(Wording.quoted(country))\(meaning) contradicts the SKU's region \(region). Which of the two wins on the \
                    module is not documented: \(wanted).
                    """))
        }
        if let entry = self.entry("regrev"), let revision = NVRAMNumber.value(entry.value),
            revision != region.regrev
        {
            findings.append(
                NVRAMFindingCode.revisionContradictsRegion.finding(
                    line: entry.line, key: "regrev",
                    "\(revision) contradicts the SKU's region \(region), whose revision is \(region.regrev): \(wanted)."
                ))
        }
        return findings
    }

    private func formOfCountry(_ entry: NVRAMEntry?) -> [Finding] {
        guard let entry, !entry.value.isEmpty, !entry.value.contains("${") else { return [] }
        let country = entry.value.trimmingBlanks
        if let meaning = Self.openCountries[country] {
            return [
                NVRAMFindingCode.countryUnset.finding(
                    line: entry.line, key: "ccode",
                    "\(Wording.quoted(country)) \(meaning). Write the country code of the SKU's region: \(Self.codes)."
                )
            ]
        }
        let isCode = country.utf8.count == 2 && country.utf8.allSatisfy { $0 > 0x2F && $0 < 0x7B }
        return isCode
            ? []
            : [
                NVRAMFindingCode.malformedValue.finding(
                    line: entry.line, key: "ccode",
                    "\(Wording.quoted(country)) is not a country code of the chip, which has two characters: \(Self.codes)."
                )
            ]
    }

    private static var codes: String {
        Wording.list(RegionCode.allCases.map(\.ccode), joining: "or")
    }

    func powerFindings(_ requirements: NVRAMRequirements) -> [Finding] {
        guard let database = requirements.database, !requirements.countries.isEmpty else { return [] }
        let channels = requirements.region?.channels ?? .oneToThirteen
        let worst: WorstCaseEIRP?
        do {
            worst = try database.worstCaseEIRP(in: requirements.countries, on: channels)
        } catch {
            return [
                NVRAMFindingCode.marketUnknown.finding(
                    "The power cannot be held against the markets. \(error.description)")
            ]
        }
        guard let worst, let power = entry("maxp2ga0"), let quarters = NVRAMNumber.value(power.value),
            (1...100).contains(quarters), let gain = entry("ag0"),
            let rawGain = NVRAMNumber.value(gain.value),
            (0...255).contains(rawGain)
        else { return [] }
        if rawGain == NVRAMKey.unsetGain {
            return [
                NVRAMFindingCode.gainUnset.finding(
                    line: gain.line, key: "ag0",
                    """
                    0xFF means that the antenna's gain was never entered, so that the radiated power cannot be held against \
                    \(worst). Write the gain in dBi.
                    """)
            ]
        }
        let radiated = EIRP(hundredthsOfDBm: 25 * (quarters + Self.quarterDecibels(ofGain: rawGain)))
        guard radiated > worst.eirp else { return [] }
        let allowed = worst.eirp.hundredthsOfDBm / 25 - Self.quarterDecibels(ofGain: rawGain)
        let remedy = allowed >= 1 ? "Lower maxp2ga0 to \(allowed) or less" : "Take an antenna with less gain"
        return [
            NVRAMFindingCode.tooMuchPower.finding(
                line: power.line, key: "maxp2ga0",
                """
                \(EIRP.decimal(25 * quarters)) dBm (maxp2ga0=\(quarters)) and \
                \(EIRP.decimal(25 * Self.quarterDecibels(ofGain: rawGain))) dBi of antenna (ag0) make \(radiated), more than \
                the \(worst.eirp) that \(worst.country) permits on channel \(worst.channel). \(remedy), or keep the approval \
                that covers it with the SKU.
                """)
        ]
    }

    /// Antenna gain in quarters of a dB: the low six bits of `ag0` are whole dBi, signed; the high two add
    /// quarters.
    static func quarterDecibels(ofGain raw: Int) -> Int {
        let whole = raw & 0x3F
        return 4 * (whole > 31 ? whole - 64 : whole) + raw >> 6
    }
}

extension String {
    /// Without blanks at either end.
    fileprivate var trimmingBlanks: String {
        var text = drop { $0 == " " }
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
