#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Memory for objects: small sizes from free lists in chunks of the machine's own, large ones from the system.
/// Everything is counted against the machine's limit.
extension Machine {
    static let largestSmall = 512
    static let chunkSize = 64 * 1024

    /// Memory for `size` bytes, aligned to 16.
    @inline(__always)
    func allocate(_ size: Int) -> UnsafeMutableRawPointer {
        let rounded = (size + 15) & ~15
        state.pointee.memoryUsed &+= rounded
        if state.pointee.memoryUsed > state.pointee.limits.memoryBytes { noteMemoryExceeded() }
        if rounded <= Machine.largestSmall {
            let list = state.pointee.freeLists + (rounded >> 4)
            if let block = list.pointee {
                list.pointee = block.load(as: UnsafeMutableRawPointer?.self)
                return block
            }
            return allocateFromChunk(rounded)
        }
        return allocateLarge(rounded)
    }

    @inline(never)
    private func allocateLarge(_ size: Int) -> UnsafeMutableRawPointer {
        UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16)
    }

    @inline(never)
    private func allocateFromChunk(_ size: Int) -> UnsafeMutableRawPointer {
        if state.pointee.chunkRemaining < size {
            // What is left of the old chunk goes to the free lists.
            while state.pointee.chunkRemaining >= 16, let rest = state.pointee.chunkCursor {
                let piece = min(state.pointee.chunkRemaining & ~15, Machine.largestSmall)
                putBack(rest, piece)
                state.pointee.chunkCursor = rest + piece
                state.pointee.chunkRemaining -= piece
            }
            let chunk = UnsafeMutableRawPointer.allocate(byteCount: Machine.chunkSize, alignment: 16)
            state.pointee.chunks.append(chunk)
            state.pointee.chunkCursor = chunk
            state.pointee.chunkRemaining = Machine.chunkSize
        }
        let block = state.pointee.chunkCursor.unsafelyUnwrapped
        state.pointee.chunkCursor = block + size
        state.pointee.chunkRemaining -= size
        return block
    }

    @inline(__always)
    private func putBack(_ block: UnsafeMutableRawPointer, _ rounded: Int) {
        #if DEBUG
            // Whoever still uses the block shall notice.
            block.initializeMemory(as: UInt8.self, repeating: 0xDD, count: rounded)
        #endif
        let list = state.pointee.freeLists + (rounded >> 4)
        block.storeBytes(of: list.pointee, as: UnsafeMutableRawPointer?.self)
        list.pointee = block
    }

    @inline(__always)
    func deallocate(_ block: UnsafeMutableRawPointer, _ size: Int) {
        let rounded = (size + 15) & ~15
        state.pointee.memoryUsed &-= rounded
        if rounded <= Machine.largestSmall {
            putBack(block, rounded)
        } else {
            block.deallocate()
        }
    }

    /// Memory for a run of values or nodes that may be large; asks the limit first.
    /// - Returns: nil, with the run doomed, when the limit would be passed.
    func allocateChecked(_ size: Int) -> UnsafeMutableRawPointer? {
        guard size <= 4096 || canReserve(size) else { return nil }
        return allocate(size)
    }

    /// Whether `size` more bytes fit under the limit; collects cycles before it says no.
    @inline(never)
    func canReserve(_ size: Int) -> Bool {
        let limit = state.pointee.limits.memoryBytes
        if size <= limit, state.pointee.memoryUsed <= limit - size { return true }
        if size <= limit {
            collectCycles()
            if state.pointee.memoryUsed <= limit - size { return true }
        }
        state.pointee.fatal = .outOfMemory
        noteMemoryExceeded()
        return false
    }

    /// A small allocation went over the limit: it is served, and the interpreter stops at its next check.
    @inline(never)
    private func noteMemoryExceeded() {
        guard !state.pointee.needsCheck else { return }
        state.pointee.needsCheck = true
        state.pointee.consumed &+= UInt64(max(0, state.pointee.slice - state.pointee.fuel))
        state.pointee.slice = -1
        state.pointee.fuel = -1
    }

    @inline(__always)
    func newSerial() -> UInt32 {
        state.pointee.nextSerial &+= 1
        return state.pointee.nextSerial
    }

    @inline(__always)
    func makeHeader(_ kind: ObjectKind) -> ObjectHeader {
        ObjectHeader(references: 0, kind: kind, flags: 0, extent: 0, serial: newSerial(), scratch: 0)
    }

    /// Puts a new object on the list that the cycle collector walks.
    @inline(__always)
    func link(_ object: UnsafeMutablePointer<CollectableHeader>, _ kind: ObjectKind) {
        let first = state.pointee.objects
        object.initialize(
            to: CollectableHeader(header: makeHeader(kind), previous: nil, next: first, weak: nil))
        first?.pointee.previous = object
        state.pointee.objects = object
    }

    @inline(__always)
    func unlink(_ object: UnsafeMutablePointer<CollectableHeader>) {
        let (previous, next) = (object.pointee.previous, object.pointee.next)
        if let previous { previous.pointee.next = next } else { state.pointee.objects = next }
        next?.pointee.previous = previous
    }

    // MARK: Counting

    @inline(__always)
    func retain(_ value: Value) {
        if value.isReference { value.header.pointee.references &+= 1 }
    }

    @inline(__always)
    func release(_ value: Value) {
        guard value.isReference else { return }
        let header = value.header
        header.pointee.references &-= 1
        if header.pointee.references == 0 { destroy(header) }
    }

    @inline(__always)
    func release(_ header: UnsafeMutablePointer<ObjectHeader>) {
        header.pointee.references &-= 1
        if header.pointee.references == 0 { destroy(header) }
    }

    /// Stores a value with its count, and lets go of the one before.
    @inline(__always)
    func assign(_ slot: UnsafeMutablePointer<Value>, _ value: Value) {
        retain(value)
        let old = slot.pointee
        slot.pointee = value
        release(old)
    }

    /// Stores a value whose count the caller gives away.
    @inline(__always)
    func assignOwned(_ slot: UnsafeMutablePointer<Value>, _ value: Value) {
        let old = slot.pointee
        slot.pointee = value
        release(old)
    }

    /// Takes `result` away from the state.
    @inline(__always)
    func takeResult() -> Value {
        let value = state.pointee.result
        state.pointee.result = .null
        return value
    }

    /// Lets go of a result that nobody wants.
    @inline(__always)
    func dropResult() {
        release(takeResult())
    }

    /// The weak reference to an object, made on first use; not yet counted.
    func weakReference(to value: Value) -> UnsafeMutablePointer<WeakReferenceObject> {
        let header = value.header
        if header.pointee.flags & ObjectHeader.hasWeakReference != 0 {
            if value.isString {
                if let known = state.pointee.stringWeak[value.string] { return known }
            } else if let known = UnsafeMutableRawPointer(header)
                .assumingMemoryBound(to: CollectableHeader.self).pointee.weak
            {
                return known
            }
        }
        let weak = allocate(MemoryLayout<WeakReferenceObject>.size)
            .assumingMemoryBound(to: WeakReferenceObject.self)
        weak.initialize(to: WeakReferenceObject(header: makeHeader(.weakReference), target: value))
        header.pointee.flags |= ObjectHeader.hasWeakReference
        if value.isString {
            state.pointee.stringWeak[value.string] = weak
        } else {
            UnsafeMutableRawPointer(header).assumingMemoryBound(to: CollectableHeader.self).pointee.weak =
                weak
        }
        return weak
    }
}
