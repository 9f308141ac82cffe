/// "From entry `size` on, this key signs the log": a signed note that leads from one key of a log to the next.
///
/// ```
/// blessing-station key change
/// rotated
/// blessing-station/demo          origin from now on
/// 412                            position of the entry that carries this statement
/// <verifier key before>
/// <verifier key from now on>
/// ```
/// Signed by the new key, which shows that its owner has it, and by the old one unless that is lost.
public struct KeyStatement: Equatable, Sendable {
    /// `rotated`, `replaced` (the old key is lost) or `continued` (after a restoration).
    public let change: String
    /// The log's name from now on.
    public let origin: String
    /// Position of the entry that carries the statement.
    public let size: Int64
    public let old: VerifierKey
    public let new: VerifierKey
    /// The old key's owner agrees.
    public let isSignedByOld: Bool
    public let note: SignedNote

    private static let title = "blessing-station key change"

    /// - Parameter oldKey: nil when it is lost.
    /// - Throws: ``NoteError``
    public init(
        change: String, size: Int64, old: VerifierKey, oldKey: StationKey?, new: StationKey
    ) throws(NoteError) {
        let lines = [Self.title, change, new.name, String(size), old.text, new.verifier.text]
        let note = try SignedNote(
            text: lines.joined(separator: "\n") + "\n", signedBy: [oldKey, new].compactMap { $0 })
        try self.init(note)
    }

    /// Reads a statement and checks its signatures: always the new key's, and the old key's where there is one.
    /// - Throws: ``NoteError``
    public init(parsing text: String) throws(NoteError) { try self.init(SignedNote(parsing: text)) }

    private init(_ note: SignedNote) throws(NoteError) {
        let lines = note.text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard lines.count == 7, lines[0] == Self.title, lines[6].isEmpty else {
            throw .malformed("a key statement has six lines and begins with \"\(Self.title)\"")
        }
        guard ["rotated", "replaced", "continued"].contains(lines[1]) else {
            throw .malformed("a key is rotated, replaced or continued, found \"\(lines[1])\"")
        }
        guard let size = Int64(lines[3]), size > 0, String(size) == lines[3] else {
            throw .malformed("the fourth line of a key statement is a position, found \"\(lines[3])\"")
        }
        change = lines[1]
        origin = lines[2]
        self.size = size
        do throws(KeyError) {
            old = try VerifierKey(text: lines[4])
            new = try VerifierKey(text: lines[5])
        } catch { throw .malformed(error.description) }
        guard new.name == origin, old != new else {
            throw .malformed("a key statement's new key bears the origin's name and differs from the old one")
        }
        let signers = try note.verify(by: [old, new])
        guard signers.contains(new) else { throw .untrusted(signers: signers.map(\.text)) }
        isSignedByOld = signers.contains(old)
        guard isSignedByOld || change != "rotated" else {
            throw .untrusted(signers: note.signatures.map(\.name))
        }
        guard change == "continued" || old.name == origin else {
            throw .malformed("only after a restoration does a log go on under another origin")
        }
        self.note = note
    }
}
