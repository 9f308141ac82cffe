import FactoryLink
import Fixturing
import SerialNOR
import TimeAndChance
import USBFixture
import USBTransport

#if canImport(Glibc)
    import Glibc
#endif

/// Something that the guest makes sure of, against real libusb and a real kernel.
struct Check: Sendable {
    var name: String
    var run: @Sendable (LibUSBHost) async throws -> Void
}

/// A check found something else than it should have.
struct CheckFailure: Error, CustomStringConvertible {
    var description: String
}

func require(_ condition: Bool, _ text: @autoclosure () -> String) throws {
    if !condition { throw CheckFailure(description: text()) }
}

/// Runs checks by name; each says PASS or FAIL.
/// - Returns: an exit code, 0 when all passed.
func check(_ names: [String]) async -> Int32 {
    let host: LibUSBHost
    do {
        host = try LibUSBHost()
    } catch {
        say("FAIL libusb: \(error)")
        return 1
    }
    var failures: Int32 = 0
    let time = SystemTime()
    for name in names {
        guard let check = checks.first(where: { $0.name == name }) else {
            say("FAIL \(name): there is no such check")
            failures += 1
            continue
        }
        let start = await time.now()
        do {
            try await check.run(host)
            say("PASS \(name) in \(milliseconds(await time.now() - start)) ms")
        } catch {
            say("FAIL \(name): \(error)")
            failures += 1
        }
    }
    return failures == 0 ? 0 : 1
}

func milliseconds(_ duration: Duration) -> Int {
    Int(duration / .milliseconds(1))
}

let checks = [
    Check(name: "list", run: list),
    Check(name: "eeprom", run: eeprom),
    Check(name: "flash", run: flashRoundTrip),
    Check(name: "console", run: console),
    Check(name: "claimed", run: claimedTwice),
    Check(name: "slots", run: fourSlots),
    Check(name: "megabyte", run: megabyte),
    Check(name: "together", run: togetherAndAlone),
    Check(name: "rename", run: rename),
    Check(name: "flaky", run: pulledOutWhileWriting),
    Check(name: "deaf", run: pulledOutWhileTalking),
    Check(name: "tty", run: kernelSerialPort),
    Check(name: "qemu-serial", run: qemuSerial),
    Check(name: "acm", run: abstractControlModel),
]

/// A fixture by its serial number.
func openFixture(_ serial: String, on host: LibUSBHost) async throws -> USBSlotFixture {
    let binding = try SlotBinding(slot: serial, path: nil, serial: serial)
    _ = try await SlotBindings.awaitAdapter(for: binding, on: host)
    return try await USBSlotFixture.open(binding, on: host, time: SystemTime())
}

func prepareForFlash(_ fixture: USBSlotFixture) async throws -> FlashProgrammer {
    try await fixture.setReset(held: true)
    try await fixture.setPower(true)
    return try await FlashProgrammer.open(fixture.flashBus, reservationEnd: 0x70000)
}

func noise(_ count: Int, seed: UInt64) -> [UInt8] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
}

/// Writes noise to a fixture's flash, and makes sure that it is there.
func program(_ count: Int, seed: UInt64, to fixture: USBSlotFixture) async throws -> FlashReport {
    let flash = try await prepareForFlash(fixture)
    let content = noise(count, seed: seed)
    let image = try FlashImage(name: "image", bytes: content, at: 0x80000, in: flash.geometry)
    let report = try await flash.write([image])
    try require(
        try await flash.read(0x80000..<0x80000 + count) == content,
        "\(fixture.label): the flash holds something else")
    return report
}

@Sendable func list(_ host: LibUSBHost) async throws {
    let binding = try SlotBinding(slot: "A", path: nil, serial: "PLAIN")
    let device = try await SlotBindings.awaitAdapter(for: binding, on: host)
    let devices = try host.devices()
    say(USBListing.table(devices, bindings: [binding]))
    try require(device.identifier == "0403:6010" && device.release == 0x0700, "not an FT2232H: \(device)")
    try require(device.speed == .high, "speed \(device.speed)")
    try require(
        device.interfaces.count == 2 && device.interfaces[1].endpoints.count == 2,
        "interfaces \(device.interfaces)")
    try require(device.manufacturer == "Blessing Station", "maker \(device.manufacturer ?? "unknown")")
}

@Sendable func eeprom(_ host: LibUSBHost) async throws {
    let binding = try SlotBinding(slot: "A", path: nil, serial: "PLAIN")
    let device = try host.open(try await SlotBindings.awaitAdapter(for: binding, on: host).path)
    let content = try await FTDIChannel(device, number: 0, time: SystemTime()).readEEPROM()
    try require(content.isIntact && content.serial == "PLAIN", "EEPROM says \(content.serial ?? "nothing")")
}

