import ContentAddress
import Ledger
import StationConfig
import StationStore

/// What stands between a station folder and a unit: in production mode only revisions that a trusted engineer signed, the
/// list of those engineers as the record pins it, and each work order from the one revision with which it began.
public struct ConfigurationGate: Sendable {
    let folder: StationFolder
    let store: StationStore

    public init(folder: StationFolder, store: StationStore) {
        self.folder = folder
        self.store = store
    }

    /// Lets an order pass, and writes down with which revision and by whose signature.
    /// - Parameter plan: what will be done; its images must be those of the revision.
    /// - Throws: `GateRefusal`, `ConfigProblem`, `StoreError`
    public func admit(_ plan: BlessingPlan) async throws {
        let trust = folder.station.trust
        let pinned = try await store.reader.lastConfiguration(.trusted)?.revision
        // A station that was never pinned is a desk or a line that is being set up.
        if pinned != nil || trust.mode == .production, pinned != trust.digest.hex {
            throw GateRefusal.trustChanged(pinned: pinned, found: trust.digest.hex)
        }
        var signers: [VerifierKey] = []
        let revision: ConfigRevision
        switch trust.mode {
        case .development: revision = try ConfigRevision(folder: folder.root)
        case .production:
            let signed = try SignedRevision(folder: folder.root, trust: trust)
            (revision, signers) = (signed.revision, signed.signers)
            try Self.requireWithin(plan, revision)
        }
        let digest = revision.digest
        let order = plan.order.id
        if let held = try await store.reader.orderLock(order) {
            guard held == digest.hex else {
                throw GateRefusal.orderPinned(order: order, revision: held, found: digest.hex)
            }
        } else if trust.mode == .production {
            try await store.append(.orderLocked(OrderLocked(order: order, revision: digest)))
        }
        let used = try await store.reader.lastConfiguration(.used)?.revision
        guard trust.mode == .production, used != digest.hex else { return }
        try await store.append(
            .configurationChanged(
                ConfigurationChanged(
                    change: .used, revision: digest, by: nil, place: "station",
                    signedBy: signers.first.map { .named($0.name) },
                    signer: signers.first.map { SHA256Digest(of: Array($0.text.utf8)) })))
    }

    /// What the plan carries are files of the revision, byte for byte: one that lies elsewhere nobody has signed.
    private static func requireWithin(_ plan: BlessingPlan, _ revision: ConfigRevision) throws(GateRefusal) {
        let signed = Set(revision.files.map(\.sha256))
        for content in plan.images.map(\.content) + [plan.nvram].compactMap({ $0 })
        where !signed.contains(content.digest) {
            throw .outsideRevision(content.name)
        }
    }
}

/// Why an order may not be worked on with this configuration; codes as in docs/sku.md.
public enum GateRefusal: Error, Equatable, Sendable, CustomStringConvertible {
    case trustChanged(pinned: String?, found: String)
    case orderPinned(order: String, revision: String, found: String)
    case outsideRevision(String)

    public var description: String {
        switch self {
        case .trustChanged(let pinned, let found):
            "station.yaml: error \(ConfigCode.trustChanged.rawValue): mode and trusted-engineers are \(found.prefix(12)), the record "
                + (pinned.map { "pins \($0.prefix(12))" } ?? "pins nothing yet")
                + ". Put station.yaml back, or have an administrator run `station config trust`."
        case .orderPinned(let order, let revision, let found):
            "error \(ConfigCode.orderPinned.rawValue): work order \(order) was begun with configuration \(revision.prefix(12)), the "
                + "folder holds \(found.prefix(12)). Activate that one again (`station config activate`), or let the order go: "
                + "`station order unlock`."
        case .outsideRevision(let name):
            "\(name): error \(ConfigCode.outsideRevision.rawValue): it is not a file of the signed revision. Move it into one of "
                + "\(ConfigRevision.folders.joined(separator: ", ")) and have the revision signed."
        }
    }
}
