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
    private struct Session {
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

    private struct Place {
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

    private struct Order {
        let work: OrderInWork
        let operatedBy: String?
        var state: DeskOrder
    }

    private let store: StationStore
    private var settings: LineSettings
    /// How long somebody may take to seat a scanned unit.
    private let patience: Duration
    /// A person's time, not a fixture's.
    private let clock: any TimeSource
    private let tell: @Sendable (DeskEvent) -> Void
    private let slotsInUse = SlotsInUse()
    private var places: [Place]
    private var orders: [Order] = []
    private var lastSession = 0
    private var isParking = false
    private var lostRecord: String?
    private var waiters: [(orders: Set<String>?, continuation: CheckedContinuation<Void, Never>)] = []

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

    // MARK: Orders

    /// Puts a work order on the desk, or lets one that is paused go on; in the record it is opened if it is new.
    /// - Throws: `DeskRefusal`, `OrderDisagreement`, `StoreError`.
    @discardableResult
    public func open(_ plan: BlessingPlan, mode: DeskMode, operatedBy: String? = nil) async throws
        -> DeskOrder
    {
        guard !isParking else { throw DeskRefusal.parking }
        if let known = orders.firstIndex(where: { $0.state.id == plan.order.id }),
            orders[known].work.plan.digest == plan.digest, orders[known].state.standing != .done
        {
            orders[known].state.mode = mode
            orders[known].state.standing = .open
            forget(exhaustedBy: plan.order.id)
            tell(.order(orders[known].state))
            announceIdle()
            assign()
            return orders[known].state
        }
        if orders.contains(where: { $0.state.id == plan.order.id && $0.state.inWork > 0 }) {
            throw DeskRefusal.orderInWork(plan.order.id)
        }
        if try await store.reader.order(plan.order.id)?.isClosed == true {
            throw DeskRefusal.orderClosed(plan.order.id)
        }
        let work = try await OrderInWork.open(plan, in: store)
        let state = DeskOrder(
            id: plan.order.id, sku: plan.variant.id, market: plan.order.market?.description,
            product: plan.variant.product, quantity: work.before.quantity, blessed: work.before.blessed,
            failed: work.before.failedRuns, inWork: 0,
            standing: work.before.blessed >= work.before.quantity ? .done : .open, mode: mode,
            attempts: plan.variant.retest.attempts)
        orders.removeAll { $0.state.id == state.id }
        orders.append(Order(work: work, operatedBy: operatedBy, state: state))
        forget(exhaustedBy: state.id)
        tell(.order(state))
        announceIdle()
        assign()
        return state
    }

    /// No further unit of the order is begun; those in work go to their end.
    public func pause(order id: String) throws(DeskRefusal) {
        let index = try index(ofOrder: id)
        guard orders[index].state.standing == .open else { return }
        orders[index].state.standing = .paused
        for place in places where place.session?.order == id { place.session?.control.finish() }
        tell(.order(orders[index].state))
        announceIdle()
    }

    /// Takes the order off the desk and closes it in the record: it is never opened again.
    /// - Throws: `DeskRefusal`, `StoreError`.
    public func close(order id: String, reason: String) async throws {
        if places.contains(where: { $0.session?.order == id }) { throw DeskRefusal.orderInWork(id) }
        if let index = orders.firstIndex(where: { $0.state.id == id }) {
            orders.remove(at: index)
            tell(.orderGone(id))
        }
        try await store.append(.orderClosed(OrderClosed(order: id, reason: reason)))
        announceIdle()
    }

    private func index(ofOrder id: String) throws(DeskRefusal) -> Int {
        guard let index = orders.firstIndex(where: { $0.state.id == id }) else {
            throw .orderNotOpen(id, open: orders.map(\.state.id))
        }
        return index
    }

    private func forget(exhaustedBy order: String) {
        for index in places.indices { places[index].exhausted.remove(order) }
    }

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
    private func requireGoldenCheck(_ index: Int) async throws(DeskRefusal) {
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

    private func index(ofSlot name: String) throws(DeskRefusal) -> Int {
        guard let index = places.firstIndex(where: { $0.slot.name == name }) else {
            throw .unknownSlot(name, known: places.map(\.slot.name))
        }
        return index
    }

    private func requireFree(_ index: Int) throws(DeskRefusal) {
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
    private func chooseOrder(_ code: String?, _ wanted: String?) throws(DeskRefusal) -> Int {
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

    // MARK: Sessions

    /// Gives free slots to orders that run by themselves.
    private func assign() {
        guard !isParking, lostRecord == nil else { return }
        for index in places.indices {
            let place = places[index]
            guard place.session == nil, !place.isPaused, !place.isHeld, place.trouble == nil else { continue }
            guard
                let order = orders.first(where: {
                    $0.state.mode == .automatic && $0.state.standing == .open
                        && !place.exhausted.contains($0.state.id)
                })
            else { continue }
            let by = order.operatedBy ?? "the line"
            let session = claim(index, order: order.state.id, by: by, automatic: true)
            launch(index, session, order, operatedBy: order.operatedBy, code: nil)
        }
        wakeWaiters()
    }

    private func claim(_ index: Int, order: String, by: String, automatic: Bool) -> Session {
        lastSession += 1
        let session = Session(
            number: lastSession, order: order, by: by, since: settings.clock.utcMilliseconds(),
            isAutomatic: automatic, control: LineControl())
        places[index].session = session
        tell(.standing(slot: places[index].slot.name, .assigned(order: order, by: by)))
        return session
    }

    private func launch(
        _ index: Int, _ session: Session, _ order: Order, operatedBy: String?, code: String?
    ) {
        let slot = places[index].slot
        var settings = settings
        settings.control = session.control
        settings.operatedBy = operatedBy
        let number = session.number
        let relay = tell
        // Progress goes straight out; only what the desk acts on passes through it, in its own time.
        let news = AsyncStream<LineEvent>.makeStream()
        let tell: LineEventSink = { event in
            relay(.line(event))
            switch event.kind {
            case .started, .stage, .finished: news.continuation.yield(event)
            default: break
            }
        }
        let store = store
        let slotsInUse = slotsInUse
        let patience = patience
        let clock = clock
        let task = Task {
            // A task of its own: a stop must not cut off the news of the unit's end.
            let listening = Task { await self.listen(news.stream, index, number) }
            var ending = SlotRunner.Ending.noMoreUnits
            var failure: (any Error)?
            do {
                let fixture = try await slot.fixture(order.work.plan)
                self.uses(fixture, index)
                let runner = SlotRunner(
                    name: slot.name, number: slot.number, fixture: fixture, order: order.work, store: store,
                    settings: settings, slotsInUse: slotsInUse, tell: tell)
                if session.isAutomatic {
                    ending = try await runner.run().ending
                } else {
                    let unit = try await runner.runOne(
                        scannedCode: code, seatedWithin: patience, on: clock)
                    if unit == nil, !session.control.isFinishing {
                        relay(.line(LineEvent(slot: slot.name, .remark("no unit was put in"))))
                    }
                    ending = .stopped
                }
            } catch {
                failure = error
            }
            news.continuation.finish()
            await listening.value
            await self.ended(index, number, ending, failure)
        }
        places[index].session?.task = task
    }

    private func uses(_ fixture: any Fixture, _ index: Int) { places[index].fixture = fixture }

    private func listen(_ events: AsyncStream<LineEvent>, _ index: Int, _ session: Int) async {
        for await event in events {
            guard places[index].session?.number == session, let order = places[index].session?.order else {
                continue
            }
            switch event.kind {
            case .started(let run):
                places[index].session?.run = run
                change(order) { $0.inWork += 1 }
            case .stage(let stage):
                places[index].session?.stage = stage
            case .finished(let result):
                places[index].session?.run = nil
                places[index].session?.stage = nil
                change(order) { state in
                    state.inWork = max(0, state.inWork - 1)
                    if result.outcome == .passed { state.blessed += 1 } else { state.failed += 1 }
                    if state.blessed >= state.quantity { state.standing = .done }
                }
            default: break
            }
        }
    }

    private func change(_ order: String, _ body: (inout DeskOrder) -> Void) {
        guard let index = orders.firstIndex(where: { $0.state.id == order }) else { return }
        body(&orders[index].state)
        tell(.order(orders[index].state))
    }

    private func ended(
        _ index: Int, _ session: Int, _ ending: SlotRunner.Ending, _ failure: (any Error)?
    ) async {
        guard let ended = places[index].session, ended.number == session else { return }
        if ended.run != nil { change(ended.order) { $0.inWork = max(0, $0.inWork - 1) } }
        places[index].session = nil
        switch ending {
        case .noMoreUnits where failure == nil: places[index].exhausted.insert(ended.order)
        case .outOfUse(let why): places[index].trouble = .attention(why)
        default: break
        }
        if let error = failure as? StoreError {
            loseRecord("\(error)")
        } else if let failure, !(failure is CancellationError) {
            places[index].trouble = .offline("\(failure)")
        }
        announce(index)
        assign()
        wakeWaiters()
    }

    /// Without a record no unit may be touched: every slot stops at its next safe point, automatic orders wait for a
    /// person.
    private func loseRecord(_ why: String) {
        lostRecord = why
        tell(.recordLost(why))
        for index in orders.indices where orders[index].state.standing == .open {
            orders[index].state.standing = .paused
            tell(.order(orders[index].state))
        }
        for place in places {
            place.session?.control.abort()
            place.session?.task?.cancel()
        }
    }

    /// Tries the record again after it was lost; nothing starts before that succeeds.
    /// - Throws: `StoreError`
    public func tryRecord() async throws {
        try await store.append(.note(Note(text: "The record can be kept again.")))
        guard lostRecord != nil else { return }
        lostRecord = nil
        tell(.recordBack)
    }

    /// Why nothing is started, when the record can't be kept.
    public var recordTrouble: String? { lostRecord }

    private func standing(_ place: Place) -> DeskStanding {
        if let session = place.session { return .assigned(order: session.order, by: session.by) }
        if let trouble = place.trouble { return trouble }
        if place.isPaused || place.isHeld { return .paused }
        return .idle(startable: orders.contains { $0.state.mode == .scan && $0.state.standing == .open })
    }

    private func announce(_ index: Int) {
        let standing = standing(places[index])
        tell(.standing(slot: places[index].slot.name, standing))
        let name = places[index].slot.name
        let slotsInUse = slotsInUse
        if case .idle(startable: true) = standing {
            Task { await slotsInUse.awaitsUnit(name) }
        } else {
            Task { await slotsInUse.isTaken(name) }
        }
    }

    private func announceIdle() {
        for index in places.indices where places[index].session == nil { announce(index) }
    }

    private func note(_ text: String, by person: DeskPerson, run: RunID? = nil) {
        // Refused only when the record can't be kept at all, which the slots find out by themselves.
        _ = store.enqueue(.note(Note(text: text, by: .named(person.id), run: run)))
    }

    // MARK: Ends

    /// Returns when each of the orders is done, or has no slot left that could take another unit of it.
    public func untilSettled(_ ids: [String]) async {
        let wanted = Set(ids)
        if isSettled(wanted) { return }
        await withCheckedContinuation { waiters.append((wanted, $0)) }
    }

    /// Returns when nothing is under way in any slot.
    public func untilIdle() async {
        guard isAtWork else { return }
        await withCheckedContinuation { waiters.append((nil, $0)) }
    }

    /// Whether an order has nothing under way and no slot that could take another unit of it.
    public func isSettled(_ order: String) -> Bool { isSettled([order]) }

    private func isSettled(_ ids: Set<String>?) -> Bool {
        guard let ids else { return !isAtWork }
        return ids.allSatisfy { id in
            guard let order = orders.first(where: { $0.state.id == id }) else { return true }
            if places.contains(where: { $0.session?.order == id }) { return false }
            if order.state.standing != .open { return true }
            return !places.contains { !$0.isPaused && $0.trouble == nil && !$0.exhausted.contains(id) }
        }
    }

    private func wakeWaiters() {
        let ready = waiters.filter { isSettled($0.orders) }
        waiters.removeAll { isSettled($0.orders) }
        for waiter in ready { waiter.continuation.resume() }
    }

    /// Puts everything down safely: units that were changed for good already are finished, the others are stopped at
    /// once, power off first. What is not finished by `limit` is stopped too; what even then does not end is left to
    /// recovery, which the next start does by the record.
    /// - Returns: the slots that had to be left.
    @discardableResult
    public func park(within limit: Duration) async -> [String] {
        isParking = true
        for index in places.indices {
            guard let session = places[index].session else { continue }
            session.control.finish()
            // Up to the functional tests nothing of a unit was changed.
            if (session.stage ?? .admit) < .nvram { session.task?.cancel() }
        }
        if await !idle(within: limit) {
            for place in places { place.session?.task?.cancel() }
            _ = await idle(within: .seconds(3))
        }
        var left: [String] = []
        for place in places {
            if place.session != nil { left.append(place.slot.name) }
            await place.fixture?.makeSafe()
        }
        return left
    }

    /// - Returns: whether nothing is under way any more.
    private func idle(within limit: Duration) async -> Bool {
        if !isAtWork { return true }
        let clock = clock
        let alarm = Task {
            try await clock.sleep(for: limit)
            self.giveUpWaiting()
        }
        await withCheckedContinuation { waiters.append((nil, $0)) }
        alarm.cancel()
        return !isAtWork
    }

    private func giveUpWaiting() {
        let ready = waiters.filter { $0.orders == nil }
        waiters.removeAll { $0.orders == nil }
        for waiter in ready { waiter.continuation.resume() }
    }
}
