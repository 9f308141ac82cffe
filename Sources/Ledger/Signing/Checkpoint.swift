/// What a log commits itself to: "my first `size` entries have this root", signed (C2SP tlog-checkpoint).
public struct Checkpoint: Equatable, Sendable {
    /// Which log: its first line, and the name of its key.
    public let origin: String
    /// How many entries the root covers.
    public let size: Int64
    /// The root of the tree over them.
    public let root: TreeHash
    /// The signed text, as it is stored and sent.
    public let note: SignedNote

    /// Signs a checkpoint; the key's name is the origin.
    /// - Throws: ``NoteError``
    public init(size: Int64, root: TreeHash, signedBy key: StationKey) throws(NoteError) {
        origin = key.name
        self.size = size
        self.root = root
        note = try SignedNote(text: "\(key.name)\n\(size)\n\(root.base64)\n", signedBy: key)
    }

    /// Takes a checkpoint apart; checks no signature. Lines after the root (extensions) are kept and passed over.
    /// - Throws: ``NoteError/malformed(_:)``
    public init(parsing encoded: String) throws(NoteError) {
        note = try SignedNote(parsing: encoded)
        let lines = note.text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count >= 4, !lines[0].isEmpty else {
            throw .malformed("a checkpoint has three lines: origin, size, root")
        }
        guard let size = Int64(lines[1]), size >= 0, String(size) == lines[1] else {
            throw .malformed("the second line of a checkpoint is its size in decimal, found \"\(lines[1])\"")
        }
        guard let root = TreeHash(base64: lines[2]) else {
            throw .malformed("the third line of a checkpoint is its root in base64, found \"\(lines[2])\"")
        }
        origin = String(lines[0])
        self.size = size
        self.root = root
    }

    /// Checks that one of `keys` signed, and under the log's own name.
    /// - Throws: ``NoteError``
    public func verify(by keys: [VerifierKey]) throws(NoteError) {
        let signers = try note.verify(by: keys)
        guard signers.contains(where: { $0.name == origin }) else {
            throw .untrusted(signers: note.signatures.map(\.name))
        }
    }
}
