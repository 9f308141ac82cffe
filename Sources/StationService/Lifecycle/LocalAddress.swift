import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// How the command line finds a running service and shows it that it may: a file beside the database, mode 0600.
public struct LocalAddress: Codable, Sendable, Equatable {
    /// `http://127.0.0.1:8720`
    public var address: String
    public var token: String
    public var pid: Int32
    /// The certificate that it shows, when it speaks TLS: the one that is believed, whatever its name.
    public var certificate: String?

    /// The file beside a database; nil when there is none, or others can read it.
    public static func beside(database: String) -> LocalAddress? {
        let path = (database as NSString).deletingLastPathComponent + "/service.json"
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_mode & 0o077 == 0,
            let data = try? Data(contentsOf: URL(fileURLWithPath: path))
        else { return nil }
        return try? JSONDecoder().decode(LocalAddress.self, from: data)
    }

    /// Writes the file whole.
    func write(to path: String) throws {
        let bytes = Array(try JSONEncoder().encode(self))
        let draft = path + ".new"
        unlink(draft)
        let file = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw CocoaError(.fileWriteUnknown) }
        defer { close(file) }
        guard bytes.withUnsafeBytes({ systemWrite(file, $0) }) == bytes.count, rename(draft, path) == 0 else {
            throw CocoaError(.fileWriteUnknown)
        }
    }
}

private func systemWrite(_ file: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
    write(file, bytes.baseAddress, bytes.count)
}
