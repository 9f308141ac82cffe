import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// One writing process a database: an advisory lock on a file beside it, which the system lets go when the process
/// ends, however it ends.
final class StationLock: Sendable {
    private let file: Mutex<Int32?>

    /// Takes the lock on `<path>.lock`, and leaves this process's ID in the file for the message to others.
    /// - Throws: ``StoreError/lockedByOther(path:pid:)``, ``StoreError/unwritable(path:reason:)``,
    ///   ``StoreError/readOnly(path:)``
    init(database path: String) throws(StoreError) {
        let file = open(path + ".lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard file >= 0 else {
            let code = errno
            if code == EACCES || code == EROFS || code == EPERM { throw .readOnly(path: path) }
            if code == ENOSPC { throw .diskFull(path: path) }
            throw .unwritable(path: path, reason: String(cString: strerror(code)))
        }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            var bytes = [UInt8](repeating: 0, count: 32)
            let count = pread(file, &bytes, bytes.count, 0)
            close(file)
            let text = String(decoding: bytes.prefix(max(0, count)).prefix { $0 != 0x0A }, as: UTF8.self)
            throw .lockedByOther(path: path, pid: Int32(text))
        }
        let identity = Array("\(getpid())\n".utf8)
        // The ID is for people; the lock holds without it, so a full disk doesn't matter here.
        _ = ftruncate(file, 0)
        _ = pwrite(file, identity, identity.count, 0)
        self.file = Mutex(file)
    }

    /// Lets others have the database.
    func release() {
        file.withLock { file in
            if let held = file {
                // Unlocked by name: a child that was forked a moment ago may hold the same file until it becomes
                // another program.
                flock(held, LOCK_UN)
                close(held)
            }
            file = nil
        }
    }

    deinit { release() }
}
