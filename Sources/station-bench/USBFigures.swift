import Fixturing
import NORChipModel
import SerialNOR
import TimeAndChance
import USBFixture
import USBTransport
import VirtualUSB

/// A slot on USB against the time that its flash chip and its wires need in any case, on virtual time: honest microframes,
/// 30 MHz, data-sheet flash times. The same on any machine.
struct USBFigures {
    private static let clock = 30_000_000
    private static let address = 0x80000

    func run() async throws {
        let old = Self.noise(1 << 20, seed: 13)
        var new = old
        new.replaceSubrange(0x30000..<0x40000, with: Self.noise(65_536, seed: 14))
        guard let timing = NORPart.named("W25Q128")?.timing else { return }
        let page = timing.pageProgram.typical + Self.wire(263)

        let blank = try await Self.write(old, onto: [], slots: 1)
        let blankFloor = page * 4096 + Self.wire((1 << 20) + 80)
        print(
            "usb: 1 MB onto a blank W25Q128 in \(blank.time), \(Self.ratio(blank.time / blankFloor)) of the floor (target 1.10), "
                + "\(4096 / max(blank.trips, 1)) pages a round trip (target 16)")
        let change = try await Self.write(new, onto: old, slots: 1)
        let changeFloor = Self.wire((1 << 20) + 65_536) + timing.erase64K.typical + page * 256
        print(
            "usb: one 64 KB change in \(change.time), \(Self.ratio(change.time / changeFloor)) of the floor (target 1.15)"
        )
        let eight = try await Self.write(old, onto: [], slots: 8)
        print("usb: eight slots at once \(Self.ratio(blank.time * 8 / eight.time)) times one slot (target 6)")
    }

    private static func ratio(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }

    private static func wire(_ bytes: Int) -> Duration {
        .nanoseconds(Int64(bytes) * 8_000_000_000 / Int64(clock))
    }

    private static func noise(_ count: Int, seed: UInt64) -> [UInt8] {
        var generator = SeededGenerator(seed: seed)
        return (0..<count).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
    }

    /// Writes an image to the flash of `slots` units at once.
    /// - Returns: the time until the last was done, and the round trips of the first.
    private static func write(_ image: [UInt8], onto content: [UInt8], slots: Int) async throws -> (
        time: Duration, trips: Int
    ) {
        try await VirtualTimeline.run { timeline in
            let host = VirtualUSBHost()
            var fixtures: [USBSlotFixture] = []
            for slot in 0..<slots {
                guard let part = NORPart.named("W25Q128") else { throw CancellationError() }
                let chip = NORChip(part: part, seed: UInt64(slot))
                if !content.isEmpty { chip.load(content, at: address) }
                let model = VirtualFT2232H(unit: BenchUnit(chip: chip), serial: "FX-\(slot)")
                let path = USBPath(bus: 1, ports: [slot + 1])
                host.plug(VirtualPort(model, scheduler: timeline), at: path)
                let fixture = try await USBSlotFixture.open(
                    SlotBinding(slot: "\(slot)", path: path, serial: nil), on: host, time: timeline)
                try await fixture.setReset(held: true)
                try await fixture.setPower(true)
                fixtures.append(fixture)
            }
            var programmers: [FlashProgrammer] = []
            for fixture in fixtures {
                programmers.append(try await FlashProgrammer.open(fixture.flashBus, reservationEnd: 0x70000))
            }
            let start = timeline.currentTime
            let before = fixtures[0].busCounters.roundTrips
            try await withThrowingTaskGroup(of: Void.self) { group in
                for flash in programmers {
                    group.addTask {
                        let file = try FlashImage(
                            name: "image", bytes: image, at: address, in: flash.geometry)
                        _ = try await flash.write([file])
                    }
                }
                try await group.waitForAll()
            }
            return (timeline.currentTime - start, fixtures[0].busCounters.roundTrips - before)
        }
    }
}
