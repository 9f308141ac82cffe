/// All that the database says about one country.
public struct CountryRules: Hashable, Sendable {
    public let country: CountryCode
    public let dfsRegion: DFSRegion
    /// In the order of the database: the first that fits a channel decides.
    public let rules: [FrequencyRule]

    public init(country: CountryCode, dfsRegion: DFSRegion, rules: [FrequencyRule]) {
        self.country = country
        self.dfsRegion = dfsRegion
        self.rules = rules
    }

    /// How a station may use a 20 MHz channel at 2.4 GHz; nil where it may not at all.
    ///
    /// The channel must lie wholly inside one rule; edges of neighbouring rules are not joined, which is
    /// how Linux sees 20 MHz channels too.
    public func use(of channel: Channel) -> ChannelUse? {
        guard let rule = rules.first(where: { $0.fits(channel) }) else { return nil }
        return ChannelUse(channel: channel, rule: rule)
    }

    /// Every permitted channel, ascending, with its conditions.
    public var channelUses: [ChannelUse] { Channel.all.compactMap(use(of:)) }

    /// Channels that are permitted in any way, listening included.
    public var permittedChannels: ChannelSet { channels { _ in true } }

    /// Channels on which a station may speak first: permitted without NO-IR.
    public var activeChannels: ChannelSet { channels { !$0.noIR } }

    /// Channels on which a b/g/n station may speak first at all its rates: neither NO-IR nor NO-OFDM. A
    /// region must keep within these.
    public var unrestrictedChannels: ChannelSet { channels { !$0.noIR && !$0.noOFDM } }

    private func channels(where condition: (ChannelUse) -> Bool) -> ChannelSet {
        ChannelSet(channelUses.lazy.filter(condition).map(\.channel))
    }

    /// The rules that touch 2400 to 2500 MHz, with what the compact table keeps of them.
    var rules24GHz: [FrequencyRule] {
        rules.filter(\.touches24GHz)
    }
}

/// What a country permits on one 20 MHz channel at 2.4 GHz.
public struct ChannelUse: Codable, Hashable, Sendable, CustomStringConvertible {
    public let channel: Channel
    /// The most that may be radiated.
    public let maxEIRP: EIRP
    /// Listen only, until an access point is heard.
    public let noIR: Bool
    /// 802.11b rates only.
    public let noOFDM: Bool
    /// Indoors only.
    public let noOutdoor: Bool
    /// Radar detection is asked for.
    public let dfs: Bool

    init(channel: Channel, rule: FrequencyRule) {
        self.channel = channel
        maxEIRP = rule.maxEIRP
        noIR = rule.flags.contains(.noIR)
        noOFDM = rule.flags.contains(.noOFDM)
        noOutdoor = rule.flags.contains(.noOutdoor)
        dfs = rule.flags.contains(.dfs)
    }

    /// The conditions that apply, by the names of the database's text form: `NO-IR`, `NO-OFDM`,
    /// `NO-OUTDOOR`, `DFS`.
    public var conditions: [String] {
        [(noIR, "NO-IR"), (noOFDM, "NO-OFDM"), (noOutdoor, "NO-OUTDOOR"), (dfs, "DFS")]
            .filter(\.0).map(\.1)
    }

    /// `channel 14, 2484 MHz, 20.00 dBm, NO-OFDM`
    public var description: String {
        (["channel \(channel)", "\(channel.centerFrequencyMHz) MHz", maxEIRP.description] + conditions)
            .joined(separator: ", ")
    }
}
