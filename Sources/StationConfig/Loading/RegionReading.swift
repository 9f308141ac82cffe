import Imp003

/// Decides a variant's region: derived from its markets, or as written and then checked against them.
struct RegionReading {
    let reading: FolderReading
    let source: SKUSource

    private var problems: ProblemCollector { reading.problems }

    /// - Returns: nil when no region can be given; reported.
    func read(_ node: ConfigNode, _ markets: [CountryCode]) -> (region: RegionCode, reason: String)? {
        guard !markets.isEmpty else { return nil }
        let promised = promisedChannels(node)
        let written = node["region"]
        if written == nil || written?.text == "auto" {
            return derive(node, markets, promised: promised)
        }
        guard let written, let region = region(written) else { return nil }
        var isLegal = true
        let findings = reading.regulatory.findings(region: region, countries: markets)
        if let error = findings.first(where: { $0.severity == .error }) {
            report(error, region, markets, at: written.origin)
            isLegal = false
        } else {
            // About a region that has to go anyway there is no more to say.
            for finding in findings where finding.severity == .warning {
                report(finding, region, markets, at: written.origin)
            }
        }
        if let promised { checkPromise(promised, region, node) }
        return isLegal ? (region, "\(region): written in the SKU.") : nil
    }

    // MARK: - Written regions

    private func region(_ node: ConfigNode) -> RegionCode? {
        guard let text = node.text else { return nil }
        if let named = RegionCode.allCases.first(where: { $0.ccode == text }) { return named }
        if text.hasPrefix("0x") || text.hasPrefix("0X") {
            do {
                return try RegionCode(parsing: text)
            } catch {
                problems.report(
                    .wrongForm, at: node.origin, path: "region", found: error.description, remedy: "")
                return nil
            }
        }
        let words = ["auto"] + RegionCode.allCases.map(\.ccode)
        problems.report(
            .wrongForm, at: node.origin, path: "region", found: node.spoken,
            allowed: "auto, US (0x00005355, 1-11) or GB (0x00004247, 1-13)",
            remedy: Phrase.didYouMean(
                text, among: words, otherwise: "An imp003 knows no other region; `auto` chooses."))
        return nil
    }

    private func report(_ finding: Finding, _ region: RegionCode, _ markets: [CountryCode], at origin: Origin)
    {
        guard finding.severity == .error else {
            problems.report(
                .regulatoryNote, finding.severity, at: origin, path: "region", found: finding.message,
                finding: finding.code)
            return
        }
        let tooNarrow = markets.compactMap { market -> String? in
            guard let rules = try? reading.regulatory.rules(for: market),
                !region.channels.isSubset(of: rules.unrestrictedChannels)
            else { return nil }
            return "\(rules.unrestrictedChannels) in \(market)"
        }
        problems.report(
            .regionTooWide, at: origin, path: "region",
            found: "\(region.ccode) (channels \(region.channels)) for `\(source.id)`",
            allowed: tooNarrow.joined(separator: ", "),
            remedy: "Write `region: auto`, or give these markets a SKU of their own.", finding: finding.code)
    }

    // MARK: - Derived regions

    private func derive(
        _ node: ConfigNode, _ markets: [CountryCode], promised: (set: ChannelSet, node: ConfigNode)?
    ) -> (region: RegionCode, reason: String)? {
        let derivation: RegionDerivation
        do {
            derivation = try reading.regulatory.derivation(for: markets)
        } catch {
            problems.report(
                .noLegalRegion, at: (node["region"] ?? node["markets"] ?? node).origin,
                path: node["region"] == nil ? "markets" : "region", found: error.description,
                remedy: "Split the markets into several SKUs.")
            return nil
        }
        guard let promised, promised.set != derivation.region.channels else {
            return (derivation.region, derivation.description)
        }
        // `channels` may ask for less than the markets allow, when a region gives exactly that.
        if let narrower = RegionCode.allCases.first(where: { $0.channels == promised.set }),
            promised.set.isSubset(of: derivation.region.channels)
        {
            return (
                narrower,
                "\(narrower): `channels` asks for no more; the markets would allow \(derivation.region)."
            )
        }
        checkPromise(promised, derivation.region, node)
        return nil
    }

    // MARK: - The promise

    private func promisedChannels(_ node: ConfigNode) -> (set: ChannelSet, node: ConfigNode)? {
        guard let channels = node["channels"], let text = channels.text else { return nil }
        do {
            return (try ChannelSet(parsing: text), channels)
        } catch {
            problems.report(
                .wrongForm, at: channels.origin, path: "channels", found: "\(channels.spoken) (\(error))",
                allowed: "1-11 or 1-13", remedy: "Leave the key out to take what the region gives.")
            return nil
        }
    }

    private func checkPromise(
        _ promised: (set: ChannelSet, node: ConfigNode), _ region: RegionCode, _ node: ConfigNode
    ) {
        guard promised.set != region.channels else { return }
        let beyond = promised.set.subtracting(region.channels)
        problems.report(
            .channelPromise, at: promised.node.origin, path: "channels", found: "channels \(promised.set)",
            allowed: "\(region.channels), which region \(region.ccode) gives",
            remedy: beyond.isEmpty
                ? "The module would use \(region.channels.subtracting(promised.set)) too; no region gives exactly \(promised.set)."
                : "The module would never use \(beyond).")
    }
}
