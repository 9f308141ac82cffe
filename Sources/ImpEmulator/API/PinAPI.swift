/// A pin object of the `hardware` table.
public final class PinAPI: PinUser {
    /// What `pin.configure` can make of a pin.
    public enum Mode: Equatable, Sendable {
        /// DIGITAL_OUT with its starting state (R9).
        case digitalOut(start: Bool)
        /// DIGITAL_OUT_OD and DIGITAL_OUT_OD_PULLUP: low, or floating for 1 (R10).
        case openDrain(start: Bool, pullUp: Bool = false)
        case digitalIn
        case digitalInPullUp
        case digitalInPullDown
        /// DIGITAL_IN_WAKEUP, pin W only.
        case wakeup
        case analogIn
        case analogOut
        /// PWM_OUT: seconds, and the share of them that is high, 0 to 1.
        case pwmOut(period: Double, duty: Double)
        /// PTPG_OUT_ACTIVE_HIGH and PTPG_OUT_ACTIVE_LOW: after each edge of the trigger pin a pulse of `period`
        /// seconds, `delay` seconds later.
        case pulseOut(activeHigh: Bool, trigger: PinName, delay: Double, period: Double)
        /// PULSE_COUNTER: `pin.read()` counts for so many seconds.
        case pulseCounter(seconds: Double)
    }

    /// Which pin this is.
    public let name: PinName
    private let machine: SquirrelMachine
    private let use: PinUse
    private var mode: Mode?
    private var callback: Callback?
    private var observer: Int?
    private var callbackIsDue = false
    private var generator: PulseGenerator?
    private var board: BoardElectronics { machine.module.board }
    private var release: Release30 { machine.module.release }
    private var now: VirtualInstant { machine.module.simulation.now }

    init(name: PinName, machine: SquirrelMachine, use: PinUse) {
        self.name = name
        self.machine = machine
        self.use = use
    }

    var isWakeupInput: Bool { mode == .wakeup }

    // MARK: Configuring

    /// `pin.configure(mode, …[, callback])`; takes effect at once.
    /// - Parameter onChange: of a digital input, called after its state changed.
    /// - Throws: when the mux has no such function on this pin, and for values out of range.
    public func configure(_ mode: Mode, onChange: Callback? = nil) throws(ImpAPIError) {
        try machine.requireRunning()
        try check(mode)
        // Which pins of an imp005 can tell of changes is no business of this mux.
        let isDeaf = !PinMux.allows(name, .stateChange) && machine.module.kind == .imp003
        if onChange != nil, mode != .wakeup, isDeaf {
            throw ImpAPIError("\(name) does not support this mode")
        }
        let formerUser = use.user(of: name)
        endFormerMode()
        use.take(name, for: self)
        self.mode = mode
        apply(mode, formerUser)
        if let onChange { observe(onChange) }
    }

    private func check(_ mode: Mode) throws(ImpAPIError) {
        let needed: PinFunctions =
            switch mode {
            case .analogIn: .analogIn
            case .analogOut: .analogOut
            case .wakeup: .wakeup
            case .pwmOut: .pwm
            case .pulseOut: .pulseGeneratorOutput
            case .pulseCounter: .pulseCount
            case .digitalOut, .openDrain, .digitalIn, .digitalInPullUp, .digitalInPullDown: []
            }
        if !PinMux.allows(name, needed) { throw ImpAPIError("\(name) does not support this mode") }
        switch mode {
        case .pwmOut(let period, let duty):
            guard period > 0, period <= Self.longestPeriod, duty.isFinite else {
                throw ImpAPIError("bad period or duty cycle in pin.configure")
            }
        case .pulseOut(_, let trigger, let delay, let period):
            guard PinMux.pulseTriggers(of: name).contains(trigger) else {
                throw ImpAPIError("\(trigger) cannot trigger \(name)")
            }
            _ = try PulseGenerator.Timing(delay: delay, period: period)
        case .pulseCounter(let seconds):
            guard seconds > 0, seconds <= 3600 else { throw ImpAPIError("bad time in pin.configure") }
        default: break
        }
    }

    /// Seconds; a choice.
    private static let longestPeriod = 3600.0

    private func apply(_ mode: Mode, _ formerUser: (any PinUser)?) {
        var signal = Signal.floating
        var pull: Pull?
        switch mode {
        case .digitalOut(let start): signal = .steady(Drive(start && release.holds(.r9)))
        case .openDrain(let start, let pullUp):
            signal = .steady(start && release.holds(.r10) ? .floating : .low)
            pull = pullUp ? .up : nil
        case .digitalInPullUp: pull = .up
        case .digitalInPullDown, .wakeup: pull = .down
        case .digitalIn, .analogIn, .pulseCounter: break
        case .analogOut: signal = .steady(.analog(0))
        case .pwmOut(let period, let duty):
            let length = max(Int64((period * 1e9).rounded()), 1)
            signal = .wave(PulseWave(start: now, period: length, high: Self.high(duty, of: length)))
            pull = release.holds(.r28) ? nil : .up
        case .pulseOut(let activeHigh, let trigger, let delay, let period):
            pull = release.holds(.r28) ? nil : .up
            guard let timing = try? PulseGenerator.Timing(delay: delay, period: period) else { return }
            if let generator, generator.trigger == trigger, generator.activeHigh == activeHigh {
                generator.timing = timing
                return
            }
            generator?.stop()
            let made = PulseGenerator(
                output: name, trigger: trigger, activeHigh: activeHigh, timing: timing, board: board,
                appliesAtOnce: release.holds(.r27), pull: pull)
            generator = made
            return
        }
        guard !release.holds(.r8), formerUser is UARTAPI else {
            return board.set(name, signal, pull: pull)
        }
        // Broken: the serial port lets go before the new function is there.
        board.set(name, .floating)
        board.set(name, signal, pull: pull, at: now + .microseconds(2))
    }

