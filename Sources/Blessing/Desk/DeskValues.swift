import Fixturing
import StationConfig
import StationStore

/// A slot as its owner knows it: a name, a place on the bench, and where its hardware comes from.
public struct DeskSlot: Sendable {
    /// As on the fixture's label.
    public let name: String
    /// From 1, in the order of station.yaml.
    public let number: Int
    public let kind: FixtureKind
    /// The hardware, ready for units of a plan's order. A slot on USB gives the same fixture each time; what is made of
    /// software has a feed of units for each order. Throws when there is nothing to work with now.
    public let fixture: @Sendable (BlessingPlan) async throws -> any Fixture

    public init(
        name: String, number: Int, kind: FixtureKind,
        fixture: @escaping @Sendable (BlessingPlan) async throws -> any Fixture
    ) {
        self.name = name
        self.number = number
        self.kind = kind
        self.fixture = fixture
    }
}

/// Who asked for something, and from where; the record keeps the id as a salted hash.
public struct DeskPerson: Sendable, Equatable {
    public var id: String
    /// An address, or another word for a place.
    public var place: String

    public init(id: String, place: String) {
        self.id = id
        self.place = place
    }
}

/// How units of an order get into slots.
public enum DeskMode: String, Sendable, Codable, CaseIterable {
    /// Slots take the next unit by themselves.
    case automatic
    /// A person scans a unit and starts a slot.
    case scan
}

/// A work order at the desk.
public struct DeskOrder: Sendable, Equatable {
    public enum Standing: String, Sendable, Codable { case open, paused, done }

    public var id: String
    /// With its overlay: `env-sensor-apac/JP`.
    public var sku: String
    public var market: String?
    public var product: String
    public var quantity: Int
    public var blessed: Int
    /// Runs that ended otherwise than passed.
    public var failed: Int
    /// Runs under way.
    public var inWork: Int
    public var standing: Standing
    public var mode: DeskMode
    /// Attempts that the SKU grants a unit.
    public var attempts: Int
}

/// What a slot is set to do, apart from what its unit does.
public enum DeskStanding: Sendable, Equatable {
    /// Free; `startable` when an order waits for scans.
    case idle(startable: Bool)
    /// At work for an order, with or without a unit in it yet.
    case assigned(order: String, by: String)
    case paused
    /// There is no hardware to work with; what an engineer reads.
    case offline(String)
    /// Taken out of use until somebody has looked.
    case attention(String)
}

/// News from the desk; like `LineEvent` it is not the record.
public enum DeskEvent: Sendable {
    /// A slot's standing changed.
    case standing(slot: String, DeskStanding)
    /// A person took the last unit out.
    case cleared(slot: String)
    case order(DeskOrder)
    /// The order left the desk.
    case orderGone(String)
    /// What the procedure tells.
    case line(LineEvent)
    /// The record can't be kept: nothing is started any more.
    case recordLost(String)
    /// A start or a write succeeded after that.
    case recordBack
}

/// Why the desk does not do what it was asked for.
public enum DeskRefusal: Error, Equatable, Sendable {
    case unknownSlot(String, known: [String])
    /// At work already; who started it and when, UTC ms.
    case busy(slot: String, by: String, since: Int64)
    case paused(slot: String)
    case offline(slot: String, String)
    case attention(slot: String, String)
    /// The slot's golden unit must be measured first.
    case goldenShut(slot: String, GoldenGate.Decision)
    /// Nothing is under way in the slot.
    case idle(slot: String)
    /// The order is not at the desk.
    case orderNotOpen(String, open: [String])
    case orderPaused(String)
    /// Several orders are open and nothing says which is meant.
    case whichOrder([String])
    case orderFull(String)
    /// The order's units start by themselves.
    case orderRunsItself(String)
    /// What was scanned is no name of a unit of the order.
    case notAUnit(String, order: String)
    /// The order was closed for good.
    case orderClosed(String)
    /// The order still has units in work.
    case orderInWork(String)
    /// The station is being stopped.
    case parking
    case recordLost(String)
}

extension DeskRefusal: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unknownSlot(let name, let known):
            "There is no slot \(name) here. There are \(known.joined(separator: ", "))."
        case .busy(let slot, let by, let since):
            "Slot \(slot) is at work: \(by) started it at \(UTCTime.text(since)). Wait for its end, or use another slot."
        case .paused(let slot): "Slot \(slot) is paused. Let it go on first."
        case .offline(let slot, let why):
            "Slot \(slot) can't be used: \(why). Check its fixture, then clear the slot."
        case .attention(let slot, let why):
            "Slot \(slot) was taken out of use: \(why). An engineer must look, then clear the slot."
        case .goldenShut(let slot, let decision):
            "Slot \(slot) takes no work: \(decision.sentence(slot: slot))."
        case .idle(let slot): "Nothing is under way in slot \(slot)."
        case .orderNotOpen(let order, let open):
            open.isEmpty
                ? "Work order \(order) is not open here, nor is any other. Open it first."
                : "Work order \(order) is not open here. Open are \(open.joined(separator: ", "))."
        case .orderPaused(let order): "Work order \(order) is paused. Open it again first."
        case .whichOrder(let open):
            open.isEmpty
                ? "No work order is open for scanning. Open one first."
                : "Which work order? Open are \(open.joined(separator: ", "))."
        case .orderFull(let order):
            "Work order \(order) is full, counting the units in work. Load the next work order."
        case .orderRunsItself(let order):
            "The slots take units of work order \(order) by themselves. Open it for scanning to start them one by one."
        case .notAUnit(let code, let order):
            "“\(code)” is neither a serial number of work order \(order) nor a MAC address or device ID. Scan the unit's label again."
        case .orderClosed(let order): "Work order \(order) was closed for good. Write a new order."
        case .orderInWork(let order):
            "Units of work order \(order) are still in work. Pause it and wait for them, or abort them."
        case .parking: "The station is being stopped; nothing is started any more."
        case .recordLost(let why): "The record can't be kept, so nothing is started: \(why)."
        }
    }
}
