import Testing
import USBTransport

@testable import USBFixture

@Suite struct FTDIFamilyTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var family: String
        var baud: Int
        var value: UInt16
        var index: UInt8
        var testDescription: String { "\(family) \(baud)" }
    }

    /// Worked examples of AN_120 and of the FT2232H's data sheet: divisor, eighths in bits 14 to 16, 12 MHz in bit 17.
    @Test(arguments: [
        Row(family: "FT2232H", baud: 9600, value: 0x04E2, index: 0x02),
        Row(family: "FT2232H", baud: 115_200, value: 0xC068, index: 0x02),
        Row(family: "FT2232H", baud: 921_600, value: 0x000D, index: 0x02),
        Row(family: "FT2232H", baud: 12_000_000, value: 0x0000, index: 0x02),
        Row(family: "FT2232H", baud: 8_000_000, value: 0x0001, index: 0x02),
        Row(family: "FT2232H", baud: 300, value: 0x2710, index: 0x00),
        Row(family: "FT232R", baud: 300, value: 0x2710, index: 0x00),
        Row(family: "FT232R", baud: 9600, value: 0x4138, index: 0x00),
        Row(family: "FT232R", baud: 115_200, value: 0x001A, index: 0x00),
        Row(family: "FT232R", baud: 230_400, value: 0x000D, index: 0x00),
        Row(family: "FT232R", baud: 460_800, value: 0x4006, index: 0x00),
        Row(family: "FT232R", baud: 921_600, value: 0x8003, index: 0x00),
        Row(family: "FT232R", baud: 3_000_000, value: 0x0000, index: 0x00),
        Row(family: "FT232R", baud: 2_000_000, value: 0x0001, index: 0x00),
        Row(family: "FT-X", baud: 38_400, value: 0xC04E, index: 0x00),
    ])
    func divisorsAreTheChipsOwn(_ row: Row) throws {
        let family = try #require(FTDIFamily.all.first { $0.name == row.family })
        let setting = try #require(family.divisor(for: row.baud))
        #expect(setting.value == row.value)
        #expect(setting.indexBits == row.index)
    }

    @Test func everyPossibleRateIsWithinThreePercent() throws {
        for family in FTDIFamily.all {
            for baud in [
                300, 1200, 9600, 14_400, 19_200, 57_600, 115_200, 250_000, 1_000_000, 1_500_000, 2_000_000,
                3_000_000,
            ] {
                let setting = try #require(family.divisor(for: baud), "\(family.name) \(baud)")
                #expect(abs(setting.actual / Double(baud) - 1) < 0.03)
            }
        }
    }

    @Test(arguments: [-1, 0, 100, 2_600_000, 4_000_000, 13_000_000])
    func impossibleRatesAreRefusedByFullSpeedChips(baud: Int) throws {
        let family = try #require(FTDIFamily.all.first { $0.name == "FT232R" })
        #expect(family.divisor(for: baud) == nil)
    }

    @Test func chipsAreKnownByTheirRelease() {
        func family(_ vendor: UInt16, _ release: UInt16) -> String? {
            FTDIFamily.of(
                USBDeviceInfo(
                    path: USBPath(bus: 1, ports: [1]), vendorID: vendor, productID: 0x6001, release: release))?
                .name
        }
        #expect(family(0x0403, 0x0700) == "FT2232H")
        #expect(family(0x0403, 0x0600) == "FT232R")
        #expect(family(0x0403, 0x0400) == "FT232BM")
        #expect(family(0x0403, 0x0200) == nil)
        #expect(family(0x10C4, 0x0700) == nil)
    }

    @Test func theTableIsSound() {
        #expect(Set(FTDIFamily.all.map(\.release)).count == FTDIFamily.all.count)
        for family in FTDIFamily.all {
            #expect(family.mpsseChannels <= family.channels)
            #expect((family.mpsseHertz > 0) == (family.mpsseChannels > 0))
        }
    }
}
