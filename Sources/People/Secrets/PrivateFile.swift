#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A file that nobody but its owner can read.
enum PrivateFile {
    /// Makes the file with mode 0600 before SQLite can make it with another, and refuses one that others can read.
    /// (SQLite gives its journal files the mode of the database.)
    static func secure(_ path: String) throws(PeopleError) {
        let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw .unreadable(path: path, detail: String(cString: strerror(errno))) }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw .unreadable(path: path, detail: "it is not a regular file")
        }
        guard status.st_mode & 0o077 == 0 else {
            throw .exposed(path: path, mode: UInt16(truncatingIfNeeded: status.st_mode & 0o777))
        }
    }
}
