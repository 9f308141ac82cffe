import TimeAndChance

/// The plant's tables: the SQL files of `schema/plant`, compiled into the program, applied by number, each once.
enum PlantSchema {
    /// Name and SQL of each migration, oldest first. A released one never changes.
    static let migrations: [(name: String, sql: [UInt8])] = [
        ("0001-plant", PackageResources._001_plant_sql)
    ]

    /// The version that this program reads and writes.
    static var version: Int { migrations.count }

    /// The version that is there; nil when there are no plant tables.
    static func found(_ connection: PlantConnection) throws(PlantError) -> Int? {
        do throws(PlantError) {
            let rows = try connection.run("SELECT max(version) FROM plant_schema")
            return rows.first?.integer(0).map(Int.init) ?? 0
        } catch {
            if case .schemaMissing = error { return nil }
            throw error
        }
    }

    /// - Throws: ``PlantError/schemaMissing(where:)``, ``PlantError/schemaNewer(found:known:)``,
    ///   ``PlantError/schemaOlder(found:known:)``
    static func check(_ connection: PlantConnection, place: String) throws(PlantError) {
        guard let found = try found(connection) else { throw .schemaMissing(where: place) }
        if found > version { throw .schemaNewer(found: found, known: version) }
        if found < version { throw .schemaOlder(found: found, known: version) }
    }

    /// Brings the tables up to this program's version; does nothing when they are.
    ///
    /// Each migration is one transaction where the engine has transactional changes of schema; where it has not, the
    /// version row comes last, and a half-made schema is seen by the next attempt, which names what is in its way.
    /// - Returns: the migrations that were applied.
    static func bringUpToDate(_ connection: PlantConnection, now: Int64) throws -> [String] {
        let found = try found(connection) ?? 0
        if found > version { throw PlantError.schemaNewer(found: found, known: version) }
        var applied: [String] = []
        for (index, migration) in migrations.enumerated().dropFirst(found) {
            try connection.transaction {
                for statement in statements(String(decoding: migration.sql, as: UTF8.self)) {
                    try connection.run(statement)
                }
                try connection.run(
                    "INSERT INTO plant_schema (version, name, applied_at) VALUES ($1, $2, $3)",
                    [.integer(Int64(index + 1)), .text(migration.name), .integer(now)])
            }
            applied.append(migration.name)
        }
        return applied
    }

    /// One by one, as not every engine takes several in a message; a statement ends where a line ends with a semicolon.
    static func statements(_ sql: String) -> [String] {
        var statements: [String] = []
        var current = ""
        for line in sql.split(whereSeparator: \.isNewline) {
            let code = line.range(of: "--").map { line[..<$0.lowerBound] } ?? line
            let bare = String(code.reversed().drop { $0 == " " }.reversed())
            if bare.isEmpty { continue }
            current += bare + "\n"
            if bare.hasSuffix(";") {
                statements.append(String(current.dropLast(2)))
                current = ""
            }
        }
        return statements
    }
}

extension Substring {
    /// Where a text stands in this one.
    fileprivate func range(of text: String) -> Range<Index>? {
        firstRange(of: text)
    }
}

/// A column of a plant table that is written in rows.
struct PlantColumn {
    enum Kind { case int2, int4, int8, float8, text, bytes }

    let name: String
    let kind: Kind
}

/// A plant table whose rows come and change: its columns behind `station`, and how many of them make the key.
struct PlantTable {
    let name: String
    let keys: Int
    let columns: [PlantColumn]

    init(_ name: String, keys: Int, _ columns: [(String, PlantColumn.Kind)]) {
        self.name = name
        self.keys = keys
        self.columns = columns.map { PlantColumn(name: $0.0, kind: $0.1) }
    }

    func index(_ column: String) -> Int { columns.firstIndex { $0.name == column } ?? 0 }

    static let device = PlantTable(
        "device", keys: 1,
        [
            ("id", .int8), ("device_id", .text), ("mac", .text), ("imp_os", .text), ("flash_jedec", .text),
            ("flash_bytes", .int8), ("region", .text), ("channels", .text), ("nvram", .text),
            ("blessed_seq", .int8), ("blessed_at", .int8), ("blessed_run", .int8), ("sku", .text),
            ("market", .text), ("serial", .text), ("quarantine", .int8),
        ])
    static let run = PlantTable(
        "run", keys: 1,
        [
            ("id", .int8), ("started_at", .int8), ("slot", .int4), ("work_order", .text), ("sku", .text),
            ("sku_digest", .text), ("plan_digest", .text), ("market", .text), ("operator", .text),
            ("fixture", .text), ("program", .text), ("scanned_code", .text), ("retest_of", .int8),
            ("device", .int8), ("blessing", .text), ("blessing_seq", .int8), ("finished_seq", .int8),
            ("finished_at", .int8), ("outcome", .text), ("code", .text), ("reason", .text),
            ("failed_step", .text), ("firmware", .text),
        ])
    static let deviceImage = PlantTable(
        "device_image", keys: 2,
        [
            ("device", .int8), ("address", .int8), ("name", .text), ("digest", .text), ("size", .int8),
            ("seq", .int8),
        ])
    static let serialLease = PlantTable(
        "serial_lease", keys: 1,
        [
            ("seq", .int8), ("serial", .text), ("work_order", .text), ("device", .int8), ("device_id", .text),
            ("state", .text), ("ended_seq", .int8),
        ])
    static let quarantine = PlantTable(
        "quarantine", keys: 1,
        [
            ("seq", .int8), ("at", .int8), ("device", .int8), ("run", .int8), ("by_whom", .text),
            ("reason", .text), ("released_seq", .int8), ("released_at", .int8), ("released_by", .text),
            ("release_reason", .text),
        ])
}
