import Blessing
import Fixturing
import Imp003
import ImpEmulator
import Testing
import TimeAndChance
import USBFixture
import USBTransport
import VirtualSlot
import VirtualUSB

@testable import StationConfig
@testable import station

/// `station run` finds its slots on USB: exactly those of station.yaml, or none.
@Suite struct USBSlotsTests {
    static let path = StationProgram.root.appendingPathComponent("stations/usb-demo").path

    static func slots() throws -> [SlotSettings] {
        let (folder, problems) = StationFolder.load(at: path, regulatory: try .shipped())
        return try #require(folder, "\(problems)").station.slots
    }

    /// A machine with adapters of these serial numbers, on 1-1, 1-2 and so on.
    static func machine(_ serials: [String?], _ timeline: VirtualTimeline) throws -> VirtualUSBHost {
        let host = VirtualUSBHost()
        let line = try EmulatedLine(LineSetup(units: serials.count))
        for (index, serial) in serials.enumerated() {
            let slot = EmulatedUSBSlot(
                "\(index)", of: line, sender: FactoryNetwork(ssid: "x", password: ""), serial: serial,
                scheduler: timeline)
            host.plug(slot.port, at: USBPath(bus: 1, ports: [index + 1]))
        }
        return host
    }

    @Test func theShippedStationOpensItsFourSlots() async throws {
        let slots = try Self.slots()
        try await VirtualTimeline.run { timeline in
            let host = try Self.machine(["FX-0002", "FX-0001", "FX-0004", "FX-0003"], timeline)
            let opened = try await USBSlots.open(slots, on: host, time: timeline)
            #expect(opened.map(\.name) == ["A", "B", "C", "D"])
            #expect(
                opened.map(\.fixture.label) == [
                    "USB 1-2 (FX-0001)", "USB 1-1 (FX-0002)", "USB 1-4 (FX-0003)", "USB 1-3 (FX-0004)",
                ])
        }
    }

    @Test(arguments: [
        [String?]([]), ["FX-0001", "FX-0002", "FX-0003"], ["FX-0001", "FX-0002", "FX-0003", "FX-0003"],
        ["FX-0001", "FX-0002", "FX-0003", nil],
    ])
    func aSlotThatIsMissingStopsAll(serials: [String?]) async throws {
        let slots = try Self.slots()
        try await VirtualTimeline.run { timeline in
            let host = try Self.machine(serials, timeline)
            let failure = await #expect(throws: StationFailure.self) {
                _ = try await USBSlots.open(slots, on: host, time: timeline)
            }
            #expect(failure?.exit == .refused)
            #expect(failure?.message.contains("nothing was begun") == true)
        }
    }

    /// Under `station serve` a missing adapter takes its own slot out of use and no other, and is found when it is there.
    @Test func aServiceOpensEachSlotByItself() async throws {
        let (loaded, problems) = StationFolder.load(at: Self.path, regulatory: try .shipped())
        let folder = try #require(loaded, "\(problems)")
        let plan = try BlessingPlan.make(for: try #require(folder.orders.first), in: folder)
        try await VirtualTimeline.run { timeline in
            let host = try Self.machine(["FX-0001", "FX-0002", "FX-0003"], timeline)
            let slots = ServeSlots.make(
                for: folder, lines: nil,
                paths: StationPaths(beside: "/nowhere/station.db", labels: "/nowhere/labels"),
                host: { host }, time: timeline, remark: { _ in })
            #expect(slots.map(\.name) == ["A", "B", "C", "D"])
            #expect(slots.allSatisfy { $0.kind == .usb })
            var labels: [String] = []
            for slot in slots {
                do { labels.append(try await slot.fixture(plan).label) } catch {
                    labels.append(error is StationFailure ? "missing" : "\(error)")
                }
            }
            #expect(labels.count { $0 == "missing" } == 1 && labels.count { $0.hasPrefix("USB 1-") } == 3)
            // The same fixture for the next order: its state is that of the hardware, not of an order.
            let first = try await slots[0].fixture(plan)
            #expect(first.label == labels[0])
            let line = try EmulatedLine(LineSetup(units: 1))
            let late = EmulatedUSBSlot(
                "late", of: line, sender: FactoryNetwork(ssid: "x", password: ""), serial: "FX-0004",
                scheduler: timeline)
            host.plug(late.port, at: USBPath(bus: 1, ports: [4]))
            let missing = try #require(labels.firstIndex(of: "missing"))
            #expect(try await slots[missing].fixture(plan).label == "USB 1-4 (FX-0004)")
        }
    }

    /// By path and serial number together, two swapped cables are noticed.
    @Test func swappedCablesAreRefused() async throws {
        let slots = (1...2).map { number in
            SlotSettings(
                name: "S\(number)", fixture: .usb,
                usb: USBSlotSettings(path: "1-\(number)", serial: "FX-\(number)", wiring: .reference))
        }
        try await VirtualTimeline.run { timeline in
            let right = try Self.machine(["FX-1", "FX-2"], timeline)
            #expect(try await USBSlots.open(slots, on: right, time: timeline).count == 2)
            await #expect(throws: StationFailure.self) {
                _ = try await USBSlots.open(
                    slots, on: Self.machine(["FX-2", "FX-1"], timeline), time: timeline)
            }
        }
    }

    @Test func aBoardsWiringIsTakenOver() {
        let board = WiringSettings(
            name: "own", pins: ["power": "ACBUS4", "red": "none", "green": "ACBUS0"], spiKilohertz: 12_000,
            consoleBaud: 115_200, powerRise: nil, powerDrain: .seconds(1), blinkUp: .seconds(4),
            senderNetwork: "factory")
        let settings = USBFixtureSettings(board)
        #expect(settings.wiring.power.description == "ACBUS4")
        #expect(settings.wiring.red == nil && settings.wiring.green?.description == "ACBUS0")
        #expect(settings.wiring.holdReset == FixtureWiring.reference.holdReset)
        #expect(settings.wiring.sharedPin == nil)
        #expect(settings.spiHertz == 12_000_000 && settings.consoleBaud == 115_200)
        #expect(settings.powerDrain == .seconds(1) && settings.powerRise == .milliseconds(20))
        #expect(settings.blinkUpNetwork == "factory" && settings.blinkUpDuration == .seconds(4))
        #expect(USBFixtureSettings(.reference) == USBFixtureSettings())
    }

    /// The tables of pins in StationConfig and USBFixture are the same board.
    @Test func theReferenceBoardIsOne() {
        for signal in WiringSettings.signals {
            #expect(FixturePin(signal.pin)?.description == signal.pin, "\(signal.name)")
        }
        #expect(USBFixtureSettings(.reference).wiring == .reference)
    }

    @Test func cableFaultsAreRead() throws {
        let read = try CableFault.parse("A:flash:900,B:console-in:4:babble", slots: ["A", "B"])
        #expect(
            read == [
                CableFault(slot: "A", fault: BusFault(.unplug, endpoint: 0x02, packet: 900)),
                CableFault(slot: "B", fault: BusFault(.babble, endpoint: 0x83, packet: 4)),
            ])
        for wrong in ["A:flash", "C:flash:1", "A:lamp:1", "A:flash:0", "A:flash:1:melt", "A:flash:x"] {
            #expect(throws: StationFailure.self) { try CableFault.parse(wrong, slots: ["A", "B"]) }
        }
    }

    @Test func usbipIsAFlagToo() {
        #expect(
            EmulateCommand.canonical(["emulate", "--usbip", "--slots", "2"]) == [
                "emulate", "usbip", "--slots", "2",
            ])
        for other in [["emulate", "faults"], ["run", "--usbip"], []] {
            #expect(EmulateCommand.canonical(other) == other)
        }
    }
}
