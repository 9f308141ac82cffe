import Dispatch
import GRDB
import GRDBSQLite
import Synchronization

/// Moves what SQLite's write-ahead log has gathered into the database itself, beside the writer and never in a commit's way:
/// for the few dozen milliseconds that it takes, and the seconds on a disk that others keep busy, slots would wait.
///
/// SQLite calls after each commit and says how long the log is. A log that readers keep from being moved, or that grows faster
/// than it is moved, is moved by the writer itself before it takes too much of the disk.
final class LogMover: Sendable {
    /// Pages of 4096 bytes in the log from which it is moved.
    private let usual: Int
    /// Pages from which the writer moves them itself.
    private var ceiling: Int { usual * 10 }

    private enum State {
        case resting
        case moving
        case ended
    }

    private struct Work {
        var state = State.resting
        /// Passes since the beginning, for whoever watches.
        var passes = 0
    }

    private let path: String
    private let queue = DispatchQueue(label: "StationStore.log", qos: .utility)
    private let work = Mutex(Work())
    /// Opened by the first pass, used and closed on the queue only.
    private let connection = Mutex<DatabaseQueue?>(nil)

    /// - Parameters:
    ///   - path: of the database.
    ///   - usual: pages in the log from which it is moved; from ten times as many on the writer does it.
    init(path: String, from usual: Int) {
        self.path = path
        self.usual = usual
    }

    /// How often the log was moved.
    var passes: Int { work.withLock(\.passes) }

    /// Has SQLite call after each commit of this connection, until ``end(_:)``.
    func begin(_ writer: Database) {
        sqlite3_wal_hook(
            writer.sqliteConnection,
            { context, connection, name, pages in
                guard let context else { return SQLITE_OK }
                let mover = Unmanaged<LogMover>.fromOpaque(context).takeUnretainedValue()
                if pages >= mover.ceiling {
                    sqlite3_wal_checkpoint_v2(connection, name, SQLITE_CHECKPOINT_PASSIVE, nil, nil)
                } else if pages >= mover.usual {
                    mover.move()
                }
                return SQLITE_OK
            }, Unmanaged.passRetained(self).toOpaque())
    }

    /// Lets go of the file, so that the last connection to close leaves no log behind.
    func end(_ writer: Database) {
        let wasEnded = work.withLock { work in
            defer { work.state = .ended }
            return work.state == .ended
        }
        guard !wasEnded else { return }
        sqlite3_wal_hook(writer.sqliteConnection, nil, nil)
        queue.sync {
            connection.withLock { connection in
                try? connection?.close()
                connection = nil
            }
        }
        Unmanaged.passUnretained(self).release()
    }

    private func move() {
        let begins = work.withLock { work in
            guard work.state == .resting else { return false }
            work.state = .moving
            return true
        }
        guard begins else { return }
        queue.async {
            self.connection.withLock { connection in
                // What fails here (no room, a file that is gone) the next commit finds out and says.
                if connection == nil { connection = try? DatabaseQueue(path: self.path) }
                _ = try? connection?.writeWithoutTransaction { db in try db.checkpoint(.passive) }
            }
            self.work.withLock { work in
                work.passes += 1
                if work.state == .moving { work.state = .resting }
            }
        }
    }
}
