import Imp003

/// Which SKU is sold where, and what it does there: for `station sku matrix`.
public struct SKUMatrix: Hashable, Sendable {
    /// All markets of all SKUs, ascending.
    public let markets: [CountryCode]
    /// All SKUs that can be built, ascending.
    public let skus: [String]
    /// One for each SKU and market that go together, by SKU, then market.
    public let rows: [SKUMatrixRow]

    /// - Returns: nil when the SKU is not sold there.
    public func row(sku: String, market: CountryCode) -> SKUMatrixRow? {
        rows.first { $0.sku == sku && $0.market == market }
    }
}

/// One SKU in one market.
public struct SKUMatrixRow: Hashable, Sendable {
    public let sku: String
    /// The variant's id, `env-sensor-apac/JP`.
    public let variant: String
    public let market: CountryCode
    public let region: RegionCode
    /// What the unit uses.
    public let channels: ChannelSet
    /// What the market allows a station to use actively, at all rates.
    public let marketChannels: ChannelSet
    /// What the market allows and the unit leaves.
    public var unusedChannels: ChannelSet { marketChannels.subtracting(channels) }
    /// The market's lowest limit on these channels, in hundredths of a dBm.
    public let maximumEIRP: Int?
}

extension StationFolder {
    /// All SKUs against all markets.
    public func matrix() -> SKUMatrix {
        var rows: [SKUMatrixRow] = []
        for sku in skus where !sku.isAbstract {
            for market in sku.markets {
                guard let variant = sku.variant(for: market), let rules = marketRules[market] else {
                    continue
                }
                rows.append(
                    SKUMatrixRow(
                        sku: sku.id, variant: variant.id, market: market, region: variant.region,
                        channels: variant.channels, marketChannels: rules.channels,
                        maximumEIRP: rules.maximumEIRP))
            }
        }
        let markets = Set(rows.map(\.market)).sorted()
        return SKUMatrix(markets: markets, skus: skus.filter { !$0.isAbstract }.map(\.id), rows: rows)
    }
}
