import GRDB
import Ledger

/// A cosignature in the record: by this time the first `size` entries existed.
public struct CosignatureRow: Equatable, Sendable {
    public let size: Int64
    public let witness: WitnessKey
    /// POSIX seconds.
    public let timestamp: Int64
    public let signature: SignedNote.Signature
}

extension StationStore {
    /// Keeps cosignatures of a checkpoint beside it. They are not part of the ledger, whose tree they sign, so this may
    /// be done while another process writes the ledger.
    /// - Returns: how many were new.
    @discardableResult
    public static func keep(_ cosignatures: [Cosignature], of size: Int64, at path: String) throws -> Int {
        do {
            try Schema.requireCurrent(path)
            var configuration = Configuration()
            configuration.busyMode = .timeout(5)
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            defer { try? queue.close() }
            return try queue.write { db in
                var count = 0
                for cosignature in cosignatures {
                    try db.execute(
                        sql: """
                            INSERT INTO cosignature (size, witness, timestamp, line) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING
                            """,
                        arguments: [
                            size, cosignature.witness.text, cosignature.timestamp,
                            cosignature.signature.encoded,
                        ])
                    count += db.changesCount
                }
                return count
            }
        } catch {
            throw StoreError.from(error, path: path)
        }
    }
}

extension StationReader {
    /// The cosignatures that hold: made by one of these witnesses over a checkpoint of this record.
    /// - Returns: those, smallest size first, and how many of these witnesses' do not hold.
    public func cosignatures(by witnesses: [WitnessKey]) async throws -> (good: [CosignatureRow], bad: Int) {
        try await ask { db in
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT c.size, c.witness, c.line, l.note FROM cosignature c LEFT JOIN ledger_checkpoint l USING (size)
                    ORDER BY c.size, c.timestamp
                    """)
            var good: [CosignatureRow] = []
            var bad = 0
            for row in rows {
                let (size, text): (Int64, String) = (row["size"], row["witness"])
                guard let witness = witnesses.first(where: { $0.text == text }) else { continue }
                guard let stored: String = row["note"], let note = try? SignedNote(parsing: stored),
                    let line = try? SignedNote(parsing: note.text + "\n" + (row["line"] as String)).signatures
                        .first,
                    let cosignature = Cosignature(line, over: note.text, by: witness)
                else {
                    bad += 1
                    continue
                }
                good.append(
                    CosignatureRow(
                        size: size, witness: witness, timestamp: cosignature.timestamp, signature: line))
            }
            return (good, bad)
        }
    }

    /// The time of an entry, UTC ms.
    public func time(ofEntry sequence: Int64) async throws -> Int64? {
        try await entries(EntryFilter(sequences: sequence..<sequence + 1)).first?.at
    }
}
