import Blessing
import StationConfig
import StationPages
import StationStore
import Synchronization
import TimeAndChance

/// The line as people see it: takes the desk's news, keeps the state of every tile, and publishes each change.
///
/// Nothing here waits: the procedure's own tasks call it.
final class LineBoard: Sendable {
    /// What alarms are made of.
    struct YieldRule: Sendable {
        /// Finished units that are looked at.
        var window = 20
        /// Fewer say nothing.
        var least = 10
        /// Part that must pass, 0 to 1.
        var floor = 0.6
    }

    private struct Tile {
        var state: SlotState
        var standing = DeskStanding.idle(startable: false)
        var startedAt: Int64?
        var lastProgress: Int64 = 0
        /// The result of the last unit is shown until somebody takes it out or the next one comes.
        var showsResult = false
    }

    private struct State {
        var tiles: [Tile]
        var orders: [DeskOrder] = []
        var alarms: [LineAlarm] = []
        /// Real milliseconds that the last passed units of a SKU took.
        var takts: [String: [Int64]] = [:]
        /// Whether the last units passed, oldest first.
        var recent: [Bool] = []
    }

    let hub: EventHub
    let station: String
    private let clock: any WallClock
    private let rule: YieldRule
    private let onNews: @Sendable (LineNews) -> Void
    private let state: Mutex<State>

    /// - Parameter onNews: what others may want to know of, for webhooks and metrics; must return at once.
    init(
        station: String, slots: [DeskSlot], hub: EventHub, clock: any WallClock,
        rule: YieldRule = YieldRule(), onNews: @escaping @Sendable (LineNews) -> Void = { _ in }
    ) {
        self.station = station
        self.hub = hub
        self.clock = clock
        self.rule = rule
        self.onNews = onNews
        state = Mutex(
            State(
                tiles: slots.map {
                    Tile(
                        state: SlotState(
                            slot: $0.number, name: $0.name, kind: $0.kind == .usb ? .usb : .emulated,
                            phase: .empty))
                }))
    }

    /// Everything at this instant.
    func snapshot() -> LineState {
        state.withLock { snapshot($0) }
    }

    /// One slot at this instant; nil when there is none of that name.
    func slot(_ name: String) -> SlotState? {
        state.withLock { state in
            state.tiles.first { $0.state.name == name }.map(timed)
        }
    }

    private func snapshot(_ state: State) -> LineState {
        LineState(
            station: station, sequence: hub.lastSequence, slots: state.tiles.map(timed),
            orders: state.orders.map(OrderState.init), alarms: state.alarms)
    }

    private func timed(_ tile: Tile) -> SlotState {
        var slot = tile.state
        if let startedAt = tile.startedAt, slot.phase == .working {
            slot.elapsedSeconds = Double(max(0, clock.utcMilliseconds() - startedAt)) / 1000
        }
        return slot
    }

    // MARK: News

    func take(_ event: DeskEvent) {
        var news: [LineNews] = []
        state.withLock { state in
            switch event {
            case .standing(let slot, let standing):
                change(slot, &state) { tile in
                    tile.standing = standing
                    show(standing, on: &tile)
                }
            case .cleared(let slot):
                change(slot, &state) { tile in
                    tile.showsResult = false
                    wipe(&tile)
                    show(tile.standing, on: &tile)
                }
            case .order(let order): take(order, &state, &news)
            case .orderGone(let id):
                state.orders.removeAll { $0.id == id }
                hub.publish(.snapshot(snapshot(state)))
            case .recordLost(let why):
                raise("record", "The record can't be kept: \(why).", &state, &news)
            case .recordBack: lower("record", &state)
            case .line(let event): take(event, &state, &news)
            }
        }
        for item in news { onNews(item) }
    }

    /// Shows an alarm until it is lowered; one that is up already stays as it is.
    func raise(_ code: String, _ text: String) {
        var news: [LineNews] = []
        state.withLock { raise(code, text, &$0, &news) }
        for item in news { onNews(item) }
    }

    /// Shows an alarm with this text, in place of the one of this code.
    func set(_ code: String, _ text: String, slot: String? = nil) {
        var news: [LineNews] = []
        state.withLock { state in
            guard !state.alarms.contains(where: { $0.code == code && $0.text == text }) else { return }
            state.alarms.removeAll { $0.code == code && $0.slot == slot }
            raise(code, text, slot: slot, &state, &news)
        }
        for item in news { onNews(item) }
    }

