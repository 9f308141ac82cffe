import ContentAddress
import Foundation
import GRDB
import Ledger

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Questions to a station's record. Each answer comes from one consistent snapshot and holds up no writer.
public final class StationReader: Sendable {
    let database: any DatabaseReader
    let path: String
    /// The file with the oldest entries, when they have left this one and it is here.
    public let archive: String?

    init(_ database: any DatabaseReader, path: String, archive: String? = nil) {
        self.database = database
        self.path = path
        self.archive = archive
    }

    /// Opens a database for reading, also while a station writes to it.
    /// - Parameter archive: where the archive lies that the record names; nil looks beside the database.
    /// - Throws: ``StoreError``: missing, not a station's, newer, older, damaged, another record's archive.
    public static func open(at path: String, archive: String? = nil) throws -> StationReader {
        let reader = try open(at: path, mapped: false, archive: nil)
        do {
            let named = try reader.database.read { db in try AttachedArchive.find(db, besideDatabase: path) }
            guard let named else {
                if let archive {
                    throw StoreError.otherArchive(
                        path: archive, reason: "nothing of this record was archived")
                }
                return reader
            }
            let file = archive ?? named
            guard access(file, F_OK) == 0 else {
                if archive != nil { throw StoreError.missing(path: file) }
                return reader
            }
            try reader.database.close()
            return try open(at: path, mapped: false, archive: file)
        } catch {
            throw StoreError.from(error, path: path)
        }
    }

    /// - Parameter mapped: for a pass over the whole file: its pages are mapped instead of copied out of the system's
    ///   cache. A medium that fails under a mapped page ends the process, so nothing that serves a line may use it.
    static func open(at path: String, mapped: Bool, archive: String?) throws -> StationReader {
        guard access(path, F_OK) == 0 else { throw StoreError.missing(path: path) }
        do {
            var configuration = Configuration()
            configuration.readonly = true
            configuration.label = "StationReader"
            if mapped {
                configuration.prepareDatabase { db in try db.execute(sql: "PRAGMA mmap_size = \(Int64.max)") }
            }
            if let archive {
                configuration.prepareDatabase { db in try AttachedArchive.attach(archive, to: db) }
            }
            let pool = try DatabasePool(path: path, configuration: configuration)
            try pool.read { db in
                try Schema.check(db, path: path)
                guard try Schema.migrator.hasCompletedMigrations(db) else {
                    throw StoreError.olderSchema(path: path)
                }
            }
            return StationReader(pool, path: path, archive: archive)
        } catch {
            throw StoreError.from(error, path: path)
        }
    }

    /// Runs a question, and puts its errors into the station's words.
    package func ask<Answer: Sendable>(_ question: @escaping @Sendable (Database) throws -> Answer)
        async throws
        -> Answer
    {
        do {
            return try await database.read(question)
        } catch is CancellationError {
            throw CancellationError()
        } catch let error as ProofRangeError {
            throw StoreError.notFound("entry \(error.asked)")
        } catch {
            throw StoreError.from(error, path: path)
        }
    }

    /// Whose record this is, and how far it goes.
    public func station() async throws -> StationIdentity {
        try await ask { [path] db in
            guard let row = try Row.fetchOne(db, sql: "SELECT * FROM station") else {
                throw StoreError.notAStationDatabase(path: path)
            }
            let first: String = row["vkey"]
            let vkey = try LogKeys(db, path: path).current?.text ?? first
            return StationIdentity(
                name: row["name"], origin: (try? VerifierKey(text: vkey))?.name ?? "", verifierKey: vkey,
                program: row["program"], createdAt: row["created_at"],
                schema: Schema.migrations.last?.name ?? "", ledgerSize: try LedgerTables.size(db),
                checkpointSize: try LedgerTables.lastCheckpoint(db, path: path)?.size ?? 0)
        }
    }

