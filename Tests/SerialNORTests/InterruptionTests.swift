import NORChipModel
import Testing
import TimeAndChance

@testable import SerialNOR

/// Writing that does not come to its end: power, plug, cancellation, chips that fail.
@Suite struct InterruptionTests {
    /// Power goes at a random instant, several times over; each time the write is taken up again. In the end the images are
    /// there, all other bytes are as before, and the reservation never changed.
    @Test(arguments: 0..<16 as Range<UInt64>)
    func powerCutsAtAnyInstant(seed: UInt64) async throws {
        var chance = SeededGenerator.derived(from: 0xC07_0FF, label: "power cut", index: seed)
        let chip = chip(try part("W25Q16"), seed: seed, timing: .jittered, userFilled: seed & 1 == 0)
        let bus = EmulatedSPIBus(chip: chip, clockHertz: 30_000_000)
        let opened = try await FlashProgrammer.open(bus, reservationEnd: reservationEnd)
        let images = try FlashProgrammerTests.randomImages(&chance, opened.geometry, most: 50_000)
        let reservation = await bus.contents(0..<reservationEnd)
        let expected = FlashProgrammerTests.expected(await bus.contents(0..<opened.chip.size), images)
        var distrusted: [UserRange] = []
        let log = EventLog()
        var cuts = 0
        while true {
            if cuts < 4 {
                let instant = await bus.now + .microseconds(Int.random(in: 0...1_500_000, using: &chance))
                await bus.cutPower(at: instant)
            }
            do {
                let flash = try await FlashProgrammer.open(bus, reservationEnd: reservationEnd)
                // A cut while reading leaves the earlier plan as the one to restore from.
                let earlier = await log.lastPlan
                _ = try await flash.write(images, distrusting: distrusted, restoring: earlier) {
                    await log.add($0)
                }
                break
            } catch let failure as FlashFailure {
                let range = try #require(failure.interrupted, "\(failure)")
                distrusted.append(try UserRange(range, in: opened.geometry))
            } catch SPIBusError.disconnected {
                // Nothing was being written.
            }
            cuts += 1
            await bus.restorePower()
            expectSame(await bus.contents(0..<reservationEnd), reservation, "seed \(seed), cut \(cuts)")
            try #require(cuts < 40)
        }
        let after = await bus.contents(0..<opened.chip.size)
        expectSame(after, expected, "seed \(seed), \(cuts) cuts")
        expectSame(await bus.contents(0..<reservationEnd), reservation)
    }

    /// An erase cut off near its end leaves a sector that reads blank, with cells that will not stay so. Only because the
    /// next plan distrusts the sector is it erased again.
    @Test(arguments: 0..<24 as Range<UInt64>)
    func sectorsThatOnlyReadRightAreErasedAgain(seed: UInt64) async throws {
        let bus = try bus("W25Q16", seed: seed, timing: .typical, userFilled: true, clockHertz: 30_000_000)
        let flash = try await FlashProgrammer.open(bus, reservationEnd: reservationEnd)
        let range = try UserRange(0x80000..<0x81000, in: flash.geometry)
        await bus.cutPower(at: bus.now + .microseconds(43_500))
        await #expect(throws: FlashFailure.self) { try await flash.erase(range) }
        await bus.restorePower()
        #expect(await bus.withChip { $0.hasUnstableCells })
        let image = try FlashImage(name: "image", bytes: [0x00], at: 0x80000, in: flash.geometry)
        _ = try await flash.write([image], distrusting: [range])
        #expect(await bus.withChip { !$0.hasUnstableCells }, "seed \(seed)")
    }

