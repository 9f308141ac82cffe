/// Arrays, classes, instances, closures and blobs: making and changing them.
extension Machine {
    // MARK: Arrays

    /// A new array of nulls; its count is zero. Nil when the memory limit forbids it.
    func makeArray(_ count: Int, reserving capacity: Int = 0) -> UnsafeMutablePointer<ArrayObject>? {
        let room = max(count, capacity)
        var elements: UnsafeMutablePointer<Value>?
        if room > 0 {
            guard room <= Int(Int32.max) / 16, let raw = allocateChecked(room * 8) else {
                state.pointee.fatal = .outOfMemory
                return nil
            }
            elements = raw.assumingMemoryBound(to: Value.self)
            elements?.initialize(repeating: .null, count: count)
        }
        let array = allocate(MemoryLayout<ArrayObject>.size).assumingMemoryBound(to: ArrayObject.self)
        link(array.asCollectable, .array)
        array.pointee.elements = elements
        array.pointee.count = Int32(count)
        array.pointee.capacity = Int32(room)
        return array
    }

    /// Appends and counts.
    @inline(__always)
    func append(_ array: UnsafeMutablePointer<ArrayObject>, _ value: Value) -> Bool {
        let count = array.pointee.count
        if count == array.pointee.capacity {
            guard grow(array, to: max(4, Int(count) * 2)) else { return false }
        }
        retain(value)
        array.pointee.elements.unsafelyUnwrapped[Int(count)] = value
        array.pointee.count = count &+ 1
        return true
    }

    @inline(never)
    func grow(_ array: UnsafeMutablePointer<ArrayObject>, to capacity: Int) -> Bool {
        guard capacity <= Int(Int32.max) / 16, let raw = allocateChecked(capacity * 8) else {
            state.pointee.fatal = .outOfMemory
            return false
        }
        let elements = raw.assumingMemoryBound(to: Value.self)
        if let old = array.pointee.elements {
            elements.update(from: old, count: Int(array.pointee.count))
            deallocate(old, Int(array.pointee.capacity) * 8)
        }
        array.pointee.elements = elements
        array.pointee.capacity = Int32(capacity)
        return true
    }

    /// Gives back memory when three quarters of it stand empty.
    func shrink(_ array: UnsafeMutablePointer<ArrayObject>) {
        let (count, capacity) = (Int(array.pointee.count), Int(array.pointee.capacity))
        guard count > 4, count <= capacity >> 2 else { return }
        _ = grow(array, to: count)
    }

    /// Cuts or lengthens an array with counted copies of `fill`.
    func resize(_ array: UnsafeMutablePointer<ArrayObject>, to count: Int, fill: Value) -> Bool {
        let old = Int(array.pointee.count)
        if count > Int(array.pointee.capacity) {
            guard grow(array, to: count) else { return false }
        }
        guard let elements = array.pointee.elements else { return true }
        if count > old {
            for index in old..<count {
                retain(fill)
                elements[index] = fill
            }
            array.pointee.count = Int32(count)
        } else {
            array.pointee.count = Int32(count)
            for index in count..<old { release(elements[index]) }
            shrink(array)
        }
        return true
    }

    // MARK: Classes

    static let methodFlag: Int32 = 0x0100_0000
    static let fieldFlag: Int32 = 0x0200_0000
    static let indexMask: Int32 = 0x00FF_FFFF

    /// A new class; its count is zero.
    func makeClass(base: UnsafeMutablePointer<ClassObject>?) -> UnsafeMutablePointer<ClassObject> {
        let members = base.map { copy($0.pointee.members) } ?? makeTable()
        members.asHeader.pointee.references &+= 1
        let metamethods = allocate(Metamethod.count * 8).assumingMemoryBound(to: Value.self)
        metamethods.initialize(repeating: .null, count: Metamethod.count)
        let type = allocate(MemoryLayout<ClassObject>.size).assumingMemoryBound(to: ClassObject.self)
        link(type.asCollectable, .type)
        type.pointee.members = members
        type.pointee.base = base
        type.pointee.fields = nil
        type.pointee.methods = nil
        type.pointee.metamethods = metamethods
        type.pointee.attributes = .null
        type.pointee.fieldCount = 0
        type.pointee.fieldCapacity = 0
        type.pointee.methodCount = 0
        type.pointee.methodCapacity = 0
        type.pointee.constructorIndex = -1
        type.pointee.isLocked = false
        type.pointee.payloadKind = .none
        type.pointee.hasOwnIndexing = false
        guard let base else { return type }
        base.asHeader.pointee.references &+= 1
        type.pointee.constructorIndex = base.pointee.constructorIndex
        type.pointee.payloadKind = base.pointee.payloadKind
        type.pointee.hasOwnIndexing = base.pointee.hasOwnIndexing
        for index in 0..<Int(base.pointee.fieldCount) {
            let member = base.pointee.fields.unsafelyUnwrapped[index]
            addField(type, member)
        }
        for index in 0..<Int(base.pointee.methodCount) {
            let member = base.pointee.methods.unsafelyUnwrapped[index]
            addMethod(type, member)
        }
        for index in 0..<Metamethod.count {
            let value = base.pointee.metamethods[index]
            retain(value)
            metamethods[index] = value
        }
        return type
    }

