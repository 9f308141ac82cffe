/// Every key of every file in a station folder.
enum Keys {
    // MARK: station.yaml

    static let station = KeySet(
        "station",
        [
            .required("station", .text(.identifier)),
            .optional("site", .text(.personName)),
            .optional("mode", .text(TextForm(oneOf: ConfigTrust.Mode.allCases.map(\.rawValue)))),
            .optional(
                "trusted-engineers",
                .list(.text(.any("a verifier key, name+hash+base64")), count: 0...50, unique: true)),
            .required("network", .map(network)),
            .optional("database", .text(.outputPath)),
            .optional("labels", .text(.outputPath)),
            .optional(
                "skus",
                .textOrList(
                    TextForm(oneOf: ["*"]), .list(.text(.identifier), count: 1...1000, unique: true))),
            .required("operators", .list(.map(person), count: 1...500)),
            .required("slots", .list(.map(slot), count: 1...32)),
            .optional("wirings", .table(.identifier, .map(wiring), count: 0...32)),
            .optional("scan", .map(scan)),
            .optional("timeouts", .map(timeouts)),
            .optional("golden", .map(golden)),
            .optional("scanner", .map(scanner)),
        ])

    static let golden = KeySet(
        "golden",
        [
            .optional("every", .duration(.seconds(60) ... .seconds(31 * 24 * 3600))),
            .optional("remind-before", .duration(.zero ... .seconds(24 * 3600))),
            .optional("units", .list(.map(goldenUnit), count: 0...32)),
            .optional("gauge-parts", .list(.map(gaugePart), count: 0...64)),
        ])

    static let goldenUnit = KeySet(
        "golden unit",
        [
            .required("name", .text(.slotName)),
            .required("device", .text(.any("a device ID of 16 hexadecimal digits"))),
            .required("measurements", .list(.map(goldenValue), count: 1...200)),
        ])

    static let gaugePart = KeySet(
        "gauge part",
        [
            .required("name", .text(.slotName)),
            .required("device", .text(.any("a device ID of 16 hexadecimal digits"))),
        ])

    static let goldenValue = KeySet(
        "golden value",
        [
            .required("step", .text(.fieldName)),
            .required("name", .text(.fieldName)),
            .required("reference", .number),
            .required("tolerance", .number),
        ])

    static let scanner = KeySet(
        "scanner",
        [
            .optional("prefix", .text(.scannerPrefix)),
            .optional("unit", .text(.pattern)),
            .optional("slot", .text(.pattern)),
            .optional("go", .text(.pattern)),
            .optional("go-key", .text(.browserKey)),
            .optional("gap", .duration(.milliseconds(10) ... .seconds(2))),
        ])

    static let network = KeySet(
        "network",
        [
            .required("ssid", .text(.any("1 to 31 bytes"))),
            .required("password", .map(password)),
        ])

    static let password = KeySet(
        "password",
        [
            .optional("env", .text(.environmentName)),
            .optional("file", .text(.secretPath)),
            .optional("default-for-emulation", .text(.any("a password for emulated slots only"))),
        ])

    static let person = KeySet(
        "operator", [.required("id", .text(.identifier)), .required("name", .text(.personName))])

    static let slot = KeySet(
        "slot", [.required("name", .text(.slotName)), .required("fixture", .map(fixture))])

    static let fixture = KeySet(
        "fixture",
        [
            .required("kind", .text(TextForm(oneOf: FixtureKind.allCases.map(\.rawValue)))),
            .optional("path", .text(.usbPath)),
            .optional("serial", .text(.adapterSerial)),
            .optional("wiring", .text(.identifier)),
        ])

    static let wiring = KeySet(
        "wiring",
        [
            .optional("pins", .map(pins)),
            .optional("spi-kilohertz", .integer(100...30_000)),
            .optional("console-baud", .integer(300...3_000_000)),
            .optional("power-rise", .duration(.milliseconds(1) ... .seconds(5))),
            .optional("power-drain", .duration(.milliseconds(1) ... .seconds(10))),
            .optional("blink-up", .duration(.seconds(1) ... .seconds(60))),
            .optional("sender-network", .text(.any("the SSID that the BlinkUp sender sends"))),
        ])

    static let pins = KeySet(
        "pins",
        WiringSettings.signals.map { signal in
            .optional(
                signal.name,
                .text(
                    TextForm(oneOf: WiringSettings.signals.map(\.pin) + (signal.isOptional ? ["none"] : []))))
        })

    static let scan = KeySet(
        "scan",
        [
            .optional("access-points-required", .integer(0...50)),
            .optional("maximum-scans", .integer(1...5)),
        ])

    static let timeouts = KeySet(
        "timeouts",
        [
            .optional("boot", .duration(.seconds(1) ... .seconds(600))),
            .optional("link", .duration(.milliseconds(100) ... .seconds(60))),
            .optional("join", .duration(.seconds(1) ... .seconds(600))),
            .optional("bless", .duration(.seconds(5) ... .seconds(600))),
        ])

    // MARK: skus/*.yaml

    static let sku = KeySet(
        "SKU",
        [
            .required("sku", .text(.identifier)),
            .optional("abstract", .boolean),
            .optional("extends", .text(.identifier)),
            .optional("description", .text(.sentence)),
            .required("product", .text(.labelText)),
            .required("markets", .list(.text(.country), count: 1...250, unique: true)),
        ] + perMarket + [.optional("overlays", .table(.country, .map(overlay), count: 0...250))])

