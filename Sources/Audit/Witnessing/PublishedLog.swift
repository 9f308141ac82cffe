import Foundation
import Ledger

/// A log as others see it: the files that `station audit publish` wrote, and nothing else.
public struct PublishedLog: Sendable {
    public let folder: String

    public init(folder: String) { self.folder = folder }

    /// The published tree head, with whatever signatures it carries.
    public func checkpoint() throws -> Checkpoint {
        guard let data = FileManager.default.contents(atPath: folder + "/checkpoint") else {
            throw WitnessFault.unpublished(folder)
        }
        return try Checkpoint(parsing: String(decoding: data, as: UTF8.self))
    }

    /// An `add-checkpoint` request for a witness that knows the first `old` entries.
    public func request(from old: Int64) throws -> String {
        let checkpoint = try checkpoint()
        var tree = TiledTree(size: checkpoint.size, source: FileTiles(folder: folder, size: checkpoint.size))
        let proof = old > 0 && old <= checkpoint.size ? try tree.consistencyProof(from: old) : []
        return "old \(old)\n" + proof.map { $0.base64 + "\n" }.joined() + "\n" + checkpoint.note.encoded
    }

    /// Has a witness sign, and puts its line into the published checkpoint.
    /// - Throws: ``WitnessFault/refused(status:reason:)``
    public func beSigned(by witness: Witness, now: Int64) throws -> Cosignature {
        let checkpoint = try checkpoint()
        let last = try witness.last(of: checkpoint.origin)?.size ?? 0
        let answer = try witness.addCheckpoint(try request(from: min(last, checkpoint.size)), now: now)
        guard answer.status == 200 else {
            let reason = answer.status == 409 ? "it knows \(last) entries and another history" : answer.body
            throw WitnessFault.refused(status: answer.status, reason: reason)
        }
        let signed = try SignedNote(parsing: checkpoint.note.encoded + answer.body)
        try Data(signed.encoded.utf8).write(
            to: URL(fileURLWithPath: folder + "/checkpoint"), options: .atomic)
        guard let line = signed.signatures.last,
            let cosignature = Cosignature(line, over: signed.text, by: witness.key.witness)
        else { throw WitnessFault.unwritable(folder) }
        return cosignature
    }

    /// Tiles out of the files; one that isn't full lies under its width.
    private struct FileTiles: TileSource {
        let folder: String
        let size: Int64

        func hashes(level: Int, tile: Int64, count: Int) throws -> [TreeHash] {
            let name = "\(folder)/tile/\(level)/\(TilePublication.path(tile))"
            let data =
                FileManager.default.contents(atPath: name)
                ?? FileManager.default.contents(atPath: "\(name).p/\(count)")
            guard let data, data.count >= count * TreeHash.byteCount else {
                throw WitnessFault.unpublished(folder)
            }
            return (0..<count).compactMap { index in
                TreeHash(bytes: data.dropFirst(index * TreeHash.byteCount).prefix(TreeHash.byteCount))
            }
        }
    }
}
