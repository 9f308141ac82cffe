import StationStore

/// Closes what an earlier process left open. Nothing is guessed: a run's own entries decide, and what they can't
/// tell goes to quarantine. `docs/procedure.md` has the table.
public struct Recovery: Sendable {
    let store: StationStore

    public init(store: StationStore) {
        self.store = store
    }

    /// To be called before any unit is admitted.
    /// - Returns: each run that was closed, oldest first.
    public func closeUnfinishedRuns() async throws -> [RecoveredRun] {
        var recovered: [RecoveredRun] = []
        for run in try await store.reader.unfinishedRuns() {
            recovered.append(try await close(run))
        }
        return recovered
    }

    private func close(_ unfinished: UnfinishedRun) async throws -> RecoveredRun {
        let run = unfinished.run.run
        let device = unfinished.device?.device
        let finding = Self.judge(unfinished)
        var records: [Record] = []
        for act in unfinished.openActs where act.outcome == nil {
            records.append(
                .actFinished(
                    ActFinished(
                        run: run, act: act.act, outcome: .unknown, effect: nil,
                        detail: ["reason": "the station stopped before the result was known"])))
        }
        if finding == .blessingUnknown {
            records.append(
                .blessingAnswered(
                    BlessingAnswered(
                        run: run, outcome: .noAnswer, detail: ["reason": "the station stopped meanwhile"])))
        }
        let code = finding.code
        if code.entry.outcome == .quarantined, let device {
            records.append(
                .unitQuarantined(
                    UnitQuarantined(
                        device: device, by: .named("station"),
                        reason: "\(code.identifier) \(finding.sentence)", run: run)))
        }
        records.append(
            .runFinished(
                RunFinished(
                    run: run, outcome: code.entry.outcome, code: code.identifier, reason: finding.sentence,
                    failedStep: nil)))
        for ticket in records.map({ store.enqueue($0) }) { _ = try await ticket.receipt }
        return RecoveredRun(run: run, device: device, code: code, finding: finding.sentence)
    }

    /// What a run's entries say about the unit.
    enum Finding: Equatable {
        case untouched, changed, blessingUnknown, blessed

        var code: ReasonCode {
            switch self {
            case .untouched, .changed: .stationStopped
            case .blessingUnknown: .blessInterrupted
            case .blessed: .notCleared
            }
        }

        var sentence: String {
            switch self {
            case .untouched: "the station stopped before anything was changed on the unit"
            case .changed:
                "the station stopped with the unit partly provisioned; its next run does what is missing"
            case .blessingUnknown: "the station stopped between asking for the blessing and its answer"
            case .blessed: "the station stopped after the blessing, before the unit was seen cleared"
            }
        }
    }

    static func judge(_ run: UnfinishedRun) -> Finding {
        let acts = run.acts
        let blessing = acts.filter { $0.kind == .bless && $0.detail["passed"] == "true" }
        if blessing.contains(where: { $0.outcome == .ok }) { return .blessed }
        if blessing.contains(where: { $0.outcome == nil || $0.outcome == .unknown }) {
            return .blessingUnknown
        }
        return acts.isEmpty ? .untouched : .changed
    }
}

/// A run that had no end, and how it was closed.
public struct RecoveredRun: Sendable {
    public var run: RunID
    public var device: String?
    public var code: ReasonCode
    public var finding: String
}
