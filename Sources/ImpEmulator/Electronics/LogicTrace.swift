/// What happened on some nets over some time, as a logic analyser with perfect resolution would have seen it.
public struct LogicTrace: Sendable, Equatable {
    /// One change of a net.
    public struct Change: Sendable, Equatable {
        /// When.
        public var time: VirtualInstant
        /// From then on.
        public var level: LogicLevel
        /// Volts as a fraction of the supply, from then on.
        public var fraction: Double

        init(time: VirtualInstant, level: LogicLevel, fraction: Double) {
            self.time = time
            self.level = level
            self.fraction = fraction
        }
    }

    /// One net.
    public struct Channel: Sendable, Equatable {
        /// `E`, or `C-H` for pins that are wired together.
        public var name: String
        /// The first is the state at the trace's beginning; no two neighbours are the same.
        public var changes: [Change]
        /// Whether a DAC or a divider was at work: levels between the rails.
        public var isAnalog: Bool
        /// The trace was cut because the net changed too often.
        public var isTruncated = false
    }

    /// When recording began.
    public var start: VirtualInstant
    /// Up to when.
    public var end: VirtualInstant
    /// The nets, in the order of their first pin.
    public var channels: [Channel]

    /// Changes of one net that a trace takes at most.
    public static let longestChannel = 2_000_000

    /// The net of a pin.
    public subscript(pin: PinName) -> Channel? {
        channels.first { $0.name.split(separator: "-").contains(Substring(pin.rawValue)) }
    }
}

extension LogicTrace.Channel {
    /// Level and voltage at one instant, of changes at the same instant the last one.
    public func change(at time: VirtualInstant) -> LogicTrace.Change? {
        changes.last { $0.time <= time }
    }

    /// Changes of what an input would read, the initial state not counted. A floating net reads low.
    public var edges: [LogicTrace.Change] {
        var edges: [LogicTrace.Change] = []
        guard var before = changes.first?.level.isHigh else { return [] }
        for change in changes.dropFirst() where change.level.isHigh != before {
            before = change.level.isHigh
            edges.append(change)
        }
        return edges
    }

    /// Edges of one direction.
    public func edges(rising: Bool) -> [LogicTrace.Change] { edges.filter { $0.level.isHigh == rising } }

    /// How long the net stood at a level between two instants.
    public func time(
        at level: LogicLevel, from start: VirtualInstant, to end: VirtualInstant
    ) -> Duration {
        var sum = Duration.zero
        for (index, change) in changes.enumerated() where change.level == level {
            let until = index + 1 < changes.count ? changes[index + 1].time : end
            let piece = min(until, end) - max(change.time, start)
            if piece > .zero { sum += piece }
        }
        return sum
    }
}

extension Net {
    /// Everything that happened from `start` to `end`; history must have been kept since `start`.
    func changes(from start: VirtualInstant, to end: VirtualInstant) -> (
        changes: [LogicTrace.Change], isTruncated: Bool
    ) {
        struct Turn {
            var source: Int
            var setting: NetSource.Setting
        }
        var present = sources.map { $0.setting(at: start) }
        var turns: [Turn] = []
        for (number, source) in sources.enumerated() {
            for setting in source.settings where setting.time <= end {
                if setting.time > start || setting.order > present[number].order && setting.time == start {
                    turns.append(Turn(source: number, setting: setting))
                }
            }
        }
        turns.sort { ($0.setting.time, $0.setting.order) < ($1.setting.time, $1.setting.order) }

        var changes: [LogicTrace.Change] = []
        func look(_ time: VirtualInstant) {
            let state = NetState.resolve(
                zip(present, sources).lazy.map { ($0.signal.drive(at: time), $0.pull, $1.isBridge) })
            if let last = changes.last, last.level == state.level, last.fraction == state.fraction { return }
            changes.append(LogicTrace.Change(time: time, level: state.level, fraction: state.fraction))
        }
        var time = start
        look(start)
        var next = 0
        while changes.count < LogicTrace.longestChannel {
            let limit = next < turns.count ? turns[next].setting.time : end
            var moved = time
            while changes.count < LogicTrace.longestChannel,
                let wave = present.lazy.compactMap({ $0.signal.nextChange(after: moved) }).min(),
                wave < limit || next == turns.count && wave <= limit
            {
                moved = wave
                look(moved)
            }
            guard next < turns.count else { break }
            time = limit
            present[turns[next].source] = turns[next].setting
            next += 1
            look(time)
        }
        return (changes, changes.count >= LogicTrace.longestChannel)
    }
}
