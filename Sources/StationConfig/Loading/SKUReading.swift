import ContentAddress
import Imp003

/// Turns a SKU, merged with its bases, into one variant for each set of markets.
struct SKUReading {
    /// What SKUs may refer to.
    struct Plans {
        /// Without errors, by name.
        var plans: [String: TestPlan]
        /// All names, also of plans with errors.
        var names: Set<String>
        /// Whether every plan file could be read.
        var complete: Bool
    }

    let reading: FolderReading
    let plans: Plans

    private var problems: ProblemCollector { reading.problems }

    /// - Returns: nil when the SKU can't be built; reported.
    func read(_ source: SKUSource, lineage: [SKUSource], merged: SKUInheritance.Merged) -> SKUDefinition? {
        let ids = lineage.map(\.id)
        let description = source.node.text("description")
        if source.isAbstract {
            return SKUDefinition(
                id: source.id, file: source.file, isAbstract: true, extends: source.extends, lineage: ids,
                productDescription: description, markets: listedMarkets(merged.node), variants: [])
        }
        let top = merged.node
        let markets = knownMarkets(top)
        let overlays = overlays(merged, of: markets, in: source)
        let general = markets.filter { market in !overlays.contains { $0.market == market } }
        var variants: [SKUVariant?] = []
        if !general.isEmpty || overlays.isEmpty {
            variants.append(
                VariantReading(reading: reading, plans: plans, source: source).read(
                    top, general, overlay: nil))
        }
        for (market, node) in overlays {
            let laid = node.laid(over: top, keeping: .base).withoutNothing
            variants.append(
                VariantReading(reading: reading, plans: plans, source: source).read(
                    laid, [market], overlay: market))
        }
        guard !variants.contains(where: { $0 == nil }), !markets.isEmpty else { return nil }
        return SKUDefinition(
            id: source.id, file: source.file, isAbstract: false, extends: source.extends, lineage: ids,
            productDescription: description, markets: markets.sorted(), variants: variants.compactMap { $0 })
    }

    /// The markets that an abstract SKU lists; its heirs' lists are the ones that are checked.
    private func listedMarkets(_ node: ConfigNode) -> [CountryCode] {
        (node["markets"]?.items ?? []).compactMap { $0.text.flatMap { try? CountryCode(parsing: $0) } }
            .sorted()
    }

    private func knownMarkets(_ node: ConfigNode) -> [CountryCode] {
        let countries = CountryReading(reading: reading)
        var markets: [CountryCode] = []
        for (index, item) in (node["markets"]?.items ?? []).enumerated() {
            guard let country = countries.country(item, path: "markets[\(index)]"), !markets.contains(country)
            else {
                continue
            }
            markets.append(country)
        }
        return markets
    }

    /// Overlays of markets that the SKU has, by country.
    private func overlays(
        _ merged: SKUInheritance.Merged, of markets: [CountryCode], in source: SKUSource
    ) -> [(market: CountryCode, node: ConfigNode)] {
        let listed = Set((merged.node["markets"]?.items ?? []).compactMap(\.text))
        var overlays: [(market: CountryCode, node: ConfigNode)] = []
        for entry in merged.overlays {
            guard TextForm.country.accepts(entry.key) else { continue }
            if !listed.contains(entry.key), merged.node["markets"] != nil {
                problems.report(
                    .overlayWithoutMarket, at: entry.keyOrigin, path: "overlays.\(entry.key)",
                    found: "an overlay for \(entry.key) in `\(source.id)`",
                    allowed: Phrase.oneOf(listed.sorted()),
                    remedy:
                        "Add \(entry.key) to `markets`, or delete the overlay (`\(entry.key): ~` when it is inherited)."
                )
            } else if let market = markets.first(where: { $0.text == entry.key }), entry.value.entries != nil
            {
                overlays.append((market, entry.value))
            }
        }
        return overlays.sorted { $0.market < $1.market }
    }
}
