import FactoryLink
import Fixturing
import Imp003
import ImpEmulator
import SerialNOR
import Testing
import TimeAndChance
import USBFixture
import VirtualSlot
import VirtualUSB

/// An emulated imp003 behind a virtual FT2232H, driven through the fixture as a real one would be.
@Suite struct EmulatedUnitTests {
    /// Seats the line's first unit and waits until its factory firmware talks.
    static func awake(
        _ timeline: VirtualTimeline, units: Int = 1, faults: String = "",
        _ body: @Sendable @escaping (SlotDesk, USBSlotFixture, LinkClient) async throws -> Void
    ) async throws {
        let desk = try SlotDesk(timeline, units: units, unitFaults: faults)
        let fixture = try await desk.fixture(0, on: timeline)
        try await desk.operated(on: timeline) {
            #expect(try await fixture.awaitUnit()?.ordinal == 1)
            try await fixture.setPower(true)
            while try await fixture.indicator() == .off { try await timeline.sleep(for: .milliseconds(200)) }
            try await fixture.blinkUp(USBStation.network)
            let link = LinkClient(stream: fixture.console, time: timeline, seed: 1)
            _ = try await link.connect(within: .seconds(20))
            try await body(desk, fixture, link)
        }
    }

    @Test func aNewModuleBootsTakesBlinkUpAndTellsWhoItIs() async throws {
        try await VirtualTimeline.run { timeline in
            try await Self.awake(timeline) { desk, fixture, link in
                let answer = try await link.ask(Identify())
                let recipe = try #require(desk.line.setup.recipes.first)
                #expect(answer.mac.lowercased().filter { $0.isHexDigit } == recipe.mac.bareHex)
                #expect(answer.release.contains("release-30"))
                #expect(fixture.consoleTrouble == nil)
            }
        }
    }

    /// The button's nail reaches the product's button net, whichever level it is driven to.
    @Test func theButtonLineReachesTheModule() async throws {
        try await VirtualTimeline.run { timeline in
            try await Self.awake(timeline) { _, fixture, link in
                for level in [true, false] {
                    try await fixture.drive("button", to: level)
                    let outcome = try await link.ask(RunTest(name: "button", parameters: [:]))
                    #expect(outcome.measurements["pressed"] == .bool(level))
                }
            }
        }
    }

    /// The flash in reset is the module's own chip: what the fixture writes, the module finds, and what the module wrote at
    /// its first boot, the fixture finds.
    @Test func theFlashIsTheModulesOwn() async throws {
        try await VirtualTimeline.run { timeline in
            try await Self.awake(timeline) { desk, fixture, _ in
                try await fixture.setReset(held: true)
                let flash = try await FlashProgrammer.open(fixture.flashBus, reservationEnd: 0x70000)
                #expect(flash.chip.size == 2 << 20)
                let moved = try await flash.read(0..<4096)
                #expect(moved.contains { $0 != 0xFF }, "the WiFi firmware was moved at the first boot")
                var dice = SeededGenerator(seed: 5)
                let content = (0..<40_000).map { _ in UInt8(truncatingIfNeeded: dice.next()) }
                let start = timeline.currentTime
                _ = try await flash.write([
                    try FlashImage(name: "image", bytes: content, at: 0x80000, in: flash.geometry)
                ])
                let taken = timeline.currentTime - start
                let there = desk.slots[0].inspect { _, nest in
                    nest.module?.flash.chip?.contents(0x80000..<0x80000 + content.count)
                }
                let isSame = there == content
                #expect(isSame)
                // 157 pages at the chip's own page time, nothing emulated away.
                let pages = try #require(NORPages.typical("W25Q16")) * 157
                #expect(taken > pages && taken < pages * 2, "\(taken)")
            }
        }
    }

    /// Without power or in reset nothing is heard; let go, the module boots again.
    @Test func resetAndPowerSilenceTheModule() async throws {
        try await VirtualTimeline.run { timeline in
            try await Self.awake(timeline) { desk, fixture, link in
                let starts = desk.slots[0].inspect { _, nest in nest.module?.starts ?? 0 } ?? 0
                try await fixture.setReset(held: true)
                await #expect(throws: LinkError.self) {
                    _ = try await link.ask(Identify(), within: .seconds(1))
                }
                #expect(try await fixture.indicator() == .off)
                try await fixture.setReset(held: false)
                _ = try await link.connect(within: .seconds(30))
                #expect(desk.slots[0].inspect { _, nest in nest.module?.starts ?? 0 } == starts + 1)
                await fixture.makeSafe()
                #expect(desk.slots[0].inspect { _, nest in nest.module?.isPowered } == false)
            }
        }
    }

    @Test func aShortTripsTheSupply() async throws {
        try await VirtualTimeline.run { timeline in
            let desk = try SlotDesk(timeline, units: 1, unitFaults: "short#1")
            let fixture = try await desk.fixture(0, on: timeline)
            try await desk.operated(on: timeline) {
                _ = try await fixture.awaitUnit()
                await #expect(throws: FixtureError.overcurrent(milliamperes: 500)) {
                    try await fixture.setPower(true)
                }
            }
        }
    }

    /// The operator takes a unit out after its lamp and brings the next; a failed one comes back.
    @Test func unitsComeAndGoByTheLamps() async throws {
        try await VirtualTimeline.run { timeline in
            let desk = try SlotDesk(timeline, units: 2, retests: 1)
            let fixture = try await desk.fixture(0, on: timeline)
            try await desk.operated(on: timeline) {
                var macs: [String] = []
                for verdict in [Verdict.fail, .pass, .pass] {
                    #expect(try await fixture.awaitUnit() != nil)
                    #expect(
                        desk.slots[0].inspect { board, _ in board.lamps.pass || board.lamps.fail } == false)
                    macs.append(desk.slots[0].inspect { $1.module?.recipe.mac.bareHex ?? "" } ?? "")
                    try await fixture.release(verdict)
                }
                #expect(macs[0] != macs[1] && macs[2] == macs[0], "\(macs)")
            }
        }
    }

    /// Both lamps, steady, send a unit to another slot; both blinking do not.
    @Test func aUnitForAnotherSlotIsTakenThere() async throws {
        try await VirtualTimeline.run { timeline in
            let desk = try SlotDesk(timeline, ["A", "B"], units: 1, retests: 1)
            let first = try await desk.fixture(0, on: timeline)
            let second = try await desk.fixture(1, on: timeline)
            try await desk.operated(on: timeline) {
                _ = try await first.awaitUnit()
                try await first.identify(times: 4)
                #expect(
                    desk.slots[0].inspect { board, nest in board.nestClosed && nest.module != nil } == true)
                try await first.release(.otherSlot)
                #expect(try await second.awaitUnit() != nil)
                let seated = desk.slots.map { $0.inspect { $1.module != nil } }
                #expect(seated == [false, true])
            }
        }
    }

    /// An adapter without its cable has no power, and neither has what it fed: from that instant, not from the next plug.
    @Test func aPulledCableTakesThePowerAtOnce() async throws {
        try await VirtualTimeline.run { timeline in
            try await Self.awake(timeline) { desk, fixture, _ in
                #expect(desk.slots[0].inspect { $1.module?.isPowered } == true)
                desk.host.unplug(SlotDesk.path(0))
                #expect(desk.slots[0].inspect { $1.module?.isPowered } == false)
                await #expect(throws: FixtureError.self) { _ = try await fixture.indicator() }
            }
        }
    }
}
