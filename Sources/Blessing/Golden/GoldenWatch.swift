import StationConfig
import StationStore

/// What golden units say about each slot: read from the record, decided by ``GoldenGate``.
public enum GoldenWatch {
    /// The newest check of a slot; nil when there is none.
    ///
    /// To be asked before a slot takes work: the record's newest runs of golden units in the slot are looked up by the
    /// units themselves, so it costs the same on day 200.
    public static func lastCheck(
        ofSlot slot: Int, settings: GoldenSettings, reader: StationReader
    ) async throws -> GoldenGate.Check? {
        var last: GoldenGate.Check?
        for unit in settings.units {
            let runs = try await reader.runs(RunFilter(slot: slot, unit: unit.device.text, limit: 1))
            guard let run = runs.first, let report = try await reader.run(run.run) else { continue }
            let at = run.finishedAt ?? run.startedAt
            if let last, last.at >= at { continue }
            last = GoldenGate.Check(at: at, unit: unit.name, faults: faults(of: unit, in: report))
        }
        return last
    }

    /// The gate's decision for a slot.
    /// - Parameter now: UTC milliseconds.
    public static func decision(
        forSlot slot: Int, settings: GoldenSettings?, reader: StationReader, now: Int64
    ) async throws -> GoldenGate.Decision {
        guard let settings, !settings.units.isEmpty else { return .notWatched }
        let check = try await lastCheck(ofSlot: slot, settings: settings, reader: reader)
        return GoldenGate.decide(checks: check.map { [$0] } ?? [], settings: settings, now: now)
    }

    private static func faults(of unit: GoldenSettings.Unit, in report: RunReport) -> [String] {
        GoldenGate.faults(of: unit) { step, name in
            // The last attempt is what the step ended with.
            let row = report.steps.last { $0.name == step }?.measurements.first { $0.name == name }
            guard case .number(let value) = row?.value else { return nil }
            return value
        }
    }
}
