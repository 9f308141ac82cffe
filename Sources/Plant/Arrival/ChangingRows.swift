/// Rows of a table that come and change while a batch is read: what is new is kept whole and copied, what was there
/// before is kept as changes. A row that comes and changes in one batch is written once.
struct ChangingRows {
    /// A row's key: the first one or two columns, whole numbers all.
    struct Key: Hashable {
        var first: Int64
        var second: Int64 = 0
    }

    let table: PlantTable
    private var order: [Key] = []
    private var new: [Key: [PlantValue]] = [:]
    private var changed: [Key: [Int: PlantValue]] = [:]
    private var changedOrder: [Key] = []

    init(_ table: PlantTable) { self.table = table }

    /// A row begins; columns that are not named are null.
    mutating func insert(_ key: Key, _ values: [(String, PlantValue)]) {
        var row = [PlantValue](repeating: .null, count: table.columns.count)
        row[0] = .integer(key.first)
        if table.keys == 2 { row[1] = .integer(key.second) }
        for (column, value) in values { row[table.index(column)] = value }
        if new[key] == nil { order.append(key) }
        new[key] = row
    }

    mutating func set(_ key: Key, _ values: [(String, PlantValue)]) {
        if var row = new[key] {
            new[key] = nil
            for (column, value) in values { row[table.index(column)] = value }
            new[key] = row
            return
        }
        if changed[key] == nil { changedOrder.append(key) }
        for (column, value) in values { changed[key, default: [:]][table.index(column)] = value }
    }

    func isNew(_ key: Key) -> Bool { new[key] != nil }

    /// The new rows, to be copied.
    func rows(station: Int32) -> BinaryRows {
        var rows = BinaryRows()
        for key in order {
            guard let values = new[key] else { continue }
            rows.row(columns: Int16(table.columns.count + 1))
            rows.int4(station)
            for (column, value) in zip(table.columns, values) { rows.value(value, as: column.kind) }
        }
        return rows
    }

    var columnNames: [String] { ["station"] + table.columns.map(\.name) }

    /// What brings the rows that were there before up to date.
    func statements(station: Int32) -> [(sql: String, arguments: [PlantValue])] {
        changedOrder.map { key in
            let changes = (changed[key] ?? [:]).sorted { $0.key < $1.key }
            var arguments: [PlantValue] = [.integer(Int64(station)), .integer(key.first)]
            if table.keys == 2 { arguments.append(.integer(key.second)) }
            let settings = changes.map { index, value in
                arguments.append(value)
                return "\(table.columns[index].name) = $\(arguments.count)"
            }
            let keys = (0..<table.keys).map { "\(table.columns[$0].name) = $\($0 + 2)" }
            return (
                "UPDATE \(table.name) SET \(settings.joined(separator: ", ")) WHERE station = $1 AND "
                    + keys.joined(separator: " AND "),
                arguments
            )
        }
    }
}
