/// How much of a record is checked.
public enum VerificationDepth: String, Sendable, Codable {
    /// Every entry against its hash, the tree over them, every checkpoint against the tree, and the last signature of each key,
    /// which covers all before it.
    case chain
    /// That, every signature, every row of every projection against a replay of the entries, and all content against its hash.
    case everything
}

/// Something that is not as it was written.
public enum Finding: Equatable, Sendable, CustomStringConvertible {
    /// An entry's bytes are not those that were hashed.
    case entryChanged(sequence: Int64)
    /// Sealed entries can't be read.
    case bundleUnreadable(first: Int64, last: Int64, reason: String)
    /// One of the sealed entries `first…last` is not what was hashed.
    case bundleChanged(first: Int64, last: Int64)
    /// An archive is not the file that the record names.
    case archiveChanged(file: String, expected: String, found: String)
    /// An entry lies in a row although it is sealed.
    case entryTwice(sequence: Int64)
    /// No entry where one should be.
    case entryMissing(sequence: Int64)
    /// Entry and leaf hash were changed together, or the hash over them was: one of `first…last`.
    case hashMismatch(level: Int, position: Int64, first: Int64, last: Int64)
    /// A hash of the tree is missing or too many.
    case hashMissing(level: Int, position: Int64)
    /// A checkpoint's root is not that of the first `size` entries; those up to `goodUpTo` are covered by one that fits.
    case rootMismatch(size: Int64, goodUpTo: Int64)
    /// A checkpoint can't be read, or its signature is wrong.
    case checkpointForged(size: Int64, reason: String)
    /// More entries were signed than are there.
    case truncated(signed: Int64, found: Int64)
    /// Entry 0 doesn't name a key that is trusted.
    case untrustedKey(found: String)
    /// The key was changed without the old one's signature, and the new one is not trusted.
    case keyUnaccounted(sequence: Int64, change: String, found: String)
    /// An entry that can't be read, or contradicts those before it.
    case entryUnplayable(sequence: Int64, reason: String)
    /// A row that the ledger doesn't lead to.
    case rowUnexpected(table: String, key: String)
    /// A row that the ledger leads to and that isn't there.
    case rowMissing(table: String, key: String)
    /// A value that the ledger doesn't lead to.
    case rowDiffers(table: String, key: String, column: String, expected: String, found: String)
    /// Content that doesn't have its hash.
    case contentChanged(digest: String)
    /// Content or a name that no entry mentions, or a name that doesn't fit its seal.
    case sealBroken(seal: String)

    public var description: String {
        switch self {
        case .entryChanged(let sequence):
            "entry \(sequence) was changed: its bytes are not those that were hashed"
        case .bundleUnreadable(let first, let last, let reason):
            "the sealed entries \(first) to \(last) can't be read: \(reason)"
        case .bundleChanged(let first, let last):
            "one of the sealed entries \(first) to \(last) was changed: they are not those that were hashed"
        case .archiveChanged(let file, let expected, let found):
            "the archive \(file) was changed: its SHA-256 is \(found), recorded is \(expected)"
        case .entryTwice(let sequence): "entry \(sequence) lies beside the bundle that holds it"
        case .entryMissing(let sequence): "entry \(sequence) is missing"
        case .hashMismatch(let level, let position, let first, let last):
            "one of the entries \(first) to \(last), or hash \(position) of level \(level) over them, was changed"
        case .hashMissing(let level, let position):
            "hash \(position) of level \(level) is missing or too many"
        case .rootMismatch(let size, let good):
            "the first \(size) entries are not those that were signed; the first \(good) are"
        case .checkpointForged(let size, let reason):
            "the checkpoint over \(size) entries can't be believed: \(reason)"
        case .truncated(let signed, let found): "\(signed) entries were signed and \(found) are there"
        case .untrustedKey(let found): "the ledger is signed with \(found), which is not a trusted key"
        case .keyUnaccounted(let sequence, let change, let found):
            "at entry \(sequence) the key was \(change) without the old one's signature: if that was announced to you, trust "
                + "\(found) as well"
        case .entryUnplayable(let sequence, let reason): "entry \(sequence): \(reason)"
        case .rowUnexpected(let table, let key): "row \(key) of \(table) does not follow from the ledger"
        case .rowMissing(let table, let key): "row \(key) of \(table) is missing"
        case .rowDiffers(let table, let key, let column, let expected, let found):
            "\(column) of row \(key) of \(table) should be \(expected), found \(found)"
        case .contentChanged(let digest): "content \(digest) was changed: it has another hash"
        case .sealBroken(let seal): "the name kept for seal \(seal) is not the one that was sealed"
        }
    }
}

/// What a verification came to.
public struct VerificationReport: Sendable, Equatable {
    public var depth: VerificationDepth
    /// Entries checked.
    public var entries: Int64
    /// Checkpoints checked.
    public var checkpoints: Int
    /// Rows compared.
    public var rows: Int
    /// Entries that the last checkpoint covers; those after it are hashed but not signed yet.
    public var signed: Int64
    /// The first ``StationReader/mostFindings`` of them.
    public var findings: [Finding]
    /// What is as it was written and yet worth knowing: clocks that were moved, keys that changed.
    public var remarks: [String] = []

    public var isClean: Bool { findings.isEmpty }
}
