import ContentAddress

/// What decides how units are made (SKUs, plans, firmware, images, NVRAM, labels) as one thing with one name: every file
/// by path, size and SHA-256. Orders, `station.yaml` and `line.yaml` are the station's own and not part of it.
public struct ConfigRevision: Hashable, Sendable {
    /// One file.
    public struct File: Hashable, Sendable {
        /// Relative to the station folder, `skus/a.yaml`.
        public let path: String
        public let size: Int
        public let sha256: SHA256Digest
    }

    /// The folders whose files count, whatever is in them.
    public static let folders = ["firmware", "images", "labels", "nvram", "plans", "skus"]
    /// Limits, so that a folder or a bundle from anywhere can be read without fear.
    static let mostFiles = 5000
    static let mostBytes = 512 * 1024 * 1024
    static let deepest = 8

    /// By path, in the order of their bytes.
    public let files: [File]

    /// Reads and hashes the files of a station folder as they are now.
    /// - Throws: `ConfigProblem`
    public init(folder root: String) throws(ConfigProblem) {
        self = try Self.read(root).revision
    }

    init(files: [File]) { self.files = files }

    /// The manifest: `{"files":[{"path":…,"sha256":…,"size":…}],"format":"blessing-configuration-1"}`.
    public var canonicalBytes: [UInt8] {
        CanonicalJSON.object([
            "format": .text("blessing-configuration-1"),
            "files": .list(
                files.map { file in
                    .object([
                        "path": .text(file.path), "sha256": .text(file.sha256.hex),
                        "size": .integer(Int64(file.size)),
                    ])
                }),
        ]).bytes
    }

    /// The revision's name for ever: SHA-256 of ``canonicalBytes``.
    public var digest: SHA256Digest { SHA256Digest(of: canonicalBytes) }

    /// The files' paths that differ between two revisions: added, removed or changed.
    public func differences(from other: ConfigRevision) -> [String] {
        let (mine, theirs) = (Set(files), Set(other.files))
        return Set(mine.symmetricDifference(theirs).map(\.path)).sorted()
    }

    // MARK: Reading a folder

    /// The revision with its files' bytes.
    static func read(_ root: String) throws(ConfigProblem) -> (revision: ConfigRevision, contents: [[UInt8]])
    {
        guard let files = StationFiles(at: root) else {
            throw .revision(
                .notAStationFolder, root, found: "no readable folder",
                remedy: "Name the folder that holds station.yaml.")
        }
        var found: [(File, [UInt8])] = []
        var bytes = 0
        for folder in folders { try collect(folder, 1, files, &found, &bytes) }
        found.sort { $0.0.path.utf8.lexicographicallyPrecedes($1.0.path.utf8) }
        return (ConfigRevision(files: found.map(\.0)), found.map(\.1))
    }

    private static func collect(
        _ folder: String, _ depth: Int, _ files: StationFiles, _ found: inout [(File, [UInt8])],
        _ bytes: inout Int
    ) throws(ConfigProblem) {
        guard let names = files.list(folder) else { return }
        for name in names {
            let path = folder + "/" + name
            if files.list(path) != nil {
                guard depth < deepest else {
                    throw .revision(
                        .tooComplex, path, found: "more than \(deepest) folders in each other",
                        remedy: "Flatten them.")
                }
                try collect(path, depth + 1, files, &found, &bytes)
                continue
            }
            let content: [UInt8]
            do throws(ConfigFileError) { content = try files.read(path, limit: FileLimit.image) } catch {
                throw .revision(.unreadableFile, path, found: "\(error)", remedy: "")
            }
            bytes += content.count
            guard found.count < mostFiles, bytes <= mostBytes else {
                throw .revision(
                    .tooComplex, path,
                    found: "more than \(mostFiles) files or \(mostBytes >> 20) MiB in a revision",
                    remedy: "Take out what no SKU uses.")
            }
            found.append((File(path: path, size: content.count, sha256: SHA256Digest(of: content)), content))
        }
    }
}

extension ConfigProblem {
    /// A problem of a revision as a whole or of one of its files.
    static func revision(
        _ code: ConfigCode, _ file: String, found: String, allowed: String = "", remedy: String
    ) -> ConfigProblem {
        ConfigProblem(
            code: code, severity: .error, file: file, line: 0, column: 0, path: "", found: found,
            allowed: allowed, remedy: remedy, finding: nil)
    }
}
