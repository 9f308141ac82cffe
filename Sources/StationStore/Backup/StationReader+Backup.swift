import GRDB
import Ledger

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What a backup holds.
public struct BackupReport: Sendable, Equatable {
    public var path: String
    /// Bytes of the file.
    public var bytes: Int64
    /// Entries.
    public var entries: Int64
    /// The last signed tree head in it; nil when nothing was signed.
    public var head: Checkpoint?
}

extension StationReader {
    /// Copies the whole record into a new file, while the station works: one consistent state, verified in the copy before
    /// it gets its name, and never over another file.
    /// - Throws: ``StoreError/exists(path:)``, ``StoreError/diskFull(path:)`` (nothing is left behind then),
    ///   ``StoreError/tampered(path:detail:)`` when the copy, and so the record, does not hold.
    public func backUp(to target: String) async throws -> BackupReport {
        guard access(target, F_OK) != 0 else { throw StoreError.exists(path: target) }
        let draft = target + ".part"
        for suffix in ["", "-wal", "-shm", "-journal"] { unlink(draft + suffix) }
        // A log that another database of that name left behind would be taken for the new one's.
        for suffix in ["-wal", "-shm", "-journal"] { unlink(target + suffix) }
        do {
            try copy(to: draft)
            let copy = try StationReader.open(at: draft)
            let report = try await copy.verify(.everything)
            if let finding = report.findings.first {
                throw StoreError.tampered(
                    path: path, detail: "\(finding) (\(report.findings.count) findings in all)")
            }
            let head = try await copy.checkpoint()
            try copy.database.close()
            for suffix in ["-wal", "-shm"] { unlink(draft + suffix) }
            try FinishedFile.settle(draft, as: target)
            var status = stat()
            stat(target, &status)
            return BackupReport(
                path: target, bytes: Int64(status.st_size), entries: report.entries, head: head)
        } catch {
            for suffix in ["", "-wal", "-shm", "-journal"] { unlink(draft + suffix) }
            throw StoreError.from(error, path: target)
        }
    }

    private func copy(to draft: String) throws {
        var configuration = Configuration()
        configuration.label = "StationBackup"
        let queue = try DatabaseQueue(path: draft, configuration: configuration)
        try database.backup(to: queue)
        try queue.writeWithoutTransaction { db in
            // The copy is a file by itself: without this it would ask for a log beside it.
            try db.execute(sql: "PRAGMA journal_mode = DELETE")
        }
        try queue.close()
    }
}

/// A file that is finished and gets its name.
public enum FinishedFile {
    /// Makes a finished file durable and gives it its name, unless something has that name by now.
    public static func settle(_ draft: String, as target: String) throws(StoreError) {
        let file = open(draft, O_RDONLY | O_CLOEXEC)
        guard file >= 0, fsync(file) == 0 else {
            throw .inputOutput(path: draft, detail: String(cString: strerror(errno)))
        }
        close(file)
        // A link fails where a rename would overwrite.
        guard link(draft, target) == 0 else {
            let code = errno
            if code == EEXIST { throw .exists(path: target) }
            throw .unwritable(path: target, reason: String(cString: strerror(code)))
        }
        unlink(draft)
        let home = target.lastIndex(of: "/").map { String(target[..<$0]) } ?? "."
        let folder = open(home.isEmpty ? "/" : home, O_RDONLY | O_CLOEXEC)
        if folder >= 0 {
            fsync(folder)
            close(folder)
        }
    }
}
