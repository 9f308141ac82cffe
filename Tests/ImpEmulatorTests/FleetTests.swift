import FactoryLink
import Fixturing
import Testing
import TimeAndChance

@testable import ImpEmulator

@Suite struct FleetTests {
    /// A thousand units, each with its own chip and its own first power-up, through four slots at once.
    @Test func thousandUnitsBootAndSayWhoTheyAre() async throws {
        var setup = LineSetup(units: 1000, chipPart: "GD25Q40")
        setup.release.wifiFirmwareBytes = 32 * 1024
        let line = try EmulatedLine(setup)
        let identities = try await withThrowingTaskGroup(of: [String].self) { group in
            for name in ["1", "2", "3", "4"] {
                group.addTask {
                    let slot = line.slot(name)
                    var found: [String] = []
                    while try await slot.awaitUnit() != nil {
                        try await slot.setPower(true)
                        try await slot.waitForBlinkUpWindow()
                        try await slot.blinkUp(.factoryFloor)
                        let link = LinkClient(stream: slot.console, time: slot.time)
                        found.append(try await link.ask(Identify(), within: .seconds(30)).deviceID)
                        try await slot.release(.pass)
                    }
                    return found
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(identities.count == 1000)
        #expect(Set(identities).count == 1000)
    }
}
