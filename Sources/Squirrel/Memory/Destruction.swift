/// What happens when nobody counts on an object any more.
extension Machine {
    /// Frees an object and whatever only it held, without recursion however long the chain is.
    @inline(never)
    func destroy(_ header: UnsafeMutablePointer<ObjectHeader>) {
        if header.pointee.flags & ObjectHeader.doomed != 0 { return }
        if state.pointee.isDestroying {
            header.pointee.flags |= ObjectHeader.doomed
            state.pointee.doomed.append(header)
            return
        }
        state.pointee.isDestroying = true
        dismantle(header)
        while let next = state.pointee.doomed.popLast() {
            dismantle(next)
        }
        state.pointee.isDestroying = false
    }

    private func forgetWeakReference(_ header: UnsafeMutablePointer<ObjectHeader>) {
        guard header.pointee.flags & ObjectHeader.hasWeakReference != 0 else { return }
        if header.pointee.kind == .string {
            let string = UnsafeMutableRawPointer(header).assumingMemoryBound(to: StringObject.self)
            state.pointee.stringWeak.removeValue(forKey: string)?.pointee.target = .null
        } else {
            UnsafeMutableRawPointer(header).assumingMemoryBound(to: CollectableHeader.self)
                .pointee.weak?.pointee.target = .null
        }
    }

    private func dismantle(_ header: UnsafeMutablePointer<ObjectHeader>) {
        forgetWeakReference(header)
        let raw = UnsafeMutableRawPointer(header)
        let kind = header.pointee.kind
        switch kind {
        case .string:
            removeString(raw.assumingMemoryBound(to: StringObject.self))
            return
        case .weakReference:
            dismantle(weak: raw.assumingMemoryBound(to: WeakReferenceObject.self))
            return
        case .prototype:
            dismantle(prototype: raw.assumingMemoryBound(to: PrototypeObject.self))
            return
        default:
            break
        }
        let collectable = raw.assumingMemoryBound(to: CollectableHeader.self)
        unlink(collectable)
        letGo(collectable)
        deallocate(raw, sizeOf(collectable))
    }

    private func dismantle(weak: UnsafeMutablePointer<WeakReferenceObject>) {
        let target = weak.pointee.target
        if target.isReference {
            target.header.pointee.flags &= ~ObjectHeader.hasWeakReference
            if target.isString {
                state.pointee.stringWeak.removeValue(forKey: target.string)
            } else {
                target.header.withMemoryRebound(to: CollectableHeader.self, capacity: 1) {
                    $0.pointee.weak = nil
                }
            }
        }
        deallocate(weak, MemoryLayout<WeakReferenceObject>.size)
    }

    private func dismantle(prototype: UnsafeMutablePointer<PrototypeObject>) {
        let p = prototype.pointee
        for index in 0..<Int(p.literalCount) { release(p.literals[index]) }
        for index in 0..<Int(p.functionCount) { release(p.functions[index].asHeader) }
        release(p.name)
        freePrototypeStorage(prototype)
        deallocate(prototype, MemoryLayout<PrototypeObject>.size)
    }

    /// Bytes of the object itself, without what it points to.
    func sizeOf(_ object: UnsafeMutablePointer<CollectableHeader>) -> Int {
        let raw = UnsafeMutableRawPointer(object)
        switch object.pointee.header.kind {
        case .table: return MemoryLayout<TableObject>.size
        case .array: return MemoryLayout<ArrayObject>.size
        case .outer: return MemoryLayout<OuterObject>.size
        case .native: return MemoryLayout<NativeObject>.size
        case .generator: return MemoryLayout<GeneratorObject>.size
        case .type: return MemoryLayout<ClassObject>.size
        case .closure:
            // The prototype may be gone by now.
            return MemoryLayout<ClosureObject>.stride + 8 * Int(object.pointee.header.extent)
        case .instance:
            let instance = raw.assumingMemoryBound(to: InstanceObject.self)
            return MemoryLayout<InstanceObject>.stride + 8 * Int(instance.pointee.fieldCount)
        case .string, .weakReference, .prototype: return 0
        }
    }

