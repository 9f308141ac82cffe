/// What is known of one NVRAM key on the BCM43362. Rows of a table, so that a key is one line.
struct NVRAMKey: Sendable {
    /// What its value must look like.
    enum Form: Sendable {
        /// A number within bounds.
        case number(ClosedRange<Int>)
        /// A signed 16-bit number above 0.
        case positive
        /// A signed 16-bit number below 0.
        case negative
        /// This many comma-separated 32-bit words in hexadecimal.
        case words(Int)
        /// A country code of the WiFi chip.
        case country
        /// A MAC address.
        case address
        /// Passed on unread.
        case any
    }

    let name: String
    let form: Form
    /// The image is refused without it.
    var isRequired = false
    /// The only value that is right for this chip.
    var fixed: Int?

    static let table: [NVRAMKey] =
        [
            NVRAMKey(name: "manfid", form: .number(0...0xFFFF), isRequired: true, fixed: 0x2D0),
            NVRAMKey(name: "prodid", form: .number(0...0xFFFF), isRequired: true),
            NVRAMKey(name: "vendid", form: .number(0...0xFFFF), isRequired: true, fixed: 0x14E4),
            NVRAMKey(name: "devid", form: .number(0...0xFFFF), isRequired: true),
            NVRAMKey(name: "boardtype", form: .number(0...0xFFFF), isRequired: true),
            NVRAMKey(name: "boardrev", form: .number(0...0xFFFF), isRequired: true),
            NVRAMKey(name: "boardnum", form: .number(0...0xFFFF_FFFF)),
            NVRAMKey(name: "sromrev", form: .number(0...255), isRequired: true, fixed: 3),
            NVRAMKey(name: "xtalfreq", form: .number(0...0xFFFF), isRequired: true, fixed: 26_000),
            NVRAMKey(name: "boardflags", form: .number(0...0xFFFF_FFFF), isRequired: true),
            NVRAMKey(name: "boardflags2", form: .number(0...0xFFFF_FFFF)),
            NVRAMKey(name: "nocrc", form: .number(0...1)),
            NVRAMKey(name: "wl0id", form: .number(0...0xFFFF)),
            NVRAMKey(name: "macaddr", form: .address),
            NVRAMKey(name: "il0macaddr", form: .address),
            NVRAMKey(name: "ccode", form: .country),
            NVRAMKey(name: "regrev", form: .number(0...0xFFFF)),
            NVRAMKey(name: "aa2g", form: .number(1...3), isRequired: true),
            NVRAMKey(name: "ag0", form: .number(0...255), isRequired: true),
            NVRAMKey(name: "maxp2ga0", form: .number(1...100), isRequired: true),
            NVRAMKey(name: "pa0maxpwr", form: .number(1...100)),
            NVRAMKey(name: "pa0b0", form: .positive, isRequired: true),
            NVRAMKey(name: "pa0b1", form: .negative, isRequired: true),
            NVRAMKey(name: "pa0b2", form: .negative, isRequired: true),
            NVRAMKey(name: "pa0itssit", form: .number(0...255)),
            NVRAMKey(name: "pa1itssit", form: .number(0...255)),
            NVRAMKey(name: "cck2gpo", form: .number(0...0xFFFF)),
            NVRAMKey(name: "ofdm2gpo", form: .number(0...0xFFFF_FFFF), isRequired: true),
            NVRAMKey(name: "mcs2gpo0", form: .number(0...0xFFFF)),
            NVRAMKey(name: "mcs2gpo1", form: .number(0...0xFFFF)),
            NVRAMKey(name: "cckPwrOffset", form: .number(-128...255)),
            NVRAMKey(name: "cckdigfilttype", form: .number(0...255)),
            NVRAMKey(name: "ofdmanalogfiltbw2g", form: .number(0...255)),
            NVRAMKey(name: "rssismf2g", form: .number(0...255)),
            NVRAMKey(name: "rssismc2g", form: .number(0...255)),
            NVRAMKey(name: "rssisav2g", form: .number(0...255)),
            NVRAMKey(name: "swctrlmap_2g", form: .words(5)),
        ]
        + [
            "triso2g", "pacalidx2g", "rfreg033", "rfreg033_cck", "temp_add", "temp_mult", "edonthd",
            "edoffthd",
            "logen_mode", "otpimagesize", "cbuckout", "clkreq_conf", "sd_gpout", "sd_oobonly", "sd_gpval",
        ]
        .map { NVRAMKey(name: $0, form: .any) }

    /// Keys that are passed on whatever follows: the receiver's noise calibration.
    static let passedPrefixes = ["noise_cal_"]

    /// Of these at least one must be there: the power of the 802.11b rates.
    static let cckOffsets = ["cck2gpo", "cckPwrOffset"]

    /// BCM43362 as `devid` has it.
    static let deviceID = 0x4343
    /// `devid` of the BCM43438 class: the mix-up that happens.
    static let device43438 = 0x43E2
    /// `ag0` when the antenna's gain was never entered.
    static let unsetGain = 0xFF
    /// The organisation in the addresses that reference files ship with.
    static let dummyAddressPrefix: [UInt8] = [0x00, 0x90, 0x4C]

    private static let byName = Dictionary(
        table.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    private static let byLowerCase = Dictionary(
        table.map { ($0.name.lowercased(), $0.name) }, uniquingKeysWith: { first, _ in first })

    static func named(_ name: String) -> NVRAMKey? { byName[name] }

    /// The known key that `name` would be if upper and lower case were the same; nil when it is that key.
    static func miscased(_ name: String) -> String? {
        guard let known = byLowerCase[name.lowercased()], known != name else { return nil }
        return known
    }

    static func isKnown(_ name: String) -> Bool {
        byName[name] != nil || passedPrefixes.contains { name.hasPrefix($0) }
    }
}
