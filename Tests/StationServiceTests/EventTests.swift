import Foundation
import StationPages
import Testing

@testable import StationService

/// The live events: order, resume, and what becomes of slow readers.
struct EventTests {
    private static func slot(_ number: Int) -> LiveEvent {
        .slot(SlotState(slot: number, name: "A", kind: .emulated, phase: .ready))
    }

    @Test func readerGoesOnWhereItWas() {
        let hub = EventHub(capacity: 8, boot: "b")
        for number in 1...5 { hub.publish(Self.slot(number)) }
        guard let place = hub.place(of: "b-3"), case .events(let entries) = hub.read(after: place) else {
            Issue.record("nothing to read")
            return
        }
        #expect(entries.map(\.sequence) == [4, 5])
        #expect(
            String(decoding: entries[0].bytes(boot: "b"), as: UTF8.self)
                == "id: b-4\nevent: slot\ndata: {\"kind\":\"emulated\",\"name\":\"A\",\"phase\":\"ready\",\"slot\":4}\n\n"
        )
    }

    @Test(arguments: ["", "b", "b-", "b-x", "c-3", "b-3-1", "b--3", "-3"])
    func foreignIdsAreNoPlaces(id: String) {
        #expect(EventHub(boot: "b").place(of: id) == nil)
    }

    @Test func whoFellBehindIsToldSo() {
        let hub = EventHub(capacity: 8, boot: "b")
        for number in 1...20 { hub.publish(Self.slot(number)) }
        if case .lost = hub.read(after: 11) {} else { Issue.record("entry 12 is gone") }
        if case .events(let entries) = hub.read(after: 12) {
            #expect(entries.map(\.sequence) == Array(13...20))
        } else {
            Issue.record("entries 13 to 20 are there")
        }
        if case .nothing = hub.read(after: 20) {} else { Issue.record("there is nothing after 20") }
        // A place that was never reached belongs to somebody else's stream.
        if case .lost = hub.read(after: 21) {} else { Issue.record("21 has not happened") }
    }

    /// Twenty readers, ten thousand events: publishing never waits for one of them, and each sees a rising sequence
    /// that ends with the last event, with gaps only where it was told of them.
    @Test func twentyReadersSeeTheEndAndHoldUpNobody() async {
        let hub = EventHub(capacity: 512, boot: "b")
        let readers = (0..<20).map { index in
            Task {
                var place = 0
                var last = 0
                var snapshots = 0
                while true {
                    switch hub.read(after: place, limit: index % 3 == 0 ? 7 : 256) {
                    case .events(let entries):
                        for entry in entries {
                            guard entry.sequence == place + 1 else { return (-1, snapshots) }
                            place = entry.sequence
                            last = entry.sequence
                        }
                        // Some readers are slow: they let others go first again and again.
                        if index % 4 == 0 { for _ in 0..<50 { await Task.yield() } }
                    case .lost:
                        snapshots += 1
                        place = hub.lastSequence
                        last = place
                    case .nothing: await hub.wait(after: place)
                    case .ended: return (last, snapshots)
                    }
                    if last == 10_000 { return (last, snapshots) }
                }
            }
        }
        // Not async: there is nothing in it that could wait.
        for number in 1...10_000 { hub.publish(Self.slot(number)) }
        for reader in readers {
            let (last, _) = await reader.value
            #expect(last == 10_000)
        }
        #expect(hub.waiting == 0)
    }

    @Test func waitingEndsWithTheTaskAndWithTheHub() async {
        let hub = EventHub(boot: "b")
        let cancelled = Task { await hub.wait(after: 0) }
        cancelled.cancel()
        await cancelled.value
        let waiting = Task { await hub.wait(after: 0) }
        hub.close()
        await waiting.value
        if case .ended = hub.read(after: 0) {} else { Issue.record("the hub is closed") }
    }

    @Test func snapshotHoldsEverythingUpToItsNumber() async throws {
        let bench = try await ServiceBench(units: 6)
        let before = bench.sources.board.snapshot()
        try await bench.bless()
        var state = Dictionary(uniqueKeysWithValues: before.slots.map { ($0.name, $0) })
        guard case .events(let entries) = bench.sources.hub.read(after: before.sequence, limit: 4000) else {
            Issue.record("no events")
            return
        }
        for entry in entries { if case .slot(let slot) = entry.event { state[slot.name] = slot } }
        let after = bench.sources.board.snapshot()
        #expect(after.slots.allSatisfy { state[$0.name] == $0 })
        #expect(after.sequence == entries.last?.sequence)
    }
}
