import Fixturing
import Imp003
import StationConfig
import StationStore
import Synchronization
import TimeAndChance

/// The long-living owner of a station's slots: work orders come and go, slots are started by scans or by themselves,
/// and whatever happens in one of them never touches another.
///
/// `Line` runs one order to its end; the desk runs for months. Both drive slots with the same `SlotRunner`.
public actor Desk {
    /// What is under way in a slot.
    struct Session {
        let number: Int
        let order: String
        let by: String
        let since: Int64
        let isAutomatic: Bool
        let control: LineControl
        var task: Task<Void, Never>?
        var run: RunID?
        var stage: ProcedureStage?
    }

    struct Place {
        let slot: DeskSlot
        var session: Session?
        var isPaused = false
        /// A unit was aborted, and nobody has taken it out yet.
        var isHeld = false
        var trouble: DeskStanding?
        /// Orders whose feed has nothing more for this slot.
        var exhausted: Set<String> = []
        /// The last hardware that was used, to be made safe at the end.
        var fixture: (any Fixture)?
    }

    struct Order {
        let work: OrderInWork
        let operatedBy: String?
        var state: DeskOrder
    }

    let store: StationStore
    var settings: LineSettings
    /// How long somebody may take to seat a scanned unit.
    let patience: Duration
    /// A person's time, not a fixture's.
    let clock: any TimeSource
    let tell: @Sendable (DeskEvent) -> Void
    let slotsInUse = SlotsInUse()
    var places: [Place]
    var orders: [Order] = []
    var lastSession = 0
    var isParking = false
    var lostRecord: String?
    var waiters: [(orders: Set<String>?, continuation: CheckedContinuation<Void, Never>)] = []

    /// - Parameters:
    ///   - settings: what is the same for every unit; who works and how to stop are each session's own.
    ///   - tell: takes events; must return at once.
    public init(
        slots: [DeskSlot], store: StationStore, settings: LineSettings, patience: Duration = .seconds(60),
        clock: any TimeSource = SystemTime(), tell: @escaping @Sendable (DeskEvent) -> Void
    ) {
        places = slots.map { Place(slot: $0) }
        self.store = store
        self.settings = settings
        self.patience = patience
        self.clock = clock
        self.tell = tell
    }

    /// The slots, in the order of the bench.
    public var slots: [DeskSlot] { places.map(\.slot) }

    /// The orders at the desk, oldest first.
    public var openOrders: [DeskOrder] { orders.map(\.state) }

    /// How a slot stands; nil when there is none of that name.
    public func standing(of slot: String) -> DeskStanding? {
        places.first { $0.slot.name == slot }.map(standing)
    }

    /// Whether any slot has something under way.
    public var isAtWork: Bool { places.contains { $0.session != nil } }

    /// Takes over golden units that were changed in station.yaml; what is under way goes on with those it began with.
    public func use(golden: GoldenSettings?) { settings.golden = golden }

    // MARK: Slots

    /// Starts a slot on the unit that a person scanned; returns when the slot is taken, not when the unit is done.
    /// - Parameters:
    ///   - code: a serial number of the order, a MAC address, a device ID; nil when nothing was scanned.
    ///   - order: nil takes the order whose serial number it is, or the only one that is open for scanning.
    /// - Returns: the order that the unit is worked on for.
    /// - Throws: `DeskRefusal`
    @discardableResult
    public func start(_ name: String, code: String?, order wanted: String?, by person: DeskPerson)
        async throws(DeskRefusal) -> String
    {
        guard !isParking else { throw .parking }
        if let lostRecord { throw .recordLost(lostRecord) }
        let index = try index(ofSlot: name)
        let reference = code.flatMap { settings.golden?.unit(scanned: $0) }
        // A unit that is known by its label is turned away before anybody waits for it; any other by who it says it is.
        if code != nil, reference == nil { try await requireGoldenCheck(index) }
        let code = reference?.device.text ?? code
        try requireFree(index)
        // Whoever starts a slot has seen what was in it.
        places[index].isHeld = false
        let order = orders[try chooseOrder(code, wanted)]
        // Between here and the claim nobody may slip in, so the slot is claimed before the order is asked.
        let session = claim(index, order: order.state.id, by: person.id, automatic: false)
        guard await order.work.admission.enterNow() else {
            places[index].session = nil
            announce(index)
            throw .orderFull(order.state.id)
        }
        launch(index, session, order, operatedBy: person.id, code: code)
        return order.state.id
    }

    /// - Throws: ``DeskRefusal/goldenShut(slot:_:)``
    func requireGoldenCheck(_ index: Int) async throws(DeskRefusal) {
        let slot = places[index].slot
        let decision: GoldenGate.Decision
        do {
            decision = try await GoldenWatch.decision(
                forSlot: slot.number, settings: settings.golden, reader: store.reader,
                now: settings.clock.utcMilliseconds())
        } catch {
            throw .recordLost("\(error)")
        }
        guard decision.isOpen else { throw .goldenShut(slot: slot.name, decision) }
    }

    /// Stops what is under way in a slot: power off first, then everything else.
    /// - Returns: the run that is stopped, when one had begun.
    /// - Throws: `DeskRefusal`
    @discardableResult
    public func abort(_ name: String, reason: String, by person: DeskPerson) throws(DeskRefusal) -> RunID? {
        let index = try index(ofSlot: name)
        guard let session = places[index].session else { throw .idle(slot: name) }
        // The line must not seat the next unit while a hand is in the slot.
        places[index].isHeld = session.isAutomatic
        session.control.abort()
        session.task?.cancel()
        note("Slot \(name) was aborted from \(person.place): \(reason)", by: person, run: session.run)
        return session.run
    }

    /// A person took the unit out, or has looked at a slot that was out of use.
    /// - Throws: `DeskRefusal`
    public func clear(_ name: String, by person: DeskPerson) throws(DeskRefusal) {
        let index = try index(ofSlot: name)
        if let session = places[index].session, session.run != nil || !session.isAutomatic {
            throw .busy(slot: name, by: session.by, since: session.since)
        }
        if places[index].trouble != nil {
            note("Slot \(name) was put back into use from \(person.place)", by: person)
        }
        places[index].trouble = nil
        places[index].isHeld = false
        places[index].exhausted = []
        tell(.cleared(slot: name))
        if places[index].session == nil { announce(index) }
        assign()
    }

    /// The slot takes no further unit until it is let go on; one in work goes to its end.
    /// - Throws: `DeskRefusal`
    public func pause(_ name: String, by person: DeskPerson) throws(DeskRefusal) {
        let index = try index(ofSlot: name)
        guard !places[index].isPaused else { return }
        places[index].isPaused = true
        places[index].session?.control.finish()
        note("Slot \(name) was paused from \(person.place)", by: person)
        if places[index].session == nil { announce(index) }
    }

    /// Ends a pause.
    /// - Throws: `DeskRefusal`
    public func resume(_ name: String, by person: DeskPerson) throws(DeskRefusal) {
        let index = try index(ofSlot: name)
        guard places[index].isPaused || places[index].isHeld else { return }
        places[index].isPaused = false
        places[index].isHeld = false
        note("Slot \(name) goes on, said from \(person.place)", by: person)
        if places[index].session == nil { announce(index) }
        assign()
    }

    /// The run in a slot, when one is under way.
    public func run(in name: String) -> RunID? {
        places.first { $0.slot.name == name }?.session?.run
    }

    func index(ofSlot name: String) throws(DeskRefusal) -> Int {
        guard let index = places.firstIndex(where: { $0.slot.name == name }) else {
            throw .unknownSlot(name, known: places.map(\.slot.name))
        }
        return index
    }

    func requireFree(_ index: Int) throws(DeskRefusal) {
        let place = places[index]
        if let session = place.session {
            throw .busy(slot: place.slot.name, by: session.by, since: session.since)
        }
        if place.isPaused { throw .paused(slot: place.slot.name) }
        switch place.trouble {
        case .offline(let why): throw .offline(slot: place.slot.name, why)
        case .attention(let why): throw .attention(slot: place.slot.name, why)
        default: break
        }
    }

    /// The order that a scan belongs to.
    func chooseOrder(_ code: String?, _ wanted: String?) throws(DeskRefusal) -> Int {
        let chosen: Int
        if let wanted {
            chosen = try index(ofOrder: wanted)
        } else if let code,
            let owner = orders.firstIndex(where: { $0.work.plan.order.serials.contains(code) }
            )
        {
            chosen = owner
        } else {
            let scanning = orders.indices.filter {
                orders[$0].state.mode == .scan && orders[$0].state.standing == .open
            }
            guard scanning.count == 1, let only = scanning.first else {
                throw .whichOrder(scanning.map { orders[$0].state.id })
            }
            chosen = only
        }
        let order = orders[chosen]
        switch order.state.standing {
        case .paused: throw .orderPaused(order.state.id)
        case .done: throw .orderFull(order.state.id)
        case .open: break
        }
        guard order.state.mode == .scan else { throw .orderRunsItself(order.state.id) }
        if let code, !order.work.plan.order.serials.contains(code),
            (try? DeviceID(parsing: code.lowercased())) == nil, (try? MACAddress(parsing: code)) == nil
        {
            throw .notAUnit(code, order: order.state.id)
        }
        return chosen
    }
}
