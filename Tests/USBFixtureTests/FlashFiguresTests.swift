import NORChipModel
import SerialNOR
import Testing
import TimeAndChance
import VirtualUSB

@testable import USBFixture

/// The whole programmer over the virtual adapter, against the time that the chip and the wires need in any case.
@Suite struct FlashFiguresTests {
    static let clock = 30_000_000

    /// Bits of `bytes` on the wire.
    static func wire(_ bytes: Int) -> Duration { .nanoseconds(Int64(bytes) * 8_000_000_000 / Int64(clock)) }

    @Test func aBlankChipIsProgrammedWithinATenthOfTheFloor() async throws {
        let content = ProgrammingTests.content(1 << 20, seed: 12)
        try await VirtualTimeline.run { timeline in
            let bench = try Bench(timeline)
            let bus = try await bench.bus()
            let flash = try await FlashProgrammer.open(bus, reservationEnd: 0x70000)
            let image = try FlashImage(name: "image", bytes: content, at: 0x80000, in: flash.geometry)
            let start = timeline.currentTime
            let before = bus.counters
            _ = try await flash.write([image])
            let taken = timeline.currentTime - start
            // The chip's own time, not what it says of itself: SFDP has steps of 64 µs.
            let page = try #require(NORPart.named("W25Q128")).timing.pageProgram.typical
            // A write enable, the page, one status read each; every byte read back once.
            let floor = (page + Self.wire(1 + 260 + 2)) * 4096 + Self.wire((1 << 20) + 16 * 5)
            let trips = bus.counters.roundTrips - before.roundTrips
            print(
                "blank:", taken, "floor", floor, "ratio", taken / floor, "pages a trip", 4096 / max(trips, 1),
                bus.counters)
            #expect(bench.chip { $0.contents(0x80000..<0x80000 + content.count) } == content)
            #expect(taken / floor <= 1.10)
            #expect(trips * 16 <= 4096)
        }
    }

    @Test func aChangedBlockCostsLittleMoreThanItsErase() async throws {
        let old = ProgrammingTests.content(1 << 20, seed: 13)
        var new = old
        new.replaceSubrange(0x30000..<0x40000, with: ProgrammingTests.content(65_536, seed: 14))
        let wanted = new
        try await VirtualTimeline.run { timeline in
            let bench = try Bench(timeline) { $0.load(old, at: 0x80000) }
            let bus = try await bench.bus()
            let flash = try await FlashProgrammer.open(bus, reservationEnd: 0x70000)
            let image = try FlashImage(name: "image", bytes: wanted, at: 0x80000, in: flash.geometry)
            let start = timeline.currentTime
            _ = try await flash.write([image])
            let taken = timeline.currentTime - start
            // The image read once to find the change, one block erased and programmed, and read back.
            let timing = try #require(NORPart.named("W25Q128")).timing
            let floor =
                Self.wire(1 << 20) + timing.erase64K.typical + (timing.pageProgram.typical + Self.wire(263))
                * 256
                + Self.wire(65_536)
            print("diff:", taken, "floor", floor, "ratio", taken / floor, bus.counters)
            #expect(bench.chip { $0.contents(0x80000..<0x80000 + wanted.count) } == wanted)
            #expect(taken / floor <= 1.15)
        }
    }
}
