/// Entries, and all that a stranger needs to be sure that they stand in the log: a path from each to the root, the
/// checkpoint that signs the root, and the key that signed. A JSON file, which `docs/verify-proof.py` checks as well.
public struct ProofBundle: Equatable, Sendable {
    /// The value of the member `format`.
    public static let format = "blessing-station-proof/1"

    /// An entry with its path to the root.
    public struct ProvenEntry: Equatable, Sendable {
        /// Its position in the log.
        public let index: Int64
        /// The exact bytes that were hashed, which are UTF-8.
        public let entry: String
        /// RFC 9162 §2.1.3.1, lowest sibling first.
        public let proof: [TreeHash]

        public init(index: Int64, entry: String, proof: [TreeHash]) {
            self.index = index
            self.entry = entry
            self.proof = proof
        }
    }

    public let entries: [ProvenEntry]
    public let checkpoint: Checkpoint
    public let verifier: VerifierKey

    public init(entries: [ProvenEntry], checkpoint: Checkpoint, verifier: VerifierKey) {
        self.entries = entries
        self.checkpoint = checkpoint
        self.verifier = verifier
    }

    /// Reads a bundle; believes nothing of it before ``verify(trusting:)``.
    /// - Throws: ``BundleFault/malformed(_:)``
    public init(json bytes: [UInt8]) throws(BundleFault) {
        let json: JSONValue
        do throws(JSONFault) { json = try JSONValue(parsing: bytes) } catch {
            throw .malformed(error.description)
        }
        guard case .object(let members) = json,
            members.map(\.key).sorted() == ["checkpoint", "entries", "format", "vkey"]
        else { throw .malformed("a bundle has the members checkpoint, entries, format, vkey and no others") }
        guard case .string(Self.format) = json["format"] else {
            throw .malformed("the member format should be \"\(Self.format)\"")
        }
        guard case .string(let vkey) = json["vkey"] else {
            throw .malformed("the member vkey should be a text")
        }
        do throws(KeyError) { verifier = try VerifierKey(text: vkey) } catch {
            throw .malformed(error.description)
        }
        guard case .string(let note) = json["checkpoint"] else {
            throw .malformed("the member checkpoint should be a text")
        }
        do throws(NoteError) { checkpoint = try Checkpoint(parsing: note) } catch {
            throw .malformed(error.description)
        }
        guard case .array(let elements) = json["entries"], !elements.isEmpty else {
            throw .malformed("the member entries should be a list of at least one entry")
        }
        var entries: [ProvenEntry] = []
        for element in elements {
            guard case .object(let members) = element, members.count == 3,
                case .integer(let index) = element["index"], case .string(let entry) = element["entry"],
                case .array(let path) = element["proof"]
            else {
                throw .malformed("an entry of a bundle has the members entry, index, proof and no others")
            }
            var proof: [TreeHash] = []
            for step in path {
                guard case .string(let text) = step, let hash = TreeHash(base64: text) else {
                    throw .malformed("the proof of entry \(index) holds something else than hashes in base64")
                }
                proof.append(hash)
            }
            entries.append(ProvenEntry(index: index, entry: entry, proof: proof))
        }
        self.entries = entries
    }

    /// The bundle as a file's content, canonical JSON.
    public var json: [UInt8] {
        var writer = CanonicalJSONWriter(reservingCapacity: 1024 * (entries.count + 1))
        writer.beginObject()
        writer.key("checkpoint")
        writer.string(checkpoint.note.encoded)
        writer.key("entries")
        writer.beginArray()
        for entry in entries {
            writer.element()
            writer.beginObject()
            writer.key("entry")
            writer.string(entry.entry)
            writer.key("index")
            writer.integer(entry.index)
            writer.key("proof")
            writer.beginArray()
            for hash in entry.proof {
                writer.element()
                writer.string(hash.base64)
            }
            writer.endArray()
            writer.endObject()
        }
        writer.endArray()
        writer.key("format")
        writer.string(Self.format)
        writer.key("vkey")
        writer.string(verifier.text)
        writer.endObject()
        return writer.bytes
    }

    /// Checks the signature, every path, and that each entry says of itself the position that was proved.
    /// - Parameter trusted: the key that the reader has from elsewhere; without it the bundle shows only that it is
    ///   consistent with the key which it carries itself.
    /// - Throws: ``BundleFault``
    public func verify(trusting trusted: VerifierKey? = nil) throws(BundleFault) {
        if let trusted, trusted != verifier {
            throw .otherKey(expected: trusted.text, found: verifier.text)
        }
        do throws(NoteError) { try checkpoint.verify(by: [verifier]) } catch { throw .checkpoint(error) }
        for entry in entries {
            let bytes = Array(entry.entry.utf8)
            guard
                MerkleProof.verifyInclusion(
                    leaf: TreeHash.leaf(bytes), index: entry.index, size: checkpoint.size, proof: entry.proof,
                    root: checkpoint.root)
            else { throw .notIncluded(index: entry.index) }
            let envelope: EntryEnvelope
            do throws(EntryFault) { envelope = try EntryEnvelope(parsing: bytes) } catch {
                throw .malformed(error.description)
            }
            guard envelope.sequence == entry.index else { throw .notIncluded(index: entry.index) }
        }
    }
}

/// Why a bundle proves nothing.
public enum BundleFault: Error, Equatable, Sendable, CustomStringConvertible {
    case malformed(String)
    case otherKey(expected: String, found: String)
    case checkpoint(NoteError)
    case notIncluded(index: Int64)

    public var description: String {
        switch self {
        case .malformed(let sentence): "not a proof bundle: \(sentence)"
        case .otherKey(let expected, let found):
            "the bundle is signed by another log's key: expected \(expected), found \(found)"
        case .checkpoint(let error): "the bundle's checkpoint can't be believed: \(error)"
        case .notIncluded(let index):
            "entry \(index) is not the one that the log signed: the entry, its position or its proof was changed"
        }
    }
}
