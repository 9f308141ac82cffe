/// What the rows of an answer are.
public enum Subject: String, CaseIterable, Sendable {
    /// Devices, each with the run that blessed it.
    case units
    /// Attempts at a unit.
    case runs
    /// Steps and stages of runs.
    case steps
    /// Measured values.
    case measurements
    /// Ledger entries.
    case entries

    /// The tables that a question is always about, under the letters that `FieldTable` uses: r run, d device, s step, n step
    /// name, v measurement, q what is measured, x entry.
    var table: String {
        switch self {
        case .units: "device d"
        case .runs: "run r"
        case .steps: "step s JOIN step_name n ON n.id = s.name JOIN run r ON r.id = s.run"
        case .measurements:
            "measurement v JOIN measurand q ON q.id = v.measurand JOIN step s ON s.seq = v.step "
                + "JOIN step_name n ON n.id = s.name JOIN run r ON r.id = s.run"
        case .entries: Self.entryTables[0].sql
        }
    }

    /// Where entries are listed: all but steps, and steps; with the kind where there is but one.
    static let entryTables: [(sql: String, kind: String?)] = [("event x", nil), ("step x", "step.finished")]

    /// What is joined when it is named: u what runs share, w NVRAM, m module, k kind of entry. From the left, so that the
    /// planner begins with them only where a condition on them says so.
    func joins(naming sql: String) -> String {
        func names(_ letters: String) -> Bool { letters.contains { SQLText.mentions($0, in: sql) } }
        var joins = ""
        switch self {
        case .units:
            if names("ru") { joins += " LEFT JOIN run r ON r.id = d.blessed_run" }
        case .runs, .steps, .measurements:
            if names("dwm") { joins += " LEFT JOIN device d ON d.id = r.device" }
        case .entries:
            if names("k") { joins += " LEFT JOIN ledger_kind k ON k.id = x.kind" }
            if names("rudwm") { joins += " LEFT JOIN run r ON r.id = x.run" }
            if names("dwm") { joins += " LEFT JOIN device d ON d.id = r.device" }
        }
        if names("u") { joins += " LEFT JOIN run_setup u ON u.id = r.setup" }
        if names("w") { joins += " LEFT JOIN nvram w ON w.id = d.nvram" }
        if names("m") { joins += " LEFT JOIN module m ON m.id = d.module" }
        return joins
    }

    /// What keeps rows apart and in the order in which they came about.
    var order: String {
        switch self {
        case .units: "d.id"
        case .runs: "r.id"
        case .steps: "s.seq"
        case .measurements: "v.step, v.position"
        case .entries: "x.seq"
        }
    }

    /// The columns of an answer that asks for none by name.
    var columns: [String] {
        switch self {
        case .units:
            ["device", "serial", "sku", "market", "region", "channels", "nvram", "blessed", "attempts"]
        case .runs: ["run", "started", "slot", "serial", "outcome", "code", "reason"]
        case .steps: ["run", "serial", "step", "try", "step-outcome", "duration", "message"]
        case .measurements:
            ["run", "serial", "slot", "step", "measurement", "value", "unit", "low", "high", "verdict"]
        case .entries: ["entry", "kind", "at", "run", "device"]
        }
    }
}
