import ContentAddress
import Foundation
import Ledger

/// A small witness after C2SP tlog-witness: it signs for a log only what grew out of all that it signed for it before.
/// What it remembers lies in a folder: `logs` (a verifier key a line) and one checkpoint a log.
public struct Witness: Sendable {
    let key: StationKey
    let folder: String

    public init(key: StationKey, folder: String) {
        self.key = key
        self.folder = folder
    }

    /// What it answers; the status codes are those of the HTTP interface.
    public struct Answer: Equatable, Sendable {
        public let status: Int
        /// Signature lines (200), the size that it knows (409), or a sentence.
        public let body: String
        public let contentType: String

        public init(status: Int, body: String, contentType: String) {
            self.status = status
            self.body = body
            self.contentType = contentType
        }
    }

    /// The logs whose checkpoints it looks at.
    public func logs() throws -> [VerifierKey] {
        guard let data = FileManager.default.contents(atPath: folder + "/logs") else { return [] }
        return try String(decoding: data, as: UTF8.self).split(separator: "\n").map {
            try VerifierKey(text: String($0))
        }
    }

    /// Adds a log, or another key of one.
    public func follow(_ log: VerifierKey) throws {
        var known = try logs()
        guard !known.contains(log) else { return }
        known.append(log)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Data((known.map(\.text).joined(separator: "\n") + "\n").utf8)
            .write(to: URL(fileURLWithPath: folder + "/logs"), options: .atomic)
    }

    /// The last checkpoint of a log that it signed.
    public func last(of origin: String) throws -> Checkpoint? {
        guard let data = FileManager.default.contents(atPath: path(origin)) else { return nil }
        return try Checkpoint(parsing: String(decoding: data, as: UTF8.self))
    }

    private func path(_ origin: String) -> String {
        folder + "/" + SHA256Digest(of: Array(origin.utf8)).hex + ".checkpoint"
    }

    /// Answers an `add-checkpoint` request: `old SIZE`, the consistency proof in base64, an empty line, the checkpoint.
    /// - Parameter now: POSIX seconds.
    /// - Throws: when what it remembers can't be read or written; nothing is signed then.
    public func addCheckpoint(_ request: String, now: Int64) throws -> Answer {
        guard let gap = request.range(of: "\n\n"), request.utf8.count <= 1 << 20 else {
            return Self.bad("no empty line")
        }
        let lines = request[..<gap.lowerBound].split(separator: "\n", omittingEmptySubsequences: false)
        guard let first = lines.first, first.hasPrefix("old "), let old = Int64(first.dropFirst(4)), old >= 0,
            String(old) == first.dropFirst(4), lines.count <= 64
        else { return Self.bad("the first line reads \"old SIZE\"") }
        var proof: [TreeHash] = []
        for line in lines.dropFirst() {
            guard let hash = TreeHash(base64: line) else { return Self.bad("a proof line is no hash") }
            proof.append(hash)
        }
        let checkpoint: Checkpoint
        do { checkpoint = try Checkpoint(parsing: String(request[gap.upperBound...])) } catch {
            return Self.bad("\(error)")
        }
        return try answer(checkpoint, old: old, proof: proof, now: now)
    }

    private func answer(_ checkpoint: Checkpoint, old: Int64, proof: [TreeHash], now: Int64) throws -> Answer
    {
        let keys = try logs().filter { $0.name == checkpoint.origin }
        guard !keys.isEmpty else {
            return Answer(status: 404, body: "unknown log\n", contentType: "text/plain")
        }
        do { try checkpoint.verify(by: keys) } catch {
            return Answer(status: 403, body: "\(error)\n", contentType: "text/plain")
        }
        guard old <= checkpoint.size else { return Self.bad("old size \(old) is above \(checkpoint.size)") }
        // One at a time, in all processes: between looking and remembering nobody else may sign.
        let guardFile = open(folder + "/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard guardFile >= 0, flock(guardFile, LOCK_EX) == 0 else { throw WitnessFault.unwritable(folder) }
        defer { close(guardFile) }
        let last = try last(of: checkpoint.origin)
        guard old == last?.size ?? 0, old < checkpoint.size || last?.root == checkpoint.root || old == 0
        else {
            return Answer(status: 409, body: "\(last?.size ?? 0)\n", contentType: "text/x.tlog.size")
        }
        guard
            MerkleProof.verifyConsistency(
                oldSize: old, newSize: checkpoint.size, proof: proof,
                oldRoot: last?.root ?? TreeHash.emptyTree,
                newRoot: checkpoint.root)
        else {
            return Answer(
                status: 422, body: "the log did not grow out of what was signed before\n",
                contentType: "text/plain")
        }
        guard let cosignature = Cosignature(of: checkpoint, at: now, by: key) else {
            throw WitnessFault.unwritable(folder)
        }
        try Data(checkpoint.note.encoded.utf8)
            .write(to: URL(fileURLWithPath: path(checkpoint.origin)), options: .atomic)
        return Answer(status: 200, body: cosignature.signature.encoded, contentType: "text/plain")
    }

    private static func bad(_ reason: String) -> Answer {
        Answer(status: 400, body: reason + "\n", contentType: "text/plain")
    }
}

/// Why a witness can't do its work.
public enum WitnessFault: Error, Equatable, Sendable, CustomStringConvertible {
    case unwritable(String)
    case unpublished(String)
    case refused(status: Int, reason: String)
    case forgedAnswer(witness: String)

    public var description: String {
        switch self {
        case .unwritable(let folder): "\(folder) can't be written: the witness must remember what it signs."
        case .unpublished(let folder): "\(folder) holds no published log; `station audit publish` makes one."
        case .forgedAnswer(let witness):
            "what came back is no signature of \(witness) over this checkpoint; nothing was kept."
        case .refused(let status, let reason):
            "the witness does not sign (\(status)): \(reason.trimmingCharacters(in: .whitespacesAndNewlines))"
        }
    }
}
