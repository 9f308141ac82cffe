import ContentAddress

/// The public key of a witness: an Ed25519 key whose signatures carry a time (C2SP tlog-cosignature v1.0.0, type 04).
public struct WitnessKey: Hashable, Sendable, CustomStringConvertible {
    static let cosignature: UInt8 = 4

    public let name: String
    /// The first four bytes of SHA-256(name ‖ 0A ‖ 04 ‖ key), big-endian.
    public let keyHash: UInt32
    /// 32 bytes.
    public let publicKey: [UInt8]

    init(name: String, publicKey: [UInt8]) {
        self.name = name
        self.publicKey = publicKey
        let digest = SHA256Digest(of: Array(name.utf8) + [0x0A, Self.cosignature] + publicKey)
        keyHash = digest.bytes.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// Reads `name+hash+base64(04 ‖ key)`.
    /// - Throws: ``KeyError/malformed(_:)``
    public init(text: String) throws(KeyError) {
        let parts = text.split(separator: "+", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, VerifierKey.isValid(name: String(parts[0])),
            let material = Base64.decode(parts[2]), material.count == 33, material[0] == Self.cosignature
        else {
            throw .malformed(
                "a witness's key reads name+hash+base64 of 04 and 32 bytes, found \"\(text)\"")
        }
        self.init(name: String(parts[0]), publicKey: Array(material[1...]))
        guard parts[1] == VerifierKey.hex(keyHash) else {
            throw .malformed(
                "the witness key of \(name) should have the hash \(VerifierKey.hex(keyHash)), found \(parts[1])"
            )
        }
    }

    /// The text form.
    public var text: String {
        "\(name)+\(VerifierKey.hex(keyHash))+\(Base64.encode([Self.cosignature] + publicKey))"
    }

    public var description: String { text }
}

/// A witness's word: at this time this was the largest tree of the log that I have seen, and it grew out of all that I
/// had seen before (C2SP tlog-cosignature, "Ed25519 signed message").
public struct Cosignature: Equatable, Sendable {
    public let witness: WitnessKey
    /// POSIX seconds, by the witness's clock.
    public let timestamp: Int64
    /// The line in the checkpoint's note.
    public let signature: SignedNote.Signature

    /// Signs a checkpoint as a witness.
    /// - Returns: nil when libcrypto refuses or the time is negative.
    public init?(of checkpoint: Checkpoint, at timestamp: Int64, by key: StationKey) {
        guard timestamp >= 0, let signed = key.sign(Self.message(checkpoint.note.text, timestamp)) else {
            return nil
        }
        witness = key.witness
        self.timestamp = timestamp
        signature = SignedNote.Signature(
            name: key.name, keyHash: witness.keyHash, bytes: Self.bytes(timestamp) + signed)
    }

    /// Checks a signature line of a checkpoint.
    /// - Returns: nil when it is not this witness's, or wrong.
    public init?(_ signature: SignedNote.Signature, over text: String, by witness: WitnessKey) {
        guard signature.name == witness.name, signature.keyHash == witness.keyHash,
            signature.bytes.count == 72
        else { return nil }
        let time = signature.bytes.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard let timestamp = Int64(exactly: time),
            Ed25519.isValid(
                signature: Array(signature.bytes[8...]), over: Self.message(text, timestamp),
                publicKey: witness.publicKey)
        else { return nil }
        self.witness = witness
        self.timestamp = timestamp
        self.signature = signature
    }

    private static func message(_ text: String, _ timestamp: Int64) -> [UInt8] {
        Array("cosignature/v1\ntime \(timestamp)\n\(text)".utf8)
    }

    private static func bytes(_ timestamp: Int64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: timestamp >> (56 - 8 * Int64($0))) }
    }
}

extension StationKey {
    /// The same key as a witness's. A key is used either for a log or for witnessing, never for both.
    public var witness: WitnessKey { WitnessKey(name: name, publicKey: verifier.publicKey) }
}

extension Checkpoint {
    /// The cosignatures by these witnesses that hold.
    public func cosignatures(by witnesses: [WitnessKey]) -> [Cosignature] {
        note.signatures.compactMap { signature in
            for witness in witnesses {
                if let found = Cosignature(signature, over: note.text, by: witness) { return found }
            }
            return nil
        }
    }

    /// Whether the note carries a line in this witness's name and with its key, right or wrong.
    public func carriesLine(of witness: WitnessKey) -> Bool {
        note.signatures.contains { $0.name == witness.name && $0.keyHash == witness.keyHash }
    }
}
