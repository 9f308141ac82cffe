import Foundation
import GRDB

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What the service must remember besides the record: keys that were used, webhooks under way, orders at the desk.
/// A file of its own: none of it is evidence, and all of it may be thrown away at the cost of convenience.
final class ServiceDatabase: Sendable {
    let queue: DatabaseQueue

    /// - Parameters:
    ///   - path: nil keeps everything in memory.
    ///   - patience: for another program's lock, seconds.
    init(path: String?, patience: Double = 5) throws {
        var configuration = Configuration()
        configuration.label = "ServiceDatabase"
        configuration.busyMode = .timeout(patience)
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA journal_mode = WAL")
            // A killed process loses nothing with NORMAL; a power cut may take the last keys back, and then the
            // slots have lost their power too.
            try db.execute(sql: "PRAGMA synchronous = NORMAL")
        }
        queue =
            if let path { try DatabaseQueue(path: path, configuration: configuration) } else {
                try DatabaseQueue()
            }
        if let path { chmod(path, 0o600) }
        try Self.migrator.migrate(queue)
    }

    private static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("0001-service") { db in
            try db.execute(
                sql: """
                    CREATE TABLE idempotency (
                        key TEXT NOT NULL, caller TEXT NOT NULL, request TEXT NOT NULL, at INTEGER NOT NULL,
                        status INTEGER, content_type TEXT, body BLOB, PRIMARY KEY (caller, key)) STRICT;
                    CREATE INDEX idempotency_at ON idempotency (at);
                    CREATE TABLE desk_order (
                        id TEXT PRIMARY KEY, mode TEXT NOT NULL, standing TEXT NOT NULL, position INTEGER NOT NULL
                    ) STRICT;
                    CREATE TABLE webhook_target (
                        id INTEGER PRIMARY KEY AUTOINCREMENT, url TEXT NOT NULL, secret TEXT NOT NULL,
                        events TEXT NOT NULL, created_at INTEGER NOT NULL) STRICT;
                    CREATE TABLE webhook_delivery (
                        id INTEGER PRIMARY KEY AUTOINCREMENT, target INTEGER NOT NULL, event TEXT NOT NULL,
                        body TEXT NOT NULL, created_at INTEGER NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
                        next_at INTEGER NOT NULL, state TEXT NOT NULL DEFAULT 'waiting', last_error TEXT,
                        delivered_at INTEGER) STRICT;
                    CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
                    CREATE INDEX webhook_delivery_due ON webhook_delivery (state, next_at);
                    """)
        }
        return migrator
    }
}
