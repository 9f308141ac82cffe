import GRDB
import GRDBSQLite

/// A statement that runs tens of thousands of times a second: bound, stepped and reset through SQLite's own calls, which
/// copy nothing and allocate nothing. Unlike a GRDB statement it may be run again after it has failed.
struct HotStatement {
    private let statement: Statement
    private let connection: OpaquePointer?

    init(_ db: Database, _ sql: String) throws {
        statement = try db.makeStatement(sql: sql)
        connection = db.sqliteConnection
    }

    private static let copied = unsafeBitCast(-1 as Int, to: sqlite3_destructor_type.self)

    func bind(_ value: Int64, at index: Int32) {
        sqlite3_bind_int64(statement.sqliteStatement, index, value)
    }

    func bind(_ value: MeasurementValue, at index: Int32) {
        switch value {
        // Adding zero makes -0 a plain 0, as the entry has it.
        case .number(let number): sqlite3_bind_double(statement.sqliteStatement, index, number + 0)
        case .text(let text): bind(text, at: index)
        case .bool(let flag): bind(flag ? 1 : 0, at: index)
        }
    }

    func bind(_ text: String?, at index: Int32) {
        guard var text else {
            sqlite3_bind_null(statement.sqliteStatement, index)
            return
        }
        text.withUTF8 { units in
            let start = UnsafeRawPointer(units.baseAddress)?.assumingMemoryBound(to: CChar.self)
            sqlite3_bind_text(statement.sqliteStatement, index, start, Int32(units.count), Self.copied)
        }
    }

    /// - Precondition: `bytes` stays where it is until ``run()`` returns.
    func bind(_ bytes: UnsafeRawBufferPointer, at index: Int32) {
        sqlite3_bind_blob(statement.sqliteStatement, index, bytes.baseAddress, Int32(bytes.count), nil)
    }

    /// - Throws: `DatabaseError`
    func run() throws {
        let code = sqlite3_step(statement.sqliteStatement)
        guard code == SQLITE_DONE else {
            let message = sqlite3_errmsg(connection).map { String(cString: $0) }
            sqlite3_reset(statement.sqliteStatement)
            throw DatabaseError(resultCode: ResultCode(rawValue: code), message: message)
        }
        sqlite3_reset(statement.sqliteStatement)
    }
}
