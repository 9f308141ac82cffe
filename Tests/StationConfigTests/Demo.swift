import ContentAddress
import Foundation
import Imp003
import Testing

@testable import StationConfig

/// Where the shipped files are, and copies of them to break.
enum Demo {
    /// The package's root, from this file's place in it.
    static let root = #filePath.split(separator: "/").dropLast(3).reduce(into: "") { $0 += "/" + $1 }
    static let path = root + "/stations/demo"
    static let schemas = root + "/schema/json"
    static let documentation = root + "/docs/sku.md"

    static let regulatory: RegulatoryDatabase = {
        do { return try .shipped() } catch { preconditionFailure("the shipped regulatory table: \(error)") }
    }()

    /// The digest of a shipped file, as SKUs write it.
    static func sha256(_ file: String) -> String {
        SHA256Digest(of: (try? Data(contentsOf: URL(filePath: "\(path)/\(file)"))) ?? Data()).hex
    }

    /// The demo folder as it is shipped.
    static let folder: StationFolder? = StationFolder.load(at: path, regulatory: regulatory).0
}

/// A copy of the demo folder in a temporary place, gone with the value.
final class FolderCopy {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/station-\(UUID().uuidString)"
        try FileManager.default.copyItem(atPath: Demo.path, toPath: path)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    func load() -> (folder: StationFolder?, problems: [ConfigProblem]) {
        let (folder, problems) = StationFolder.load(at: path, regulatory: Demo.regulatory)
        return (folder, problems)
    }

    func text(_ file: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(filePath: "\(path)/\(file)")), as: UTF8.self)
    }

    func write(_ file: String, _ text: String) throws {
        try Data(text.utf8).write(to: URL(filePath: "\(path)/\(file)"))
    }

    /// The 1-based line of the first line that holds `needle`.
    func line(of needle: String, in file: String) throws -> Int? {
        let lines = try text(file).split(separator: "\n", omittingEmptySubsequences: false)
        return lines.firstIndex { $0.contains(needle) }.map { $0 + 1 }
    }

    func apply(_ edit: Edit) throws {
        let manager = FileManager.default
        switch edit {
        case .replace(let file, let old, let new):
            let before = try text(file)
            guard let place = before.range(of: old) else { throw EditFailed(file: file, text: old) }
            try write(file, before.replacingCharacters(in: place, with: new))
        case .append(let file, let addition): try write(file, try text(file) + addition)
        case .write(let file, let text): try write(file, text)
        case .bytes(let file, let bytes): try Data(bytes).write(to: URL(filePath: "\(path)/\(file)"))
        case .remove(let file): try manager.removeItem(atPath: "\(path)/\(file)")
        case .copy(let from, let to): try manager.copyItem(atPath: "\(path)/\(from)", toPath: "\(path)/\(to)")
        case .link(let file, let target):
            try? manager.removeItem(atPath: "\(path)/\(file)")
            try manager.createSymbolicLink(atPath: "\(path)/\(file)", withDestinationPath: target)
        case .folder(let file):
            try? manager.removeItem(atPath: "\(path)/\(file)")
            try manager.createDirectory(atPath: "\(path)/\(file)", withIntermediateDirectories: true)
        case .reseal(let file):
            let new = SHA256Digest(of: try Data(contentsOf: URL(filePath: "\(path)/\(file)"))).hex
            let old = SHA256Digest(of: try Data(contentsOf: URL(filePath: "\(Demo.path)/\(file)"))).hex
            for sku in try manager.contentsOfDirectory(atPath: "\(path)/skus") {
                try write("skus/\(sku)", try text("skus/\(sku)").replacingOccurrences(of: old, with: new))
            }
        }
    }
}

struct EditFailed: Error {
    var file: String
    var text: String
}

/// One change to a copy of the demo folder.
enum Edit {
    /// The first occurrence.
    case replace(String, String, String)
    case append(String, String)
    case write(String, String)
    case bytes(String, [UInt8])
    case remove(String)
    case copy(String, String)
    case link(String, to: String)
    case folder(String)
    /// Writes the file's SHA-256 into the SKUs that name it.
    case reseal(String)
}

/// One way to break the demo folder, and the one problem that must come of it.
struct Breakage: CustomTestStringConvertible {
    var name: String
    var edits: [Edit]
    var code: ConfigCode
    var file: String
    /// A text on the line where the problem must be; nil for the whole file.
    var at: String?
    /// What the message must say.
    var phrases: [String]
    var severity = Severity.error

    init(
        _ name: String, _ edits: Edit..., gives code: ConfigCode, in file: String, at: String? = nil,
        saying: String...,
        severity: Severity = .error
    ) {
        self.name = name
        self.edits = edits
        self.code = code
        self.file = file
        self.at = at
        phrases = saying
        self.severity = severity
    }

    var testDescription: String { name }
}
