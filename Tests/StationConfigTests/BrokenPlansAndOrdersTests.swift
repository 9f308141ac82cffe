import Imp003
import Testing

@testable import StationConfig

/// NVRAM, plans, orders and the emulated line. One change to the demo folder, exactly one problem.
@Suite struct BrokenPlansAndOrdersTests {
    static let plan = "plans/env-sensor.yaml"
    static let order = "orders/WO-2026-0117.yaml"
    static let later = "orders/WO-2026-0118.yaml"
    static let line = "line.yaml"
    static let nvram = "nvram/bcm43362-us.txt"

    static let nvramRows: [Breakage] = [
        Breakage(
            "NVRAM for another chip", .replace(nvram, "devid=0x4343", "devid=0x43e2"), .reseal(nvram),
            gives: .nvramFinding,
            in: nvram, at: "devid", saying: "devid", "0x43e2"),
        Breakage(
            "placeholder left in", .replace(nvram, "boardrev=0x1207", "boardrev=0x1207\nmacaddr=${maclo12}"),
            .reseal(nvram),
            gives: .nvramFinding, in: nvram, at: "${maclo12}", saying: "${"),
        Breakage(
            "duplicate NVRAM key", .replace(nvram, "nocrc=1", "nocrc=1\nnocrc=0"), .reseal(nvram),
            gives: .nvramFinding,
            in: nvram, at: "nocrc=0", saying: "nocrc"),
        Breakage(
            "no final newline", .append(nvram, "# end"), .reseal(nvram), gives: .nvramFinding, in: nvram,
            at: "# end",
            saying: "does not end in a line end"),
        Breakage(
            "NVRAM changed",
            .replace("skus/env-sensor-us.yaml", Demo.sha256(nvram), String(repeating: "5a", count: 32)),
            gives: .digestMismatch, in: "skus/env-sensor-us.yaml",
            at: "sha256", saying: "nvram.sha256", "nvram/bcm43362-us.txt has \(Demo.sha256(nvram))"),
    ]

    static let planRows: [Breakage] = [
        Breakage(
            "limits reversed", .replace(plan, "low: 3.20, high: 3.40", "low: 3.40, high: 3.20"),
            gives: .limitsReversed,
            in: plan, at: "low: 3.40", saying: "low 3.4 above high 3.2", "steps[2].measurements[0].low"),
        Breakage(
            "limit that is no number", .replace(plan, "low: 12000", "low: .nan"), gives: .notFinite, in: plan,
            at: ".nan",
            saying: "a finite number"),
        Breakage(
            "endless limit", .replace(plan, "low: 12000", "low: -.inf"), gives: .notFinite, in: plan,
            at: "-.inf",
            saying: "a finite number"),
        Breakage(
            "no limit", .replace(plan, "{ name: reason, record-only: true }", "{ name: reason }"),
            gives: .limitUnclear,
            in: plan, at: "name: reason", saying: "no limit"),
        Breakage(
            "two limits", .replace(plan, "{ name: pairs, equals: 2 }", "{ name: pairs, equals: 2, low: 1 }"),
            gives: .limitUnclear, in: plan, at: "name: pairs", saying: "several kinds of limit"),
        Breakage(
            "record-only: false", .replace(plan, "record-only: true", "record-only: false"),
            gives: .limitUnclear, in: plan,
            at: "record-only", saying: "record-only: false"),
        Breakage(
            "a chip's ID that YAML reads as a number", .replace(plan, "equals: 60", "equals: 20E5"),
            gives: .wrongType,
            in: plan, at: "20E5", saying: "Put it in quotes"),
        Breakage(
            "pattern that does not compile", .replace(plan, "'^factory-[a-z0-9-]+$'", "'^factory-[a-z'"),
            gives: .badPattern,
            in: plan, at: "[a-z'", saying: "a `[` without `]`"),
        Breakage(
            "pattern that could take forever", .replace(plan, "'^factory-[a-z0-9-]+$'", "'(a)\\1+'"),
            gives: .badPattern,
            in: plan, at: "(a)", saying: "a back reference"),
        Breakage(
            "duplicate step", .replace(plan, "- name: led\n", "- name: light # twice\n"),
            gives: .duplicateName, in: plan,
            at: "# twice", saying: "`light` again"),
        Breakage(
            "duplicate measurement", .replace(plan, "{ name: gain,", "{ name: half,"), gives: .duplicateName,
            in: plan,
            at: "low: 0.97", saying: "steps[6].measurements[1].name"),
        Breakage(
            "neither test nor instrument", .replace(plan, "    test: memory\n", ""), gives: .notExactlyOne,
            in: plan,
            at: "- name: memory", saying: "exactly one of fixture and test"),
        Breakage(
            "unknown instrument", .replace(plan, "fixture: rail_3v3", "fixture: rail_5v0"),
            gives: .unknownInstrument,
            in: plan, at: "rail_5v0", saying: "supply_current, supply_voltage, rail_3v3"),
        Breakage(
            "instrument in another unit", .replace(plan, "unit: mA", "unit: A"), gives: .instrumentUnit,
            in: plan,
            at: "unit: A", saying: "A for supply_current", "mA"),
        Breakage(
            "instrument with two values",
            .replace(
                plan, "{ name: rail_3v3, unit: V, low: 3.20, high: 3.40 }",
                "{ name: x, low: 1 }\n      - { name: y, low: 1 }"),
            gives: .limitUnclear, in: plan, at: "{ name: x", saying: "exactly one"),
        Breakage(
            "unknown level", .replace(plan, "button: high", "button: up"), gives: .wrongForm, in: plan,
            at: "button: up",
            saying: "high, low or float"),
        Breakage(
            "duplicate plan", .copy(plan, "plans/zz.yaml"), gives: .duplicatePlan, in: "plans/zz.yaml",
            at: "plan:",
            saying: "plans/env-sensor.yaml:2"),
        Breakage(
            "unused plan", .write("plans/zz.yaml", "plan: zz\nsteps:\n  - { name: led, test: led }\n"),
            gives: .unused,
            in: "plans/zz.yaml", saying: "no SKU uses the plan", severity: .warning),
    ]

