import Foundation
import Testing
import USBTransport

@testable import USBFixture
@testable import VirtualUSB

/// Giving an adapter a serial number of its own.
@Suite struct FTDISerialNumberTests {
    @Test func theNewNumberShowsAfterTheNextPlug() async throws {
        try await VirtualTimeline.run { timeline in
            let bench = try Bench(timeline)
            let channel = try FTDIChannel(bench.device, number: 0, time: timeline)
            let before = try await channel.readEEPROM()
            try await channel.writeSerial("FX-0042")
            let after = try await channel.readEEPROM()
            #expect(after.isIntact && after.serial == "FX-0042")
            #expect(after.manufacturer == before.manufacturer && after.product == before.product)
            #expect(try bench.host.devices().first?.serial == "FT7XK2A1")
            bench.host.unplug(bench.path)
            bench.host.plug(bench.port, at: bench.path)
            #expect(try bench.host.devices().first?.serial == "FX-0042")
        }
    }

    @Test func onlyAWholeEEPROMGetsOne() throws {
        let sound = FTDIEEPROMContent(words: FTDIEEPROM(serial: "OLD").words)
        #expect(try sound.with(serial: "N").serial == "N")
        #expect(throws: FTDIEEPROMFault.unusableSerial("a b")) { try sound.with(serial: "a b") }
        #expect(throws: FTDIEEPROMFault.unusableSerial("")) { try sound.with(serial: "") }
        let blank = FTDIEEPROMContent(words: Array(repeating: 0xFFFF, count: 128))
        #expect(throws: FTDIEEPROMFault.blank) { try blank.with(serial: "N") }
        var words = sound.words
        words[3] ^= 1
        #expect(throws: FTDIEEPROMFault.damaged) { try FTDIEEPROMContent(words: words).with(serial: "N") }
        let long = FTDIEEPROMContent(
            words: FTDIEEPROM(manufacturer: String(repeating: "M", count: 24), serial: "OLD").words)
        #expect(throws: FTDIEEPROMFault.noRoom(String(repeating: "9", count: 32))) {
            try long.with(serial: String(repeating: "9", count: 32))
        }
    }

    @Test func theShippedUdevRulesAreTheTablesOwn() throws {
        let root = #filePath.split(separator: "/").dropLast(3).reduce(into: "") { $0 += "/" + $1 }
        let shipped = try String(
            contentsOfFile: root + "/stations/udev/60-blessing-station.rules", encoding: .utf8)
        #expect(shipped == USBListing.udevRules())
    }
}
