/// Reading and writing fields of anything, with delegates, metamethods and the root table.
extension Machine {
    /// How asking somebody else for a field ended.
    enum Fallback {
        case found, notFound, failed
    }

    /// `object[key]`; the value goes to `result`.
    /// - Parameter fromRoot: whether the root table is asked last, as it is for names and `this`.
    func get(_ object: Value, _ key: Value, fromRoot: Bool) -> Bool {
        switch object.tag {
        case Value.Tag.table:
            if let node = find(object.table, key) {
                setResult(node.pointee.value.strong)
                return true
            }
        case Value.Tag.array:
            guard key.isNumber else { break }
            let index = Int(key.asInteger)
            guard index >= 0, index < Int(object.array.pointee.count) else { return failIndex(key) }
            setResult(object.array.pointee.elements.unsafelyUnwrapped[index].strong)
            return true
        case Value.Tag.instance:
            if let value = field(of: object.instance, key) {
                setResult(value)
                return true
            }
            if key.isInteger, !object.instance.pointee.type.pointee.hasOwnIndexing,
                let blob = object.instance.blob
            {
                let index = key.integer
                guard index >= 0, index < blob.pointee.count else { return fail("index out of range") }
                setResult(Value(integer: Int32(blob.pointee.bytes[Int(index)])))
                return true
            }
        case Value.Tag.class:
            let type = object.classObject
            if let index = memberIndex(type, key) {
                let value = member(type, index).pointee.value
                setResult(index & Machine.fieldFlag != 0 ? value.strong : value)
                return true
            }
        case Value.Tag.string:
            guard key.isNumber else { break }
            let index = Int(key.asInteger)
            guard index >= 0, index < object.string.count else { return failIndex(key) }
            setResult(Value(integer: Int32(object.string.bytes[index])))
            return true
        default:
            break
        }
        switch fallBackGet(object, key) {
        case .found: return true
        case .failed: return false
        case .notFound: break
        }
        if let delegate = defaultDelegate(object), let node = find(delegate, key) {
            setResult(node.pointee.value)
            return true
        }
        if fromRoot, let root = state.pointee.root, let node = find(root, key) {
            setResult(node.pointee.value.strong)
            return true
        }
        return failIndex(key)
    }

    /// A field or method of an instance, not counted.
    @inline(__always)
    func field(of instance: UnsafeMutablePointer<InstanceObject>, _ key: Value) -> Value? {
        let type = instance.pointee.type
        guard let index = memberIndex(type, key) else { return nil }
        if index & Machine.fieldFlag != 0 {
            return instance.fields[Int(index & Machine.indexMask)].strong
        }
        return type.pointee.methods.unsafelyUnwrapped[Int(index & Machine.indexMask)].value
    }

    /// The table with the built-in methods of a type.
    func defaultDelegate(_ value: Value) -> UnsafeMutablePointer<TableObject>? {
        switch value.tag {
        case Value.Tag.integer, Value.Tag.float, Value.Tag.bool: return state.pointee.numberDelegate
        case Value.Tag.string: return state.pointee.stringDelegate
        case Value.Tag.table: return state.pointee.tableDelegate
        case Value.Tag.array: return state.pointee.arrayDelegate
        case Value.Tag.function: return state.pointee.functionDelegate
        case Value.Tag.generator: return state.pointee.generatorDelegate
        case Value.Tag.class: return state.pointee.classDelegate
        case Value.Tag.instance: return state.pointee.instanceDelegate
        case Value.Tag.weakReference: return state.pointee.weakReferenceDelegate
        default: return nil
        }
    }

    private func fallBackGet(_ object: Value, _ key: Value) -> Fallback {
        if object.isInstance {
            guard let method = metamethod(.get, of: object) else { return .notFound }
            return ask(method, object, key)
        }
        guard object.isTable, let first = object.table.pointee.delegate else { return .notFound }
        // The delegates themselves, and what every table can do.
        var chain = [object.table]
        var next: UnsafeMutablePointer<TableObject>? = first
        while let table = next {
            if let node = find(table, key) {
                setResult(node.pointee.value.strong)
                return .found
            }
            chain.append(table)
            next = table.pointee.delegate
        }
        if let delegate = state.pointee.tableDelegate, let node = find(delegate, key) {
            setResult(node.pointee.value)
            return .found
        }
        // Then `_get`, the innermost delegate's first; the last refusal counts.
        var outcome = Fallback.notFound
        for table in chain.dropLast().reversed() {
            guard let method = metamethod(.get, of: Value(table)) else {
                outcome = .notFound
                continue
            }
            outcome = ask(method, Value(table), key)
            if outcome == .found { return .found }
        }
        return outcome
    }

