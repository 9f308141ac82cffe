import Blessing
import Fixturing
import StationStore
import Synchronization
import Testing
import TimeAndChance
import USBFixture
import USBTransport
import VirtualSlot
import VirtualUSB

/// The desk of `station serve` on USB slots: scanned starts, orders that run by themselves, a plug that comes out.
@Suite struct DeskOnUSBTests {
    static func desk(
        _ station: USBStation, _ slots: SlotDesk, _ names: [String], _ timeline: VirtualTimeline,
        _ told: Told
    ) -> Desk {
        Desk(
            slots: names.indices.map { index in
                DeskSlot(name: names[index], number: index + 1, kind: .usb) { _ in
                    try await told.fixture(index) {
                        try await withTaskExecutorPreference(timeline) {
                            HeldFixture(try await slots.fixture(index, on: timeline), on: timeline)
                        }
                    }
                }
            },
            store: station.store, settings: station.settings(LineControl()),
            tell: { event in
                if case .line(let event) = event, case .finished(let unit) = event.kind { told.add(unit) }
            })
    }

    /// Units are taken as they are seated; an order that is paused takes no more, and its slots are free.
    @Test func anOrderRunsByItself() async throws {
        let station = try await USBStation()
        let plan = try station.plan()
        try await VirtualTimeline.run { timeline in
            let names = ["A", "B"]
            let slots = try SlotDesk(timeline, names, units: 2)
            let told = Told()
            let desk = Self.desk(station, slots, names, timeline, told)
            try await slots.operated(on: timeline) {
                try await desk.open(plan, mode: .automatic)
                await told.next()
                await told.next()
                try await desk.pause(order: plan.order.id)
                await desk.untilIdle()
            }
            #expect(told.units.map(\.outcome) == [.passed, .passed], "\(told.units)")
            #expect(await desk.openOrders.map(\.blessed) == [2])
            #expect(await desk.park(within: .seconds(5)) == [])
        }
        #expect(try await station.store.reader.verify().isClean)
    }

    /// The plug of slot A comes out in the middle of a flash write; B's unit passes, and the next start in A does too.
    @Test func scannedStartsAndAPulledPlug() async throws {
        let station = try await USBStation()
        let plan = try station.plan()
        try await VirtualTimeline.run { timeline in
            let names = ["A", "B"]
            let slots = try SlotDesk(
                timeline, names, units: 2,
                faults: ["A": [BusFault(.unplug, endpoint: 0x02, packet: 900)]])
            let told = Told()
            let desk = Self.desk(station, slots, names, timeline, told)
            let person = DeskPerson(id: "op-17", place: "10.0.0.7")
            let serials = plan.order.serials
            try await slots.operated(on: timeline) {
                try await desk.open(plan, mode: .scan)
                try await desk.start("A", code: serials.serial(at: 0), order: nil, by: person)
                try await desk.start("B", code: serials.serial(at: 1), order: nil, by: person)
                await desk.untilIdle()
                #expect(told.of("A").map { $0.reason?.code } == [.fixtureLost], "\(told.units)")
                #expect(told.of("B").map(\.outcome) == [.passed], "\(told.units)")
                // A lost fixture is no lost slot: somebody puts the plug back and starts again.
                try await desk.start("A", code: serials.serial(at: 0), order: nil, by: person)
                await desk.untilIdle()
            }
            #expect(told.of("A").last?.outcome == .passed, "\(told.units)")
            #expect(told.of("A").last?.serial == serials.serial(at: 0))
        }
        #expect(try await station.store.reader.verify().isClean)
    }
}

/// What a desk told of ended units, and the fixtures that were opened: each once.
final class Told: Sendable {
    private let state = Mutex<(units: [UnitResult], fixtures: [Int: any Fixture])>(([], [:]))
    var units: [UnitResult] { state.withLock { $0.units } }
    func of(_ slot: String) -> [UnitResult] { units.filter { $0.slot == slot } }
    func add(_ unit: UnitResult) {
        state.withLock { $0.units.append(unit) }
        bell.continuation.yield()
    }

    private let bell = AsyncStream<Void>.makeStream()
    /// Returns when one more unit has ended.
    func next() async {
        for await _ in bell.stream { return }
    }

    func fixture(_ index: Int, _ open: () async throws -> any Fixture) async throws -> any Fixture {
        if let known = state.withLock({ $0.fixtures[index] }) { return known }
        let opened = try await open()
        state.withLock { $0.fixtures[index] = opened }
        return opened
    }
}
