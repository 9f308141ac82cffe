import Blessing
import Fixturing
import Foundation
import Imp003
import Ledger
import Logging
import StationConfig
import StationService
import StationStore
import Synchronization

/// Ten thousand changes of tiles a second to twenty pages: what a slot waits for telling of one, and what the pages get.
///
/// `station-bench events [STATION-FOLDER]`; the folder is the demo's by default.
struct EventFigures {
    let folder: String

    private static let (rate, pages, seconds) = (10_000, 20, 10)

    func run() async throws {
        let home = NSTemporaryDirectory() + "event-bench-\(getpid())"
        try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: home) }
        let regulatory = try RegulatoryDatabase.shipped()
        let load: @Sendable (String) throws -> (folder: StationFolder?, problems: [ConfigProblem]) = {
            StationFolder.load(at: $0, regulatory: regulatory)
        }
        guard let station = try load(folder).folder else { throw CocoaError(.fileReadUnknown) }
        let key = try StationKey.generate(name: StationStore.origin(station: station.station.name))
        let store = try await StationStore.create(
            at: home + "/station.db", station: station.station.name, key: key, program: "station-bench")
        var settings = ServiceSettings(home: home, program: "station-bench")
        settings.listen = ListenAddress(host: "127.0.0.1", port: 0)
        struct NoFixture: Error {}
        let service = try await StationService(
            settings: settings, folder: station, load: load, store: store,
            slots: station.station.slots.enumerated().map { index, slot in
                DeskSlot(name: slot.name, number: index + 1, kind: .emulated) { _ in throw NoFixture() }
            },
            line: LineSettings(
                program: "station-bench", operatedBy: nil,
                network: FactoryNetwork(ssid: "factory-floor", password: "none-of-ours"), labelSpool: nil),
            logger: Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() })
        let (addresses, found) = AsyncStream<Void>.makeStream()
        let serving = Task { try await service.run(orders: []) { _ in found.yield() } }
        var heard = addresses.makeAsyncIterator()
        _ = await heard.next()
        try await measure(service, slots: station.station.slots.map(\.name), home)
        service.stop()
        try await serving.value
        try await store.close()
    }

    private func measure(_ service: StationService, slots: [String], _ home: String) async throws {
        guard let local = LocalAddress.beside(database: home + "/station.db") else {
            throw CocoaError(.fileReadUnknown)
        }
        let readers = try (0..<Self.pages).map { page in
            let reader = Process()
            reader.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            reader.arguments = [
                "curl", "--silent", "--no-buffer", "--output", "\(home)/page-\(page)", "--header",
                "Authorization: Bearer \(local.token)", local.address + "/api/v1/events",
            ]
            try reader.run()
            return reader
        }
        try await Task.sleep(for: .seconds(2))
        // What a slot's own thread does: tell, and go on.
        let cpu = RecordFigures.cpuSeconds()
        let clock = Stopwatch()
        let (times, told) = await withCheckedContinuation { done in
            Thread.detachNewThread {
                var times: [Double] = []
                var told = 0
                while clock.seconds < Double(Self.seconds) {
                    while told < Int(clock.seconds * Double(Self.rate)) {
                        let stage = ProcedureStage.allCases[
                            told / slots.count % ProcedureStage.allCases.count]
                        let one = Stopwatch()
                        service.tell(.line(LineEvent(slot: slots[told % slots.count], .stage(stage))))
                        times.append(one.seconds * 1_000_000)
                        told += 1
                    }
                    usleep(1000)
                }
                done.resume(returning: (times.sorted(), told))
            }
        }
        let used = (RecordFigures.cpuSeconds() - cpu) / clock.seconds
        try await Task.sleep(for: .seconds(2))
        for reader in readers { reader.terminate() }
        var (events, snapshots, whole): ([Int], Int, Int) = ([], 0, 0)
        for page in 0..<Self.pages {
            let text = try String(contentsOfFile: "\(home)/page-\(page)", encoding: .utf8)
            let frames = text.split(separator: "\n\n")
            events.append(frames.count { $0.contains("event: slot") })
            snapshots += frames.count { $0.contains("event: snapshot") } - 1
            let last = frames.last { $0.hasPrefix("id: ") }?.prefix { $0 != "\n" }.split(separator: "-").last
            if let last, Int(last) == told { whole += 1 }
        }
        events.sort()
        print(
            "\(told) changes of tiles in \(Self.seconds) s (target 10000 a second) to \(Self.pages) pages: telling took a slot "
                + String(
                    format: "%.1f µs median, %.1f p99, %.0f worst", times[times.count / 2],
                    times[times.count * 99 / 100], times[times.count - 1]))
        print(
            "  a page got \(events[0]) to \(events[Self.pages - 1]) of them, \(snapshots) snapshots went to pages that fell behind; "
                + "\(whole) of \(Self.pages) ended at the last one; \(String(format: "%.2f", used)) cores for all of it"
        )
    }
}
