/// Something with a hold on a net: a pin of the module, a probe of the fixture, a resistor on the board.
final class NetSource {
    /// As a trace names it: `pinE`, `fixture U`.
    let name: String
    /// A connection without resistance, such as a solder bridge: nothing that drives wins against it.
    let isBridge: Bool
    weak var net: Net?

    struct Setting {
        var time: VirtualInstant
        /// Orders settings of the same instant.
        var order: Int
        var signal: Signal
        var pull: Pull?
    }

    /// In order of time: the one that holds now, those stamped later, and what the net's history still needs.
    private(set) var settings: [Setting]

    init(name: String, signal: Signal = .floating, pull: Pull? = nil, isBridge: Bool = false) {
        self.name = name
        self.isBridge = isBridge
        settings = [Setting(time: .start, order: 0, signal: signal, pull: pull)]
    }

    /// Drives and pulls like this from `time` on, which may lie a little ahead of the clock.
    func set(_ signal: Signal, pull: Pull? = nil, at time: VirtualInstant) {
        while let last = settings.last, last.time > time { settings.removeLast() }
        if let net, net.historyStart == nil {
            while settings.count > 1, settings[1].time <= net.now { settings.removeFirst() }
            if settings.count == 1, settings[0].time <= net.now, time <= net.now { settings.removeAll() }
        }
        settings.append(Setting(time: time, order: net?.nextOrder() ?? 0, signal: signal, pull: pull))
        net?.sourceChanged(at: time)
    }

    /// Index of the setting that holds at `time`.
    func index(at time: VirtualInstant) -> Int {
        var index = settings.count - 1
        while index > 0, settings[index].time > time { index -= 1 }
        return index
    }

    func setting(at time: VirtualInstant) -> Setting { settings[index(at: time)] }

    /// When the drive may change next.
    func nextChange(after time: VirtualInstant) -> VirtualInstant? {
        let index = index(at: time)
        let own = settings[index].signal.nextChange(after: time)
        guard index + 1 < settings.count else { return own }
        let following = settings[index + 1].time
        return own.map { min($0, following) } ?? following
    }

    /// Forgets what nobody needs before `time`.
    func forget(before time: VirtualInstant) {
        let index = index(at: time)
        if index > 0 { settings.removeFirst(index) }
    }
}

/// How a net stands at one instant.
public enum LogicLevel: String, Sendable, Codable, CaseIterable {
    /// Driven.
    case low = "0", high = "1"
    /// Held by resistors only.
    case pulledLow = "l", pulledHigh = "h"
    /// Nothing holds it.
    case floating = "z"
    /// Driven both ways at once.
    case conflict = "x"

    /// What an input reads.
    var isHigh: Bool { self == .high || self == .pulledHigh }
}

/// Level and voltage of a net.
struct NetState: Equatable {
    var level: LogicLevel
    /// Of the supply.
    var fraction: Double

    /// Puts together what all sources do.
    static func resolve(_ present: some Sequence<(drive: Drive, pull: Pull?, isBridge: Bool)>) -> NetState {
        var lows = 0
        var highs = 0
        var analog: Double?
        var bridge: Drive?
        var conductance = 0.0
        var current = 0.0
        for source in present {
            if let pull = source.pull {
                conductance += 1 / pull.kiloohms
                current += pull.fraction / pull.kiloohms
            }
            switch source.drive {
            case .floating: continue
            case .low: lows += 1
            case .high: highs += 1
            case .analog(let fraction): analog = fraction
            }
            if source.isBridge { bridge = source.drive }
        }
        if let bridge {
            let opposed = lows > 0 && highs > 0 || analog != nil
            return NetState(
                level: opposed ? .conflict : bridge == .high ? .high : .low, fraction: bridge.fraction ?? 0)
        }
        if lows > 0, highs > 0 { return NetState(level: .conflict, fraction: 0.5) }
        if lows + highs > 0, analog != nil { return NetState(level: .conflict, fraction: highs > 0 ? 1 : 0) }
        if highs > 0 { return NetState(level: .high, fraction: 1) }
        if lows > 0 { return NetState(level: .low, fraction: 0) }
        if let analog { return NetState(level: analog > 0.5 ? .high : .low, fraction: analog) }
        guard conductance > 0 else { return NetState(level: .floating, fraction: 0) }
        let fraction = current / conductance
        return NetState(level: fraction > 0.5 ? .pulledHigh : .pulledLow, fraction: fraction)
    }
}

