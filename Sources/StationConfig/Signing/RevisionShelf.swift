import ContentAddress
import Foundation
import Ledger

/// The revisions that lie ready in a station folder, and which of them is used.
///
/// ```
/// revisions/<digest>/skus …            one folder a revision, never changed
/// revisions/current -> <digest>        switched in one step
/// revisions/previous -> <digest>       what a rollback goes back to
/// skus -> revisions/current/skus       and so for each of a revision's folders, and its note
/// ```
public struct RevisionShelf: Sendable {
    /// The station folder.
    public let root: String

    public init(root: String) { self.root = root }

    private var shelf: String { root + "/revisions" }
    /// What a revision consists of, as it lies in the station folder.
    private static let names = ConfigRevision.folders + [ConfigSignature.file]

    /// The digests that lie ready, sorted.
    public var staged: [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: shelf)) ?? []
        return names.filter { SHA256Digest(hex: $0)?.hex == $0 }.sorted()
    }

    /// The one that is used; nil while the folder's own files are.
    public var current: String? { target("current") }

    /// The one that was used before.
    public var previous: String? { target("previous") }

    private func target(_ name: String) -> String? {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "\(shelf)/\(name)")).flatMap {
            SHA256Digest(hex: $0)?.hex
        }
    }

    /// Puts a bundle on the shelf; nothing that is used changes. The revision appears under its name only when every byte
    /// of it is there.
    /// - Throws: `ConfigProblem`
    public func stage(_ bundle: ConfigBundle) throws(ConfigProblem) {
        try put(bundle.revision, bundle.contents, note: bundle.signature.text)
    }

    private func put(_ revision: ConfigRevision, _ contents: [[UInt8]], note: String?) throws(ConfigProblem) {
        let digest = revision.digest.hex
        let place = "\(shelf)/\(digest)"
        if FileManager.default.fileExists(atPath: place) {
            // Another engineer's signature may have come with it.
            if let note { try write(Array(note.utf8), to: "\(place)/\(ConfigSignature.file)") }
            return
        }
        let draft = "\(shelf)/.\(digest)"
        try? FileManager.default.removeItem(atPath: draft)
        for (file, content) in zip(revision.files, contents) {
            try write(content, to: "\(draft)/\(file.path)")
        }
        if let note { try write(Array(note.utf8), to: "\(draft)/\(ConfigSignature.file)") }
        try make(draft)
        guard rename(draft, place) == 0 else { throw failed(place, errno) }
    }

    /// Uses a staged revision from now on, in one step; runs that are under way keep what they began with.
    /// - Parameter check: gets a folder that is as the station folder will be, and refuses it by throwing.
    /// - Throws: `ConfigProblem`, and what `check` throws.
    public func activate(_ digest: String, check: (String) throws -> Void) throws {
        guard staged.contains(digest) else {
            throw ConfigProblem.revision(
                .notStaged, "revisions", found: "no revision \(digest.prefix(12))",
                allowed: staged.isEmpty
                    ? "none is staged" : staged.map { String($0.prefix(12)) }.joined(separator: ", "),
                remedy: "Stage its bundle first: `station config stage`.")
        }
        let revision = try ConfigRevision(folder: "\(shelf)/\(digest)")
        guard revision.digest.hex == digest else {
            throw ConfigProblem.revision(
                .revisionChanged, "revisions/\(digest.prefix(12))",
                found: "files of revision \(revision.digest.hex.prefix(12))",
                allowed: "those that were staged", remedy: "Remove it and stage the bundle again.")
        }
        try tryOut(digest, check)
        let before = try adopt()
        guard before != digest else { return }
        try link("previous", to: before)
        try link("current", to: digest)
    }

    /// Uses the revision that was used before.
    /// - Returns: its digest.
    public func rollBack(check: (String) throws -> Void) throws -> String {
        guard let previous else {
            throw ConfigProblem.revision(
                .notStaged, "revisions", found: "no earlier revision",
                remedy: "There is nothing to go back to.")
        }
        try activate(previous, check: check)
        return previous
    }

    /// Lets `check` look at the station folder as it would be with a staged revision; nothing that is used changes.
    /// - Parameter check: gets the path of a folder that is gone afterwards.
    /// - Throws: `ConfigProblem`, and what `check` throws.
    public func tryOut(_ digest: String, _ check: (String) throws -> Void) throws {
        let view = "\(shelf)/.view"
        let files = FileManager.default
        try? files.removeItem(atPath: view)
        defer { try? files.removeItem(atPath: view) }
        do {
            try files.copyItem(atPath: "\(shelf)/\(digest)", toPath: view)
            for name in ["station.yaml", "line.yaml", "orders"]
            where files.fileExists(atPath: "\(root)/\(name)") {
                try files.copyItem(atPath: "\(root)/\(name)", toPath: "\(view)/\(name)")
            }
        } catch { throw failed(view, (error as? CocoaError).map { Int32($0.errorCode) } ?? EIO) }
        try check(view)
    }

    /// Makes the folder's own files the first revision and puts links in their places. What the links lead to is there
    /// before the first one is set; was the power cut between two of them, the next activation sets the rest.
    /// - Returns: the revision that is used now.
    private func adopt() throws -> String {
        let before: String
        if let current {
            before = current
        } else {
            let (revision, contents) = try ConfigRevision.read(root)
            try put(revision, contents, note: try ConfigSignature.load(from: root)?.text)
            before = revision.digest.hex
            try link("current", to: before)
        }
        for name in Self.names {
            let place = "\(root)/\(name)"
            var status = stat()
            let exists = lstat(place, &status) == 0
            if exists, status.st_mode & S_IFMT == S_IFLNK { continue }
            let (spare, own) = ("\(root)/.\(name).link", "\(shelf)/.\(name).own")
            unlink(spare)
            try? FileManager.default.removeItem(atPath: own)
            guard symlink("revisions/current/\(name)", spare) == 0 else { throw failed(spare, errno) }
            if exists, rename(place, own) != 0 { throw failed(place, errno) }
            guard rename(spare, place) == 0 else { throw failed(place, errno) }
            try? FileManager.default.removeItem(atPath: own)
        }
        return before
    }

    /// Points a link somewhere else, in one step.
    private func link(_ name: String, to digest: String) throws(ConfigProblem) {
        let spare = "\(shelf)/.\(name)"
        unlink(spare)
        guard symlink(digest, spare) == 0, rename(spare, "\(shelf)/\(name)") == 0 else {
            throw failed("\(shelf)/\(name)", errno)
        }
        let folder = open(shelf, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { return }
        fsync(folder)
        close(folder)
    }

    private func make(_ folder: String) throws(ConfigProblem) {
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw failed(folder, errno)
        }
    }

    private func write(_ bytes: [UInt8], to path: String) throws(ConfigProblem) {
        try make((path as NSString).deletingLastPathComponent)
        do { try Data(bytes).write(to: URL(fileURLWithPath: path), options: .atomic) } catch {
            throw failed(path, errno)
        }
    }

    private func failed(_ path: String, _ code: Int32) -> ConfigProblem {
        .revision(
            .unreadableFile, path, found: "it can't be written: \(String(cString: strerror(code)))",
            remedy: "Check permissions and free space.")
    }
}
