/// A text with signatures, as C2SP `signed-note` lays it out: the text, an empty line, and for each signature a
/// line `— <name> <base64 of key hash ‖ signature>`.
public struct SignedNote: Equatable, Sendable {
    /// What is signed; ends in a newline.
    public let text: String
    /// The signatures, in the order of the note.
    public let signatures: [Signature]

    /// One signature line.
    public struct Signature: Equatable, Sendable {
        public let name: String
        public let keyHash: UInt32
        public let bytes: [UInt8]

        public init(name: String, keyHash: UInt32, bytes: [UInt8]) {
            self.name = name
            self.keyHash = keyHash
            self.bytes = bytes
        }

        /// The line, with its newline.
        public var encoded: String {
            let hash = (0..<4).map { UInt8(truncatingIfNeeded: keyHash >> (24 - 8 * UInt32($0))) }
            return SignedNote.mark + name + " " + Base64.encode(hash + bytes) + "\n"
        }
    }

    private static let mark = "\u{2014} "
    private static let longestNote = 1_000_000

    /// Signs `text`.
    /// - Throws: ``NoteError/malformed(_:)`` when the text is empty, doesn't end in a newline, or holds other control
    ///   characters; ``NoteError/unsigned`` when the key refuses.
    public init(text: String, signedBy key: StationKey) throws(NoteError) {
        try self.init(text: text, signedBy: [key])
    }

    /// Signs `text` with several keys, in this order.
    /// - Throws: ``NoteError``, as for one.
    public init(text: String, signedBy keys: [StationKey]) throws(NoteError) {
        try Self.check(text)
        self.text = text
        var signatures: [Signature] = []
        for key in keys {
            guard let bytes = key.sign(Array(text.utf8)) else { throw .unsigned }
            signatures.append(Signature(name: key.name, keyHash: key.verifier.keyHash, bytes: bytes))
        }
        guard !signatures.isEmpty else { throw .unsigned }
        self.signatures = signatures
    }

    /// The same text with further signatures; those that it has already are not repeated.
    public func adding(_ more: [Signature]) -> SignedNote {
        SignedNote(text: text, signatures: signatures + more.filter { !signatures.contains($0) })
    }

    private init(text: String, signatures: [Signature]) {
        self.text = text
        self.signatures = signatures
    }

    /// Takes a note apart; checks no signature.
    /// - Throws: ``NoteError/malformed(_:)``
    public init(parsing note: String) throws(NoteError) {
        guard note.utf8.count <= Self.longestNote, note.utf8.last == 0x0A else {
            throw .malformed("a signed note ends in a newline and counts at most \(Self.longestNote) bytes")
        }
        let units = Array(note.utf8)
        guard let gap = (1..<max(1, units.count)).last(where: { units[$0] == 0x0A && units[$0 - 1] == 0x0A })
        else {
            throw .malformed("a signed note has an empty line between text and signatures")
        }
        let text = String(decoding: units[..<gap], as: UTF8.self)
        try Self.check(text)
        var signatures: [Signature] = []
        let lines = String(decoding: units[(gap + 1)...], as: UTF8.self).split(
            separator: "\n", omittingEmptySubsequences: false
        ).dropLast()
        for line in lines {
            let parts = line.dropFirst(Self.mark.count).split(
                separator: " ", omittingEmptySubsequences: false)
            guard line.hasPrefix(Self.mark), parts.count == 2, VerifierKey.isValid(name: String(parts[0])),
                let blob = Base64.decode(parts[1]), blob.count > 4
            else { throw .malformed("a signature line reads \"\u{2014} name base64\", found \"\(line)\"") }
            let keyHash = blob[..<4].reduce(0) { $0 << 8 | UInt32($1) }
            signatures.append(Signature(name: String(parts[0]), keyHash: keyHash, bytes: Array(blob[4...])))
        }
        guard !signatures.isEmpty else { throw .unsigned }
        self.text = text
        self.signatures = signatures
    }

    /// Checks every signature whose key is among `keys`; those of unknown keys are passed over, as C2SP asks.
    /// - Returns: the keys that signed, in the order of the note.
    /// - Throws: ``NoteError/forged(name:)`` when a known key's signature is wrong, ``NoteError/untrusted(signers:)``
    ///   when none of the signatures is by a known key.
    @discardableResult
    public func verify(by keys: [VerifierKey]) throws(NoteError) -> [VerifierKey] {
        var verified: [VerifierKey] = []
        let message = Array(text.utf8)
        for signature in signatures {
            guard
                let key = keys.first(where: { $0.name == signature.name && $0.keyHash == signature.keyHash })
            else {
                continue
            }
            guard key.isValid(signature: signature.bytes, over: message) else {
                throw .forged(name: signature.name)
            }
            verified.append(key)
        }
        guard !verified.isEmpty else { throw .untrusted(signers: signatures.map(\.name)) }
        return verified
    }

    /// The note as it is stored and sent.
    public var encoded: String {
        text + "\n" + signatures.map(\.encoded).joined()
    }

    private static func check(_ text: String) throws(NoteError) {
        guard text.utf8.last == 0x0A, text.utf8.allSatisfy({ $0 >= 0x20 || $0 == 0x0A }) else {
            throw .malformed("a note's text ends in a newline and holds no other control characters")
        }
    }
}

/// Why a note can't be believed.
public enum NoteError: Error, Equatable, Sendable, CustomStringConvertible {
    case malformed(String)
    case unsigned
    case forged(name: String)
    case untrusted(signers: [String])

    public var description: String {
        switch self {
        case .malformed(let sentence): sentence
        case .unsigned: "the note carries no signature"
        case .forged(let name):
            "the signature of \(name) doesn't belong to this text: one of them was changed"
        case .untrusted(let signers):
            "the note is signed by \(signers.joined(separator: ", ")), none of which is a trusted key"
        }
    }
}
