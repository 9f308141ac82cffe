/// Values across the border between host and machine.
extension Machine {
    /// A host's value as the machine's, counted once for the caller. Objects of other machines become null.
    func owned(_ value: SquirrelValue) -> Value {
        let result: Value
        switch value {
        case .null: return .null
        case .bool(let bool): return Value(bool: bool)
        case .integer(let integer): return Value(integer: integer)
        case .float(let float): return Value(float: float)
        case .string(let string): result = Value(self.string(string.bytes))
        case .object(let object):
            guard object.life.machine?.state == state else { return .null }
            result = object.value
        }
        retain(result)
        return result
    }

    func exported(_ value: Value, _ life: MachineLife) -> SquirrelValue {
        switch value.tag {
        case Value.Tag.null: .null
        case Value.Tag.bool: .bool(value.bool)
        case Value.Tag.integer: .integer(value.integer)
        case Value.Tag.float: .float(value.float)
        case Value.Tag.string: .string(SquirrelString(Array(value.string.buffer)))
        default: .object(SquirrelObject(value, life: life))
        }
    }

    /// What is in `result`, for the host.
    func takeExported(_ life: MachineLife) -> SquirrelValue {
        let value = takeResult()
        defer { release(value) }
        return exported(value, life)
    }

    /// The error that just ended a call, for the host; it is over then.
    func takeError(_ life: MachineLife) -> SquirrelError {
        let value = state.pointee.lastError
        retain(value)
        defer { release(value) }
        let trace = state.pointee.trace ?? stackTrace()
        let fatal = state.pointee.fatal
        let cause: SquirrelError.Cause
        var message: String
        switch fatal {
        case .outOfMemory: (cause, message) = (.outOfMemory, "out of memory")
        case .instructionLimit: (cause, message) = (.instructionLimit, "instruction limit reached")
        case .stopped: (cause, message) = (.stopped(state.pointee.stopReason), state.pointee.stopReason)
        case .none: (cause, message) = (.thrown, "\(value.typeName)")
        }
        clearError()
        if fatal == .none {
            if toString(value) {
                let text = takeResult()
                message = String(decoding: text.string.buffer, as: UTF8.self)
                release(text)
            } else {
                clearError()
            }
        }
        // Inside of a run the end has to reach the outermost loop.
        if state.pointee.nativeDepth == 0 { state.pointee.fatal = .none }
        return SquirrelError(
            cause: cause, value: fatal == .none ? exported(value, life) : .null, message: message,
            callStack: trace)
    }
}
