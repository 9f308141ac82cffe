import CLibDeflate

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// 256 entries packed together: a JSON list of them, each on a line of its own, as a zlib stream (RFC 1950).
///
/// Entries of one station repeat each other so much that ten of them packed take the room of one. The list is plain JSON,
/// so that whoever can inflate a zlib stream can read it: the `sqlite3` shell does with `sqlar_uncompress`. What the entries
/// are is shown by the tree alone; nothing in here vouches for itself.
public struct EntryBundle: Sendable {
    /// Entries in a bundle: as many as leaves in a tile.
    public static let width = TileNode.tileWidth
    /// Bytes of the longest text that is opened: 256 of the longest entries with what stands between them.
    public static let longestText = width * (EntryEnvelope.longest + 2) + 2

    private let text: [UInt8]
    /// Where each entry begins and ends in the text.
    private let places: [Range<Int>]

    /// A bundle as it is kept.
    public struct Packed: Sendable {
        /// Bytes of the text.
        public let size: Int
        /// The zlib stream.
        public let bytes: [UInt8]
    }

    /// Packs entries.
    /// - Parameter entries: 256 of them.
    /// - Throws: ``EntryBundleFault``: another number of entries, or an entry with a line feed in it (no canonical JSON has one).
    public static func pack(_ entries: [[UInt8]]) throws(EntryBundleFault) -> Packed {
        guard entries.count == width else { throw .wrongCount(entries.count) }
        var text: [UInt8] = []
        text.reserveCapacity(entries.reduce(2) { $0 + $1.count + 2 })
        for (index, entry) in entries.enumerated() {
            text += index == 0 ? [bracket] : [comma, lineFeed]
            guard !entry.isEmpty, !entry.contains(lineFeed) else { throw .notALine(index) }
            text += entry
        }
        text.append(closingBracket)
        guard let compressor = libdeflate_alloc_compressor(level) else { throw .noMemory }
        defer { libdeflate_free_compressor(compressor) }
        let room = libdeflate_zlib_compress_bound(compressor, text.count)
        let packed = [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
            count = libdeflate_zlib_compress(compressor, text, text.count, buffer.baseAddress, room)
        }
        guard !packed.isEmpty else { throw .noMemory }
        return Packed(size: text.count, bytes: packed)
    }

    /// Opens what ``pack(_:)`` made.
    /// - Parameters:
    ///   - bytes: the zlib stream, all of it.
    ///   - size: bytes of the text, as recorded beside it.
    /// - Throws: ``EntryBundleFault`` for anything else than 256 lines in brackets of exactly that size.
    public init(opening bytes: UnsafeRawBufferPointer, size: Int) throws(EntryBundleFault) {
        guard (1...Self.longestText).contains(size) else { throw .size(size) }
        guard let decompressor = libdeflate_alloc_decompressor() else { throw .noMemory }
        defer { libdeflate_free_decompressor(decompressor) }
        var taken = 0
        var status = LIBDEFLATE_SUCCESS
        let text = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            // Without a place to tell another length it insists on this one.
            status = libdeflate_zlib_decompress_ex(
                decompressor, bytes.baseAddress, bytes.count, buffer.baseAddress, size, &taken, nil)
            count = status == LIBDEFLATE_SUCCESS ? size : 0
        }
        switch status {
        case LIBDEFLATE_SUCCESS: break
        case LIBDEFLATE_SHORT_OUTPUT, LIBDEFLATE_INSUFFICIENT_SPACE: throw .size(size)
        default: throw .changed
        }
        guard taken == bytes.count else { throw .changed }
        guard let places = Self.places(text) else { throw .notAList }
        self.text = text
        self.places = places
    }

    /// The same for bytes that lie in an array.
    public init(opening bytes: [UInt8], size: Int) throws(EntryBundleFault) {
        let result = bytes.withUnsafeBytes { buffer in
            Result { () throws(EntryBundleFault) in try EntryBundle(opening: buffer, size: size) }
        }
        self = try result.get()
    }

    private static func places(_ text: [UInt8]) -> [Range<Int>]? {
        guard text.count >= 2, text.first == bracket, text.last == closingBracket else { return nil }
        var places: [Range<Int>] = []
        places.reserveCapacity(width)
        return text.withUnsafeBytes { text -> [Range<Int>]? in
            guard let base = text.baseAddress else { return nil }
            var start = 1
            let end = text.count - 1
            while true {
                // The C library looks for a byte many at a time.
                let rest = end - start
                let found = rest > 0 ? memchr(base + start, Int32(lineFeed), rest) : nil
                guard let found else {
                    guard rest > 0 else { return nil }
                    places.append(start..<end)
                    break
                }
                let feed = UnsafeRawPointer(found) - base
                guard feed - 1 > start, text[feed - 1] == comma, places.count < width else { return nil }
                places.append(start..<feed - 1)
                start = feed + 1
            }
            return places.count == width ? places : nil
        }
    }

    /// Calls `body` with an entry's bytes where they are.
    /// - Parameter index: 0 to 255.
    public func withEntry<Result>(_ index: Int, _ body: (UnsafeRawBufferPointer) throws -> Result) rethrows
        -> Result
    {
        try text.withUnsafeBytes { text in try body(UnsafeRawBufferPointer(rebasing: text[places[index]])) }
    }

    /// An entry's bytes.
    /// - Parameter index: 0 to 255.
    public func entry(_ index: Int) -> [UInt8] { Array(text[places[index]]) }

    /// The hashes of its entries, in order.
    public var leaves: [TreeHash] {
        text.withUnsafeBytes { text in
            places.map { TreeHash.leaf(UnsafeRawBufferPointer(rebasing: text[$0])) }
        }
    }

    /// The root of the tile that its entries fill.
    public var root: TreeHash { CompactRange.root(ofPerfectTree: leaves[...]) }

    private static let level: Int32 = 6
    private static let lineFeed = UInt8(ascii: "\n")
    private static let comma = UInt8(ascii: ",")
    private static let bracket = UInt8(ascii: "[")
    private static let closingBracket = UInt8(ascii: "]")
}

/// Why entries can't be packed, or a bundle not be opened.
public enum EntryBundleFault: Error, Equatable, Sendable, CustomStringConvertible {
    /// Not 256 entries.
    case wrongCount(Int)
    /// The entry at this place is empty or has a line feed in it.
    case notALine(Int)
    /// The text has not the recorded size, which is this one.
    case size(Int)
    /// Inflated it is no list of 256 lines.
    case notAList
    /// No zlib stream, or one whose checksum does not fit.
    case changed
    /// The memory for it was refused.
    case noMemory

    public var description: String {
        switch self {
        case .wrongCount(let count): "a bundle is made of \(EntryBundle.width) entries, found \(count)"
        case .notALine(let index): "entry \(index) of the bundle is no line of canonical JSON"
        case .size(let size): "its text has not the \(size) bytes that are recorded"
        case .notAList: "its text is no list of \(EntryBundle.width) entries"
        case .changed: "it can't be inflated: its bytes were changed or damaged"
        case .noMemory: "there is no memory to pack or open it"
        }
    }
}