    /// Between erase and program, what stood beside the image is nowhere but in the plan.
    @Test(arguments: [true, false])
    func bytesBesideTheImageAreKeptInThePlan(isRestoring: Bool) async throws {
        let bus = try bus("W25Q16", timing: .typical, userFilled: true, clockHertz: 30_000_000)
        let flash = try await FlashProgrammer.open(bus, reservationEnd: reservationEnd)
        let image = try FlashImage(
            name: "image", bytes: Array("blessed".utf8), at: 0x80100, in: flash.geometry)
        let expected = FlashProgrammerTests.expected(await bus.contents(0..<2 << 20), [image])
        let plan = try await flash.plan([image])
        // The erase takes 45 ms, then pages follow, 0.4 ms each.
        await bus.cutPower(at: bus.now + .milliseconds(48))
        let failure = try #require(await #expect(throws: FlashFailure.self) { try await flash.execute(plan) })
        await bus.restorePower()
        let cut = try UserRange(#require(failure.interrupted), in: flash.geometry)
        _ = try await flash.write([image], distrusting: [cut], restoring: isRestoring ? plan : nil)
        let same = isSame(await bus.contents(0..<2 << 20), expected)
        #expect(same == isRestoring)
        #expect(try await flash.verify([image]) == [])
    }

    @Test(arguments: [5, 10, 50, 200, 400])
    func aPulledPlugIsTakenUpAgain(operations: Int) async throws {
        let bus = try bus("W25Q16", timing: .typical, userFilled: true, clockHertz: 30_000_000)
        let flash = try await FlashProgrammer.open(bus, reservationEnd: reservationEnd)
        let image = try FlashImage(
            name: "image", bytes: [UInt8](repeating: 0x3C, count: 70_000), at: 0x80010, in: flash.geometry)
        let plan = try await flash.plan([image])
        await bus.disconnect(afterOperations: operations)
        let failure = await #expect(throws: FlashFailure.self) { try await flash.execute(plan) }
        if case .lost(_, let working)? = failure {
            #expect(working.lowerBound >= reservationEnd && failure?.description.contains("0x08") == true)
        } else {
            Issue.record("\(String(describing: failure))")
        }
        await bus.reconnect()
        await bus.wait(for: .seconds(2))
        let again = try await FlashProgrammer.open(bus, reservationEnd: reservationEnd)
        _ = try await again.write([image])
        #expect(await bus.contents(image.range.range) == image.bytes)
    }

    /// Cancelled in the middle of a unit: that unit is written and read back first, and nothing is begun after it.
    @Test(arguments: [1, 2, 3])
    func cancellationStopsBetweenUnits(after stop: Int) async throws {
        let bus = try bus("W25Q16", timing: .typical, userFilled: true, clockHertz: 30_000_000)
        let flash = try await FlashProgrammer.open(ObedientBus(bus: bus), reservationEnd: reservationEnd)
        let image = try FlashImage(
            name: "image", bytes: [UInt8](repeating: 0x3C, count: 400_000), at: 0x80000, in: flash.geometry)
        let plan = try await flash.plan([image])
        let begun = Counter()
        let task = Task {
            try await flash.execute(plan) { event in
                guard case .working(let range) = event else { return }
                if await begun.note(range) == stop { withUnsafeCurrentTask { $0?.cancel() } }
            }
        }
        await #expect(throws: CancellationError.self) { try await task.value }
        let ranges = await begun.ranges
        #expect(ranges.count == stop)
        let range = try #require(ranges.last)
        expectSame(await bus.contents(range), [UInt8](repeating: 0x3C, count: range.count))
        let status = await bus.withChip { $0.statusRegister }
        #expect(status & 3 == 0, "neither busy nor write-enabled")
        #expect(
            await bus.contents(range.upperBound..<range.upperBound + 16)
                != [UInt8](repeating: 0x3C, count: 16))
        _ = try await flash.write([image])
        #expect(try await flash.verify([image]) == [])
    }

