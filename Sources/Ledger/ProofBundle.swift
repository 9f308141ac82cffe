/// Entries, and all that a stranger needs to be sure that they stand in the log: a path from each to the root, the
/// checkpoint that signs the root, and the key that signed. A JSON file, which `docs/verify-proof.py` checks as well.
public struct ProofBundle: Equatable, Sendable {
    /// The value of the member `format`.
    public static let format = "blessing-station-proof/1"
    /// The same when the log's key was changed, with the member `keys`.
    public static let formatWithKeys = "blessing-station-proof/2"

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
    /// What leads from the log's first key to the one that signed; empty when that is the first.
    public let keys: [KeyStatement]

    public init(
        entries: [ProvenEntry], checkpoint: Checkpoint, verifier: VerifierKey, keys: [KeyStatement] = []
    ) {
        self.keys = keys
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
            ["checkpoint", "entries", "format", "vkey"]
                == members.map(\.key).sorted().filter({ $0 != "keys" })
        else {
            throw .malformed("a bundle has the members checkpoint, entries, format, keys, vkey and no others")
        }
        guard case .string(let format) = json["format"],
            format == (json["keys"] == nil ? Self.format : Self.formatWithKeys)
        else {
            throw .malformed(
                "the member format should be \"\(Self.format)\", or \"\(Self.formatWithKeys)\" with keys")
        }
        keys = try Self.statements(json["keys"])
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

    private static func statements(_ json: JSONValue?) throws(BundleFault) -> [KeyStatement] {
        guard let json else { return [] }
        guard case .array(let elements) = json, !elements.isEmpty else {
            throw .malformed("the member keys should be a list of at least one statement")
        }
        var statements: [KeyStatement] = []
        for element in elements {
            guard case .string(let text) = element else {
                throw .malformed("the member keys should hold signed notes")
            }
            do throws(NoteError) { statements.append(try KeyStatement(parsing: text)) } catch {
                throw .keys(error.description)
            }
        }
        return statements
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
        writer.string(keys.isEmpty ? Self.format : Self.formatWithKeys)
        if !keys.isEmpty {
            writer.key("keys")
            writer.beginArray()
            for statement in keys {
                writer.element()
                writer.string(statement.note.encoded)
            }
            writer.endArray()
        }
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
        try verifyKeys(trusting: trusted)
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

extension ProofBundle {
    /// The statements lead, one after the other, to the key that signed; from the trusted one on none may lack the
    /// signature of the key before it.
    private func verifyKeys(trusting trusted: VerifierKey?) throws(BundleFault) {
        for (earlier, later) in zip(keys, keys.dropFirst()) {
            guard earlier.new == later.old, earlier.size < later.size else {
                throw .keys("the statements about keys do not follow each other")
            }
        }
        if let last = keys.last {
            guard last.new == verifier, last.size <= checkpoint.size else {
                throw .keys("the statements about keys do not lead to the key that signed")
            }
        }
        guard let trusted, trusted != verifier else { return }
        guard let start = keys.firstIndex(where: { $0.old == trusted }) else {
            throw .otherKey(expected: trusted.text, found: verifier.text)
        }
        if let gap = keys[start...].first(where: { !$0.isSignedByOld }) {
            throw .keyGap(entry: gap.size, new: gap.new.text)
        }
    }
}

/// Why a bundle proves nothing.
public enum BundleFault: Error, Equatable, Sendable, CustomStringConvertible {
    case malformed(String)
    case otherKey(expected: String, found: String)
    case checkpoint(NoteError)
    case notIncluded(index: Int64)
    case keys(String)
    case keyGap(entry: Int64, new: String)

    public var description: String {
        switch self {
        case .malformed(let sentence): "not a proof bundle: \(sentence)"
        case .otherKey(let expected, let found):
            "the bundle is signed by another log's key: expected \(expected), found \(found)"
        case .keys(let sentence): "the member keys can't be believed: \(sentence)"
        case .keyGap(let entry, let new):
            "the key that you trust did not sign for its successor (it was lost before entry \(entry)): if that was announced to you, trust \(new)"
        case .checkpoint(let error): "the bundle's checkpoint can't be believed: \(error)"
        case .notIncluded(let index):
            "entry \(index) is not the one that the log signed: the entry, its position or its proof was changed"
        }
    }
}
