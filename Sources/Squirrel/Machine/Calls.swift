/// Entering and leaving functions.
extension Machine {
    /// Room that every frame leaves above its registers, for natives and metamethods.
    static let headroom = 16

    /// Enters a closure whose arguments already stand at `base`.
    @inline(__always)
    func enter(
        _ closure: UnsafeMutablePointer<ClosureObject>, base: UnsafeMutablePointer<Value>, count: Int,
        target: Int32, isRoot: Bool
    ) -> Bool {
        let prototype = closure.pointee.prototype
        let parameters = Int(prototype.pointee.parameterCount)
        if base + Int(prototype.pointee.stackSize) + Machine.headroom > state.pointee.stackEnd
            || state.pointee.frame + 1 >= state.pointee.framesEnd
        {
            return fail("stack overflow")
        }
        if prototype.pointee.isVariadic {
            guard gather(parameters - 1, base: base, count: count) else { return false }
        } else if parameters != count {
            guard fillDefaults(closure, base: base, count: count) else { return false }
        }
        if let environment = closure.pointee.environment {
            assign(base, environment.pointee.target)
        }
        push(
            Value(closure), base: base, top: base + Int(prototype.pointee.stackSize), target: target,
            isRoot: isRoot)
        state.pointee.frame.pointee.ip = UnsafePointer(prototype.pointee.instructions)
        state.pointee.frame.pointee.literals = prototype.pointee.literals
        state.pointee.fuel &-= Int(prototype.pointee.entryCost)
        if prototype.pointee.isGenerator { return makeGenerator(closure, target: target) }
        return true
    }

    /// Collects the arguments past the named ones into `vargv`.
    @inline(never)
    private func gather(_ named: Int, base: UnsafeMutablePointer<Value>, count: Int) -> Bool {
        guard count >= named else { return fail("wrong number of parameters") }
        guard let array = makeArray(count - named) else { return false }
        for index in 0..<(count - named) {
            array.pointee.elements.unsafelyUnwrapped[index] = base[named + index]
            base[named + index] = .null
        }
        array.asHeader.pointee.references &+= 1
        assignOwned(base + named, Value(array))
        return true
    }

    @inline(never)
    private func fillDefaults(
        _ closure: UnsafeMutablePointer<ClosureObject>, base: UnsafeMutablePointer<Value>, count: Int
    ) -> Bool {
        let parameters = Int(closure.pointee.prototype.pointee.parameterCount)
        let defaults = Int(closure.pointee.prototype.pointee.defaultCount)
        let missing = parameters - count
        guard missing > 0, missing <= defaults else { return fail("wrong number of parameters") }
        for index in 0..<missing {
            assign(base + count + index, closure.defaults[defaults - missing + index])
        }
        return true
    }

    @inline(__always)
    func push(
        _ function: Value, base: UnsafeMutablePointer<Value>, top: UnsafeMutablePointer<Value>, target: Int32,
        isRoot: Bool
    ) {
        function.header.pointee.references &+= 1
        let frame = state.pointee.frame + 1
        let caller = state.pointee.base
        frame.pointee.ip = nil
        frame.pointee.function = function
        frame.pointee.generator = nil
        frame.pointee.baseOffset = Int32(truncatingIfNeeded: base - caller)
        frame.pointee.callerTop = Int32(truncatingIfNeeded: state.pointee.top - caller)
        frame.pointee.target = target
        frame.pointee.trapCount = 0
        frame.pointee.isRoot = isRoot
        state.pointee.frame = frame
        state.pointee.base = base
        state.pointee.top = top
    }

    /// Goes back to the caller's frame and releases what this one held.
    @inline(__always)
    func leave() {
        let frame = state.pointee.frame
        let base = state.pointee.base
        let oldTop = state.pointee.top
        let callerBase = base - Int(frame.pointee.baseOffset)
        let callerTop = callerBase + Int(frame.pointee.callerTop)
        let function = frame.pointee.function
        state.pointee.frame = frame - 1
        state.pointee.base = callerBase
        state.pointee.top = callerTop
        if state.pointee.openOuters != nil { closeOuters(base) }
        // The arguments stand in the caller's frame, but they are nobody's any more.
        var slot = base
        while slot < oldTop {
            let value = slot.pointee
            if value.isReference {
                slot.pointee = .null
                release(value)
            }
            slot += 1
        }
        release(function)
    }