    /// Calls `_get`. Throwing null says "not found".
    private func ask(_ method: Value, _ object: Value, _ key: Value) -> Fallback {
        if callMetamethod(method, object, key) { return .found }
        if state.pointee.fatal != .none { return .failed }
        if !state.pointee.lastError.isNull { return .failed }
        clearError()
        return .notFound
    }

    /// `object[key] = value`.
    func set(_ object: Value, _ key: Value, _ value: Value, intoRoot: Bool) -> Bool {
        switch object.tag {
        case Value.Tag.table:
            if let node = find(object.table, key) {
                assign(node.pointer(to: \.value).unsafelyUnwrapped, value)
                return true
            }
        case Value.Tag.instance:
            let instance = object.instance
            if let index = memberIndex(instance.pointee.type, key), index & Machine.fieldFlag != 0 {
                assign(instance.fields + Int(index & Machine.indexMask), value)
                return true
            }
            if key.isInteger, !instance.pointee.type.pointee.hasOwnIndexing, let blob = instance.blob {
                guard value.isNumber else {
                    return failParameter(2, mask: TypeMask.number, found: value)
                }
                let index = key.integer
                guard index >= 0, index < blob.pointee.count else { return fail("index out of range") }
                blob.pointee.bytes[Int(index)] = UInt8(truncatingIfNeeded: value.asInteger)
                return true
            }
        case Value.Tag.array:
            guard key.isNumber else {
                return fail("indexing \(object.typeName) with \(key.typeName)")
            }
            let index = Int(key.asInteger)
            guard index >= 0, index < Int(object.array.pointee.count) else { return failIndex(key) }
            assign(object.array.pointee.elements.unsafelyUnwrapped + index, value)
            return true
        case Value.Tag.class:
            guard !state.pointee.defects.contains(.classPropertiesHaveNoMessage) else {
                return fail("trying to set '\(object.typeName)'")
            }
            return fail(
                bytes: Array("cannot set the property '".utf8)
                    + (key.isString ? Array(key.string.buffer) : [])
                    + Array(
                        "' of a class: only its instances can be changed (a class gets new properties by <-)"
                            .utf8))
        default:
            return fail("trying to set '\(object.typeName)'")
        }
        switch fallBackSet(object, key, value) {
        case .found: return true
        case .failed: return false
        case .notFound: break
        }
        if intoRoot, let root = state.pointee.root, let node = find(root, key) {
            assign(node.pointer(to: \.value).unsafelyUnwrapped, value)
            return true
        }
        return failIndex(key)
    }

    private func fallBackSet(_ object: Value, _ key: Value, _ value: Value) -> Fallback {
        var chain = [object]
        if object.isTable {
            var next = object.table.pointee.delegate
            while let table = next {
                if let node = find(table, key) {
                    assign(node.pointer(to: \.value).unsafelyUnwrapped, value)
                    return .found
                }
                chain.append(Value(table))
                next = table.pointee.delegate
            }
        }
        var outcome = Fallback.notFound
        for holder in chain.reversed() {
            guard let method = metamethod(.set, of: holder) else {
                outcome = .notFound
                continue
            }
            if callMetamethod(method, holder, key, value) {
                dropResult()
                return .found
            }
            if state.pointee.fatal != .none { return .failed }
            if state.pointee.lastError.isNull {
                clearError()
                outcome = .notFound
            } else {
                outcome = .failed
            }
        }
        return outcome
    }

    /// Drops what a metamethod returned where its value means nothing.
    private func discarding(_ succeeded: Bool) -> Bool {
        if succeeded { dropResult() }
        return succeeded
    }

