/// A Squirrel machine: its memory, its root table and whatever runs in it.
///
/// A machine and everything that comes from it belong to one thread or actor at a time. Nothing in it depends on
/// time, addresses or chance: the same calls give the same results.
public final class SquirrelVM {
    /// What a machine may use.
    public struct Limits: Sendable {
        /// Bytes of all objects together.
        public var memoryBytes: Int
        /// Registers of all active functions together; 8 bytes each.
        public var stackSlots: Int
        /// Active Squirrel functions.
        public var callDepth: Int
        /// Calls from native code into Squirrel and back, metamethods among them, nested in one another.
        public var nativeDepth: Int
        /// Length of one string.
        public var stringBytes: Int

        public init(
            memoryBytes: Int = 64 << 20, stackSlots: Int = 1 << 18, callDepth: Int = 8_000,
            nativeDepth: Int = 100, stringBytes: Int = 1 << 28
        ) {
            self.memoryBytes = memoryBytes
            self.stackSlots = max(stackSlots, 1_024)
            self.callDepth = max(callDepth, 8)
            self.nativeDepth = min(max(nativeDepth, 2), Machine.deepestNesting)
            self.stringBytes = min(max(stringBytes, 0), 1 << 30)
        }
    }

    let machine: Machine
    let life: MachineLife

    /// Receives what `print` writes.
    public var onPrint: (([UInt8]) -> Void)?
    /// Receives what `error` writes.
    public var onError: (([UInt8]) -> Void)?
    /// Numbers for `math.rand`, of which the lower 31 bits are used. Starts as a fixed sequence.
    public var random: () -> UInt32
    /// Seconds for `clock()`; zero unless the host gives a clock.
    public var clock: () -> Double = { 0 }
    /// Seconds since 1970 for `time()` and `date()`; zero unless the host gives a clock.
    public var wallClock: () -> Int64 = { 0 }

    /// Instructions after which a run ends with `.instructionLimit`, compared with `instructionsUsed`.
    public var instructionLimit: UInt64? {
        didSet { renewFuel() }
    }
    private var hook: ((SquirrelVM) -> HookDecision)?
    private var hookInterval: UInt64 = 0
    private var nextHook: UInt64 = .max

    var pendingRequest: Any?
    var pendingRun: PendingRun?

    public init(limits: Limits = Limits()) {
        machine = Machine(limits: limits)
        life = MachineLife(machine)
        var seed: UInt64 = 0x5EED
        random = {
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt32(truncatingIfNeeded: seed >> 33)
        }
        machine.state.pointee.host = Unmanaged.passUnretained(self)
        machine.registerLibraries()
    }

    deinit {
        life.machine = nil
        machine.tearDown()
    }

    /// The root table: every name that is no local variable is looked up here in the end.
    public var root: SquirrelObject {
        SquirrelObject(machine.state.pointee.root.map { Value($0) } ?? .null, life: life)
    }

    // MARK: Budgets

    /// What the hook wants.
    public enum HookDecision: Sendable {
        case proceed
        /// Stop here and go on with `resume`, if the run was begun with `start` and no native is in between.
        case pause
        /// End the run; the reason becomes the error's message.
        case stop(String)
    }

    /// Calls `hook` whenever about this many instructions were executed; nil for never.
    public func setHook(every instructions: Int, _ hook: ((SquirrelVM) -> HookDecision)?) {
        self.hook = hook
        hookInterval = UInt64(max(1, instructions))
        nextHook = hook == nil ? .max : instructionsUsed + hookInterval
        renewFuel()
    }

    /// Instructions so far. Entering a function and going round a loop count their length, work in natives counts
    /// in proportion: never less than what was executed.
    public var instructionsUsed: UInt64 {
        let state = machine.state.pointee
        return state.consumed &+ UInt64(max(0, state.slice &- state.fuel))
    }

    /// Bytes that all objects take now.
    public var memoryUsed: Int { machine.state.pointee.memoryUsed }

    /// The most bytes at any time when it was looked at.
    public var memoryPeak: Int { max(machine.state.pointee.memoryPeak, memoryUsed) }

    /// Frees objects that only hold each other; all others are freed as soon as nobody holds them.
    /// - Returns: how many were freed.
    @discardableResult
    public func collectGarbage() -> Int { machine.collectCycles() }

    private func renewFuel() {
        machine.account()
        machine.refuel()
    }

    /// Where the machine has to look up next.
    var nextCheckpoint: UInt64 { min(nextHook, instructionLimit ?? .max) }

    /// The machine has come to `nextCheckpoint`, or thinks so.
    func atCheckpoint() -> Machine.Check {
        let used = machine.state.pointee.consumed
        if let limit = instructionLimit, used >= limit {
            machine.state.pointee.fatal = .instructionLimit
            return .fail
        }
        guard let hook, used >= nextHook else { return .proceed }
        nextHook = used + hookInterval
        switch hook(self) {
        case .proceed:
            return .proceed
        case .pause:
            return machine.state.pointee.nativeDepth == machine.state.pointee.pausableDepth
                ? .pause : .proceed
        case .stop(let reason):
            machine.state.pointee.fatal = .stopped
            machine.state.pointee.stopReason = reason
            return .fail
        }
    }

    // MARK: Where

    /// The active functions, innermost first; for use from natives and hooks.
    public func callStack() -> [StackFrame] { machine.stackTrace() }

    /// Where the last exception was raised, if `value` is what was thrown then. A `catch` that logs its exception
    /// gets the line this way.
    public func origin(ofException value: SquirrelValue) -> StackFrame? {
        let origin = machine.state.pointee.origin
        guard origin.function.isFunction else { return nil }
        let value = machine.owned(value)
        defer { machine.release(value) }
        return value.bits == origin.value.bits ? machine.describe(origin.function, ip: origin.ip) : nil
    }

    /// The text of a value, as Squirrel's `tostring` or string joining would give it.
    public func describe(_ value: SquirrelValue) throws(SquirrelError) -> SquirrelString {
        let value = machine.owned(value)
        defer { machine.release(value) }
        guard machine.toString(value) else { throw machine.takeError(life) }
        let text = machine.takeResult()
        defer { machine.release(text) }
        return SquirrelString(Array(text.string.buffer))
    }
}
