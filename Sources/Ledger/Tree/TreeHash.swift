import CLibCrypto
import ContentAddress

/// A SHA-256 value in the Merkle tree, held inline: a tree of millions of these costs no allocation each.
public struct TreeHash: Hashable, Sendable, CustomStringConvertible {
    /// The 32 bytes in memory order.
    private let words: (UInt64, UInt64, UInt64, UInt64)

    /// Bytes in a hash.
    public static let byteCount = 32

    /// - Precondition: `bytes` counts at least 32; the first 32 are taken.
    public init(loading bytes: UnsafeRawBufferPointer) {
        words = (
            bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self),
            bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self),
            bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self),
            bytes.loadUnaligned(fromByteOffset: 24, as: UInt64.self)
        )
    }

    /// - Returns: nil unless `bytes` counts exactly 32.
    public init?(bytes: some Sequence<UInt8>) {
        let bytes = Array(bytes)
        guard bytes.count == Self.byteCount else { return nil }
        self = bytes.withUnsafeBytes { TreeHash(loading: $0) }
    }

    /// - Parameter base64: 44 characters, RFC 4648 §4; anything else gives nil.
    public init?(base64: some StringProtocol) {
        guard let bytes = Base64.decode(base64) else { return nil }
        self.init(bytes: bytes)
    }

    /// - Parameter hex: 64 hexadecimal digits; anything else gives nil.
    public init?(hex: some StringProtocol) {
        guard let digest = SHA256Digest(hex: hex) else { return nil }
        self.init(bytes: digest.bytes)
    }

    /// The hash of a leaf: SHA-256(00 ‖ entry), RFC 9162 §2.1.1.
    public static func leaf(_ entry: UnsafeRawBufferPointer) -> TreeHash {
        hash(prefix: 0, entry)
    }

    /// The hash of a leaf: SHA-256(00 ‖ entry), RFC 9162 §2.1.1.
    public static func leaf(_ entry: [UInt8]) -> TreeHash {
        entry.withUnsafeBytes { leaf($0) }
    }

    /// The hash of an inner node: SHA-256(01 ‖ left ‖ right), RFC 9162 §2.1.1.
    ///
    /// A node is always 65 bytes, so its two SHA-256 blocks are laid out here, padding included, and libcrypto
    /// compresses them: a long verification makes one of these for each entry.
    public static func node(_ left: TreeHash, _ right: TreeHash) -> TreeHash {
        withUnsafeTemporaryAllocation(byteCount: 128, alignment: 8) { blocks in
            blocks.initializeMemory(as: UInt8.self, repeating: 0)
            blocks[0] = 1
            left.store(to: blocks, at: 1)
            right.store(to: blocks, at: 1 + byteCount)
            blocks[65] = 0x80
            blocks.storeBytes(of: UInt64(65 * 8).bigEndian, toByteOffset: 120, as: UInt64.self)
            var state = SHA256_CTX()
            SHA256_Init(&state)
            SHA256_Transform(&state, blocks.baseAddress)
            SHA256_Transform(&state, blocks.baseAddress.map { $0 + 64 })
            let words = state.h
            return TreeHash(
                words: (
                    joined(words.0, words.1), joined(words.2, words.3), joined(words.4, words.5),
                    joined(words.6, words.7)
                ))
        }
    }

    /// Eight bytes of a hash, as they lie in memory, from two words of SHA-256's state.
    private static func joined(_ first: UInt32, _ second: UInt32) -> UInt64 {
        (UInt64(first) << 32 | UInt64(second)).bigEndian
    }

    private init(words: (UInt64, UInt64, UInt64, UInt64)) {
        self.words = words
    }

    /// The root of a tree without leaves: SHA-256 of nothing.
    public static let emptyTree = hash(prefix: nil, UnsafeRawBufferPointer(start: nil, count: 0))

    private static func hash(prefix: UInt8?, _ content: UnsafeRawBufferPointer) -> TreeHash {
        var state = SHA256_CTX()
        SHA256_Init(&state)
        if var prefix { SHA256_Update(&state, &prefix, 1) }
        SHA256_Update(&state, content.baseAddress, content.count)
        return withUnsafeTemporaryAllocation(byteCount: byteCount, alignment: 8) { digest in
            SHA256_Final(digest.baseAddress, &state)
            return TreeHash(loading: UnsafeRawBufferPointer(digest))
        }
    }

    func store(to buffer: UnsafeMutableRawBufferPointer, at offset: Int) {
        buffer.storeBytes(of: words.0, toByteOffset: offset, as: UInt64.self)
        buffer.storeBytes(of: words.1, toByteOffset: offset + 8, as: UInt64.self)
        buffer.storeBytes(of: words.2, toByteOffset: offset + 16, as: UInt64.self)
        buffer.storeBytes(of: words.3, toByteOffset: offset + 24, as: UInt64.self)
    }

    /// Calls `body` with the 32 bytes where they are.
    public func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result
    {
        try Swift.withUnsafeBytes(of: words, body)
    }

    /// The 32 bytes.
    public var bytes: [UInt8] {
        withUnsafeBytes { Array($0) }
    }

    /// 64 lower-case hexadecimal digits.
    public var hex: String {
        SHA256Digest(bytes: bytes)?.hex ?? ""
    }

    /// 44 characters, RFC 4648 §4.
    public var base64: String { Base64.encode(bytes) }

    public var description: String { hex }

    public static func == (left: TreeHash, right: TreeHash) -> Bool {
        left.words == right.words
    }

    /// The first eight bytes do: they are as good as random.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
    }
}
