import ContentAddress
import Foundation
import Ledger
import Plant
import StationStore
import Synchronization
import TimeAndChance

/// What a unit costs at a station and at the plant, measured on a generated record, and what a thousand stations make of
/// it in ten years: the figures of docs/scale.md.
///
/// `plant-test scale [UNITS] [STATIONS]`; with the word `bench` only how fast a ledger is sent.
enum ScaleFigures {
    /// Steps of a unit, and measurements of a step.
    static let (steps, measurements) = (10, 3)

    static func run(_ words: [String], programs: String) async throws {
        let units = words.first.flatMap { Int($0) } ?? 4000
        let stations = max(1, words.dropFirst().first.flatMap { Int($0) } ?? 4)
        let folder = "/tmp/plant-scale-\(getpid())"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let cluster = PostgresCluster(programs: programs, folder: folder + "/pg", isDurable: true)
        defer {
            cluster.stop()
            try? FileManager.default.removeItem(atPath: folder)
        }
        try cluster.create()
        try cluster.start()
        let server = PlantDatabase(
            try PlantAddress("host=\(cluster.socketFolder) user=plant dbname=postgres"))
        try await server.execute("CREATE DATABASE plant")
        let plant = PlantDatabase(try cluster.address)
        _ = try await plant.bringUpToDate()
        print(try await plant.server())

        var (entries, bytes, seconds, files): (Int64, Int, Double, Int64) = (0, 0, 0, 0)
        for number in 1...stations {
            let path = folder + "/st-\(number).db"
            let store = try await make(path, "st-\(number)", units: units / stations, first: number << 20)
            let size = try await store.reader.station().ledgerSize
            let counted = Mutex(0)
            try await store.reader.exportEntries { _, entry in counted.withLock { $0 += entry.count } }
            bytes += counted.withLock { $0 }
            let pusher = PlantPusher(reader: store.reader, address: try cluster.address)
            let begun = ContinuousClock.now
            let report = try await pusher.push()
            let parts = (ContinuousClock.now - begun).components
            seconds += Double(parts.seconds) + Double(parts.attoseconds) / 1e18
            entries += report.sent
            guard report.sent == size else { throw Broken("\(report.sent) of \(size) entries were sent") }
            try await store.close()
            files += Int64((try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0)
        }
        print(
            "push: \(Int(Double(entries) / seconds)) entries/s, all rows and indexes included, fsync on "
                + "(\(entries) entries in \(String(format: "%.1f", seconds)) s; target 20000)")
        if words.contains("bench") { return }
        try await plant.execute("VACUUM ANALYZE")
        print("a unit: \(entries / Int64(units)) entries, \(bytes / units) bytes of entries")
        print("at a station: \(files / Int64(units)) bytes a unit in the file")
        print("")
        print("| Table | Rows a unit | Bytes a row | of that indexes | Bytes a unit |")
        print("|---|---:|---:|---:|---:|")
        var total = 0.0
        let tables = try await plant.rows(
            """
            SELECT c.relname, CAST(c.reltuples AS INT8), pg_table_size(c.oid), pg_indexes_size(c.oid)
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind = 'r' AND n.nspname = 'public' AND c.reltuples > 1000 ORDER BY pg_total_relation_size(c.oid) DESC
            """)
        for row in tables {
            guard let name = row[0], let count = row[1].flatMap({ Double($0) }),
                let data = row[2].flatMap({ Double($0) }),
                let index = row[3].flatMap({ Double($0) })
            else { continue }
            let perUnit = (data + index) / Double(units)
            total += perUnit
            print(
                "| `\(name)` | \(String(format: "%.1f", count / Double(units))) | \(Int((data + index) / count)) | "
                    + "\(Int(index / count)) | \(Int(perUnit)) |")
        }
        print("| all | | | | \(Int(total)) |")
        print("")
        try await questions(plant)
    }

    private static func questions(_ plant: PlantDatabase) async throws {
        let device =
            try await plant.rows("SELECT device_id FROM device ORDER BY station, id LIMIT 1 OFFSET 500")[0][0]
            ?? ""
        let words: [String: [String]] = [
            "life": [device], "with-nvram": ["ffff"], "blessed-for": ["DE", "2025-06-15", "2025-06-15"],
            "reservation-changed": [], "passed-on-retest": [], "done-by": ["nobody"], "recall": [device],
        ]
        print("| Question | Rows | Median of 7 |")
        print("|---|---:|---:|")
        for question in PlantQuestion.all {
            guard let about = words[question.name] else { continue }
            var times: [Double] = []
            let rows = Mutex(0)
            for _ in 0..<7 {
                rows.withLock { $0 = 0 }
                let begun = ContinuousClock.now
                try await plant.answer(question, about) { _ in rows.withLock { $0 += 1 } }
                let parts = (ContinuousClock.now - begun).components
                times.append(Double(parts.seconds) * 1000 + Double(parts.attoseconds) / 1e15)
            }
            let name = ([question.name] + about.prefix(1).map { String($0.prefix(8)) }).joined(separator: " ")
            print("| `\(name)` | \(rows.withLock { $0 }) | \(String(format: "%.1f", times.sorted()[3])) ms |")
        }
    }

    /// A record of units that pass, one after the other.
    static func make(_ path: String, _ name: String, units: Int, first: Int) async throws -> StationStore {
        let key = try StationKey.generate(name: StationStore.origin(station: name))
        let store = try await StationStore.create(at: path, station: name, key: key, program: "scale")
        try await store.append(
            .orderOpened(
                OrderOpened(
                    order: "WO", sku: "lamp-eu", quantity: 10_000_000, market: "DE",
                    serials: SerialRange(prefix: name + "-", first: 1, last: 9_999_999, width: 7))))
        try await grow(store, units: units, first: first)
        return store
    }

    /// More units for it, under a signed checkpoint.
    static func grow(_ store: StationStore, units: Int, first: Int) async throws {
        let digest = SHA256Digest(of: Array("sku".utf8))
        for number in first..<(first + units) {
            let tail = String(number, radix: 16)
            let mac = "0c2a" + String(repeating: "0", count: 8 - tail.count) + tail
            let device = "3000" + mac
            let image = RunImage(
                name: "assets.bin", address: 0x70000, digest: SHA256Digest(of: [UInt8(number / 2000 % 200)]),
                size: 100_000)
            let run = try await store.startRun(
                RunStarted(
                    slot: number % 4 + 1, sku: "lamp-eu", skuDigest: digest,
                    planDigest: SHA256Digest(of: [UInt8(number / 500 % 200)]), order: "WO", market: "DE",
                    images: [image],
                    operatedBy: .named("op-\(number % 5)"), fixture: "slot \(number % 4 + 1)",
                    program: "station 0.1.0"))
            func write(_ record: Record) { _ = store.enqueue(record) }
            write(
                .unitIdentified(
                    UnitIdentified(
                        run: run, device: device, mac: mac, impOS: "release-30.14", flashJEDEC: "c22015",
                        flashBytes: 2_097_152, warnings: [])))
            for step in 0..<steps {
                write(
                    .stepFinished(
                        StepFinished(
                            run: run, name: "step-\(step)", outcome: .passed, startedMs: Int64(step * 400),
                            endedMs: Int64(step * 400 + 310),
                            measurements: (0..<measurements).map { index in
                                Measurement(
                                    name: "value-\(step)-\(index)",
                                    value: .number(3.2 + Double((number + index) % 997) / 1000),
                                    unit: "V", limit: .range(low: 3.0, high: 4.5), outcome: .passed)
                            })))
            }
            let acts: [(ActKind, ActEffect?)] = [
                (
                    .nvramInstall,
                    .nvram(digest: SHA256Digest(of: [UInt8(number / 3000 % 200)]), token: "00FF")
                ),
                (.flashWrite, .image(image)), (.regionSet, .region(code: "00004544", channels: "1-13")),
                (.bless, nil),
            ]
            for (index, (kind, effect)) in acts.enumerated() {
                if kind == .bless { _ = try await store.leaseSerial(order: "WO", device: device) }
                write(.actIntended(ActIntended(run: run, act: index + 1, kind: kind)))
                write(.actFinished(ActFinished(run: run, act: index + 1, outcome: .ok, effect: effect)))
            }
            write(.blessingAnswered(BlessingAnswered(run: run, outcome: .blessed)))
            let serial = try await store.leaseSerial(order: "WO", device: device).serial
            write(.serialConfirmed(SerialConfirmed(serial: serial, device: device, run: run)))
            write(.runFinished(RunFinished(run: run, outcome: .passed)))
        }
        _ = try await store.signCheckpoint()
    }
}
