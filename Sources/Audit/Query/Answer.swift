import GRDB
import StationStore

/// One value of an answer.
public enum AnswerCell: Sendable, Equatable {
    case missing
    case integer(Int64)
    case number(Double)
    case text(String)
}

extension StationReader {
    /// Answers a question row by row; memory stays flat whatever the size.
    /// - Parameter each: called for each row, with as many cells as `query.header` has columns; what it throws ends
    ///   the answer and is thrown on.
    /// - Throws: `StoreError`
    public func answer(_ query: Query, each: @escaping @Sendable ([AnswerCell]) throws -> Void) async throws {
        try await answer(query.statement, each: each)
    }

    /// The same for a statement of a named question.
    public func answer(_ statement: Statement, each: @escaping @Sendable ([AnswerCell]) throws -> Void)
        async throws
    {
        let (sql, header) = (statement.sql, statement.header)
        let failure = try await ask { db -> (any Error)? in
            let rows = try Row.fetchCursor(db, sql: sql.text, arguments: StatementArguments(sql.arguments))
            while let row = try rows.next() {
                let cells = header.indices.map { AnswerCell(row, $0, header[$0]) }
                do { try each(cells) } catch { return error }
            }
            return nil
        }
        if let failure { throw failure }
    }

    /// How SQLite will go about a question: its statement, and a line for each loop.
    public func explain(_ query: Query) async throws -> (sql: String, plan: [String]) {
        let sql = query.statement.sql
        let plan = try await ask { db in
            try Row.fetchAll(
                db, sql: "EXPLAIN QUERY PLAN " + sql.text, arguments: StatementArguments(sql.arguments)
            ).map { $0["detail"] as String }
        }
        return (sql.text, plan)
    }
}

extension AnswerCell {
    fileprivate init(_ row: Row, _ index: Int, _ column: AnswerColumn) {
        switch row[index] as DatabaseValue {
        case let value where value.isNull: self = .missing
        case let value:
            switch value.storage {
            case .int64(let number) where column.isTime: self = .text(UTCTime.text(number))
            case .int64(let number) where column.isFlag: self = .text(number == 0 ? "no" : "yes")
            case .int64(let number): self = .integer(number)
            case .double(let number): self = .number(number)
            case .string(let text): self = .text(text)
            default: self = .missing
            }
        }
    }
}