/// One wire of the board with all that hangs on it.
final class Net {
    /// The module's pins on it.
    let pins: [PinName]
    let simulation: Simulation
    private(set) var sources: [NetSource] = []
    /// From when on settings are kept; nil when only the present counts.
    private(set) var historyStart: VirtualInstant?
    private var historyUsers = 0
    private var order = 0
    private var observers: [Int: (VirtualInstant, LogicLevel) -> Void] = [:]
    private var nextObserver = 0
    private var seen = LogicLevel.floating
    private var event: Simulation.Event?

    init(pins: [PinName], simulation: Simulation) {
        self.pins = pins
        self.simulation = simulation
    }

    /// `E`, or `C-H` for pins that are wired together.
    var name: String { pins.map(\.rawValue).joined(separator: "-") }

    var now: VirtualInstant { simulation.now }

    func attach(_ source: NetSource) {
        sources.append(source)
        source.net = self
    }

    func nextOrder() -> Int {
        order += 1
        return order
    }

    func state(at time: VirtualInstant) -> NetState {
        NetState.resolve(
            sources.lazy.map { source in
                let setting = source.setting(at: time)
                return (setting.signal.drive(at: time), setting.pull, source.isBridge)
            })
    }

    /// How it would stand without some of its sources.
    func state(at time: VirtualInstant, without left: [NetSource]) -> NetState {
        NetState.resolve(
            sources.lazy.filter { source in !left.contains { $0 === source } }.map { source in
                let setting = source.setting(at: time)
                return (setting.signal.drive(at: time), setting.pull, source.isBridge)
            })
    }

    /// When somebody else first holds the net low; its history must reach back to `start`.
    func firstLow(
        from start: VirtualInstant, to end: VirtualInstant, without left: [NetSource]
    ) -> VirtualInstant? {
        let others = sources.filter { source in !left.contains { $0 === source } }
        var time = start
        while state(at: time, without: left).level.isHigh {
            guard let next = others.lazy.compactMap({ $0.nextChange(after: time) }).min(), next < end else {
                return nil
            }
            time = next
        }
        return time
    }

    /// When the state may change next.
    func nextChange(after time: VirtualInstant) -> VirtualInstant? {
        sources.lazy.compactMap { $0.nextChange(after: time) }.min()
    }

    /// Whether anybody will see edges that are put on the net.
    var isWatched: Bool { historyStart != nil || !observers.isEmpty }

    // MARK: History

    /// Keeps every setting from now on, until `endHistory`.
    func beginHistory(at time: VirtualInstant) {
        historyUsers += 1
        if historyStart == nil { historyStart = time }
    }

    func endHistory() {
        historyUsers -= 1
        if historyUsers == 0 {
            historyStart = nil
            for source in sources { source.forget(before: now) }
        }
    }

    /// Someone who keeps history is done with what was before `time`; nobody else may be keeping it.
    func forget(before time: VirtualInstant) {
        guard historyUsers == 1 else { return }
        historyStart = time
        for source in sources { source.forget(before: time) }
    }

    // MARK: Observers

    /// Calls `body` whenever the level an input would read changes, at that instant.
    /// - Returns: a handle for `stopObserving`.
    func observe(_ body: @escaping (VirtualInstant, LogicLevel) -> Void) -> Int {
        if observers.isEmpty { seen = state(at: now).level }
        nextObserver += 1
        observers[nextObserver] = body
        watch(from: now)
        return nextObserver
    }

    func stopObserving(_ handle: Int) {
        observers[handle] = nil
        if observers.isEmpty { event?.cancel() }
    }

    func sourceChanged(at time: VirtualInstant) {
        guard !observers.isEmpty else { return }
        if let event, event.isPending { event.cancel() }
        let due = max(time, now)
        // What was stamped for later must not hide what comes before it.
        let earlier = nextChange(after: now).map { min($0, due) } ?? due
        event = simulation.schedule(at: earlier) { [weak self] in self?.look() }
    }

    private func watch(from time: VirtualInstant) {
        guard !observers.isEmpty, let next = nextChange(after: time) else { return }
        event?.cancel()
        event = simulation.schedule(at: next) { [weak self] in self?.look() }
    }

    private func look() {
        let level = state(at: now).level
        let changed = level.isHigh != seen.isHigh
        seen = level
        if changed {
            for handle in observers.keys.sorted() { observers[handle]?(now, level) }
        }
        watch(from: now)
    }
}
