import Imp003
import Testing

@testable import StationConfig

/// Meaning: regions, NVRAM, images, plans, orders. One change to the demo folder, exactly one problem.
@Suite struct BrokenContentTests {
    static let station = "station.yaml"
    static let base = "skus/env-sensor-base.yaml"
    static let us = "skus/env-sensor-us.yaml"
    static let eu = "skus/env-sensor-eu.yaml"
    static let apac = "skus/env-sensor-apac.yaml"
    static let counter = "skus/door-counter-world.yaml"
    static let plan = "plans/env-sensor.yaml"
    static let order = "orders/WO-2026-0117.yaml"
    static let line = "line.yaml"
    static let nvram = "nvram/bcm43362-us.txt"
    static let label = "labels/unit.zpl.mustache"

    static let stationRows: [Breakage] = [
        Breakage(
            "SSID of 32 bytes",
            .replace(station, "ssid: factory-floor", "ssid: factory-floor-with-32-characters"),
            .replace(station, "with-32-characters", "of-32-characters.."), gives: .ssidLength, in: station,
            at: "ssid:",
            saying: "32 bytes", "K2"),
        Breakage(
            "duplicate slot", .replace(station, "name: D,", "name: a,"), gives: .duplicateName, in: station,
            at: "name: a,",
            saying: "slots[3].name", "`a` again"),
        Breakage(
            "duplicate operator", .replace(station, "id: op-23", "id: op-17"),
            .replace("orders/WO-2026-0119.yaml", "op-23", "op-17"),
            .replace("orders/WO-2026-0121.yaml", "op-23", "op-17"),
            .replace("orders/WO-2026-0123.yaml", "op-23", "op-17"),
            gives: .duplicateName, in: station, at: "王芳", saying: "operators[1].id"),
        Breakage(
            "password from two places",
            .replace(station, "    env: FAC", "    file: secrets/wifi\n    env: FAC"),
            gives: .notExactlyOne, in: station, at: "file: secrets", saying: "both",
            "exactly one of env and file"),
        Breakage(
            "allowed SKU that does not exist",
            .replace(
                station, "skus: \"*\"",
                "skus: [env-sensor-us, env-sensor-eu, env-sensor-jp, env-sensor-pr, env-sensor-ca, env-sensor-apac, door-counter-world, env-sensor-uz]"
            ), gives: .unknownAllowedSKU, in: station, at: "env-sensor-uz", saying: "skus[7]",
            "Did you mean `env-sensor-us`?"),
        Breakage(
            "database outside", .replace(station, "database: var/station.db", "database: ../station.db"),
            gives: .pathOutsideFolder, in: station, at: "database", saying: "without .."),
    ]

