extension SquirrelVM {
    /// A new table.
    public func makeTable(_ slots: [(String, SquirrelValue)] = []) -> SquirrelObject {
        let table = SquirrelObject(Value(machine.makeTable(slots.count)), life: life)
        for (name, value) in slots { table[name] = value }
        return table
    }

    /// A new array; empty if the memory limit does not let it be larger.
    public func makeArray(_ elements: [SquirrelValue] = []) -> SquirrelObject {
        let made = machine.makeArray(0, reserving: elements.count)
        guard let array = made ?? machine.makeArray(0) else { return makeTable() }
        let object = SquirrelObject(Value(array), life: life)
        if made != nil { for element in elements { object.append(element) } }
        return object
    }

    /// A new blob with these bytes, its position at the beginning.
    public func makeBlob(_ bytes: [UInt8]) -> SquirrelObject {
        guard let blob = machine.makeBlob(count: 0) else { return makeTable() }
        let object = SquirrelObject(Value(blob), life: life)
        object.bytes = bytes
        return object
    }

    /// A function of the host.
    /// - Parameters:
    ///   - parameters: refused with "wrong number of parameters" when it does not fit.
    ///   - types: upstream's letters, the first for `this`; refused with the names of the types expected.
    public func makeFunction(
        _ name: String, parameters: Parameters = .any, types: String = "", _ body: @escaping NativeBody
    ) -> SquirrelObject {
        SquirrelObject(native(name, parameters, types, body), life: life)
    }

    /// A table of functions of the host.
    public func makeTable(functions: [NativeMethod]) -> SquirrelObject {
        let table = SquirrelObject(Value(machine.makeTable(functions.count)), life: life)
        for function in functions {
            table[function.name] = .object(
                makeFunction(
                    function.name, parameters: function.parameters, types: function.types, function.body))
        }
        return table
    }

    private func native(
        _ name: String, _ parameters: Parameters, _ types: String, _ body: @escaping NativeBody
    ) -> Value {
        let index = machine.addNative { machine, arguments in
            guard let vm = machine.state.pointee.host?.takeUnretainedValue() else { return .failure }
            return vm.perform(body, arguments)
        }
        return Value(
            machine.makeNative(
                name: machine.string(name), body: index, check: parameters.check,
                signature: Signature(types)))
    }

    private func perform(_ body: NativeBody, _ arguments: Arguments) -> NativeOutcome {
        do {
            let value = machine.owned(try body(NativeCall(vm: self, arguments: arguments)))
            machine.assignOwned(machine.state.pointer(to: \.result).unsafelyUnwrapped, value)
            return .value
        } catch let suspension as Suspension {
            pendingRequest = suspension.request.value
            return .suspend
        } catch let error as SquirrelError {
            if !error.isFatal {
                let value = machine.owned(error.value)
                _ = machine.raise(value)
                machine.release(value)
                if !error.callStack.isEmpty {
                    // It comes from further in: its place is kept.
                    machine.state.pointee.isUnwinding = true
                    machine.state.pointee.trace = error.callStack
                }
            }
            return .failure
        } catch {
            return machine.refuse("\(error)")
        }
    }

    /// A class with native methods. Its instances can carry a host object.
    public func makeClass(
        _ name: String, base: SquirrelObject? = nil, methods: [NativeMethod]
    ) -> SquirrelObject {
        let parent = base?.kind == .class ? base?.value.classObject : nil
        let type = machine.makeClass(base: parent)
        if type.pointee.payloadKind == .none { type.pointee.payloadKind = .host }
        let object = SquirrelObject(Value(type), life: life)
        for method in methods {
            let function = native(method.name, method.parameters, method.types, method.body)
            machine.retain(function)
            _ = machine.newMember(type, Value(machine.string(method.name)), function, isStatic: false)
            machine.release(function)
        }
        return object
    }

    /// An instance, without running its constructor.
    public func makeInstance(
        of type: SquirrelObject, payload: AnyObject? = nil
    ) throws(SquirrelError) -> SquirrelObject {
        guard type.kind == .class, type.life.machine != nil else {
            throw SquirrelError.thrown("cannot make an instance of a \(type.kind.rawValue)")
        }
        let instance = SquirrelObject(Value(machine.makeInstance(type.value.classObject)), life: life)
        instance.payload = payload
        return instance
    }
}
