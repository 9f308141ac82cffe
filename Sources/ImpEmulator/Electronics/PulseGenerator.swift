/// The pin-triggered pulse generator (PTPG): each edge of the trigger pin gives one pulse, some time later.
///
/// A trigger that comes before the last pulse is over is ignored: the counter behind it runs once.
final class PulseGenerator {
    /// In whole microseconds, the generator's resolution.
    struct Timing: Equatable {
        /// From the trigger's edge to the pulse.
        var delay: Int64
        /// The pulse's length.
        var period: Int64

        /// Delay and pulse together last 65.5 ms at most.
        init(delay: Double, period: Double) throws(ImpAPIError) {
            guard delay >= 0, period > 0, delay + period <= 0.0655 else {
                throw ImpAPIError("bad delay or period of a pulse output")
            }
            self.delay = Int64((delay * 1e6).rounded())
            self.period = max(Int64((period * 1e6).rounded()), 1)
        }
    }

    let trigger: PinName
    let activeHigh: Bool
    /// For the next trigger.
    var timing: Timing {
        didSet { if !appliesAtOnce, oldValue != timing { stale = stale ?? oldValue } }
    }

    private let output: PinName
    private let board: BoardElectronics
    private let pull: Pull?
    private let appliesAtOnce: Bool
    /// R27 broken: what the next trigger still goes by.
    private var stale: Timing?
    private var observer = 0
    private var busyUntil = VirtualInstant.start

    init(
        output: PinName, trigger: PinName, activeHigh: Bool, timing: Timing, board: BoardElectronics,
        appliesAtOnce: Bool, pull: Pull?
    ) {
        self.output = output
        self.trigger = trigger
        self.activeHigh = activeHigh
        self.timing = timing
        self.board = board
        self.appliesAtOnce = appliesAtOnce
        self.pull = pull
        board.set(output, .steady(Drive(!activeHigh)), pull: pull)
        // A pull on a trigger pin would be the module's, too (R28).
        if let pull, case .steady(.floating) = board.nets.source(of: trigger).setting(at: .never).signal {
            board.set(trigger, .floating, pull: pull)
        }
        observer = board.nets.net(of: trigger).observe { [weak self] time, _ in self?.fire(at: time) }
    }

    func stop() {
        board.nets.net(of: trigger).stopObserving(observer)
    }

    private func fire(at time: VirtualInstant) {
        guard time >= busyUntil else { return }
        let timing = stale ?? timing
        stale = nil
        let begin = time + .microseconds(timing.delay)
        let end = begin + .microseconds(timing.period)
        busyUntil = end
        let edges = [(time: begin, drive: Drive(activeHigh)), (time: end, drive: Drive(!activeHigh))]
        board.set(output, .wave(EdgeWave(before: Drive(!activeHigh), edges: edges)), pull: pull, at: time)
    }
}
