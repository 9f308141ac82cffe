import Ledger

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The last signed tree head in a small file beside the database, `<database>.head`: what tells a database that came out
/// of a backup from the one that was lost. It is no part of the record and is not backed up with it.
public enum HeadFile {
    /// Where it lies.
    public static func path(ofDatabase database: String) -> String { database + ".head" }

    /// The tree head in it; nil when there is none or it can't be read (a power cut may tear it).
    public static func read(besideDatabase database: String) -> Checkpoint? {
        let file = open(path(ofDatabase: database), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = pread(file, &bytes, bytes.count, 0)
        guard count > 0 else { return nil }
        return try? Checkpoint(parsing: String(decoding: bytes[..<count], as: UTF8.self))
    }

    /// Writes it, in one piece. When that fails nothing is lost but a warning that may never be needed.
    static func write(_ checkpoint: Checkpoint, path: String) {
        let file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard file >= 0 else { return }
        defer { close(file) }
        let bytes = Array(checkpoint.note.encoded.utf8)
        if pwrite(file, bytes, bytes.count, 0) == bytes.count { _ = ftruncate(file, off_t(bytes.count)) }
    }
}
