import ContentAddress
import Foundation
import Imp003
import Testing

@testable import StationConfig

/// The station folder that is shipped: clean, and what it promises.
@Suite struct DemoFolderTests {
    @Test func loadsWithoutAnyProblem() {
        let (folder, problems) = StationFolder.load(at: Demo.path, regulatory: Demo.regulatory)
        #expect(problems.map(\.description) == [])
        #expect(folder != nil)
    }

    @Test(
        arguments: [
            ("env-sensor-us", nil, RegionCode.us), ("env-sensor-pr", nil, .us), ("env-sensor-ca", nil, .us),
            ("env-sensor-eu", nil, .gb), ("env-sensor-jp", nil, .gb), ("env-sensor-apac", nil, .gb),
            ("env-sensor-apac", "MY", .gb), ("env-sensor-apac", "ID", .gb), ("door-counter-world", nil, .gb),
            ("door-counter-world", "JP", .gb), ("door-counter-world", "CA", .us),
            ("door-counter-world", "US", .us),
        ] as [(String, String?, RegionCode)])
    func regionsAreThoseOfTheMarkets(sku: String, market: String?, region: RegionCode) throws {
        let folder = try #require(Demo.folder)
        let country = try market.map { try CountryCode(parsing: $0) }
        let variant = try #require(folder.variant(sku: sku, market: country))
        #expect(variant.region == region)
        #expect(variant.channels == region.channels)
        #expect(!variant.regionReason.isEmpty)
        for market in variant.markets {
            let allowed = try Demo.regulatory.rules(for: market).unrestrictedChannels
            #expect(variant.channels.isSubset(of: allowed), "\(variant.id) in \(market)")
        }
    }

