import NORChipModel
import VirtualUSB

#if canImport(Glibc)
    import Glibc
#endif

/// A line on standard output, at once: the other half may be waiting for it.
func say(_ text: String) {
    print(text)
    fflush(nil)
}

/// A fixture that can be served, by name.
struct FixtureKind: Sendable {
    var name: String
    /// What a check may rely on.
    var meaning: String
    var faults: [BusFault] = []
    var serviceJumper = false
    /// The flash chip on the unit.
    var part = "W25Q32"
    /// Seconds after which a fixture that unplugged itself is plugged in again.
    var replugAfter = 2
}

/// Each is an FT2232H in front of a flash chip and an echoing unit; the serial number is the name in capitals.
let fixtureKinds = [
    FixtureKind(name: "plain", meaning: "nothing wrong with it"),
    FixtureKind(name: "second", meaning: "the same again"),
    FixtureKind(name: "third", meaning: "the same again"),
    FixtureKind(name: "fifth", meaning: "the same again"),
    FixtureKind(name: "sixth", meaning: "the same again"),
    FixtureKind(name: "seventh", meaning: "the same again"),
    FixtureKind(name: "eighth", meaning: "the same again"),
    FixtureKind(name: "service", meaning: "the flash is reachable without the station", serviceJumper: true),
    FixtureKind(
        name: "large", meaning: "a W25Q128, reachable without the station", serviceJumper: true,
        part: "W25Q128"),
    FixtureKind(
        name: "flaky", meaning: "unplugs itself in the middle of a flash write, and comes back",
        faults: [BusFault(.unplug, endpoint: 0x02, packet: 400)]),
    FixtureKind(
        name: "deaf",
        meaning: "unplugs itself in the middle of a conversation on the console, and comes back",
        faults: [BusFault(.unplug, endpoint: 0x04, packet: 8)]),
]

/// Serves fixtures by usb-redir on `folder/<name>`, and all of them by USB/IP on `folder`'s port file.
func serve(folder: String, fixtures: [String]) -> Int32 {
    signal(SIGPIPE, SIG_IGN)
    var ports: [VirtualPort] = []
    var redirs: [USBRedirServer] = []
    let scheduler = RealTimeScheduler()
    for name in fixtures {
        guard let kind = fixtureKinds.first(where: { $0.name == name }), let part = NORPart.named(kind.part)
        else {
            say(
                "There is no fixture \(name). Choose from: \(fixtureKinds.map(\.name).joined(separator: ", "))."
            )
            return 64
        }
        let model = VirtualFT2232H(
            unit: BenchUnit(chip: NORChip(part: part, timing: .typical)), serial: name.uppercased(),
            serviceJumper: kind.serviceJumper)
        let port = VirtualPort(model, scheduler: scheduler, faults: kind.faults)
        let back = Duration.seconds(kind.replugAfter)
        port.whenUnplugged { scheduler.schedule(at: scheduler.currentTime + back) { port.replug() } }
        ports.append(port)
        do {
            let server = try USBRedirServer(exporting: port, path: "\(folder)/\(name)")
            server.start()
            redirs.append(server)
        } catch {
            say("\(error)")
            return 69
        }
    }
    do {
        let server = try USBIPServer(exporting: ports, port: 0)
        server.start()
        guard let file = fopen("\(folder)/usbip-port", "w") else { return 73 }
        fputs("\(server.port)\n", file)
        fclose(file)
        say("ready")
        while readLine() != nil {}
        server.stop()
    } catch {
        say("\(error)")
        return 69
    }
    for server in redirs { server.stop() }
    for (name, port) in zip(fixtures, ports) { say("\(name) \(port.counters)") }
    return 0
}