    /// Runs that never came to an end, oldest first: what was done in each, what was intended, and what nobody knows.
    public func unfinishedRuns() async throws -> [UnfinishedRun] {
        try await ask { db in
            let rows = try RunRow.fetchAll(db, sql: RunRow.select + " WHERE r.outcome IS NULL ORDER BY r.id")
            return try rows.map { run in
                UnfinishedRun(
                    run: run, device: try run.device.flatMap { try Self.device(db, $0) },
                    acts: try Self.acts(db, run.run),
                    leasedSerial: try String.fetchOne(
                        db,
                        sql: """
                            SELECT l.serial FROM serial_lease l JOIN run r ON r.device = l.device
                                AND r.work_order = l.work_order WHERE r.id = ? AND l.state = 'leased'
                            """, arguments: [run.run.rawValue]))
            }
        }
    }

    /// A run's acts without a known result, in the order of their numbers.
    public func openActs(_ run: RunID) async throws -> [ActRow] {
        try await ask { db in try Self.acts(db, run).filter(\.isOpen) }
    }

    /// A unit as it stands; nil when it was never identified here.
    public func device(_ deviceID: String) async throws -> DeviceRow? {
        try await ask { db in try Self.device(db, deviceID) }
    }

    /// The complete life of a unit; nil when nothing is known of it.
    /// - Parameter key: device ID, MAC address (with or without `:` or `-`), or serial number (confirmed or leased).
    public func unit(_ key: String) async throws -> UnitReport? {
        try await ask { db in
            guard let id = try Self.deviceRow(db, key: key),
                let device = try DeviceRow.fetchOne(
                    db, sql: DeviceRow.select + " WHERE d.id = ?", arguments: [id])
            else { return nil }
            let runs = try RunRow.fetchAll(
                db, sql: RunRow.select + " WHERE r.device = ? ORDER BY r.id", arguments: [id])
            return UnitReport(
                device: device,
                images: try ImageRow.fetchAll(
                    db,
                    sql: """
                        SELECT i.name, i.address, i.digest, i.size FROM device d JOIN image i ON i.image_set = d.images
                        WHERE d.id = ? ORDER BY i.address
                        """, arguments: [id]),
                runs: try runs.map { try Self.report(db, $0) },
                serials: try SerialStatus.fetchAll(
                    db,
                    sql: SerialStatus.select + " WHERE l.device = ?1 AND l.state <> 'returned' UNION ALL "
                        + SerialStatus.select
                        + " WHERE l.device = ?1 AND l.state = 'returned' ORDER BY sequence",
                    arguments: [id]),
                quarantines: try QuarantineRow.fetchAll(
                    db,
                    sql: """
                        SELECT q.seq AS sequence, q.at, q.run, a.name AS "by", q.reason, q.released_at AS releasedAt,
                            b.name AS releasedBy, q.release_reason AS releaseReason
                        FROM quarantine q LEFT JOIN person a ON a.seal = q.by_whom
                            LEFT JOIN person b ON b.seal = q.released_by
                        WHERE q.device = ? ORDER BY q.seq
                        """, arguments: [id]),
                notes: try NoteRow.fetchAll(
                    db, sql: Self.noteSelect + " WHERE n.device = ? ORDER BY n.seq",
                    arguments: [device.device]),
                entries: try Self.entries(db, ofDevice: id, device.device),
                elsewhere: try ArchiveRow.missing(db, from: id))
        }
    }

    /// Everything about a run; nil when there is none of that number.
    public func run(_ run: RunID) async throws -> RunReport? {
        try await ask { db in
            guard
                let row = try RunRow.fetchOne(
                    db, sql: RunRow.select + " WHERE r.id = ?", arguments: [run.rawValue])
            else { return nil }
            return try Self.report(db, row)
        }
    }

    /// A work order; nil when there is none of that name.
    public func order(_ order: String) async throws -> OrderStatus? {
        try await ask { db in
            try OrderStatus.fetchOne(db, sql: OrderStatus.select + " WHERE o.id = ?", arguments: [order])
        }
    }

    /// All work orders, oldest first.
    public func orders() async throws -> [OrderStatus] {
        try await ask { db in try OrderStatus.fetchAll(db, sql: OrderStatus.select + " ORDER BY o.opened_seq")
        }
    }