    /// Drops every reference that an object holds and frees its side storage; the object stays allocated.
    /// Safe to do twice.
    func letGo(_ object: UnsafeMutablePointer<CollectableHeader>) {
        let raw = UnsafeMutableRawPointer(object)
        switch object.pointee.header.kind {
        case .table:
            let table = raw.assumingMemoryBound(to: TableObject.self)
            freeNodes(table)
            if let delegate = table.pointee.delegate {
                table.pointee.delegate = nil
                release(delegate.asHeader)
            }
        case .array:
            let array = raw.assumingMemoryBound(to: ArrayObject.self)
            if let elements = array.pointee.elements {
                let (count, capacity) = (Int(array.pointee.count), Int(array.pointee.capacity))
                array.pointee.elements = nil
                array.pointee.count = 0
                array.pointee.capacity = 0
                for index in 0..<count { release(elements[index]) }
                deallocate(elements, capacity * 8)
            }
        case .outer:
            let outer = raw.assumingMemoryBound(to: OuterObject.self)
            let value = outer.pointee.value
            outer.pointee.value = .null
            release(value)
        case .closure:
            letGo(closure: raw.assumingMemoryBound(to: ClosureObject.self))
        case .native:
            let native = raw.assumingMemoryBound(to: NativeObject.self)
            let (name, environment) = (native.pointee.name, native.pointee.environment)
            native.pointee.name = nil
            native.pointee.environment = nil
            if let name { release(name.asHeader) }
            if let environment {
                if native.pointee.head.header.flags & ObjectHeader.holdsEnvironment != 0 {
                    release(environment.pointee.target)
                }
                release(environment.asHeader)
            }
        case .generator:
            let generator = raw.assumingMemoryBound(to: GeneratorObject.self)
            kill(generator)
        case .type:
            letGo(type: raw.assumingMemoryBound(to: ClassObject.self))
        case .instance:
            letGo(instance: raw.assumingMemoryBound(to: InstanceObject.self))
        case .string, .weakReference, .prototype:
            break
        }
    }

    private func letGo(closure: UnsafeMutablePointer<ClosureObject>) {
        guard closure.pointee.head.header.flags & ObjectHeader.emptied == 0 else { return }
        closure.pointee.head.header.flags |= ObjectHeader.emptied
        let prototype = closure.pointee.prototype
        for index in 0..<Int(prototype.pointee.outerCount) {
            if let outer = closure.outers[index] { release(outer.asHeader) }
        }
        for index in 0..<Int(prototype.pointee.defaultCount) { release(closure.defaults[index]) }
        if let environment = closure.pointee.environment {
            if closure.pointee.head.header.flags & ObjectHeader.holdsEnvironment != 0 {
                release(environment.pointee.target)
            }
            release(environment.asHeader)
        }
        if let base = closure.pointee.base { release(base.asHeader) }
        release(prototype.asHeader)
    }

    private func letGo(type: UnsafeMutablePointer<ClassObject>) {
        guard type.pointee.head.header.flags & ObjectHeader.emptied == 0 else { return }
        type.pointee.head.header.flags |= ObjectHeader.emptied
        let c = type.pointee
        type.pointee.fields = nil
        type.pointee.methods = nil
        if let fields = c.fields {
            for index in 0..<Int(c.fieldCount) {
                release(fields[index].value)
                release(fields[index].attributes)
            }
            deallocate(fields, Int(c.fieldCapacity) * MemoryLayout<ClassMember>.stride)
        }
        if let methods = c.methods {
            for index in 0..<Int(c.methodCount) {
                release(methods[index].value)
                release(methods[index].attributes)
            }
            deallocate(methods, Int(c.methodCapacity) * MemoryLayout<ClassMember>.stride)
        }
        for index in 0..<Metamethod.count { release(c.metamethods[index]) }
        deallocate(c.metamethods, Metamethod.count * 8)
        release(c.attributes)
        release(c.members.asHeader)
        if let base = c.base { release(base.asHeader) }
    }

    private func letGo(instance: UnsafeMutablePointer<InstanceObject>) {
        guard instance.pointee.head.header.flags & ObjectHeader.emptied == 0 else { return }
        instance.pointee.head.header.flags |= ObjectHeader.emptied
        freePayload(instance)
        for index in 0..<Int(instance.pointee.fieldCount) {
            let value = instance.fields[index]
            instance.fields[index] = .null
            release(value)
        }
        release(instance.pointee.type.asHeader)
    }

    /// Frees a blob's bytes or lets go of a host object.
    func freePayload(_ instance: UnsafeMutablePointer<InstanceObject>) {
        let payload = instance.pointee.payload
        instance.pointee.payload = nil
        guard let payload else { return }
        switch instance.pointee.payloadKind {
        case .blob:
            let blob = payload.assumingMemoryBound(to: BlobStorage.self)
            deallocate(blob.pointee.bytes, Int(blob.pointee.capacity))
            deallocate(blob, MemoryLayout<BlobStorage>.size)
        case .expression, .host:
            Unmanaged<AnyObject>.fromOpaque(payload).release()
        case .none:
            break
        }
    }

    /// Ends a generator and drops what it saved.
    func kill(_ generator: UnsafeMutablePointer<GeneratorObject>) {
        generator.pointee.state = .dead
        dropSaved(generator)
        let closure = generator.pointee.closure
        generator.pointee.closure = .null
        release(closure)
    }

    /// Frees the registers and traps that a generator keeps while it is suspended.
    func dropSaved(_ generator: UnsafeMutablePointer<GeneratorObject>) {
        if let saved = generator.pointee.saved {
            let count = Int(generator.pointee.savedCount)
            generator.pointee.saved = nil
            generator.pointee.savedCount = 0
            for index in 0..<count { release(saved[index]) }
            deallocate(saved, count * 8)
        }
        if let traps = generator.pointee.traps {
            deallocate(traps, Int(generator.pointee.trapCount) * MemoryLayout<ExceptionTrap>.stride)
            generator.pointee.traps = nil
            generator.pointee.trapCount = 0
        }
    }
}
