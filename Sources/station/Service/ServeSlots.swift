import Blessing
import Fixturing
import ImpEmulator
import StationConfig
import TimeAndChance
import USBFixture
import USBTransport

/// The slots of station.yaml for a desk: hardware is opened when it is first needed, and opened anew after it was lost.
enum ServeSlots {
    static func make(
        for folder: StationFolder, wishes: EmulationWishes, paths: StationPaths
    ) -> [DeskSlot] {
        let feeds = EmulatedFeeds(folder: folder, wishes: wishes, shelf: paths.shelf)
        let adapters = AdapterCupboard()
        return folder.station.slots.enumerated().map { index, slot in
            DeskSlot(name: slot.name, number: index + 1, kind: slot.fixture) { plan in
                switch slot.fixture {
                case .emulated: try await feeds.slot(slot.name, for: plan.order)
                case .usb: try await adapters.fixture(for: slot)
                }
            }
        }
    }
}

/// Emulated units come by work order, as real ones do on a trolley: each order has a feed of its own, shared by the
/// slots.
private actor EmulatedFeeds {
    private let folder: StationFolder
    private let wishes: EmulationWishes
    private let shelf: String
    private var lines: [String: EmulatedLine] = [:]
    private var slots: [String: EmulatedSlot] = [:]

    init(folder: StationFolder, wishes: EmulationWishes, shelf: String) {
        self.folder = folder
        self.wishes = wishes
        self.shelf = shelf
    }

    func slot(_ name: String, for order: WorkOrder) throws -> any Fixture {
        let key = "\(order.id)/\(name)"
        if let known = slots[key] { return known }
        let line =
            try lines[order.id]
            ?? EmulatedSlots.line(
                for: folder, order: order, wishes: wishes, shelf: "\(shelf)/\(order.id)")
        lines[order.id] = line
        let slot = line.slot(name)
        slots[key] = slot
        return slot
    }
}

/// Opened adapters. One that is missing takes its own slot out of use and no other.
private actor AdapterCupboard {
    private var open: [String: any Fixture] = [:]

    func fixture(for slot: SlotSettings) async throws -> any Fixture {
        // A fixture finds its adapter again by itself when the cable comes back.
        if let known = open[slot.name] { return known }
        let opened = try await USBSlots.open([slot])
        guard let fixture = opened.first?.fixture else {
            throw StationFailure(.refused, "slot \(slot.name) has no adapter")
        }
        open[slot.name] = fixture
        return fixture
    }
}