    /// How a serial number stands: its last lease; nil when it was never leased.
    public func serial(_ serial: String) async throws -> SerialStatus? {
        try await ask { db in
            try SerialStatus.fetchOne(
                db,
                sql: SerialStatus.select + " WHERE l.serial = ? AND l.state <> 'returned'",
                arguments: [serial])
                ?? SerialStatus.fetchOne(
                    db,
                    sql: SerialStatus.select
                        + " WHERE l.serial = ? AND l.state = 'returned' ORDER BY l.seq DESC LIMIT 1",
                    arguments: [serial])
        }
    }

    /// Content by its hash; nil when it is not kept here.
    /// - Throws: ``StoreError/corrupt(path:detail:)`` when what is kept doesn't have that hash.
    public func content(_ digest: SHA256Digest) async throws -> [UInt8]? {
        try await ask { [path] db in
            let data = try Data.fetchOne(
                db, sql: "SELECT bytes FROM blob WHERE digest = ?", arguments: [digest.hex])
            guard let bytes = data.map(Array.init) else { return nil }
            guard SHA256Digest(of: bytes) == digest else {
                throw StoreError.corrupt(path: path, detail: "content \(digest.hex) has another hash")
            }
            return bytes
        }
    }

    // MARK: Pieces

    static let noteSelect = """
        SELECT n.seq AS sequence, n.at, n.text, p.name AS "by", n.run, n.device
        FROM note n LEFT JOIN person p ON p.seal = n.by_whom
        """

    private static func device(_ db: Database, _ deviceID: String) throws -> DeviceRow? {
        try DeviceRow.fetchOne(db, sql: DeviceRow.select + " WHERE d.device_id = ?", arguments: [deviceID])
    }

    /// The row of the unit that `key` names.
    static func deviceRow(_ db: Database, key: String) throws -> Int64? {
        let bare = key.lowercased().filter { $0 != ":" && $0 != "-" }
        if let id = try Int64.fetchOne(
            db, sql: "SELECT id FROM device WHERE device_id = ?1 OR mac = ?1", arguments: [bare])
        {
            return id
        }
        return try Int64.fetchOne(
            db, sql: "SELECT device FROM serial_lease WHERE serial = ? AND state <> 'returned'",
            arguments: [key])
    }

    static func acts(_ db: Database, _ run: RunID) throws -> [ActRow] {
        try Row.fetchAll(
            db, sql: ActRow.select + " WHERE a.run = ? ORDER BY a.number", arguments: [run.rawValue]
        ).map(ActRow.init)
    }

    /// Sequence numbers of everything about a unit.
    static func entries(_ db: Database, ofDevice id: Int64, _ deviceID: String) throws -> [Int64] {
        try Int64.fetchAll(
            db,
            sql: """
                SELECT e.seq FROM run r CROSS JOIN event e ON e.seq BETWEEN r.id AND \(Self.lastSequence) AND e.run = r.id
                    WHERE r.device = ?1
                UNION SELECT s.seq FROM run r CROSS JOIN step s ON s.run = r.id WHERE r.device = ?1
                UNION SELECT l.seq FROM run r CROSS JOIN late_event l ON l.run = r.id WHERE r.device = ?1
                UNION SELECT seq FROM event WHERE device = ?1
                UNION SELECT seq FROM note WHERE device = ?2
                ORDER BY 1
                """, arguments: [id, deviceID])
    }

    /// Sequence numbers of everything about a run.
    static func entries(_ db: Database, ofRun run: RunID) throws -> [Int64] {
        try Int64.fetchAll(
            db,
            sql: """
                SELECT e.seq FROM run r CROSS JOIN event e ON e.seq BETWEEN r.id AND \(Self.lastSequence) AND e.run = r.id
                    WHERE r.id = ?1
                UNION SELECT seq FROM step WHERE run = ?1
                UNION SELECT seq FROM late_event WHERE run = ?1
                ORDER BY 1
                """, arguments: [run.rawValue])
    }

    /// Where a run's own entries end: with its end, or not yet.
    static let lastSequence = "coalesce(r.finished_seq, 9223372036854775807)"

