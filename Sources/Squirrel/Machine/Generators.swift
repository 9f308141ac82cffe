/// Functions that give a value and wait.
extension Machine {
    /// The frame of a generator function was just entered: takes its arguments over into a generator and
    /// leaves the frame. Only the arguments: a generator that nobody resumes holds nothing else of its caller.
    func makeGenerator(_ closure: UnsafeMutablePointer<ClosureObject>, target: Int32) -> Bool {
        let generator = allocate(MemoryLayout<GeneratorObject>.size)
            .assumingMemoryBound(to: GeneratorObject.self)
        link(generator.asCollectable, .generator)
        generator.pointee.closure = Value(closure)
        closure.asHeader.pointee.references &+= 1
        generator.pointee.saved = nil
        generator.pointee.savedCount = 0
        generator.pointee.traps = nil
        generator.pointee.trapCount = 0
        generator.pointee.ip = UnsafePointer(closure.pointee.prototype.pointee.instructions)
        generator.pointee.state = .running
        let result = Value(generator)
        retain(result)
        var count = Int(closure.pointee.prototype.pointee.parameterCount)
        if state.pointee.defects.contains(.generatorsHoldTheirCaller) {
            count += copyCaller(
                behind: count, atMost: Int(closure.pointee.prototype.pointee.stackSize) - count)
        }
        save(generator, count: count)
        let isRoot = state.pointee.frame.pointee.isRoot
        leave()
        if isRoot {
            setResult(result)
        } else if target >= 0 {
            assign(state.pointee.base + Int(target), result)
        }
        release(result)
        return true
    }

    /// Copies the caller's variables behind the arguments.
    /// - Returns: how many.
    private func copyCaller(behind arguments: Int, atMost room: Int) -> Int {
        let base = state.pointee.base
        let offset = Int(state.pointee.frame.pointee.baseOffset)
        let count = max(min(room, offset - 1), 0)
        for index in 0..<count { assign(base + arguments + index, base[index + 1 - offset]) }
        return count
    }

    /// Moves the first `count` registers and the traps of the current frame into the generator. `this` is kept
    /// by weak reference, as upstream does.
    private func save(_ generator: UnsafeMutablePointer<GeneratorObject>, count: Int) {
        let base = state.pointee.base
        let saved = allocate(count * 8).assumingMemoryBound(to: Value.self)
        for index in 0..<count {
            saved[index] = base[index]
            base[index] = .null
        }
        let this = saved[0]
        if this.isReference {
            let weak = Value(weakReference(to: this))
            retain(weak)
            saved[0] = weak
            release(this)
        }
        generator.pointee.saved = saved
        generator.pointee.savedCount = Int32(count)
        let traps = Int(state.pointee.frame.pointee.trapCount)
        if traps > 0 {
            let kept = allocate(traps * MemoryLayout<ExceptionTrap>.stride)
                .assumingMemoryBound(to: ExceptionTrap.self)
            state.pointee.trapCount -= traps
            kept.update(from: state.pointee.traps + state.pointee.trapCount, count: traps)
            generator.pointee.traps = kept
            generator.pointee.trapCount = Int32(traps)
            state.pointee.frame.pointee.trapCount = 0
        }
        generator.pointee.state = .suspended
    }

    /// The generator of the current frame stops here until it is resumed; the frame is left by the caller.
    func suspend(_ generator: UnsafeMutablePointer<GeneratorObject>, count: Int) {
        if let ip = state.pointee.frame.pointee.ip { generator.pointee.ip = ip }
        // Captured variables would lose their places.
        if state.pointee.openOuters != nil { closeOuters(state.pointee.base) }
        save(generator, count: count)
    }

    /// Enters a suspended generator again. Its next value goes to the caller's register `target`.
    func resume(_ value: Value, target: Int32) -> Bool {
        guard value.tag == Value.Tag.generator else {
            return fail("trying to resume a '\(value.typeName)',only genenerator can be resumed")
        }
        let generator = value.generator
        switch generator.pointee.state {
        case .dead: return fail("resuming dead generator")
        case .running: return fail("resuming active generator")
        case .suspended: break
        }
        let closure = generator.pointee.closure.closure
        let base = state.pointee.top
        let size = Int(closure.pointee.prototype.pointee.stackSize)
        guard base + size + Machine.headroom <= state.pointee.stackEnd,
            state.pointee.frame + 1 < state.pointee.framesEnd
        else { return fail("stack overflow") }
        push(Value(closure), base: base, top: base + size, target: target, isRoot: false)
        let frame = state.pointee.frame
        frame.pointee.ip = generator.pointee.ip
        frame.pointee.literals = closure.pointee.prototype.pointee.literals
        // The frame keeps its generator alive through the run.
        generator.asHeader.pointee.references &+= 1
        frame.pointee.generator = generator
        guard let saved = generator.pointee.saved else { return fail("resuming dead generator") }
        let count = Int(generator.pointee.savedCount)
        for index in 0..<count { base[index] = saved[index] }
        if base[0].isWeakReference {
            let weak = base[0]
            let this = weak.weakReference.pointee.target
            retain(this)
            base[0] = this
            release(weak)
        }
        deallocate(saved, count * 8)
        generator.pointee.saved = nil
        generator.pointee.savedCount = 0
        if let traps = generator.pointee.traps {
            for index in 0..<Int(generator.pointee.trapCount) {
                var trap = traps[index]
                trap.base = base
                trap.top = base + size
                pushTrap(trap)
            }
            deallocate(traps, Int(generator.pointee.trapCount) * MemoryLayout<ExceptionTrap>.stride)
            generator.pointee.traps = nil
            generator.pointee.trapCount = 0
        }
        generator.pointee.state = .running
        return true
    }

    @inline(__always)
    func pushTrap(_ trap: ExceptionTrap) {
        if state.pointee.trapCount == state.pointee.trapCapacity { growTraps() }
        state.pointee.traps[state.pointee.trapCount] = trap
        state.pointee.trapCount &+= 1
        state.pointee.frame.pointee.trapCount &+= 1
    }

    @inline(never)
    private func growTraps() {
        let capacity = max(16, state.pointee.trapCapacity * 2)
        let traps = UnsafeMutablePointer<ExceptionTrap>.allocate(capacity: capacity)
        traps.update(from: state.pointee.traps, count: state.pointee.trapCount)
        state.pointee.traps.deallocate()
        state.pointee.traps = traps
        state.pointee.trapCapacity = capacity
    }
}