@Sendable func flashRoundTrip(_ host: LibUSBHost) async throws {
    let fixture = try await openFixture("PLAIN", on: host)
    let before = fixture.busCounters
    // New content each time: the chip may hold what an earlier check wrote.
    let seed = UInt64(bitPattern: SystemWallClock().utcMilliseconds())
    say("  seed \(seed)")
    let report = try await program(256 * 1024, seed: seed, to: fixture)
    let counters = fixture.busCounters
    say(
        "  \(report.programmedBytes / 256) pages, \(counters.roundTrips - before.roundTrips) round trips, \(counters.overruns) late"
    )
    try require(report.programmedBytes > 255 * 1024, "\(report)")
    try require((counters.roundTrips - before.roundTrips) * 16 <= 1024, "\(counters)")
    await fixture.makeSafe()
}

@Sendable func console(_ host: LibUSBHost) async throws {
    let fixture = try await openFixture("PLAIN", on: host)
    try await fixture.setPower(true)
    try await echo(20_000, through: fixture.console)
    await fixture.makeSafe()
}

/// Sends noise, and expects the same back.
func echo(_ count: Int, through stream: any ByteStream) async throws {
    let content = noise(count, seed: 2)
    var found: [UInt8] = []
    for start in stride(from: 0, to: count, by: 500) {
        let piece = Array(content[start..<min(start + 500, count)])
        try await stream.write(piece)
        while found.count < start + piece.count {
            let more = try await stream.read(timeout: .seconds(2))
            try require(!more.isEmpty, "\(found.count) of \(count) bytes came back")
            found += more
        }
    }
    try require(found == content, "the echo differs")
}

@Sendable func claimedTwice(_ host: LibUSBHost) async throws {
    let fixture = try await openFixture("PLAIN", on: host)
    let other = try LibUSBHost()
    do {
        _ = try await openFixture("PLAIN", on: other)
        throw CheckFailure(description: "two programs have one adapter")
    } catch let error as USBError {
        guard case .claimedElsewhere = error, "\(error)".contains("Slot PLAIN") else { throw error }
        say("  \(error)")
    }
    await fixture.makeSafe()
}

@Sendable func fourSlots(_ host: LibUSBHost) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
        for (index, serial) in ["PLAIN", "SECOND", "THIRD", "SERVICE"].enumerated() {
            group.addTask {
                let fixture = try await openFixture(serial, on: host)
                _ = try await program(64 * 1024, seed: UInt64(100 + index), to: fixture)
                await fixture.makeSafe()
            }
        }
        try await group.waitForAll()
    }
}

/// 1 MB onto a blank part of a W25Q128, as `flashrom.sh` has flashrom write it in the same guest; prints both floors.
@Sendable func megabyte(_ host: LibUSBHost) async throws {
    let time = SystemTime()
    let fixture = try await openFixture("LARGE", on: host)
    let flash = try await prepareForFlash(fixture)
    let content = noise(1 << 20, seed: 9)
    let image = try FlashImage(name: "image", bytes: content, at: 0x400000, in: flash.geometry)
    let before = fixture.busCounters
    let start = await time.now()
    let report = try await flash.write([image])
    let taken = await time.now() - start
    let trips = fixture.busCounters.roundTrips - before.roundTrips
    // A page's 0.4 ms, its bits and one status read at 30 MHz; every byte read back once.
    let floor = 4096 * (0.4 + Double(263 * 8) / 30_000) + Double((1 << 20) * 8) / 30_000
    say(
        "  ours: \(milliseconds(taken)) ms, floor \(Int(floor)) ms, \(4096 / max(trips, 1)) pages a round trip"
    )
    // A few pages begin or end with FFh, which needs no programming.
    try require(report.programmedBytes > 1 << 20 - 1024, "\(report)")
    try require(trips * 16 <= 4096, "\(trips) round trips")
    await fixture.makeSafe()
}

/// The same work on one slot after the other, then on all at once, and what the one event thread had to do for it.
@Sendable func togetherAndAlone(_ host: LibUSBHost) async throws {
    let time = SystemTime()
    let serials = ["PLAIN", "SECOND", "THIRD", "SERVICE", "FIFTH", "SIXTH", "SEVENTH", "EIGHTH"]
    @Sendable func work(_ serial: String, _ seed: UInt64) async throws {
        let fixture = try await openFixture(serial, on: host)
        _ = try await program(64 * 1024, seed: seed, to: fixture)
        await fixture.makeSafe()
    }
    let start = await time.now()
    try await work(serials[0], 50)
    let alone = await time.now() - start
    let used = host.eventThreadTime
    let begin = await time.now()
    try await withThrowingTaskGroup(of: Void.self) { group in
        for (index, serial) in serials.enumerated() {
            group.addTask { try await work(serial, UInt64(60 + index)) }
        }
        try await group.waitForAll()
    }
    let together = await time.now() - begin
    let share = (host.eventThreadTime - used) / together
    say(
        "  one slot \(milliseconds(alone)) ms, eight at once \(milliseconds(together)) ms: \((alone * 8 / together * 100).rounded() / 100) times one slot; "
            + "event thread \((share * 1000).rounded() / 10) % of a core")
}

