import GRDB
import Ledger

/// Which entries a question is about; nil and empty mean any.
public struct EntryFilter: Sendable, Equatable {
    public var sequences: Range<Int64>?
    /// Words of ``Record/kinds``.
    public var kinds: [String]
    /// Device ID, MAC address or serial number.
    public var unit: String?
    public var run: RunID?
    public var newestFirst: Bool
    public var limit: Int?

    public init(
        sequences: Range<Int64>? = nil, kinds: [String] = [], unit: String? = nil, run: RunID? = nil,
        newestFirst: Bool = false, limit: Int? = nil
    ) {
        self.sequences = sequences
        self.kinds = kinds
        self.unit = unit
        self.run = run
        self.newestFirst = newestFirst
        self.limit = limit
    }
}

/// An entry, and what its envelope says.
public struct EntryView: Codable, Equatable, Sendable {
    public var sequence: Int64
    public var at: Int64
    public var station: String
    public var kind: String
    /// The exact bytes that were hashed, which are UTF-8.
    public var entry: String
}

extension StationReader {
    /// Entries that a filter lets through.
    public func entries(_ filter: EntryFilter = EntryFilter()) async throws -> [EntryView] {
        try await ask { [path] db in
            var terms = ["1"]
            var arguments = StatementArguments()
            if let range = filter.sequences {
                terms.append("seq >= ? AND seq < ?")
                arguments += [range.lowerBound, range.upperBound]
            }
            if let run = filter.run {
                terms.append(
                    "(seq IN (SELECT seq FROM event WHERE run = ?) OR seq IN (SELECT seq FROM step WHERE run = ?))"
                )
                arguments += [run.rawValue, run.rawValue]
            }
            if let unit = filter.unit {
                let id = try Self.deviceRow(db, key: unit) ?? -1
                terms.append(
                    """
                    seq IN (SELECT seq FROM event WHERE device = (SELECT device_id FROM device WHERE id = ?)
                        UNION SELECT seq FROM event WHERE run IN (SELECT id FROM run WHERE device = ?)
                        UNION SELECT seq FROM step WHERE run IN (SELECT id FROM run WHERE device = ?))
                    """)
                arguments += [id, id, id]
            }
            if !filter.kinds.isEmpty {
                let marks = filter.kinds.map { _ in "?" }.joined(separator: ", ")
                let steps = filter.kinds.contains(String(describing: StepFinished.kind))
                terms.append(
                    "(seq IN (SELECT seq FROM event WHERE kind IN (\(marks)))"
                        + (steps ? " OR seq IN (SELECT seq FROM step)" : "") + ")")
                arguments += StatementArguments(filter.kinds)
            }
            let rows = try Row.fetchCursor(
                db,
                sql: """
                    SELECT seq, entry FROM ledger_entry WHERE \(terms.joined(separator: " AND "))
                    ORDER BY seq \(filter.newestFirst ? "DESC" : "ASC") LIMIT ?
                    """, arguments: arguments + [filter.limit ?? -1])
            var views: [EntryView] = []
            while let row = try rows.next() {
                let bytes = try row.withUnsafeData(atIndex: 1) { data in Array(data ?? .init()) }
                let sequence: Int64 = row["seq"]
                do throws(EntryFault) {
                    let envelope = try EntryEnvelope(parsing: bytes)
                    views.append(
                        EntryView(
                            sequence: sequence, at: envelope.at, station: envelope.station,
                            kind: envelope.kind,
                            entry: String(decoding: bytes, as: UTF8.self)))
                } catch {
                    throw StoreError.tampered(path: path, detail: "entry \(sequence): \(error)")
                }
            }
            return views
        }
    }

    /// Hands out the exact bytes of entries one after the other; with a newline after each they are JSON lines.
    /// - Parameters:
    ///   - range: sequence numbers; nil means all.
    ///   - body: the bytes are valid during the call only.
    public func exportEntries(
        _ range: Range<Int64>? = nil,
        _ body: @escaping @Sendable (Int64, UnsafeRawBufferPointer) throws -> Void
    ) async throws {
        let range = range ?? 0..<Int64.max
        let failure = try await ask { db -> (any Error)? in
            let rows = try RawRows(
                db, "SELECT seq, entry FROM ledger_entry WHERE seq >= ? AND seq < ? ORDER BY seq",
                [range.lowerBound, range.upperBound])
            while try rows.next() {
                // The receiver's errors (a full disk, a closed pipe) are its own and pass through unchanged.
                do { try body(rows.integer(0), rows.blob(1)) } catch { return error }
            }
            return nil
        }
        if let failure { throw failure }
    }