    @Test func everyMarketBelongsToExactlyOneVariant() throws {
        let folder = try #require(Demo.folder)
        for sku in folder.skus where !sku.isAbstract {
            #expect(sku.variants.flatMap(\.markets).sorted() == sku.markets)
            for market in sku.markets { #expect(sku.variant(for: market)?.markets.contains(market) == true) }
        }
        #expect(folder.variant(sku: "env-sensor-us", market: try CountryCode(parsing: "DE")) == nil)
        #expect(folder.variant(sku: "env-sensor-base", market: nil) == nil)
    }

    @Test func hasWhatADemoNeeds() throws {
        let folder = try #require(Demo.folder)
        #expect(folder.skus.count { !$0.isAbstract } >= 6)
        #expect(folder.station.slots.map(\.name) == ["A", "B", "C", "D"])
        #expect(folder.station.isEmulated)
        let plan = try #require(folder.plan("env-sensor"))
        #expect(plan.steps.flatMap(\.measurements).count >= 12)
        let order = try #require(folder.order("WO-2026-0117"))
        #expect(order.quantity == 24)
        #expect(folder.variant(for: order)?.images.map(\.name) == ["config", "assets"])
        #expect(folder.variant(for: order)?.nvram?.image["ccode"] == "US")
        #expect(
            folder.sku("env-sensor-pr")?.lineage == ["env-sensor-pr", "env-sensor-us", "env-sensor-base"])
        for order in folder.orders { #expect(folder.variant(for: order) != nil, "\(order.id)") }
        // Enough units arrive for the order, and those that stay bad are not more than the surplus.
        let line = try #require(folder.line)
        let lost = line.faults.filter { !$0.fault.contains("^") && !$0.fault.hasPrefix("uart-noise") }
        #expect(line.units - lost.map(\.units.count).reduce(0, +) >= order.quantity)
        #expect(line.faultText.hasPrefix("cold-joint:i2c^1#3, uart-noise:0.0005#7"))
        #expect(line.chip(for: "env-sensor-us") == "W25Q16")
        #expect(line.chip(for: "door-counter-world") == "GD25Q16")
    }

    /// The image's structure is as its generator documents it, checked from the outside.
    @Test(arguments: [("config", "BSCF", 1), ("assets", "BSAP", 2)])
    func imagesAreWellFormed(name: String, magic: String, version: UInt16) throws {
        let folder = try #require(Demo.folder)
        let variant = try #require(folder.variant(sku: "env-sensor-us", market: nil))
        let image = try #require(variant.images.first { $0.name == name })
        let bytes = try folder.read(image)
        #expect(bytes.count == image.size)
        #expect(Array(bytes[0..<4]) == Array(magic.utf8))
        func little(_ offset: Int, _ count: Int) -> UInt32 {
            bytes[offset..<(offset + count)].reversed().reduce(0) { $0 << 8 | UInt32($1) }
        }
        #expect(little(4, 2) == UInt32(version))
        #expect(little(8, 4) == UInt32(bytes.count))
        #expect(little(12, 4) == Self.crc32(bytes[16...]))
        #expect(bytes.count < 500_000)
        #expect(name == "config" || bytes.count > 320 * 1024)
    }

    private static func crc32(_ bytes: some Sequence<UInt8>) -> UInt32 {
        let polynomial: UInt32 = 0xEDB8_8320
        var table: [UInt32] = []
        for index in 0..<UInt32(256) {
            var value = index
            for _ in 0..<8 { value = value & 1 == 1 ? (value >> 1) ^ polynomial : value >> 1 }
            table.append(value)
        }
        var crc = UInt32.max
        for byte in bytes { crc = (crc >> 8) ^ table[Int((crc ^ UInt32(byte)) & 0xFF)] }
        return ~crc
    }

    @Test func imagesAreWhatTheirGeneratorMakes() throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", Demo.path + "/make-images.py", "--check"]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        if process.terminationStatus == 127 {
            print("SKIPPED: no python3 here; the images were not made again to compare them")
            return
        }
        #expect(process.terminationStatus == 0, "images/ differs from what make-images.py makes")
    }

    @Test func aFileThatChangesAfterTheCheckIsNoticed() throws {
        let copy = try FolderCopy()
        let folder = try #require(copy.load().folder)
        let variant = try #require(folder.variant(sku: "env-sensor-us", market: nil))
        try copy.apply(.append("labels/unit.zpl.mustache", " "))
        try copy.apply(.bytes("images/config.bin", [1]))
        try copy.apply(.remove("images/assets.bin"))
        let expected = variant.images[0].sha256
        let found = SHA256Digest(of: [1] as [UInt8])
        #expect(throws: ConfigFileError.changed("images/config.bin", expected: expected, found: found)) {
            try folder.read(variant.images[0])
        }
        #expect(throws: ConfigFileError.missing("images/assets.bin")) { try folder.read(variant.images[1]) }
        let label = try #require(variant.label)
        #expect(throws: ConfigFileError.self) { try folder.read(label) }
        let nvram = try #require(variant.nvram)
        #expect(try folder.read(nvram).count == nvram.image.bytes.count)
    }

    @Test func contentDecidesTheDigestAndNamesOfFilesDoNot() throws {
        let copy = try FolderCopy()
        let before = try #require(copy.load().folder)
        try copy.apply(.copy("images/config.bin", "images/settings.bin"))
        for sku in ["env-sensor-base", "door-counter-world"] {
            try copy.apply(.replace("skus/\(sku).yaml", "images/config.bin", "images/settings.bin"))
        }
        try copy.apply(.remove("images/config.bin"))
        try copy.apply(.replace("skus/env-sensor-base.yaml", "Battery-fed", "Mains-fed"))
        let after = try #require(copy.load().folder)
        for order in before.orders {
            #expect(before.variant(for: order)?.digest == after.variant(for: order)?.digest)
            #expect(after.order(order.id)?.digest == order.digest)
        }
        try copy.apply(.replace("plans/env-sensor.yaml", "low: -60", "low: -61"))
        let changed = try #require(copy.load().folder)
        #expect(changed.plan("env-sensor")?.digest != before.plan("env-sensor")?.digest)
        #expect(
            changed.sku("env-sensor-us")?.variants[0].digest
                != before.sku("env-sensor-us")?.variants[0].digest)
        let counter = try #require(before.sku("door-counter-world")).variants.map(\.digest)
        #expect(changed.sku("door-counter-world")?.variants.map(\.digest) == counter)
    }

    @Test func noSecretAndNoPlaceOfThisMachineInCanonicalBytes() throws {
        let folder = try #require(Demo.folder)
        var texts = ["\(folder)", "\(folder.station)", String(reflecting: folder.station.network)]
        for sku in folder.skus {
            texts += sku.variants.map { String(decoding: $0.canonicalBytes, as: UTF8.self) }
        }
        texts += folder.plans.map { String(decoding: $0.canonicalBytes, as: UTF8.self) }
        texts += folder.orders.map { String(decoding: $0.canonicalBytes, as: UTF8.self) }
        var dumped = ""
        dump(folder.station, to: &dumped)
        for text in texts + [dumped] { #expect(!text.contains("blessed-be-the-line")) }
        for text in texts.dropFirst(3) { #expect(!text.contains(Demo.root) && !text.contains("images/")) }
    }
}
