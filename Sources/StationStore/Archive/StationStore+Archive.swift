import ContentAddress
import Foundation
import GRDB
import Ledger

extension StationStore {
    /// What archiving came to.
    public struct ArchiveReport: Sendable, Equatable {
        /// Where the file lies.
        public var path: String
        /// Entries in it; the last few of them are here as well.
        public var size: Int64
        /// Entries that have left this record: those below this one.
        public var left: Int64
        public var bytes: Int64
        public var digest: SHA256Digest
        /// Whether the file was there already, from a time when the work was cut short.
        public var wasThere: Bool
    }

    /// Moves old entries, and the steps, measurements, acts and events that follow from them, into a file of their own.
    ///
    /// First the file is written and verified as it lies on the disk, then an entry names it by its hash, then what it holds
    /// leaves, a little at a time. Cut short anywhere, it is taken up where it was when asked again for the same file. Units, runs,
    /// serial numbers, orders, notes and quarantines stay, with the tree and the checkpoints: all that rules look at.
    /// - Parameters:
    ///   - before: entries written before this time, UTC ms, as far as they are sealed and a checkpoint ends there.
    ///   - file: the new file; the record will name it without its folder.
    /// - Throws: ``StoreError``: nothing that old, a run under way, a file of something else.
    public func archive(before: Int64, to file: String) async throws -> ArchiveReport {
        try await flush()
        let source = try StationReader.open(at: path)
        defer { try? source.database.close() }
        let known = try await reader.archives()
        if let last = known.last, last.file == (file as NSString).lastPathComponent,
            FileManager.default.fileExists(atPath: file)
        {
            // Written and named before; what is left to do is to let go.
            let (digest, bytes) = try ArchiveFile.digest(of: file)
            guard digest.hex == last.digest else {
                throw StoreError.otherArchive(path: file, reason: "its SHA-256 is not the recorded one")
            }
            try await letGo(below: last.entries)
            return ArchiveReport(
                path: file, size: try await Self.size(of: file), left: last.entries, bytes: bytes,
                digest: digest, wasThere: true)
        }
        let plan = try await source.ask { db in try Self.plan(db, before: before) }
        let wasThere = FileManager.default.fileExists(atPath: file)
        let work = ArchiveFile(source: source, size: plan.size)
        if wasThere { try await work.verify(file) } else { try await work.write(to: file) }
        let (digest, bytes) = try ArchiveFile.digest(of: file)
        try await append(
            .archiveWritten(
                ArchiveWritten(
                    entries: plan.left, digest: digest, bytes: bytes,
                    file: (file as NSString).lastPathComponent)))
        _ = try await signCheckpoint()
        try await letGo(below: plan.left)
        return ArchiveReport(
            path: file, size: plan.size, left: plan.left, bytes: bytes, digest: digest, wasThere: wasThere)
    }

    private static func size(of file: String) async throws -> Int64 {
        let reader = try StationReader.open(at: file)
        defer { try? reader.database.close() }
        return try await reader.station().ledgerSize
    }

    /// How many entries the file gets, and how many leave.
    static func plan(_ db: Database, before: Int64) throws -> (size: Int64, left: Int64) {
        let sizes = try Int64.fetchAll(db, sql: "SELECT size FROM ledger_checkpoint ORDER BY size")
        func time(_ sequence: Int64) throws -> Int64 {
            try Int64.fetchOne(
                db, sql: "SELECT at FROM event WHERE seq = ?1 UNION ALL SELECT at FROM step WHERE seq = ?1",
                arguments: [sequence]) ?? .max
        }
        // Times go up with the entries, but for clocks that were set back; the search finds one place where they cross.
        var (low, high) = (0, sizes.count)
        while low < high {
            let middle = (low + high) / 2
            if try time(sizes[middle] - 1) < before { low = middle + 1 } else { high = middle }
        }
        guard low > 0 else { throw StoreError.nothingToArchive(before: before) }
        let size = sizes[low - 1]
        let width = LedgerEntries.width
        // The last bundle stays: it says how far the ledger is sealed.
        let left = min(size / width * width, try LedgerEntries.sealed(db) - width)
        let gone = try ArchiveRow.newest(db)?.entries ?? 0
        guard left > gone else { throw StoreError.nothingToArchive(before: before) }
        let open = try Int64.fetchOne(
            db, sql: "SELECT min(id) FROM run WHERE outcome IS NULL AND id < ?", arguments: [left])
        if let open { throw StoreError.runUnderWay(RunID(rawValue: open)) }
        return (size, left)
    }

    /// Deletes what is in the archive, in transactions of some thousand entries.
    func letGo(below left: Int64) async throws {
        let step: Int64 = 64 * LedgerEntries.width
        let first =
            try await reader.ask { db in
                try Int64.fetchOne(db, sql: "SELECT min(number) FROM ledger_bundle")
            } ?? 0
        var low = first * LedgerEntries.width
        while low < left {
            let (from, to) = (low, min(left, low + step))
            try await outsideTransactions { db in
                try db.execute(sql: "PRAGMA secure_delete = OFF")
                defer { try? db.execute(sql: "PRAGMA secure_delete = ON") }
                try db.inTransaction(.immediate) {
                    try Self.letGo(db, from: from, to: to, left: left)
                    return .commit
                }
            }
            low = to
        }
    }

    private static func letGo(_ db: Database, from: Int64, to: Int64, left: Int64) throws {
        for sql in [
            "DELETE FROM measurement WHERE step >= ?1 AND step < ?2",
            "DELETE FROM step WHERE seq >= ?1 AND seq < ?2",
            "DELETE FROM event WHERE seq >= ?1 AND seq < ?2",
        ] { try db.execute(sql: sql, arguments: [from, to]) }
        for table in ["identification", "label", "attachment"] {
            try db.execute(
                sql: "DELETE FROM \(table) WHERE run >= ? AND run < ? AND seq < ?",
                arguments: [from, to, left])
        }
        // An answer to a blessing that nobody heard may still come, and asks for the intent to bless.
        try db.execute(
            sql: """
                DELETE FROM act WHERE run >= ?1 AND run < ?2 AND run IN (SELECT id FROM run
                    WHERE id >= ?1 AND id < ?2 AND finished_seq < ?3 AND blessing IS NOT 'noAnswer')
                """, arguments: [from, to, left])
        try db.execute(
            sql: "DELETE FROM ledger_bundle WHERE number >= ? AND number < ?",
            arguments: [from / LedgerEntries.width, to / LedgerEntries.width])
    }
}

extension StationStore {
    /// The questions, answered from the record and from the archive of its oldest entries, where there is one.
    /// - Parameter archive: where the archive lies; nil looks beside the database, and is content when it isn't there.
    /// - Throws: ``StoreError/otherArchive(path:reason:)``, ``StoreError/missing(path:)``
    public func readerWithArchive(_ archive: String? = nil) throws -> StationReader {
        guard try archive != nil || pool.read({ db in try ArchiveRow.newest(db) != nil }) else {
            return reader
        }
        let whole = try StationReader.open(at: path, archive: archive)
        if whole.archive != nil { return whole }
        try? whole.database.close()
        return reader
    }
}

extension StationReader {
    /// The archives that this record names, oldest first.
    public func archives() async throws -> [ArchiveRow] {
        try await ask { db in
            try ArchiveRow.fetchAll(
                db,
                sql: "SELECT seq AS sequence, at, entries, digest, bytes, file FROM main.archive ORDER BY seq"
            )
        }
    }
}