    private func grown(
        _ old: UnsafeMutablePointer<ClassMember>?, _ count: Int32, _ capacity: inout Int32
    ) -> UnsafeMutablePointer<ClassMember> {
        if count < capacity, let old { return old }
        let stride = MemoryLayout<ClassMember>.stride
        let room = max(4, capacity * 2)
        let new = allocate(Int(room) * stride).assumingMemoryBound(to: ClassMember.self)
        if let old {
            new.update(from: old, count: Int(count))
            deallocate(old, Int(capacity) * stride)
        }
        capacity = room
        return new
    }

    private func addField(_ type: UnsafeMutablePointer<ClassObject>, _ member: ClassMember) {
        retain(member.value)
        retain(member.attributes)
        let fields = grown(type.pointee.fields, type.pointee.fieldCount, &type.pointee.fieldCapacity)
        fields[Int(type.pointee.fieldCount)] = member
        type.pointee.fields = fields
        type.pointee.fieldCount += 1
    }

    private func addMethod(_ type: UnsafeMutablePointer<ClassObject>, _ member: ClassMember) {
        retain(member.value)
        retain(member.attributes)
        let methods = grown(type.pointee.methods, type.pointee.methodCount, &type.pointee.methodCapacity)
        methods[Int(type.pointee.methodCount)] = member
        type.pointee.methods = methods
        type.pointee.methodCount += 1
    }

    /// Where a member is kept: its flag and index, if there is one.
    @inline(__always)
    func memberIndex(_ type: UnsafeMutablePointer<ClassObject>, _ key: Value) -> Int32? {
        find(type.pointee.members, key)?.pointee.value.integer
    }

    /// The slot of a member: the field's default, or the method.
    @inline(__always)
    func member(
        _ type: UnsafeMutablePointer<ClassObject>, _ index: Int32
    ) -> UnsafeMutablePointer<ClassMember> {
        let list = index & Machine.fieldFlag != 0 ? type.pointee.fields : type.pointee.methods
        return list.unsafelyUnwrapped + Int(index & Machine.indexMask)
    }

    /// Adds or replaces a member.
    /// - Returns: false when the class has instances and the member is not static.
    func newMember(
        _ type: UnsafeMutablePointer<ClassObject>, _ key: Value, _ value: Value, isStatic: Bool
    ) -> Bool {
        let isMethod = value.isFunction || isStatic
        if type.pointee.isLocked && !isMethod { return false }
        let known = memberIndex(type, key)
        if let known, known & Machine.fieldFlag != 0 {
            assign(member(type, known).pointer(to: \.value).unsafelyUnwrapped, value)
            return true
        }
        guard isMethod else {
            // A field under the name of an inherited method takes its place.
            put(
                type.pointee.members, key,
                Value(integer: Machine.fieldFlag | type.pointee.fieldCount))
            addField(type, ClassMember(value: value, attributes: .null))
            return true
        }
        if value.isFunction, let index = metamethodIndex(key) {
            assign(type.pointee.metamethods + index.rawValue, value)
            if index == .get || index == .set || index == .next { type.pointee.hasOwnIndexing = true }
            return true
        }
        var stored = value
        if let base = type.pointee.base, value.isFunction, value.header.pointee.kind == .closure {
            let method = copy(value.closure)
            if let old = method.pointee.base { release(old.asHeader) }
            method.pointee.base = base
            base.asHeader.pointee.references &+= 1
            stored = Value(method)
        }
        retain(stored)
        if let known {
            assign(member(type, known).pointer(to: \.value).unsafelyUnwrapped, stored)
        } else {
            if key.bits == state.pointee.constructorName.bits {
                type.pointee.constructorIndex = type.pointee.methodCount
            }
            put(
                type.pointee.members, key,
                Value(integer: Machine.methodFlag | type.pointee.methodCount))
            addMethod(type, ClassMember(value: stored, attributes: .null))
        }
        release(stored)
        return true
    }

    func metamethodIndex(_ key: Value) -> Metamethod? {
        guard key.isString, let index = state.pointee.metamethodIndex, let node = find(index, string: key)
        else { return nil }
        return Metamethod(rawValue: Int(node.pointee.value.integer))
    }

    /// A new instance with the default values; its count is zero. Locks the class and its ancestors.
    func makeInstance(_ type: UnsafeMutablePointer<ClassObject>) -> UnsafeMutablePointer<InstanceObject> {
        if !type.pointee.isLocked {
            var next: UnsafeMutablePointer<ClassObject>? = type
            while let current = next {
                current.pointee.isLocked = true
                next = current.pointee.base
            }
        }
        let instance = emptyInstance(type)
        for index in 0..<Int(instance.pointee.fieldCount) {
            let value = type.pointee.fields.unsafelyUnwrapped[index].value
            retain(value)
            instance.fields[index] = value
        }
        return instance
    }

