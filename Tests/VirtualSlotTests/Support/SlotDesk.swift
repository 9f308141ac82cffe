import Blessing
import FactoryLink
import Fixturing
import Foundation
import Imp003
import ImpEmulator
import Ledger
import StationConfig
import StationStore
import TimeAndChance
import USBFixture
import USBTransport
import VirtualSlot
import VirtualUSB

/// The shipped USB station, and a record in a folder of its own.
final class USBStation: Sendable {
    let home: String
    let folder: StationFolder
    let store: StationStore

    static let path = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("stations/usb-demo").path

    init() async throws {
        home = NSTemporaryDirectory() + "usb-station-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
        let (loaded, problems) = StationFolder.load(at: Self.path, regulatory: try .shipped())
        guard let loaded else { throw Problems(problems: problems) }
        folder = loaded
        let key = try StationKey.generate(name: StationStore.origin(station: loaded.station.name))
        store = try await StationStore.create(
            at: home + "/station.db", station: loaded.station.name, key: key, program: "tests")
    }

    deinit {
        try? FileManager.default.removeItem(atPath: home)
    }

    struct Problems: Error {
        var problems: [ConfigProblem] = []
    }

    func plan() throws -> BlessingPlan {
        guard let order = folder.order("WO-USB-0001") else { throw Problems() }
        return try BlessingPlan.make(for: order, in: folder)
    }

    static let network = FactoryNetwork(ssid: "factory-floor", password: "blessed-be-the-line")

    func settings(_ control: LineControl) -> LineSettings {
        LineSettings(
            program: "tests", operatedBy: "op-17", network: Self.network, labelSpool: home + "/labels",
            control: control)
    }
}

/// Slots made of software up to their plugs, in the sockets of a virtual machine.
struct SlotDesk: Sendable {
    let host: VirtualUSBHost
    let slots: [EmulatedUSBSlot]
    let line: EmulatedLine

    static func path(_ index: Int) -> USBPath { USBPath(bus: 1, ports: [4, index + 1]) }
    static func serial(_ name: String) -> String { "FX-\(name)" }

    /// - Parameter faults: of the cables, by slot.
    init(
        _ timeline: VirtualTimeline, _ names: [String] = ["A"], units: Int, unitFaults: String = "",
        retests: Int = 0, faults: [String: [BusFault]] = [:]
    ) throws {
        var setup = LineSetup(seed: 7, units: units)
        setup.chipPart = "W25Q16"
        setup.retests = retests
        if !unitFaults.isEmpty { setup.faults = try FaultPlan(parsing: unitFaults) }
        let line = try EmulatedLine(setup)
        let host = VirtualUSBHost()
        self.line = line
        self.host = host
        slots = names.enumerated().map { index, name in
            EmulatedUSBSlot(
                name, of: line, sender: USBStation.network, serial: Self.serial(name), scheduler: timeline,
                faults: faults[name] ?? [], plugIn: { host.plug($0, at: Self.path(index)) })
        }
        for (index, slot) in slots.enumerated() {
            host.plug(slot.port, at: Self.path(index))
            // Whatever pulled the plug, somebody puts it back.
            guard faults[slot.name] != nil else { continue }
            slot.port.whenUnplugged { [port = slot.port] in
                timeline.schedule(at: timeline.currentTime + .seconds(3)) {
                    if !port.isPlugged { host.plug(port, at: Self.path(index)) }
                }
            }
        }
    }

    func fixture(_ index: Int, on timeline: VirtualTimeline) async throws -> USBSlotFixture {
        let name = slots[index].name
        let binding = try SlotBinding(slot: name, path: Self.path(index), serial: Self.serial(name))
        return try await USBSlotFixture.open(binding, on: host, time: timeline)
    }

    /// Runs `body` while somebody serves every slot.
    func operated<Value: Sendable>(
        on timeline: VirtualTimeline, _ body: @Sendable @escaping () async throws -> Value
    ) async throws -> Value {
        let operators = slots.map { slot in Task { try await slot.operate(on: timeline) } }
        defer { for task in operators { task.cancel() } }
        return try await body()
    }
}
