import Fixturing
import StationConfig
import StationStore

/// What is under way in slots: begun, followed, ended.
extension Desk {
    /// Gives free slots to orders that run by themselves.
    func assign() {
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

    func claim(_ index: Int, order: String, by: String, automatic: Bool) -> Session {
        lastSession += 1
        let session = Session(
            number: lastSession, order: order, by: by, since: settings.clock.utcMilliseconds(),
            isAutomatic: automatic, control: LineControl())
        places[index].session = session
        tell(.standing(slot: places[index].slot.name, .assigned(order: order, by: by)))
        return session
    }

    func launch(
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

    func uses(_ fixture: any Fixture, _ index: Int) { places[index].fixture = fixture }

    func listen(_ events: AsyncStream<LineEvent>, _ index: Int, _ session: Int) async {
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

    func change(_ order: String, _ body: (inout DeskOrder) -> Void) {
        guard let index = orders.firstIndex(where: { $0.state.id == order }) else { return }
        body(&orders[index].state)
        tell(.order(orders[index].state))
    }

    func ended(
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
    func loseRecord(_ why: String) {
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

    func standing(_ place: Place) -> DeskStanding {
        if let session = place.session { return .assigned(order: session.order, by: session.by) }
        if let trouble = place.trouble { return trouble }
        if place.isPaused || place.isHeld { return .paused }
        return .idle(startable: orders.contains { $0.state.mode == .scan && $0.state.standing == .open })
    }

    func announce(_ index: Int) {
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

    func announceIdle() {
        for index in places.indices where places[index].session == nil { announce(index) }
    }

    func note(_ text: String, by person: DeskPerson, run: RunID? = nil) {
        // Refused only when the record can't be kept at all, which the slots find out by themselves.
        _ = store.enqueue(.note(Note(text: text, by: .named(person.id), run: run)))
    }
}
