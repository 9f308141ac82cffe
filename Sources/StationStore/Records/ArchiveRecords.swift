import ContentAddress
import Ledger

/// Old entries were copied into a file of their own and may leave this one. Written by the store itself.
public struct ArchiveWritten: RecordBody {
    static let kind: StaticString = "archive.written"
    /// The entries below this one are in the file and may leave; a multiple of 256.
    public var entries: Int64
    /// SHA-256 of the file.
    public var digest: SHA256Digest
    /// Size of the file.
    public var bytes: Int64
    /// The file's name, without a folder.
    public var file: String

    public init(entries: Int64, digest: SHA256Digest, bytes: Int64, file: String) {
        self.entries = entries
        self.digest = digest
        self.bytes = bytes
        self.file = file
    }

    init(from fields: inout RecordFields) throws(RecordFault) {
        bytes = try fields.integer("bytes")
        digest = try fields.digest("digest")
        entries = try fields.integer("entries")
        file = try fields.text("file")
    }

    func write(to writer: inout CanonicalJSONWriter) {
        writer.member("bytes", bytes)
        writer.member("digest", digest)
        writer.member("entries", entries)
        writer.member("file", file)
    }

    func check(_ rules: inout RecordRules) {
        rules.integer(bytes, "bytes")
        rules.integer(entries, "entries")
        rules.require(
            entries % Int64(EntryBundle.width) == 0, "entries",
            "should be a multiple of \(EntryBundle.width), found \(entries)")
        rules.name(file, "file")
        rules.require(!file.contains("/"), "file", "should be a name without a folder, found \(file)")
    }

    var record: Record { .archiveWritten(self) }
}
