import ContentAddress
import Foundation
import GRDBSQLite

/// The floor: the SQLite C API putting rows of the same shape and size into the same tables and indexes, without
/// ledger, rules or triggers, in transactions as large as the store's.
enum PlainSQLite {
    struct Failure: Error { let message: String }

    private static let schema = """
        PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000; PRAGMA foreign_keys = ON;
        CREATE TABLE ledger_entry (seq INTEGER PRIMARY KEY, leaf BLOB NOT NULL, entry BLOB NOT NULL) STRICT;
        CREATE TABLE run (id INTEGER PRIMARY KEY) STRICT;
        CREATE TABLE step_name (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
        CREATE TABLE measurand (id INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT;
        CREATE TABLE step (seq INTEGER PRIMARY KEY, run INTEGER NOT NULL REFERENCES run (id),
            name INTEGER NOT NULL REFERENCES step_name (id), attempt INTEGER NOT NULL, outcome INTEGER NOT NULL,
            started_ms INTEGER NOT NULL, ended_ms INTEGER NOT NULL, message TEXT) STRICT;
        CREATE INDEX step_by_run ON step (run);
        CREATE TABLE measurement (step INTEGER NOT NULL REFERENCES step (seq), position INTEGER NOT NULL,
            measurand INTEGER NOT NULL REFERENCES measurand (id), value ANY NOT NULL, outcome INTEGER NOT NULL,
            PRIMARY KEY (step, position)) STRICT, WITHOUT ROWID;
        INSERT INTO run VALUES (1), (2), (3), (4);
        INSERT INTO step_name SELECT value, 'step_' || value FROM generate_series(1, 12);
        INSERT INTO measurand VALUES (1, 'vdd');
        """

    /// - Returns: steps a second.
    static func insert(path: String, steps: Int, group: Int) throws -> Double {
        var handle: OpaquePointer?
        guard sqlite3_open(path, &handle) == SQLITE_OK, let handle else { throw Failure(message: "open") }
        defer { sqlite3_close(handle) }
        func run(_ sql: String) throws {
            guard sqlite3_exec(handle, sql, nil, nil, nil) == SQLITE_OK else {
                throw Failure(message: String(cString: sqlite3_errmsg(handle)))
            }
        }
        func prepare(_ sql: String) throws -> OpaquePointer {
            var statement: OpaquePointer?
            guard sqlite3_prepare_v2(handle, sql, -1, &statement, nil) == SQLITE_OK, let statement else {
                throw Failure(message: String(cString: sqlite3_errmsg(handle)))
            }
            return statement
        }
        let series = (1...12).map { "(\($0), 'step_\($0)')" }.joined(separator: ", ")
        try run(
            schema.replacingOccurrences(
                of: "SELECT value, 'step_' || value FROM generate_series(1, 12)", with: "VALUES \(series)"))
        let entry = try prepare("INSERT INTO ledger_entry VALUES (?, ?, ?)")
        let step = try prepare("INSERT INTO step VALUES (?, ?, ?, 1, 1, ?, ?, NULL)")
        let measurement = try prepare("INSERT INTO measurement VALUES (?, 0, 1, ?, 1)")
        defer { for statement in [entry, step, measurement] { sqlite3_finalize(statement) } }
        let text = [UInt8](
            #"{"at":1750000000000,"kind":"step.finished","record":{"attempt":1,"ended_ms":1234567,"measurements":[{"high":3.4,"low":3.2,"name":"vdd","outcome":"passed","unit":"V","value":3.301}],"name":"step_11","outcome":"passed","run":3,"started_ms":1234560},"seq":123456,"station":"bench","v":1}"#
                .utf8)
        let leaf = SHA256Digest(of: text).bytes
        let clock = Stopwatch()
        for start in stride(from: 0, to: steps, by: group) {
            try run("BEGIN IMMEDIATE")
            for index in start..<min(start + group, steps) {
                let sequence = Int64(index)
                sqlite3_bind_int64(entry, 1, sequence)
                sqlite3_bind_blob(entry, 2, leaf, Int32(leaf.count), nil)
                sqlite3_bind_blob(entry, 3, text, Int32(text.count), nil)
                sqlite3_bind_int64(step, 1, sequence)
                sqlite3_bind_int64(step, 2, sequence % 4 + 1)
                sqlite3_bind_int64(step, 3, sequence % 12 + 1)
                sqlite3_bind_int64(step, 4, sequence * 10)
                sqlite3_bind_int64(step, 5, sequence * 10 + 7)
                sqlite3_bind_int64(measurement, 1, sequence)
                sqlite3_bind_double(measurement, 2, 3.2 + Double(index % 200) / 1000)
                for statement in [entry, step, measurement] {
                    guard sqlite3_step(statement) == SQLITE_DONE else {
                        throw Failure(message: String(cString: sqlite3_errmsg(handle)))
                    }
                    sqlite3_reset(statement)
                }
            }
            try run("COMMIT")
        }
        return Double(steps) / clock.seconds
    }
}