    private static func high(_ duty: Double, of period: Int64) -> Int64 {
        Int64((min(max(duty, 0), 1) * Double(period)).rounded())
    }

    // MARK: Callbacks

    private func observe(_ callback: @escaping Callback) {
        self.callback = callback
        observer = board.nets.net(of: name).observe { [weak self] _, _ in self?.stateChanged() }
    }

    /// Changes that come before the program has heard of the last one are one call.
    private func stateChanged() {
        guard !callbackIsDue, callback != nil else { return }
        callbackIsDue = true
        let module = machine.module
        module.simulation.schedule(after: module.release.callbackLatency) { [weak self] in
            guard let self, callback != nil else { return }
            machine.processor.post { [weak self] in
                guard let self, let callback else { return }
                callbackIsDue = false
                try callback()
            }
        }
    }

    private func endFormerMode() {
        if let observer { board.nets.net(of: name).stopObserving(observer) }
        observer = nil
        callback = nil
        callbackIsDue = false
    }

    /// Another user has the pin, or the program has ended.
    func pinWasTaken(_ pin: PinName) {
        endFormerMode()
        generator?.stop()
        generator = nil
        mode = nil
    }

    func shutDown() {
        endFormerMode()
        generator?.stop()
        generator = nil
    }

    // MARK: Reading and writing

    /// Seconds for which `read()` keeps the program waiting: of a pulse counter.
    public var countingTime: Double? {
        if case .pulseCounter(let seconds) = mode { seconds } else { nil }
    }

    /// `pin.read()`: 0 or 1, or 0 to 65,535 of an ANALOG_IN. Tells the state of an output, too.
    public func read() -> Int {
        mode == .analogIn ? board.convert(name) : (board.level(of: name) ? 1 : 0)
    }

    /// `pin.read()` of a pulse counter: rising edges in the time that was configured.
    public func count(then: @escaping Resume<Int>) throws(ImpAPIError) {
        guard case .pulseCounter(let seconds) = mode else { throw ImpAPIError("\(name) counts no pulses") }
        let net = board.nets.net(of: name)
        let start = now
        net.beginHistory(at: start)
        machine.processor.wait(for: .wholeNanoseconds(ofSeconds: seconds)) { [self] in
            var count = 0
            var high = true
            for change in net.changes(from: start, to: now).changes {
                if change.level.isHigh, !high { count += 1 }
                high = change.level.isHigh
            }
            net.endHistory()
            try then(.success(count))
        }
    }

    /// `pin.write(value)`: 0 or 1; 0.0 to 1.0 of an ANALOG_OUT or PWM_OUT; seconds of delay of a pulse output.
    /// - Throws: when the pin is not an output.
    public func write(_ value: Double) throws(ImpAPIError) {
        try machine.requireRunning()
        switch mode {
        case .digitalOut: board.set(name, .steady(Drive(value != 0)))
        case .openDrain(_, let pullUp):
            board.set(name, .steady(value != 0 ? .floating : .low), pull: pullUp ? .up : nil)
        case .analogOut: board.set(name, .steady(.analog((min(max(value, 0), 1) * 4095).rounded() / 4095)))
        case .pwmOut: setDuty(value)
        case .pulseOut(_, _, _, let period):
            generator?.timing = try PulseGenerator.Timing(delay: value, period: period)
        case .none, .digitalIn, .digitalInPullUp, .digitalInPullDown, .wakeup, .analogIn, .pulseCounter:
            throw ImpAPIError("\(name) not configured for output")
        }
    }

    /// The new duty cycle begins with the next period, so that none is cut short.
    private func setDuty(_ duty: Double) {
        let source = board.nets.source(of: name)
        let setting = source.setting(at: now)
        guard case .wave(let wave) = setting.signal, var pulses = wave as? PulseWave else { return }
        let begin = pulses.nextPeriod(from: now)
        pulses.start = begin
        pulses.high = Self.high(duty, of: pulses.period)
        source.set(.wave(pulses), pull: setting.pull, at: begin)
    }

    /// `pin.getdelay()`: what a pulse output's delay really is, seconds.
    public func getDelay() throws(ImpAPIError) -> Double {
        guard let generator else { throw ImpAPIError("\(name) is not a pulse output") }
        return Double(generator.timing.delay) / 1e6
    }

    /// `pin.getperiod()`: what a pulse's length really is, seconds.
    public func getPeriod() throws(ImpAPIError) -> Double {
        guard let generator else { throw ImpAPIError("\(name) is not a pulse output") }
        return Double(generator.timing.period) / 1e6
    }
}
