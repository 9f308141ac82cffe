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
            let ledger = try LedgerEntries(db)
            let limit = filter.limit ?? .max
            var views: [EntryView] = []
            func add(_ sequence: Int64, _ bytes: [UInt8]) throws {
                do throws(EntryFault) {
                    let envelope = try EntryEnvelope(parsing: bytes)
                    guard filter.kinds.isEmpty || filter.kinds.contains(envelope.kind) else { return }
                    views.append(
                        EntryView(
                            sequence: sequence, at: envelope.at, station: envelope.station,
                            kind: envelope.kind,
                            entry: String(decoding: bytes, as: UTF8.self)))
                } catch {
                    throw StoreError.tampered(path: path, detail: "entry \(sequence): \(error)")
                }
            }
            guard let sequences = try Self.sequences(filter, db) else {
                try ledger.forEach(in: filter.sequences ?? 0..<Int64.max, newestFirst: filter.newestFirst) {
                    sequence, bytes in
                    if views.count < limit { try add(sequence, Array(bytes)) }
                    return views.count < limit
                }
                return views
            }
            for sequence in filter.newestFirst ? sequences.reversed() : sequences {
                guard views.count < limit else { break }
                if let bytes = try ledger.bytes(of: sequence) { try add(sequence, bytes) }
            }
            return views
        }
    }

    /// The sequence numbers that a filter asks for, ascending; nil when every one in its range is asked for.
    private static func sequences(_ filter: EntryFilter, _ db: Database) throws -> [Int64]? {
        let range = filter.sequences ?? 0..<Int64.max
        var sequences: [Int64]?
        if let run = filter.run { sequences = try entries(db, ofRun: run) }
        if let unit = filter.unit {
            var mine: [Int64] = []
            if let id = try deviceRow(db, key: unit),
                let device = try String.fetchOne(
                    db, sql: "SELECT device_id FROM device WHERE id = ?", arguments: [id])
            {
                mine = try entries(db, ofDevice: id, device)
            }
            sequences = sequences.map { known in Set(known).intersection(mine).sorted() } ?? mine
        }
        if let sequences { return sequences.filter(range.contains) }
        guard !filter.kinds.isEmpty else { return nil }
        let known = try LedgerKinds.codes(db)
        let codes = filter.kinds.compactMap { known[$0] }
        // Only this condition, as it stands, lets SQLite use the index over rare kinds.
        let areRare = codes.allSatisfy { $0 >= LedgerKinds.firstRare }
        let places = "seq >= ?1 AND seq < ?2"
        var parts = [
            "SELECT seq FROM event WHERE \(areRare ? "kind >= \(LedgerKinds.firstRare) AND " : "")"
                + "kind IN (\(codes.map(String.init).joined(separator: ", "))) AND \(places)"
        ]
        if filter.kinds.contains(String(describing: StepFinished.kind)) {
            parts.append("SELECT seq FROM step WHERE \(places)")
        }
        let order = filter.newestFirst ? "DESC" : "ASC"
        let found = try Int64.fetchAll(
            db, sql: parts.joined(separator: " UNION ALL ") + " ORDER BY seq \(order) LIMIT ?3",
            arguments: [range.lowerBound, range.upperBound, filter.limit ?? -1])
        return filter.newestFirst ? found.reversed() : found
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
            // The receiver's errors (a full disk, a closed pipe) are its own and pass through unchanged.
            var failure: (any Error)?
            try LedgerEntries(db).forEach(in: range) { sequence, bytes in
                do { try body(sequence, bytes) } catch { failure = error }
                return failure == nil
            }
            return failure
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
            var tree = TiledTree(size: newSize, source: try LedgerTables.Tiles(db))
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
        let last = sequences.max() ?? 0
        // A witness's word says more than a later signature of the station itself.
        let witnessed = try LedgerTables.witnessedCheckpoint(db, path: path, covering: last + 1)
        guard let checkpoint = try witnessed ?? LedgerTables.lastCheckpoint(db, path: path) else {
            throw StoreError.notSigned(sequence: sequences.first ?? 0, signed: 0)
        }
        guard let verifier = keys.key(forSize: checkpoint.size) else {
            throw StoreError.notAStationDatabase(path: path)
        }
        let statements = keys.turns.filter { checkpoint.size > $0.after }.compactMap(\.statement)
        let ledger = try LedgerEntries(db)
        var tree = TiledTree(size: checkpoint.size, source: LedgerTables.Tiles(db, ledger))
        var entries: [ProofBundle.ProvenEntry] = []
        for sequence in sequences {
            guard (0..<size).contains(sequence) else { throw StoreError.notFound("entry \(sequence)") }
            guard sequence < checkpoint.size else {
                throw StoreError.notSigned(sequence: sequence, signed: checkpoint.size)
            }
            guard let bytes = try ledger.bytes(of: sequence) else {
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
