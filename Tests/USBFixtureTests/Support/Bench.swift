import NORChipModel
import TimeAndChance
import USBTransport
import VirtualUSB

@testable import USBFixture

/// A virtual fixture on a virtual cable, and the channels that a test wants of it.
struct Bench {
    let timeline: VirtualTimeline
    let host: VirtualUSBHost
    let port: VirtualPort
    let path: USBPath
    let device: any USBDevice

    static let path = USBPath(bus: 1, ports: [4, 2])

    init(
        _ timeline: VirtualTimeline, part: String = "W25Q128", timing: NORTiming = .typical, seed: UInt64 = 1,
        serial: String? = "FT7XK2A1", serviceJumper: Bool = true, boardFaults: [BoardFault] = [],
        faults: [BusFault] = [], slowness: Duration = .zero,
        prepare: (NORChip) -> Void = { _ in }, unit prepareUnit: (BenchUnit) -> Void = { _ in }
    ) throws {
        self.timeline = timeline
        host = VirtualUSBHost()
        let part = NORPart.catalogue.first { $0.name.hasPrefix(part) }
        guard let part else { throw MissingPart() }
        let chip = NORChip(part: part, seed: seed, timing: timing)
        prepare(chip)
        let unit = BenchUnit(chip: chip)
        prepareUnit(unit)
        let model = VirtualFT2232H(
            unit: unit, serial: serial, serviceJumper: serviceJumper, boardFaults: boardFaults)
        port = VirtualPort(model, scheduler: timeline, faults: faults, slowness: slowness)
        path = Self.path
        host.plug(port, at: path)
        device = try host.open(path)
    }

    struct MissingPart: Error {}

    func bus(hertz: Int = 30_000_000) async throws -> MPSSEBus {
        let bus = try await MPSSEBus(FTDIChannel(device, number: 0, time: timeline), hertz: hertz)
        try await bus.setPins { pins in
            pins.low = PinImage.chipSelect
            pins.lowOutputs = PinImage.spiOutputs
        }
        return bus
    }

    func uart(baud: Int = 115_200) async throws -> FTDIUART {
        try await FTDIUART(FTDIChannel(device, number: 1, time: timeline), baud: baud)
    }

    func chip<Value: Sendable>(_ body: (NORChip) -> Value) -> Value? {
        port.inspect(VirtualFT2232H.self) { model in
            (model.unit as? BenchUnit).map { body($0.flashPeripheral.chip) }
        } ?? nil
    }

    func unit<Value: Sendable>(_ body: (BenchUnit) -> Value) -> Value? {
        port.inspect(VirtualFT2232H.self) { model in (model.unit as? BenchUnit).map(body) } ?? nil
    }
}
