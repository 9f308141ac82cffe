#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The secret with which a station signs its ledger: an Ed25519 key with a name, kept in a file that only its
/// owner can read.
public struct StationKey: Sendable {
    /// What is handed out so that others can check signatures.
    public let verifier: VerifierKey
    private let secret: Ed25519.Secret

    /// The name under which it signs; for a log its origin.
    public var name: String { verifier.name }

    /// A new key out of the system's random numbers.
    /// - Throws: ``KeyError/malformed(_:)`` when the name is empty or holds white space or `+`,
    ///   ``KeyError/noRandomNumbers`` when the system has none to give.
    public static func generate(name: String) throws(KeyError) -> StationKey {
        guard let secret = Ed25519.Secret.random() else { throw .noRandomNumbers }
        return try StationKey(name: name, secret: secret)
    }

    /// Reads the text form `PRIVATE+KEY+<name>+<key hash>+<base64 of 01 ‖ 32-byte seed>` (as Go's `sumdb/note` has it).
    /// - Throws: ``KeyError/malformed(_:)``; the sentence never repeats the secret.
    public init(text: String) throws(KeyError) {
        let parts = text.split(separator: "+", maxSplits: 4, omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0] == "PRIVATE", parts[1] == "KEY" else {
            throw .malformed("a station key reads PRIVATE+KEY+name+hash+base64, and this text doesn't")
        }
        guard let material = Base64.decode(parts[4]), material.count == 33,
            material[0] == VerifierKey.ed25519,
            let secret = Ed25519.Secret(seed: Array(material[1...]))
        else { throw .malformed("the station key of \(parts[2]) holds no Ed25519 secret") }
        try self.init(name: String(parts[2]), secret: secret)
        guard parts[3] == VerifierKey.hex(verifier.keyHash) else {
            throw .malformed("the station key of \(name) is damaged: its hash belongs to another key")
        }
    }

    private init(name: String, secret: Ed25519.Secret) throws(KeyError) {
        guard VerifierKey.isValid(name: name) else {
            throw .malformed(
                "a key's name must not be empty and must not hold white space or '+', found \"\(name)\"")
        }
        self.secret = secret
        verifier = VerifierKey(name: name, publicKey: secret.publicKey)
    }

    /// The text form. Whoever has it can sign in the station's name: it belongs in the key file and nowhere else.
    var text: String {
        let material = [VerifierKey.ed25519] + secret.seed
        return "PRIVATE+KEY+\(name)+\(VerifierKey.hex(verifier.keyHash))+\(Base64.encode(material))"
    }

    func sign(_ message: [UInt8]) -> [UInt8]? {
        secret.sign(message)
    }

    /// Reads a key file.
    /// - Throws: ``KeyError``: absent, not a regular file, readable by others than its owner, damaged.
    public static func load(from path: String) throws(KeyError) -> StationKey {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard file >= 0 else { throw .unreadable(path: path, reason: String(cString: strerror(errno))) }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw .unreadable(path: path, reason: "not a regular file")
        }
        guard status.st_mode & 0o077 == 0 else {
            throw .exposed(path: path, mode: UInt16(truncatingIfNeeded: status.st_mode & 0o777))
        }
        var bytes = [UInt8](repeating: 0, count: 1024)
        let count = read(file, &bytes, bytes.count)
        guard count >= 0 else { throw .unreadable(path: path, reason: String(cString: strerror(errno))) }
        let text = String(decoding: bytes[..<count], as: UTF8.self)
        return try StationKey(text: String(text.prefix { $0 != "\n" }))
    }

    /// Writes the key to a new file with mode 0600, durably.
    /// - Throws: ``KeyError/unwritable(path:reason:)``, also when there is such a file already: a key is never overwritten.
    public func save(to path: String) throws(KeyError) {
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw .unwritable(path: path, reason: String(cString: strerror(errno))) }
        defer { close(file) }
        let bytes = Array((text + "\n").utf8)
        // A umask can take bits away but a set-group-ID folder or an ACL must not add any.
        guard fchmod(file, 0o600) == 0, write(file, bytes, bytes.count) == bytes.count, fsync(file) == 0
        else {
            let reason = String(cString: strerror(errno))
            unlink(path)
            throw .unwritable(path: path, reason: reason)
        }
    }
}

/// Why a key can't be used.
public enum KeyError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The text is no key, or a damaged one.
    case malformed(String)
    /// The key file can't be read.
    case unreadable(path: String, reason: String)
    /// Others than the owner may read the key file.
    case exposed(path: String, mode: UInt16)
    /// The system gave no random numbers for a new key.
    case noRandomNumbers
    /// The key file can't be made.
    case unwritable(path: String, reason: String)

    public var description: String {
        switch self {
        case .malformed(let sentence):
            sentence
        case .unreadable(let path, let reason):
            "the station key \(path) can't be read: \(reason); `station init` makes one, a backup brings one back"
        case .exposed(let path, let mode):
            "the station key \(path) has mode 0\(String(mode, radix: 8)), so others than its owner can read it; "
                + "0600 is allowed: if nobody has copied it, run chmod 600 on it, otherwise change the key"
        case .noRandomNumbers:
            "the system gave no random numbers for a new key: check that getrandom works here, then try again"
        case .unwritable(let path, let reason):
            "the station key \(path) can't be written: \(reason)"
        }
    }
}