    /// Puts a value on top of the stack.
    @inline(__always)
    private func push(_ value: Value) {
        let top = state.pointee.top
        assign(top, value)
        state.pointee.top = top + 1
    }

    /// Calls anything callable from native code; the value goes to `result`.
    func call(_ function: Value, _ this: Value) -> Bool {
        let base = state.pointee.top
        push(this)
        return callPushed(function, base)
    }

    func call(_ function: Value, _ this: Value, _ first: Value) -> Bool {
        let base = state.pointee.top
        push(this)
        push(first)
        return callPushed(function, base)
    }

    func call(_ function: Value, _ this: Value, _ first: Value, _ second: Value) -> Bool {
        let base = state.pointee.top
        push(this)
        push(first)
        push(second)
        return callPushed(function, base)
    }

    func call(_ function: Value, _ arguments: [Value]) -> Bool {
        let base = state.pointee.top
        guard base + arguments.count + Machine.headroom <= state.pointee.stackEnd else {
            return fail("stack overflow")
        }
        for argument in arguments { push(argument) }
        return callPushed(function, base)
    }

    @inline(__always)
    private func callPushed(_ function: Value, _ base: UnsafeMutablePointer<Value>) -> Bool {
        let succeeded = invoke(function, base: base, count: state.pointee.top - base)
        dropArguments(from: base)
        return succeeded
    }

    @inline(__always)
    private func dropArguments(from base: UnsafeMutablePointer<Value>) {
        var slot = state.pointee.top
        while slot > base {
            slot -= 1
            let value = slot.pointee
            slot.pointee = .null
            release(value)
        }
        state.pointee.top = base
    }

    /// Calls a function or class whose arguments stand at `base`, on top of the stack.
    func invoke(_ function: Value, base: UnsafeMutablePointer<Value>, count: Int) -> Bool {
        switch function.tag {
        case Value.Tag.function:
            if function.header.pointee.kind == .native {
                retain(function)
                defer { release(function) }
                switch callNative(function.native, base: base, count: count) {
                case .value: return true
                case .nothing:
                    setResult(.null)
                    return true
                case .failure: return false
                case .suspend: return fail("cannot suspend through native calls/metamethods")
                }
            }
            return interpret(function.closure, base: base, count: count)
        case Value.Tag.class:
            let type = function.classObject
            let instance = Value(makeInstance(type))
            retain(instance)
            defer { release(instance) }
            if let constructor = constructor(of: type) {
                assign(base, instance)
                guard invoke(constructor, base: base, count: count) else { return false }
            }
            setResult(instance)
            return true
        case Value.Tag.table, Value.Tag.instance:
            if let method = metamethod(.call, of: function) {
                var arguments = [function]
                for index in 0..<count { arguments.append(base[index]) }
                return callMetamethod(method, arguments)
            }
            return fail("attempt to call '\(function.typeName)'")
        default:
            return fail("attempt to call '\(function.typeName)'")
        }
    }

    func constructor(of type: UnsafeMutablePointer<ClassObject>) -> Value? {
        let index = type.pointee.constructorIndex
        return index < 0 ? nil : type.pointee.methods.unsafelyUnwrapped[Int(index)].value
    }

    /// Runs a closure in an interpreter loop of its own.
    private func interpret(
        _ closure: UnsafeMutablePointer<ClosureObject>, base: UnsafeMutablePointer<Value>, count: Int
    ) -> Bool {
        guard state.pointee.nativeDepth < state.pointee.limits.nativeDepth else {
            return fail("Native stack overflow")
        }
        state.pointee.nativeDepth += 1
        defer { state.pointee.nativeDepth -= 1 }
        let before = state.pointee.frame
        guard enter(closure, base: base, count: count, target: -1, isRoot: true) else { return false }
        // A generator function is done once its generator exists.
        if state.pointee.frame == before { return true }
        return execute() == .returned
    }

