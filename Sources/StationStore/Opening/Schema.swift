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
        ("0006-lean-tables", PackageResources._006_lean_tables_sql),
        ("0007-archives", PackageResources._007_archives_sql),
        ("0008-run-days", PackageResources._008_run_days_sql),
    ]

    /// The migrations after which the projections are empty and have to be filled from the ledger.
    private static let emptying: Set<String> = ["0006-lean-tables"]

    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        for migration in migrations {
            migrator.registerMigration(migration.name) { db in
                try db.execute(sql: String(decoding: migration.sql, as: UTF8.self))
                if emptying.contains(migration.name) { try refill(db) }
            }
        }
        return migrator
    }

    /// Fills the projections and seals what is old, in the migration's own transaction: a full disk or a power cut leaves the
    /// old file whole. What changes goes through the log on the disk, so memory stays small whatever the file's size.
    private static func refill(_ db: Database) throws {
        let path =
            try String.fetchOne(db, sql: "SELECT file FROM pragma_database_list WHERE name = 'main'") ?? ""
        try ProjectionReplay.refill(db, path: path)
        guard let checkpoint = try LedgerTables.lastCheckpoint(db, path: path) else { return }
        try Sealing.seal(db, path: path, size: LedgerTables.size(db), signed: checkpoint.size)
    }

    /// The last migration that changed a table of which a part leaves for an archive: an archive that was written since
    /// then fits, whatever came later.
    static let archivedSince = "0007-archives"

    /// Brings a database up to date. Where that freed much of the file, the file is written anew, if the disk has room
    /// for it; if not, the free pages are used up by what comes.
    static func migrate(_ pool: DatabasePool, path: String) throws {
        let isCurrent = try pool.read { db in try migrator.hasCompletedMigrations(db) }
        if isCurrent { return }
        try pool.writeWithoutTransaction { db in
            // Nothing here is to be forgotten, and overwriting what is dropped would write the whole file once more.
            try db.execute(sql: "PRAGMA secure_delete = OFF")
        }
        try migrator.migrate(pool)
        try pool.writeWithoutTransaction { db in
            let free = try Int64.fetchOne(db, sql: "PRAGMA freelist_count") ?? 0
            let pages = try Int64.fetchOne(db, sql: "PRAGMA page_count") ?? 0
            if free > 1024, free > pages / 4 {
                try? db.execute(sql: "VACUUM")
                _ = try? db.checkpoint(.truncate)
            }
            try db.execute(sql: "PRAGMA secure_delete = ON")
        }
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
        ("station", "seq"), ("phrase", "id"), ("image", "image_set, address"), ("module", "id"),
        ("nvram", "id"),
        ("run_setup", "id"), ("event", "seq"), ("late_event", "run, seq"), ("session", "seq"),
        ("clock_set_back", "seq"),
        ("content", "digest, name"), ("work_order", "id"), ("serial_block", "seq"), ("device", "id"),
        ("run", "id"), ("run_day", "day, sku"),
        ("identification", "run, seq"),
        ("act", "run, number"), ("step_name", "id"), ("step", "seq"), ("measurand", "id"),
        ("measurement", "step, position"), ("attachment", "run, seq"), ("label", "run, seq"),
        ("serial_lease", "seq"),
        ("quarantine", "seq"), ("note", "seq"), ("person_act", "seq"), ("forgotten", "number"),
        ("configuration_change", "seq"), ("order_lock", "seq"), ("log_key", "seq"), ("clock_doubt", "seq"),
        ("archive", "seq"),
    ]
}
