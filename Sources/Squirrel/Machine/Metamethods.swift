/// Finding and calling metamethods.
extension Machine {
    /// The metamethod of a table's delegate or an instance's class; nil as well while it is running for the
    /// same object, because a metamethod does not call itself.
    func metamethod(_ which: Metamethod, of object: Value) -> Value? {
        let found: Value
        if object.isInstance {
            found = object.instance.pointee.type.pointee.metamethods[which.rawValue]
            if found.isNull { return nil }
        } else if object.isTable {
            guard let delegate = object.table.pointee.delegate,
                let node = find(delegate, string: state.pointee.metamethodNames[which.rawValue])
            else { return nil }
            found = node.pointee.value.strong
        } else {
            return nil
        }
        return isActive(found, object) ? nil : found
    }

    @inline(__always)
    func isActive(_ method: Value, _ object: Value) -> Bool {
        var index = state.pointee.activeCount - 1
        while index >= 0 {
            let running = state.pointee.active[index]
            if running.function == method.bits && running.subject == object.bits {
                return !state.pointee.defects.contains(.metamethodsEnterThemselves)
            }
            index -= 1
        }
        return false
    }

    /// Notes that a metamethod runs for an object; every `true` needs an `endMetamethod`.
    @inline(__always)
    private func beginMetamethod(_ method: Value, _ object: Value) -> Bool {
        let count = state.pointee.activeCount
        guard count < Machine.deepestNesting else { return fail("Native stack overflow") }
        state.pointee.active[count] = ActiveMetamethod(function: method.bits, subject: object.bits)
        state.pointee.activeCount = count &+ 1
        return true
    }

    /// Calls a metamethod, `this` first; the value goes to `result`.
    func callMetamethod(_ method: Value, _ object: Value) -> Bool {
        guard beginMetamethod(method, object) else { return false }
        defer { state.pointee.activeCount &-= 1 }
        return call(method, object)
    }

    func callMetamethod(_ method: Value, _ object: Value, _ first: Value) -> Bool {
        guard beginMetamethod(method, object) else { return false }
        defer { state.pointee.activeCount &-= 1 }
        return call(method, object, first)
    }

    func callMetamethod(_ method: Value, _ object: Value, _ first: Value, _ second: Value) -> Bool {
        guard beginMetamethod(method, object) else { return false }
        defer { state.pointee.activeCount &-= 1 }
        return call(method, object, first, second)
    }

    func callMetamethod(_ method: Value, _ arguments: [Value]) -> Bool {
        guard let object = arguments.first, beginMetamethod(method, object) else { return false }
        defer { state.pointee.activeCount &-= 1 }
        return call(method, arguments)
    }

    /// The most metamethods that may be active in one another.
    static let deepestNesting = 200
}
