import ContentAddress
import Foundation
import Ledger
import StationStore
import TimeAndChance

/// Writes to a station database until it is killed, and tells on standard output what was acknowledged: sequence
/// number and kind of each entry, on a line of its own. For tests.
///
/// `record-crash DATABASE KEY SEED [open]`
@main enum RecordCrash {
    static func main() async {
        let arguments = CommandLine.arguments
        do {
            let key = try StationKey.load(from: arguments[2])
            if arguments.count > 4, arguments[4] == "open" {
                // As a user who may read the database but not write it.
                if geteuid() == 0 { setuid(65_534) }
                _ = try await StationStore.open(at: arguments[1], key: key)
                return
            }
            let store = try await StationStore.open(at: arguments[1], key: key)
            try await write(store, seed: UInt64(arguments[3]) ?? 0)
        } catch {
            FileHandle.standardError.write(Data("\(error)\n".utf8))
            exit(1)
        }
    }

    /// Four slots that each bless units one after the other, forever.
    static func write(_ store: StationStore, seed: UInt64) async throws {
        let digest = SHA256Digest(of: [])
        try await store.append(.stationStarted(StationStarted(program: "crash")))
        for unfinished in try await store.reader.unfinishedRuns() {
            try await store.append(
                .runFinished(RunFinished(run: unfinished.run.run, outcome: .error, code: "CRASH")))
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for slot in 1...4 {
                group.addTask {
                    var chance = SeededGenerator.derived(from: seed, label: "slot", index: UInt64(slot))
                    while true {
                        let mac =
                            "0c2a69"
                            + String(UInt32.random(in: 0x100000...0xFFFFFF, using: &chance), radix: 16)
                        let run = try await store.startRun(
                            RunStarted(
                                slot: slot, sku: "lamp", skuDigest: digest, planDigest: digest,
                                operatedBy: .named("operator \(slot)"), fixture: "slot \(slot)",
                                program: "crash"))
                        tell(run.rawValue, "run.started")
                        func add(_ record: Record) async throws {
                            tell(try await store.append(record).sequence, record.kind)
                        }
                        let identity = UnitIdentified(
                            run: run, device: "3000" + mac, mac: mac, impOS: "30", flashJEDEC: "c22015",
                            flashBytes: 1 << 20)
                        do { try await add(.unitIdentified(identity)) } catch StoreError.refused { continue }
                        for index in 0..<5 {
                            try await add(
                                .stepFinished(
                                    StepFinished(
                                        run: run, name: "s\(index)", outcome: .passed, startedMs: 0,
                                        endedMs: 1)))
                        }
                        do {
                            try await add(.actIntended(ActIntended(run: run, act: 1, kind: .bless)))
                            try await add(.actFinished(ActFinished(run: run, act: 1, outcome: .ok)))
                            try await add(.blessingAnswered(BlessingAnswered(run: run, outcome: .blessed)))
                            try await add(.runFinished(RunFinished(run: run, outcome: .passed)))
                        } catch StoreError.refused {
                            try await add(.runFinished(RunFinished(run: run, outcome: .refused)))
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    /// Straight to the descriptor: what was told must not sit in a buffer when the signal comes.
    static func tell(_ sequence: Int64, _ kind: String) {
        let line = Array("\(sequence) \(kind)\n".utf8)
        _ = line.withUnsafeBytes { Foundation.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
    }
}