    /// Takes an alarm back.
    /// - Parameter slot: of an alarm that is about one slot.
    func lower(_ code: String, slot: String) {
        state.withLock { state in
            guard state.alarms.contains(where: { $0.code == code && $0.slot == slot }) else { return }
            state.alarms.removeAll { $0.code == code && $0.slot == slot }
            hub.publish(.snapshot(snapshot(state)))
        }
    }

    func lower(_ code: String) {
        state.withLock { lower(code, &$0) }
    }

    private func raise(
        _ code: String, _ text: String, slot: String? = nil, _ state: inout State, _ news: inout [LineNews]
    ) {
        guard !state.alarms.contains(where: { $0.code == code && $0.text == text }) else { return }
        let alarm = LineAlarm(
            code: code, text: text, since: UTCTime.text(clock.utcMilliseconds()), slot: slot)
        state.alarms.insert(alarm, at: 0)
        // A station that nobody looks at for a year must not fill its memory with old alarms.
        if state.alarms.count > 50 { state.alarms.removeLast() }
        hub.publish(.alarm(alarm))
        news.append(.alarm(alarm))
    }

    private func lower(_ code: String, _ state: inout State) {
        guard state.alarms.contains(where: { $0.code == code }) else { return }
        state.alarms.removeAll { $0.code == code }
        hub.publish(.snapshot(snapshot(state)))
    }

    private func take(_ order: DeskOrder, _ state: inout State, _ news: inout [LineNews]) {
        if let index = state.orders.firstIndex(where: { $0.id == order.id }) {
            if state.orders[index].standing != .done, order.standing == .done {
                news.append(.orderDone(order))
            }
            state.orders[index] = order
        } else {
            state.orders.append(order)
        }
        hub.publish(.order(OrderState(order)))
    }

    private func take(_ event: LineEvent, _ state: inout State, _ news: inout [LineNews]) {
        guard let slot = event.slot else { return }
        let now = clock.utcMilliseconds()
        switch event.kind {
        case .arrived(_, let code):
            let order = state.orders.first { order in
                guard
                    case .assigned(let id, _) = state.tiles.first(where: { $0.state.name == slot })?.standing
                else { return false }
                return order.id == id
            }
            let takt = order.flatMap { Self.median(state.takts[$0.sku]) }
            change(slot, &state) { tile in
                wipe(&tile)
                tile.showsResult = false
                tile.startedAt = now
                tile.state.phase = .working
                tile.state.serial = code
                tile.state.order = order?.id
                tile.state.sku = order?.sku
                tile.state.market = order?.market
                tile.state.startedAt = UTCTime.text(now)
                tile.state.stepCount = ProcedureStage.allCases.count
                tile.state.taktSeconds = takt
            }
        case .started(let run): change(slot, &state) { $0.state.run = run.rawValue }
        case .identified(let device, let serial):
            change(slot, &state) { tile in
                tile.state.deviceID = device
                if let serial { tile.state.serial = serial }
            }
        case .stage(let stage):
            change(slot, &state) { tile in
                tile.state.step = stage.rawValue
                tile.state.stepIndex = (ProcedureStage.allCases.firstIndex(of: stage) ?? 0) + 1
            }
        case .step(let name, _, let outcome, _):
            change(slot, &state) { $0.state.step = name }
            news.append(.step(name: name, outcome: outcome))
        case .progress(let stage, let fraction):
            // Ten times a second is as much as an eye can follow.
            changeIf(slot, &state) { tile in
                guard now - tile.lastProgress >= 100 else { return false }
                tile.lastProgress = now
                tile.state.step = "\(stage.rawValue) \(Int((fraction * 100).rounded())) %"
                return true
            }
        case .finished(let result): finish(result, slot, now, &state, &news)
        default: break
        }
    }

