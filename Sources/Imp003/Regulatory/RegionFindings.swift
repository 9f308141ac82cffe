extension RegulatoryDatabase {
    /// Checks a region that somebody chose for a product against the markets it is sold in.
    ///
    /// | Code | Severity | Meaning |
    /// |---|---|---|
    /// | RG001 | error | no rules known for a country |
    /// | RG002 | error | the region allows channels that a market does not permit |
    /// | RG003 | error | a market permits a channel of the region for listening only |
    /// | RG004 | error | a market permits a channel of the region at 802.11b rates only |
    /// | RG005 | warning | the vendor's pages assign another, narrower region to a market |
    /// | RG006 | warning | a market asks for radar detection on a channel of the region |
    /// | RG007 | note | a market permits channels of the region indoors only |
    /// | RG008 | note | a wider region would be legal in every market |
    /// | RG009 | error | no market is given |
    /// - Returns: findings in the order of the table; several countries with the same fault share one.
    public func findings(region: RegionCode, countries: [CountryCode]) -> [Finding] {
        guard !countries.isEmpty else {
            return [Finding(code: "RG009", severity: .error, message: RegionError.noCountries.description)]
        }
        var findings: [Finding] = []
        var known: [CountryRules] = []
        for country in Set(countries).sorted() {
            do {
                known.append(try rules(for: country))
            } catch {
                findings.append(Finding(code: "RG001", severity: .error, message: error.description))
            }
        }
        let narrower = RegionCode.allCases.filter { $0.channels.isStrictSubset(of: region.channels) }
            .map { "region \($0)" }
        let remedy = """
            Take \(narrower.isEmpty ? "" : Wording.list(narrower, joining: "or") + ", or take ")the markets concerned out \
            of this SKU.
            """
        findings += Self.grouped(known) { region.channels.subtracting($0.permittedChannels) }
            .map { channels, countries in
                Finding(
                    code: "RG002", severity: .error,
                    message: """
                        Region \(region) allows more than a market: \(Self.channels(channels)) may not be used in \
                        \(Wording.list(countries)). \(remedy)
                        """)
            }
        findings += Self.conditional(known, region: region, where: \.noIR).map { channels, countries in
            Finding(
                code: "RG003", severity: .error,
                message: """
                    Region \(region) allows more than a market: on \(Self.channels(channels)) a station may only listen in \
                    \(Wording.list(countries)) (NO-IR). \(remedy)
                    """)
        }
        findings += Self.conditional(known, region: region, where: \.noOFDM).map { channels, countries in
            Finding(
                code: "RG004", severity: .error,
                message: """
                    Region \(region) allows more than a market: \(Self.channels(channels)) may be used at 802.11b rates only \
                    in \(Wording.list(countries)) (NO-OFDM), and an imp003 cannot be held to those. \(remedy)
                    """)
        }
        for rules in known {
            guard let assigned = VendorAssignment.region(for: rules.country),
                assigned.channels.isStrictSubset(of: region.channels),
                region.channels.isSubset(of: rules.unrestrictedChannels)
            else { continue }
            findings.append(
                Finding(
                    code: "RG005", severity: .warning,
                    message: """
                        The module vendor's documentation assigns region \(assigned) to \(rules.country), the SKU has \
                        \(region). Take the vendor's, or keep the approval that covers this choice with the SKU.
                        """))
        }
        findings += Self.conditional(known, region: region, where: \.dfs).map { channels, countries in
            Finding(
                code: "RG006", severity: .warning,
                message: """
                    \(Wording.list(countries)) asks for radar detection (DFS) on \(Self.channels(channels)), which no 2.4 GHz \
                    module has. This is probably an oddity of the database: ask the local authority before shipping.
                    """)
        }
        findings += Self.conditional(known, region: region, where: \.noOutdoor).map { channels, countries in
            Finding(
                code: "RG007", severity: .note,
                message: """
                    \(Wording.list(countries)) permits \(Self.channels(channels)) indoors only (NO-OUTDOOR). Say so in the \
                    product's papers.
                    """)
        }
        if !findings.hasErrors, let derived = try? derivedRegion(for: countries),
            region.channels.isStrictSubset(of: derived.channels)
        {
            findings.append(
                Finding(
                    code: "RG008", severity: .note,
                    message: """
                        Region \(region) is legal in every market, but leaves out \
                        \(Self.channels(derived.channels.subtracting(region.channels))): access points there will not be \
                        found. Region \(derived) is legal too.
                        """))
        }
        return findings
    }

    /// Countries by the channels that they have in common under a condition; countries without any left out.
    private static func grouped(
        _ known: [CountryRules], by channels: (CountryRules) -> ChannelSet
    ) -> [(channels: ChannelSet, countries: [CountryCode])] {
        var groups: [(channels: ChannelSet, countries: [CountryCode])] = []
        for rules in known {
            let set = channels(rules)
            if set.isEmpty { continue }
            if let place = groups.firstIndex(where: { $0.channels == set }) {
                groups[place].countries.append(rules.country)
            } else {
                groups.append((set, [rules.country]))
            }
        }
        return groups
    }

    private static func conditional(
        _ known: [CountryRules], region: RegionCode, where condition: (ChannelUse) -> Bool
    ) -> [(channels: ChannelSet, countries: [CountryCode])] {
        grouped(known) { rules in
            ChannelSet(rules.channelUses.filter(condition).map(\.channel)).intersection(region.channels)
        }
    }

    private static func channels(_ set: ChannelSet) -> String {
        "\(set.count == 1 ? "channel" : "channels") \(set)"
    }
}
