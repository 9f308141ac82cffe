import ContentAddress
import Imp003

/// So many units of one SKU, with the serial numbers that they may get.
public struct WorkOrder: Hashable, Sendable {
    public let id: String
    /// The file, relative to the station folder.
    public let file: String
    /// The SKU's id.
    public let sku: String
    /// The market that the units are made for; nil only for a SKU without overlays.
    public let market: CountryCode?
    /// Units to bless, at least 1.
    public let quantity: Int
    /// At least `quantity` serial numbers, shared with no other order of the folder.
    public let serials: SerialRange
    /// An operator of station.yaml.
    public let operatorID: String?
    /// The day it is due, `2026-12-01`.
    public let due: String?

    /// The order as canonical JSON, without the file's name.
    public var canonicalBytes: [UInt8] {
        var members: [String: CanonicalJSON] = [
            "type": .text("work-order"), "version": .integer(1), "order": .text(id), "sku": .text(sku),
            "quantity": .integer(Int64(quantity)), "serials": serials.canonical,
        ]
        if let market { members["market"] = .text(market.text) }
        if let operatorID { members["operator"] = .text(operatorID) }
        if let due { members["due"] = .text(due) }
        return CanonicalJSON.object(members).bytes
    }

    /// The SHA-256 of `canonicalBytes`.
    public var digest: SHA256Digest { SHA256Digest(of: canonicalBytes) }
}
