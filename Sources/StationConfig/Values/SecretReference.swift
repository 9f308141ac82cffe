#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Where a secret is to be found; read only at the moment of use, and never part of a description, a canonical
/// form or an error.
public struct SecretReference: Hashable, Sendable {
    public enum Source: Hashable, Sendable {
        /// An environment variable.
        case environment(String)
        /// The first line of a file; relative paths start at the station folder.
        case file(String)
    }

    public let source: Source
    /// Stands in when every slot is emulated and the secret is missing: it opens an emulated network.
    private let emulationDefault: String?

    init(source: Source, emulationDefault: String?) {
        self.source = source
        self.emulationDefault = emulationDefault
    }

    /// Whether emulated slots can do without the secret.
    public var hasEmulationDefault: Bool { emulationDefault != nil }

    /// Reads the secret.
    /// - Parameters:
    ///   - environment: the process's environment.
    ///   - root: the station folder.
    ///   - emulated: whether all slots that will use it are emulated.
    /// - Throws: `SecretError`, which names the place and never the content.
    public func resolve(
        environment: [String: String], root: String, emulated: Bool
    ) throws(SecretError) -> String {
        let found: String?
        switch source {
        case .environment(let name): found = environment[name].flatMap { $0.isEmpty ? nil : $0 }
        case .file(let path): found = try Self.firstLine(of: path.hasPrefix("/") ? path : root + "/" + path)
        }
        guard let secret = found ?? (emulated ? emulationDefault : nil) else { throw .missing(source) }
        guard
            (8...63).contains(secret.utf8.count) || secret.utf8.count == 64 && secret.allSatisfy(\.isHexDigit)
        else {
            throw .wrongLength(source, bytes: secret.utf8.count)
        }
        return secret
    }

    /// - Returns: nil when there is no such file.
    private static func firstLine(of path: String) throws(SecretError) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw .unreadable(.file(path), reason: String(cString: strerror(errno)))
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw .unreadable(.file(path), reason: "not a regular file")
        }
        guard status.st_mode & (S_IROTH | S_IWOTH) == 0 else {
            throw .unreadable(
                .file(path), reason: "everybody on this machine may read or write it; chmod 600 it")
        }
        var buffer = [UInt8](repeating: 0, count: 1024)
        let count = read(descriptor, &buffer, buffer.count)
        guard count >= 0 else { throw .unreadable(.file(path), reason: String(cString: strerror(errno))) }
        let line = buffer[..<count].prefix { $0 != 0x0A && $0 != 0x0D }
        return line.isEmpty ? nil : String(validating: line, as: UTF8.self)
    }
}

extension SecretReference: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// `the environment variable FACTORY_WIFI_PASSWORD`
    public var description: String { source.description }

    public var debugDescription: String { description }

    /// Only the source: `dump` and string interpolation of an enclosing value must not show a password.
    public var customMirror: Mirror { Mirror(self, children: ["source": source]) }
}

extension SecretReference.Source: CustomStringConvertible {
    public var description: String {
        switch self {
        case .environment(let name): "the environment variable \(name)"
        case .file(let path): "the file \(path)"
        }
    }
}

/// Why a secret can't be had.
public enum SecretError: Error, Hashable, Sendable, CustomStringConvertible {
    case missing(SecretReference.Source)
    case unreadable(SecretReference.Source, reason: String)
    /// WPA passphrases have 8 to 63 bytes, or are 64 hexadecimal digits.
    case wrongLength(SecretReference.Source, bytes: Int)

    public var description: String {
        switch self {
        case .missing(let source): "The factory network's password is missing: set \(source)."
        case .unreadable(let source, let reason):
            "The factory network's password in \(source) cannot be read: \(reason)."
        case .wrongLength(let source, let bytes):
            """
            The factory network's password in \(source) has \(bytes) bytes; WPA allows 8 to 63, or 64 hexadecimal \
            digits. Correct it.
            """
        }
    }
}
