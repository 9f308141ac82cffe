import FactoryLink
import Fixturing
import SerialNOR
import Testing

@testable import ImpEmulator

/// The slot as a station sees it.
@Suite struct SlotTests {
    private func seated(_ faults: String = "", _ adjust: (inout LineSetup) -> Void = { _ in }) async throws
        -> (EmulatedSlot, EmulatedLine)
    {
        var setup = LineSetup(units: 1, chipPart: "GD25Q40", faults: try FaultPlan(parsing: faults))
        setup.release.wifiFirmwareBytes = 8192
        adjust(&setup)
        let line = try EmulatedLine(setup)
        let slot = line.slot("1")
        _ = try #require(try await slot.awaitUnit())
        return (slot, line)
    }

    @Test(arguments: [0, 1, 999, 1_000_000, 12_345_678_901] as [Int64])
    func timeIsExact(nanoseconds: Int64) async throws {
        let (slot, _) = try await seated()
        let begin = await slot.time.now()
        try await slot.time.sleep(for: .nanoseconds(nanoseconds))
        #expect(await slot.time.now() - begin == .nanoseconds(nanoseconds))
        #expect(try await slot.console.read(timeout: .nanoseconds(nanoseconds)).isEmpty)
        #expect(await slot.time.now() - begin == .nanoseconds(2 * nanoseconds))
    }

    @Test func aReadEndsWithTheFirstBytes() async throws {
        let (slot, _) = try await seated("uart-babble")
        try await slot.setPower(true)
        let begin = await slot.time.now()
        #expect(try await !slot.console.read(timeout: .seconds(100)).isEmpty)
        #expect(await slot.time.now() - begin < .milliseconds(20))
    }

