import ContentAddress
import Ledger

/// A signed revision as one file, for a plant or a service to hand out:
///
/// ```
/// blessing-station-bundle/1 <bytes of note> <bytes of manifest>\n
/// note, manifest, and the bytes of every file in the order of the manifest
/// ```
public struct ConfigBundle: Sendable {
    public let signature: ConfigSignature
    public let revision: ConfigRevision
    /// In the order of ``ConfigRevision/files``.
    public let contents: [[UInt8]]

    private static let title = "blessing-station-bundle/1"

    /// Packs what lies in a folder; its signature must be for just that.
    /// - Throws: `ConfigProblem`
    public init(folder root: String) throws(ConfigProblem) {
        let (revision, contents) = try ConfigRevision.read(root)
        guard let signature = try ConfigSignature.load(from: root) else {
            throw .revision(
                .notSigned, ConfigSignature.file, found: "no signature",
                remedy: "Run `station config sign --key FILE` first.")
        }
        guard signature.revision == revision.digest else {
            _ = try signature.signers(of: revision.digest, trusted: [])
            throw Self.damaged("the signature is for another revision")
        }
        self.signature = signature
        self.revision = revision
        self.contents = contents
    }

    /// The file's bytes.
    public var bytes: [UInt8] {
        let (note, manifest) = (Array(signature.text.utf8), revision.canonicalBytes)
        var bytes = Array("\(Self.title) \(note.count) \(manifest.count)\n".utf8) + note + manifest
        for content in contents { bytes += content }
        return bytes
    }

    /// Reads a bundle from anywhere: every length is checked before it is used, every path is one of a revision's
    /// folders, every file has the hash that the manifest gives it. Who signed is for the caller to check.
    /// - Throws: `ConfigProblem` CFG116
    public init(bytes: [UInt8]) throws(ConfigProblem) {
        guard let end = bytes.prefix(80).firstIndex(of: 0x0A) else {
            throw Self.damaged("it has no first line")
        }
        let words = String(decoding: bytes[..<end], as: UTF8.self).split(separator: " ")
        guard words.count == 3, words[0] == Self.title, let noteSize = Int(words[1]),
            let size = Int(words[2]),
            (1...FileLimit.yaml).contains(noteSize), (1...(4 << 20)).contains(size),
            end + 1 + noteSize + size <= bytes.count
        else {
            throw Self.damaged("its first line is not \"\(Self.title) NOTE MANIFEST\" with lengths that fit")
        }
        let noteBytes = bytes[(end + 1)..<(end + 1 + noteSize)]
        guard let note = String(validating: noteBytes, as: UTF8.self) else {
            throw Self.damaged("its note is not UTF-8")
        }
        signature = try ConfigSignature(parsing: note)
        var offset = end + 1 + noteSize
        let manifest = Array(bytes[offset..<(offset + size)])
        offset += size
        revision = try Self.revision(manifest)
        guard revision.digest == signature.revision else {
            throw Self.damaged("its signature is for another revision")
        }
        var contents: [[UInt8]] = []
        for file in revision.files {
            guard file.size <= bytes.count - offset else { throw Self.damaged("\(file.path) is cut off") }
            let content = Array(bytes[offset..<(offset + file.size)])
            guard SHA256Digest(of: content) == file.sha256 else {
                throw Self.damaged("\(file.path) was changed")
            }
            contents.append(content)
            offset += file.size
        }
        guard offset == bytes.count else { throw Self.damaged("\(bytes.count - offset) bytes are too many") }
        self.contents = contents
    }

    private static func revision(_ manifest: [UInt8]) throws(ConfigProblem) -> ConfigRevision {
        let json: JSONValue
        do throws(JSONFault) { json = try JSONValue(parsing: manifest) } catch {
            throw damaged("its manifest is no JSON: \(error)")
        }
        guard case .array(let elements) = json["files"], elements.count <= ConfigRevision.mostFiles else {
            throw damaged("its manifest lists no files, or too many")
        }
        var files: [ConfigRevision.File] = []
        for element in elements {
            guard case .string(let path) = element["path"], case .integer(let size) = element["size"],
                case .string(let hex) = element["sha256"], let digest = SHA256Digest(hex: hex),
                (0...Int64(FileLimit.image)).contains(size), isSafe(path)
            else { throw damaged("its manifest names a file that can't be in a revision") }
            files.append(ConfigRevision.File(path: path, size: Int(size), sha256: digest))
        }
        let revision = ConfigRevision(files: files)
        // Byte for byte: then paths are sorted and nothing was read that wasn't understood.
        guard revision.canonicalBytes == manifest,
            zip(files, files.dropFirst()).allSatisfy({ $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) })
        else { throw damaged("its manifest is not in canonical form") }
        return revision
    }

    /// One of a revision's folders, then plain names: nothing that leads anywhere else.
    static func isSafe(_ path: String) -> Bool {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        return (2...(ConfigRevision.deepest + 1)).contains(parts.count) && path.utf8.count <= 512
            && ConfigRevision.folders.contains(String(parts[0]))
            && parts.allSatisfy { part in
                !part.isEmpty && !part.hasPrefix(".")
                    && part.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F && $0 != 0x5C }
            }
    }

    private static func damaged(_ found: String) -> ConfigProblem {
        .revision(
            .bundleDamaged, "bundle", found: found, remedy: "Get the bundle again from where it was made.")
    }
}
