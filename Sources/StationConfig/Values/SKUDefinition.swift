import ContentAddress
import Imp003

/// A product variant as a SKU file defines it, with everything that it inherits.
public struct SKUDefinition: Hashable, Sendable {
    public let id: String
    /// The file, relative to the station folder.
    public let file: String
    /// A base for others that is never built itself.
    public let isAbstract: Bool
    public let extends: String?
    /// This SKU's id, then its base's, up to the one that extends nothing.
    public let lineage: [String]
    public let productDescription: String?
    /// Sorted; empty for an abstract SKU that names none.
    public let markets: [CountryCode]
    /// The general variant first (unless every market has an overlay), then one for each overlay by country; empty
    /// for an abstract SKU.
    public let variants: [SKUVariant]

    /// The variant for a market: the market's own when it has an overlay, else the general one.
    /// - Parameter market: nil asks for the general variant.
    /// - Returns: nil when the SKU is not sold there.
    public func variant(for market: CountryCode?) -> SKUVariant? {
        guard let market else { return variants.first { $0.overlay == nil } }
        return variants.first { $0.markets.contains(market) }
    }
}

/// One SKU for one set of markets: everything that decides what is done to a unit. Each market of a SKU belongs to
/// exactly one variant.
public struct SKUVariant: Hashable, Sendable {
    public let sku: String
    /// The market whose overlay this is; nil for the general variant.
    public let overlay: CountryCode?
    /// Printed on labels.
    public let product: String
    /// Where units may be sold; sorted, at least one.
    public let markets: [CountryCode]
    public let region: RegionCode
    /// Why this region, as a sentence.
    public let regionReason: String
    /// The channels of the region, which are legal in every market.
    public let channels: ChannelSet
    public let module: ModuleRequirements
    /// Custom WiFi NVRAM; nil leaves the module's own.
    public let nvram: NVRAMReference?
    /// By address; none overlaps another, the reservation or the end of the smallest chip.
    public let images: [FlashImage]
    /// The plan's name.
    public let plan: String
    /// The plan's content.
    public let planDigest: SHA256Digest
    public let label: LabelSettings?
    public let retest: RetestPolicy

    /// `env-sensor-apac`, or `env-sensor-apac/JP` for an overlay.
    public var id: String {
        overlay.map { "\(sku)/\($0)" } ?? sku
    }

    /// The variant as canonical JSON: content by SHA-256, no file names, no secrets, no descriptions.
    public var canonicalBytes: [UInt8] { canonical.bytes }

    /// The SHA-256 of `canonicalBytes`: the name by which the ledger knows what was built.
    public var digest: SHA256Digest { SHA256Digest(of: canonicalBytes) }

    var canonical: CanonicalJSON {
        var members: [String: CanonicalJSON] = [
            "type": .text("sku-variant"), "version": .integer(1), "sku": .text(sku), "variant": .text(id),
            "product": .text(product), "markets": .list(markets.map { .text($0.text) }),
            "region": .text("0x" + region.readBack), "channels": .text("\(channels)"),
            "module": module.canonical,
            "images": .list(images.map(\.canonical)),
            "plan": .object(["name": .text(plan), "sha256": .text(planDigest.hex)]),
            "retest": retest.canonical,
        ]
        if let nvram { members["nvram"] = .object(["sha256": .text(nvram.sha256.hex)]) }
        if let label {
            members["label"] = .object([
                "sha256": .text(label.sha256.hex), "copies": .integer(Int64(label.copies)),
            ])
        }
        return .object(members)
    }
}

/// What the module must be like.
public struct ModuleRequirements: Hashable, Sendable {
    /// Where the reservation ends, and chip sizes.
    public let profile: FlashProfile
    /// The smallest SPI flash that may be fitted, bytes; images fit it.
    public let minimumFlash: Int
    /// The profile on the smallest chip.
    public let flashMap: FlashMap

    var canonical: CanonicalJSON {
        .object([
            "reservation": .integer(Int64(profile.reservation)),
            "minimumFlash": .integer(Int64(minimumFlash)),
        ])
    }
}

/// A WiFi NVRAM file.
public struct NVRAMReference: Sendable {
    /// Relative to the station folder.
    public let file: String
    /// Of the file's bytes.
    public let sha256: SHA256Digest
    public let image: NVRAMImage
}

extension NVRAMReference: Hashable {
    /// The digest stands for the content.
    public static func == (left: NVRAMReference, right: NVRAMReference) -> Bool {
        left.file == right.file && left.sha256 == right.sha256
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(file)
        hasher.combine(sha256)
    }
}

extension NVRAMReference: CustomStringConvertible {
    /// `nvram/x.txt (SHA-256 …)`: not the whole text.
    public var description: String { "\(file) (SHA-256 \(sha256))" }
}

/// Bytes for the product's part of the SPI flash.
public struct FlashImage: Hashable, Sendable {
    public let name: String
    /// Relative to the station folder.
    public let file: String
    /// Squirrel's view: 0 is the first byte above the reservation.
    public let userAddress: UInt32
    /// Bytes, at least 1.
    public let size: Int
    public let sha256: SHA256Digest

    /// Virtual addresses.
    public var userRange: Range<UInt32> { userAddress..<(userAddress + UInt32(size)) }

    /// The chip's own addresses.
    public func physicalRange(in profile: FlashProfile) -> Range<UInt32> {
        (userRange.lowerBound + profile.reservation)..<(userRange.upperBound + profile.reservation)
    }

    var canonical: CanonicalJSON {
        .object([
            "name": .text(name), "userAddress": .integer(Int64(userAddress)), "size": .integer(Int64(size)),
            "sha256": .text(sha256.hex),
        ])
    }
}

/// The label of a passed unit.
public struct LabelSettings: Hashable, Sendable {
    /// Relative to the station folder.
    public let template: String
    /// Of the template's bytes.
    public let sha256: SHA256Digest
    public let copies: Int
}

/// What a label template may print, as `{{{serial}}}`.
public enum LabelField: String, CaseIterable, Hashable, Sendable {
    case serial, sku, product, markets, region, channels, mac, deviceID, order, station, `operator`, date
}
