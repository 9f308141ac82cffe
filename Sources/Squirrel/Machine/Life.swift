#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Making and ending a machine.
extension Machine {
    init(limits: SquirrelVM.Limits) {
        let slots = limits.stackSlots
        // Pages that are never touched cost nothing, so the stack has its full size from the beginning and its
        // registers never move.
        // Zero is the integer 0: harmless to overwrite.
        let stack = calloc(slots, MemoryLayout<Value>.stride).unsafelyUnwrapped
            .bindMemory(to: Value.self, capacity: slots)
        let frames = UnsafeMutablePointer<CallFrame>.allocate(capacity: limits.callDepth + 2)
        frames.initialize(
            to: CallFrame(
                ip: nil, literals: nil, function: .null, generator: nil, baseOffset: 0, callerTop: 0,
                target: -1,
                trapCount: 0, isRoot: true))
        let freeLists = UnsafeMutablePointer<UnsafeMutableRawPointer?>.allocate(
            capacity: Machine.largestSmall / 16 + 1)
        freeLists.initialize(repeating: nil, count: Machine.largestSmall / 16 + 1)
        let buckets = UnsafeMutablePointer<UnsafeMutablePointer<StringObject>?>.allocate(capacity: 256)
        buckets.initialize(repeating: nil, count: 256)
        let names = UnsafeMutablePointer<Value>.allocate(capacity: Metamethod.count)
        names.initialize(repeating: .null, count: Metamethod.count)
        let active = UnsafeMutablePointer<ActiveMetamethod>.allocate(capacity: Machine.deepestNesting)
        active.initialize(
            repeating: ActiveMetamethod(function: 0, subject: 0), count: Machine.deepestNesting)
        state = UnsafeMutablePointer<MachineState>.allocate(capacity: 1)
        state.initialize(
            to: MachineState(
                base: stack, top: stack, frame: frames, fuel: 0, openOuters: nil, result: .null,
                lastError: .null, stack: stack, stackEnd: stack + slots, frames: frames,
                framesEnd: frames + limits.callDepth + 2, traps: .allocate(capacity: 0), active: active,
                limits: limits, freeLists: freeLists, stringBuckets: buckets, stringMask: 255,
                metamethodNames: names, natives: .allocate(capacity: 0)))
    }

    /// Frees everything, whoever may still think to hold it.
    func tearDown() {
        state.pointee.host = nil
        state.pointee.limits.memoryBytes = .max
        var objects: [UnsafeMutablePointer<CollectableHeader>] = []
        var next = state.pointee.objects
        while let object = next {
            objects.append(object)
            object.pointee.header.references &+= 1
            next = object.pointee.next
        }
        for object in objects { letGo(object) }
        for object in objects { deallocate(object, sizeOf(object)) }
        for index in 0...Int(state.pointee.stringMask) {
            var string = state.pointee.stringBuckets[index]
            while let current = string {
                string = current.pointee.chain
                deallocate(current, MemoryLayout<StringObject>.size + current.count + 1)
            }
        }
        for chunk in state.pointee.chunks { chunk.deallocate() }
        state.pointee.natives.deinitialize(count: state.pointee.nativeCount)
        state.pointee.natives.deallocate()
        free(state.pointee.stack)
        state.pointee.frames.deallocate()
        state.pointee.traps.deallocate()
        state.pointee.active.deallocate()
        state.pointee.freeLists.deallocate()
        state.pointee.stringBuckets.deallocate()
        state.pointee.metamethodNames.deallocate()
        state.deinitialize(count: 1)
        state.deallocate()
    }
}
