import ContentAddress
import Foundation
import GRDB

/// Holds two sets of projection tables against each other, row by row and column by column.
enum ProjectionComparison {
    /// - Parameters:
    ///   - expected: out of a replay.
    ///   - found: the database that is checked.
    ///   - most: findings after which it stops.
    /// - Returns: how many rows were compared.
    static func compare(
        expected: Database, found: Database, most: Int, _ findings: inout [Finding]
    ) throws -> Int {
        var count = 0
        for (table, key) in Schema.projections {
            let sql = "SELECT * FROM \"\(table)\" ORDER BY \(key)"
            let keyColumns = key.split(separator: ",").map { String($0.drop { $0 == " " }) }
            let expectedRows = try Row.fetchCursor(expected, sql: sql)
            let foundRows = try Row.fetchCursor(found, sql: sql)
            var left = try expectedRows.next()?.copy()
            var right = try foundRows.next()?.copy()
            while left != nil || right != nil {
                guard findings.count < most else { return count }
                count += 1
                switch order(left, right, keyColumns) {
                case .orderedAscending:
                    findings.append(.rowMissing(table: table, key: name(left, keyColumns)))
                    left = try expectedRows.next()?.copy()
                case .orderedDescending:
                    findings.append(.rowUnexpected(table: table, key: name(right, keyColumns)))
                    right = try foundRows.next()?.copy()
                case .orderedSame:
                    if let left, let right { compare(left, right, table, keyColumns, &findings) }
                    left = try expectedRows.next()?.copy()
                    right = try foundRows.next()?.copy()
                }
            }
        }
        return count
    }

    /// Content has its hash, and names fit their seals. A name that was forgotten is no fault, content that is not kept
    /// (an image known by its hash only) neither.
    static func compareOutside(_ db: Database, most: Int, _ findings: inout [Finding]) throws -> Int {
        var count = 0
        let blobs = try Row.fetchCursor(db, sql: "SELECT digest, bytes FROM blob ORDER BY digest")
        while let row = try blobs.next(), findings.count < most {
            count += 1
            let digest: String = row["digest"]
            let found = try row.withUnsafeData(atIndex: 1) { data in SHA256Digest(of: data ?? .init()) }
            if found.hex != digest { findings.append(.contentChanged(digest: digest)) }
        }
        let persons = try Row.fetchCursor(db, sql: "SELECT seal, salt, name FROM person ORDER BY seal")
        while let row = try persons.next(), findings.count < most {
            count += 1
            let seal: String = row["seal"]
            let salt: Data = row["salt"]
            let name: String = row["name"]
            if Array(salt) == PersonSealer.forgottenSalt {
                // A name may be missing only as often as the ledger says that one was forgotten.
                let number = Int64(name.dropFirst(PersonSealer.forgottenPrefix.count))
                let isSaid =
                    try name.hasPrefix(PersonSealer.forgottenPrefix)
                    && Row.fetchOne(
                        db, sql: "SELECT 1 FROM forgotten WHERE number = ?", arguments: [number]) != nil
                if !isSaid { findings.append(.sealBroken(seal: seal)) }
            } else if PersonSealer.seal(name: name, salt: Array(salt)).hex != seal {
                findings.append(.sealBroken(seal: seal))
            }
        }
        return count
    }

    private static func compare(
        _ expected: Row, _ found: Row, _ table: String, _ keyColumns: [String], _ findings: inout [Finding]
    ) {
        guard expected != found else { return }
        for (column, value) in expected
        where found[column] as DatabaseValue != value || kind(found[column]) != kind(value) {
            findings.append(
                .rowDiffers(
                    table: table, key: name(expected, keyColumns), column: column, expected: text(value),
                    found: text(found[column])))
        }
    }

    /// Which of two rows comes first by its key; a row that isn't there comes last.
    private static func order(_ left: Row?, _ right: Row?, _ keyColumns: [String]) -> ComparisonResult {
        guard let left else { return .orderedDescending }
        guard let right else { return .orderedAscending }
        for column in keyColumns {
            let values: (DatabaseValue, DatabaseValue) = (left[column], right[column])
            switch (values.0.storage, values.1.storage) {
            case (.int64(let a), .int64(let b)) where a != b:
                return a < b ? .orderedAscending : .orderedDescending
            case (.string(let a), .string(let b)) where a != b:
                // SQLite's BINARY collation compares bytes.
                return a.utf8.lexicographicallyPrecedes(b.utf8) ? .orderedAscending : .orderedDescending
            default: continue
            }
        }
        return .orderedSame
    }

    private static func name(_ row: Row?, _ keyColumns: [String]) -> String {
        keyColumns.map { column in text(row?[column] ?? .null) }.joined(separator: ", ")
    }

    private static func kind(_ value: DatabaseValue) -> Int {
        switch value.storage {
        case .null: 0
        case .int64: 1
        case .double: 2
        case .string: 3
        case .blob: 4
        }
    }

    private static func text(_ value: DatabaseValue) -> String {
        switch value.storage {
        case .null: "nothing"
        case .int64(let number): String(number)
        case .double(let number): String(number)
        case .string(let text): text.debugDescription
        case .blob(let data): "\(data.count) bytes"
        }
    }
}