    /// What an overlay may change.
    static let overlay = KeySet(
        "overlay", perMarket.map { Key(name: $0.name, shape: $0.shape, isRequired: false) })

    private static let perMarket: [Key] = [
        .optional("region", .text(.any("auto, US, GB, 0x00005355 or 0x00004247"))),
        .optional("channels", .text(.any("1-11 or 1-13"))),
        .optional("module", .map(module)),
        .optional("nvram", .map(nvram)),
        .optional("flash", .map(flash)),
        .required("plan", .text(.identifier)),
        .optional("label", .map(label)),
        .optional("retest", .map(retest)),
    ]

    static let module = KeySet(
        "module",
        [
            .optional("profile", .text(TextForm(oneOf: ["release-30", "release-30-conservative"]))),
            .optional("flash", .map(chip)),
        ])

    static let chip = KeySet("module.flash", [.optional("minimum", .size(524_288...16_777_216))])

    static let nvram = KeySet(
        "nvram", [.required("file", .text(.inputPath)), .required("sha256", .text(.sha256))])

    static let flash = KeySet("flash", [.required("images", .list(.map(image), count: 0...64))])

    static let image = KeySet(
        "image",
        [
            .required("name", .text(.fieldName)),
            .required("file", .text(.inputPath)),
            .optional("user-address", .size(0...0xFF_FFFF)),
            .optional("physical-address", .size(0...0xFF_FFFF)),
            .required("sha256", .text(.sha256)),
        ])

    static let label = KeySet(
        "label", [.required("template", .text(.inputPath)), .optional("copies", .integer(1...10))])

    static let retest = KeySet(
        "retest",
        [
            .optional("attempts", .integer(1...10)),
            .optional("when", words(RetestCause.allCases.map(\.rawValue))),
            .optional("cool-down", .duration(.zero ... .seconds(3600))),
            .optional("not-after", words(ProcedureStage.allCases.map(\.rawValue))),
            .optional("new-slot", .text(TextForm(oneOf: RetestPolicy.NewSlot.allCases.map(\.rawValue)))),
        ])

    // MARK: plans/*.yaml

    static let plan = KeySet(
        "plan",
        [
            .required("plan", .text(.identifier)),
            .optional("description", .text(.sentence)),
            .optional("stop-on-fail", .boolean),
            .optional("standalone", .boolean),
            .required("steps", .list(.map(step), count: 1...500)),
        ])

    static let step = KeySet(
        "step",
        [
            .required("name", .text(.fieldName)),
            .optional("fixture", .text(.fieldName)),
            .optional("test", .text(.fieldName)),
            .optional("arguments", .table(.fieldName, .value, count: 0...20)),
            .optional(
                "drive",
                .table(.fieldName, .text(TextForm(oneOf: LineLevel.allCases.map(\.rawValue))), count: 0...8)),
            .optional("timeout", .duration(.milliseconds(1) ... .seconds(3600))),
            .optional("retries", .integer(0...10)),
            .optional("measurements", .list(.map(measurement), count: 0...200)),
        ])

    static let measurement = KeySet(
        "measurement",
        [
            .required("name", .text(.fieldName)),
            .optional("unit", .text(.unit)),
            .optional("low", .number),
            .optional("high", .number),
            .optional("equals", .value),
            .optional("matches", .text(.any("a pattern"))),
            .optional("record-only", .boolean),
        ])

    // MARK: orders/*.yaml

    static let order = KeySet(
        "work order",
        [
            .required("order", .text(.orderID)),
            .required("sku", .text(.identifier)),
            .optional("market", .text(.country)),
            .required("quantity", .integer(1...1_000_000)),
            .required("serials", .map(serials)),
            .optional("operator", .text(.identifier)),
            .optional("due", .text(.any("a date, such as 2026-12-01"))),
        ])

    static let serials = KeySet(
        "serials",
        [
            .optional("prefix", .text(.serialPart)),
            .required("first", .integer(0...999_999_999_999)),
            .required("last", .integer(0...999_999_999_999)),
            .required("width", .integer(1...12)),
            .optional("suffix", .text(.serialPart)),
            .optional("shared", .boolean),
        ])

    // MARK: line.yaml

    static let line = KeySet(
        "line",
        [
            .required("units", .integer(1...1_000_000)),
            .optional("seed", .integer(0 ... .max)),
            .optional(
                "chips", .table(.identifier, .text(.any("a chip part such as W25Q80DV")), count: 1...1000)),
            .optional("retests", .integer(0...10)),
            .optional("retest-order", .text(TextForm(oneOf: RetestOrder.allCases.map(\.rawValue)))),
            .optional("firmware", .text(.inputPath)),
            .optional("board", .text(.inputPath)),
            .optional("faults", .list(.map(fault), count: 0...10_000)),
        ])

    static let fault = KeySet(
        "fault",
        [
            .required("units", .text(.any("a unit or a range of units, such as 3 or 3-5"))),
            .required("fault", .text(.any("a fault, such as short"))),
            .optional("note", .text(.sentence)),
        ])

    /// The maps at the top of the five kinds of file, by the name of their JSON Schema.
    static let files: [(schema: String, keys: KeySet)] = [
        ("station", station), ("sku", sku), ("plan", plan), ("order", order), ("line", line),
    ]

    private static func words(_ words: [String]) -> Shape {
        .list(.text(TextForm(oneOf: words)), count: 0...words.count, unique: true)
    }
}
