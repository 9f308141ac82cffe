import ArgumentParser
import ContentAddress
import Imp003
import StationConfig

struct SKUCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sku",
        abstract: "Look at products: what each market's units are given.",
        subcommands: [List.self, Show.self, Diff.self, Matrix.self])

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "All SKUs with region, channels and markets.")
        @OptionGroup var options: FolderOptions
        @Flag(help: "Print JSON.") var json = false

        func run() throws {
            let folder = try options.load(warn: false)
            let variants = folder.skus.flatMap(\.variants)
            if json { return try JSONOutput.print(variants.map(VariantSummary.init)) }
            var table = Table("sku", "region", "channels", "plan", "images", "product", "markets")
            for variant in variants {
                table.add(
                    variant.id, variant.region.readBack, variant.channels.description, variant.plan,
                    String(variant.images.count), variant.product,
                    variant.markets.map(\.description).joined(separator: " "))
            }
            table.print()
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "One SKU, resolved: everything a unit will be given.")
        @OptionGroup var options: FolderOptions
        @Argument(help: "The SKU; with its market after a slash where it has overlays: env-sensor-apac/JP.")
        var sku: String
        @Flag(help: "Print JSON.") var json = false

        func run() throws {
            let folder = try options.load(warn: false)
            let variant = try folder.namedVariant(sku)
            if json { return try JSONOutput.print(VariantSummary(variant)) }
            Terminal.line(Ink.strong(variant.id) + "  " + variant.product)
            var table = Table("key", "value")
            table.add("digest", variant.digest.hex)
            table.add("markets", variant.markets.map(\.description).joined(separator: " "))
            table.add("region", "\(variant.region.readBack) (\(variant.regionReason))")
            table.add("channels", variant.channels.description)
            table.add(
                "module",
                "\(variant.module.profile.name), flash at least \(variant.module.minimumFlash / 1024) KiB")
            table.add("nvram", variant.nvram.map { "\($0.file) \($0.sha256)" } ?? "the module's own")
            for image in variant.images {
                let range = image.physicalRange(in: variant.module.profile)
                table.add(
                    "image",
                    "\(image.name): \(image.size) bytes at 0x\(String(range.lowerBound, radix: 16)) \(image.sha256)"
                )
            }
            table.add("plan", "\(variant.plan) \(variant.planDigest)")
            table.add("label", variant.label.map { "\($0.template) × \($0.copies)" } ?? "none")
            table.add("retest", "\(variant.retest.attempts.of("attempt")) in all")
            table.print()
        }
    }

    struct Diff: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "What differs between two SKUs, key by key.")
        @OptionGroup var options: FolderOptions
        @Argument(help: "One SKU.") var left: String
        @Argument(help: "The other.") var right: String
        @Flag(help: "Print JSON.") var json = false

        func run() throws {
            let folder = try options.load(warn: false)
            let differences = VariantComparison.differences(
                try folder.namedVariant(left), try folder.namedVariant(right), plans: folder.plans)
            if json {
                return try JSONOutput.print(
                    differences.map { ["key": $0.keyPath, "left": $0.left, "right": $0.right] })
            }
            var table = Table("key", left, right)
            for difference in differences {
                table.add(difference.keyPath, difference.left ?? "–", difference.right ?? "–")
            }
            if table.isEmpty { Terminal.line("No difference.") } else { table.print() }
        }
    }

    struct Matrix: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Markets against SKUs: region, channels used and channels the market would allow.")
        @OptionGroup var options: FolderOptions
        @Flag(help: "Print JSON.") var json = false

        func run() throws {
            let matrix = try options.load(warn: false).matrix()
            if json {
                return try JSONOutput.print(
                    matrix.rows.map {
                        [
                            "sku": $0.variant, "market": $0.market.description, "region": $0.region.readBack,
                            "channels": $0.channels.description,
                            "market_channels": $0.marketChannels.description,
                            "maximum_eirp": $0.maximumEIRP.map(\.description) ?? "",
                        ]
                    })
            }
            var table = Table("market", "sku", "region", "channels", "market allows", "unused", "EIRP")
            for row in matrix.rows.sorted(by: {
                ($0.market.description, $0.sku) < ($1.market.description, $1.sku)
            }) {
                table.add(
                    row.market.description, row.variant, row.region.readBack, row.channels.description,
                    row.marketChannels.description, row.unusedChannels.description,
                    row.maximumEIRP.map(\.description) ?? "–")
            }
            table.print()
        }
    }
}

extension StationFolder {
    /// - Parameter text: `sku` or `sku/MARKET`.
    func namedVariant(_ text: String) throws -> SKUVariant {
        let parts = text.split(separator: "/", maxSplits: 1).map(String.init)
        var market: CountryCode?
        if parts.count == 2 {
            do { market = try CountryCode(parsing: parts[1]) } catch {
                throw StationFailure(.badInput, "\(error)")
            }
        }
        if let variant = parts.first.flatMap({ self.variant(sku: $0, market: market) }) { return variant }
        let known = skus.flatMap(\.variants).map(\.id).joined(separator: ", ")
        throw StationFailure(.badInput, "There is no SKU \(text) here. There are: \(known).")
    }
}

/// A variant as `--json` prints it.
struct VariantSummary: Encodable {
    struct Image: Encodable {
        let name: String
        let address: UInt32
        let size: Int
        let sha256: String
    }
    let id: String
    let digest: String
    let product: String
    let markets: [String]
    let region: String
    let channels: String
    let profile: String
    let nvramSHA256: String?
    let images: [Image]
    let plan: String
    let planDigest: String

    init(_ variant: SKUVariant) {
        id = variant.id
        digest = variant.digest.hex
        product = variant.product
        markets = variant.markets.map(\.description)
        region = variant.region.readBack
        channels = variant.channels.description
        profile = variant.module.profile.name
        nvramSHA256 = variant.nvram?.sha256.hex
        images = variant.images.map {
            Image(
                name: $0.name, address: $0.physicalRange(in: variant.module.profile).lowerBound,
                size: $0.size,
                sha256: $0.sha256.hex)
        }
        plan = variant.plan
        planDigest = variant.planDigest.hex
    }
}
