import StationConfig
import StationStore

/// What happens on the line, as it happens: for progress on a terminal, for pages, for metrics. Events are news,
/// not the record; who misses one has lost nothing that the ledger does not hold.
public struct LineEvent: Sendable {
    /// The slot's name; nil for the line as a whole.
    public var slot: String?
    public var kind: Kind

    public enum Kind: Sendable {
        /// A slot waits for a unit.
        case waiting
        case arrived(ordinal: Int, scannedCode: String?)
        case started(run: RunID)
        case identified(device: String, serial: String?)
        case stage(ProcedureStage)
        /// Part of the stage that is done, 0 to 1.
        case progress(ProcedureStage, Double)
        case step(name: String, attempt: Int, outcome: StepOutcome, message: String?)
        case finished(UnitResult)
        /// Something an engineer wants to know, which stops nothing.
        case remark(String)
        case slotEnded
        /// A run that an earlier process left without an end.
        case recovered(RecoveredRun)
    }

    public init(slot: String?, _ kind: Kind) {
        self.slot = slot
        self.kind = kind
    }
}

/// Takes events; must return at once.
public typealias LineEventSink = @Sendable (LineEvent) -> Void

/// What became of one unit in one run.
public struct UnitResult: Sendable {
    public var slot: String
    public var ordinal: Int
    public var run: RunID?
    public var device: String?
    public var serial: String?
    public var outcome: RunOutcome
    /// nil exactly when the unit passed.
    public var reason: Reason?
    public var stage: ProcedureStage
    /// Which attempt of this device it was, from 1.
    public var attempt: Int
    /// On the slot's own clock.
    public var duration: Duration
}