    static let skuRows: [Breakage] = [
        Breakage(
            "unknown country", .replace(us, "[US, AS,", "[US, XQ, AS,"), gives: .unknownCountry, in: us,
            at: "XQ",
            saying: "XQ", "markets[1]"),
        Breakage(
            "country in small letters", .replace("skus/env-sensor-jp.yaml", "[JP]", "[jp, JP]"),
            gives: .wrongForm,
            in: "skus/env-sensor-jp.yaml", at: "jp, JP", saying: "Did you mean `JP`?"),
        Breakage(
            "market twice", .replace(eu, "[AT, BE", "[AT, AT, BE"), gives: .duplicateName, in: eu,
            at: "AT, AT", saying: "`AT` again"),
        Breakage(
            "region wider than a market",
            .write(
                "skus/wide.yaml", "sku: wide\nextends: env-sensor-eu\nmarkets: [DE, US, PR]\nregion: GB\n"),
            gives: .regionTooWide, in: "skus/wide.yaml", at: "region: GB",
            saying: "GB (channels 1-13)", "1-11 in PR, 1-11 in US", "region: auto"),
        Breakage(
            "region of another module",
            .replace("skus/env-sensor-ca.yaml", "region: US", "region: 0x03B64143"),
            gives: .wrongForm, in: "skus/env-sensor-ca.yaml", at: "region:", saying: "03b64143".uppercased(),
            "not one of an imp003"),
        Breakage(
            "region that does not exist", .replace("skus/env-sensor-ca.yaml", "region: US", "region: CA"),
            gives: .wrongForm,
            in: "skus/env-sensor-ca.yaml", at: "region:", saying: "auto, US (0x00005355, 1-11) or GB"),
        Breakage(
            "channels that the region does not give",
            .replace("skus/env-sensor-ca.yaml", "region: US", "channels: 1-13"),
            gives: .channelPromise, in: "skus/env-sensor-ca.yaml", at: "channels", saying: "1-11", "12-13"),
        Breakage(
            "channels that no region gives", .replace(eu, "channels: 1-13", "channels: 1-9"),
            .replace("skus/env-sensor-jp.yaml", "markets:", "channels: 1-13\nmarkets:"),
            gives: .channelPromise, in: eu,
            at: "channels", saying: "channels 1-9", "10-13"),
        Breakage(
            "channels that are none", .replace("skus/env-sensor-ca.yaml", "region: US", "channels: all"),
            gives: .wrongForm,
            in: "skus/env-sensor-ca.yaml", at: "channels", saying: "1-11 or 1-13"),
        Breakage(
            "duplicate SKU", .copy("skus/env-sensor-ca.yaml", "skus/zz-copy.yaml"), gives: .duplicateSKU,
            in: "skus/zz-copy.yaml", at: "sku: env-sensor-ca", saying: "skus/env-sensor-ca.yaml:2"),
        Breakage(
            "circular extends", .replace(base, "abstract: true", "abstract: true\nextends: env-sensor-pr"),
            gives: .circularExtends, in: base, at: "extends",
            saying: "env-sensor-base → env-sensor-pr → env-sensor-us → env-sensor-base"),
        Breakage(
            "unknown base",
            .replace("skus/env-sensor-ca.yaml", "extends: env-sensor-us", "extends: env-sensor-usa"),
            gives: .unknownBase, in: "skus/env-sensor-ca.yaml", at: "extends",
            saying: "Did you mean `env-sensor-us`?"),
        Breakage(
            "missing plan", .replace(counter, "plan: door-counter", "plan: door-countr"), gives: .unknownPlan,
            in: counter,
            at: "plan:", saying: "Did you mean `door-counter`?"),
        Breakage(
            "overlay for a foreign market", .replace(apac, "  MY:", "  TH:"), gives: .overlayWithoutMarket,
            in: apac, at: "TH:",
            saying: "overlays.TH", "AU, ID, MY, NZ or SG"),
        Breakage(
            "unknown key in an overlay", .replace(apac, "    region: GB", "    regoin: GB"),
            gives: .unknownKey, in: apac,
            at: "regoin", saying: "overlays.MY.regoin", "Did you mean `region`?"),
        Breakage(
            "a product name that would be a printer command",
            .replace(counter, "product: Door Counter", "product: Door^XZ"),
            gives: .wrongForm, in: counter, at: "product: Door", saying: "without ^"),
        Breakage(
            "unused base", .write("skus/old.yaml", "sku: old\nabstract: true\n"), gives: .unused,
            in: "skus/old.yaml",
            at: "abstract", saying: "nothing extends it", severity: .warning),
    ]

