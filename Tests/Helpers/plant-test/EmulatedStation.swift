import ContentAddress
import Foundation
import Ledger
import Plant
import StationStore
import Synchronization
import TimeAndChance

/// One station of the test: a process with the station's own store, leases and sending; its units are made up. It works
/// until SIGTERM, and takes up whatever a SIGKILL left behind.
enum EmulatedStation {
    static let order = "WO-PLANT"
    static let range = SerialRange(prefix: "PT", first: 1, last: 999_999, width: 6, isShared: true)
    private static let digest = SHA256Digest(of: [])
    private static let isStopping = Atomic(false)

    /// `station NAME FOLDER ADDRESS SEED INDEX`
    static func main(_ words: [String]) async throws {
        guard words.count == 5, let seed = UInt64(words[3]), let index = Int(words[4]) else {
            throw Broken("station NAME FOLDER ADDRESS SEED INDEX")
        }
        signal(SIGTERM, SIG_IGN)
        let stop = DispatchSource.makeSignalSource(signal: SIGTERM, queue: .global())
        stop.setEventHandler { isStopping.store(true, ordering: .relaxed) }
        stop.resume()
        do {
            try await work(words[0], words[1], try PlantAddress(words[2]), seed, index)
        } catch {
            FileHandle.standardError.write(Data("\(error)\n".utf8))
            exit(1)
        }
    }

    private static func work(
        _ name: String, _ folder: String, _ address: PlantAddress, _ seed: UInt64, _ index: Int
    ) async throws {
        let store = try await open(name, folder)
        try await store.append(.stationStarted(StationStarted(program: "plant-test")))
        for unfinished in try await store.reader.unfinishedRuns() {
            try await store.append(
                .runFinished(RunFinished(run: unfinished.run.run, outcome: .error, code: "CRASH")))
        }
        if try await store.reader.order(order) == nil {
            try await store.append(
                .orderOpened(OrderOpened(order: order, sku: "lamp", quantity: 1_000_000, serials: range)))
        }
        var options = PlantPusher.Options(seed: seed)
        options.patience = PlantPatience(connecting: 2, silence: 3)
        options.interval = .milliseconds(150)
        options.firstPause = .milliseconds(100)
        options.longestPause = .seconds(1)
        options.mostEntries = 500
        let pusher = PlantPusher(reader: store.reader, address: address, options: options)
        let sending = Task {
            await pusher.follow { result in
                switch result {
                case .success(let report):
                    // What is on this line has been acknowledged, whatever becomes of this process.
                    FileHandle.standardOutput.write(
                        Data("ack \(report.head.size) \(report.head.root.hex)\n".utf8))
                case .failure(let error):
                    FileHandle.standardOutput.write(Data("not \(error)\n".utf8))
                    guard let error = error as? PlantError, error.isPassing else {
                        FileHandle.standardError.write(Data("\(error)\n".utf8))
                        exit(2)
                    }
                }
            }
        }
        let plant = PlantDatabase(address, patience: options.patience)
        let leasing = Task {
            while !Task.isCancelled {
                do {
                    _ = try await plant.refill(store, block: 40, lowWater: 15)
                } catch let error as PlantError where error.isPassing {
                } catch is CancellationError {
                    break
                }
                try? await Task.sleep(for: .milliseconds(300))
            }
        }
        var chance = SeededGenerator(seed: seed)
        while !isStopping.load(ordering: .relaxed) {
            let number = Int.random(in: 0...0xFFFF, using: &chance)
            try await unit(index << 16 | number, store, &chance)
            try await Task.sleep(for: .milliseconds(Int.random(in: 5...120, using: &chance)))
        }
        leasing.cancel()
        sending.cancel()
        try await leasing.value
        await sending.value
        try await store.append(.stationStopped(StationStopped(reason: "the test ends")))
        try await store.close()
    }

    private static func open(_ name: String, _ folder: String) async throws -> StationStore {
        let (path, keyFile) = (folder + "/station.db", folder + "/station.key")
        if !FileManager.default.fileExists(atPath: keyFile) {
            try StationKey.generate(name: StationStore.origin(station: name)).save(to: keyFile)
        }
        let key = try StationKey.load(from: keyFile)
        if FileManager.default.fileExists(atPath: path) {
            return try await StationStore.open(at: path, key: key)
        }
        return try await StationStore.create(at: path, station: name, key: key, program: "plant-test")
    }

    /// A unit's way through a slot, with the faults that a line sees.
    private static func unit(_ number: Int, _ store: StationStore, _ chance: inout SeededGenerator)
        async throws
    {
        let tail = String(number, radix: 16)
        let mac = "0c2a" + String(repeating: "0", count: 8 - tail.count) + tail
        let device = "3000" + mac
        if try await store.reader.device(device)?.isBlessed ?? false { return }
        let run = try await store.startRun(
            RunStarted(
                slot: 1, sku: "lamp", skuDigest: digest, planDigest: digest, order: order,
                operatedBy: .named("Ada"),
                fixture: "made up", program: "plant-test"))
        try await store.append(
            .unitIdentified(
                UnitIdentified(
                    run: run, device: device, mac: mac, impOS: "release-30", flashJEDEC: "c22015",
                    flashBytes: 2_097_152, warnings: [])))
        func end(_ outcome: RunOutcome, _ code: String?) async throws {
            try await store.append(.runFinished(RunFinished(run: run, outcome: outcome, code: code)))
        }
        for step in 0..<8 {
            _ = store.enqueue(
                .stepFinished(
                    StepFinished(
                        run: run, name: "step \(step)", outcome: .passed, startedMs: 0, endedMs: 5,
                        measurements: [
                            Measurement(
                                name: "vdd", value: .number(Double.random(in: 3.2...3.4, using: &chance)),
                                unit: "V",
                                limit: .range(low: 3.1, high: 3.5), outcome: .passed)
                        ])))
        }
        guard chance.next() % 8 != 0 else { return try await end(.failed, "T01") }
        let serial: String
        do {
            serial = try await store.leaseSerial(order: order, device: device).serial
        } catch StoreError.refused(.noSerialsGranted) {
            // The plant is away and the last block is used up: the line waits, nobody makes a number up.
            return try await end(.refused, "A11")
        }
        try await store.append(.actIntended(ActIntended(run: run, act: 1, kind: .bless)))
        try await store.append(.actFinished(ActFinished(run: run, act: 1, outcome: .ok)))
        try await store.append(.blessingAnswered(BlessingAnswered(run: run, outcome: .blessed)))
        try await store.append(.serialConfirmed(SerialConfirmed(serial: serial, device: device, run: run)))
        try await end(.passed, nil)
    }
}