    /// A copy of an instance, without its payload; its count is zero.
    func copy(_ original: UnsafeMutablePointer<InstanceObject>) -> UnsafeMutablePointer<InstanceObject> {
        let instance = emptyInstance(original.pointee.type)
        for index in 0..<Int(instance.pointee.fieldCount) {
            let value = original.fields[index]
            retain(value)
            instance.fields[index] = value
        }
        return instance
    }

    private func emptyInstance(_ type: UnsafeMutablePointer<ClassObject>) -> UnsafeMutablePointer<
        InstanceObject
    > {
        let count = type.pointee.fieldCount
        let instance = allocate(MemoryLayout<InstanceObject>.stride + 8 * Int(count))
            .assumingMemoryBound(to: InstanceObject.self)
        link(instance.asCollectable, .instance)
        instance.pointee.type = type
        instance.pointee.payload = nil
        instance.pointee.payloadKind = type.pointee.payloadKind
        instance.pointee.fieldCount = count
        type.asHeader.pointee.references &+= 1
        return instance
    }

    // MARK: Closures

    /// A closure without outers and defaults; its count is zero.
    func makeClosure(_ prototype: UnsafeMutablePointer<PrototypeObject>) -> UnsafeMutablePointer<
        ClosureObject
    > {
        let extent = Int(prototype.pointee.outerCount &+ prototype.pointee.defaultCount)
        let closure = allocate(MemoryLayout<ClosureObject>.stride + 8 * extent)
            .assumingMemoryBound(to: ClosureObject.self)
        link(closure.asCollectable, .closure)
        closure.pointee.head.header.extent = UInt16(truncatingIfNeeded: extent)
        closure.pointee.prototype = prototype
        closure.pointee.environment = nil
        closure.pointee.base = nil
        prototype.asHeader.pointee.references &+= 1
        return closure
    }

    func copy(_ original: UnsafeMutablePointer<ClosureObject>) -> UnsafeMutablePointer<ClosureObject> {
        let prototype = original.pointee.prototype
        let closure = makeClosure(prototype)
        for index in 0..<Int(prototype.pointee.outerCount) {
            let outer = original.outers[index]
            outer?.asHeader.pointee.references &+= 1
            closure.outers[index] = outer
        }
        for index in 0..<Int(prototype.pointee.defaultCount) {
            let value = original.defaults[index]
            retain(value)
            closure.defaults[index] = value
        }
        if let environment = original.pointee.environment {
            environment.pointee.header.references &+= 1
            closure.pointee.environment = environment
            if original.pointee.head.header.flags & ObjectHeader.holdsEnvironment != 0 {
                closure.pointee.head.header.flags |= ObjectHeader.holdsEnvironment
                retain(environment.pointee.target)
            }
        }
        return closure
    }

    func makeNative(
        name: UnsafeMutablePointer<StringObject>?, body: Int32, check: Int32, signature: Signature
    ) -> UnsafeMutablePointer<NativeObject> {
        let native = allocate(MemoryLayout<NativeObject>.size).assumingMemoryBound(to: NativeObject.self)
        link(native.asCollectable, .native)
        name?.asHeader.pointee.references &+= 1
        native.pointee.name = name
        native.pointee.environment = nil
        native.pointee.body = body
        native.pointee.parameterCheck = check
        native.pointee.signature = signature
        return native
    }

    // MARK: Blobs

    /// Gives an instance of a blob class `count` zero bytes. False when the memory limit forbids it.
    func attachBlob(_ instance: UnsafeMutablePointer<InstanceObject>, count: Int) -> Bool {
        guard count <= Int(Int32.max) / 2, let bytes = allocateChecked(max(count, 1)) else {
            state.pointee.fatal = .outOfMemory
            return false
        }
        freePayload(instance)
        let blob = allocate(MemoryLayout<BlobStorage>.size).assumingMemoryBound(to: BlobStorage.self)
        bytes.initializeMemory(as: UInt8.self, repeating: 0, count: max(count, 1))
        blob.initialize(
            to: BlobStorage(
                bytes: bytes.assumingMemoryBound(to: UInt8.self), count: Int32(count),
                capacity: Int32(max(count, 1)), position: 0))
        instance.pointee.payload = UnsafeMutableRawPointer(blob)
        return true
    }

    /// Room for `capacity` bytes; what is new is zero.
    func reallocate(_ blob: UnsafeMutablePointer<BlobStorage>, capacity: Int) -> Bool {
        let room = max(capacity, 1)
        guard room <= Int(Int32.max) / 2, let raw = allocateChecked(room) else {
            state.pointee.fatal = .outOfMemory
            return false
        }
        let bytes = raw.assumingMemoryBound(to: UInt8.self)
        let kept = min(Int(blob.pointee.count), room)
        bytes.update(from: blob.pointee.bytes, count: kept)
        (bytes + kept).initialize(repeating: 0, count: room - kept)
        deallocate(blob.pointee.bytes, Int(blob.pointee.capacity))
        blob.pointee.bytes = bytes
        blob.pointee.capacity = Int32(room)
        return true
    }
}
