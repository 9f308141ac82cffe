import CLibCrypto

/// A SHA-256 value: how this project names content, from a flash image to a ledger leaf.
public struct SHA256Digest: Hashable, Sendable, CustomStringConvertible {
    /// 32 bytes, most significant first.
    public let bytes: [UInt8]

    /// - Returns: nil unless `bytes` counts exactly 32.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        self.bytes = bytes
    }

    /// - Parameter hex: 64 hexadecimal digits, either case; anything else gives nil.
    public init?(hex: some StringProtocol) {
        guard let bytes = [UInt8](hexDigits: hex), bytes.count == 32 else { return nil }
        self.bytes = bytes
    }

    /// The digest of `content`.
    public init(of content: some Sequence<UInt8>) {
        var hasher = SHA256Hasher()
        if content.withContiguousStorageIfAvailable({ hasher.update(UnsafeRawBufferPointer($0)) }) == nil {
            hasher.update(Array(content))
        }
        self = hasher.finish()
    }

    fileprivate init(finishing state: SHA256_CTX) {
        var state = state
        bytes = Array(unsafeUninitializedCapacity: 32) { buffer, count in
            SHA256_Final(buffer.baseAddress, &state)
            count = 32
        }
    }

    /// 64 lower-case hexadecimal digits.
    public var hex: String { bytes.hexDigits }

    public var description: String { hex }
}

/// SHA-256 over content that arrives in pieces.
public struct SHA256Hasher {
    private var state = SHA256_CTX()

    public init() {
        SHA256_Init(&state)
    }

    public mutating func update(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { update($0) }
    }

    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        SHA256_Update(&state, bytes.baseAddress, bytes.count)
    }

    /// The digest of everything taken in so far; the hasher may go on afterwards.
    public func finish() -> SHA256Digest {
        SHA256Digest(finishing: state)
    }
}
