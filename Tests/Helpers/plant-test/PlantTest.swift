import FaultyWire
import Foundation
import Plant
import StationStore
import TimeAndChance

/// `make plant-test`: a PostgreSQL server, twelve stations that bless units, lease serial numbers and send their ledgers,
/// and somebody who kills stations, the network and the database in turn. In the end every entry that was ever
/// acknowledged has to be at the plant exactly once, and every station's tree has to hold.
///
/// `plant-test [--seed N] [--seconds N] [--stations N] [--calm]`
@main enum PlantTest {
    static func main() async {
        let words = Array(CommandLine.arguments.dropFirst())
        do {
            if words.first == "station" { return try await EmulatedStation.main(Array(words.dropFirst())) }
            var (seed, seconds, count) = (UInt64.random(in: 1...999_999), 60.0, 12)
            for (word, value) in zip(words, words.dropFirst()) {
                switch word {
                case "--seed": seed = UInt64(value) ?? seed
                case "--seconds": seconds = Double(value) ?? seconds
                case "--stations": count = Int(value) ?? count
                default: break
                }
            }
            guard let programs = PostgresCluster.programs else {
                print("plant-test: PostgreSQL's server is not installed: sh stations/setup/packages.sh plant")
                exit(77)
            }
            if words.first == "scale" {
                return try await ScaleFigures.run(Array(words.dropFirst()), programs: programs)
            }
            if words.first == "simulate" {
                return try await ScaleSimulation.run(Array(words.dropFirst()), programs: programs)
            }
            try await Chaos(programs: programs, seed: seed, seconds: seconds, count: count).run()
        } catch {
            print("plant-test: \(error)")
            exit(1)
        }
    }
}

/// What did not hold.
struct Broken: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// The plant, its stations, and what happens to them.
final class Chaos {
    private let folder: String
    private let cluster: PostgresCluster
    private let seed: UInt64
    private let seconds: Double
    private let names: [String]
    private var dice: SeededGenerator
    private var children: [String: Process] = [:]
    private var deeds: [String: Int] = [:]
    private var wire: FaultyWire?
    private let begun = ContinuousClock.now
    /// Nothing is disturbed: to see what the disturbances cost.
    private let isCalm = CommandLine.arguments.contains("--calm")

    init(programs: String, seed: UInt64, seconds: Double, count: Int) throws {
        self.seed = seed
        self.seconds = seconds
        dice = SeededGenerator(seed: seed)
        names = (1...max(1, count)).map { "st-" + (($0 < 10) ? "0" : "") + String($0) }
        folder = "/tmp/plant-test-\(getpid())"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        cluster = PostgresCluster(programs: programs, folder: folder + "/pg")
    }

    private func say(_ text: String) {
        let parts = (ContinuousClock.now - begun).components
        let time = Double(parts.seconds) + Double(parts.attoseconds) / 1e18
        print(String(format: "%6.1f s  ", time) + text)
        fflush(nil)
    }

    func run() async throws {
        print("plant-test: seed \(seed), \(names.count) stations, \(Int(seconds)) s, \(folder)")
        fflush(nil)
        defer {
            for child in children.values where child.isRunning { kill(child.processIdentifier, SIGKILL) }
            cluster.stop()
        }
        try cluster.create()
        try cluster.start()
        try await PlantDatabase(PlantAddress("host=\(cluster.socketFolder) user=plant dbname=postgres"))
            .execute("CREATE DATABASE plant")
        let direct = PlantDatabase(try cluster.address)
        _ = try await direct.bringUpToDate()
        guard let wire = FaultyWire(to: cluster.socketFolder + "/.s.PGSQL.5432") else {
            throw Broken("no port for the network")
        }
        self.wire = wire
        for name in names { try start(name) }
        var turn = 0
        while ContinuousClock.now - begun < .seconds(seconds) {
            try await Task.sleep(for: .milliseconds(Int.random(in: 700...2500, using: &dice)))
            try checkChildren()
            if isCalm { continue }
            try await disturb(turn)
            turn += 1
        }
        wire.condition = .sound
        say(
            "quiet again: \(deeds.sorted { $0.key < $1.key }.map { "\($0.value) × \($0.key)" }.joined(separator: ", "))"
        )
        try await finish(direct)
        try? FileManager.default.removeItem(atPath: folder)
    }

    // MARK: Disturbances

    private func disturb(_ turn: Int) async throws {
        switch turn % 3 {
        case 0:
            for _ in 0..<Int.random(in: 1...3, using: &dice) {
                let name = names[Int.random(in: 0..<names.count, using: &dice)]
                guard let child = children[name], child.isRunning else { continue }
                kill(child.processIdentifier, SIGKILL)
                child.waitUntilExit()
                count("station killed")
                try start(name)
            }
        case 1:
            let conditions: [(FaultyWire.Condition, String)] = [
                (.cut, "network cut"), (.halfOpen, "network half-open"), (.slow(20), "network slow"),
            ]
            let (condition, name) = conditions[Int.random(in: 0..<3, using: &dice)]
            wire?.condition = condition
            count(name)
            try await Task.sleep(for: .milliseconds(Int.random(in: 300...2500, using: &dice)))
            wire?.condition = .sound
            if Bool.random(using: &dice) {
                wire?.reset(afterBytes: Int.random(in: 1000...400_000, using: &dice))
                count("network cut in the middle")
            }
        default:
            if Bool.random(using: &dice) {
                cluster.crash()
                count("database crashed")
                try await Task.sleep(for: .milliseconds(Int.random(in: 100...1500, using: &dice)))
                try cluster.start()
            } else if cluster.killBackend(&dice) {
                count("database process killed")
            }
        }
    }

