import Foundation
import Ledger
import StationService
import StationStore

/// What the service costs, in release, over real sockets: answers while the line is full, the time to be ready with a
/// large record, and what it takes while nothing happens.
///
/// `station-bench serve [STATION-FOLDER]`; the folder is the demo's by default.
struct ServeFigures {
    let program: String
    let folder: String

    func run() async throws {
        let home = NSTemporaryDirectory() + "serve-bench-\(getpid())"
        try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: home) }
        let station = home + "/station"
        try FileManager.default.copyItem(atPath: folder, toPath: station)
        try widen(station + "/orders/WO-2026-0117.yaml")
        try await busy(station, home + "/busy")
        try await idle(station, home + "/idle")
        try await large(station, home + "/large")
    }

    /// The demo's order, long enough for hundreds of starts.
    private func widen(_ path: String) throws {
        let text = try String(contentsOfFile: path, encoding: .utf8)
            .replacing("quantity: 24", with: "quantity: 5000").replacing("last: 100040", with: "last: 150000")
        try text.write(toFile: path, atomically: true, encoding: .utf8)
    }

    /// Times the line's own speed at which the emulated units run: as much work as a hundred real slots would give.
    private static let pace = 25

    /// Four slots at work, ten pages' worth of event readers, hundreds of starts.
    private func busy(_ station: String, _ home: String) async throws {
        let served = try await Served(
            program, station, home,
            ["--order", "WO-2026-0117", "--mode", "scan", "--pace", "\(Self.pace)", "--units", "5000"])
        defer { served.end() }
        // Each reader and each request is a curl, so that no client of ours waits in its own queues.
        let readers = try (0..<10).map { index in
            try served.curl("/api/v1/events", ["--no-buffer", "--output", "\(home)/events-\(index)"])
        }
        defer { for reader in readers { reader.process.terminate() } }
        let floor = try DiskFloor(folder: home)
        let machine = MachineTime()
        var times: [Double] = []
        while times.count < 400 {
            floor.probe()
            let reply = try await served.client.send(
                "GET", served.address + "/api/v1/slots", headers: served.headers)
            let slots = try JSONDecoder().decode(Listing.self, from: Data(reply.body)).items
            for slot in slots where slot.phase != "working" {
                let request = try served.curl(
                    "/api/v1/slots/\(slot.name)/start",
                    [
                        "--output", "/dev/null", "--write-out", "%{http_code} %{time_total}", "--header",
                        "Content-Type: application/json", "--header", "Idempotency-Key: \(UUID().uuidString)",
                        "--data", #"{"order": "WO-2026-0117"}"#,
                    ])
                let said = String(decoding: request.output.readDataToEndOfFile(), as: UTF8.self).split(
                    separator: " ")
                request.process.waitUntilExit()
                if said.first == "202", let seconds = said.last.flatMap({ Double($0) }) {
                    times.append(seconds * 1000)
                }
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        let received = try (0..<10).map { index in
            try FileManager.default.attributesOfItem(atPath: "\(home)/events-\(index)")[.size] as? Int ?? 0
        }
        times.sort()
        let p50 = times[times.count / 2]
        let p99 = times[times.count * 99 / 100]
        print(
            "start of a slot, \(times.count) requests with connection, four slots at work at \(Self.pace) times real speed and ten event readers: median \(tenth(p50)) ms, p99 \(tenth(p99)) ms (target 20)"
        )
        print(
            "  one durable write of 16 KiB to the same disk meanwhile: median \(tenth(floor.share(50))) ms, p99 \(tenth(floor.share(99))) ms; "
                + "processor time that other machines took: \(Int(machine.stolen() * 100)) %"
        )
        print("events: \(received.reduce(0, +) / 10 / 1024) KiB to each reader meanwhile")
    }

    private func idle(_ station: String, _ home: String) async throws {
        let served = try await Served(program, station, home, [])
        defer { served.end() }
        try await Task.sleep(for: .seconds(2))
        let before = try served.cpuSeconds()
        try await Task.sleep(for: .seconds(20))
        let used = try served.cpuSeconds() - before
        print(
            "idle: \(try served.residentMegabytes()) MB resident (target 60), \(tenth(used / 20 * 100)) % CPU over 20 s (target 0.5); ready after \(Int(served.readyAfter * 1000)) ms with an empty record"
        )
    }

    private func large(_ station: String, _ home: String) async throws {
        try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
        let key = try StationKey.generate(name: StationStore.origin(station: "demo-line-1"))
        try key.save(to: home + "/station.key")
        try await RecordFigures.make(
            home + "/station.db", entries: 1_000_000, key: key, station: "demo-line-1")
        var times: [Double] = []
        for _ in 0..<5 {
            let served = try await Served(program, station, home, [])
            times.append(served.readyAfter * 1000)
            served.end()
        }
        times.sort()
        print("ready with a million steps in the record: median \(Int(times[2])) ms of 5 (target 300)")
    }

    private func tenth(_ value: Double) -> Double { (value * 10).rounded() / 10 }
}

/// What the disk itself takes to keep a few pages: no start can be acknowledged sooner.
private final class DiskFloor {
    private let file: Int32
    private var times: [Double] = []
    private let page = [UInt8](repeating: 7, count: 16384)

    init(folder: String) throws {
        file = open(folder + "/floor", O_CREAT | O_RDWR, 0o600)
        guard file >= 0 else { throw CocoaError(.fileWriteUnknown) }
    }

    deinit { close(file) }

    func probe() {
        let clock = Stopwatch()
        pwrite(file, page, page.count, off_t(times.count * page.count))
        fdatasync(file)
        times.append(clock.seconds * 1000)
    }

    /// Milliseconds that so many percent of the writes did not exceed.
    func share(_ percent: Int) -> Double { times.sorted()[times.count * percent / 100] }
}

/// The processor's time since it was made, as the kernel counts it.
private struct MachineTime {
    private let before = Self.ticks()

    /// The part that the host gave to others while something here wanted it, 0 to 1.
    func stolen() -> Double {
        let spent = zip(Self.ticks(), before).map { $0 - $1 }
        return spent.count > 7 ? spent[7] / max(1, spent[..<8].reduce(0, +)) : 0
    }

    private static func ticks() -> [Double] {
        let text = (try? String(contentsOfFile: "/proc/stat", encoding: .utf8)) ?? ""
        return text.split(separator: "\n").first?.split(separator: " ").dropFirst().compactMap { Double($0) }
            ?? []
    }
}

/// The slots, as the service tells them.
private struct Listing: Decodable {
    struct Slot: Decodable {
        var name: String
        var phase: String
    }

    var items: [Slot]
}

/// A service that this program started.
private final class Served: Sendable {
    let address: String
    let headers: [(name: String, value: String)]
    let client = HTTPClient()
    /// Seconds from the start of the process to the address on its standard output.
    let readyAfter: Double
    private let process: Process

    init(_ program: String, _ station: String, _ home: String, _ more: [String]) async throws {
        let executable = URL(fileURLWithPath: program).deletingLastPathComponent().appendingPathComponent(
            "station")
        let database = home + "/station.db"
        if !FileManager.default.fileExists(atPath: database) {
            let made = Process()
            made.executableURL = executable
            made.arguments = ["init", "--folder", station, "--database", database]
            made.standardOutput = FileHandle.nullDevice
            try made.run()
            made.waitUntilExit()
        }
        process = Process()
        process.executableURL = executable
        process.arguments =
            ["serve", "--folder", station, "--database", database, "--listen", "127.0.0.1:0"] + more
        let out = Pipe()
        process.standardOutput = out
        process.standardError = FileHandle.nullDevice
        let clock = Stopwatch()
        try process.run()
        var text = ""
        while !text.contains("\n") {
            let piece = out.fileHandleForReading.availableData
            if piece.isEmpty { throw CocoaError(.fileReadUnknown) }
            text += String(decoding: piece, as: UTF8.self)
        }
        readyAfter = clock.seconds
        // What it tells of units is read and thrown away, lest the pipe fill up and hold the service.
        out.fileHandleForReading.readabilityHandler = { _ = $0.availableData }
        guard let local = LocalAddress.beside(database: database) else { throw CocoaError(.fileReadUnknown) }
        address = local.address
        headers = [("Authorization", "Bearer \(local.token)")]
    }

    func end() {
        process.terminate()
        process.waitUntilExit()
    }

    /// A request of the `curl` program, under way.
    func curl(_ path: String, _ arguments: [String]) throws -> (process: Process, output: FileHandle) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments =
            ["curl", "--silent"] + headers.flatMap { ["--header", "\($0.name): \($0.value)"] } + arguments
            + [address + path]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        return (process, output.fileHandleForReading)
    }

    func residentMegabytes() throws -> Int {
        let text = try String(contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)
        let line = text.split(separator: "\n").first { $0.hasPrefix("VmRSS:") } ?? ""
        return (Int(line.filter(\.isNumber)) ?? 0) / 1024
    }

    func cpuSeconds() throws -> Double {
        let text = try String(contentsOfFile: "/proc/\(process.processIdentifier)/stat", encoding: .utf8)
        let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
        let ticks = (Double(fields[11]) ?? 0) + (Double(fields[12]) ?? 0)
        return ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
    }
}
