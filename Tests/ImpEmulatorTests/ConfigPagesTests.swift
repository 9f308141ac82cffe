import Imp003
import Testing

@testable import ImpEmulator

/// R11: whatever happens to power while a configuration page is written, the old record is there or the new one.
@Suite struct ConfigPagesTests {
    private static func config(_ ssid: String, nvram: Int = 0) -> ModuleConfig {
        var config = ModuleConfig()
        config.wifi = ModuleConfig.WiFi(ssid: ssid, password: "secret of \(ssid)")
        config.enrolment = ModuleConfig.Enrolment(planID: "plan", token: "token")
        config.region = .gb
        config.code = .factory
        config.wifiFirmwareMoved = true
        if nvram > 0 { config.nvram = (0..<nvram).map { UInt8(truncatingIfNeeded: $0) } }
        return config
    }

    private static func written(_ configs: ModuleConfig...) throws -> ConfigPages {
        var pages = ConfigPages()
        for config in configs { pages.finish(try #require(pages.write(of: config))) }
        return pages
    }

    @Test func everyFieldComesBack() throws {
        let config = Self.config("factory-floor", nvram: 900)
        #expect(try Self.written(config).current == config)
        #expect(try Self.written(ModuleConfig()).current == ModuleConfig())
        #expect(ConfigPages().current == nil)
    }

    @Test(arguments: [1, 2, 3])
    func aCutAtEveryByteLeavesOldOrNew(writesBefore: Int) throws {
        var pages = ConfigPages()
        for number in 0..<writesBefore {
            pages.finish(try #require(pages.write(of: Self.config("old \(number)"))))
        }
        let old = try #require(pages.current)
        let new = Self.config("the new one", nvram: 40)
        let write = try #require(pages.write(of: new))
        var news = 0
        for count in 0...write.image.count {
            var cut = pages
            cut.interrupt(write, afterBytes: count)
            let found = try #require(cut.current, "after \(count) bytes nothing is left")
            #expect(found == old || found == new, "after \(count) bytes")
            if found == new { news += 1 }
            // The next write succeeds all the same.
            cut.finish(try #require(cut.write(of: new)))
            #expect(cut.current == new)
        }
        #expect(news == 1)
    }

    @Test func aCutAtEveryMicrosecondOfTheEraseLeavesTheOldOne() throws {
        let pages = try Self.written(Self.config("a"), Self.config("b"), Self.config("c"))
        let write = try #require(pages.write(of: Self.config("d")))
        var instant = Duration.zero
        while instant < ConfigPages.eraseTime {
            var cut = pages
            cut.interrupt(write, after: instant)
            #expect(cut.current == Self.config("c"))
            instant += .microseconds(333)
        }
        var cut = pages
        cut.interrupt(write, after: write.duration)
        #expect(cut.current == Self.config("d"))
    }

    @Test func anyFlippedBitOfTheNewestPageBringsTheOtherBack() throws {
        let pages = try Self.written(Self.config("a"), Self.config("b"))
        for index in pages.pages[1].indices {
            var bytes = pages.pages
            bytes[1][index] ^= 0x10
            let damaged = try #require(ConfigPages(pages: bytes))
            #expect(damaged.current == Self.config("a"), "byte \(index)")
        }
    }

    @Test func tooLargeARecordIsRefused() {
        #expect(ConfigPages().write(of: Self.config("a", nvram: ConfigPages.pageSize)) == nil)
        #expect(ConfigPages().write(of: Self.config("a", nvram: 4096)) != nil)
    }

    @Test func powerCutsDuringSetCountry() throws {
        var before = 0
        for step in stride(from: 0, to: 60, by: 2) {
            let desk = try Desk()
            try desk.runFactoryFirmware()
            try desk.imp.setCountry(0x4247) { _ in }
            desk.run(.milliseconds(step))
            try desk.bench.setPower(false)
            let region = try desk.module.config.region
            #expect(region == nil || region == .gb)
            #expect(try desk.module.config.wifi != nil)
            if region == nil { before += 1 }
        }
        #expect((5...25).contains(before))
    }
}