    private func count(_ deed: String) {
        deeds[deed, default: 0] += 1
        say(deed)
    }

    private func start(_ name: String) throws {
        let child = Process()
        child.executableURL = URL(
            fileURLWithPath: try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
        let home = folder + "/" + name
        try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
        child.arguments = [
            "station", name, home, "host=127.0.0.1 port=\(wire?.port ?? 0) user=plant dbname=plant",
            String(dice.next() & 0xFFFF_FFFF), String(names.firstIndex(of: name) ?? 0),
        ]
        child.standardOutput = try Self.appending(home + "/acknowledged")
        child.standardError = try Self.appending(home + "/errors")
        child.standardInput = FileHandle.nullDevice
        try child.run()
        children[name] = child
    }

    private static func appending(_ path: String) throws -> FileHandle {
        let file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw Broken("\(path) can't be written") }
        return FileHandle(fileDescriptor: file, closeOnDealloc: true)
    }

    /// A station that ends by itself is a defect.
    private func checkChildren() throws {
        for (name, child) in children where !child.isRunning { throw failure(name, child) }
    }

    private func failure(_ name: String, _ child: Process) -> Broken {
        let errors = (try? String(contentsOfFile: folder + "/\(name)/errors", encoding: .utf8)) ?? ""
        return Broken("station \(name) ended with \(child.terminationStatus): \(errors.suffix(2000))")
    }

    // MARK: The end

    private func finish(_ plant: PlantDatabase) async throws {
        for child in children.values { kill(child.processIdentifier, SIGTERM) }
        for (name, child) in children {
            child.waitUntilExit()
            if child.terminationStatus != 0 { throw failure(name, child) }
        }
        say("stations stopped; what they have and the plant has not is sent")
        var (entries, acknowledged, units): (Int64, Int, Int) = (0, 0, 0)
        var serials: [String: String] = [:]
        for name in names {
            let reader = try StationReader.open(at: folder + "/\(name)/station.db")
            _ = try await PlantPusher(reader: reader, address: try cluster.address).push()
            let (station, signed) = (try await reader.station(), try await reader.checkpoint())
            guard let signed, signed.size == station.ledgerSize else {
                throw Broken("\(name) left unsigned entries")
            }
            // The plant from its entries alone, by the key that the station has.
            let check = try await plant.verify(name, trusting: [try .init(text: station.verifierKey)])
            guard check.isClean else { throw Broken("\(name): \(check.findings.joined(separator: "; "))") }
            guard check.entries == signed.size else {
                throw Broken("\(name) has \(signed.size) entries, the plant \(check.entries)")
            }
            let report = try await reader.verify()
            guard report.isClean else { throw Broken("\(name) itself: \(report.findings)") }
            // Everything that the plant ever acknowledged, at the time when it did.
            let said = (try? String(contentsOfFile: folder + "/\(name)/acknowledged", encoding: .utf8)) ?? ""
            for line in said.split(separator: "\n") {
                let words = line.split(separator: " ")
                guard words.count == 3, words[0] == "ack", let size = Int64(words[1]) else { continue }
                let root = try await reader.root(ofSize: size)
                guard root.hex == words[2] else {
                    throw Broken("\(name): \(size) acknowledged entries are others now")
                }
                acknowledged += 1
            }
            for status in try await reader.runs(RunFilter(outcome: .passed)) {
                guard let device = status.device, let serial = try await reader.device(device)?.serial else {
                    throw Broken("\(name): \(status.run) passed without a serial number")
                }
                if let other = serials.updateValue(device, forKey: serial), other != device {
                    throw Broken("serial number \(serial) is on \(device) and on \(other)")
                }
                units += 1
            }
            entries += signed.size
        }
        let doubled = try await plant.rows(
            "SELECT count(*) FROM (SELECT station, seq FROM entry GROUP BY station, seq HAVING count(*) > 1) x"
        )
        guard doubled == [["0"]] else { throw Broken("entries are there twice") }
        let alarms = try await plant.alarms(open: false)
        guard alarms.isEmpty else { throw Broken(alarms.map(\.sentence).joined(separator: "; ")) }
        let blocks = try await plant.blocks()
        let numbers = blocks.reduce(0) { $0 + Int($1.last - $1.first + 1) }
        guard Set(blocks.flatMap { $0.first...$0.last }).count == numbers else {
            throw Broken("blocks overlap")
        }
        guard units > 0, acknowledged > 0 else { throw Broken("nothing happened: nothing was shown") }
        say(
            "\(names.count) trees verified at the plant; \(entries) entries, each once; \(acknowledged) acknowledgements hold; "
                + "\(units) units with \(serials.count) serial numbers out of \(blocks.count) blocks, none twice; no alarm"
        )
        print("plant-test: passed (seed \(seed))")
    }
}
