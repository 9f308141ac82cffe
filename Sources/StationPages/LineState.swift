/// The line as it stands at one instant: what the operator's page shows, and the `snapshot` event of the live stream.
public struct LineState: Codable, Equatable, Sendable {
    /// The station's name.
    public var station: String
    /// Grows with every change; a state with a smaller number is older.
    public var sequence: Int
    /// In the order of their numbers.
    public var slots: [SlotState]
    /// Those that are not closed, oldest first.
    public var orders: [OrderState]
    /// What somebody has to look at, newest first.
    public var alarms: [LineAlarm]

    public init(
        station: String, sequence: Int, slots: [SlotState], orders: [OrderState] = [],
        alarms: [LineAlarm] = []
    ) {
        self.station = station
        self.sequence = sequence
        self.slots = slots
        self.orders = orders
        self.alarms = alarms
    }
}

/// What a slot is doing, in the words of the operator's tile.
public enum SlotPhase: String, Codable, CaseIterable, Sendable {
    /// No unit seated, or the last one was taken out.
    case empty
    /// A unit is seated and can be started.
    case ready
    /// A run is under way.
    case working
    /// The last run's unit passed and is still in the slot.
    case passed
    /// The last run's unit failed and is still in the slot.
    case failed
    /// The station would not work on this unit: blessed already, wrong order, not this station's.
    case refused
    /// Somebody has to look: an outcome is unknown, or the fixture complains.
    case attention
    /// The fixture does not answer.
    case offline
    /// The order or the slot is paused.
    case paused
}

/// What stands behind a slot.
public enum SlotKind: String, Codable, CaseIterable, Sendable {
    case emulated, usb
}

/// What the operator should do with a unit that did not pass.
public enum SlotAdvice: String, Codable, CaseIterable, Sendable {
    /// Seat it again and start once more.
    case retest
    /// Try it in another slot.
    case otherSlot = "other-slot"
    /// Into the rework bin.
    case rework
    /// Measure the slot's golden unit first.
    case golden
    /// Leave it, call the engineer.
    case engineer
    /// Nothing to do.
    case none
}

/// One slot as its tile shows it.
public struct SlotState: Codable, Equatable, Sendable {
    /// 1 and up.
    public var slot: Int
    /// As the label on the fixture says it.
    public var name: String
    public var kind: SlotKind
    public var phase: SlotPhase
    /// Serial number of the unit, as scanned or leased.
    public var serial: String?
    /// Device ID, once the unit has said it.
    public var deviceID: String?
    /// Work order.
    public var order: String?
    public var sku: String?
    public var market: String?
    /// The run's number.
    public var run: Int64?
    /// Name of the step under way, or of the one that failed.
    public var step: String?
    /// From 1.
    public var stepIndex: Int?
    public var stepCount: Int?
    /// RFC 3339, UTC.
    public var startedAt: String?
    /// Seconds since the start on the slot's own clock.
    public var elapsedSeconds: Double?
    /// Seconds that a unit should take.
    public var taktSeconds: Double?
    /// How the last run ended: a word of `RunOutcome`.
    public var outcome: String?
    /// Code of docs/operator-codes.md.
    public var reasonCode: String?
    /// One sentence for the operator.
    public var reason: String?
    public var advice: SlotAdvice?
    /// RFC 3339, UTC.
    public var finishedAt: String?

    public init(slot: Int, name: String, kind: SlotKind, phase: SlotPhase) {
        self.slot = slot
        self.name = name
        self.kind = kind
        self.phase = phase
    }
}

/// A work order as the line shows it.
public struct OrderState: Codable, Equatable, Sendable {
    public enum Standing: String, Codable, CaseIterable, Sendable { case open, paused, done }

    /// How units get into slots.
    public enum Mode: String, Codable, CaseIterable, Sendable {
        /// The line takes the next unit by itself.
        case automatic
        /// A person scans the unit and starts the slot.
        case scan
    }

    public var id: String
    public var sku: String
    public var market: String?
    public var title: String?
    public var quantity: Int
    public var blessed: Int
    /// Runs that ended otherwise than passed.
    public var failed: Int
    /// Runs under way.
    public var inWork: Int
    public var state: Standing
    public var mode: Mode

    public init(
        id: String, sku: String, market: String? = nil, title: String? = nil, quantity: Int, blessed: Int,
        failed: Int, inWork: Int, state: Standing, mode: Mode
    ) {
        self.id = id
        self.sku = sku
        self.market = market
        self.title = title
        self.quantity = quantity
        self.blessed = blessed
        self.failed = failed
        self.inWork = inWork
        self.state = state
        self.mode = mode
    }
}

/// Something that somebody has to look at.
public struct LineAlarm: Codable, Equatable, Sendable {
    /// Stable word: `yield`, `record`, `unexpected-blessing`, `golden-shut` …; docs/api.md has them all.
    public var code: String
    /// One sentence.
    public var text: String
    /// RFC 3339, UTC.
    public var since: String
    /// The name of the slot that it is about, when it is about one.
    public var slot: String?

    public init(code: String, text: String, since: String, slot: String? = nil) {
        self.code = code
        self.text = text
        self.since = since
        self.slot = slot
    }
}
