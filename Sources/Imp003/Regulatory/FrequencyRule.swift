/// One rule of one country: what may be done between two frequencies.
public struct FrequencyRule: Hashable, Sendable {
    /// Lower edge, kHz.
    public let startKHz: UInt32
    /// Upper edge, kHz.
    public let endKHz: UInt32
    /// The widest single transmission, kHz.
    public let maxBandwidthKHz: UInt32
    public let maxEIRP: EIRP
    public let flags: RuleFlags
    /// How long a DFS channel must be listened to before use, in seconds; nil where the file says nothing, 0
    /// for the default.
    public let cacTimeoutSeconds: UInt16?
    /// Medium access parameters that go with the rule (ETSI, 5 GHz): client VO, VI, BE, BK, then access
    /// point VO, VI, BE, BK; nil where the file has none.
    public let wmm: [WMMEntry]?

    public init(
        startKHz: UInt32, endKHz: UInt32, maxBandwidthKHz: UInt32, maxEIRP: EIRP, flags: RuleFlags = [],
        cacTimeoutSeconds: UInt16? = nil, wmm: [WMMEntry]? = nil
    ) {
        self.startKHz = startKHz
        self.endKHz = endKHz
        self.maxBandwidthKHz = maxBandwidthKHz
        self.maxEIRP = maxEIRP
        self.flags = flags
        self.cacTimeoutSeconds = cacTimeoutSeconds
        self.wmm = wmm
    }

    /// What Linux refuses in a rule, as words; nil when the rule is sound.
    var fault: String? {
        if startKHz == 0 || endKHz <= startKHz {
            return "it runs from \(startKHz) to \(endKHz) kHz"
        }
        if maxBandwidthKHz == 0 || maxBandwidthKHz > endKHz - startKHz {
            return "its bandwidth, \(maxBandwidthKHz) kHz, does not fit between \(startKHz) and \(endKHz) kHz"
        }
        return nil
    }

    /// Whether all 20 MHz of `channel` lie inside this rule.
    func fits(_ channel: Channel) -> Bool {
        let occupied = channel.occupiedKHz
        return startKHz <= occupied.lowerBound && occupied.upperBound <= endKHz
            && maxBandwidthKHz >= UInt32(occupied.count)
    }

    /// Whether the rule says anything about 2400 to 2500 MHz.
    var touches24GHz: Bool { startKHz < 2_500_000 && endKHz > 2_400_000 }
}

/// What a rule forbids or asks for. Bits as in `regulatory.db`.
public struct RuleFlags: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// No OFDM: 802.11b rates only.
    public static let noOFDM = RuleFlags(rawValue: 1 << 0)
    /// Indoors only.
    public static let noOutdoor = RuleFlags(rawValue: 1 << 1)
    /// Radar must be looked for and given way to.
    public static let dfs = RuleFlags(rawValue: 1 << 2)
    /// No initiating of radiation: listen until somebody else is heard.
    public static let noIR = RuleFlags(rawValue: 1 << 3)
    /// Neighbouring rules may be joined for wide channels.
    public static let autoBandwidth = RuleFlags(rawValue: 1 << 4)

    /// Names as in the text form of the database, in the order of the bits.
    static let names: [(flag: RuleFlags, name: String)] = [
        (.noOFDM, "NO-OFDM"), (.noOutdoor, "NO-OUTDOOR"), (.dfs, "DFS"), (.noIR, "NO-IR"),
        (.autoBandwidth, "AUTO-BW"),
    ]
}

extension RuleFlags: CustomStringConvertible {
    /// `NO-IR, AUTO-BW`; `none` where no flag is set.
    public var description: String {
        let present = Self.names.filter { contains($0.flag) }.map(\.name)
        return present.isEmpty ? "none" : present.joined(separator: ", ")
    }
}

/// Whose procedure for radar detection a country follows. Numbers as in `regulatory.db`.
public enum DFSRegion: UInt8, Hashable, Sendable, CaseIterable, CustomStringConvertible {
    case unset = 0
    case fcc = 1
    case etsi = 2
    case jp = 3

    /// `FCC`, `ETSI`, `JP`, or `-`.
    public var description: String {
        switch self {
        case .unset: "-"
        case .fcc: "FCC"
        case .etsi: "ETSI"
        case .jp: "JP"
        }
    }
}

/// One access category's contention parameters.
public struct WMMEntry: Hashable, Sendable {
    /// Exponent of the smallest contention window: the window is 2^n - 1.
    public let minimumWindowExponent: UInt8
    /// Exponent of the largest contention window.
    public let maximumWindowExponent: UInt8
    /// Arbitration slots, at least 1.
    public let aifsn: UInt8
    /// Channel occupancy time in the file's unit; Linux multiplies it by 1000.
    public let occupancyTime: UInt16

    public init(
        minimumWindowExponent: UInt8, maximumWindowExponent: UInt8, aifsn: UInt8, occupancyTime: UInt16
    ) {
        self.minimumWindowExponent = minimumWindowExponent
        self.maximumWindowExponent = maximumWindowExponent
        self.aifsn = aifsn
        self.occupancyTime = occupancyTime
    }
}
