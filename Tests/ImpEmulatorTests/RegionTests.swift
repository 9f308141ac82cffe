import Imp003
import Testing

@testable import ImpEmulator

/// N5, N6, N7 and the factory-only rule.
@Suite struct RegionTests {
    @Test(arguments: [(0x5355, "00005355", 11), (0x4247, "00004247", 13)])
    func settingAndReadingBack(code: Int32, text: String, channels: Int) throws {
        let desk = try Desk()
        try desk.runFactoryFirmware()
        #expect(try desk.imp.getCountry() == Release30().defaultRegion.readBack)
        try desk.result { try desk.imp.setCountry(code, then: $0) }
        #expect(try desk.imp.getCountry() == text)
        let found = try desk.result { try desk.imp.scanWiFiNetworks(then: $0) }
        #expect(Set(found.map(\.channel)) == Set(1...channels))
    }

    @Test func beforeTheFirstCallTheDefaultHolds() throws {
        let desk = try Desk { $0.release.defaultRegion = .gb }
        try desk.runFactoryFirmware()
        #expect(try desk.imp.getCountry() == "00004247")
        let found = try desk.result { try desk.imp.scanWiFiNetworks(then: $0) }
        #expect(found.map(\.channel).max() == 13)
    }

    @Test(arguments: [0, 0x5845, 0x0011_5858, -1, 0x4A50] as [Int32])
    func otherCodesAreErrors(code: Int32) throws {
        let desk = try Desk()
        try desk.runFactoryFirmware()
        #expect(throws: ImpAPIError.self) { try desk.imp.setCountry(code) { _ in } }
        #expect(try desk.module.config.region == nil)
    }

    @Test func survivesThePowerCutThatFollows() throws {
        let desk = try Desk()
        try desk.runFactoryFirmware()
        try desk.result { try desk.imp.setCountry(0x4247, then: $0) }
        #expect(desk.roster[1]?.config.region == .gb, "it was written down at once")
        try desk.bench.setPower(false)
        try desk.bench.setPower(true)
        try desk.awaitProgram(.factory)
        #expect(try desk.imp.getCountry() == "00004247")
    }

    /// The four calls that only factory firmware may make restart an application with a Squirrel error.
    @Test(arguments: ["setcountry", "setnvramimage", "bless", "factoryblinkup"])
    func factoryOnlyCallsRestartTheApplication(call: String) throws {
        let desk = try Desk()
        try desk.runApplication()
        let imp = try desk.imp
        let server = try desk.server
        _ = imp.wakeup(after: 0.1) {
            switch call {
            case "setcountry": try imp.setCountry(0x5355) { _ in }
            case "setnvramimage": try imp.setNVRAMImage([1]) { _ in }
            case "bless": try server.bless(true) { _ in }
            default: try server.factoryBlinkUp(ssid: "", password: "", pin: .m, flags: [])
            }
        }
        desk.run(.milliseconds(110))
        try desk.awaitProgram(.application)
        #expect(try desk.hardware.wakeReason() == WakeReason.squirrelError.rawValue)
        #expect(try desk.module.log.last?.contains(call) == true)
        #expect(try desk.module.config.region == nil)
        #expect(desk.cloud.blessings.count == 1)
    }

    @Test func otherCallsAreOpenToApplications() throws {
        let desk = try Desk()
        try desk.runApplication()
        #expect(try desk.imp.getCountry() == "00005355")
        _ = try desk.result { try desk.imp.scanWiFiNetworks(then: $0) }
        try desk.result { try desk.imp.setEnrolTokens(planID: "p", token: "t", then: $0) }
        #expect(try desk.module.config.enrolment == ModuleConfig.Enrolment(planID: "p", token: "t"))
    }

    private static func image(_ devid: String, power: Int = 74) -> [UInt8] {
        Array(
            "manfid=0x2d0\nprodid=0x492\nvendid=0x14e4\ndevid=\(devid)\nboardrev=0x1307\nmaxp2ga0=\(power)\n"
                .utf8)
    }

    @Test func sameImageSameHash() throws {
        let desk = try Desk()
        try desk.runFactoryFirmware()
        let hashes = try [74, 74, 78].map { power in
            try desk.result { try desk.imp.setNVRAMImage(Self.image("0x4343", power: power), then: $0) }
        }
        #expect(hashes[0] == hashes[1])
        #expect(hashes[0] != hashes[2])
        #expect(try desk.module.config.nvram == Self.image("0x4343", power: 78))
    }

    @Test func aWrongImageShowsAtTheNextConnection() throws {
        let desk = try Desk()
        try desk.runFactoryFirmware()
        _ = try desk.result { try desk.imp.setNVRAMImage(Self.image("0x43e2"), then: $0) }
        #expect(
            try !desk.result { try desk.imp.scanWiFiNetworks(then: $0) }.isEmpty,
            "the old image is still in use")
        try desk.server.disconnect()
        var reason: Int?
        try desk.server.connect(timeout: 5) { reason = $0 }
        desk.run { reason != nil }
        #expect(reason == ConnectionReason.noWiFi.rawValue)
        #expect(try desk.result { try desk.imp.scanWiFiNetworks(then: $0) }.isEmpty)
    }

    @Test func imagesThatDoNotFitAreRefused() throws {
        let desk = try Desk()
        try desk.runFactoryFirmware()
        #expect(throws: ImpAPIError.self) { try desk.imp.setNVRAMImage([]) { _ in } }
        #expect(throws: ImpAPIError.self) {
            try desk.imp.setNVRAMImage([UInt8](repeating: 65, count: 60_000)) { _ in }
        }
    }

    @Test func clearConfigurationKeepsRegionAndConnection() throws {
        let desk = try Desk()
        try desk.runFactoryFirmware()
        try desk.result { try desk.imp.setCountry(0x4247, then: $0) }
        try desk.result { try desk.imp.clearConfiguration(then: $0) }
        #expect(try desk.server.isConnected())
        let config = try desk.module.config
        #expect(config.wifi == nil)
        #expect(config.enrolment == nil)
        #expect(config.region == .gb)
        try desk.bench.setPower(false)
        try desk.powerUp()
        #expect(try desk.module.led.pattern == .unconfigured)
    }
}
