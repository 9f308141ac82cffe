import Foundation
import Plant
import StationStore
import TimeAndChance

/// A day of many stations that send to one plant, event by event, with what a push costs measured just before on this
/// machine's own PostgreSQL.
///
/// One thing at a time is done for all stations together: that is what one disk that has to make each transaction durable
/// comes to, and a server that does several at once can only be better. `plant-test simulate [STATIONS] [SEED]`.
struct ScaleSimulation {
    /// Seconds that a push takes at the plant, whatever is in it, and for each entry.
    struct Cost {
        var push: Double
        var entry: Double
    }

    /// What goes wrong, and when.
    struct Day {
        var name: String
        /// Units of a station in 16 hours.
        var units = 40.0
        /// Nothing reaches the plant between these seconds of the day, from the first so many of a hundred stations.
        var away: (from: Double, to: Double, percent: Int)?
        /// Entries that each station brings along from days before.
        var waiting = 0
    }

    /// What came of a day.
    struct Result {
        var pushes = 0
        var entries = 0
        var busy = 0.0
        /// Seconds from an entry's signature to the plant's answer, one for each push: the oldest entry in it.
        var delays: [Double] = []
        var mostWaiting = 0
        /// When nothing waited any more, seconds after the plant was there again.
        var drained: Double?
    }

    static let days: [Day] = [
        Day(name: "an ordinary day"),
        Day(name: "five times as many units", units: 200),
        Day(name: "a third of the stations cut off for 4 hours", away: (3 * 3600, 7 * 3600, 34)),
        Day(name: "the plant away for 8 hours", away: (3 * 3600, 11 * 3600, 100)),
        Day(name: "the plant back after 30 days", waiting: 30 * 40 * entriesAUnit),
    ]

    /// Entries of a unit, as the demo line writes them.
    static let entriesAUnit = 50
    private static let shift = 16.0 * 3600
    private static let interval = 2.0
    private static let longestPause = 60.0
    private static let batch = 8192

    let stations: Int
    let cost: Cost
    let seed: UInt64

    /// Plays a day through.
    func play(_ day: Day) -> Result {
        var chance = SeededGenerator.derived(from: seed, label: day.name)
        var result = Result()
        var plant = 0.0
        // Of each station: entries that wait, since when, its pause, and whether it is about to look.
        var waiting = Array(repeating: day.waiting, count: stations)
        var since = Array(repeating: day.waiting > 0 ? 0.0 : Double.infinity, count: stations)
        var pause = Array(repeating: 1.0, count: stations)
        var looks = Array(repeating: day.waiting > 0, count: stations)
        let takt = Self.shift / day.units
        var events = EventQueue()
        for station in 0..<stations {
            events.push(Double.random(in: 0..<takt, using: &chance), .unit(station))
            if looks[station] {
                events.push(Double.random(in: 0..<Self.interval, using: &chance), .look(station))
            }
        }
        while let (now, event) = events.pop() {
            switch event {
            case .unit(let station):
                waiting[station] += Self.entriesAUnit
                since[station] = min(since[station], now)
                result.mostWaiting = max(result.mostWaiting, waiting[station])
                if !looks[station] {
                    looks[station] = true
                    events.push(now + Double.random(in: 0..<Self.interval, using: &chance), .look(station))
                }
                let next = now + takt * Double.random(in: 0.7..<1.3, using: &chance)
                if next < Self.shift { events.push(next, .unit(station)) }
            case .look(let station):
                if let away = day.away, now >= away.from, now < away.to,
                    station * 100 < away.percent * stations
                {
                    // As the sender does: longer and longer, and never all at once.
                    events.push(
                        now + pause[station] * Double.random(in: 0.5..<1, using: &chance), .look(station))
                    pause[station] = min(Self.longestPause, pause[station] * 2)
                    continue
                }
                pause[station] = 1
                let sent = min(waiting[station], Self.batch)
                let begun = max(now, plant)
                plant = begun + cost.push + Double(sent) * cost.entry
                result.busy += plant - begun
                result.pushes += 1
                result.entries += sent
                result.delays.append(plant - since[station])
                waiting[station] -= sent
                since[station] = waiting[station] > 0 ? since[station] : .infinity
                let back = day.away?.to ?? 0
                if result.drained == nil, now >= back,
                    !waiting.contains(where: { $0 > 2 * Self.entriesAUnit })
                {
                    result.drained = plant - back
                }
                looks[station] = waiting[station] > 0
                if looks[station] { events.push(plant, .look(station)) }
            }
        }
        return result
    }

