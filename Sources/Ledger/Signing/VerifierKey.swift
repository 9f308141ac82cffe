import ContentAddress

/// The public half of a log's key, in the text form that C2SP signed notes use:
/// `<name>+<key hash, 8 hex>+<base64 of 01 ‖ 32-byte Ed25519 key>`.
public struct VerifierKey: Hashable, Sendable, CustomStringConvertible {
    /// Signature type of plain Ed25519 in C2SP signed notes.
    static let ed25519: UInt8 = 1

    /// Who signs; for a log its origin.
    public let name: String
    /// The first four bytes of SHA-256(name ‖ 0A ‖ 01 ‖ key), big-endian: tells keys of one name apart.
    public let keyHash: UInt32
    /// The Ed25519 public key, 32 bytes.
    public let publicKey: [UInt8]

    init(name: String, publicKey: [UInt8]) {
        self.name = name
        self.publicKey = publicKey
        keyHash = Self.keyHash(name: name, publicKey: publicKey)
    }

    /// Reads the text form.
    /// - Throws: ``KeyError/malformed(_:)``, also when the hash doesn't belong to the key.
    public init(text: String) throws(KeyError) {
        let parts = text.split(separator: "+", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, Self.isValid(name: String(parts[0])) else {
            throw .malformed("a verifier key reads name+hash+base64, found \"\(text)\"")
        }
        guard let material = Base64.decode(parts[2]), material.count == 33, material[0] == Self.ed25519 else {
            throw .malformed("the verifier key of \(parts[0]) is no Ed25519 key (base64 of 01 and 32 bytes)")
        }
        self.init(name: String(parts[0]), publicKey: Array(material[1...]))
        guard parts[1] == Self.hex(keyHash) else {
            throw .malformed(
                "the verifier key of \(name) should have the hash \(Self.hex(keyHash)), found \(parts[1])")
        }
    }

    /// The text form.
    public var text: String {
        "\(name)+\(Self.hex(keyHash))+\(Base64.encode([Self.ed25519] + publicKey))"
    }

    public var description: String { text }

    func isValid(signature: [UInt8], over message: [UInt8]) -> Bool {
        Ed25519.isValid(signature: signature, over: message, publicKey: publicKey)
    }

    static func isValid(name: String) -> Bool {
        !name.isEmpty && !name.contains("+") && !name.unicodeScalars.contains { $0.properties.isWhitespace }
            && !name.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F }
    }

    static func hex(_ hash: UInt32) -> String {
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }

    private static func keyHash(name: String, publicKey: [UInt8]) -> UInt32 {
        let digest = SHA256Digest(of: Array(name.utf8) + [0x0A, ed25519] + publicKey)
        return digest.bytes.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
    }
}
