import StationStore

/// Why a run did not end with a blessed unit: a stable code, and words for two kinds of reader.
///
/// The operator's words are short and say what to do; the engineer's text says what was found, and where.
public struct Reason: Sendable, Equatable, Error {
    public var code: ReasonCode
    /// What was found, where, and what was allowed; one sentence.
    public var detail: String

    public init(_ code: ReasonCode, _ detail: String) {
        self.code = code
        self.detail = detail
    }
}

extension Reason: CustomStringConvertible {
    public var description: String { "\(code.identifier) \(code.entry.operatorText): \(detail)" }
}

/// Every way a unit can leave the procedure without being blessed.
///
/// The table behind the codes is data (`ReasonCode.table`); codes are never reused or renumbered, since the
/// record keeps them for years.
public enum ReasonCode: String, Sendable, CaseIterable, Codable {
    // admit
    case overcurrent = "A01"
    case silent = "A02"
    case babbling = "A03"
    case linkVersion = "A04"
    case notImp003 = "A05"
    case wrongUnit = "A06"
    case alreadyBlessed = "A07"
    case inQuarantine = "A08"
    case unsupportedRelease = "A09"
    case orderFull = "A10"
    case serialsExhausted = "A11"
    case identityConflict = "A12"
    case attemptsExhausted = "A13"
    case serialConflict = "A14"
    // A15 stays unused: a SKU that a station may not make is refused with its work order, before any unit.
    case otherSlotRequired = "A16"
    case goldenDue = "A17"
    case goldenOff = "A18"
    case flashUnsuitable = "A20"
    case flashProtected = "A21"
    case flashSilent = "A22"
    // protect
    case reservationUnreadable = "P01"
    // test
    case measurementOutOfLimits = "T01"
    case testFailed = "T02"
    case testTimeout = "T03"
    case testUnknown = "T04"
    // nvram
    case nvramRejected = "N01"
    case nvramHashDiffers = "N02"
    // flash
    case flashPlanRefused = "F01"
    case flashWriteFailed = "F02"
    case flashVerifyFailed = "F03"
    // region
    case regionRejected = "R01"
    case regionReadBack = "R02"
    // prove
    case reservationChanged = "V01"
    case channelOutside = "V02"
    case tooFewAccessPoints = "V03"
    case scanFailed = "V04"
    // bless
    case blessRefused = "B01"
    case blessNoAnswer = "B02"
    case blessNotOnline = "B03"
    case blessInterrupted = "B04"
    // finish
    case notCleared = "E01"
    case labelFailed = "E02"
    // a unit that is measured and never blessed
    case referenceMeasured = "G01"
    // any stage
    case restarted = "X01"
    case linkLost = "X02"
    case fixtureLost = "X03"
    case stoppedByOperator = "X04"
    case stationStopped = "X05"
    case recordRefused = "X06"
    case internalFault = "X07"

    /// What the record and the screens print.
    public var identifier: String { rawValue }

    /// The row of the table.
    public var entry: Entry { Self.table[self] ?? Entry(.error, "Station fault", "Call the engineer.") }

    /// One row: how a run ends with this reason, and what the operator reads.
    public struct Entry: Sendable, Equatable {
        public var outcome: RunOutcome
        /// A few words, no full stop.
        public var operatorText: String
        /// What to do next, one sentence.
        public var action: String

        init(_ outcome: RunOutcome, _ operatorText: String, _ action: String) {
            self.outcome = outcome
            self.operatorText = operatorText
            self.action = action
        }
    }
}
