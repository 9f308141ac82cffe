import GRDB
import GRDBSQLite
import Testing

@testable import StationStore

/// That the line is no slower with unit 100,000 than with unit 1: no statement that writes walks through a table that grows.
@Suite struct GrowthTests {
    /// Rows that a statement's walks through whole tables have taken so far, by its text.
    private func walked(_ store: StationStore) async throws -> [String: Int] {
        try await store.pool.writeWithoutTransaction { db in
            var rows: [String: Int] = [:]
            var statement = sqlite3_next_stmt(db.sqliteConnection, nil)
            while let current = statement {
                let steps = sqlite3_stmt_status(current, SQLITE_STMTSTATUS_FULLSCAN_STEP, 0)
                rows[String(cString: sqlite3_sql(current)), default: 0] += Int(steps)
                statement = sqlite3_next_stmt(db.sqliteConnection, current)
            }
            return rows
        }
    }

    /// Units that pass, fail and come back, give back numbers, are set aside and let go, and are written about.
    private func produce(_ units: ClosedRange<Int>, _ store: StationStore) async throws {
        for number in units {
            if number % 5 == 0 {
                let failed = try await store.fail(number)
                let device = unit(number).device
                if number % 10 == 0 {
                    let lease = try await store.leaseSerial(order: "WO-1", device: device)
                    try await store.append(
                        .serialReturned(
                            SerialReturned(serial: lease.serial, device: device, reason: "failed")))
                }
                try await store.append(
                    .unitQuarantined(
                        UnitQuarantined(device: device, by: "Ada", reason: "looks odd", run: failed)))
                try await store.append(
                    .unitReleased(UnitReleased(device: device, by: "Ada", reason: "is fine")))
                try await store.append(.note(Note(text: "unit \(number)", by: "Ada", run: failed)))
            }
            try await store.pass(number)
        }
    }

    @Test func noStatementOfTheWriterWalksThroughWhatGrows() async throws {
        let station = try TestStation()
        var options = StationStore.Options()
        options.checkpointInterval = 64
        let store = try await station.create(options)
        try await store.openDemoOrder(quantity: 1000, first: 1, last: 1000)
        try await produce(1...120, store)
        let before = try await walked(store)
        try await produce(121...140, store)
        let after = try await walked(store)
        #expect(after.count > 40, "the statements are found")
        let most = 20 * 20
        for (sql, rows) in after {
            let taken = rows - before[sql, default: 0]
            #expect(
                taken < most,
                "20 units, beside 120 that were there, made it walk through \(taken) rows: \(sql)")
        }
        try await store.close()
    }
}
