import Foundation
import Ledger
import Testing
import TimeAndChance

@testable import StationStore

@Suite struct GroupCommitTests {
    let station: TestStation

    init() throws { station = try TestStation() }

    /// Keeps the writer busy until told otherwise, so that what is handed in meanwhile forms one group.
    private final class Hold: Sendable {
        private let gate = DispatchSemaphore(value: 0)

        init(_ store: StationStore) {
            store.pool.asyncWriteWithoutTransaction { [gate] _ in gate.wait() }
        }

        func release() { gate.signal() }
    }

    @Test func aRefusedRecordTakesNoOtherWithIt() async throws {
        let store = try await station.create()
        let run = try await store.startRun(start(order: nil))
        let hold = Hold(store)
        let tickets = [
            step(run, "a"), step(RunID(rawValue: 99), "b"), identified(run, 1),
            .actFinished(ActFinished(run: run, act: 3, outcome: .ok)), step(run, "c"),
        ].map { store.enqueue($0) }
        hold.release()
        #expect(try await tickets[0].receipt.sequence == 2)
        await expect(.unknownRun(RunID(rawValue: 99))) { _ = try await tickets[1].receipt }
        #expect(try await tickets[2].receipt.sequence == 3)
        await expect(.unknownAct(run: run, act: 3)) { _ = try await tickets[3].receipt }
        #expect(try await tickets[4].receipt.sequence == 4)
        #expect(try await store.reader.run(run)?.steps.map(\.name) == ["a", "c"])
        #expect(try await store.reader.verify().findings == [])
    }

    /// What a refused record would have added to shared tables isn't remembered by mistake.
    @Test func namesOfRefusedRecordsAreForgotten() async throws {
        let store = try await station.create()
        try await store.openDemoOrder(quantity: 1)
        let run = try await store.startRun(start())
        try await store.pool.writeWithoutTransaction { db in
            // A refusal by the schema, after the name and the limits were put in.
            try db.execute(
                sql: """
                    CREATE TEMP TRIGGER refuse BEFORE INSERT ON main.measurement WHEN NEW.value = 0.5
                    BEGIN SELECT RAISE(ABORT, 'no half measures'); END
                    """)
        }
        await expect(.constraint("no half measures")) { try await store.append(step(run, "new", 0.5)) }
        try await store.append(step(run, "new", 3.3))
        #expect(try await store.reader.run(run)?.steps.map(\.name) == ["new"])
        #expect(try await store.reader.verify().findings == [])
    }

    @Test(arguments: [1, 2] as [UInt64])
    func manySlotsKeepTheirOwnOrder(seed: UInt64) async throws {
        var options = StationStore.Options()
        options.largestGroup = 16
        options.checkpointInterval = 50
        let store = try await station.create(options)
        try await withThrowingTaskGroup(of: [Int64].self) { group in
            for slot in 1...6 {
                group.addTask {
                    var chance = SeededGenerator.derived(from: seed, label: "slot", index: UInt64(slot))
                    let run = try await store.startRun(start(slot: slot, order: nil))
                    var tickets: [Ticket] = []
                    for index in 0..<60 {
                        tickets.append(store.enqueue(step(run, "step \(index)")))
                        if chance.happens(withProbability: 0.1) { try await store.flush() }
                        if chance.happens(withProbability: 0.1) {
                            _ = store.enqueue(step(RunID(rawValue: 0)))
                        }
                    }
                    var sequences: [Int64] = []
                    for ticket in tickets { sequences.append(try await ticket.receipt.sequence) }
                    return sequences
                }
            }
            for try await sequences in group { #expect(sequences == sequences.sorted()) }
        }
        let report = try await store.reader.verify()
        #expect(report.findings == [])
        #expect(report.entries == 1 + 6 * 61)
        #expect(report.checkpoints >= 6)
        for run in try await store.reader.runs() {
            let steps = try await store.reader.run(run.run)?.steps.map(\.name)
            #expect(steps == (0..<60).map { "step \($0)" })
        }
    }

    @Test func tooManyWaitingAreTurnedAway() async throws {
        var options = StationStore.Options()
        options.mostWaiting = 3
        let store = try await station.create(options)
        let hold = Hold(store)
        let tickets = (0..<5).map { store.enqueue(.note(Note(text: "\($0)"))) }
        hold.release()
        for ticket in tickets[..<3] { _ = try await ticket.receipt }
        for ticket in tickets[3...] {
            await #expect(throws: StoreError.overloaded(waiting: 3)) { _ = try await ticket.receipt }
        }
    }

    /// Shutting down happens in tasks that are cancelled already.
    @Test func aCancelledTaskStillWritesAndCloses() async throws {
        let store = try await station.create()
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            try await store.append(.note(Note(text: "last words")))
            _ = try await store.signCheckpoint()
            try await store.close()
        }
        try await task.value
        let again = try await station.open()
        #expect(try await again.reader.entries().map(\.kind) == ["station.created", "note"])
    }

    /// Somebody who reads in another process doesn't hold up a shut-down, nor does he see it.
    @Test func aReaderElsewhereDoesNotHoldUpClosing() async throws {
        let store = try await station.create()
        let reader = try StationReader.open(at: station.path)
        let gate = DispatchSemaphore(value: 0)
        let (started, starting) = AsyncStream<Void>.makeStream()
        let sizes = Task {
            try await reader.ask { db in
                let before = try LedgerTables.size(db)
                starting.finish()
                gate.wait()
                return [before, try LedgerTables.size(db)]
            }
        }
        for await _ in started {}
        try await store.append(.note(Note(text: "meanwhile")))
        try await store.close()
        gate.signal()
        #expect(try await sizes.value == [1, 1])
        #expect(try await reader.station().ledgerSize == 2)
        try await station.open().close()
    }

    /// The tree's edge is taken up again wherever it was left.
    @Test func theLedgerGoesOnAfterEveryReopening() async throws {
        try await station.create().close()
        for count in [1, 254, 1, 255, 2, 600] {
            let store = try await station.open()
            for index in 0..<count { _ = store.enqueue(.note(Note(text: "\(index)"))) }
            try await store.flush()
            try await store.close()
        }
        let report = try await StationReader.open(at: station.path).verify()
        #expect(report.entries == 1 + 1 + 254 + 1 + 255 + 2 + 600 && report.findings == [])
    }

    /// Dropped without being closed, as a crash would: what was durable is there.
    @Test func aStoreThatWasNotClosedIsTakenUp() async throws {
        do {
            let store = try await station.create()
            try await store.append(.note(Note(text: "kept")))
        }
        let store = try await station.open()
        #expect(try await store.reader.entries().map(\.kind) == ["station.created", "note"])
    }
}