    @Test func theArrivalCarriesTheSticker() async throws {
        let line = try EmulatedLine(LineSetup(units: 3))
        let slot = line.slot("left")
        #expect(slot.label == "emulated slot left")
        var codes: [String] = []
        while let arrival = try await slot.awaitUnit() {
            codes.append(try #require(arrival.scannedCode))
            #expect(arrival.ordinal == codes.count)
            try await slot.release(.pass)
        }
        #expect(codes == line.setup.recipes.map(\.mac.bareHex))
        #expect(Set(codes).count == 3)
    }

    @Test func theFlashBusNeedsPowerAndReset() async throws {
        let (slot, _) = try await seated()
        let identify = [SPIOperation.exchange(write: [0x9F], readCount: 3)]
        await #expect(throws: SPIBusError.self) { try await slot.flashBus.perform(identify) }
        try await slot.setPower(true)
        await #expect(throws: FixtureError.busNotIsolated) { try await slot.flashBus.perform(identify) }
        try await slot.setReset(held: true)
        #expect(try await slot.flashBus.perform(identify) == [[0xC8, 0x40, 0x13]])
        await slot.makeSafe()
        await #expect(throws: SPIBusError.self) { try await slot.flashBus.perform(identify) }
    }

    @Test func batchesTakeTheTimeOfTheirBitsAndTheChip() async throws {
        let (slot, _) = try await seated()
        try await slot.setReset(held: true)
        try await slot.setPower(true)
        let begin = await slot.time.now()
        let answers = try await slot.flashBus.perform([
            .exchange(write: [0x03, 0, 0, 0], readCount: 4096), .pause(.microseconds(40)),
        ])
        #expect(answers.map(\.count) == [4096, 0])
        let wire = ModuleFlash.wireTime(ofBytes: 4100, hertz: SlotBench.flashClockHertz)
        #expect(await slot.time.now() - begin == SlotBench.batchOverhead + wire + .microseconds(40))
        let erase = await slot.time.now()
        let status = try await slot.flashBus.perform(Desk.erase(0x70000))
        #expect(status[2].count == 1)
        let elapsed = await slot.time.now() - erase
        #expect(elapsed > .milliseconds(50))
        #expect(elapsed < .milliseconds(51))
    }

    @Test func aChipThatStaysBusyEndsThePoll() async throws {
        let (slot, _) = try await seated()
        try await slot.setReset(held: true)
        try await slot.setPower(true)
        try await slot.inspect { $0.flash.chip?.faults.neverReady = true }
        let begin = await slot.time.now()
        await #expect(throws: SPIBusError.self) { try await slot.flashBus.perform(Desk.erase(0x70000)) }
        #expect(await slot.time.now() - begin >= .seconds(4))
        #expect(await slot.time.now() - begin < .seconds(5))
    }

    @Test func unknownNamesSayWhatThereIs() async throws {
        let (slot, _) = try await seated()
        await #expect(throws: FixtureError.unknownName("lever", available: ["button", "alarm"])) {
            try await slot.drive("lever", to: true)
        }
        await #expect(throws: FixtureError.self) { try await slot.measure("humidity") }
        #expect(slot.instruments.map(\.name).contains("supply_current"))
        for instrument in slot.instruments { #expect(try await slot.measure(instrument.name) < 10) }
    }

    @Test func makeSafeSwitchesOffWhateverGoesOn() async throws {
        let (slot, _) = try await seated()
        try await slot.drive("button", to: true)
        try await slot.setPower(true)
        let task = Task { try await slot.time.sleep(for: .seconds(1)) }
        task.cancel()
        _ = await task.result
        await slot.makeSafe()
        #expect(try await slot.inspect { $0.phase } == .off)
        #expect(try await slot.inspect { $0.board.level(of: .u) } == false)
    }

    @Test func aCancelledTaskStopsWaiting() async throws {
        let (slot, _) = try await seated()
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            try await slot.time.sleep(for: .seconds(1))
        }
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test func theUnpluggedAdapterIsBackWithTheNextUnit() async throws {
        let line = try EmulatedLine(LineSetup(units: 2, faults: try FaultPlan(parsing: "usb-unplug@1s#1")))
        let slot = line.slot("1")
        _ = try await slot.awaitUnit()
        try await slot.setPower(true)
        await #expect(throws: ByteStreamError.self) { try await slot.console.read(timeout: .seconds(3)) }
        await #expect(throws: ByteStreamError.self) { try await slot.console.write([1]) }
        await #expect(throws: FixtureError.self) { try await slot.setPower(true) }
        await #expect(throws: SPIBusError.self) { try await slot.flashBus.perform([]) }
        try await slot.time.sleep(for: .seconds(1))
        await slot.makeSafe()
        try await slot.release(.aborted)
        #expect(try await slot.awaitUnit()?.ordinal == 2)
        try await slot.setPower(true)
    }

    @Test func paceMakesWaitsReal() async throws {
        let (slot, _) = try await seated {
            $0.pace = 0.01; $0.handling = .zero
        }
        let begin = ContinuousClock.now
        try await slot.time.sleep(for: .seconds(3))
        #expect(ContinuousClock.now - begin >= .milliseconds(30))
    }
}

@Suite struct LineTests {
    private static func line(_ units: Int, retests: Int = 0, order: LineSetup.RetestOrder = .afterNewUnits)
        throws
        -> EmulatedLine
    {
        try EmulatedLine(LineSetup(units: units, chipPart: "GD25Q40", retests: retests, retestOrder: order))
    }

    @Test(arguments: [
        (LineSetup.RetestOrder.afterNewUnits, [1, 2, 3, 1, 1]), (.immediately, [1, 1, 1, 2, 3]),
    ])
    func failedUnitsComeBack(order: LineSetup.RetestOrder, expected: [Int]) async throws {
        let line = try Self.line(3, retests: 2, order: order)
        let slot = line.slot("1")
        var seen: [Int] = []
        while let arrival = try await slot.awaitUnit() {
            seen.append(arrival.ordinal)
            try await slot.release(arrival.ordinal == 1 ? .fail : .pass)
        }
        #expect(seen == expected)
        #expect(line.unit(1)?.place == .left(.fail))
        #expect(line.unit(2)?.place == .left(.pass))
        #expect(line.unit(1)?.seatings == 3)
    }

