import GRDB
import GRDBSQLite
import Ledger

/// Rows straight from SQLite, for passes over millions of them: no copy, no allocation a row.
///
/// To be used on the connection's queue and not to leave it. What a row gives out is valid until ``next()``.
struct RawRows {
    private let statement: Statement
    private let raw: OpaquePointer
    private let connection: OpaquePointer?

    /// - Parameter kept: the compiled statement stays with the connection, for questions that come again and again;
    ///   such rows must be read to their end.
    init(_ db: Database, _ sql: String, _ arguments: StatementArguments, kept: Bool = false) throws {
        statement = kept ? try db.cachedStatement(sql: sql) : try db.makeStatement(sql: sql)
        try statement.setArguments(arguments)
        raw = statement.sqliteStatement
        connection = db.sqliteConnection
    }

    /// Goes to the next row, the first at first.
    /// - Returns: false when there is none.
    /// - Throws: `DatabaseError`
    func next() throws -> Bool {
        switch sqlite3_step(raw) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        case let code:
            throw DatabaseError(
                resultCode: ResultCode(rawValue: code),
                message: sqlite3_errmsg(connection).map { String(cString: $0) })
        }
    }

    func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(raw, column) }

    func blob(_ column: Int32) -> UnsafeRawBufferPointer {
        // The pointer first, then the length: the order that SQLite asks for.
        let start = sqlite3_column_blob(raw, column)
        return UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(raw, column)))
    }

    /// The hash in a column; nil when its length is not that of a hash.
    func hash(_ column: Int32) -> TreeHash? {
        let bytes = blob(column)
        return bytes.count == TreeHash.byteCount ? TreeHash(loading: bytes) : nil
    }
}
