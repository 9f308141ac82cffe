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

    /// The tables, under the letters that `FieldTable` uses: r run, d device, s step, n step name, v measurement,
    /// q what is measured, e entry, x event.
    var tables: String {
        let run = "JOIN run r ON r.id = s.run LEFT JOIN device d ON d.id = r.device"
        return switch self {
        case .units: "device d LEFT JOIN run r ON r.id = d.blessed_run"
        case .runs: "run r LEFT JOIN device d ON d.id = r.device"
        case .steps: "step s JOIN step_name n ON n.id = s.name \(run)"
        case .measurements:
            "measurement v JOIN measurand q ON q.id = v.measurand JOIN step s ON s.seq = v.step "
                + "JOIN step_name n ON n.id = s.name \(run)"
        case .entries:
            "ledger_entry e LEFT JOIN event x ON x.seq = e.seq LEFT JOIN step s ON s.seq = e.seq "
                + "LEFT JOIN run r ON r.id = coalesce(x.run, s.run) LEFT JOIN device d ON d.id = r.device"
        }
    }

    /// What keeps rows apart and in the order in which they came about.
    var order: String {
        switch self {
        case .units: "d.id"
        case .runs: "r.id"
        case .steps: "s.seq"
        case .measurements: "v.step, v.position"
        case .entries: "e.seq"
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
