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

    /// Has a witness of this machine sign, and puts its line into the published checkpoint.
    /// - Throws: ``WitnessFault/refused(status:reason:)``
    public func beSigned(by witness: Witness, now: Int64) async throws -> Cosignature {
        try await beSigned(by: witness.key.witness) { try witness.addCheckpoint($0, now: now) }
    }

    /// Has a witness sign, wherever it is, and puts its line into the published checkpoint.
    /// - Parameters:
    ///   - witness: whose signature has to come back.
    ///   - ask: carries an `add-checkpoint` request there and the answer back.
    /// - Throws: ``WitnessFault/refused(status:reason:)``, ``WitnessFault/forgedAnswer(witness:)``, what `ask` throws.
    public func beSigned(by witness: WitnessKey, ask: (String) async throws -> Witness.Answer) async throws
        -> Cosignature
    {
        let checkpoint = try checkpoint()
        // A witness says itself how much it knows; the log need not remember it.
        var answer = try await ask(try request(from: 0))
        if answer.status == 409, let last = Int64(answer.body.filter { !$0.isWhitespace }) {
            guard last <= checkpoint.size else {
                throw WitnessFault.refused(
                    status: 409,
                    reason: "it knows \(last) entries, and here are only \(checkpoint.size) published")
            }
            answer = try await ask(try request(from: last))
            if answer.status == 409 {
                throw WitnessFault.refused(
                    status: 409, reason: "it knows \(last) entries and another history")
            }
        }
        guard answer.status == 200 else {
            throw WitnessFault.refused(status: answer.status, reason: answer.body)
        }
        guard let signed = try? SignedNote(parsing: checkpoint.note.encoded + answer.body),
            let cosignature = signed.signatures.dropFirst(checkpoint.note.signatures.count).lazy
                .compactMap({ Cosignature($0, over: signed.text, by: witness) }).first
        else { throw WitnessFault.forgedAnswer(witness: witness.name) }
        // Whatever else came along is not published in our name.
        let text = checkpoint.note.encoded + cosignature.signature.encoded
        do {
            try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/checkpoint"), options: .atomic)
        } catch { throw WitnessFault.unwritable(folder) }
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
