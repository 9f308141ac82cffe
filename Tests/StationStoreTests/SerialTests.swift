import Foundation
import Testing
import TimeAndChance

@testable import StationStore

@Suite struct SerialTests {
    let station: TestStation
    let store: StationStore

    init() async throws {
        station = try TestStation()
        store = try await station.create()
        try await store.openDemoOrder(first: 1, last: 3)
    }

    /// Identifies a unit in a run that ends at once.
    private func meet(_ number: Int) async throws -> RunID {
        let run = try await store.startRun(start(order: nil))
        try await store.append(identified(run, number))
        try await store.append(.runFinished(RunFinished(run: run, outcome: .aborted)))
        return run
    }

    private func lease(_ number: Int, order: String = "WO-1", wanted: String? = nil) async throws
        -> SerialLease
    {
        try await store.leaseSerial(order: order, device: unit(number).device, wanted: wanted)
    }

    @Test func leasingIsIdempotentByUnitAndOrder() async throws {
        for number in 1...4 { _ = try await meet(number) }
        #expect(try await lease(1).serial == "L000001")
        let size = try await store.reader.station().ledgerSize
        let again = try await lease(1)
        #expect(again.serial == "L000001" && !again.isNew)
        #expect(try await store.reader.station().ledgerSize == size)
        #expect(try await lease(2).serial == "L000002")
        #expect(try await lease(3).serial == "L000003")
        #expect(try await store.reader.order("WO-1")?.serialsLeft == 0)
        await expect(.serialsExhausted(order: "WO-1")) { _ = try await lease(4) }

        try await store.append(
            .serialReturned(SerialReturned(serial: "L000002", device: unit(2).device, reason: "failed")))
        #expect(try await store.reader.order("WO-1")?.serialsLeft == 1)
        #expect(try await store.reader.serial("L000002")?.state == .returned)
        #expect(try await lease(4).serial == "L000002")
        await expect(.serialsExhausted(order: "WO-1")) { _ = try await lease(2) }
        #expect(try await store.reader.unit("L000002")?.device.device == unit(4).device)
        #expect(try await store.reader.verify().findings == [])
    }

    @Test func aConfirmedNumberStays() async throws {
        let run = try await store.pass(1)
        #expect(try await store.reader.serial("L000001")?.state == .confirmed)
        await expect(.deviceHasSerial(device: unit(1).device, serial: "L000001")) {
            try await store.append(
                .serialConfirmed(SerialConfirmed(serial: "L000001", device: unit(1).device, run: run)))
        }
        await expect(.alreadyBlessed(device: unit(1).device, run: run)) {
            try await store.append(
                .serialReturned(SerialReturned(serial: "L000001", device: unit(1).device, reason: "x")))
        }
        #expect(try await lease(1).serial == "L000001")
        try await store.openDemoOrder("WO-2", first: 50, last: 60)
        await expect(.alreadyBlessed(device: unit(1).device, run: run)) {
            _ = try await lease(1, order: "WO-2")
        }
    }

    @Test func numbersAreOnlyForTheirUnits() async throws {
        let run = try await meet(1)
        _ = try await meet(2)
        _ = try await lease(1)
        await expect(.serialNotLeased(serial: "L000001", device: unit(2).device)) {
            try await store.append(
                .serialConfirmed(SerialConfirmed(serial: "L000001", device: unit(2).device, run: run)))
        }
        await expect(.unknownSerial("L000009")) {
            try await store.append(
                .serialReturned(SerialReturned(serial: "L000009", device: unit(2).device, reason: "x")))
        }
        await expect(.unknownDevice(unit(7).device)) { _ = try await lease(7) }
        await expect(.unknownOrder("WO-9")) { _ = try await lease(2, order: "WO-9") }
    }

    @Test func aWantedNumberIsTakenOutOfTurn() async throws {
        for number in 1...5 { _ = try await meet(number) }
        #expect(try await lease(1, wanted: "L000002").serial == "L000002")
        await expect(.deviceHasSerial(device: unit(1).device, serial: "L000002")) {
            _ = try await lease(1, wanted: "L000003")
        }
        await expect(.serialTaken(serial: "L000002", by: unit(1).device)) {
            _ = try await lease(2, wanted: "L000002")
        }
        await expect(.serialOutsideRange(serial: "L000004", order: "WO-1")) {
            _ = try await lease(2, wanted: "L000004")
        }
        #expect(try await lease(2).serial == "L000001")
        #expect(try await lease(3).serial == "L000003")
        await expect(.serialsExhausted(order: "WO-1")) { _ = try await lease(4) }

        try await store.append(.orderOpened(OrderOpened(order: "OWN", sku: "lamp-eu", quantity: 9)))
        await expect(.noSerialRange(order: "OWN")) { _ = try await lease(4, order: "OWN") }
        #expect(try await lease(4, order: "OWN", wanted: "ACME 7").serial == "ACME 7")
        await expect(.serialTaken(serial: "ACME 7", by: unit(4).device)) {
            _ = try await lease(5, order: "OWN", wanted: "ACME 7")
        }
    }

    @Test func rangesMustNotOverlap() async throws {
        await expect(.serialRangeOverlaps(order: "WO-2", with: "WO-1")) {
            try await store.openDemoOrder("WO-2", first: 3, last: 10)
        }
        try await store.openDemoOrder("WO-2", first: 4, last: 10)
    }

    /// Many slots at once: no number twice, none lost, and the same after a replay.
    @Test(arguments: [1, 2, 3] as [UInt64])
    func concurrentLeasesNeverCollide(seed: UInt64) async throws {
        try await store.openDemoOrder("WO-3", first: 1000, last: 1019)
        for number in 1...20 { _ = try await meet(number) }
        let serials = try await withThrowingTaskGroup(of: String.self) { group in
            for number in 1...20 {
                group.addTask {
                    var chance = SeededGenerator.derived(from: seed, label: "unit", index: UInt64(number))
                    var lease = try await store.leaseSerial(order: "WO-3", device: unit(number).device)
                    while chance.happens(withProbability: 0.4) {
                        try await store.append(
                            .serialReturned(
                                SerialReturned(serial: lease.serial, device: lease.device, reason: "again")))
                        lease = try await store.leaseSerial(order: "WO-3", device: unit(number).device)
                    }
                    return lease.serial
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(serials).count == 20)
        #expect(try await store.reader.order("WO-3")?.serialsLeft == 0)
        #expect(try await store.reader.verify().findings == [])
    }
}