    private func finish(
        _ result: UnitResult, _ slot: String, _ now: Int64, _ state: inout State, _ news: inout [LineNews]
    ) {
        var unit = UnitNews(result)
        var took: Int64?
        let allowed = Dictionary(
            state.orders.map { ($0.id, $0.attempts) }, uniquingKeysWith: { first, _ in first })
        change(slot, &state) { tile in
            took = tile.startedAt.map { now - $0 }
            tile.showsResult = true
            tile.state.phase = SlotPhase(result.outcome)
            tile.state.outcome = result.outcome.rawValue
            tile.state.finishedAt = UTCTime.text(now)
            tile.state.elapsedSeconds = took.map { Double($0) / 1000 }
            tile.state.serial = result.serial ?? tile.state.serial
            tile.state.deviceID = result.device ?? tile.state.deviceID
            let attempts = tile.state.order.flatMap { allowed[$0] } ?? 1
            if let reason = result.reason {
                tile.state.reasonCode = reason.code.identifier
                tile.state.reason = "\(reason.code.entry.operatorText). \(reason.code.entry.action)"
                tile.state.advice = SlotAdvice(reason.code, attempt: result.attempt, of: attempts)
            } else {
                tile.state.advice = SlotAdvice.none
                tile.state.step = nil
            }
            unit.order = tile.state.order
            unit.sku = tile.state.sku
        }
        hub.publish(.unit(unit))
        news.append(.unit(unit, milliseconds: took ?? 0))
        if result.outcome == .passed, let sku = unit.sku, let took {
            state.takts[sku, default: []].append(took)
            if state.takts[sku, default: []].count > 21 { state.takts[sku]?.removeFirst() }
        }
        watchYield(result.outcome, &state, &news)
    }

    /// Refused and aborted units say nothing about the line.
    private func watchYield(_ outcome: RunOutcome, _ state: inout State, _ news: inout [LineNews]) {
        guard [.passed, .failed, .quarantined, .error].contains(outcome) else { return }
        state.recent.append(outcome == .passed)
        if state.recent.count > rule.window { state.recent.removeFirst() }
        guard state.recent.count >= rule.least else { return }
        let passed = state.recent.count { $0 }
        if Double(passed) < rule.floor * Double(state.recent.count) {
            guard !state.alarms.contains(where: { $0.code == "yield" }) else { return }
            raise(
                "yield",
                "Of the last \(state.recent.count) units only \(passed) passed. Stop and call the engineer.",
                &state,
                &news)
        } else {
            lower("yield", &state)
        }
    }

    private static func median(_ values: [Int64]?) -> Double? {
        guard let values, values.count >= 3 else { return nil }
        return Double(values.sorted()[values.count / 2]) / 1000
    }

    // MARK: Tiles

    private func change(_ slot: String, _ state: inout State, _ body: (inout Tile) -> Void) {
        changeIf(slot, &state) { tile in
            body(&tile)
            return true
        }
    }

    /// - Parameter body: returns whether the change is worth telling.
    private func changeIf(_ slot: String, _ state: inout State, _ body: (inout Tile) -> Bool) {
        guard let index = state.tiles.firstIndex(where: { $0.state.name == slot }) else { return }
        var tile = state.tiles[index]
        let before = tile.state
        let tells = body(&tile)
        state.tiles[index] = tile
        if tells, tile.state != before { hub.publish(.slot(timed(tile))) }
    }

    private func wipe(_ tile: inout Tile) {
        let old = tile.state
        tile.state = SlotState(slot: old.slot, name: old.name, kind: old.kind, phase: .empty)
        tile.startedAt = nil
    }

    /// What a standing means for a tile on which no unit is being worked.
    private func show(_ standing: DeskStanding, on tile: inout Tile) {
        switch standing {
        case .idle(let startable):
            if tile.state.phase == .working { wipe(&tile) }
            if !tile.showsResult { tile.state.phase = startable ? .ready : .empty }
        case .assigned(let order, _):
            if !tile.showsResult {
                wipe(&tile)
                tile.state.order = order
            }
        case .paused:
            if !tile.showsResult {
                wipe(&tile)
                tile.state.phase = .paused
            }
        case .offline(let why): showTrouble(.offline, why, &tile)
        case .attention(let why): showTrouble(.attention, why, &tile)
        }
    }

    private func showTrouble(_ phase: SlotPhase, _ why: String, _ tile: inout Tile) {
        wipe(&tile)
        tile.showsResult = false
        tile.state.phase = phase
        tile.state.reason = why
        tile.state.advice = .engineer
    }
}

/// What others than pages want to know of.
enum LineNews: Sendable {
    case unit(UnitNews, milliseconds: Int64)
    case step(name: String, outcome: StepOutcome)
    case orderDone(DeskOrder)
    case alarm(LineAlarm)
}
