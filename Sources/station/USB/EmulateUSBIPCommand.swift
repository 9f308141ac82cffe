import ArgumentParser
import Fixturing
import Foundation
import StationConfig
import TimeAndChance
import VirtualSlot
import VirtualUSB

/// The emulated line behind virtual adapters, for whoever attaches them.
struct EmulateUSBIPCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "usbip",
        abstract: "Export slots made of software as USB devices, by USB/IP.",
        usage: "station emulate usbip [<order>] [--slots <n>] [--port <port>] [<options>]",
        discussion: """
            Each slot is an FT2232H on a fixture board with emulated units in its nest, as line.yaml describes them. On any \
            Linux with the module vhci-hcd, `usbip attach -r localhost -b 1-1` plugs the first one in, for every program of \
            that machine. Time is real. `station emulate --usbip` is the same.

            --cable takes faults of the cables: SLOT:SIDE:PACKET[:KIND], as in A:flash:900 or B:console:40:stall. SIDE is \
            flash, flash-in, console or console-in; PACKET is counted from the start; KIND is unplug (and back after 3 s; the \
            default), stall, short, babble or flip.
            """)

    @OptionGroup var options: FolderOptions

    @Argument(help: "The work order whose units arrive; may be left out when the folder has just one.")
    var order: String?

    @Option(
        help: ArgumentHelp("How many slots (default: the USB slots of station.yaml, else 4).", valueName: "n")
    )
    var slots: Int?

    @Option(help: ArgumentHelp("TCP port; 0 takes any free one.", valueName: "port"))
    var port: UInt16 = USBIPServer.standardPort

    @Flag(help: "Let other machines attach. Whoever reaches the port owns the devices.")
    var anyone = false

    @Option(
        help: ArgumentHelp(
            "Also serve each slot by usb-redir, for QEMU, on a Unix socket in this folder.", valueName: "dir")
    )
    var redir: String?

    @OptionGroup var arriving: ArrivingUnits

    @Option(help: ArgumentHelp("Faults of cables, separated by commas.", valueName: "list"))
    var cable: String?

    @Option(
        help: ArgumentHelp(
            "Serial numbers of the adapters, separated by commas, instead of station.yaml's.",
            valueName: "list"))
    var serials: String?

    func validate() throws {
        if let slots, !(1...16).contains(slots) {
            throw ValidationError("--slots must be 1 to 16, found \(slots).")
        }
    }

    func run() async throws {
        let folder = try options.load()
        let lines = try EmulatedLines(for: folder, wishes: EmulationWishes(arriving: arriving))
        let line = try lines.line(for: try folder.chosenOrder(order))
        for remark in lines.remarks { Terminal.line(remark) }
        let places = try self.places(in: folder)
        let cableFaults = try CableFault.parse(cable ?? "", slots: places.map(\.name))
        let network = try folder.factoryNetwork(emulated: true)
        let scheduler = RealTimeScheduler()
        let made = places.map { place in
            let slot = EmulatedUSBSlot(
                place.name, of: line, sender: network, serial: place.serial, scheduler: scheduler,
                faults: cableFaults.filter { $0.slot == place.name }.map(\.fault))
            // A cable fault takes the plug out; somebody notices and puts it back.
            slot.port.whenUnplugged { [port = slot.port] in
                scheduler.schedule(at: scheduler.currentTime + .seconds(3)) { port.replug() }
            }
            return (place: place, slot: slot)
        }
        let servers = try serve(made.map { ($0.place.name, $0.slot.port) })
        for (index, (place, _)) in made.enumerated() {
            Terminal.line("slot \(place.name): 1-\(index + 1), serial number \(place.serial)")
        }
        Terminal.line("ready on port \(servers.usbip.port); attach with: usbip attach -r localhost -b 1-1")
        let stop = StopSignal()
        await withTaskGroup(of: Void.self) { group in
            for (place, slot) in made {
                group.addTask {
                    do {
                        try await slot.operate(on: SystemTime())
                        Terminal.line("slot \(place.name): no more units")
                    } catch is CancellationError {
                    } catch {
                        Terminal.complain("slot \(place.name): \(error)")
                    }
                }
            }
            await stop.wait()
            group.cancelAll()
        }
        servers.usbip.stop()
        for server in servers.redir { server.stop() }
        let blessed = line.cloud.blessings.count { $0.outcome == .accepted }
        Terminal.line("The emulated cloud blessed \(blessed) unit\(blessed == 1 ? "" : "s").")
        for (place, slot) in made { Terminal.line("slot \(place.name): \(slot.port.counters)") }
    }

    /// Names and serial numbers: station.yaml's as far as it has them.
    private func places(in folder: StationFolder) throws -> [(name: String, serial: String)] {
        var places = folder.station.slots.filter { $0.fixture == .usb }.map { slot in
            (name: slot.name, serial: slot.usb?.serial ?? "EMU-\(slot.name)")
        }
        let wanted = slots ?? (places.isEmpty ? 4 : places.count)
        while places.count < wanted {
            let name = "E\(places.count + 1)"
            places.append((name, "EMU-\(name)"))
        }
        places = Array(places.prefix(wanted))
        let named = serials?.split(separator: ",").map(String.init) ?? []
        guard named.count <= places.count else {
            throw StationFailure(
                .badInput, "--serials names \(named.count) adapters, but there are \(places.count).")
        }
        for (index, serial) in named.enumerated() { places[index].serial = serial }
        return places
    }

    private func serve(_ ports: [(name: String, port: VirtualPort)]) throws -> (
        usbip: USBIPServer, redir: [USBRedirServer]
    ) {
        do {
            var redirs: [USBRedirServer] = []
            if let redir {
                try FileManager.default.createDirectory(atPath: redir, withIntermediateDirectories: true)
                for (name, port) in ports {
                    redirs.append(try USBRedirServer(exporting: port, path: "\(redir)/\(name)"))
                }
            }
            let usbip = try USBIPServer(exporting: ports.map(\.port), port: port, loopbackOnly: !anyone)
            for server in redirs { server.start() }
            usbip.start()
            return (usbip, redirs)
        } catch {
            throw StationFailure(.refused, "\(error)")
        }
    }
}

