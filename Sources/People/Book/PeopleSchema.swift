import GRDB

/// The layout of `people.db`: the SQL files of `schema/people`, applied by name, each once.
enum PeopleSchema {
    /// What marks the file ("BLPE").
    static let applicationID: Int32 = 0x424C_5045

    /// A released one never changes; a change is a new one.
    static let migrations: [(name: String, sql: [UInt8])] = [
        ("0001-people", PackageResources._001_people_sql)
    ]

    static func migrate(_ queue: DatabaseQueue, path: String) throws {
        var migrator = DatabaseMigrator()
        for migration in migrations {
            migrator.registerMigration(migration.name) { db in
                try db.execute(sql: String(decoding: migration.sql, as: UTF8.self))
            }
        }
        try queue.writeWithoutTransaction { db in
            let marked = try Int32.fetchOne(db, sql: "PRAGMA application_id") ?? 0
            let tables = try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_master") ?? 0
            if marked == 0, tables == 0 {
                try db.execute(sql: "PRAGMA application_id = \(applicationID)")
            } else if marked != applicationID {
                throw PeopleError.unreadable(
                    path: path, detail: "it is another program's database; check the path")
            }
            let unknown = try migrator.appliedIdentifiers(db).subtracting(migrations.map(\.name))
            guard unknown.isEmpty else { throw PeopleError.newer(path: path, unknown: unknown.sorted()) }
        }
        try migrator.migrate(queue)
    }
}
