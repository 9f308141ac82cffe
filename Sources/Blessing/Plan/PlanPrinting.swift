import StationConfig

extension BlessingPlan {
    /// The plan as an engineer reads it: `station run --dry-run`.
    public var lines: [String] {
        var lines = [
            "Plan \(digest.hex)",
            "  order      \(order.id): \(order.quantity) units, serials \(order.serials.serial(at: 0) ?? "none") …",
            "  SKU        \(variant.id) (\(variant.product))",
            "  markets    \(variant.markets.map(\.description).joined(separator: " "))",
            "  region     \(variant.region.readBack), channels \(variant.channels): \(variant.regionReason)",
            "For each unit:",
            "  1 admit    power, factory BlinkUp, identify within \(limits.boot.text); compare, look up, lease a serial; flash chip"
                + " at least \(variant.module.minimumFlash / 1024) KiB",
            "  2 protect  hash 0x000000–0x\((Int(variant.module.profile.reservation) - 1).hex6) (system reservation)",
            "  3 test     \(tests.name): \(tests.steps.count) steps, "
                + "\(tests.steps.reduce(0) { $0 + $1.measurements.count }) measurements",
        ]
        for step in tests.steps {
            let limits = step.measurements.map { measurement in
                "\(measurement.name) \(measurement.limit)\(measurement.unit.map { " \($0)" } ?? "")"
            }
            lines.append(
                "             · \(step.name)\(limits.isEmpty ? "" : ": " + limits.joined(separator: ", "))")
        }
        lines.append(
            "  4 nvram    "
                + (nvram.map { "\($0.name), \($0.bytes.count) bytes, SHA-256 \($0.digest.hex.prefix(16))…" }
                    ?? "left as it is"))
        if images.isEmpty { lines.append("  5 flash    no images") }
        for (index, image) in images.enumerated() {
            let end = image.address + image.content.bytes.count - 1
            lines.append(
                (index == 0 ? "  5 flash    " : "             ")
                    + "\(image.content.name) → 0x\(image.address.hex6)–0x\(end.hex6), SHA-256 \(image.content.digest.hex.prefix(16))…"
            )
        }
        lines += [
            "  6 region   imp.setcountry(0x\(variant.region.readBack)), read back",
            "  7 prove    reservation unchanged; \(limits.accessPoints) or more access points heard, none outside \(variant.channels)",
            "  8 bless    server.bless(true), answer within \(limits.bless.text)",
            "  9 finish   imp.clearconfiguration(); serial confirmed; "
                + (labelTemplate == nil
                    ? "no label" : "label \(variant.label?.template ?? "") × \(variant.label?.copies ?? 1)"),
            "Retest: \(variant.retest.attempts) attempt\(variant.retest.attempts == 1 ? "" : "s") in all.",
        ]
        return lines
    }
}

extension Int {
    /// Six upper-case hexadecimal digits, as flash addresses are written.
    var hex6: String {
        let digits = String(self, radix: 16, uppercase: true)
        return String(repeating: "0", count: Swift.max(0, 6 - digits.count)) + digits
    }
}

extension Duration {
    /// `20 s`, `2.5 s`, `800 ms`.
    var text: String {
        let milliseconds = wholeMilliseconds
        if milliseconds < 1000 { return "\(milliseconds) ms" }
        return milliseconds % 1000 == 0 ? "\(milliseconds / 1000) s" : "\(Double(milliseconds) / 1000) s"
    }
}