/// A fault of a slot's cable, as the command line writes it.
struct CableFault: Equatable {
    var slot: String
    var fault: BusFault

    private static let sides: [(name: String, endpoint: UInt8)] = [
        ("flash", 0x02), ("flash-in", 0x81), ("console", 0x04), ("console-in", 0x83),
    ]

    private static let kinds: [(name: String, kind: BusFault.Kind)] = [
        ("unplug", .unplug), ("stall", .stall), ("short", .shorten(to: 2)), ("babble", .babble),
        ("flip", .flipBit),
    ]

    /// `A:flash:900,B:console:40:stall`.
    static func parse(_ text: String, slots: [String]) throws -> [CableFault] {
        try text.split(separator: ",").map { item in
            let parts = item.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
            guard (3...4).contains(parts.count), slots.contains(parts[0]),
                let side = sides.first(where: { $0.name == parts[1] }), let packet = Int(parts[2]),
                packet > 0,
                let kind = kinds.first(where: { $0.name == (parts.count == 4 ? parts[3] : "unplug") })
            else {
                throw StationFailure(
                    .badInput,
                    "\(item) is no fault of a cable: SLOT:SIDE:PACKET[:KIND], with a slot of \(slots.joined(separator: ", ")), a side of "
                        + "\(sides.map(\.name).joined(separator: ", ")), and a kind of \(kinds.map(\.name).joined(separator: ", "))."
                )
            }
            return CableFault(
                slot: parts[0], fault: BusFault(kind.kind, endpoint: side.endpoint, packet: packet))
        }
    }
}