    static let orderRows: [Breakage] = [
        Breakage(
            "unknown SKU", .replace(order, "sku: env-sensor-us", "sku: env-sensor-uk"), gives: .unknownSKU,
            in: order,
            at: "sku:", saying: "Did you mean"),
        Breakage(
            "abstract SKU", .replace(order, "sku: env-sensor-us", "sku: env-sensor-base"), gives: .unknownSKU,
            in: order,
            at: "sku:", saying: "abstract"),
        Breakage(
            "SKU that is not allowed here",
            .replace(
                "station.yaml", "skus: \"*\"",
                "skus: [env-sensor-eu, env-sensor-jp, env-sensor-pr, env-sensor-ca, env-sensor-apac, door-counter-world]"
            ),
            gives: .unknownSKU, in: order, at: "sku:", saying: "station.yaml does not allow"),
        Breakage(
            "market that the SKU does not have", .replace(order, "quantity", "market: DE\nquantity"),
            gives: .marketNotInSKU, in: order, at: "market", saying: "AS, GU, MP, US or VI"),
        Breakage(
            "market needed", .replace("orders/WO-2026-0121.yaml", "market: MY\n", ""), gives: .marketNeeded,
            in: "orders/WO-2026-0121.yaml", at: "order:", saying: "built differently for ID, MY"),
        Breakage(
            "unknown market", .replace(order, "quantity", "market: QX\nquantity"), gives: .unknownCountry,
            in: order,
            at: "market", saying: "QX"),
        Breakage(
            "too few serials", .replace(order, "last: 100040", "last: 100010"), gives: .serialsTooFew,
            in: order,
            at: "quantity", saying: "24 units, but 10 serial numbers"),
        Breakage(
            "serials of another order", .replace(later, "first: 200001", "first: 100031"),
            gives: .serialsOverlap, in: later,
            at: "serials", saying: "ES0100031 … ES0100040", "WO-2026-0117 (orders/WO-2026-0117.yaml:5)"),
        Breakage(
            "serials of another order, split differently",
            .replace(
                later, "prefix: ES, first: 200001, last: 200020, width: 7",
                "prefix: ES01000, first: 35, last: 60, width: 2"),
            gives: .serialsOverlap, in: later, at: "serials", saying: "ES0100035 … ES0100040"),
        Breakage(
            "serials backwards", .replace(order, "first: 100001", "first: 100041"), gives: .serialRange,
            in: order,
            at: "serials", saying: "first 100041 is above last 100040"),
        Breakage(
            "serials too wide", .replace(order, "width: 7", "width: 5"), gives: .serialRange, in: order,
            at: "serials",
            saying: "does not fit 5 digits"),
        Breakage(
            "suffix with a digit", .replace(order, "width: 7", "width: 7, suffix: 2B"), gives: .serialRange,
            in: order,
            at: "serials", saying: "begins with a digit"),
        Breakage(
            "unknown operator", .replace(order, "op-17", "op-71"), gives: .unknownOperator, in: order,
            at: "op-71",
            saying: "Did you mean `op-17`?"),
        Breakage(
            "a day that does not exist", .replace(order, "2026-12-01", "2026-02-29"), gives: .badDate,
            in: order, at: "due",
            saying: "yyyy-mm-dd"),
        Breakage(
            "duplicate order", .copy(order, "orders/zz.yaml"), gives: .duplicateOrder, in: "orders/zz.yaml",
            at: "order:",
            saying: "orders/WO-2026-0117.yaml:2"),
    ]

    static let lineRows: [Breakage] = [
        Breakage(
            "fault of a unit that does not arrive", .replace(line, "units: 22", "units: 26-28"),
            gives: .emulatedUnit,
            in: line, at: "26-28", saying: "unit 28", "1 to 27"),
        Breakage(
            "units that are none", .replace(line, "units: 22", "units: last"), gives: .emulatedUnit, in: line,
            at: "last",
            saying: "such as 3 or 3-5"),
        Breakage(
            "units in the fault", .replace(line, "fault: cold-joint:button", "fault: 'cold-joint:button#11'"),
            gives: .emulatedFault, in: line, at: "#11", saying: "Write the units under `units`"),
        Breakage(
            "chip of an unknown SKU", .replace(line, "door-counter-world:", "door-counter-word:"),
            gives: .unknownSKU,
            in: line, at: "door-counter-word", saying: "Did you mean `door-counter-world`?"),
    ]

    @Test(arguments: nvramRows) func nvram(_ breakage: Breakage) throws { try breakage.check() }
    @Test(arguments: planRows) func plans(_ breakage: Breakage) throws { try breakage.check() }
    @Test(arguments: orderRows + lineRows) func ordersAndLine(_ breakage: Breakage) throws {
        try breakage.check()
    }
}
