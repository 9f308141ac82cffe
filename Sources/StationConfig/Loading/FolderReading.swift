import ContentAddress
import Imp003

/// One reading of a station folder: the files, the rules of the world outside, and what was found wrong so far.
final class FolderReading {
    let files: StationFiles
    let regulatory: RegulatoryDatabase
    let emulator: EmulatorVocabulary?
    let problems = ProblemCollector()
    /// Paths that something refers to.
    private(set) var used: Set<String> = []
    private var inputs: [String: Result<InputFile, ConfigFileError>] = [:]

    init(files: StationFiles, regulatory: RegulatoryDatabase, emulator: EmulatorVocabulary?) {
        self.emulator = emulator
        self.files = files
        self.regulatory = regulatory
    }

    // MARK: - YAML files

    /// Reads one YAML file.
    /// - Returns: nil when it can't be used; reported.
    func yaml(_ path: String) -> ConfigNode? {
        do {
            return YAMLText(file: path, problems: problems).read(try files.read(path, limit: FileLimit.yaml))
        } catch {
            report(error, at: .wholeFile(path), path: "")
            return nil
        }
    }

    /// The YAML files of a folder, readable or not.
    /// - Returns: the readable ones by path, and whether all were readable.
    func yamlFiles(in folder: String) -> (nodes: [(file: String, node: ConfigNode)], complete: Bool) {
        guard let names = files.list(folder) else { return ([], true) }
        var nodes: [(file: String, node: ConfigNode)] = []
        var complete = true
        let yamlNames = names.filter { $0.hasSuffix(".yaml") }
        for name in names where name.lowercased().hasSuffix(".yml") || name.hasSuffix(".YAML") {
            problems.report(
                .wrongFileName, at: .wholeFile("\(folder)/\(name)"), found: "the file name `\(name)`",
                allowed: "names that end in .yaml", remedy: "Rename it; it would not be read.")
            complete = false
        }
        guard yamlNames.count <= FileLimit.files else {
            problems.report(
                .tooComplex, at: .wholeFile(folder), found: "\(yamlNames.count) files",
                allowed: "at most \(FileLimit.files)",
                remedy: "Split the station folder.")
            return ([], false)
        }
        for name in yamlNames {
            if let node = yaml("\(folder)/\(name)") {
                nodes.append(("\(folder)/\(name)", node))
            } else {
                complete = false
            }
        }
        return (nodes, complete)
    }

    // MARK: - Files that files name

    /// Reads the file that `node` names, and compares it with the SHA-256 beside it.
    /// - Returns: nil when it can't be used; reported. A file whose digest differs is returned nevertheless, so that
    ///   everything else about it can be checked.
    /// - Parameter path: the keys down to the map that has both.
    func input(
        _ node: ConfigNode?, key: String, sha256: ConfigNode?, path: String, limit: Int
    ) -> InputFile? {
        guard let node, let name = node.text, TextForm.inputPath.accepts(name) else { return nil }
        used.insert(name)
        do {
            let input = try load(name, limit: limit)
            guard !input.bytes.isEmpty else {
                problems.report(
                    .emptyFile, at: node.origin, path: "\(path).\(key)",
                    found: "`\(name)`, which has no bytes",
                    allowed: "a file with content", remedy: "Build it again.")
                return nil
            }
            if let sha256, let text = sha256.text, let expected = SHA256Digest(hex: text),
                expected != input.sha256
            {
                problems.report(
                    .digestMismatch, at: sha256.origin, path: "\(path).sha256",
                    found: "\(expected.hex), but \(name) has \(input.sha256.hex)",
                    allowed: "the SHA-256 of the file's bytes",
                    remedy: "If the change is meant, write the new SHA-256 here; otherwise restore the file.")
            }
            return input
        } catch {
            report(error, at: node.origin, path: "\(path).\(key)")
            return nil
        }
    }

    private func load(_ name: String, limit: Int) throws(ConfigFileError) -> InputFile {
        if let known = inputs[name] { return try known.get() }
        do {
            let bytes = try files.read(name, limit: limit)
            let input = InputFile(path: name, bytes: bytes, sha256: SHA256Digest(of: bytes))
            inputs[name] = .success(input)
            return input
        } catch {
            inputs[name] = .failure(error)
            throw error
        }
    }

    func report(_ error: ConfigFileError, at origin: Origin, path: String) {
        switch error {
        case .missing(let name):
            problems.report(
                .missingFile, at: origin, path: path, found: "`\(name)`, which does not exist",
                allowed: "a file in the station folder",
                remedy: Phrase.didYouMean(
                    name, among: files.neighbours(of: name), otherwise: "Put the file there."))
        case .unreadable(let name, let reason):
            problems.report(
                .unreadableFile, at: origin, path: path, found: "`\(name)`, which cannot be read (\(reason))",
                allowed: "a readable file", remedy: "Check its permissions.")
        case .outsideFolder(let name, let target):
            problems.report(
                .pathOutsideFolder, at: origin, path: path, found: "`\(name)`, a link to \(target)",
                allowed: "files inside the station folder", remedy: "Copy the file into the folder.")
        case .notRegular(let name):
            problems.report(
                .notRegularFile, at: origin, path: path, found: "`\(name)`, which is a folder or a device",
                allowed: "a regular file", remedy: "Name the file itself.")
        case .tooLarge(let name, let bytes, let limit):
            problems.report(
                .fileTooLarge, at: origin, path: path, found: "`\(name)` with \(bytes) bytes",
                allowed: "at most \(ByteCount.spoken(limit))", remedy: "Check that this is the right file.")
        case .changed, .notText:
            problems.report(.unreadableFile, at: origin, path: path, found: error.description)
        }
    }
}

/// A file that configuration names.
struct InputFile {
    var path: String
    var bytes: [UInt8]
    var sha256: SHA256Digest
}

/// Typed looks into a node that the shape check has already judged: what is wrong is nil here, without a word.
extension ConfigNode {
    func integer(_ key: String) -> Int64? {
        self[key].flatMap { $0.isQuoted ? nil : $0.text.flatMap { Quantity.integer($0) } }
    }

    func number(_ key: String) -> Double? {
        self[key].flatMap { $0.isQuoted ? nil : $0.text.flatMap { Quantity.number($0) } }
    }

    func boolean(_ key: String) -> Bool? {
        self[key].flatMap { ScalarReader.boolean($0) }
    }

    func duration(_ key: String) -> Duration? {
        self[key]?.text.flatMap { Quantity.duration($0) }
    }

    func size(_ key: String) -> Int64? {
        self[key]?.text.flatMap { Quantity.size($0) }
    }

    /// The text under `key` when it has the form.
    func text(_ key: String, _ form: TextForm? = nil) -> String? {
        self[key]?.text.flatMap { form?.accepts($0) ?? true ? $0 : nil }
    }
}
