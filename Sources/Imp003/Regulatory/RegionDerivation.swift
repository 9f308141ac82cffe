/// Why a set of markets gets the region that it gets.
public struct RegionDerivation: Codable, Hashable, Sendable, CustomStringConvertible {
    /// What one market contributes.
    public struct Market: Codable, Hashable, Sendable {
        public let country: CountryCode
        /// Channels on which a b/g/n station may speak first.
        public let channels: ChannelSet
        /// The region that the vendor's pages name for this country, if they do.
        public let vendorRegion: RegionCode?
    }

    /// The widest region that keeps within every market.
    public let region: RegionCode
    /// Each market once, ascending.
    public let markets: [Market]
    /// Channels that all markets permit.
    public let commonChannels: ChannelSet

    /// Markets because of which a wider region was not taken.
    public var limiting: [Market] {
        let wider = RegionCode.allCases.filter { $0.channels.isStrictSuperset(of: region.channels) }
        return markets.filter { market in
            wider.contains { region in
                !region.channels.isSubset(of: market.channels)
                    || market.vendorRegion.map { !region.channels.isSubset(of: $0.channels) } ?? false
            }
        }
    }

    /// `0x00005355 (US, channels 1-11): PR permits channels 1-11 only; CA has this region by the vendor's assignment.`
    public var description: String {
        let reasons = limiting.map { market in
            if let vendorRegion = market.vendorRegion, !market.channels.isSubset(of: vendorRegion.channels) {
                return "\(market.country) has this region by the vendor's assignment"
            }
            return "\(market.country) permits channels \(market.channels) only"
        }
        let why = reasons.isEmpty ? "every market permits these channels" : reasons.joined(separator: "; ")
        return "\(region): \(why)."
    }
}

/// The lowest power limit over a set of countries and channels.
public struct WorstCaseEIRP: Codable, Hashable, Sendable, CustomStringConvertible {
    public let eirp: EIRP
    /// The first country that has this limit.
    public let country: CountryCode
    /// The lowest channel on which it has it.
    public let channel: Channel

    /// `20.00 dBm (DE, channel 1)`
    public var description: String { "\(eirp) (\(country), channel \(channel))" }
}

extension RegulatoryDatabase {
    /// The region for a product that is sold in all of `countries`: the widest whose channels every one of
    /// them permits to a station that speaks first, and no wider than the vendor assigns to any of them.
    /// - Throws: `RegionError` for no country, an unknown one, or markets that no region suits.
    public func derivedRegion(for countries: [CountryCode]) throws(RegionError) -> RegionCode {
        try derivation(for: countries).region
    }

    /// As `derivedRegion(for:)`, with the reasons.
    public func derivation(for countries: [CountryCode]) throws(RegionError) -> RegionDerivation {
        guard !countries.isEmpty else { throw .noCountries }
        var markets: [RegionDerivation.Market] = []
        var common = ChannelSet.all
        var allowed = ChannelSet.all
        for country in Set(countries).sorted() {
            let channels = try rules(for: country).unrestrictedChannels
            let vendorRegion = VendorAssignment.region(for: country)
            markets.append(.init(country: country, channels: channels, vendorRegion: vendorRegion))
            common.formIntersection(channels)
            allowed.formIntersection(channels)
            if let vendorRegion { allowed.formIntersection(vendorRegion.channels) }
        }
        let fitting = RegionCode.allCases.filter { $0.channels.isSubset(of: allowed) }
        guard let region = fitting.max(by: { $0.channels.count < $1.channels.count }) else {
            throw .noRegionFits(countries: markets.map(\.country), permitted: common)
        }
        return RegionDerivation(region: region, markets: markets, commonChannels: common)
    }

    /// The lowest EIRP limit that any of `countries` sets on any of `channels` that it permits.
    /// - Returns: nil when no country permits any of the channels.
    /// - Throws: `RegionError` for no country or an unknown one.
    public func worstCaseEIRP(
        in countries: [CountryCode], on channels: ChannelSet
    ) throws(RegionError) -> WorstCaseEIRP? {
        guard !countries.isEmpty else { throw .noCountries }
        var worst: WorstCaseEIRP?
        for country in Set(countries).sorted() {
            for use in try rules(for: country).channelUses where channels.contains(use.channel) {
                if worst.map({ use.maxEIRP < $0.eirp }) ?? true {
                    worst = WorstCaseEIRP(eirp: use.maxEIRP, country: country, channel: use.channel)
                }
            }
        }
        return worst
    }
}
