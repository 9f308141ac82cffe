/// A pin object of the `hardware` table.
public final class PinAPI {
    /// What `pin.configure` can make of a pin; PWM and pulse modes come with the Squirrel binding.
    public enum Mode: Equatable, Sendable {
        /// DIGITAL_OUT with its starting state (R9).
        case digitalOut(start: Bool)
        /// DIGITAL_OUT_OD: low, or floating for 1 (R10).
        case openDrain(start: Bool)
        case digitalIn
        case digitalInPullUp
        case digitalInPullDown
        /// DIGITAL_IN_WAKEUP, pin W only.
        case wakeup
        case analogIn
        case analogOut
    }

    /// Which pin this is.
    public let name: PinName
    private let machine: SquirrelMachine
    private var mode: Mode?
    private var board: BoardElectronics { machine.module.board }

    init(name: PinName, machine: SquirrelMachine) {
        self.name = name
        self.machine = machine
    }

    /// Told after the level at this input has changed.
    private var onChange: Callback?
    private var lastLevel = false

    var isWakeupInput: Bool { mode == .wakeup }

    /// `pin.configure(mode[, startingState])`; takes effect at once.
    /// - Parameter onChange: called after each change of a digital input's level.
    /// - Throws: when the mux has no such function on this pin.
    public func configure(_ mode: Mode, onChange: Callback? = nil) throws(SquirrelError) {
        try machine.requireRunning()
        let functions = PinMux.functions[name] ?? []
        let missing: Bool =
            switch mode {
            case .analogIn: !functions.contains(.analogIn)
            case .analogOut: !functions.contains(.analogOut)
            case .wakeup: !functions.contains(.wakeup)
            default: false
            }
        if missing || (onChange != nil && !functions.contains(.stateChange) && mode != .wakeup) {
            throw SquirrelError("\(name) does not support this mode")
        }
        self.mode = mode
        self.onChange = nil
        var state = BoardElectronics.PinState()
        switch mode {
        case .digitalOut(let start): state.drive = start ? .high : .low
        case .openDrain(let start): state.drive = start ? .floating : .low
        case .digitalInPullUp: state.pull = .up
        case .digitalInPullDown, .wakeup: state.pull = .down
        case .analogOut: state.drive = .analog(0)
        case .digitalIn, .analogIn: break
        }
        board.set(name, to: state)
        lastLevel = board.level(of: name)
        self.onChange = onChange
    }

    /// Something on the board has changed.
    func look() {
        guard let onChange, board.level(of: name) != lastLevel else { return }
        lastLevel.toggle()
        machine.processor.post(onChange)
    }

    /// `pin.read()`: 0 or 1, or 0 to 65,535 of an ANALOG_IN.
    public func read() -> Int {
        mode == .analogIn ? board.convert(name) : (board.level(of: name) ? 1 : 0)
    }

    /// `pin.write(value)`: 0 or 1, or 0.0 to 1.0 of an ANALOG_OUT.
    /// - Throws: when the pin is not an output.
    public func write(_ value: Double) throws(SquirrelError) {
        try machine.requireRunning()
        var state = BoardElectronics.PinState()
        switch mode {
        case .digitalOut: state.drive = value != 0 ? .high : .low
        case .openDrain: state.drive = value != 0 ? .floating : .low
        case .analogOut: state.drive = .analog((min(max(value, 0), 1) * 4095).rounded() / 4095)
        case .none, .digitalIn, .digitalInPullUp, .digitalInPullDown, .wakeup, .analogIn:
            throw SquirrelError("\(name) not configured for output")
        }
        board.set(name, to: state)
    }
}