    private static func report(_ db: Database, _ run: RunRow) throws -> RunReport {
        let id = run.run.rawValue
        return RunReport(
            run: run,
            images: try ImageRow.fetchAll(
                db,
                sql: """
                    SELECT i.name, i.address, i.digest, i.size FROM run r JOIN run_setup u ON u.id = r.setup
                        JOIN image i ON i.image_set = u.images
                    WHERE r.id = ? ORDER BY i.address
                    """, arguments: [id]),
            identifications: try Row.fetchAll(
                db,
                sql: """
                    SELECT i.seq, d.device_id, m.imp_os, m.flash_jedec, m.flash_bytes, p.text AS warnings
                    FROM identification i JOIN device d ON d.id = i.device JOIN module m ON m.id = i.module
                        LEFT JOIN phrase p ON p.id = i.warnings
                    WHERE i.run = ? ORDER BY i.seq
                    """, arguments: [id]
            ).map { row in
                IdentificationRow(
                    sequence: row["seq"], device: row["device_id"], impOS: row["imp_os"],
                    flashJEDEC: row["flash_jedec"], flashBytes: row["flash_bytes"],
                    warnings: (row["warnings"] as String?).map(texts) ?? [])
            },
            acts: try acts(db, run.run),
            steps: try steps(db, id),
            attachments: try AttachmentRow.fetchAll(
                db,
                sql: """
                    SELECT seq AS sequence, step, name, digest, size, media_type AS mediaType FROM attachment
                    WHERE run = ? ORDER BY seq
                    """, arguments: [id]),
            labels: try LabelRow.fetchAll(
                db,
                sql: """
                    SELECT seq AS sequence, at, serial, lower(hex(digest)) AS digest, destination FROM label
                    WHERE run = ? ORDER BY seq
                    """, arguments: [id]),
            notes: try NoteRow.fetchAll(
                db, sql: noteSelect + " WHERE n.run = ? ORDER BY n.seq", arguments: [id]))
    }

    private static func steps(_ db: Database, _ run: Int64) throws -> [StepRow] {
        var measurements: [Int64: [MeasurementRow]] = [:]
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT v.step, v.value, v.outcome, m.name, m.unit, m.low, m.high, m.equals, m.matches
                FROM step s JOIN measurement v ON v.step = s.seq JOIN measurand m ON m.id = v.measurand
                WHERE s.run = ? ORDER BY v.step, v.position
                """, arguments: [run])
        while let row = try rows.next() {
            guard let value = MeasurementValue(row["value"] as DatabaseValue),
                let outcome = MeasurementOutcome(code: row["outcome"])
            else { continue }
            measurements[row["step"], default: []].append(
                MeasurementRow(
                    name: row["name"], value: value, unit: row["unit"], low: row["low"], high: row["high"],
                    equals: MeasurementValue(row["equals"] as DatabaseValue), matches: row["matches"],
                    outcome: outcome))
        }
        return try Row.fetchAll(
            db,
            sql: """
                SELECT s.*, n.name AS step_name FROM step s JOIN step_name n ON n.id = s.name
                WHERE s.run = ? ORDER BY s.seq
                """, arguments: [run]
        ).map { row in
            StepRow(
                sequence: row["seq"], name: row["step_name"], attempt: row["attempt"],
                outcome: StepOutcome(code: row["outcome"]) ?? .error, startedMs: row["started_ms"],
                endedMs: row["ended_ms"], message: row["message"],
                measurements: measurements[row["seq"]] ?? [])
        }
    }

    private static func texts(_ json: String) -> [String] {
        guard case .array(let elements) = try? JSONValue(parsing: Array(json.utf8)) else { return [] }
        return elements.compactMap { element in
            guard case .string(let text) = element else { return nil }
            return text
        }
    }
}

/// Whose record it is.
public struct StationIdentity: Codable, Equatable, Sendable {
    public var name: String
    /// The log's origin: first line of its checkpoints, name of its key.
    public var origin: String
    /// C2SP verifier key.
    public var verifierKey: String
    /// The program's version when the ledger began.
    public var program: String
    public var createdAt: Int64
    /// The last migration.
    public var schema: String
    /// Entries.
    public var ledgerSize: Int64
    /// Entries that the last checkpoint covers.
    public var checkpointSize: Int64
}