    static let imageRows: [Breakage] = [
        Breakage(
            "image changed", .bytes("images/assets.bin", [1, 2, 3]), gives: .digestMismatch, in: base,
            at: Demo.sha256("images/assets.bin"),
            saying: "images/assets.bin has 039058c6", "found \(Demo.sha256("images/assets.bin"))",
            "write the new SHA-256"),
        Breakage(
            "image missing", .replace(base, "images/assets.bin", "images/asset.bin"), gives: .missingFile,
            in: base,
            at: "asset.bin", saying: "Did you mean `images/assets.bin`?"),
        Breakage(
            "image empty", .write("images/empty.bin", ""),
            .replace(base, "images/assets.bin", "images/empty.bin"),
            gives: .emptyFile, in: base, at: "empty.bin", saying: "no bytes"),
        Breakage(
            "image is a folder", .folder("images/config.d"),
            .replace(base, "images/assets.bin", "images/config.d"),
            gives: .notRegularFile, in: base, at: "config.d", saying: "a folder or a device"),
        Breakage(
            "path with dots", .replace(base, "images/assets.bin", "images/../../assets.bin"),
            gives: .pathOutsideFolder,
            in: base, at: "../assets", saying: "inside the station folder"),
        Breakage(
            "absolute path", .replace(base, "images/assets.bin", "/etc/hostname"), gives: .pathOutsideFolder,
            in: base,
            at: "/etc/hostname", saying: "inside the station folder"),
        Breakage(
            "link that leads out", .link("images/assets.bin", to: "/etc/passwd"), gives: .pathOutsideFolder,
            in: base,
            at: "assets.bin", saying: "/etc/passwd", "Copy the file"),
        Breakage(
            "image in the reservation", .replace(counter, "0x80000", "0x7F000"), gives: .imageInReservation,
            in: counter,
            at: "0x7F000", saying: "0x80000 to 0x1FFFFF", "first 512 KiB"),
        Breakage(
            "image past the end", .replace(base, "user-address: 0x10000", "user-address: 0x40000"),
            gives: .imagePastChipEnd, in: base, at: "0x40000", saying: "0x70000 to 0xFFFFF", "1 MiB",
            "user address 0x33000"),
        Breakage(
            "images overlap", .replace(base, "user-address: 0x0\n", "user-address: 0x20000\n"),
            gives: .imagesOverlap, in: base,
            at: "0x10000", saying: "`assets` at physical 0x80000 to 0xDCFFF, over `config` at 0x90000",
            "0x21000"),
        Breakage(
            "image between sectors", .replace(counter, "0x80000", "0x80100"), gives: .imageNotAtSector,
            in: counter,
            at: "0x80100", saying: "multiples of 0x1000", severity: .warning),
        Breakage(
            "two addresses", .replace(counter, "physical-address", "user-address: 0\n      physical-address"),
            gives: .notExactlyOne, in: counter, at: "- name: config", saying: "both"),
        Breakage(
            "image name twice", .replace(base, "name: assets", "name: config # twice"), gives: .duplicateName,
            in: base,
            at: "# twice", saying: "flash.images[1].name"),
        Breakage(
            "chip of no size", .replace(base, "minimum: 1 MiB", "minimum: 1000 KiB"), gives: .outOfRange,
            in: base,
            at: "minimum", saying: "powers of two"),
        Breakage(
            "chip without user space", .replace(counter, "minimum: 2 MiB", "minimum: 512 KiB"),
            gives: .outOfRange, in: counter,
            at: "minimum", saying: "nothing left above the reservation"),
        Breakage(
            "digest that is none", .replace(us, "sha256: ", "sha256: 12"), gives: .wrongForm, in: us,
            at: "sha256",
            saying: "64 hexadecimal digits"),
        Breakage(
            "unknown label field", .replace(label, "{{{serial}}}", "{{{seriel}}}"), gives: .labelField,
            in: label,
            at: "seriel", saying: "Did you mean `serial`?"),
        Breakage(
            "label field with two braces", .replace(label, "{{{product}}}", "{{product}}"),
            gives: .labelField, in: label,
            at: "{{product}}", saying: "use three"),
        Breakage(
            "label without end", .replace(label, "^XZ", ""), gives: .labelNotZPL, in: label, saying: "0 × ^XZ"
        ),
        Breakage(
            "file that nobody uses", .write("images/old.bin", "x"), gives: .unused, in: "images/old.bin",
            saying: "no SKU uses this file", severity: .warning),
    ]

    @Test(arguments: stationRows + skuRows) func stationAndSKUs(_ breakage: Breakage) throws {
        try breakage.check()
    }

    @Test(arguments: imageRows) func imagesAndLabels(_ breakage: Breakage) throws { try breakage.check() }
}
