/// A run that is waiting.
struct PendingRun {
    /// Where its arguments begin.
    var base: UnsafeMutablePointer<Value>
    var isSuspended: Bool
}

extension SquirrelVM {
    /// How far a run has come.
    public enum RunState {
        case finished(SquirrelValue)
        case failed(SquirrelError)
        /// The hook said `pause`.
        case paused
        /// A native called `NativeCall.suspend` with this request.
        case suspended(Any)
    }

    // MARK: Code

    /// Compiles a source text. Running the function that results runs the file; `const` and `enum` hold from now on.
    /// - Parameter name: shows in errors and call stacks.
    public func compile(_ source: [UInt8], name: String) throws(CompileError) -> SquirrelObject {
        var compiler = Compiler(source: source, file: name, constants: machine.state.pointee.constants)
        let template: FunctionTemplate
        do throws(CompileError) {
            template = try compiler.compile()
        } catch {
            machine.state.pointee.constants = compiler.constants
            throw error
        }
        machine.state.pointee.constants = compiler.constants
        let closure = machine.makeClosure(machine.instantiate(template))
        return SquirrelObject(Value(closure), life: life)
    }

    public func compile(_ source: String, name: String) throws(CompileError) -> SquirrelObject {
        try compile(Array(source.utf8), name: name)
    }

    /// Compiles only.
    /// - Returns: what is wrong, or nil.
    public static func check(_ source: [UInt8], name: String) -> CompileError? {
        var compiler = Compiler(source: source, file: name, constants: Constants())
        do throws(CompileError) {
            _ = try compiler.compile()
            return nil
        } catch {
            return error
        }
    }

    /// Makes a name stand for a value at compile time, as `const` does. Objects cannot be constants.
    public func defineConstant(_ name: String, _ value: SquirrelValue) {
        guard let literal = SquirrelVM.literal(value) else { return }
        machine.state.pointee.constants[Array(name.utf8)] = .scalar(literal)
    }

    /// Makes an `enum` known to the compiler.
    public func defineEnum(_ name: String, _ members: [(String, SquirrelValue)]) {
        var literals: [[UInt8]: FunctionTemplate.Literal] = [:]
        for (member, value) in members { literals[Array(member.utf8)] = SquirrelVM.literal(value) }
        machine.state.pointee.constants[Array(name.utf8)] = .enumeration(literals)
    }

    private static func literal(_ value: SquirrelValue) -> FunctionTemplate.Literal? {
        switch value {
        case .null: .null
        case .bool(let bool): .bool(bool)
        case .integer(let integer): .integer(integer)
        case .float(let float): .float(float.bitPattern)
        case .string(let string): .string(string.bytes)
        case .object: nil
        }
    }

    // MARK: To the end

    /// Calls a function or class and waits for its end.
    /// - Parameter this: the root table if nil.
    public func call(
        _ function: SquirrelValue, this: SquirrelValue? = nil, _ arguments: [SquirrelValue] = []
    ) throws(SquirrelError) -> SquirrelValue {
        let function = machine.owned(function)
        let values = ownedArguments(this, arguments)
        defer {
            machine.release(function)
            for value in values { machine.release(value) }
        }
        if machine.state.pointee.nativeDepth == 0 { prepare() }
        guard machine.call(function, values), machine.state.pointee.fatal == .none else {
            throw machine.takeError(life)
        }
        return machine.takeExported(life)
    }

    private func ownedArguments(_ this: SquirrelValue?, _ arguments: [SquirrelValue]) -> [Value] {
        [machine.owned(this ?? .object(root))] + arguments.map { machine.owned($0) }
    }

    private func prepare() {
        machine.state.pointee.fatal = .none
        machine.account()
        machine.refuel()
    }

    // MARK: In pieces

    /// Whether a run was begun and has neither ended nor been abandoned.
    public var hasPendingRun: Bool { pendingRun != nil }

    /// Begins a run that the hook may pause and natives may suspend. One at a time; `call` works meanwhile.
    public func start(
        _ function: SquirrelValue, this: SquirrelValue? = nil, _ arguments: [SquirrelValue] = []
    ) throws(SquirrelError) -> RunState {
        guard pendingRun == nil else { throw SquirrelError.thrown("another run is still pending") }
        guard machine.state.pointee.nativeDepth == 0 else {
            throw SquirrelError.thrown("a run cannot be started from inside of another")
        }
        let function = machine.owned(function)
        defer { machine.release(function) }
        guard function.isFunction, function.header.pointee.kind == .closure else {
            let exported = machine.exported(function, life)
            return .finished(try call(exported, this: this, arguments))
        }
        prepare()
        let base = machine.state.pointee.top
        for value in ownedArguments(this, arguments) {
            machine.assignOwned(machine.state.pointee.top, value)
            machine.state.pointee.top += 1
        }
        let frame = machine.state.pointee.frame
        pendingRun = PendingRun(base: base, isSuspended: false)
        let entered = machine.enter(
            function.closure, base: base, count: arguments.count + 1, target: -1, isRoot: true)
        guard entered else { return end(.failed) }
        if machine.state.pointee.frame == frame { return end(.returned) }
        return proceed { $0.execute() }
    }

    /// Goes on with a paused or suspended run.
    /// - Parameter answer: what the native that suspended the run returns or throws; null if nil.
    public func resume(with answer: Result<SquirrelValue, SquirrelError>? = nil) -> RunState {
        guard let run = pendingRun else {
            return .failed(SquirrelError.thrown("there is no run to resume"))
        }
        guard run.isSuspended else { return proceed { $0.execute() } }
        pendingRun?.isSuspended = false
        let target = machine.state.pointee.awaitingTarget
        switch answer ?? .success(.null) {
        case .success(let value):
            let value = machine.owned(value)
            if target >= 0 {
                machine.assignOwned(machine.state.pointee.base + Int(target), value)
            } else {
                machine.release(value)
            }
            return proceed { $0.execute() }
        case .failure(let error):
            let value = machine.owned(error.value)
            _ = machine.raise(value)
            machine.release(value)
            return proceed { $0.unwind() ? $0.execute() : .failed }
        }
    }

    /// Drops a paused or suspended run with everything it holds.
    public func abandonRun() {
        guard let run = pendingRun else { return }
        machine.state.pointee.fatal = .stopped
        _ = machine.unwind()
        machine.clearError()
        machine.state.pointee.fatal = .none
        dropArguments(run)
        pendingRun = nil
        pendingRequest = nil
    }

    private func proceed(_ body: (Machine) -> Machine.Outcome) -> RunState {
        machine.state.pointee.fatal = .none
        machine.account()
        machine.refuel()
        machine.state.pointee.nativeDepth = 1
        machine.state.pointee.pausableDepth = 1
        let outcome = body(machine)
        machine.state.pointee.nativeDepth = 0
        machine.state.pointee.pausableDepth = 0
        return end(outcome)
    }

    private func end(_ outcome: Machine.Outcome) -> RunState {
        switch outcome {
        case .paused:
            return .paused
        case .suspended:
            pendingRun?.isSuspended = true
            let request = pendingRequest
            pendingRequest = nil
            return .suspended(request ?? ())
        case .returned, .failed:
            if let run = pendingRun { dropArguments(run) }
            pendingRun = nil
            if outcome == .returned { return .finished(machine.takeExported(life)) }
            return .failed(machine.takeError(life))
        }
    }

    private func dropArguments(_ run: PendingRun) {
        while machine.state.pointee.top > run.base {
            machine.state.pointee.top -= 1
            machine.assign(machine.state.pointee.top, .null)
        }
    }
}
