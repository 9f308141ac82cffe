import Blessing
import StationPages
import StationStore

extension OrderState {
    init(_ order: DeskOrder) {
        self.init(
            id: order.id, sku: order.sku, market: order.market, title: order.product,
            quantity: order.quantity,
            blessed: order.blessed, failed: order.failed, inWork: order.inWork,
            state: Standing(rawValue: order.standing.rawValue) ?? .open,
            mode: Mode(rawValue: order.mode.rawValue) ?? .scan)
    }
}

extension SlotPhase {
    init(_ outcome: RunOutcome) {
        switch outcome {
        case .passed: self = .passed
        case .failed: self = .failed
        case .refused: self = .refused
        case .aborted, .quarantined, .error: self = .attention
        }
    }
}

extension SlotAdvice {
    /// What the operator does with a unit.
    /// - Parameters:
    ///   - attempt: this one, from 1.
    ///   - allowed: attempts that the SKU grants.
    init(_ code: ReasonCode, attempt: Int, of allowed: Int) {
        switch code {
        case .otherSlotRequired, .goldenOff: self = .otherSlot
        case .goldenDue: self = .golden
        case .alreadyBlessed, .orderFull: self = .none
        case .attemptsExhausted, .overcurrent, .flashUnsuitable, .flashProtected, .flashSilent,
            .nvramRejected,
            .regionRejected:
            self = .rework
        case .silent, .babbling, .reservationUnreadable, .measurementOutOfLimits, .testFailed, .testTimeout,
            .flashWriteFailed, .flashVerifyFailed, .tooFewAccessPoints, .scanFailed, .blessNotOnline,
            .restarted, .linkLost:
            self = attempt < allowed ? .retest : .rework
        case .stoppedByOperator, .stationStopped, .fixtureLost, .wrongUnit: self = .retest
        default: self = .engineer
        }
    }
}
