import StationStore

/// Runs in a row that ended for a reason which the next unit would meet as well.
struct SlotStreak {
    enum Kind: Sendable {
        /// The station or its fixture failed, not the unit.
        case spoiled
        /// The slot's golden unit has to be measured first.
        case turnedAway

        init?(_ report: UnitResult) {
            switch report.reason?.code {
            case .goldenDue, .goldenOff: self = .turnedAway
            case .fixtureLost: self = .spoiled
            default:
                guard report.outcome == .error else { return nil }
                self = .spoiled
            }
        }

        /// What an engineer reads.
        var sentence: String {
            switch self {
            case .spoiled:
                "three runs in a row were spoiled by the station or its fixture: slot taken out of use"
            case .turnedAway:
                "three units in a row were turned away for want of a good golden unit: slot taken out of use; put the golden "
                    + "unit in, then put the slot back into use"
            }
        }
    }

    private var kind: Kind?
    private var length = 0

    /// Counts a run.
    /// - Returns: why the slot takes no further unit; nil when it may go on.
    mutating func add(_ report: UnitResult) -> String? {
        let next = Kind(report)
        length = next != nil && next == kind ? length + 1 : 1
        kind = next
        return length == 3 ? next?.sentence : nil
    }
}
