/// The stages through which a unit goes, in their order (see `docs/procedure.md`).
public enum ProcedureStage: String, CaseIterable, Comparable, Codable, Hashable, Sendable {
    case admit, protect, test, nvram, flash, region, prove, bless, finish

    /// Earlier stages are smaller.
    public static func < (left: ProcedureStage, right: ProcedureStage) -> Bool {
        left.index < right.index
    }

    private var index: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

/// Why a unit might be tried again.
public enum RetestCause: String, CaseIterable, Codable, Hashable, Sendable {
    /// A measurement outside its limit, or a step that said no.
    case fail
    /// The unit stopped answering, or never did.
    case silent
    /// The cloud refused to bless it.
    case refused
    /// A person broke the run off. Such a run is not counted as an attempt.
    case aborted
}

/// When a unit that did not pass may be tried again: data, so that it stands in the record with the SKU.
public struct RetestPolicy: Hashable, Sendable {
    /// Where the next attempt should happen.
    public enum NewSlot: String, CaseIterable, Codable, Hashable, Sendable {
        /// Any slot, also the same one.
        case any
        /// Another slot when one is free: tells a bad contact from a bad unit.
        case prefer
        /// Only another slot.
        case require
    }

    /// Attempts in all, 1 to 10; 1 means no retest.
    public let attempts: Int
    public let causes: Set<RetestCause>
    /// Time between two attempts, at least.
    public let coolDown: Duration
    /// A unit that failed in one of these stages is never tried again.
    public let neverAfter: Set<ProcedureStage>
    public let newSlot: NewSlot

    /// One attempt, no retest; a run that a person broke off was none.
    public static let none = RetestPolicy(
        attempts: 1, causes: [.aborted], coolDown: .zero, neverAfter: [], newSlot: .any)

    /// Whether another attempt is allowed.
    /// - Parameters:
    ///   - attempt: the attempt that has just ended, counted from 1.
    ///   - cause: why it did not pass.
    ///   - stage: the stage in which it ended.
    public func allows(attempt: Int, cause: RetestCause, stage: ProcedureStage) -> Bool {
        attempt >= 1 && attempt < attempts && causes.contains(cause) && !neverAfter.contains(stage)
    }

    var canonical: CanonicalJSON {
        .object([
            "attempts": .integer(Int64(attempts)),
            "when": .list(causes.map(\.rawValue).sorted().map(CanonicalJSON.text)),
            "coolDownMilliseconds": .integer(coolDown.wholeMilliseconds),
            "notAfter": .list(neverAfter.sorted().map { .text($0.rawValue) }),
            "newSlot": .text(newSlot.rawValue),
        ])
    }
}
