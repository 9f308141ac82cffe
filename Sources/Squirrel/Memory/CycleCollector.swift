/// Finds objects that only hold each other. Counting frees everything else as it goes.
///
/// Every object's count is compared with the references found inside of other objects. Whatever has more is
/// held from outside (a register, the host, a native's local), and everything reachable from there lives.
/// The rest is emptied and goes. No list of roots is needed, so no root can be forgotten.
extension Machine {
    /// - Returns: how many objects were freed.
    @discardableResult
    func collectCycles() -> Int {
        guard !state.pointee.isDestroying else { return 0 }
        forEachObject { object in
            object.pointee.header.scratch = object.pointee.header.references
            object.pointee.header.flags &= ~ObjectHeader.reached
        }
        forEachObject { object in
            forEachChild(of: object) { child in child.pointee.header.scratch &-= 1 }
        }
        var pending: [UnsafeMutablePointer<CollectableHeader>] = []
        forEachObject { object in
            // A count of zero is an object so new that nobody has counted it yet.
            if object.pointee.header.scratch > 0 || object.pointee.header.references == 0 {
                object.pointee.header.flags |= ObjectHeader.reached
                pending.append(object)
            }
        }
        while let object = pending.popLast() {
            forEachChild(of: object) { child in
                if child.pointee.header.flags & ObjectHeader.reached == 0 {
                    child.pointee.header.flags |= ObjectHeader.reached
                    pending.append(child)
                }
            }
        }
        var lost: [UnsafeMutablePointer<CollectableHeader>] = []
        forEachObject { object in
            if object.pointee.header.flags & ObjectHeader.reached == 0 { lost.append(object) }
        }
        // Held while they are emptied, so that none is freed under the loop's hands.
        for object in lost { object.pointee.header.references &+= 1 }
        for object in lost { letGo(object) }
        for object in lost {
            release(UnsafeMutableRawPointer(object).assumingMemoryBound(to: ObjectHeader.self))
        }
        return lost.count
    }

    private func forEachObject(_ body: (UnsafeMutablePointer<CollectableHeader>) -> Void) {
        var next = state.pointee.objects
        while let object = next {
            next = object.pointee.next
            body(object)
        }
    }

    /// Calls `body` once for each counted reference from this object to another collectable one.
    private func forEachChild(
        of object: UnsafeMutablePointer<CollectableHeader>,
        _ body: (UnsafeMutablePointer<CollectableHeader>) -> Void
    ) {
        func visit(_ value: Value) {
            if value.isReference && !value.isString && !value.isWeakReference {
                body(UnsafeMutableRawPointer(value.header).assumingMemoryBound(to: CollectableHeader.self))
            }
        }
        let raw = UnsafeMutableRawPointer(object)
        if object.pointee.header.flags & ObjectHeader.emptied != 0 { return }
        switch object.pointee.header.kind {
        case .table:
            let table = raw.assumingMemoryBound(to: TableObject.self)
            let nodes = table.pointee.nodes
            for index in 0...Int(table.pointee.mask) {
                visit(nodes[index].key)
                visit(nodes[index].value)
            }
            if let delegate = table.pointee.delegate { body(delegate.asCollectable) }
        case .array:
            let array = raw.assumingMemoryBound(to: ArrayObject.self)
            guard let elements = array.pointee.elements else { return }
            for index in 0..<Int(array.pointee.count) { visit(elements[index]) }
        case .outer:
            // An open outer's value lives on the stack and is not this object's.
            visit(raw.assumingMemoryBound(to: OuterObject.self).pointee.value)
        case .closure:
            let closure = raw.assumingMemoryBound(to: ClosureObject.self)
            for index in 0..<Int(closure.pointee.prototype.pointee.outerCount) {
                if let outer = closure.outers[index] { body(outer.asCollectable) }
            }
            for index in 0..<Int(closure.pointee.prototype.pointee.defaultCount) {
                visit(closure.defaults[index])
            }
            if let base = closure.pointee.base { body(base.asCollectable) }
            if closure.pointee.head.header.flags & ObjectHeader.holdsEnvironment != 0,
                let environment = closure.pointee.environment
            {
                visit(environment.pointee.target)
            }
        case .generator:
            let generator = raw.assumingMemoryBound(to: GeneratorObject.self)
            visit(generator.pointee.closure)
            if let saved = generator.pointee.saved {
                for index in 0..<Int(generator.pointee.savedCount) { visit(saved[index]) }
            }
        case .type:
            let type = raw.assumingMemoryBound(to: ClassObject.self)
            body(type.pointee.members.asCollectable)
            if let base = type.pointee.base { body(base.asCollectable) }
            for index in 0..<Int(type.pointee.fieldCount) {
                guard let member = type.pointee.fields?[index] else { break }
                visit(member.value)
                visit(member.attributes)
            }
            for index in 0..<Int(type.pointee.methodCount) {
                guard let member = type.pointee.methods?[index] else { break }
                visit(member.value)
                visit(member.attributes)
            }
            for index in 0..<Metamethod.count { visit(type.pointee.metamethods[index]) }
            visit(type.pointee.attributes)
        case .instance:
            let instance = raw.assumingMemoryBound(to: InstanceObject.self)
            body(instance.pointee.type.asCollectable)
            for index in 0..<Int(instance.pointee.fieldCount) { visit(instance.fields[index]) }
        case .native:
            let native = raw.assumingMemoryBound(to: NativeObject.self)
            if native.pointee.head.header.flags & ObjectHeader.holdsEnvironment != 0,
                let environment = native.pointee.environment
            {
                visit(environment.pointee.target)
            }
        case .string, .weakReference, .prototype:
            break
        }
    }
}
