import Foundation
import Plant
import StationStore
import Testing

@Suite(.serialized, .enabled(if: TestCluster.programs != nil, Comment(rawValue: TestCluster.why)))
struct LeaseTests {
    let cluster: TestCluster
    let range = SerialRange(prefix: "L", first: 1, last: 100, width: 4, isShared: true)

    init() throws { cluster = try #require(TestCluster.shared) }

    @Test func stationsThatLeaseAtOnceNeverShareANumber() async throws {
        let (address, plant) = try await cluster.newPlant()
        var stations: [TestStation] = []
        for number in 1...4 {
            let station = try await TestStation("st-\(number)")
            try await station.open("WO-1", range)
            stations.append(station)
        }
        let blocks = try await withThrowingTaskGroup(of: [SerialPool.Block].self) { group in
            for station in stations {
                group.addTask {
                    let database = PlantDatabase(address)
                    var blocks: [SerialPool.Block] = []
                    for _ in 0..<3 {
                        blocks.append(try await database.lease(7, of: "WO-1", for: station.store))
                    }
                    return blocks
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        let numbers = blocks.flatMap { $0.first...$0.last }
        #expect(numbers.count == 84 && Set(numbers).count == 84)
        #expect(try await plant.blocks().map(\.first).sorted() == blocks.map(\.first).sorted())
        // Offline from here on: the numbers that units get are the station's own.
        for (index, station) in stations.enumerated() {
            for unit in 1...3 { try await station.bless(index * 10 + unit, order: "WO-1") }
        }
        for station in stations {
            let mine = blocks.filter { $0.station == station.name }.flatMap { $0.first...$0.last }
            let used = try await station.reader.texts("SELECT serial FROM serial_lease").compactMap { $0[0] }
            #expect(used.count == 3 && used.allSatisfy { mine.contains(range.number(of: $0) ?? 0) })
            #expect(try await station.reader.order("WO-1")?.serialsLeft == 18)
            #expect(try await station.pusher(address).push().alarms == [])
        }
        #expect(try await plant.pools().first?.left == 16)
    }

    @Test func aStationWithoutABlockGetsNoNumber() async throws {
        let (address, plant) = try await cluster.newPlant()
        let station = try await TestStation("st-1")
        try await station.open("WO-1", range)
        await #expect(throws: StoreError.refused(.noSerialsGranted(order: "WO-1"))) {
            try await station.bless(1, order: "WO-1")
        }
        #expect(try await plant.lease(2, of: "WO-1", for: station.store).last == 2)
        try await station.bless(2, order: "WO-1")
        try await station.bless(3, order: "WO-1")
        await #expect(throws: StoreError.refused(.noSerialsGranted(order: "WO-1"))) {
            try await station.bless(4, order: "WO-1")
        }
        // Another's number, and a block that is not the plant's to give.
        let other = try await TestStation("st-2")
        try await other.open("WO-1", range)
        #expect(try await plant.lease(2, of: "WO-1", for: other.store).first == 3)
        await #expect(throws: StoreError.refused(.serialNotGranted(serial: "L0003", order: "WO-1"))) {
            _ = try await station.store.leaseSerial(
                order: "WO-1", device: TestStation.device(4).device, wanted: "L0003")
        }
        await #expect(throws: StoreError.refused(.serialsGrantedAlready(order: "WO-1", first: "L0001"))) {
            try await station.store.append(.serialsGranted(SerialsGranted(order: "WO-1", first: 2, last: 9)))
        }
        // Somebody wrote a block into the ledger that the plant never gave.
        try await station.store.append(.serialsGranted(SerialsGranted(order: "WO-1", first: 90, last: 95)))
        try await station.bless(5, order: "WO-1")
        #expect(try await station.pusher(address).push().alarms.map(\.kind) == [.serialNotLeased])
        #expect(try await station.reader.verify().isClean)
        try await station.store.rebuildProjections()
        #expect(try await station.reader.order("WO-1")?.serialsLeft == 5)
    }

    @Test func orderThatIsNotSharedOrOtherwiseHasNoBlocks() async throws {
        let (_, plant) = try await cluster.newPlant()
        let (one, other) = (try await TestStation("st-1"), try await TestStation("st-2"))
        var own = range
        own.isShared = false
        try await one.open("OWN", own)
        await #expect(throws: LeaseFault.notShared(order: "OWN")) {
            try await plant.lease(5, of: "OWN", for: one.store)
        }
        await #expect(throws: LeaseFault.unknownOrder("NONE")) {
            try await plant.lease(5, of: "NONE", for: one.store)
        }
        try await other.open("WO-1", range)
        #expect(try await plant.lease(95, of: "WO-1", for: other.store).last == 95)
        #expect(try await plant.lease(95, of: "WO-1", for: other.store).last == 100)
        await #expect(throws: LeaseFault.exhausted(order: "WO-1")) {
            try await plant.lease(5, of: "WO-1", for: other.store)
        }
        let third = try await TestStation("st-3")
        var wider = range
        wider.last = 200
        try await third.open("WO-1", wider)
        await #expect(throws: LeaseFault.self) { try await plant.lease(5, of: "WO-1", for: third.store) }
    }

    @Test func refillKeepsAStationAboveTheLowWaterMark() async throws {
        let (_, plant) = try await cluster.newPlant()
        let station = try await TestStation("st-1")
        try await station.open("WO-1", range)
        #expect(try await plant.refill(station.store, block: 10, lowWater: 5).map(\.last) == [10])
        #expect(try await plant.refill(station.store, block: 10, lowWater: 5) == [])
        for unit in 1...6 { try await station.bless(unit, order: "WO-1") }
        #expect(try await plant.refill(station.store, block: 10, lowWater: 5).map(\.last) == [20])
    }

    @Test func aStationThatWasSetBackGetsNoNumbers() async throws {
        let (address, plant) = try await cluster.newPlant()
        let station = try await TestStation("st-1")
        try await station.open("WO-1", range)
        _ = try await station.store.signCheckpoint()
        try await station.store.close()
        let copy = station.folder.appending(path: "copy.db").path
        try FileManager.default.copyItem(atPath: station.path, toPath: copy)
        let first = try await StationStore.open(at: station.path, key: station.key, clock: station.clock)
        _ = try await plant.lease(5, of: "WO-1", for: first)
        _ = try await first.signCheckpoint()
        _ = try await PlantPusher(reader: first.reader, address: address).push()
        try await first.close()
        let second = try await StationStore.open(at: copy, key: station.key, clock: station.clock)
        await expectAlarm(.setBack) { try await plant.lease(5, of: "WO-1", for: second) }
        #expect(try await plant.blocks().count == 1)
        try await second.close()
    }
}
