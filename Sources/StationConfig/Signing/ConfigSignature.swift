import ContentAddress
import Ledger

/// An engineer's word for a revision: a C2SP signed note in `configuration.note` beside `station.yaml`.
///
/// ```
/// blessing-station configuration
/// <SHA-256 of the revision's manifest, hex>
///
/// — maria <base64 of key hash ‖ Ed25519 signature>
/// ```
public struct ConfigSignature: Hashable, Sendable {
    /// The note's file, in the station folder and in bundles.
    public static let file = "configuration.note"
    private static let title = "blessing-station configuration"

    public let revision: SHA256Digest
    /// The note as it stands in the file.
    public let text: String

    /// Signs a revision, beside those who have signed it already.
    /// - Throws: `NoteError`
    public init(of revision: SHA256Digest, by key: StationKey, beside other: ConfigSignature? = nil)
        throws(NoteError)
    {
        var note = try SignedNote(text: "\(Self.title)\n\(revision.hex)\n", signedBy: key)
        if let other, other.revision == revision {
            note = try SignedNote(parsing: other.text).adding(note.signatures)
        }
        self.revision = revision
        text = note.encoded
    }

    /// Reads a note; believes none of its signatures.
    /// - Throws: `ConfigProblem` CFG111
    public init(parsing text: String) throws(ConfigProblem) {
        let note: SignedNote
        do throws(NoteError) { note = try SignedNote(parsing: text) } catch {
            throw Self.invalid("\(error)")
        }
        let lines = note.text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count == 3, lines[0] == Self.title, let revision = SHA256Digest(hex: lines[1]),
            revision.hex == lines[1], lines[2].isEmpty
        else { throw Self.invalid("the note is not about a configuration") }
        self.revision = revision
        self.text = text
    }

    /// The note in a station folder; nil when there is none.
    /// - Throws: `ConfigProblem`
    public static func load(from root: String) throws(ConfigProblem) -> ConfigSignature? {
        guard let files = StationFiles(at: root) else { return nil }
        let bytes: [UInt8]
        do throws(ConfigFileError) { bytes = try files.read(file, limit: FileLimit.yaml) } catch {
            if case .missing = error { return nil }
            throw invalid("\(error)")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw invalid("it is not UTF-8") }
        return try ConfigSignature(parsing: text)
    }

    /// The trusted keys that signed this revision.
    /// - Throws: `ConfigProblem`: CFG113 another revision, CFG111 a wrong signature, CFG112 nobody who is trusted.
    public func signers(of found: SHA256Digest, trusted: [VerifierKey]) throws(ConfigProblem) -> [VerifierKey]
    {
        guard found == revision else {
            throw .revision(
                .revisionChanged, Self.file, found: "a signature for revision \(revision.hex.prefix(12))",
                allowed: "one for \(found.hex.prefix(12)), which the files are now",
                remedy: "Restore the files, or have the revision signed: `station config sign`.")
        }
        do throws(NoteError) {
            return try SignedNote(parsing: text).verify(by: trusted)
        } catch {
            switch error {
            case .untrusted(let signers):
                throw .revision(
                    .signerNotTrusted, Self.file, found: "signatures by \(signers.joined(separator: ", "))",
                    allowed: trusted.isEmpty
                        ? "none: `trusted-engineers` is empty" : trusted.map(\.name).joined(separator: ", "),
                    remedy: "Have it signed by an engineer whom station.yaml trusts.")
            default: throw Self.invalid("\(error)")
            }
        }
    }

    private static func invalid(_ found: String) -> ConfigProblem {
        .revision(
            .signatureInvalid, file, found: found, remedy: "Sign the revision again: `station config sign`.")
    }
}
