import ContentAddress

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Reads files of one folder and never anything outside of it, whatever links and dots a path has.
struct StationFiles {
    /// The folder's absolute path without links.
    let root: String

    /// - Returns: nil when `path` is no readable folder.
    init?(at path: String) {
        guard let root = Self.canonical(path) else { return nil }
        var status = stat()
        guard stat(root, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { return nil }
        self.root = root
    }

    /// The bytes of a regular file.
    /// - Parameters:
    ///   - path: relative to the folder.
    ///   - limit: the most bytes that a file of this kind may have.
    func read(_ path: String, limit: Int) throws(ConfigFileError) -> [UInt8] {
        guard let real = Self.canonical(root + "/" + path) else {
            throw errno == ENOENT || errno == ENOTDIR
                ? .missing(path) : .unreadable(path, reason: String(cString: strerror(errno)))
        }
        guard real.utf8.starts(with: (root == "/" ? root : root + "/").utf8) else {
            throw .outsideFolder(path, leadsTo: real)
        }
        // Without O_NONBLOCK, opening a named pipe would wait for a writer for ever.
        let descriptor = open(real, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .unreadable(path, reason: String(cString: strerror(errno))) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw .notRegular(path)
        }
        guard status.st_size <= limit else { throw .tooLarge(path, bytes: Int(status.st_size), limit: limit) }
        return try readAll(descriptor, path, expecting: Int(status.st_size), limit: limit)
    }

    private func readAll(
        _ descriptor: Int32, _ path: String, expecting size: Int, limit: Int
    ) throws(ConfigFileError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: size + 1)
        var filled = 0
        while true {
            let count = bytes.withUnsafeMutableBytes { buffer in
                #if canImport(Darwin)
                    Darwin.read(descriptor, buffer.baseAddress.map { $0 + filled }, buffer.count - filled)
                #else
                    Self.systemRead(descriptor, buffer.baseAddress.map { $0 + filled }, buffer.count - filled)
                #endif
            }
            guard count >= 0 else { throw .unreadable(path, reason: String(cString: strerror(errno))) }
            if count == 0 { break }
            filled += count
            guard filled <= limit else { throw .tooLarge(path, bytes: filled, limit: limit) }
            // The file grew while it was read.
            if filled == bytes.count { bytes += [UInt8](repeating: 0, count: bytes.count) }
        }
        bytes.removeLast(bytes.count - filled)
        return bytes
    }

    /// The entries of a folder inside the root, sorted by their bytes, hidden ones left out.
    /// - Returns: nil when there is no such folder.
    func list(_ folder: String) -> [String]? {
        guard let directory = opendir(root + "/" + folder) else { return nil }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: UInt8.self, capacity: 256) {
                    String(decodingCString: $0, as: UTF8.self)
                }
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// The other files beside `path`, for suggestions.
    func neighbours(of path: String) -> [String] {
        let folder = path.split(separator: "/").dropLast().joined(separator: "/")
        return (list(folder) ?? []).map { folder.isEmpty ? $0 : "\(folder)/\($0)" }
    }

    private static func canonical(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(validatingCString: resolved)
    }

    #if !canImport(Darwin)
        private static func systemRead(_ descriptor: Int32, _ buffer: UnsafeMutableRawPointer?, _ count: Int)
            -> Int
        {
            #if canImport(Glibc)
                Glibc.read(descriptor, buffer, count)
            #else
                Musl.read(descriptor, buffer, count)
            #endif
        }
    #endif
}

/// Why a file of a station folder can't be had.
public enum ConfigFileError: Error, Hashable, Sendable, CustomStringConvertible {
    case missing(String)
    case unreadable(String, reason: String)
    case outsideFolder(String, leadsTo: String)
    case notRegular(String)
    case tooLarge(String, bytes: Int, limit: Int)
    /// The bytes are not those that were checked.
    case changed(String, expected: SHA256Digest, found: SHA256Digest)
    case notText(String)

    public var description: String {
        switch self {
        case .missing(let path): "\(path) does not exist. Put it back, then run the check again."
        case .unreadable(let path, let reason): "\(path) cannot be read: \(reason)."
        case .outsideFolder(let path, let target):
            "\(path) leads to \(target), outside the station folder. Copy the file into the folder."
        case .notRegular(let path): "\(path) is not a regular file."
        case .tooLarge(let path, let bytes, let limit):
            "\(path) has \(bytes) bytes, more than the \(limit) allowed."
        case .changed(let path, let expected, let found):
            "\(path) changed: its SHA-256 is \(found), \(expected) is expected. Run the check again before any unit is touched."
        case .notText(let path): "\(path) is not UTF-8 text."
        }
    }
}

/// The most bytes that each kind of file may have.
enum FileLimit {
    static let yaml = 256 * 1024
    static let nvram = 64 * 1024
    static let label = 64 * 1024
    /// The largest chip.
    static let image = 16 * 1024 * 1024
    /// Files of one kind in one folder.
    static let files = 2000
}
