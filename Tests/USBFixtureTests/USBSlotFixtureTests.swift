import FactoryLink
import Fixturing
import NORChipModel
import SerialNOR
import Testing
import TimeAndChance
import USBTransport
import VirtualUSB

@testable import USBFixture

@Suite struct USBSlotFixtureTests {
    static func open(
        _ timeline: VirtualTimeline, boardFaults: [BoardFault] = [],
        settings: USBFixtureSettings = USBFixtureSettings(),
        unit: (BenchUnit) -> Void = { _ in }
    ) async throws -> (Bench, USBSlotFixture) {
        let bench = try Bench(timeline, serviceJumper: false, boardFaults: boardFaults, unit: unit)
        let binding = try SlotBinding(slot: "A", path: bench.path, serial: "FT7XK2A1")
        return (
            bench, try await USBSlotFixture.open(binding, on: bench.host, time: timeline, settings: settings)
        )
    }

    static func model<Value: Sendable>(_ bench: Bench, _ body: (VirtualFT2232H) -> Value) -> Value? {
        bench.port.inspect(VirtualFT2232H.self, body)
    }

    @Test func theFlashIsReachableExactlyWhileTheUnitIsPoweredAndHeld() async throws {
        try await VirtualTimeline.run { timeline in
            let (bench, fixture) = try await Self.open(timeline)
            #expect(fixture.label == "USB 1-4.2 (FT7XK2A1)")
            let read: [SPIOperation] = [.exchange(write: [0x9F], readCount: 3)]
            await #expect(throws: FixtureError.busNotIsolated) {
                _ = try await fixture.flashBus.perform(read)
            }
            try await fixture.setReset(held: true)
            await #expect(throws: FixtureError.busNotIsolated) {
                _ = try await fixture.flashBus.perform(read)
            }
            try await fixture.setPower(true)
            #expect(try await fixture.flashBus.perform(read) == [[0xEF, 0x40, 0x18]])
            #expect(Self.model(bench) { $0.lines.resetHeld && $0.lines.power } == true)
            #expect(try await fixture.indicator() == .off)
            try await fixture.setReset(held: false)
            await #expect(throws: FixtureError.busNotIsolated) {
                _ = try await fixture.flashBus.perform(read)
            }
            #expect(try await fixture.indicator() == .green)
            try await fixture.console.write([0x41, 0x42])
            #expect(try await UARTTests.read(2, from: fixture.console) == [0x41, 0x42])
            await fixture.makeSafe()
            #expect(Self.model(bench) { $0.lines } == NestLines())
        }
    }

    @Test func powerStaysOffLongEnoughToDrain() async throws {
        try await VirtualTimeline.run { timeline in
            let (_, fixture) = try await Self.open(timeline)
            try await fixture.setPower(true)
            try await fixture.setPower(false)
            let off = timeline.currentTime
            try await fixture.setPower(true)
            #expect(timeline.currentTime - off >= .milliseconds(200))
        }
    }

    @Test func aShortSwitchesOffAtOnce() async throws {
        try await VirtualTimeline.run { timeline in
            let (bench, fixture) = try await Self.open(timeline) { $0.isShorted = true }
            await #expect(throws: FixtureError.overcurrent(milliamperes: 500)) {
                try await fixture.setPower(true)
            }
            #expect(Self.model(bench) { $0.lines.power } == false)
        }
    }

    @Test func linesAreDrivenFloatOrAreUnknown() async throws {
        try await VirtualTimeline.run { timeline in
            let (bench, fixture) = try await Self.open(timeline)
            for level in [true, false, nil] {
                try await fixture.drive("button", to: level)
                #expect(Self.model(bench) { $0.lines.button } == .some(level))
            }
            try await fixture.drive("write-protect", to: false)
            #expect(Self.model(bench) { $0.lines.writeProtected } == true)
            try await fixture.drive("write-protect", to: nil)
            #expect(Self.model(bench) { $0.lines.writeProtected } == false)
            await #expect(throws: FixtureError.unknownName("laser", available: ["button", "write-protect"])) {
                try await fixture.drive("laser", to: true)
            }
            await #expect(throws: FixtureError.unknownName("supply_current", available: [])) {
                _ = try await fixture.measure("supply_current")
            }
        }
    }

    @Test func aUnitArrivesWhenTheNestStaysClosedAndMustLeaveAfterItsVerdict() async throws {
        try await VirtualTimeline.run { timeline in
            let (bench, fixture) = try await Self.open(timeline)
            #expect(try await fixture.awaitUnit()?.ordinal == 1)
            try await fixture.release(.pass)
            #expect(Self.model(bench) { $0.lamps.pass && !$0.lamps.fail } == true)
            let start = timeline.currentTime
            for (time, closed) in [(3, false), (4, true)] {
                timeline.schedule(at: start + .seconds(time)) {
                    bench.port.inspect(VirtualFT2232H.self) { $0.nestClosed = closed }
                }
            }
            #expect(try await fixture.awaitUnit()?.ordinal == 2)
            #expect(timeline.currentTime - start >= .seconds(4) + .milliseconds(100))
            #expect(timeline.currentTime - start < .seconds(5))
        }
    }

    @Test func blinkUpPressesTheSendersTriggerAndMindsItsNetwork() async throws {
        var settings = USBFixtureSettings()
        settings.blinkUpNetwork = "factory-floor"
        let chosen = settings
        try await VirtualTimeline.run { timeline in
            let (bench, fixture) = try await Self.open(timeline, settings: chosen)
            try await fixture.blinkUp(FactoryNetwork(ssid: "factory-floor", password: ""))
            try await fixture.blinkUp(FactoryNetwork(ssid: "factory-floor", password: ""))
            let presses = bench.unit { $0.blinkUps } ?? []
            #expect(presses.count == 2)
            #expect(presses[1] - presses[0] >= .seconds(10))
            #expect(Self.model(bench) { $0.lines.blinkUpTrigger } == false)
            let error = await #expect(throws: USBFixtureProblem.self) {
                try await fixture.blinkUp(FactoryNetwork(ssid: "office", password: ""))
            }
            #expect(error?.description.contains("\"office\"") == true)
        }
    }

    @Test func identifyBlinksBothLamps() async throws {
        try await VirtualTimeline.run { timeline in
            let (bench, fixture) = try await Self.open(timeline)
            try await fixture.identify(times: 3)
            #expect(Self.model(bench) { $0.lampChanges } == 6)
        }
    }

    @Test(arguments: [true, false])
    func aStuckChipSelectIsFoundBeforeAnyUnit(high: Bool) async throws {
        try await VirtualTimeline.run { timeline in
            let (_, fixture) = try await Self.open(timeline, boardFaults: [.chipSelectStuck(high: high)])
            let faults = try await fixture.selfTest()
            #expect(faults.count == 1)
            #expect(faults.first?.contains("chip select stays \(high ? "high" : "low")") == true)
            let (_, sound) = try await Self.open(timeline)
            #expect(try await sound.selfTest() == [])
        }
    }

    @Test func unpluggedInTheMiddleOfAWriteTheSlotWaitsAndGoesOn() async throws {
        let content = ProgrammingTests.content(64 * 1024, seed: 31)
        try await VirtualTimeline.run { timeline in
            let (bench, fixture) = try await Self.open(timeline)
            _ = try await fixture.awaitUnit()
            try await fixture.setReset(held: true)
            try await fixture.setPower(true)
            let flash = try await FlashProgrammer.open(fixture.flashBus, reservationEnd: 0x70000)
            let image = try FlashImage(name: "image", bytes: content, at: 0x80000, in: flash.geometry)
            bench.port.inject(BusFault(.unplug, endpoint: 0x02, packet: 60))
            await #expect(throws: (any Error).self) { _ = try await flash.write([image]) }
            #expect(!fixture.isConnected)
            await #expect(throws: FixtureError.self) { try await fixture.setPower(true) }
            await #expect(throws: ByteStreamError.self) { try await fixture.console.write([1]) }
            await fixture.makeSafe()
            timeline.schedule(at: timeline.currentTime + .seconds(7)) {
                bench.host.plug(bench.port, at: bench.path)
            }
            #expect(try await fixture.awaitUnit()?.ordinal == 2)
            try await fixture.setReset(held: true)
            try await fixture.setPower(true)
            let again = try await FlashProgrammer.open(fixture.flashBus, reservationEnd: 0x70000)
            let report = try await again.write([
                try FlashImage(name: "image", bytes: content, at: 0x80000, in: again.geometry)
            ])
            #expect(report.programmedBytes < content.count)
            #expect(bench.chip { $0.contents(0x80000..<0x80000 + content.count) } == content)
        }
    }

    @Test func cancellingNeitherCutsABatchNorKeepsThePowerOn() async throws {
        let content = ProgrammingTests.content(32 * 1024, seed: 32)
        try await VirtualTimeline.run { timeline in
            let (bench, fixture) = try await Self.open(timeline)
            try await fixture.setReset(held: true)
            try await fixture.setPower(true)
            let poll = StatusPoll(typical: .microseconds(400), limit: .milliseconds(3))
            let batch = ProgrammingTests.batches(content, pages: 128, poll: poll)[0]
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    do {
                        #expect(try await fixture.flashBus.perform(batch).count == batch.count)
                        #expect(Task.isCancelled)
                        _ = try await fixture.flashBus.perform(batch)
                        Issue.record("a cancelled task began a batch")
                    } catch {
                        #expect(error is CancellationError)
                    }
                    await fixture.makeSafe()
                }
                try? await timeline.sleep(for: .milliseconds(20))
                group.cancelAll()
            }
            #expect(bench.chip { $0.contents(0..<content.count) } == content)
            #expect(Self.model(bench) { $0.lines } == NestLines())
        }
    }

    @Test func makeSafeEndsALongBatchEarly() async throws {
        try await VirtualTimeline.run { timeline in
            let (bench, fixture) = try await Self.open(timeline)
            try await fixture.setReset(held: true)
            try await fixture.setPower(true)
            _ = bench.chip { $0.faults.neverReady = true }
            let poll = StatusPoll(typical: .milliseconds(60), limit: .seconds(100))
            let start = timeline.currentTime
            async let batch = fixture.flashBus.perform([
                .exchange(write: [0x06], readCount: 0), .exchange(write: [0x20, 8, 0, 0], readCount: 0),
                .poll(poll),
            ])
            try await timeline.sleep(for: .milliseconds(500))
            await fixture.makeSafe()
            #expect(timeline.currentTime - start < .seconds(1))
            #expect(Self.model(bench) { $0.lines.power } == false)
            do {
                _ = try await batch
                Issue.record("the batch ended well")
            } catch {
                #expect(error is SPIBusError)
            }
        }
    }

    @Test func eightSlotsTogetherAreEightTimesOne() async throws {
        let content = ProgrammingTests.content(32 * 1024, seed: 8)
        try await VirtualTimeline.run { timeline in
            @Sendable func program(_ slot: Int) async throws -> Duration {
                let start = timeline.currentTime
                let bench = try Bench(timeline, serial: "S\(slot)")
                let bus = try await bench.bus()
                let poll = StatusPoll(typical: .microseconds(400), limit: .milliseconds(3))
                for batch in ProgrammingTests.batches(content, pages: 128, poll: poll) {
                    _ = try await bus.perform(batch)
                }
                return timeline.currentTime - start
            }
            let one = try await program(0)
            let start = timeline.currentTime
            try await withThrowingTaskGroup(of: Duration.self) { group in
                for slot in 1...8 { group.addTask { try await program(slot) } }
                for try await _ in group {}
            }
            let eight = timeline.currentTime - start
            #expect(one * 8 / eight >= 6)
        }
    }
}
