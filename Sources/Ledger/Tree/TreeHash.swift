import ContentAddress
import Crypto

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
        var state = SHA256()
        Swift.withUnsafeBytes(of: 0 as UInt8) { state.update(bufferPointer: $0) }
        state.update(bufferPointer: entry)
        return state.finalize().withUnsafeBytes { TreeHash(loading: $0) }
    }

    /// The hash of a leaf: SHA-256(00 ‖ entry), RFC 9162 §2.1.1.
    public static func leaf(_ entry: [UInt8]) -> TreeHash {
        entry.withUnsafeBytes { leaf($0) }
    }

    /// The hash of an inner node: SHA-256(01 ‖ left ‖ right), RFC 9162 §2.1.1.
    public static func node(_ left: TreeHash, _ right: TreeHash) -> TreeHash {
        withUnsafeTemporaryAllocation(byteCount: 1 + 2 * byteCount, alignment: 8) { buffer in
            buffer[0] = 1
            left.store(to: buffer, at: 1)
            right.store(to: buffer, at: 1 + byteCount)
            var state = SHA256()
            state.update(bufferPointer: UnsafeRawBufferPointer(buffer))
            return state.finalize().withUnsafeBytes { TreeHash(loading: $0) }
        }
    }

    /// The root of a tree without leaves: SHA-256 of nothing.
    public static let emptyTree = SHA256().finalize().withUnsafeBytes { TreeHash(loading: $0) }

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
