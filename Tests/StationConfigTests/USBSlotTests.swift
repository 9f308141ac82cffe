import Testing

@testable import StationConfig

/// Slots on USB in station.yaml: one adapter a slot, pins that exist once.
@Suite struct USBSlotTests {
    static let station = "station.yaml"
    static let slotB = "{ name: B, fixture: { kind: emulated } }"
    static let slotC = "{ name: C, fixture: { kind: emulated } }"

    /// The demo's plans measure with instruments that USB fixtures do not have: those problems are expected here.
    static func problems(_ edits: [Edit]) throws -> [ConfigProblem] {
        let copy = try FolderCopy()
        for edit in edits { try copy.apply(edit) }
        return copy.load().problems.filter { $0.code != .unknownInstrument && $0.severity == .error }
    }

    @Test(arguments: [
        ("kind: emulated, path: 1-4", ConfigCode.usbBinding, "emulated slot"),
        ("kind: usb", .usbBinding, "neither path nor serial"),
        ("kind: usb, path: 1-4.0", .wrongForm, "bus-port.port"),
        ("kind: usb, path: usb1", .wrongForm, "1-4.2"),
        ("kind: usb, serial: \"a b\"", .wrongForm, "printable"),
        ("kind: usb, serial: FX-1, wiring: bech", .fixtureWiring, "Did you mean `bench`"),
        ("kind: usb, serial: FX-1, port: 3", .unknownKey, "port"),
    ])
    func aFixtureThatMakesNoSenseIsRefused(fixture: String, code: ConfigCode, saying: String) throws {
        let found = try Self.problems([
            .replace(Self.station, Self.slotB, "{ name: B, fixture: { \(fixture) } }"),
            .append(Self.station, "wirings: { bench: { spi-kilohertz: 15000 } }\n"),
        ])
        #expect(found.map(\.code) == [code], "\(found)")
        #expect(found.first.map { "\($0)".contains(saying) } == true, "\(found)")
    }

    @Test(arguments: ["path: 1-4", "serial: FX-1"]) func noTwoSlotsHaveOneAdapter(binding: String) throws {
        let found = try Self.problems([
            .replace(Self.station, Self.slotB, "{ name: B, fixture: { kind: usb, \(binding) } }"),
            .replace(Self.station, Self.slotC, "{ name: C, fixture: { kind: usb, \(binding) } }"),
        ])
        #expect(found.map(\.code) == [.usbBinding], "\(found)")
        #expect("\(found)".contains("which slot B has too"))
    }

    @Test(arguments: [
        ("pins: { power: ACBUS1 }", ConfigCode.fixtureWiring, "ACBUS1"),
        ("pins: { red: ADBUS2 }", .wrongForm, "ADBUS2"), ("pins: { power: none }", .wrongForm, "none"),
        ("pins: { powr: ACBUS1 }", .unknownKey, "powr"), ("spi-kilohertz: 60000", .outOfRange, "60000"),
        ("blink-up: 2 min", .outOfRange, "2 min"),
    ])
    func aWiringThatMakesNoSenseIsRefused(wiring: String, code: ConfigCode, saying: String) throws {
        let found = try Self.problems([.append(Self.station, "wirings: { bench: { \(wiring) } }\n")])
        #expect(found.map(\.code) == [code], "\(found)")
        #expect("\(found)".contains(saying), "\(found)")
    }

    @Test func aPlanWithInstrumentsCannotRunOnUSB() throws {
        let copy = try FolderCopy()
        try copy.apply(.replace(Self.station, Self.slotB, "{ name: B, fixture: { kind: usb, path: 1-4 } }"))
        let found = copy.load().problems.filter { $0.code == .unknownInstrument }
        #expect(!found.isEmpty && "\(found)".contains("let the unit measure"), "\(found)")
    }

    @Test func theShippedUSBStationIsSound() throws {
        let (folder, problems) = StationFolder.load(
            at: Demo.root + "/stations/usb-demo", regulatory: Demo.regulatory)
        let slots = try #require(folder, "\(problems)").station.slots
        #expect(slots.map(\.fixture) == Array(repeating: .usb, count: 4))
        #expect(slots.compactMap { $0.usb?.serial } == ["FX-0001", "FX-0002", "FX-0003", "FX-0004"])
        #expect(folder?.station.isEmulated == false)
    }
}
