import FactoryLink
import Fixturing
import NORChipModel
import SerialNOR
import Testing
import TimeAndChance
import USBTransport
import VirtualUSB

@testable import USBFixture

/// What can be wrong with a slot on USB: each ends in one sentence that names the slot and the path, and what to check.
@Suite struct BadInputTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var what: String
        /// Pieces of the sentence besides slot and path.
        var saying: [String]
        /// Makes it happen to an empty machine, or to slot A's bench; gives the sentence.
        var happen: @Sendable (VirtualTimeline) async throws -> String
        var testDescription: String { what }
    }

    static let binding = Result { try SlotBinding(slot: "A", path: Bench.path, serial: "FT7XK2A1") }

    static func sentence(_ body: () async throws -> Void) async -> String {
        do {
            try await body()
            return "nothing went wrong"
        } catch SPIBusError.protocolViolation(let text) {
            return text
        } catch SPIBusError.disconnected(let text) {
            return text
        } catch FixtureError.disconnected(let text) {
            return text
        } catch ByteStreamError.closed(let text) {
            return text
        } catch {
            return "\(error)"
        }
    }

    static func opening(_ bench: Bench) async -> String {
        await sentence {
            _ = try await USBSlotFixture.open(binding.get(), on: bench.host, time: bench.timeline)
        }
    }

    /// A slot that is open, its unit powered and held in reset.
    static func running(
        _ timeline: VirtualTimeline, boardFaults: [BoardFault] = [],
        unit: (BenchUnit) -> Void = { _ in }
    ) async throws -> (Bench, USBSlotFixture) {
        let bench = try Bench(timeline, serviceJumper: false, boardFaults: boardFaults, unit: unit)
        let fixture = try await USBSlotFixture.open(binding.get(), on: bench.host, time: timeline)
        try await fixture.setReset(held: true)
        try await fixture.setPower(true)
        return (bench, fixture)
    }

    static let identification: [SPIOperation] = [.exchange(write: [0x9F], readCount: 300)]

    /// A fault on the cable in the middle of a flash command.
    static func cable(_ kind: BusFault.Kind, _ endpoint: UInt8, _ timeline: VirtualTimeline) async throws
        -> String
    {
        let (bench, fixture) = try await running(timeline)
        bench.port.inject(BusFault(kind, endpoint: endpoint, packet: 1))
        return await sentence { _ = try await fixture.flashBus.perform(identification) }
    }

    static let rows: [Row] = [
        Row(what: "no permission", saying: ["udev", "station usb bind"]) { timeline in
            let bench = try Bench(timeline, serviceJumper: false)
            bench.host.deny(Bench.path)
            return await opening(bench)
        },
        Row(what: "claimed by another program", saying: ["another program", "flashrom"]) { timeline in
            let bench = try Bench(timeline, serviceJumper: false)
            let other = try FTDIChannel(bench.device, number: 0, time: timeline)
            defer { withExtendedLifetime(other) {} }
            return await opening(bench)
        },
        Row(what: "adapter without serial number", saying: ["without a serial number", "swapped"]) {
            timeline in
            await opening(try Bench(timeline, serial: nil, serviceJumper: false))
        },
        Row(what: "two with the same serial number", saying: ["2 adapters", "FT7XK2A1"]) { timeline in
            let bench = try Bench(timeline, serviceJumper: false)
            bench.host.plug(try Bench(timeline).port, at: USBPath(bus: 1, ports: [9]))
            let bySerial = try SlotBinding(slot: "A", path: nil, serial: "FT7XK2A1")
            return await sentence {
                _ = try await USBSlotFixture.open(bySerial, on: bench.host, time: timeline)
            }
        },
        Row(what: "wrong chip type", saying: ["FT2232H", "station usb list"]) { timeline in
            let host = VirtualUSBHost()
            host.plug(VirtualPort(EchoingCDC(), scheduler: timeline), at: Bench.path)
            let byPath = try SlotBinding(slot: "A", path: Bench.path, serial: nil)
            return await sentence { _ = try await USBSlotFixture.open(byPath, on: host, time: timeline) }
        },
        Row(what: "MPSSE bad command", saying: ["did not understand command"]) {
            try await cable(.insert([0xFA, 0x86]), 0x81, $0)
        },
        Row(what: "lost synchronisation", saying: ["lost step"]) {
            try await cable(.insert([0x12]), 0x81, $0)
        },
        Row(what: "stall", saying: ["refused"]) { try await cable(.stall, 0x02, $0) },
        Row(what: "babble", saying: ["more than it may"]) { try await cable(.babble, 0x81, $0) },
        Row(what: "hub power lost", saying: ["the adapter is gone", "hub's power"]) {
            try await cable(.unplug, 0x02, $0)
        },
        Row(what: "framing errors", saying: ["damaged characters", "baud"]) { timeline in
            let (bench, fixture) = try await running(timeline) { $0.baud = 57_600 }
            try await fixture.setReset(held: false)
            bench.unit { $0.send([1, 2, 3], at: timeline.currentTime) }
            _ = try await fixture.console.read(timeout: .milliseconds(50))
            return fixture.consoleTrouble ?? "nothing went wrong"
        },
        Row(what: "break", saying: ["held low", "nail"]) { timeline in
            let (bench, fixture) = try await running(timeline)
            try await fixture.setReset(held: false)
            bench.unit { $0.sendBreak(at: timeline.currentTime) }
            _ = try await fixture.console.read(timeout: .milliseconds(50))
            return fixture.consoleTrouble ?? "nothing went wrong"
        },
        Row(what: "chip select stuck", saying: ["chip select stays low", "short"]) { timeline in
            let bench = try Bench(
                timeline, serviceJumper: false, boardFaults: [.chipSelectStuck(high: false)])
            let fixture = try await USBSlotFixture.open(binding.get(), on: bench.host, time: timeline)
            return try await fixture.selfTest().joined()
        },
        Row(what: "descriptor longer than its buffer", saying: ["descriptor", "replace the adapter"]) {
            timeline in
            let host = VirtualUSBHost()
            let part = try #require(NORPart.named("W25Q32"))
            let model = VirtualFT2232H(
                unit: BenchUnit(chip: NORChip(part: part)), serial: "FT7XK2A1", descriptorSurplus: 40)
            host.plug(VirtualPort(model, scheduler: timeline), at: Bench.path)
            return await sentence {
                _ = try await USBSlotFixture.open(binding.get(), on: host, time: timeline)
            }
        },
        Row(what: "nothing in the socket", saying: ["nothing is plugged in", "hub's power"]) { timeline in
            let bench = try Bench(timeline, serviceJumper: false)
            bench.host.unplug(Bench.path)
            return await opening(bench)
        },
    ]

    @Test(arguments: rows) func oneSentenceWithSlotAndPath(_ row: Row) async throws {
        let sentence = try await VirtualTimeline.run { try await row.happen($0) }
        for piece in ["Slot A", "1-4.2"] + row.saying {
            #expect(sentence.contains(piece), "\(row.what): \(sentence)")
        }
        #expect(!sentence.contains(".."), "\(sentence)")
        #expect(sentence.hasSuffix("."), "\(sentence)")
    }

    /// A flash bus that floats or is shorted reads as what it is; the chip's identification tells which, and what to check.
    @Test(arguments: [
        (BoardFault.dataFloating, "FF"), (.dataShorted, "00"), (.chipSelectStuck(high: true), "FF"),
    ])
    func brokenFlashWiresAreTold(fault: BoardFault, level: String) async throws {
        try await VirtualTimeline.run { timeline in
            let (_, fixture) = try await Self.running(timeline, boardFaults: [fault])
            let refusal = await #expect(throws: ChipRefusal.self) {
                _ = try await FlashProgrammer.open(fixture.flashBus, reservationEnd: 0x70000)
            }
            let sentence = refusal.map { "\($0)" } ?? ""
            #expect(sentence.uppercased().contains(level), "\(sentence)")
        }
    }
}
