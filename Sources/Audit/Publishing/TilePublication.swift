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
    /// Files are written beside and renamed, the checkpoint last: whoever reads in between sees an older log, never a
    /// torn one. A folder that holds another log, or more of this one, is refused.
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
        var files = 0
        var level = 0
        var count = checkpoint.size
        while count > 0 {
            files += try await writeLevel(
                level, count: count, from: published.map { $0.size >> Int64(8 * level) } ?? 0)
            level += 1
            count >>= 8
        }
        let cosigned = try await reader.cosignatures(by: witnesses).good.filter { $0.size == checkpoint.size }
        let note = checkpoint.note.adding(cosigned.map(\.signature))
        try write(Array(note.encoded.utf8), to: "checkpoint")
        return Result(size: checkpoint.size, files: files)
    }

    private func writeLevel(_ level: Int, count: Int64, from published: Int64) async throws -> Int {
        var files = 0
        var tile = published / 256
        while tile * 256 < count {
            let width = Int(min(256, count - tile * 256))
            let suffix = Self.path(tile) + (width == 256 ? "" : ".p/\(width)")
            let hashes = try await reader.tile(level: level, index: tile, width: width)
            try write(hashes.flatMap(\.bytes), to: "tile/\(level)/\(suffix)")
            files += 1
            if level == 0 {
                try write(try await bundle(first: tile * 256, count: width), to: "tile/entries/\(suffix)")
                files += 1
            }
            tile += 1
        }
        return files
    }

    private func bundle(first: Int64, count: Int) async throws -> [UInt8] {
        let entries = try await reader.entryBytes(first..<first + Int64(count))
        var bytes: [UInt8] = []
        for (offset, entry) in entries.enumerated() {
            guard entry.count <= Self.longestEntry else {
                throw PublicationFault.entryTooLong(first + Int64(offset), bytes: entry.count)
            }
            bytes += [UInt8(entry.count >> 8), UInt8(entry.count & 0xFF)]
            bytes += entry
        }
        return bytes
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

    private func write(_ bytes: [UInt8], to name: String) throws {
        let url = URL(fileURLWithPath: folder).appendingPathComponent(name)
        do {
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(bytes).write(to: url, options: .atomic)
        } catch {
            let posix = (error as? CocoaError)?.underlying as? POSIXError
            throw PublicationFault.unwritable(
                path: url.path,
                reason: posix.map { String(cString: strerror($0.code.rawValue)) } ?? "\(error)")
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
