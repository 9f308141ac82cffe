#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Strings exist once each: two equal strings are the same object.
extension Machine {
    /// Upstream's hash, which orders tables: seeded with the length, over at most the first 32 bytes.
    @inline(__always)
    private func orderHash(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> UInt32 {
        var hash = UInt32(truncatingIfNeeded: count)
        let step = (count >> 5) | 1
        var left = count
        var cursor = bytes
        while left >= step {
            hash ^= (hash << 5) &+ (hash >> 2) &+ UInt32(cursor.pointee)
            cursor += 1
            left -= step
        }
        return hash
    }

    /// Where a string is kept: the first hash mixed with its last bytes, so that long strings with a common
    /// beginning do not pile up.
    @inline(__always)
    private func placeHash(_ hash: UInt32, _ bytes: UnsafePointer<UInt8>, _ count: Int) -> UInt32 {
        guard count > 32 else { return hash }
        let raw = UnsafeRawPointer(bytes)
        let tail = raw.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self)
        let middle = raw.loadUnaligned(fromByteOffset: count >> 1, as: UInt64.self)
        let mixed = (tail &+ (middle << 7 | middle >> 57)) &* 0x9E37_79B9_7F4A_7C15
        return hash ^ UInt32(truncatingIfNeeded: mixed >> 32)
    }

    /// The string with these bytes; a new one has a count of zero.
    func string(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> UnsafeMutablePointer<StringObject> {
        let hash = orderHash(bytes, count)
        let place = placeHash(hash, bytes, count)
        var candidate = state.pointee.stringBuckets[Int(place & state.pointee.stringMask)]
        while let string = candidate {
            if string.pointee.header.scratch == place, string.count == count,
                memcmp(string.bytes, bytes, count) == 0
            {
                return string
            }
            candidate = string.pointee.chain
        }
        let string = allocateString(count)
        string.bytes.update(from: bytes, count: count)
        return enter(string, hash, place)
    }

    /// An unfinished string: fill its bytes, then `finish` it.
    @inline(__always)
    func allocateString(_ count: Int) -> UnsafeMutablePointer<StringObject> {
        let string = allocate(MemoryLayout<StringObject>.size + count + 1)
            .assumingMemoryBound(to: StringObject.self)
        string.initialize(
            to: StringObject(header: makeHeader(.string), chain: nil, length: UInt32(count), hash: 0))
        string.bytes[count] = 0
        return string
    }

    /// Makes a filled string known, or exchanges it for the one that says the same.
    func finish(_ string: UnsafeMutablePointer<StringObject>) -> UnsafeMutablePointer<StringObject> {
        let count = string.count
        let hash = orderHash(string.bytes, count)
        let place = placeHash(hash, string.bytes, count)
        var candidate = state.pointee.stringBuckets[Int(place & state.pointee.stringMask)]
        while let known = candidate {
            if known.pointee.header.scratch == place, known.count == count,
                memcmp(known.bytes, string.bytes, count) == 0
            {
                deallocate(string, MemoryLayout<StringObject>.size + count + 1)
                return known
            }
            candidate = known.pointee.chain
        }
        return enter(string, hash, place)
    }

    @inline(__always)
    private func enter(
        _ string: UnsafeMutablePointer<StringObject>, _ hash: UInt32, _ place: UInt32
    ) -> UnsafeMutablePointer<StringObject> {
        string.pointee.hash = hash
        string.pointee.header.scratch = place
        let bucket = state.pointee.stringBuckets + Int(place & state.pointee.stringMask)
        string.pointee.chain = bucket.pointee
        bucket.pointee = string
        state.pointee.stringCount &+= 1
        if state.pointee.stringCount > state.pointee.stringMask { growStringTable() }
        return string
    }

    @inline(never)
    private func growStringTable() {
        let oldCount = Int(state.pointee.stringMask) + 1
        let old = state.pointee.stringBuckets
        let newCount = oldCount * 2
        let new = UnsafeMutablePointer<UnsafeMutablePointer<StringObject>?>.allocate(capacity: newCount)
        new.initialize(repeating: nil, count: newCount)
        let mask = UInt32(newCount - 1)
        for index in 0..<oldCount {
            var next = old[index]
            while let string = next {
                next = string.pointee.chain
                let bucket = new + Int(string.pointee.header.scratch & mask)
                string.pointee.chain = bucket.pointee
                bucket.pointee = string
            }
        }
        old.deallocate()
        state.pointee.memoryUsed &+= (newCount - oldCount) * 8
        state.pointee.stringBuckets = new
        state.pointee.stringMask = mask
    }

    func removeString(_ string: UnsafeMutablePointer<StringObject>) {
        let bucket =
            state.pointee.stringBuckets + Int(string.pointee.header.scratch & state.pointee.stringMask)
        if bucket.pointee == string {
            bucket.pointee = string.pointee.chain
        } else {
            var previous = bucket.pointee
            while let known = previous, known.pointee.chain != string { previous = known.pointee.chain }
            previous?.pointee.chain = string.pointee.chain
        }
        state.pointee.stringCount &-= 1
        deallocate(string, MemoryLayout<StringObject>.size + string.count + 1)
    }

    // MARK: From Swift

    func string(_ bytes: some Collection<UInt8>) -> UnsafeMutablePointer<StringObject> {
        let known = bytes.withContiguousStorageIfAvailable { buffer in
            buffer.baseAddress.map { string($0, buffer.count) } ?? emptyString
        }
        if let known { return known }
        return Array(bytes).withUnsafeBufferPointer { buffer in
            buffer.baseAddress.map { string($0, buffer.count) } ?? emptyString
        }
    }

    func string(_ text: String) -> UnsafeMutablePointer<StringObject> {
        var text = text
        return text.withUTF8 { buffer in
            buffer.baseAddress.map { string($0, buffer.count) } ?? emptyString
        }
    }

    func string(_ text: StaticString) -> UnsafeMutablePointer<StringObject> {
        string(text.utf8Start, text.utf8CodeUnitCount)
    }

    private var emptyString: UnsafeMutablePointer<StringObject> {
        var nothing: UInt8 = 0
        return string(&nothing, 0)
    }
}
