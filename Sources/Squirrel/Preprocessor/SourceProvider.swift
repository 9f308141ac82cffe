#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Where `#require` and `@include` get their texts from.
public protocol SourceProvider {
    /// The text under a name, or nil if there is none.
    func source(named name: String) -> [UInt8]?
}

/// Texts from memory.
public struct DictionarySourceProvider: SourceProvider, Sendable {
    public var sources: [String: [UInt8]]

    public init(_ sources: [String: String]) {
        self.sources = sources.mapValues { Array($0.utf8) }
    }

    public func source(named name: String) -> [UInt8]? { sources[name] }
}

/// Texts from folders, the first that has the name.
public struct FolderSourceProvider: SourceProvider, Sendable {
    public var folders: [String]

    public init(folders: [String]) {
        self.folders = folders
    }

    public func source(named name: String) -> [UInt8]? {
        let candidates = name.hasPrefix("/") ? [name] : folders.map { $0 + "/" + name }
        for path in candidates {
            if let bytes = FolderSourceProvider.contents(of: path) { return bytes }
        }
        return nil
    }

    /// The bytes of a regular file, or nil.
    static func contents(of path: String) -> [UInt8]? {
        var information = stat()
        guard stat(path, &information) == 0, information.st_mode & S_IFMT == S_IFREG,
            let file = fopen(path, "rb")
        else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = fread(&buffer, 1, buffer.count, file)
            if count == 0 { return bytes }
            bytes += buffer.prefix(count)
        }
    }
}