    @Test(arguments: [Verdict.pass, .refused, .quarantined])
    func otherVerdictsDoNotComeBack(verdict: Verdict) async throws {
        let slot = try Self.line(1, retests: 5).slot("1")
        _ = try await slot.awaitUnit()
        try await slot.release(verdict)
        #expect(try await slot.awaitUnit() == nil)
    }

    @Test func theSameUnitComesBackAsItWas() async throws {
        let line = try Self.line(1, retests: 1)
        let slot = line.slot("1")
        _ = try await slot.awaitUnit()
        let link = try await slot.startFactoryFirmware()
        _ = try await link.ask(SetRegion(code: 0x4247))
        _ = try await link.ask(WriteFlash(address: 0x100, data: [1, 2, 3]))
        try await slot.release(.fail)
        let other = line.slot("2")
        _ = try await other.awaitUnit()
        #expect(try await other.inspect { $0.config.region } == .gb)
        #expect(try await other.inspect { $0.flash.chip?.contents(0x70100..<0x70103) } == [1, 2, 3])
        #expect(try await other.inspect { $0.config.wifiFirmwareMoved })
    }

    /// A slot without work waits as long as another one might fail its unit.
    @Test func slotsWaitForUnitsThatMayComeBack() async throws {
        let line = try Self.line(1, retests: 1)
        let first = line.slot("1")
        _ = try await first.awaitUnit()
        let second = line.slot("2")
        let next = Task { try await second.awaitUnit() }
        try await waitUntilOneWaits(line)
        try await first.release(.fail)
        #expect(try await next.value?.ordinal == 1)
        #expect(try await first.awaitUnit() == nil, "it has had its retest")
    }

    private func waitUntilOneWaits(_ line: EmulatedLine) async throws {
        for _ in 0..<100_000 where await line.waitingSlots == 0 { await Task.yield() }
        try #require(await line.waitingSlots == 1)
    }

    @Test func closingEndsTheWait() async throws {
        let line = try Self.line(2, retests: 1)
        let first = line.slot("1")
        _ = try await first.awaitUnit()
        let second = line.slot("2")
        _ = try await second.awaitUnit()
        let third = Task { try await line.slot("3").awaitUnit() }
        try await waitUntilOneWaits(line)
        await line.close()
        #expect(try await third.value == nil)
        try await second.release(.fail)
        #expect(try await second.awaitUnit() == nil)
        #expect(await line.waiting == 1)
    }

    @Test func aCancelledSlotStopsWaitingForUnits() async throws {
        let line = try Self.line(1, retests: 1)
        let first = line.slot("1")
        _ = try await first.awaitUnit()
        let waiting = Task { try await line.slot("2").awaitUnit() }
        try await waitUntilOneWaits(line)
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
    }

    @Test func unknownChipsAreNamed() {
        #expect(throws: LineError.unknownChip("AT25", ordinal: 1)) {
            try EmulatedLine(LineSetup(units: 1, chipPart: "AT25"))
        }
        #expect(LineError.unknownChip("AT25", ordinal: 1).description.contains("W25Q128"))
    }

    /// Which slot a unit lands in changes nothing about it.
    @Test func unitsAreTheSameInEverySlot() async throws {
        func volts(slots: [String]) async throws -> [Int: Double] {
            let line = try Self.line(6)
            var readings: [Int: Double] = [:]
            for name in slots.cycled(6) {
                let slot = line.slot(name)
                guard let arrival = try await slot.awaitUnit() else { break }
                try await slot.setPower(true)
                readings[arrival.ordinal] = try await slot.measure("rail_3v3")
                try await slot.release(.pass)
            }
            return readings
        }
        let one = try await volts(slots: ["1"])
        #expect(one.count == 6)
        #expect(try await volts(slots: ["3", "1", "2"]) == one)
    }
}

extension [String] {
    fileprivate func cycled(_ count: Int) -> [String] {
        (0..<count).map { self[$0 % self.count] }
    }
}
