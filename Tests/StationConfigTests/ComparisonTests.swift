import Imp003
import Testing

@testable import StationConfig

@Suite struct ComparisonTests {
    private func variant(_ sku: String, _ market: String? = nil) throws -> SKUVariant {
        let folder = try #require(Demo.folder)
        return try #require(folder.variant(sku: sku, market: try market.map { try CountryCode(parsing: $0) }))
    }

    @Test func equalVariantsDoNotDiffer() throws {
        let folder = try #require(Demo.folder)
        let us = try variant("env-sensor-us")
        #expect(VariantComparison.differences(us, us, plans: folder.plans) == [])
    }

    @Test func differencesNameTheirKeys() throws {
        let folder = try #require(Demo.folder)
        let found = VariantComparison.differences(
            try variant("env-sensor-us"), try variant("env-sensor-eu"), plans: folder.plans)
        #expect(found.map(\.keyPath) == ["channels", "markets", "nvram.sha256", "region", "sku", "variant"])
        let region = try #require(found.first { $0.keyPath == "region" })
        #expect(region.left == "0x00005355" && region.right == "0x00004247")
        #expect(region.description == "region: 0x00005355 → 0x00004247")
        #expect(found[1].left == "AS, GU, MP, US, VI")
    }

    @Test func differencesReachIntoListsAndPlans() throws {
        let folder = try #require(Demo.folder)
        let found = VariantComparison.differences(
            try variant("env-sensor-us"), try variant("door-counter-world", "US"), plans: folder.plans)
        let paths = Dictionary(found.map { ($0.keyPath, $0) }) { first, _ in first }
        #expect(paths["images.assets.size"]?.left == "380928")
        #expect(paths["images.assets.size"]?.right == nil)
        #expect(paths["plan.steps.sensor.measurements.temperature.high"]?.left == "27.5")
        #expect(paths["plan.steps.flash-sector.measurements.size.low"]?.right == "1572864")
        #expect(paths["module.minimumFlash"]?.right == "2097152")
        #expect(paths["plan.stopOnFail"] != nil)
        #expect(paths["plan.steps.rail.measurements.rail_3v3.low"] == nil)
        let back = VariantComparison.differences(
            try variant("door-counter-world", "US"), try variant("env-sensor-us"), plans: folder.plans)
        #expect(back.map(\.path) == found.map(\.path))
        #expect(back.map(\.left) == found.map(\.right))
    }

    @Test func withoutThePlansOnlyDigestsAreCompared() throws {
        let found = VariantComparison.differences(
            try variant("env-sensor-us"), try variant("door-counter-world"), plans: [])
        #expect(found.contains { $0.keyPath == "plan.sha256" })
        #expect(!found.contains { $0.keyPath.hasPrefix("plan.steps") })
    }

    @Test func theMatrixHoldsEveryMarketOfEverySKU() throws {
        let folder = try #require(Demo.folder)
        let matrix = folder.matrix()
        #expect(matrix.rows.count == folder.skus.filter { !$0.isAbstract }.map(\.markets.count).reduce(0, +))
        #expect(!matrix.skus.contains("env-sensor-base"))
        let canada = try #require(matrix.row(sku: "env-sensor-ca", market: try CountryCode(parsing: "CA")))
        #expect(canada.region == .us)
        #expect(canada.marketChannels == .oneToThirteen)
        #expect(canada.unusedChannels.numbers == [12, 13])
        #expect(canada.maximumEIRP == 3602)
        let malaysia = try #require(
            matrix.row(sku: "env-sensor-apac", market: try CountryCode(parsing: "MY")))
        #expect(malaysia.variant == "env-sensor-apac/MY")
        #expect(malaysia.unusedChannels.numbers == [14])
        #expect(matrix.row(sku: "env-sensor-jp", market: try CountryCode(parsing: "US")) == nil)
        for row in matrix.rows { #expect(row.channels.isSubset(of: row.marketChannels)) }
        #expect(matrix.markets == matrix.markets.sorted())
    }
}
