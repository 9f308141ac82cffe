import SerialNOR

/// When to look at a chip's status, learned from what it did so far.
///
/// Where commands are queued behind a poll, a look too early costs a lot (everything behind is done again) and one too
/// late a little, for every page. So the first few polls of a kind are measured closely; after that the looks stay
/// around the moment at which the chip was done, move out at once when that was too early, and in again slowly, the
/// more slowly the more often it went wrong. Where the station waits for the outcome anyway, early looks are cheap, and
/// the first look comes a little before the quickest that was seen.
struct PollEstimate: Sendable, Equatable {
    /// A plan for one poll: wait, then look `looks` times with `gap` in between.
    struct Schedule: Sendable, Equatable {
        var wait: Duration
        var gap: Duration
        var looks: Int

        /// What a look itself takes: two bytes at 30 MHz, and chip select's two edges.
        static let look = Duration.microseconds(1)

        /// From the start of the poll to look `index`.
        func time(ofLook index: Int) -> Duration { wait + (gap + Self.look) * index + Self.look }
        /// From the start of the poll to its last look.
        var span: Duration { time(ofLook: looks - 1) }
    }

    /// What the poll's owner said.
    private let typical: Duration
    /// When the chip is surely done, for polls with commands queued behind, counted from the end of the command.
    private var sure: Duration
    /// When it may be done, for polls whose outcome is waited for.
    private(set) var hopeful: Duration
    /// Mean of what was seen.
    private var mean: Duration
    /// Close measurements still to be made before anything is queued.
    private var measurements = 3
    private var calm = 0
    private var patience = 1
    /// Queued polls that went well since the last that did not.
    private var successes = 64

    init(typical: Duration) {
        self.typical = max(typical, .microseconds(1))
        sure = .zero
        mean = self.typical
        hopeful = self.typical * 7 / 8
    }

    /// Longer operations are never queued: asking costs next to nothing beside them.
    static let longestSpeculation = Duration.milliseconds(4)
    /// The last wait that is queued in the adapter; longer ones are waited for by the station.
    static let longestQueued = Duration.milliseconds(100)

    /// Between two looks: 1/128 of the time, at least two microseconds.
    private static func gap(_ expected: Duration) -> Duration { max(expected / 128, .microseconds(2)) }

    private var isMeasuring: Bool { measurements > 0 && typical <= Self.longestSpeculation }

    func schedule(queued: Bool) -> Schedule {
        if !queued, isMeasuring {
            // From half to one and a half times what is expected.
            return Schedule(wait: typical / 2, gap: max(typical / 32, .microseconds(2)), looks: 33)
        }
        let expected = queued ? sure : hopeful
        let gap = Self.gap(expected)
        return Schedule(wait: max(min(expected - gap, Self.longestQueued), .zero), gap: gap, looks: 3)
    }

    /// Whether queueing commands behind a poll pays, rather than asking for the outcome first.
    /// - Parameter roundTrip: what asking costs.
    func favoursQueueing(roundTrip: Duration) -> Bool {
        !isMeasuring && typical <= Self.longestSpeculation && schedule(queued: true).span < mean + roundTrip
    }

    /// The chip was found done at look `index` of `schedule`.
    mutating func found(at index: Int, of used: Schedule, queued: Bool) {
        guard queued else {
            let actual = used.time(ofLook: index)
            learn(actual)
            if isMeasuring { measured(actual) }
            if index == 0 { hopeful = max(min(hopeful, used.wait - used.gap), .microseconds(1)) }
            return
        }
        successes += 1
        // Only what was seen with the schedule of now says anything about it.
        guard used == schedule(queued: true) else { return }
        if index == 0 {
            calm += 1
            if calm >= patience {
                calm = 0
                sure -= used.gap / 2
            }
        } else if index == used.looks - 1 {
            sure += used.gap / 2
            calm = 0
        }
    }

    /// The chip took longer than the queued schedule, how long is not known: more commands were behind it.
    mutating func overranQueue() {
        // Two in short order: this is no slow drift, the times scatter.
        sure += successes < 64 ? sure / 4 : sure / 16
        successes = 0
        patience = min(patience * 4, 1 << 16)
        calm = 0
    }

    /// The chip took longer than a schedule whose outcome was waited for: `actual` in all.
    mutating func took(_ actual: Duration) {
        learn(actual)
        if isMeasuring { measured(actual) }
        hopeful += (actual * 31 / 32 - hopeful) / 4
    }

    private mutating func measured(_ actual: Duration) {
        measurements -= 1
        sure = max(sure, actual + Self.gap(actual))
    }

    private mutating func learn(_ actual: Duration) {
        mean += (actual - mean) / 4
    }
}
