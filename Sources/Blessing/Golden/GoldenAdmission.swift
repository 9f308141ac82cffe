import StationConfig

extension UnitProcedure {
    /// A slot whose golden unit is overdue, or was measured wrong, works on no other unit: what it measures now says
    /// nothing.
    /// - Throws: `Reason`
    mutating func requireGoldenCheck() async throws {
        guard !passedGoldenGate else { return }
        let decision = try await GoldenWatch.decision(
            forSlot: context.slotNumber, settings: context.settings.golden, reader: context.store.reader,
            now: context.settings.clock.utcMilliseconds())
        if let reason = Reason(decision, slot: context.slot) { throw reason }
        passedGoldenGate = true
    }

    /// The scanned label tells at once that this is no unit that could open the gate: then nothing need be powered.
    mutating func requireGoldenCheckByScan() async throws {
        guard let code = context.arrival.scannedCode, let golden = context.settings.golden,
            golden.unit(scanned: code) == nil
        else { return }
        try await requireGoldenCheck()
    }
}

extension Reason {
    /// Why a shut gate turns a unit away; nil for an open one.
    init?(_ decision: GoldenGate.Decision, slot: String) {
        switch decision {
        case .notWatched, .open, .dueSoon: return nil
        case .shutOff: self.init(.goldenOff, decision.sentence(slot: slot))
        case .shutNever, .shutOverdue, .shutClock: self.init(.goldenDue, decision.sentence(slot: slot))
        }
    }
}

extension GoldenGate.Decision {
    /// What was found and what to do, for engineers and the record.
    public func sentence(slot: String) -> String {
        switch self {
        case .notWatched: "no golden units are configured"
        case .open(let remaining), .dueSoon(let remaining):
            "the next check of slot \(slot) is due in \(Self.minutes(remaining)) min"
        case .shutNever:
            "slot \(slot) has not measured a golden unit yet; measure one before it takes work"
        case .shutOverdue(let age):
            "the last good check of slot \(slot) is \(Self.minutes(age)) min old; measure its golden unit now"
        case .shutOff(let unit, let faults):
            "slot \(slot) measured golden unit \(unit) wrong (\(faults.joined(separator: "; "))); find out why, "
                + "then measure it again"
        case .shutClock:
            "the last check of slot \(slot) lies in the future: the calendar was set back; measure its golden unit now"
        }
    }

    private static func minutes(_ milliseconds: Int64) -> Int64 { max(0, milliseconds / 60_000) }
}