    @Test func aSinkThatThrowsStopsTheWork() async throws {
        struct LedgerIsFull: Error {}
        let bus = try bus("W25Q16", userFilled: true)
        let flash = try await FlashProgrammer.open(bus, reservationEnd: reservationEnd)
        let before = await bus.contents(0..<2 << 20)
        let image = try FlashImage(name: "image", bytes: [1, 2, 3], at: 0x80000, in: flash.geometry)
        await #expect(throws: LedgerIsFull.self) {
            try await flash.write([image]) { if case .working = $0 { throw LedgerIsFull() } }
        }
        expectSame(await bus.contents(0..<2 << 20), before)
    }

    // MARK: Chips that fail

    @Test func aWornSectorIsNamed() async throws {
        let bus = try bus("W25Q16", userFilled: true, prepare: { $0.faults.wearOut(sector: 0x90, seed: 5) })
        let flash = try await FlashProgrammer.open(bus, reservationEnd: reservationEnd)
        let image = try FlashImage(
            name: "image", bytes: [UInt8](repeating: 0xFE, count: 200_000), at: 0x80000, in: flash.geometry)
        let failure = await #expect(throws: FlashFailure.self) { try await flash.write([image]) }
        guard case .verifyFailed(let address, _, _, _, _)? = failure else {
            Issue.record("\(String(describing: failure))")
            return
        }
        #expect(address / 4096 == 0x90)
        #expect(failure?.description.contains("worn out") == true)
    }

    @Test func aChipThatTakesNothingIsNoticed() async throws {
        let bus = try bus("W25Q16", prepare: { $0.faults.ignoresWrites = true })
        let flash = try await FlashProgrammer.open(bus, reservationEnd: reservationEnd)
        let image = try FlashImage(name: "image", bytes: [0x12], at: 0x80000, in: flash.geometry)
        let failure = await #expect(throws: FlashFailure.self) { try await flash.write([image]) }
        #expect(failure?.description.contains("write-protected") == true)
    }

    @Test func aChipThatHangsIsGivenUp() async throws {
        let bus = try bus("W25Q16", timing: .typical, clockHertz: 30_000_000)
        let flash = try await FlashProgrammer.open(bus, reservationEnd: reservationEnd)
        await bus.withChip { $0.faults.neverReady = true }
        let image = try FlashImage(name: "image", bytes: [0x12], at: 0x80000, in: flash.geometry)
        let failure = await #expect(throws: FlashFailure.self) { try await flash.write([image]) }
        guard case .timedOut(_, let waited, let working)? = failure else {
            Issue.record("\(String(describing: failure))")
            return
        }
        #expect(waited >= .milliseconds(1) && working == 0x80000..<0x81000)
    }

    @Test func protectionThatAppearsLaterIsRefused() async throws {
        let bus = try bus("W25Q16")
        let flash = try await FlashProgrammer.open(bus, reservationEnd: reservationEnd)
        let image = try FlashImage(name: "image", bytes: [0x12], at: 0x80000, in: flash.geometry)
        let plan = try await flash.plan([image])
        await bus.withChip { $0.statusRegister = 0x1C }
        await #expect(throws: FlashFailure.protected(status: 0x1C, mask: 0x1C)) {
            try await flash.execute(plan)
        }
    }

    /// Chips that lie about themselves in every way that a mutated table gives: written or refused, the reservation stays.
    @Test func chipsThatLieNeverLoseTheReservation() async throws {
        var chance = SeededGenerator(seed: 0x11E5)
        var written = 0
        for round in 0..<60 {
            var model = try part(["W25Q16", "MX25L4006E", "MX25L1605"][round % 3])
            if model.sfdp == nil {
                model.sfdp =
                    SFDPImage(
                        size: model.size, erases: [.init(0x20, 4096), .init(0xD8, 65536)],
                        timing: model.timing
                    ).bytes
            }
            if chance.next() & 1 == 0 { model.id = JEDECID(0x85, 0x60, model.id.capacity) }
            for _ in 0..<Int(chance.next() & 3) {
                model.sfdp?[SFDPImage.tableAddress + Int(chance.next() % 36)] = UInt8(
                    truncatingIfNeeded: chance.next())
            }
            let chip = chip(model, seed: UInt64(round), userFilled: true)
            let bus = EmulatedSPIBus(chip: chip, clockHertz: nil)
            let reservation = await bus.contents(0..<0x74000)
            // With a reservation that is off the 64 KB grid, a 20h that erases 64 KB could reach into it.
            guard let flash = try? await FlashProgrammer.open(bus, reservationEnd: 0x74000) else { continue }
            let images = try FlashProgrammerTests.randomImages(&chance, flash.geometry, most: 20_000)
            if (try? await flash.write(images)) != nil { written += 1 }
            expectSame(await bus.contents(0..<0x74000), reservation, "round \(round)")
        }
        #expect(written > 5)
    }
}

/// An adapter that gives up at once when its task is cancelled.
struct ObedientBus: SPIBus {
    let bus: EmulatedSPIBus
    var batchCapacity: Int { bus.batchCapacity }

    func perform(_ batch: [SPIOperation]) async throws -> [[UInt8]] {
        try Task.checkCancellation()
        return try await bus.perform(batch)
    }
}

actor Counter {
    private(set) var ranges: [Range<Int>] = []
    func note(_ range: Range<Int>) -> Int {
        ranges.append(range)
        return ranges.count
    }
}
