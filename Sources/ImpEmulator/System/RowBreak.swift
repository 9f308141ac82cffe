/// What the emulator does when a row is broken: `--break R8` and `Release30.broken`.
///
/// The sentences stand in tables beside the parts of the emulator that they are about; a row without a sentence can't
/// be broken.
public enum RowBreak {
    /// What a broken row does instead, for people; nil when breaking it changes nothing.
    public static func effect(of row: RowID) -> String? {
        tables.lazy.compactMap { $0[row] }.first
    }

    /// The rows that can be broken, in the table's order.
    public static var rows: [RowID] { RowID.allCases.filter { effect(of: $0) != nil } }

    private static let tables: [[RowID: String]] = [electrical, network]

    /// Parses `R8` or `R8,K1`.
    /// - Throws: `RowBreakError` for a name that is no row, and for a row that can't be broken.
    public static func parse(_ text: String) throws(RowBreakError) -> Set<RowID> {
        var rows: Set<RowID> = []
        for name in text.split(separator: ",") {
            guard let row = RowID(parsing: name) else { throw .unknownRow(String(name)) }
            guard effect(of: row) != nil else { throw .cannotBreak(row) }
            rows.insert(row)
        }
        return rows
    }
}

/// Why a row can't be broken.
public enum RowBreakError: Error, Equatable, Sendable, CustomStringConvertible {
    case unknownRow(String)
    case cannotBreak(RowID)

    public var description: String {
        switch self {
        case .unknownRow(let name):
            "There is no row '\(name)'. Rows are R1 to R43, N1 to N10, K1 and K2."
        case .cannotBreak(let row):
            "Row \(row) can't be broken. These can: \(RowBreak.rows.map(\.rawValue).joined(separator: ", "))."
        }
    }
}