    /// Checks the arguments of a native and calls it. They stand at `base` and reach up to `base + count`.
    func callNative(
        _ native: UnsafeMutablePointer<NativeObject>, base: UnsafeMutablePointer<Value>, count: Int
    ) -> NativeOutcome {
        guard state.pointee.nativeDepth < state.pointee.limits.nativeDepth else {
            return fail("Native stack overflow") ? .value : .failure
        }
        let check = Int(native.pointee.parameterCheck)
        if check != 0, check > 0 ? check != count : count < -check {
            return fail("wrong number of parameters") ? .value : .failure
        }
        if native.pointee.signature.first != 0, !checkTypes(native.pointee.signature, base, count) {
            return .failure
        }
        guard base + count + Machine.headroom <= state.pointee.stackEnd,
            state.pointee.frame + 1 < state.pointee.framesEnd
        else {
            return fail("stack overflow") ? .value : .failure
        }
        push(Value(native), base: base, top: base + count, target: -1, isRoot: false)
        if let environment = native.pointee.environment { assign(base, environment.pointee.target) }
        state.pointee.nativeDepth += 1
        let outcome = state.pointee.natives[Int(native.pointee.body)](
            self, Arguments(base: base, count: count))
        state.pointee.nativeDepth -= 1
        leave()
        return state.pointee.fatal == .none ? outcome : .failure
    }

    private func checkTypes(_ signature: Signature, _ base: UnsafeMutablePointer<Value>, _ count: Int) -> Bool
    {
        for index in 0..<min(count, Signature.longest) {
            let mask = signature[index]
            if mask != 0 && mask & TypeMask.bit(of: base[index]) == 0 {
                return failParameter(index, mask: mask, found: base[index])
            }
        }
        return true
    }

    // MARK: Captured variables

    /// The outer for a stack slot, shared by all closures that capture it.
    func outer(at slot: UnsafeMutablePointer<Value>) -> UnsafeMutablePointer<OuterObject> {
        var previous: UnsafeMutablePointer<OuterObject>?
        var next = state.pointee.openOuters
        while let open = next, open.pointee.location >= slot {
            if open.pointee.location == slot { return open }
            previous = open
            next = open.pointee.nextOpen
        }
        let outer = allocate(MemoryLayout<OuterObject>.size).assumingMemoryBound(to: OuterObject.self)
        link(outer.asCollectable, .outer)
        outer.pointee.location = slot
        outer.pointee.value = .null
        outer.pointee.nextOpen = next
        // The list of open outers holds each of them.
        outer.asHeader.pointee.references = 1
        if let previous { previous.pointee.nextOpen = outer } else { state.pointee.openOuters = outer }
        return outer
    }

    /// Gives the outers from `slot` upwards their values to keep.
    @inline(never)
    func closeOuters(_ slot: UnsafeMutablePointer<Value>) {
        while let outer = state.pointee.openOuters, outer.pointee.location >= slot {
            let value = outer.pointee.location.pointee
            retain(value)
            outer.pointee.value = value
            outer.pointee.location = outer.pointer(to: \.value).unsafelyUnwrapped
            state.pointee.openOuters = outer.pointee.nextOpen
            release(outer.asHeader)
        }
    }

    /// Makes the closure of the function at hand's `index`-th inner function; its count is zero.
    func makeClosure(
        _ current: UnsafeMutablePointer<ClosureObject>, _ index: Int
    ) -> UnsafeMutablePointer<ClosureObject> {
        let prototype = current.pointee.prototype.pointee.functions[index]
        let closure = makeClosure(prototype)
        let base = state.pointee.base
        for index in 0..<Int(prototype.pointee.outerCount) {
            let source = prototype.pointee.outers[index]
            let captured =
                source.isLocal
                ? outer(at: base + Int(source.index)) : current.outers[Int(source.index)]
            captured?.asHeader.pointee.references &+= 1
            closure.outers[index] = captured
        }
        for index in 0..<Int(prototype.pointee.defaultCount) {
            let value = base[Int(prototype.pointee.defaults[index])]
            retain(value)
            closure.defaults[index] = value
        }
        return closure
    }
}
