import StationConfig
import StationStore

extension ReasonCode {
    /// As what a run that ended so counts when the unit comes back; nil for what says nothing about the unit: the
    /// station, its fixture and its record have faults of their own, and a unit that was turned away was not tried.
    var retestCause: RetestCause? {
        switch self {
        case .silent, .babbling, .restarted, .linkLost: .silent
        case .blessRefused: .refused
        case .stoppedByOperator: .aborted
        default: entry.outcome == .failed ? .fail : nil
        }
    }
}

/// What a unit's earlier runs mean for the next one.
struct RetestHistory: Sendable {
    /// A run that was held against the unit, or could have been.
    struct Attempt: Sendable {
        var run: RunRow
        var code: ReasonCode
        var cause: RetestCause
    }

    /// Oldest first.
    let attempts: [Attempt]
    /// Attempts that count: a person's abort does not.
    var counted: Int { attempts.count { $0.cause != .aborted } }

    init(_ runs: [RunRow]) {
        attempts = runs.sorted { $0.run < $1.run }.compactMap { run in
            guard let code = run.code.flatMap(ReasonCode.init(rawValue:)), let cause = code.retestCause else {
                return nil
            }
            return Attempt(run: run, code: code, cause: cause)
        }
    }

    /// Why `policy` allows no further attempt of `device`; nil when it does.
    func refusal(of device: String, by policy: RetestPolicy) -> Reason? {
        guard let last = attempts.last else { return nil }
        if counted >= policy.attempts {
            return Reason(
                .attemptsExhausted,
                "\(device) used \(counted) of \(policy.attempts) allowed attempts, the last ended with \(last.code.identifier) in \(last.run.run)"
            )
        }
        for attempt in attempts {
            if !policy.causes.contains(attempt.cause) {
                return Reason(
                    .attemptsExhausted,
                    "\(device) ended with \(attempt.code.identifier) (\(attempt.cause.rawValue)) in \(attempt.run.run); the SKU allows a retest only after \(policy.causes.map(\.rawValue).sorted().joined(separator: ", "))"
                )
            }
            if attempt.cause != .aborted, let stage = attempt.run.stage, policy.neverAfter.contains(stage) {
                return Reason(
                    .attemptsExhausted,
                    "\(device) failed at \(attempt.run.failedStep ?? stage.rawValue) in \(attempt.run.run); the SKU allows no retest after that"
                )
            }
        }
        return nil
    }
}
