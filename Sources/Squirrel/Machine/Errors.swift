/// Raising errors. All of these store the error and return false, for `return fail(…)`.
extension Machine {
    func raise(_ value: Value) -> Bool {
        assign(state.pointer(to: \.lastError).unsafelyUnwrapped, value)
        return false
    }

    @inline(never)
    func fail(_ message: String) -> Bool {
        raise(Value(string(message)))
    }

    @inline(never)
    func fail(bytes: [UInt8]) -> Bool {
        raise(Value(string(bytes)))
    }

    /// Forgets an error that somebody dealt with.
    func clearError() {
        assign(state.pointer(to: \.lastError).unsafelyUnwrapped, .null)
        state.pointee.isUnwinding = false
        state.pointee.trace = nil
    }

    /// A key or operand as error sentences show it, at most 50 bytes of it.
    private func shown(_ value: Value) -> [UInt8] {
        if value.isString { return Array(value.string.buffer.prefix { $0 != 0 }.prefix(50)) }
        if value.isInteger { return Array(String(value.integer).utf8) }
        if value.isFloat { return NumberText.format(Double(value.float), digits: 14) }
        return Array("\(value.typeName)".utf8)
    }

    @inline(never)
    func failIndex(_ key: Value) -> Bool {
        fail(bytes: Array("the index '".utf8) + shown(key) + Array("' does not exist".utf8))
    }

    @inline(never)
    func failComparison(_ left: Value, _ right: Value) -> Bool {
        fail(
            bytes: Array("comparison between '".utf8) + shown(left) + Array("' and '".utf8) + shown(right)
                + Array("'".utf8))
    }

    @inline(never)
    func failParameter(_ index: Int, mask: UInt16, found: Value) -> Bool {
        fail(
            "parameter \(index) has an invalid type '\(found.typeName)' ; expected: '\(TypeMask.names(mask))'"
        )
    }

    // MARK: Where

    func frameDescription(_ frame: UnsafeMutablePointer<CallFrame>) -> StackFrame? {
        guard frame.pointee.function.isFunction else { return nil }
        return describe(frame.pointee.function, ip: instructionIndex(frame))
    }

    private func instructionIndex(_ frame: UnsafeMutablePointer<CallFrame>) -> Int {
        let function = frame.pointee.function
        guard function.header.pointee.kind == .closure, let ip = frame.pointee.ip else { return 0 }
        return ip - UnsafePointer(function.closure.pointee.prototype.pointee.instructions)
    }

    func describe(_ function: Value, ip: Int) -> StackFrame {
        if function.header.pointee.kind == .native {
            let name = function.native.pointee.name.map { String(decoding: $0.buffer, as: UTF8.self) }
            return StackFrame(function: name ?? "unknown", file: "NATIVE", line: 0)
        }
        return function.closure.pointee.prototype.pointee.template._withUnsafeGuaranteedRef { template in
            StackFrame(
                function: template.name.map { String(decoding: $0, as: UTF8.self) } ?? "unknown",
                file: template.file, line: template.line(before: ip))
        }
    }

    /// The active functions, innermost first; a long middle is left out.
    func stackTrace() -> [StackFrame] {
        var result: [StackFrame] = []
        var frame = state.pointee.frame
        let depth = frame - state.pointee.frames
        var index = 0
        while frame > state.pointee.frames {
            if index < 100 || depth - index <= 20, let description = frameDescription(frame) {
                result.append(description)
            }
            frame -= 1
            index += 1
        }
        return result
    }

    /// Notes where an exception began its way, once.
    func noteOrigin() {
        guard !state.pointee.isUnwinding else { return }
        state.pointee.isUnwinding = true
        state.pointee.trace = nil
        let frame = state.pointee.frame
        let old = state.pointee.origin
        let new = ExceptionOrigin(
            value: state.pointee.lastError, function: frame.pointee.function, ip: instructionIndex(frame))
        retain(new.value)
        retain(new.function)
        state.pointee.origin = new
        release(old.value)
        release(old.function)
    }

    func forgetOrigin() {
        let old = state.pointee.origin
        state.pointee.origin = ExceptionOrigin(value: .null, function: .null, ip: 0)
        release(old.value)
        release(old.function)
    }

    /// Goes back to the innermost `try` of this interpreter loop.
    /// - Returns: false when there is none; the loop's frames are gone then.
    @inline(never)
    func unwind() -> Bool {
        noteOrigin()
        let isFatal = state.pointee.fatal != .none
        if state.pointee.trace == nil, isFatal || !isCaughtHere() { state.pointee.trace = stackTrace() }
        while true {
            let frame = state.pointee.frame
            let traps = Int(frame.pointee.trapCount)
            if traps > 0 && !isFatal {
                state.pointee.trapCount -= 1
                frame.pointee.trapCount -= 1
                let trap = state.pointee.traps[state.pointee.trapCount]
                frame.pointee.ip = trap.handler
                // Closures made in the block keep its variables; the registers go to the handler.
                if state.pointee.openOuters != nil { closeOuters(trap.base + Int(trap.register)) }
                assign(trap.base + Int(trap.register), state.pointee.lastError)
                clearError()
                return true
            }
            state.pointee.trapCount -= traps
            let generator = frame.pointee.generator
            let isRoot = frame.pointee.isRoot
            if let generator { kill(generator) }
            leave()
            if let generator { release(generator.asHeader) }
            if isRoot { return false }
        }
    }

    /// Whether a frame of this interpreter loop has a trap.
    private func isCaughtHere() -> Bool {
        var frame = state.pointee.frame
        while true {
            if frame.pointee.trapCount > 0 { return true }
            if frame.pointee.isRoot { return false }
            frame -= 1
        }
    }
}
