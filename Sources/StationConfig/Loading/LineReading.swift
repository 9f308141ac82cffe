import Imp003

/// Reads line.yaml. Whether a fault or a chip exists is the emulator's to say.
struct LineReading {
    let reading: FolderReading
    /// By id: whether abstract; nil when not all SKU files could be read.
    let skuIDs: [String: Bool]?

    private var problems: ProblemCollector { reading.problems }

    /// - Returns: nil when the file can't be used; reported.
    func read(_ node: ConfigNode) -> EmulatedLineSettings? {
        ShapeCheck(problems: problems, mode: .whole).check(node, Keys.line)
        let units = node.integer("units").flatMap(Int.init(exactly:))
        var chips: [String: String] = [:]
        for entry in node["chips"]?.entries ?? [] {
            chips[entry.key] = entry.value.text
            checkProduct(entry)
            checkChip(entry)
        }
        let items = node["faults"]?.items ?? []
        let faults = items.enumerated().compactMap { fault($1, of: units, path: "faults[\($0)]") }
        guard let units, faults.count == items.count else { return nil }
        return EmulatedLineSettings(
            seed: node.integer("seed").flatMap(UInt64.init(exactly:)) ?? 1, units: units, chips: chips,
            retests: node.integer("retests").flatMap(Int.init(exactly:)) ?? 0,
            retestOrder: node.text("retest-order").flatMap(RetestOrder.init(rawValue:)) ?? .afterNewUnits,
            faults: faults, firmware: node.text("firmware"), board: node.text("board"))
    }

    private func checkProduct(_ entry: ConfigEntry) {
        guard let skuIDs, entry.key != "default", TextForm.identifier.accepts(entry.key),
            skuIDs[entry.key] != false
        else { return }
        let buildable = skuIDs.filter { !$0.value }.map(\.key) + ["default"]
        problems.report(
            .unknownSKU, at: entry.keyOrigin, path: "chips.\(entry.key)",
            found: "`\(entry.key)`, which is no SKU",
            allowed: Phrase.oneOf(buildable.sorted()),
            remedy: Phrase.didYouMean(entry.key, among: buildable, otherwise: "Name a SKU, or `default`."))
    }

    private func checkChip(_ entry: ConfigEntry) {
        guard let known = reading.emulator?.chips, let name = entry.value.text, !known.contains(name) else {
            return
        }
        problems.report(
            .emulatedChip, at: entry.value.origin, path: "chips.\(entry.key)", found: entry.value.spoken,
            allowed: Phrase.oneOf(known),
            remedy: Phrase.didYouMean(name, among: known, otherwise: "Name a chip of which there is a model.")
        )
    }

    private func fault(_ node: ConfigNode, of count: Int?, path: String) -> EmulatedFault? {
        let units = node["units"].flatMap { unitRange($0, of: count, path: "\(path).units") }
        let text = node["fault"].flatMap { faultText($0, path: "\(path).fault") }
        guard let units, let text else { return nil }
        return EmulatedFault(units: units, fault: text)
    }

    private func unitRange(_ node: ConfigNode, of count: Int?, path: String) -> ClosedRange<Int>? {
        guard let text = node.text else { return nil }
        let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
        guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1], first >= 1,
            first <= last
        else {
            problems.report(
                .emulatedUnit, at: node.origin, path: path, found: node.spoken,
                allowed: "a unit or a range of units, such as 3 or 3-5", remedy: "Units are counted from 1.")
            return nil
        }
        if let count, last > count {
            problems.report(
                .emulatedUnit, at: node.origin, path: path, found: "unit \(last)", allowed: "1 to \(count)",
                remedy: "Only \(count) units arrive: raise `units` or move the fault.")
            return nil
        }
        return first...last
    }

    private func faultText(_ node: ConfigNode, path: String) -> String? {
        guard let text = node.text else { return nil }
        let name = text.prefix { $0.isASCII && ($0.isLowercase || $0.isNumber || $0 == "-") }
        let rest = text.dropFirst(name.count)
        let isPlain = rest.allSatisfy { $0.isASCII && !$0.isWhitespace && $0 != "," && $0 != "#" }
        guard !name.isEmpty, isPlain, rest.isEmpty || [":", "@", "%", "^"].contains(rest.first) else {
            problems.report(
                .emulatedFault, at: node.origin, path: path, found: node.spoken,
                allowed: "name[:parameter][@time][%probability][^seatings], such as uart-noise:0.001",
                remedy: "Write the units under `units`, one fault an entry.")
            return nil
        }
        if let objection = reading.emulator?.objection(text) {
            problems.report(
                .emulatedFault, at: node.origin, path: path, found: objection, allowed: "",
                remedy: "`station emulate faults` lists them all.")
            return nil
        }
        return text
    }
}
