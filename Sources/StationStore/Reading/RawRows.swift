import GRDB
import GRDBSQLite

/// Rows straight from SQLite, for passes over millions of them: no copy, no allocation a row.
enum RawRows {
    /// The row at hand; what it gives out is valid until the next one.
    struct RawRow {
        fileprivate let statement: OpaquePointer

        func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(statement, column) }

        func blob(_ column: Int32) -> UnsafeRawBufferPointer {
            // The pointer first, then the length: the order that SQLite asks for.
            let start = sqlite3_column_blob(statement, column)
            return UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(statement, column)))
        }
    }

    /// Calls `body` with each row until it gives something else than nil back, and returns that.
    static func forEach<Result>(
        _ db: Database, _ sql: String, _ arguments: StatementArguments, _ body: (RawRow) throws -> Result?
    ) throws -> Result? {
        let statement = try db.makeStatement(sql: sql)
        try statement.setArguments(arguments)
        let raw = statement.sqliteStatement
        defer { sqlite3_reset(raw) }
        while true {
            let code = sqlite3_step(raw)
            switch code {
            case SQLITE_ROW:
                if let result = try body(RawRow(statement: raw)) { return result }
            case SQLITE_DONE:
                return nil
            default:
                throw DatabaseError(
                    resultCode: ResultCode(rawValue: code & 0xFF),
                    message: sqlite3_errmsg(db.sqliteConnection).map { String(cString: $0) })
            }
        }
    }
}
