import StationStore

/// What an act proved to have done.
struct ActResult {
    var outcome: ActOutcome
    var effect: ActEffect?
    var detail: [String: String]
    /// Why the run can't go on, if it can't.
    var stop: Reason?

    static func done(_ effect: ActEffect? = nil, _ detail: [String: String] = [:]) -> ActResult {
        ActResult(outcome: .ok, effect: effect, detail: detail, stop: nil)
    }

    static func failed(_ reason: Reason, _ detail: [String: String] = [:]) -> ActResult {
        ActResult(
            outcome: .failed, effect: nil,
            detail: detail.merging(["reason": reason.detail]) { own, _ in own }, stop: reason)
    }

    static func unknown(_ reason: Reason, _ detail: [String: String] = [:]) -> ActResult {
        ActResult(
            outcome: .unknown, effect: nil,
            detail: detail.merging(["reason": reason.detail]) { own, _ in own }, stop: reason)
    }
}

extension UnitProcedure {
    /// The only way to change a unit: the intent is durable before `body` begins, the result is durable before
    /// the procedure goes on. `body` is never cut short by cancellation; what it throws counts as a failed act.
    ///
    /// - Parameter also: a record that belongs to the same moment as the result, made from it.
    mutating func act(
        _ kind: ActKind, _ detail: [String: String] = [:], onError code: ReasonCode,
        also: ((ActResult) -> Record?)? = nil,
        _ body: @escaping @Sendable (UnitContext) async throws -> ActResult
    ) async throws {
        let number = nextAct
        nextAct += 1
        let context = context
        let run = try context.startedRun
        try checkWhetherWanted()
        try await context.write(.actIntended(ActIntended(run: run, act: number, kind: kind, detail: detail)))
        let result = await shielded {
            do {
                return try await body(context)
            } catch {
                return ActResult.failed(context.reason(for: error, otherwise: code))
            }
        }
        var records: [Record] = [
            .actFinished(
                ActFinished(
                    run: run, act: number, outcome: result.outcome, effect: result.effect,
                    detail: result.detail))
        ]
        if let companion = also?(result) { records.append(companion) }
        try await context.write(records)
        if let stop = result.stop { throw stop }
    }
}

extension UnitProcedure {
    /// The point at which a stop takes effect; a unit that is blessed goes to its end, since half a minute of patience
    /// is cheaper than a blessed unit that nobody saw cleared.
    func checkWhetherWanted() throws {
        if stage != .finish { try Task.checkCancellation() }
    }
}

/// Runs `body` to its end even when the surrounding task is cancelled meanwhile.
func shielded<Value: Sendable>(_ body: @escaping @Sendable () async -> Value) async -> Value {
    await Task { await body() }.value
}
