import Blessing
import Fixturing
import ImpEmulator
import StationConfig
import TimeAndChance
import USBFixture
import USBTransport

/// The slots of station.yaml for a desk: hardware is opened when it is first needed, and opened anew after it was lost.
enum ServeSlots {
    /// - Parameter host: the machine's USB; asked for at the first need.
    static func make(
        for folder: StationFolder, lines: EmulatedLines?, paths: StationPaths,
        host: @escaping @Sendable () throws -> any USBHost = { try USBSlots.host() },
        time: any TimeSource = SystemTime(),
        remark: @escaping @Sendable (String) async throws -> Void
    ) -> [DeskSlot] {
        let feeds = lines.map { EmulatedFeeds(lines: $0, shelf: paths.shelf, remark: remark) }
        let adapters = AdapterCupboard(host: host, time: time)
        return folder.station.slots.enumerated().map { index, slot in
            DeskSlot(name: slot.name, number: index + 1, kind: slot.fixture) { plan in
                if let feeds, slot.fixture == .emulated {
                    try await feeds.slot(slot.name, for: plan.order)
                } else {
                    try await adapters.fixture(for: slot)
                }
            }
        }
    }
}

/// Emulated units come by work order, as real ones do on a trolley: each order has a feed of its own, shared by the
/// slots.
private actor EmulatedFeeds {
    private let make: EmulatedLines
    private let shelf: String
    /// Puts into the record what its readers must know about units that are not run as shipped.
    private let remark: @Sendable (String) async throws -> Void
    private var lines: [String: Task<EmulatedLine, any Error>] = [:]
    private var slots: [String: EmulatedSlot] = [:]

    init(
        lines make: EmulatedLines, shelf: String, remark: @escaping @Sendable (String) async throws -> Void
    ) {
        self.remark = remark
        self.make = make
        self.shelf = shelf
    }

    func slot(_ name: String, for order: WorkOrder) async throws -> any Fixture {
        let key = "\(order.id)/\(name)"
        if let known = slots[key] { return known }
        let line = try await line(for: order)
        if let known = slots[key] { return known }
        let slot = line.slot(name)
        slots[key] = slot
        return slot
    }

    private func line(for order: WorkOrder) async throws -> EmulatedLine {
        if let known = lines[order.id] { return try await known.value }
        let (make, shelf, remark) = (make, shelf, remark)
        let task = Task {
            let line = try make.line(for: order, shelf: "\(shelf)/\(order.id)")
            for sentence in make.remarks { try await remark(sentence) }
            return line
        }
        lines[order.id] = task
        do { return try await task.value } catch {
            // What was wrong may be right at the next start.
            lines[order.id] = nil
            throw error
        }
    }
}

/// Opened adapters. One that is missing takes its own slot out of use and no other.
private actor AdapterCupboard {
    private let host: @Sendable () throws -> any USBHost
    private let time: any TimeSource
    private var open: [String: any Fixture] = [:]

    init(host: @escaping @Sendable () throws -> any USBHost, time: any TimeSource) {
        self.host = host
        self.time = time
    }

    func fixture(for slot: SlotSettings) async throws -> any Fixture {
        // A fixture finds its adapter again by itself when the cable comes back.
        if let known = open[slot.name] { return known }
        let opened = try await USBSlots.open([slot], on: try host(), time: time)
        guard let fixture = opened.first?.fixture else {
            throw StationFailure(.refused, "slot \(slot.name) has no adapter")
        }
        open[slot.name] = fixture
        return fixture
    }
}
