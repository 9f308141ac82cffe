import FactoryLink
import Fixturing
import Testing
import TimeAndChance

@testable import ImpEmulator

@Suite struct WayOfAUnitTests {
    @Test func blesses() async throws {
        let line = try EmulatedLine(LineSetup(units: 1))
        let slot = line.slot("1")
        let arrival = try #require(try await slot.awaitUnit())
        #expect(arrival.ordinal == 1)
        try await slot.setPower(true)
        try await slot.waitForBlinkUpWindow()
        print("ready", await slot.virtualNow)
        try await slot.blinkUp(.factoryFloor)
        let link = LinkClient(stream: slot.console, time: slot.time)
        let peer = try await link.connect(within: .seconds(20))
        print(peer, await slot.virtualNow)
        let identity = try await link.ask(Identify())
        print(identity)
        for name in try await link.ask(ListTests()).names {
            let outcome = try await link.ask(RunTest(name: name, parameters: ["on": .bool(true)]))
            print(name, outcome.measurements, outcome.failure ?? "")
        }
        print(try await link.ask(SetRegion(code: 0x5355)))
        print(try await link.ask(GetRegion()))
        print(try await link.ask(ScanNetworks()).networks.map(\.channel))
        print(try await link.ask(EraseFlash(address: 0, sectors: 2)))
        print(try await link.ask(WriteFlash(address: 0, data: Array(repeating: 7, count: 4096))))
        let read = try await link.ask(ReadFlash(address: 4000, length: 200))
        print(read.data.prefix(5), read.data.suffix(5))
        for i in slot.instruments { print(i.name, try await slot.measure(i.name)) }
        print(try await link.ask(Bless(passed: true)), await slot.virtualNow)
        try await slot.time.sleep(for: .seconds(6))
        print(String(decoding: try await slot.console.read(timeout: .seconds(10)), as: UTF8.self), await slot.virtualNow)
        try await slot.release(.pass)
        #expect(line.cloud.blessings.map(\.outcome) == [.accepted])
        #expect(try await slot.awaitUnit() == nil)
    }
}

extension EmulatedSlot {
    /// Waits, as a station does, until the unit blinks.
    func waitForBlinkUpWindow() async throws {
        for _ in 0..<200 {
            if try await indicator() == .blinking { return }
            try await time.sleep(for: .milliseconds(100))
        }
        Issue.record("the unit never blinked")
    }
}

extension FactoryNetwork {
    static let factoryFloor = FactoryNetwork(ssid: "factory-floor", password: "blessed-be-the-line")
}