    /// `object[key] <- value`.
    func newSlot(_ object: Value, _ key: Value, _ value: Value, isStatic: Bool = false) -> Bool {
        if key.isNull { return fail("null cannot be used as index") }
        switch object.tag {
        case Value.Tag.table:
            if object.table.pointee.delegate != nil, find(object.table, key) == nil,
                let method = metamethod(.newSlot, of: object)
            {
                return discarding(callMetamethod(method, object, key, value))
            }
            put(object.table, key, value)
            return state.pointee.fatal == .none
        case Value.Tag.instance:
            if let method = metamethod(.newSlot, of: object) {
                return discarding(callMetamethod(method, object, key, value))
            }
            return fail("class instances do not support the new slot operator")
        case Value.Tag.class:
            if newMember(object.classObject, key, value, isStatic: isStatic) { return true }
            return fail("trying to modify a class that has already been instantiated")
        default:
            return fail("indexing \(object.typeName) with \(key.typeName)")
        }
    }

    /// A member as a class body states it, with attributes.
    func newMember(
        _ object: Value, _ key: Value, _ value: Value, attributes: Value, isStatic: Bool, raw: Bool = false
    ) -> Bool {
        guard object.isClass else { return fail("object must be a class") }
        let type = object.classObject
        if !raw {
            let method = type.pointee.metamethods[Metamethod.newMember.rawValue]
            if !method.isNull, !isActive(method, object) {
                return discarding(
                    callMetamethod(method, [object, key, value, attributes, Value(bool: isStatic)]))
            }
        }
        guard newSlot(object, key, value, isStatic: isStatic) else { return false }
        if !attributes.isNull, let index = memberIndex(type, key) {
            assign(member(type, index).pointer(to: \.attributes).unsafelyUnwrapped, attributes)
        }
        return true
    }

    /// `delete object[key]`; the old value goes to `result`.
    func deleteSlot(_ object: Value, _ key: Value) -> Bool {
        guard object.isTable || object.isInstance else {
            return fail("attempt to delete a slot from a \(object.typeName)")
        }
        if let method = metamethod(.deleteSlot, of: object) {
            return callMetamethod(method, object, key)
        }
        guard object.isTable else { return fail("cannot delete a slot from \(object.typeName)") }
        return remove(object.table, key) || failIndex(key)
    }

    /// `key in object`: only what the object itself holds; no delegate and no metamethod is asked.
    func exists(_ object: Value, _ key: Value) -> Bool {
        switch object.tag {
        case Value.Tag.table: return find(object.table, key) != nil
        case Value.Tag.array:
            return key.isNumber && key.asInteger >= 0 && key.asInteger < object.array.pointee.count
        case Value.Tag.instance: return memberIndex(object.instance.pointee.type, key) != nil
        case Value.Tag.class: return memberIndex(object.classObject, key) != nil
        case Value.Tag.string:
            return key.isNumber && key.asInteger >= 0 && Int(key.asInteger) < object.string.count
        default: return false
        }
    }

    /// `clone object`; the copy goes to `result`.
    func clone(_ object: Value) -> Bool {
        let copied: Value
        switch object.tag {
        case Value.Tag.table:
            copied = Value(copy(object.table))
        case Value.Tag.instance:
            copied = Value(copy(object.instance))
            retain(copied)
            guard clonePayload(from: object.instance, to: copied.instance) else {
                release(copied)
                return false
            }
            copied.header.pointee.references &-= 1
        case Value.Tag.array:
            let source = object.array
            guard let array = makeArray(Int(source.pointee.count)) else { return false }
            for index in 0..<Int(source.pointee.count) {
                let value = source.pointee.elements.unsafelyUnwrapped[index]
                retain(value)
                array.pointee.elements.unsafelyUnwrapped[index] = value
            }
            setResult(Value(array))
            return true
        default:
            return fail("cloning a \(object.typeName)")
        }
        retain(copied)
        if let method = metamethod(.cloned, of: copied) {
            guard callMetamethod(method, copied, object) else {
                release(copied)
                return false
            }
        }
        setResult(copied)
        release(copied)
        return true
    }

    private func clonePayload(
        from original: UnsafeMutablePointer<InstanceObject>, to copied: UnsafeMutablePointer<InstanceObject>
    ) -> Bool {
        switch original.pointee.payloadKind {
        case .none:
            return true
        case .blob:
            guard let blob = original.blob else { return true }
            guard attachBlob(copied, count: Int(blob.pointee.count)), let new = copied.blob else {
                return false
            }
            new.pointee.bytes.update(from: blob.pointee.bytes, count: Int(blob.pointee.count))
            return true
        case .expression, .host:
            if let payload = original.pointee.payload {
                copied.pointee.payload = payload
                _ = Unmanaged<AnyObject>.fromOpaque(payload).retain()
            }
            return true
        }
    }
}
