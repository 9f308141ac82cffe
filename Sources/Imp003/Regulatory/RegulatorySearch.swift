#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The outcome of looking for an installed regulatory database.
public struct RegulatorySearch: Sendable {
    /// The first sound file found, else the shipped table.
    public let database: RegulatoryDatabase
    /// A sentence for each file that was there but could not be used, and one when the shipped table had to
    /// stand in. Empty when the first file found was sound.
    public let problems: [String]
}

extension RegulatoryDatabase {
    /// Where Linux distributions put firmware.
    public static let standardDirectories = ["/lib/firmware", "/usr/lib/firmware"]

    /// The names to try in each directory. Debian installs the second and third, and makes the first a link
    /// to one of them only when the package is configured, so an unpacked package has no first.
    public static let fileNames = ["regulatory.db", "regulatory.db-upstream", "regulatory.db-debian"]

    /// Looks for an installed database; falls back on the shipped table.
    /// - Parameters:
    ///   - directories: searched after `extra`.
    ///   - extra: searched first: a directory that the station's configuration names.
    /// - Throws: `RegulatoryTableError` only when the program itself was built wrong.
    public static func find(
        in directories: [String] = standardDirectories, alsoIn extra: [String] = []
    ) throws(RegulatoryTableError) -> RegulatorySearch {
        try find(in: extra + directories, reading: readFile)
    }

    /// The search with the reading of files handed in.
    /// - Parameter reading: gives a file's bytes, or nil where there is none.
    static func find(
        in directories: [String], reading: (String) throws(UnreadableFile) -> [UInt8]?
    ) throws(RegulatoryTableError) -> RegulatorySearch {
        var problems: [String] = []
        for directory in directories {
            for name in fileNames {
                let path = directory.hasSuffix("/") ? directory + name : directory + "/" + name
                do {
                    guard let bytes = try reading(path) else { continue }
                    return RegulatorySearch(
                        database: try RegulatoryDatabase(binary: bytes, path: path), problems: problems)
                } catch {
                    problems.append("\(path): \(error)")
                }
            }
        }
        let table = try RegulatoryTable.shipped()
        problems.append(
            """
            No usable regulatory database in \(Wording.list(directories)): the shipped table of \(table.dated) is used. \
            Install the package wireless-regdb to have current rules.
            """)
        return RegulatorySearch(database: RegulatoryDatabase(table: table), problems: problems)
    }
}

/// A file that exists but cannot be read.
struct UnreadableFile: Error, CustomStringConvertible {
    let description: String
}

/// The whole of a file, 1 MB at most; nil where there is none.
private func readFile(_ path: String) throws(UnreadableFile) -> [UInt8]? {
    // Without blocking: a FIFO under that name must not hang the station.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
        if errno == ENOENT || errno == ENOTDIR { return nil }
        throw UnreadableFile(description: "cannot be opened: \(String(cString: strerror(errno)))")
    }
    defer { _ = close(descriptor) }
    let limit = 1 << 20
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
        let count = read(descriptor, &buffer, buffer.count)
        if count == 0 { return bytes }
        guard count > 0 else {
            if errno == EINTR { continue }
            throw UnreadableFile(description: "cannot be read: \(String(cString: strerror(errno)))")
        }
        bytes += buffer[..<count]
        guard bytes.count <= limit else {
            throw UnreadableFile(
                description: "has more than \(limit) bytes, which no regulatory database has")
        }
    }
}
