import Foundation
import Ledger
import StationStore

/// Writes a ledger as static files after C2SP tlog-tiles: what any web server can hand out, so that a third party
/// can follow the log, check that it only ever grew, and sign for what it saw.
///
/// ```
/// checkpoint               the last signed tree head
/// tile/0/000               256 leaf hashes; tile/0/x001/234 is tile 1234
/// tile/0/005.p/17          a tile that is not full yet: 17 hashes
/// tile/1/000               roots of 256 tiles of level 0, and so on
/// tile/entries/000         256 entries: two bytes of length, big-endian, then the entry's bytes
/// ```
public struct TilePublication: Sendable {
    let reader: StationReader
    let folder: String
    /// Tiles of level 0 that one task reads and writes in one go.
    static let stretch: Int64 = 64
    /// Whose cosignatures go out with the checkpoint.
    let witnesses: [WitnessKey]

    public init(reader: StationReader, folder: String, witnesses: [WitnessKey] = []) {
        self.reader = reader
        self.witnesses = witnesses
        self.folder = folder
    }

    /// Longest entry that an entry bundle can hold.
    public static let longestEntry = 65_535

    /// What was written.
    public struct Result: Sendable, Equatable {
        /// Entries under the checkpoint.
        public var size: Int64
        /// Tiles and bundles written now; full ones that were there already are not written again.
        public var files: Int
    }

    /// Brings the folder up to the last checkpoint.
    ///
    /// The checkpoint comes last, when everything that it covers is on the disk: whoever reads in between sees an older
    /// log, never a torn one. A folder that holds another log, or more of this one, is refused.
    /// - Throws: `PublicationFault`, `StoreError`
    public func bringUpToDate() async throws -> Result {
        guard let checkpoint = try await reader.checkpoint() else { throw PublicationFault.notSigned }
        let published = try publishedCheckpoint()
        if let published {
            guard published.origin == checkpoint.origin else {
                throw PublicationFault.otherLog(
                    folder: folder, found: published.origin, wanted: checkpoint.origin)
            }
            guard published.size <= checkpoint.size else {
                throw PublicationFault.ahead(folder: folder, published: published.size, here: checkpoint.size)
            }
            // What was handed out once must still be the beginning of this log.
            let root = try await reader.root(ofSize: published.size)
            guard root == published.root else {
                throw PublicationFault.forked(folder: folder, size: published.size)
            }
        }
        let before = published?.size ?? 0
        let place = PublishedFolder(folder, expecting: (checkpoint.size - before) / 128)
        try await writeLeaves(count: checkpoint.size, from: before, into: place)
        var (level, count) = (1, checkpoint.size >> 8)
        while count > 0 {
            try await writeLevel(
                level, count: count, from: before >> Int64(8 * level), into: place)
            level += 1
            count >>= 8
        }
        let files = place.written
        let cosigned = try await reader.cosignatures(by: witnesses).good.filter { $0.size == checkpoint.size }
        let note = checkpoint.note.adding(cosigned.map(\.signature))
        try place.place(Array(note.encoded.utf8), at: "checkpoint")
        return Result(size: checkpoint.size, files: files)
    }

    /// Leaf hashes and entries, several stretches at once: opening sealed entries, hashing and writing keep each processor
    /// busy.
    private func writeLeaves(count: Int64, from published: Int64, into place: PublishedFolder) async throws {
        let tiles = published / 256..<(count + 255) / 256
        try await withThrowingTaskGroup(of: Void.self) { group in
            var next = tiles.lowerBound
            var running = 0
            while next < tiles.upperBound || running > 0 {
                if next < tiles.upperBound, running < ProcessInfo.processInfo.activeProcessorCount {
                    let stretch = next..<min(tiles.upperBound, next + Self.stretch)
                    group.addTask { try await write(stretch, count: count, into: place) }
                    next = stretch.upperBound
                    running += 1
                } else {
                    try await group.next()
                    running -= 1
                }
            }
        }
    }

