import Imp003

/// Reads plans/*.yaml.
struct PlanReading {
    let reading: FolderReading
    /// What the station's fixtures can measure; empty when station.yaml can't be read, and then not checked.
    let fixtures: [FixtureKind]

    private var problems: ProblemCollector { reading.problems }

    /// - Returns: nil when the plan can't be used; reported.
    func read(_ node: ConfigNode, file: String) -> TestPlan? {
        ShapeCheck(problems: problems, mode: .whole).check(node, Keys.plan)
        let items = node["steps"]?.items ?? []
        DuplicateNames.report(items, key: "name", path: "steps", to: problems)
        let steps = items.enumerated().compactMap { step($1, path: "steps[\($0)]") }
        guard let name = node.text("plan", .identifier), steps.count == items.count else { return nil }
        return TestPlan(
            name: name, file: file, planDescription: node.text("description"),
            stopOnFail: node.boolean("stop-on-fail") ?? true, steps: steps,
            isStandalone: node.boolean("standalone") ?? false)
    }

    private func step(_ node: ConfigNode, path: String) -> PlanStep? {
        guard node.entries != nil else { return nil }
        let items = node["measurements"]?.items ?? []
        DuplicateNames.report(items, key: "name", path: "\(path).measurements", to: problems)
        let measurements = items.enumerated().compactMap {
            measurement($1, path: "\(path).measurements[\($0)]")
        }
        let action = action(node, path: path)
        if let instrument = node["fixture"], node["test"] == nil {
            checkInstrument(instrument, node, items, path: path)
        }
        guard let name = node.text("name", .fieldName), let action, measurements.count == items.count else {
            return nil
        }
        let drive = (node["drive"]?.entries ?? []).compactMap { entry in
            entry.value.text.flatMap(LineLevel.init(rawValue:)).map { (entry.key, $0) }
        }
        return PlanStep(
            name: name, action: action, drive: Dictionary(drive) { first, _ in first },
            timeout: node.duration("timeout") ?? .seconds(5),
            retries: node.integer("retries").flatMap(Int.init(exactly:)) ?? 0, measurements: measurements)
    }

    private func action(_ node: ConfigNode, path: String) -> PlanAction? {
        switch (node["fixture"], node["test"]) {
        case (let instrument?, nil):
            if let arguments = node["arguments"] {
                problems.report(
                    .notExactlyOne, at: arguments.origin, path: "\(path).arguments",
                    found: "arguments for an instrument",
                    allowed: "arguments only beside `test`", remedy: "Delete them.")
            }
            return instrument.text.map(PlanAction.instrument)
        case (nil, let test?):
            var arguments: [String: PlanValue] = [:]
            for entry in node["arguments"]?.entries ?? [] {
                if case .value(let value) = ScalarReader.value(entry.value) { arguments[entry.key] = value }
            }
            return test.text.map { .functional(test: $0, arguments: arguments) }
        case (let instrument, _):
            problems.report(
                .notExactlyOne, at: node.origin, path: path, found: instrument == nil ? "neither" : "both",
                allowed: "exactly one of fixture and test",
                remedy: "Name an instrument of the fixture, or a test of the factory firmware.")
            return nil
        }
    }

    private func checkInstrument(
        _ instrument: ConfigNode, _ node: ConfigNode, _ items: [ConfigNode], path: String
    ) {
        if node["measurements"] == nil || node["measurements"]?.items != nil, items.count != 1 {
            problems.report(
                .limitUnclear, at: (node["measurements"] ?? node).origin, path: "\(path).measurements",
                found: "\(items.count) measurements of one instrument", allowed: "exactly one",
                remedy: "An instrument gives one value: one measurement a step.")
        }
        guard let name = instrument.text, TextForm.fieldName.accepts(name) else { return }
        for kind in fixtures {
            guard let known = kind.instruments.first(where: { $0.name == name }) else {
                let names = kind.instruments.map(\.name)
                problems.report(
                    .unknownInstrument, at: instrument.origin, path: "\(path).fixture",
                    found: "`\(name)`, which the \(kind.rawValue) fixture does not have",
                    allowed: names.isEmpty ? "tests of the factory firmware only" : Phrase.oneOf(names),
                    remedy: names.isEmpty
                        ? "Nothing on that fixture measures: let the unit measure, with `test`."
                        : Phrase.didYouMean(name, among: names, otherwise: "Choose one of these."))
                continue
            }
            guard let unit = items.first?["unit"], let text = unit.text, text != known.unit else { continue }
            problems.report(
                .instrumentUnit, at: unit.origin, path: "\(path).measurements[0].unit",
                found: "\(text) for \(name)",
                allowed: known.unit, remedy: "The fixture reads it in \(known.unit): convert the limits.")
        }
    }

    // MARK: - Limits

    private func measurement(_ node: ConfigNode, path: String) -> Measurement? {
        guard node.entries != nil else { return nil }
        let limit = limit(node, path: path)
        guard let name = node.text("name", .fieldName), let limit else { return nil }
        return Measurement(name: name, unit: node.text("unit"), limit: limit)
    }

    private func limit(_ node: ConfigNode, path: String) -> MeasurementLimit? {
        let hasRange = node["low"] != nil || node["high"] != nil
        let kinds = [hasRange, node["equals"] != nil, node["matches"] != nil, node["record-only"] != nil]
        guard kinds.count(where: { $0 }) == 1 else {
            problems.report(
                .limitUnclear, at: node.origin, path: path,
                found: kinds.contains(true) ? "several kinds of limit" : "no limit",
                allowed: "low and/or high, or equals, or matches, or record-only: true",
                remedy: "A measurement is judged in exactly one way.")
            return nil
        }
        if hasRange { return range(node, path: path) }
        if let equals = node["equals"] {
            guard case .value(let value) = ScalarReader.value(equals) else { return nil }
            return .equals(value)
        }
        if let matches = node["matches"] { return pattern(matches, path: "\(path).matches") }
        switch node.boolean("record-only") {
        case true: return .recorded
        case false:
            problems.report(
                .limitUnclear, at: node["record-only"]?.origin ?? node.origin, path: "\(path).record-only",
                found: "no limit and record-only: false", allowed: "a limit, or record-only: true",
                remedy: "Say what the value must be.")
            return nil
        case nil: return nil
        }
    }

    private func range(_ node: ConfigNode, path: String) -> MeasurementLimit? {
        let low = node.number("low")
        let high = node.number("high")
        // What is there but can't be read has been reported.
        guard (low?.isFinite ?? (node["low"] == nil)), high?.isFinite ?? (node["high"] == nil) else {
            return nil
        }
        if let low, let high, low > high {
            problems.report(
                .limitsReversed, at: node["low"]?.origin ?? node.origin, path: "\(path).low",
                found: "low \(CanonicalJSON.shortest(low)) above high \(CanonicalJSON.shortest(high))",
                allowed: "low at most high", remedy: "No unit could pass: swap or correct them.")
            return nil
        }
        return .range(low: low, high: high)
    }

    private func pattern(_ node: ConfigNode, path: String) -> MeasurementLimit? {
        guard let text = node.text else { return nil }
        do {
            return .matches(try TextPattern(text))
        } catch {
            problems.report(
                .badPattern, at: node.origin, path: path, found: error.description,
                allowed: "the patterns of docs/sku.md",
                remedy: "Put patterns into single quotes, so that YAML leaves the backslashes alone.")
            return nil
        }
    }
}
