import ArgumentParser
import Imp003

struct RegionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "region",
        abstract: "What a country allows at 2.4 GHz, and which imp003 region follows.",
        subcommands: [Show.self, Matrix.self])

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "One or more countries in full.")
        @Argument(help: "ISO 3166 codes: US, or US CA MX.") var countries: [String]
        @Flag(help: "Print JSON.") var json = false

        func run() throws {
            let database = try Regulatory.database()
            let codes = try countries.map(CountryArgument.parse)
            if json {
                return try JSONOutput.print(
                    try codes.map { try CountrySummary(database.rules(for: $0), database) })
            }
            for code in codes {
                let rules = try database.rules(for: code)
                let summary = try CountrySummary(rules, database)
                Terminal.line(Ink.strong(code.description) + "  active channels \(summary.activeChannels)")
                var table = Table("channel", "MHz", "EIRP", "restrictions")
                for use in rules.channelUses {
                    table.add(
                        use.channel.description, String(use.channel.centerFrequencyMHz),
                        use.maxEIRP.description,
                        CountrySummary.restrictions(use).joined(separator: " "))
                }
                table.print()
            }
            let derivation = try database.derivation(for: codes)
            Terminal.line(
                "imp003 region: \(derivation.region.readBack) (channels \(derivation.region.channels)): \(derivation)"
            )
            Terminal.line(Ink.quiet("Source: \(database.source)"))
        }
    }

    struct Matrix: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Every country: region, channels, power.")
        @Flag(help: "Print JSON.") var json = false

        func run() throws {
            let database = try Regulatory.database()
            let summaries = try database.countries.filter { $0.country != .world }.map {
                try CountrySummary($0, database)
            }
            if json { return try JSONOutput.print(summaries) }
            var table = Table("country", "region", "imp003 channels", "country allows", "EIRP")
            for summary in summaries {
                table.add(
                    summary.country, summary.region, summary.channels, summary.activeChannels,
                    summary.maximumEIRP)
            }
            table.print()
            Terminal.line(Ink.quiet("Source: \(database.source)"))
        }
    }
}

enum CountryArgument {
    static func parse(_ text: String) throws -> CountryCode {
        do { return try CountryCode(parsing: text) } catch { throw StationFailure(.badInput, "\(error)") }
    }
}

/// One country as `--json` prints it.
struct CountrySummary: Encodable {
    struct Use: Encodable {
        let channel: Int
        let eirp: String
        let restrictions: [String]
    }
    let country: String
    let region: String
    let channels: String
    let activeChannels: String
    let maximumEIRP: String
    let uses: [Use]

    init(_ rules: CountryRules, _ database: RegulatoryDatabase) throws {
        let derived = try database.derivedRegion(for: [rules.country])
        country = rules.country.description
        region = derived.readBack
        channels = derived.channels.description
        activeChannels = rules.activeChannels.description
        maximumEIRP =
            try database.worstCaseEIRP(in: [rules.country], on: derived.channels).map { "\($0.eirp)" } ?? "–"
        uses = rules.channelUses.map {
            Use(
                channel: $0.channel.rawValue, eirp: $0.maxEIRP.description,
                restrictions: Self.restrictions($0))
        }
    }

    static func restrictions(_ use: ChannelUse) -> [String] {
        var all: [String] = []
        if use.noIR { all.append("NO-IR") }
        if use.noOFDM { all.append("NO-OFDM") }
        if use.noOutdoor { all.append("NO-OUTDOOR") }
        if use.dfs { all.append("DFS") }
        return all
    }
}
