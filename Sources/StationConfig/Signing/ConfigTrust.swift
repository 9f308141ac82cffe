import ContentAddress
import Ledger

/// Whether a station runs only what engineers signed, and which engineers. Stands in `station.yaml`; its hash is pinned
/// in the record, so that whoever signs a revision, or can write the folder, can't change it unseen.
public struct ConfigTrust: Hashable, Sendable {
    /// How strict a station is.
    public enum Mode: String, CaseIterable, Sendable {
        /// Runs whatever checks out.
        case development
        /// Runs only revisions that a trusted engineer signed.
        case production
    }

    public let mode: Mode
    /// In the order of the file.
    public let engineers: [VerifierKey]

    public init(mode: Mode = .development, engineers: [VerifierKey] = []) {
        self.mode = mode
        self.engineers = engineers
    }

    /// What the record pins: SHA-256 over mode and keys, whatever their order.
    public var digest: SHA256Digest {
        SHA256Digest(
            of: CanonicalJSON.object([
                "format": .text("blessing-trust-1"), "mode": .text(mode.rawValue),
                "engineers": .list(engineers.map(\.text).sorted().map { .text($0) }),
            ]).bytes)
    }
}

/// A revision whose files are what a trusted engineer signed.
public struct SignedRevision: Hashable, Sendable {
    public let revision: ConfigRevision
    public let signers: [VerifierKey]

    /// Reads and checks a folder's files as they are now.
    /// - Throws: `ConfigProblem`, CFG110 when nobody signed.
    public init(folder root: String, trust: ConfigTrust) throws(ConfigProblem) {
        let revision = try ConfigRevision(folder: root)
        guard let signature = try ConfigSignature.load(from: root) else {
            throw .revision(
                .notSigned, ConfigSignature.file,
                found: "no signature for revision \(revision.digest.hex.prefix(12))",
                allowed: "in production mode one by an engineer of `trusted-engineers`",
                remedy: "Run `station config sign --key FILE`, or stage a signed bundle.")
        }
        signers = try signature.signers(of: revision.digest, trusted: trust.engineers)
        self.revision = revision
    }
}
