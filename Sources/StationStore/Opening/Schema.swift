import GRDB

/// The database's layout: the SQL files of `schema/migrations`, compiled into the program, applied by name and in
/// order, each once.
enum Schema {
    /// What marks the file as a station database ("BLST").
    static let applicationID: Int32 = 0x424C_5354

    /// Name and SQL of each migration, oldest first. A released one never changes; a change is a new one.
    static let migrations: [(name: String, sql: [UInt8])] = [
        ("0001-ledger", PackageResources._001_ledger_sql),
        ("0002-projections", PackageResources._002_projections_sql),
        ("0003-serial-blocks", PackageResources._003_serial_blocks_sql),
        ("0004-people-and-keys", PackageResources._004_people_and_keys_sql),
        ("0005-run-firmware", PackageResources._005_run_firmware_sql),
    ]

    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        for migration in migrations {
            migrator.registerMigration(migration.name) { db in
                try db.execute(sql: String(decoding: migration.sql, as: UTF8.self))
            }
        }
        return migrator
    }

    /// Refuses what is no station database, or one that this program can't know.
    /// - Throws: ``StoreError/notAStationDatabase(path:)``, ``StoreError/newerSchema(path:unknown:)``
    static func check(_ db: Database, path: String) throws {
        guard try Int32.fetchOne(db, sql: "PRAGMA application_id") == applicationID else {
            throw StoreError.notAStationDatabase(path: path)
        }
        let applied = try migrator.appliedIdentifiers(db)
        let unknown = applied.subtracting(migrations.map(\.name))
        guard unknown.isEmpty else { throw StoreError.newerSchema(path: path, unknown: unknown.sorted()) }
    }

    /// Refuses a database that this program would have to migrate first.
    static func requireCurrent(_ path: String) throws {
        var configuration = Configuration()
        configuration.readonly = true
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        defer { try? queue.close() }
        try queue.read { db in
            try check(db, path: path)
            guard try migrator.hasCompletedMigrations(db) else { throw StoreError.olderSchema(path: path) }
        }
    }

    /// The tables that can be made again from the ledger, parents before children, each with its key.
    static let projections: [(table: String, key: String)] = [
        ("station", "seq"), ("event", "seq"), ("session", "seq"), ("clock_set_back", "seq"),
        ("content", "digest, name"), ("work_order", "id"), ("serial_block", "seq"), ("device", "id"),
        ("run", "id"),
        ("device_image", "device, address"), ("run_image", "run, address"), ("identification", "seq"),
        ("act", "run, number"), ("step_name", "id"), ("step", "seq"), ("measurand", "id"),
        ("measurement", "step, position"), ("attachment", "seq"), ("label", "seq"), ("serial_lease", "seq"),
        ("quarantine", "seq"), ("note", "seq"), ("person_act", "seq"), ("forgotten", "number"),
        ("configuration_change", "seq"), ("order_lock", "seq"), ("log_key", "seq"), ("clock_doubt", "seq"),
    ]
}