    /// The last signed tree head.
    public func checkpoint() async throws -> Checkpoint? {
        try await ask { [path] db in try LedgerTables.lastCheckpoint(db, path: path) }
    }

    /// All signed tree heads, smallest first.
    public func checkpoints() async throws -> [Checkpoint] {
        try await ask { [path] db in
            try String.fetchAll(db, sql: "SELECT note FROM ledger_checkpoint ORDER BY size").map { note in
                do throws(NoteError) { return try Checkpoint(parsing: note) } catch {
                    throw StoreError.tampered(path: path, detail: "a checkpoint can't be read: \(error)")
                }
            }
        }
    }

    /// What shows that the log of `newSize` entries grew out of the log of `oldSize` entries.
    public func consistencyProof(from oldSize: Int64, to newSize: Int64) async throws -> [TreeHash] {
        try await ask { db in
            guard newSize <= (try LedgerTables.size(db)) else {
                throw StoreError.notFound("entry \(newSize - 1)")
            }
            var tree = TiledTree(size: newSize, source: LedgerTables.Tiles(db))
            return try tree.consistencyProof(from: oldSize)
        }
    }

    /// Entries with their paths to the last checkpoint.
    /// - Throws: ``StoreError/notSigned(sequence:signed:)`` for entries after it, ``StoreError/notFound(_:)``.
    public func proof(ofEntries sequences: [Int64]) async throws -> ProofBundle {
        try await ask { [path] db in try Self.proof(db, path: path, sequences) }
    }

    /// Everything about a unit, proved; begins with the ledger's first entry, which names the key.
    /// - Parameter key: device ID, MAC address or serial number.
    /// - Throws: ``StoreError/notFound(_:)``, ``StoreError/notSigned(sequence:signed:)``
    public func proof(ofUnit key: String) async throws -> ProofBundle {
        try await ask { [path] db in
            guard let id = try Self.deviceRow(db, key: key),
                let device = try String.fetchOne(
                    db, sql: "SELECT device_id FROM device WHERE id = ?", arguments: [id])
            else { throw StoreError.notFound("unit \(key)") }
            return try Self.proof(db, path: path, [0] + Self.entries(db, ofDevice: id, device))
        }
    }

    private static func proof(_ db: Database, path: String, _ sequences: [Int64]) throws -> ProofBundle {
        let size = try LedgerTables.size(db)
        let keys = try LogKeys(db, path: path)
        guard let checkpoint = try LedgerTables.lastCheckpoint(db, path: path) else {
            throw StoreError.notSigned(sequence: sequences.first ?? 0, signed: 0)
        }
        guard let verifier = keys.key(forSize: checkpoint.size) else {
            throw StoreError.notAStationDatabase(path: path)
        }
        let statements = keys.turns.filter { checkpoint.size > $0.after }.compactMap(\.statement)
        var tree = TiledTree(size: checkpoint.size, source: LedgerTables.Tiles(db))
        var entries: [ProofBundle.ProvenEntry] = []
        for sequence in sequences {
            guard (0..<size).contains(sequence) else { throw StoreError.notFound("entry \(sequence)") }
            guard sequence < checkpoint.size else {
                throw StoreError.notSigned(sequence: sequence, signed: checkpoint.size)
            }
            let row = try Row.fetchOne(
                db.cachedStatement(sql: "SELECT entry FROM ledger_entry WHERE seq = ?"), arguments: [sequence]
            )
            guard let bytes = try row?.withUnsafeData(atIndex: 0, { data in Array(data ?? .init()) }) else {
                throw StoreError.notFound("entry \(sequence)")
            }
            entries.append(
                ProofBundle.ProvenEntry(
                    index: sequence, entry: String(decoding: bytes, as: UTF8.self),
                    proof: try tree.inclusionProof(of: sequence)))
        }
        return ProofBundle(
            entries: entries, checkpoint: checkpoint, verifier: verifier, keys: statements)
    }
}

extension StationReader {
    /// The keys that signed this log, in order.
    public func logKeys() async throws -> [VerifierKey] {
        try await ask { [path] db in try LogKeys(db, path: path).turns.map(\.key) }
    }

    /// Whether this is one of the log's keys and each later one was signed for by the key before it.
    public func leads(fromKey text: String) async throws -> Bool {
        try await ask { [path] db in
            let turns = try LogKeys(db, path: path).turns
            guard let start = turns.firstIndex(where: { $0.key.text == text }) else { return false }
            return turns[(start + 1)...].allSatisfy { $0.statement?.isSignedByOld ?? false }
        }
    }

    /// The key that has to have signed a checkpoint over so many entries.
    public func logKey(forSize size: Int64) async throws -> VerifierKey? {
        try await ask { [path] db in try LogKeys(db, path: path).key(forSize: size) }
    }
}
