/// Budgets, and the calls that are not from Squirrel to Squirrel.
extension Machine {
    enum Check {
        case proceed, fail, pause
    }

    /// Looked at when the fuel has run out: memory, instruction limit, the host's hook.
    @inline(never)
    func checkpoint() -> Check {
        account()
        if state.pointee.needsCheck {
            state.pointee.needsCheck = false
            let limit = state.pointee.limits.memoryBytes
            if state.pointee.memoryUsed > limit {
                collectCycles()
                if state.pointee.memoryUsed > limit { state.pointee.fatal = .outOfMemory }
            }
        }
        var decision = Check.proceed
        if state.pointee.fatal == .none, let host = state.pointee.host {
            decision = host._withUnsafeGuaranteedRef { $0.atCheckpoint() }
        }
        refuel()
        return state.pointee.fatal == .none ? decision : .fail
    }

    /// Adds what was used since the last refill.
    func account() {
        state.pointee.consumed &+= UInt64(max(0, state.pointee.slice &- state.pointee.fuel))
        state.pointee.slice = 0
        state.pointee.fuel = 0
        state.pointee.memoryPeak = max(state.pointee.memoryPeak, state.pointee.memoryUsed)
    }

    /// Sets the fuel up to the next event that the host asked for.
    func refuel() {
        let next = state.pointee.host?._withUnsafeGuaranteedRef { $0.nextCheckpoint } ?? .max
        let consumed = state.pointee.consumed
        let distance = next > consumed ? min(next - consumed, 1 << 40) : 1
        state.pointee.slice = Int(distance)
        state.pointee.fuel = Int(distance)
        if state.pointee.fatal != .none { state.pointee.fuel = -1 }
    }

    /// Calls what is no Squirrel closure. `.nothing`: the frame to go on with has changed, or a class without a
    /// constructor stands in its register.
    func callOther(
        _ function: Value, base: UnsafeMutablePointer<Value>, count: Int, target: Int32
    ) -> NativeOutcome {
        switch function.tag {
        case Value.Tag.function:
            let outcome = callNative(function.native, base: base, count: count)
            if outcome == .nothing {
                setResult(.null)
                return .value
            }
            return outcome
        case Value.Tag.class:
            return construct(function.classObject, base: base, count: count, target: target)
        case Value.Tag.table, Value.Tag.instance:
            guard let method = metamethod(.call, of: function) else { break }
            var arguments = [function]
            arguments.reserveCapacity(count + 1)
            for index in 0..<count { arguments.append(base[index]) }
            return callMetamethod(method, arguments) ? .value : .failure
        default:
            break
        }
        return fail("attempt to call '\(function.typeName)'") ? .value : .failure
    }

    private func construct(
        _ type: UnsafeMutablePointer<ClassObject>, base: UnsafeMutablePointer<Value>, count: Int,
        target: Int32
    ) -> NativeOutcome {
        let constructor = self.constructor(of: type)
        let instance = Value(makeInstance(type))
        retain(instance)
        defer { release(instance) }
        if let constructor { retain(constructor) }
        defer { if let constructor { release(constructor) } }
        if target >= 0 { assign(state.pointee.base + Int(target), instance) }
        guard let constructor, constructor.isFunction else { return .nothing }
        assign(base, instance)
        if constructor.header.pointee.kind == .closure {
            return enter(constructor.closure, base: base, count: count, target: -1, isRoot: false)
                ? .nothing : .failure
        }
        switch callNative(constructor.native, base: base, count: count) {
        case .failure: return .failure
        case .suspend: return .suspend
        case .value, .nothing: return .nothing
        }
    }

    /// Replaces the frame at hand by one for another closure, for a call in tail position.
    func replaceFrame(_ function: Value, arguments: UnsafeMutablePointer<Value>, count: Int) -> Bool {
        let frame = state.pointee.frame
        let base = state.pointee.base
        retain(function)
        if state.pointee.openOuters != nil { closeOuters(base) }
        for index in 0..<count {
            let value = arguments[index]
            arguments[index] = .null
            assignOwned(base + index, value)
        }
        var slot = base + count
        while slot < state.pointee.top {
            let value = slot.pointee
            slot.pointee = .null
            release(value)
            slot += 1
        }
        // The old frame goes, then the new one is entered as if from its caller.
        let (target, isRoot) = (frame.pointee.target, frame.pointee.isRoot)
        let caller = (offset: Int(frame.pointee.baseOffset), top: Int(frame.pointee.callerTop))
        let oldFunction = frame.pointee.function
        state.pointee.frame = frame - 1
        state.pointee.base = base - caller.offset
        state.pointee.top = state.pointee.base + caller.top
        let entered = enter(function.closure, base: base, count: count, target: target, isRoot: isRoot)
        if !entered {
            // The error belongs to the function that called.
            push(oldFunction, base: base, top: base + count, target: target, isRoot: isRoot)
            let ip = frame.pointee.ip
            state.pointee.frame.pointee.ip = ip
        }
        release(oldFunction)
        release(function)
        return entered
    }

    /// `class … extends …`; the class goes to `result`.
    func newClass(extending parent: Value?, attributes: Value) -> Bool {
        if let parent, !parent.isClass { return fail("trying to inherit from a \(parent.typeName)") }
        let type = Value(makeClass(base: parent.map { $0.classObject }))
        retain(type)
        defer { release(type) }
        let inherited = type.classObject.pointee.metamethods[Metamethod.inherited.rawValue]
        if !inherited.isNull {
            // Its errors are nobody's, unless they end the run.
            if !callMetamethod(inherited, type, attributes) {
                if state.pointee.fatal != .none { return false }
                clearError()
            }
        }
        assign(type.classObject.pointer(to: \.attributes).unsafelyUnwrapped, attributes)
        setResult(type)
        return true
    }

    func isInstance(_ object: Value, of type: UnsafeMutablePointer<ClassObject>) -> Bool {
        guard object.isInstance else { return false }
        var next: UnsafeMutablePointer<ClassObject>? = object.instance.pointee.type
        while let current = next {
            if current == type { return true }
            next = current.pointee.base
        }
        return false
    }
}