    private func write(_ tiles: Range<Int64>, count: Int64, into place: PublishedFolder) async throws {
        try await reader.readTiles(tiles, ofSize: count) { sequence, entry, bundle in
            guard entry.count <= Self.longestEntry else {
                throw PublicationFault.entryTooLong(sequence, bytes: entry.count)
            }
            bundle.append(UInt8(entry.count >> 8))
            bundle.append(UInt8(entry.count & 0xFF))
            bundle.append(contentsOf: entry)
        } body: { tile, leaves, bundle in
            let suffix = Self.suffix(tile, width: leaves.count)
            try leaves.withUnsafeBytes { try place.add($0, at: "tile/0/\(suffix)") }
            try bundle.withUnsafeBytes { try place.add($0, at: "tile/entries/\(suffix)") }
        }
    }

    private func writeLevel(_ level: Int, count: Int64, from published: Int64, into place: PublishedFolder)
        async throws
    {
        for tile in published / 256..<(count + 255) / 256 {
            let width = Int(min(256, count - tile * 256))
            let hashes = try await reader.tile(level: level, index: tile, width: width)
            try hashes.flatMap(\.bytes).withUnsafeBytes {
                try place.add($0, at: "tile/\(level)/\(Self.suffix(tile, width: width))")
            }
        }
    }

    /// A tile's name in its level; one that is not full says how many hashes it has.
    private static func suffix(_ tile: Int64, width: Int) -> String {
        path(tile) + (width == 256 ? "" : ".p/\(width)")
    }

    /// 1234067 as `x001/x234/067`.
    static func path(_ index: Int64) -> String {
        func group(_ value: Int64) -> String {
            let digits = String(value % 1000)
            return String(repeating: "0", count: 3 - digits.count) + digits
        }
        var path = group(index)
        var rest = index / 1000
        while rest > 0 {
            path = "x" + group(rest) + "/" + path
            rest /= 1000
        }
        return path
    }

    private func publishedCheckpoint() throws -> Checkpoint? {
        guard let data = FileManager.default.contents(atPath: folder + "/checkpoint") else { return nil }
        do {
            return try Checkpoint(parsing: String(decoding: data, as: UTF8.self))
        } catch {
            throw PublicationFault.damaged(folder: folder, reason: "\(error)")
        }
    }
}

/// Why a log could not be published.
public enum PublicationFault: Error, Equatable, Sendable, CustomStringConvertible {
    case notSigned
    case otherLog(folder: String, found: String, wanted: String)
    case ahead(folder: String, published: Int64, here: Int64)
    case forked(folder: String, size: Int64)
    case damaged(folder: String, reason: String)
    case entryTooLong(Int64, bytes: Int)
    case unwritable(path: String, reason: String)

    public var description: String {
        switch self {
        case .notSigned:
            "Nothing in this record is signed yet: run the station once, or stop it, so that it signs a checkpoint."
        case .otherLog(let folder, let found, let wanted):
            "\(folder) holds the log \(found), this record is \(wanted). Publish into a folder of its own."
        case .ahead(let folder, let published, let here):
            "\(folder) holds \(published) entries, this record has \(here) signed ones: it is older than what was published, perhaps restored from a backup. Do not publish over it; see docs/audit.md, \"Forks\"."
        case .forked(let folder, let size):
            "The first \(size) entries of this record are not those that were published in \(folder): one of the two was changed. Keep both, and see docs/audit.md, \"Forks\"."
        case .damaged(let folder, let reason):
            "The checkpoint in \(folder) can't be read: \(reason). Publish into an empty folder."
        case .entryTooLong(let entry, let bytes):
            "Entry \(entry) has \(bytes) bytes; a published bundle holds entries of at most \(TilePublication.longestEntry)."
        case .unwritable(let path, let reason): "\(path) can't be written: \(reason)."
        }
    }
}