/// Gives an adapter another serial number, and finds it under that.
@Sendable func rename(_ host: LibUSBHost) async throws {
    let binding = try SlotBinding(slot: "A", path: nil, serial: "THIRD")
    let device = try host.open(try await SlotBindings.awaitAdapter(for: binding, on: host).path)
    let channel = try FTDIChannel(device, number: 0, time: SystemTime())
    try await channel.writeSerial("FX-0042")
    let content = try await channel.readEEPROM()
    try require(content.isIntact && content.serial == "FX-0042", "EEPROM says \(content.serial ?? "nothing")")
    try await channel.writeSerial("THIRD")
}

@Sendable func pulledOutWhileWriting(_ host: LibUSBHost) async throws {
    let fixture = try await openFixture("FLAKY", on: host)
    _ = try await fixture.awaitUnit()
    do {
        _ = try await program(256 * 1024, seed: 3, to: fixture)
        throw CheckFailure(description: "the cable stayed in")
    } catch let error as CheckFailure {
        throw error
    } catch {
        say("  \(error)")
    }
    try require(!fixture.isConnected, "the slot did not notice")
    await fixture.makeSafe()
    _ = try await fixture.awaitUnit()
    let report = try await program(256 * 1024, seed: 3, to: fixture)
    say("  resumed: \(report.programmedBytes) bytes were still to do")
    try require(report.programmedBytes < 256 * 1024, "everything was done again")
    await fixture.makeSafe()
}

@Sendable func pulledOutWhileTalking(_ host: LibUSBHost) async throws {
    let fixture = try await openFixture("DEAF", on: host)
    _ = try await fixture.awaitUnit()
    try await fixture.setPower(true)
    do {
        try await echo(20_000, through: fixture.console)
        throw CheckFailure(description: "the cable stayed in")
    } catch let error as ByteStreamError {
        say("  \(error)")
    }
    _ = try await fixture.awaitUnit()
    try await fixture.setPower(true)
    try await echo(2_000, through: fixture.console)
    await fixture.makeSafe()
}

/// The kernel's ftdi_sio on channel B, while we have channel A and keep the unit powered.
@Sendable func kernelSerialPort(_ host: LibUSBHost) async throws {
    let binding = try SlotBinding(slot: "A", path: nil, serial: "PLAIN")
    let path = try await SlotBindings.awaitAdapter(for: binding, on: host).path
    let port = try kernelPort(of: path, interface: 1)
    let device = try host.open(path)
    let pins = try await MPSSEBus(FTDIChannel(device, number: 0, time: SystemTime()))
    try await pins.power(true)
    let descriptor = open(port, O_RDWR | O_NOCTTY)
    guard descriptor >= 0 else {
        throw CheckFailure(description: "\(port): \(String(cString: strerror(errno)))")
    }
    defer { close(descriptor) }
    var settings = termios()
    tcgetattr(descriptor, &settings)
    cfmakeraw(&settings)
    cfsetspeed(&settings, speed_t(B115200))
    tcsetattr(descriptor, TCSANOW, &settings)
    let content = noise(400, seed: 5)
    guard write(descriptor, content, content.count) == content.count else {
        throw CheckFailure(description: "short write")
    }
    var found: [UInt8] = []
    while found.count < content.count {
        var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&waiting, 1, 3000) == 1 else { break }
        var buffer = [UInt8](repeating: 0, count: 512)
        let count = read(descriptor, &buffer, buffer.count)
        guard count > 0 else { break }
        found += buffer.prefix(count)
    }
    try require(found == content, "\(found.count) of \(content.count) bytes came back through \(port)")
    try await pins.power(false)
}

/// The terminal that ftdi_sio made of an interface.
func kernelPort(of path: USBPath, interface: Int) throws -> String {
    let folder = "/sys/bus/usb/devices/\(path):1.\(interface)"
    guard let listing = opendir(folder) else { throw CheckFailure(description: "no \(folder)") }
    defer { closedir(listing) }
    while let entry = readdir(listing) {
        let name = withUnsafeBytes(of: entry.pointee.d_name) {
            String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        }
        if name.hasPrefix("ttyUSB") { return "/dev/\(name)" }
    }
    throw CheckFailure(description: "ftdi_sio did not take interface \(interface)")
}

/// QEMU's own FT232BM: what we send arrives in a socket of the host, where it is sent back.
@Sendable func qemuSerial(_ host: LibUSBHost) async throws {
    let devices = try host.devices().filter { FTDIFamily.of($0)?.name == "FT232BM" }
    guard let info = devices.first else { throw CheckFailure(description: "no FT232BM") }
    let device = try host.open(info.path)
    let uart = try await FTDIUART(FTDIChannel(device, number: 0, time: SystemTime()), baud: 115_200)
    try await echo(4_000, through: uart)
}

/// The kernel's f_acm behind dummy_hcd; the other end is a terminal that a shell sends back.
@Sendable func abstractControlModel(_ host: LibUSBHost) async throws {
    guard let info = try host.devices().first(where: CDCACMPort.matches) else {
        throw CheckFailure(description: "no CDC-ACM device")
    }
    let port = try await CDCACMPort(host.open(info.path), baud: 115_200, time: SystemTime())
    try await echo(4_000, through: port)
}
