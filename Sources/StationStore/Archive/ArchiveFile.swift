import ContentAddress
import Foundation
import GRDB
import Ledger

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Makes an archive: a new station database with the first part of a ledger, and with everything that follows from it.
struct ArchiveFile {
    let source: StationReader
    /// Entries that it gets: as many as a checkpoint of the source covers.
    let size: Int64

    /// Writes the file beside its name, verifies it as it lies on the disk, and gives it its name.
    /// - Throws: ``StoreError``; nothing is left behind then.
    func write(to target: String) async throws {
        guard access(target, F_OK) != 0 else { throw StoreError.exists(path: target) }
        let draft = target + ".part"
        let suffixes = ["", "-wal", "-shm", "-journal"]
        for suffix in suffixes { unlink(draft + suffix) }
        do {
            try await fill(draft)
            try await verify(draft)
            for suffix in suffixes.dropFirst() { unlink(draft + suffix) }
            // Nobody is to write on in it: that would fork the log.
            chmod(draft, 0o444)
            try FinishedFile.settle(draft, as: target)
        } catch {
            for suffix in suffixes { unlink(draft + suffix) }
            throw StoreError.from(error, path: target)
        }
    }

    private func fill(_ draft: String) async throws {
        let queue = try DatabaseQueue(path: draft)
        try await queue.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA application_id = \(Schema.applicationID)")
            // Until it is finished the file is worth nothing; it is made durable as a whole.
            try db.execute(sql: "PRAGMA synchronous = OFF")
        }
        try Schema.migrator.migrate(queue)
        var next: Int64 = 0
        while next < size {
            guard let stretch = try await source.signedStretch(from: next, mostEntries: 2048, upTo: size)
            else { throw StoreError.notSigned(sequence: next, signed: next) }
            next = stretch.checkpoint.size
            try await queue.writeWithoutTransaction { db in
                try db.inTransaction(.immediate) {
                    try StationCompletion.add(stretch, to: db, path: draft)
                    return .commit
                }
            }
        }
        // Every full bundle: nothing is added here any more, and what leaves the source must be in one.
        try await queue.writeWithoutTransaction { db in
            try db.inTransaction(.immediate) {
                try Sealing.seal(db, path: draft, size: size, signed: size, keeping: 0)
                return .commit
            }
        }
        for (table, columns, condition) in [
            ("ledger_checkpoint", ["size", "note"], "size <= \(size)"),
            ("cosignature", ["size", "witness", "timestamp", "line"], "size <= \(size)"),
            ("person", ["seal", "salt", "name"], "1"),
        ] {
            try await copy(table, columns, condition, into: queue)
        }
        // One after the other: an image may be megabytes.
        let contents = try await queue.read { db in
            try String.fetchAll(db, sql: "SELECT DISTINCT digest FROM content ORDER BY digest")
        }
        for digest in contents {
            try await copy("blob", ["digest", "bytes"], "digest = '\(digest)'", into: queue)
        }
        try await queue.writeWithoutTransaction { db in
            try db.execute(sql: "VACUUM")
            try db.execute(sql: "PRAGMA journal_mode = DELETE")
        }
        try queue.close()
    }

    /// Rows that lie beside the ledger; those that are there already stay.
    private func copy(
        _ table: String, _ columns: [String], _ condition: String, into queue: DatabaseQueue
    ) async throws {
        let list = columns.joined(separator: ", ")
        let rows = try await source.ask { db in
            try Row.fetchAll(db, sql: "SELECT \(list) FROM \(table) WHERE \(condition)").map { row in
                Array(row.databaseValues)
            }
        }
        let marks = columns.map { _ in "?" }.joined(separator: ", ")
        let key = columns[0]
        try await queue.write { db in
            for row in rows {
                let isThere =
                    table == "cosignature"
                    ? nil
                    : try Row.fetchOne(
                        db, sql: "SELECT 1 FROM \(table) WHERE \(key) = ?", arguments: [row[0]])
                guard isThere == nil else { continue }
                try db.execute(
                    sql: "INSERT INTO \(table) (\(list)) VALUES (\(marks))",
                    arguments: StatementArguments(row))
            }
        }
    }

    /// Every entry against the tree, the tree against the signatures of the keys that the source has, every row against a
    /// replay; and the end against the source.
    func verify(_ file: String) async throws {
        let reader = try StationReader.open(at: file)
        defer { try? reader.database.close() }
        let size = size
        let note = try await source.ask { db in
            try String.fetchOne(
                db, sql: "SELECT note FROM ledger_checkpoint WHERE size = ?", arguments: [size])
        }
        guard let head = try await reader.checkpoint(), head.size == size, head.note.encoded == note else {
            throw StoreError.otherArchive(
                path: file, reason: "it does not end with this record's checkpoint over \(size) entries")
        }
        let report = try await reader.verify(.everything, trusting: try await source.logKeys())
        if let finding = report.findings.first {
            throw StoreError.tampered(
                path: file, detail: "\(finding) (\(report.findings.count) findings in all)")
        }
    }

    /// SHA-256 and size of a file, read piece by piece.
    static func digest(of path: String) throws(StoreError) -> (digest: SHA256Digest, bytes: Int64) {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw .missing(path: path) }
        defer { close(file) }
        var hasher = SHA256Hasher()
        var bytes: Int64 = 0
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = read(file, &buffer, buffer.count)
            guard count >= 0 else { throw .inputOutput(path: path, detail: String(cString: strerror(errno))) }
            if count == 0 { return (hasher.finish(), bytes) }
            buffer.withUnsafeBytes { hasher.update(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            bytes += Int64(count)
        }
    }
}
