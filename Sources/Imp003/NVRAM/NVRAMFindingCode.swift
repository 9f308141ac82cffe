/// What can be wrong with an NVRAM image. Numbers are never reused; `docs/nvram.md` has the same table.
public enum NVRAMFindingCode: String, CaseIterable, Hashable, Sendable {
    /// No setting at all.
    case empty = "NV001"
    /// The text doesn't end in a line end, so that a reader loses the last line.
    case noFinalNewline = "NV002"
    /// A byte that is neither printable ASCII nor LF, CR or TAB.
    case foreignByte = "NV003"
    /// A `${…}` that nobody filled in.
    case placeholder = "NV004"
    /// A key that is there twice.
    case duplicateKey = "NV005"
    /// A line without a proper `key=`, which a reader drops whole.
    case droppedLine = "NV006"
    /// A `RAW1…=` line, which a reader takes for a comment.
    case raw1 = "NV007"
    /// A key that begins with `;`, which is no comment mark.
    case semicolon = "NV008"
    /// Blanks at the end of a value, which stay part of it.
    case trailingBlank = "NV009"
    /// Two settings on one line, parted by a tab or a stray byte.
    case severalOnLine = "NV010"
    /// Keys for several devices in one file.
    case multipleDevices = "NV011"
    /// The packed form is larger than the station allows.
    case tooLarge = "NV012"
    /// The text goes on past what a driver takes.
    case cut = "NV013"
    /// No key before `=`.
    case noKey = "NV014"
    /// No value after `=`.
    case noValue = "NV015"
    /// A required key is missing.
    case missingKey = "NV020"
    /// A value that is the same on every BCM43362 differs.
    case fixedValue = "NV021"
    /// Made for another chip.
    case otherChip = "NV022"
    /// A value that doesn't read as its key asks.
    case malformedValue = "NV023"
    /// A number outside its bounds.
    case outOfRange = "NV024"
    /// A power amplifier coefficient with the wrong sign.
    case amplifierSign = "NV025"
    /// The RF switch map doesn't have five words.
    case switchMap = "NV026"
    /// A key that is a known one but for upper and lower case.
    case miscasedKey = "NV027"
    /// A key that this station doesn't know.
    case unknownKey = "NV028"
    /// `ccode` contradicts the region.
    case countryContradictsRegion = "NV030"
    /// `regrev` contradicts the region.
    case revisionContradictsRegion = "NV031"
    /// A MAC address that all units of a batch would share.
    case realAddress = "NV032"
    /// The well-known placeholder address.
    case dummyAddress = "NV033"
    /// `ccode` leaves the country open.
    case countryUnset = "NV034"
    /// Conducted power plus antenna gain exceeds a market's limit.
    case tooMuchPower = "NV035"
    /// The antenna's gain is not entered.
    case gainUnset = "NV036"
    /// The power can't be compared, because the rules of a market are not known.
    case marketUnknown = "NV037"

    /// How much it weighs.
    public var severity: Severity {
        switch self {
        case .trailingBlank, .noValue, .miscasedKey, .countryUnset, .tooMuchPower, .gainUnset: .warning
        case .unknownKey, .dummyAddress: .note
        default: .error
        }
    }

    /// A finding with this code and its severity.
    func finding(line: Int? = nil, key: String? = nil, _ message: String) -> Finding {
        Finding(code: rawValue, severity: severity, line: line, key: key, message: message)
    }
}
