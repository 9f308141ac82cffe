import ContentAddress
import Fixturing
import Imp003
import StationConfig

/// Everything that will be done to each unit of one work order, with every file read and checked: a value that
/// `--dry-run` prints, that a run executes exactly, and whose hash the record holds.
public struct BlessingPlan: Sendable {
    /// The station's name, for labels.
    public let station: String
    public let order: WorkOrder
    public let variant: SKUVariant
    public let tests: TestPlan
    /// The NVRAM text's exact bytes, as they will be handed to `imp.setnvramimage`.
    public let nvram: Content?
    public let images: [PlacedImage]
    /// The ZPL template's text.
    public let labelTemplate: String?
    public let limits: Limits

    /// The order's market, or all markets of the variant when the order names none: for each of them the unit is made
    /// legal. Codes in alphabetical order, separated by spaces.
    public var markets: String {
        (order.market.map { [$0] } ?? variant.markets).map(\.description).sorted().joined(separator: " ")
    }

    /// Bytes with their name and hash.
    public struct Content: Sendable, Equatable {
        public let name: String
        public let bytes: [UInt8]
        public let digest: SHA256Digest
    }

    /// An image and where its first byte goes.
    public struct PlacedImage: Sendable, Equatable {
        public let content: Content
        /// Physical address on the chip; the Squirrel address plus the reservation.
        public let address: Int
    }

    /// The station's own limits, the same for every SKU.
    public struct Limits: Sendable, Equatable {
        /// From power-on or reset until the console answers.
        public var boot: Duration
        /// For one ordinary request.
        public var link: Duration
        /// From boot until the unit is online.
        public var join: Duration
        /// From `server.bless` until its answer.
        public var bless: Duration
        /// Access points that must be heard before the channel proof counts.
        public var accessPoints: Int
        /// Scans at most: each one leaks memory under Release 30 (known issue K1).
        public var scans: Int
    }

    /// Reads what the order needs and binds it together.
    /// - Throws: `ConfigFileError` when a file changed since the folder was checked, `PlanRefusal` when the order
    ///   can't be built here.
    public static func make(for order: WorkOrder, in folder: StationFolder) throws -> BlessingPlan {
        guard let variant = folder.variant(for: order) else {
            throw PlanRefusal.noVariant(order: order.id, sku: order.sku)
        }
        guard folder.station.skus.allows(variant.sku) else {
            throw PlanRefusal.notAllowedHere(sku: variant.sku, station: folder.station.name)
        }
        guard let tests = folder.plan(variant.plan) else {
            throw PlanRefusal.noPlan(variant.plan, sku: variant.sku)
        }
        let nvram = try variant.nvram.map { reference in
            Content(name: reference.file, bytes: try folder.read(reference), digest: reference.sha256)
        }
        let images = try variant.images.map { image in
            PlacedImage(
                content: Content(name: image.name, bytes: try folder.read(image), digest: image.sha256),
                address: Int(image.physicalRange(in: variant.module.profile).lowerBound))
        }
        return BlessingPlan(
            station: folder.station.name, order: order, variant: variant, tests: tests, nvram: nvram,
            images: images,
            labelTemplate: try variant.label.map { try folder.read($0) },
            limits: Limits(
                boot: folder.station.timeouts.boot, link: folder.station.timeouts.link,
                join: folder.station.timeouts.join, bless: folder.station.timeouts.bless,
                accessPoints: folder.station.scan.accessPointsRequired,
                scans: folder.station.scan.maximumScans))
    }

    /// The plan as canonical JSON: what is done, in order, with hashes in place of content.
    public var canonicalBytes: [UInt8] { document.bytes }

    /// The plan's name for ever: SHA-256 of its canonical bytes.
    public var digest: SHA256Digest { SHA256Digest(of: canonicalBytes) }

    private var document: CanonicalJSON {
        .object([
            "format": .text("blessing-plan-1"),
            "sku": .text(variant.id),
            "sku_sha256": .text(variant.digest.hex),
            "tests_sha256": .text(tests.digest.hex),
            "region": .text(variant.region.readBack),
            "channels": .text(variant.channels.description),
            "markets": .list(variant.markets.map { .text($0.description) }),
            "reservation": .integer(Int64(variant.module.profile.reservation)),
            "nvram_sha256": nvram.map { .text($0.digest.hex) } ?? .null,
            "images": .list(
                images.map { image in
                    .object([
                        "name": .text(image.content.name), "address": .integer(Int64(image.address)),
                        "size": .integer(Int64(image.content.bytes.count)),
                        "sha256": .text(image.content.digest.hex),
                    ])
                }),
            "limits": .object([
                "boot_ms": .integer(limits.boot.wholeMilliseconds),
                "link_ms": .integer(limits.link.wholeMilliseconds),
                "join_ms": .integer(limits.join.wholeMilliseconds),
                "bless_ms": .integer(limits.bless.wholeMilliseconds),
                "access_points": .integer(Int64(limits.accessPoints)), "scans": .integer(Int64(limits.scans)),
            ]),
            "stages": .list(ProcedureStage.allCases.map { .text($0.rawValue) }),
        ])
    }
}

/// Why no plan can be made for an order.
public enum PlanRefusal: Error, Equatable, Sendable, CustomStringConvertible {
    case noVariant(order: String, sku: String)
    case notAllowedHere(sku: String, station: String)
    case noPlan(String, sku: String)

    public var description: String {
        switch self {
        case .noVariant(let order, let sku):
            "Work order \(order) names SKU \(sku), which can't be built for the order's market. Run `station check`."
        case .notAllowedHere(let sku, let station):
            "SKU \(sku) is not allowed at station \(station). Add it to `skus` in station.yaml, or take the order to the right line."
        case .noPlan(let plan, let sku):
            "SKU \(sku) names test plan \(plan), which does not exist. Run `station check`."
        }
    }
}

extension Duration {
    /// Milliseconds, rounded down.
    public var wholeMilliseconds: Int64 {
        components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    }
}
