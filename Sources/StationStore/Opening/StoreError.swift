import GRDB
import Ledger

/// Why a station database can't be opened, written or read. Each has a sentence that says what to do next.
public enum StoreError: Error, Equatable, Sendable, CustomStringConvertible {
    /// No such file.
    case missing(path: String)
    /// A new database was asked for where a file is.
    case exists(path: String)
    /// The folder can't hold a database.
    case unwritable(path: String, reason: String)
    /// An SQLite file of another program.
    case notAStationDatabase(path: String)
    /// The database has migrations that this program doesn't know.
    case newerSchema(path: String, unknown: [String])
    /// The database lacks migrations that this program needs, and it was opened for reading.
    case olderSchema(path: String)
    /// SQLite finds the file damaged.
    case corrupt(path: String, detail: String)
    /// Another process writes to it; its ID when known.
    case lockedByOther(path: String, pid: Int32?)
    /// The file or its folder may not be written.
    case readOnly(path: String)
    /// No room; nothing of the group was kept.
    case diskFull(path: String)
    /// Reading or writing failed underneath SQLite.
    case inputOutput(path: String, detail: String)
    /// The key is not the one that signs this ledger.
    case wrongKey(expected: String, found: String)
    /// The last checkpoint doesn't fit the entries, or wasn't signed by the station.
    case tampered(path: String, detail: String)
    /// The clock is earlier than the last entry (UTC ms).
    case clockSetBack(last: Int64, now: Int64)
    /// The database ends before a tree head that is known from elsewhere: most likely it came out of a backup.
    case setBack(path: String, here: Int64, known: Int64, from: String)
    /// A name that can't be a station's.
    case invalidStationName(String)
    /// A record whose values are out of shape or range.
    case invalid(RecordFault)
    /// A record that contradicts the record.
    case refused(Refusal)
    /// More records are waiting than the store keeps.
    case overloaded(waiting: Int)
    /// The store was closed.
    case closed
    /// No checkpoint covers the entry yet.
    case notSigned(sequence: Int64, signed: Int64)
    /// What was asked for is not there.
    case notFound(String)
    /// The entries below have left this record for a file that is not here.
    case archived(entries: Int64, file: String)
    /// A file that is not the archive of this record.
    case otherArchive(path: String, reason: String)
    /// No entries that old, or all of them were archived before (UTC ms).
    case nothingToArchive(before: Int64)
    /// What was to be archived is not finished.
    case runUnderWay(RunID)
    /// Checkpoint could not be signed.
    case signing(NoteError)
    /// Anything else that SQLite says.
    case database(path: String, detail: String)

    public var description: String {
        switch self {
        case .missing(let path):
            "there is no station database at \(path); `station init` makes one"
        case .exists(let path):
            "there is a file at \(path) already; a new station database needs a path of its own"
        case .unwritable(let path, let reason):
            "the station database \(path) can't be written: \(reason)"
        case .notAStationDatabase(let path):
            "\(path) is not a station database; check the path"
        case .newerSchema(let path, let unknown):
            "\(path) was written by a newer program (migration \(unknown.joined(separator: ", "))): use that one; "
                + "nothing was changed"
        case .olderSchema(let path):
            "\(path) was written by an older program; start the station once to bring it up to date"
        case .corrupt(let path, let detail):
            "\(path) is damaged (\(detail)): stop the station, keep the file, and restore the last backup"
        case .lockedByOther(let path, let pid):
            "\(path) is in use by another station process\(pid.map { " (process \($0))" } ?? ""): stop that one first"
        case .readOnly(let path):
            "\(path) can't be written: give this user write permission on the file and its folder"
        case .diskFull(let path):
            "there is no room left for \(path): free some space; nothing that was acknowledged is lost"
        case .inputOutput(let path, let detail):
            "reading or writing \(path) failed (\(detail)): check the disk, then start the station again"
        case .wrongKey(let expected, let found):
            "the ledger is signed with \(expected), this key is \(found): use the key that belongs to the database"
        case .tampered(let path, let detail):
            "the ledger in \(path) was changed from outside: \(detail); `station audit verify` says which entries"
        case .clockSetBack(let last, let now):
            "the clock says \(UTCTime.text(now)) but the last entry was made at \(UTCTime.text(last)): set the clock "
                + "right, or allow it explicitly and it will be recorded"
        case .setBack(let path, let here, let known, let from):
            "\(path) ends after \(here) signed entries and \(from) knows of \(known): it came out of a backup, and going on would "
                + "fork the log. Complete it from the plant (`station restore --from-plant`), or say so and "
                + "go on under another origin (`station record continue-after-restore`): docs/audit.md, \"Forks\""
        case .invalidStationName(let name):
            "a station's name is 1 to 63 letters, digits, '.', '_' or '-', found \"\(name)\""
        case .invalid(let fault): "the record can't be written: \(fault)"
        case .refused(let refusal): refusal.description
        case .overloaded(let waiting):
            "\(waiting) records are waiting to be written: wait for some of them first"
        case .closed: "the station database is closed"
        case .notSigned(let sequence, let signed):
            "entry \(sequence) is not covered by a checkpoint yet (the last covers \(signed) entries): the running "
                + "station signs when a run ends"
        case .notFound(let what): "there is no \(what) in this database"
        case .archived(let entries, let file):
            "the entries below \(entries) are in the archive \(file): put that file beside the database, or name it with --archive"
        case .otherArchive(let path, let reason):
            "\(path) is not the archive of this record: \(reason)"
        case .nothingToArchive(let before):
            "nothing can be archived: no signed and sealed entries from before \(UTCTime.text(before)) are left here"
        case .runUnderWay(let run):
            "\(run) is not finished: end it first, or archive only what is older"
        case .signing(let error): "the checkpoint can't be signed: \(error)"
        case .database(let path, let detail): "\(path): \(detail)"
        }
    }

    /// Puts what SQLite says into the station's words.
    static func from(_ error: any Error, path: String) -> StoreError {
        switch error {
        case let error as StoreError: return error
        case let refusal as Refusal: return .refused(refusal)
        case let fault as RecordFault: return .invalid(fault)
        case let bundle as UnreadableBundle: return .tampered(path: path, detail: bundle.description)
        case let error as DatabaseError:
            let detail = error.message ?? "SQLite error \(error.resultCode.rawValue)"
            switch error.resultCode {
            case .SQLITE_CORRUPT: return .corrupt(path: path, detail: detail)
            case .SQLITE_NOTADB: return .corrupt(path: path, detail: detail)
            case .SQLITE_FULL: return .diskFull(path: path)
            case .SQLITE_READONLY, .SQLITE_PERM: return .readOnly(path: path)
            case .SQLITE_CANTOPEN: return .unwritable(path: path, reason: detail)
            case .SQLITE_BUSY, .SQLITE_LOCKED: return .lockedByOther(path: path, pid: nil)
            case .SQLITE_IOERR: return .inputOutput(path: path, detail: detail)
            default: return .database(path: path, detail: detail)
            }
        default: return .database(path: path, detail: String(describing: error))
        }
    }

    /// After one of these it isn't known what is on the disk: no more is written until the database is opened anew.
    var endsWriting: Bool {
        switch self {
        case .corrupt, .inputOutput, .readOnly: true
        default: false
        }
    }
}
