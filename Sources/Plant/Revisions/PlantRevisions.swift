import ContentAddress
import Ledger

/// A signed bundle of configuration at the plant.
public struct PlantRevision: Sendable, Equatable {
    public var name: String
    /// Of the bundle's bytes.
    public var digest: SHA256Digest
    public var size: Int
    /// UTC ms.
    public var publishedAt: Int64
}

/// Why a bundle was not taken or not handed out.
public enum RevisionFault: Error, Equatable, Sendable, CustomStringConvertible {
    case notSigned(String)
    case tooLarge(Int)
    case unknown(String)
    case changed(name: String, expected: String, found: String)
    case untrusted(name: String, NoteError)

    /// Whether it shows that somebody changed something.
    public var isEvidence: Bool {
        switch self {
        case .changed, .untrusted: true
        default: false
        }
    }

    public var description: String {
        switch self {
        case .notSigned(let why):
            "this is no signed bundle (\(why)): `station config sign` and `station config bundle` make one"
        case .tooLarge(let bytes):
            "the bundle has \(bytes) bytes; \(PlantDatabase.largestRevision) are allowed"
        case .unknown(let name): "nothing was published under the name \(name)"
        case .changed(let name, let expected, let found):
            "\(name) was changed at the plant: its digest should be \(expected), found \(found); nothing was written"
        case .untrusted(let name, let error): "\(name) can't be believed: \(error); nothing was written"
        }
    }
}

extension PlantDatabase {
    /// Bytes in the largest bundle: flash images are in it.
    public static let largestRevision = 256 << 20

    /// The signature at the head of a bundle: a first line with its length, then a C2SP signed note.
    static func signature(of bundle: [UInt8]) throws(RevisionFault) -> SignedNote {
        guard let end = bytes(bundle).firstIndex(of: 0x0A) else { throw .notSigned("it has no first line") }
        let words = String(decoding: bundle[..<end], as: UTF8.self).split(separator: " ")
        guard words.count == 3, words[0] == "blessing-station-bundle/1", let size = Int(words[1]), size > 0,
            size < bundle.count - end
        else { throw .notSigned("its first line is not that of a bundle") }
        guard let text = String(validating: bundle[(end + 1)..<(end + 1 + size)], as: UTF8.self) else {
            throw .notSigned("its note is not UTF-8")
        }
        do throws(NoteError) { return try SignedNote(parsing: text) } catch { throw .notSigned("\(error)") }
    }

    private static func bytes(_ bundle: [UInt8]) -> ArraySlice<UInt8> { bundle.prefix(80) }

    /// Hands a signed bundle in. The same bytes again change nothing.
    /// - Throws: ``RevisionFault``
    public func publish(_ bundle: [UInt8], name: String) async throws -> SHA256Digest {
        guard bundle.count <= Self.largestRevision else { throw RevisionFault.tooLarge(bundle.count) }
        let note = try Self.signature(of: bundle)
        let digest = SHA256Digest(of: bundle)
        let now = clock.utcMilliseconds()
        _ = try await ask { connection in
            try connection.run(
                """
                INSERT INTO revision (digest, name, bytes, signature, published_at) VALUES ($1, $2, $3, $4, $5)
                ON CONFLICT (digest) DO NOTHING
                """,
                [.text(digest.hex), .text(name), .bytes(bundle), .text(note.encoded), .integer(now)])
        }
        return digest
    }

    /// What was published, newest first.
    public func revisions() async throws -> [PlantRevision] {
        try await ask { connection in
            try connection.run(
                "SELECT name, digest, octet_length(bytes), published_at FROM revision ORDER BY published_at DESC, digest"
            ).compactMap { row in
                guard let digest = row.text(1).flatMap({ SHA256Digest(hex: $0) }) else { return nil }
                return PlantRevision(
                    name: row.text(0) ?? "", digest: digest, size: Int(row.integer(2) ?? 0),
                    publishedAt: row.integer(3) ?? 0)
            }
        }
    }

    /// The newest bundle of a name, its digest checked, and its signature by one of `trusted` where there are any.
    /// - Throws: ``RevisionFault``
    public func fetch(_ name: String, trusting trusted: [VerifierKey]) async throws -> (
        [UInt8], PlantRevision
    ) {
        let row = try await ask { connection in
            try connection.run(
                "SELECT digest, bytes, published_at FROM revision WHERE name = $1 ORDER BY published_at DESC, digest LIMIT 1",
                [.text(name)]
            ).first.map { ($0.text(0) ?? "", $0.bytes(1) ?? [], $0.integer(2) ?? 0) }
        }
        guard let (expected, bundle, at) = row else { throw RevisionFault.unknown(name) }
        let digest = SHA256Digest(of: bundle)
        guard digest.hex == expected else {
            throw RevisionFault.changed(name: name, expected: expected, found: digest.hex)
        }
        let note = try Self.signature(of: bundle)
        if !trusted.isEmpty {
            do throws(NoteError) { try note.verify(by: trusted) } catch {
                throw RevisionFault.untrusted(name: name, error)
            }
        }
        return (bundle, PlantRevision(name: name, digest: digest, size: bundle.count, publishedAt: at))
    }
}