    // MARK: On the terminal

    static func run(_ words: [String], programs: String) async throws {
        let stations = words.first.flatMap { Int($0) } ?? 1000
        let seed = words.dropFirst().first.flatMap { UInt64($0) } ?? 1
        guard (1...100_000).contains(stations) else {
            throw Broken("1 to 100000 stations, found \(stations)")
        }
        let cost = try await measure(programs: programs)
        print(
            String(
                format: "a push costs %.1f ms and %.1f µs an entry here, fsync on; seed %llu",
                cost.push * 1000,
                cost.entry * 1e6, seed))
        print("")
        print(
            "| \(stations) stations, 16 hours | Pushes | Entries | Plant busy | Delay p50 | p99 | Longest | Most that waits at a station | Caught up after |"
        )
        print("|---|---:|---:|---:|---:|---:|---:|---:|---:|")
        for day in days {
            let result = ScaleSimulation(stations: stations, cost: cost, seed: seed).play(day)
            let delays = result.delays.sorted()
            func delay(_ part: Double) -> String {
                guard !delays.isEmpty else { return "–" }
                return text(delays[min(delays.count - 1, Int(part * Double(delays.count)))])
            }
            print(
                "| \(day.name) | \(result.pushes) | \(result.entries) | "
                    + String(format: "%.1f %%", 100 * result.busy / shift)
                    + " | \(delay(0.5)) | \(delay(0.99)) | \(delay(1)) | \(result.mostWaiting) | "
                    + (day.away == nil && day.waiting == 0
                        ? "–" : result.drained.map(text) ?? "not in that day")
                    + " |")
        }
    }

    private static func text(_ seconds: Double) -> String {
        if seconds < 1 { return String(format: "%.0f ms", seconds * 1000) }
        if seconds < 120 { return String(format: "%.1f s", seconds) }
        return seconds < 7200
            ? String(format: "%.0f min", seconds / 60) : String(format: "%.1f h", seconds / 3600)
    }

    /// What one unit's entries cost, and what each entry more costs: two sizes of push make two equations.
    private static func measure(programs: String) async throws -> Cost {
        let folder = "/tmp/plant-simulation-\(getpid())"
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
        _ = try await PlantDatabase(try cluster.address).bringUpToDate()
        let store = try await ScaleFigures.make(folder + "/st.db", "st-1", units: 1, first: 1)
        let pusher = PlantPusher(reader: store.reader, address: try cluster.address)
        _ = try await pusher.push()
        var first = 2
        /// Median seconds of a push of so many units, and its entries.
        func push(units: Int, times: Int) async throws -> (seconds: Double, entries: Double) {
            var seconds: [Double] = []
            var entries: Int64 = 0
            for _ in 0..<times {
                try await ScaleFigures.grow(store, units: units, first: first)
                first += units
                let begun = ContinuousClock.now
                entries = try await pusher.push().sent
                let parts = (ContinuousClock.now - begun).components
                seconds.append(Double(parts.seconds) + Double(parts.attoseconds) / 1e18)
            }
            return (seconds.sorted()[times / 2], Double(entries))
        }
        let (small, large) = (try await push(units: 1, times: 21), try await push(units: 200, times: 5))
        try await store.close()
        let entry = (large.seconds - small.seconds) / (large.entries - small.entries)
        return Cost(push: max(0, small.seconds - entry * small.entries), entry: entry)
    }
}

/// What happens next, by time; a binary heap.
private struct EventQueue {
    enum Event {
        case unit(Int)
        case look(Int)
    }

    private var heap: [(time: Double, event: Event)] = []

    mutating func push(_ time: Double, _ event: Event) {
        heap.append((time, event))
        var child = heap.count - 1
        while child > 0, heap[child].time < heap[(child - 1) / 2].time {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func pop() -> (Double, Event)? {
        guard let first = heap.first else { return nil }
        let last = heap.removeLast()
        if !heap.isEmpty {
            heap[0] = last
            var parent = 0
            while true {
                var least = parent
                for child in [2 * parent + 1, 2 * parent + 2]
                where child < heap.count && heap[child].time < heap[least].time { least = child }
                if least == parent { break }
                heap.swapAt(parent, least)
                parent = least
            }
        }
        return first
    }
}
