#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Blobs: byte arrays that are read and written like files.
enum BlobLibrary {
    private typealias Blob = UnsafeMutablePointer<BlobStorage>

    /// A method of a blob; what is no blob is refused.
    private static func method(
        _ name: StaticString, _ check: Int32, _ types: String,
        _ body: @escaping @Sendable (Machine, UnsafeMutablePointer<BlobStorage>, Arguments) -> NativeOutcome
    ) -> LibraryFunction {
        LibraryFunction(name, check, types) { machine, arguments in
            guard arguments[0].isInstance, arguments[0].instance.pointee.payloadKind == .blob else {
                return machine.refuse("invalid type tag")
            }
            guard let blob = arguments[0].instance.blob else { return machine.refuse("the blob is invalid") }
            return body(machine, blob, arguments)
        }
    }

    /// Methods that upstream gives to all streams; a blob is the only one here.
    static let stream: [LibraryFunction] = [
        method("readblob", 2, "xn") { machine, blob, arguments in
            let left = Int(blob.pointee.count - blob.pointee.position)
            let count = min(Int(arguments[1].asInteger), left)
            guard count > 0 else { return machine.refuse("no data left to read") }
            guard let copy = machine.makeBlob(count: count), let bytes = copy.blob else { return .failure }
            machine.charge(bytes: count)
            bytes.pointee.bytes.update(
                from: blob.pointee.bytes + Int(blob.pointee.position), count: count)
            blob.pointee.position += Int32(count)
            return machine.answer(Value(copy))
        },
        method("readn", 2, "xn") { machine, blob, arguments in
            machine.readNumber(blob, UInt8(truncatingIfNeeded: arguments[1].asInteger))
        },
        method("writeblob", -2, "xx") { machine, blob, arguments in
            guard let other = arguments[1].instance.blob else { return machine.refuse("invalid parameter") }
            let count = Int(other.pointee.count)
            let position = Int(blob.pointee.position)
            guard machine.makeRoom(blob, count) else { return .failure }
            machine.charge(bytes: count)
            memmove(blob.pointee.bytes + position, other.pointee.bytes, count)
            return machine.answer(Value(integer: count))
        },
        method("writen", 3, "xnn") { machine, blob, arguments in
            machine.writeNumber(
                blob, arguments[1], UInt8(truncatingIfNeeded: arguments[2].asInteger))
        },
        method("seek", -2, "xnn") { machine, blob, arguments in
            let offset = Int(arguments[1].asInteger)
            var origin = 0
            if arguments.count > 2 {
                switch UInt8(truncatingIfNeeded: arguments[2].asInteger) {
                case UInt8(ascii: "b"): origin = 0
                case UInt8(ascii: "c"): origin = Int(blob.pointee.position)
                case UInt8(ascii: "e"): origin = Int(blob.pointee.count)
                default: return machine.refuse("invalid origin")
                }
            }
            guard origin + offset >= 0, origin + offset <= Int(blob.pointee.count) else {
                return machine.answer(Value(integer: -1))
            }
            blob.pointee.position = Int32(origin + offset)
            return machine.answer(Value(integer: 0))
        },
        method("tell", 1, "x") { machine, blob, _ in
            machine.answer(Value(integer: blob.pointee.position))
        },
        method("len", 1, "x") { machine, blob, _ in
            machine.answer(Value(integer: blob.pointee.count))
        },
        method("eos", 1, "x") { machine, blob, _ in
            blob.pointee.position == blob.pointee.count ? machine.answer(Value(integer: 1)) : .nothing
        },
        method("flush", 1, "x") { machine, _, _ in
            machine.answer(Value(integer: 1))
        },
    ]

    static let methods: [LibraryFunction] = [
        LibraryFunction("constructor", -1, "xn") { machine, arguments in
            let count = arguments.count == 2 ? Int(arguments[1].asInteger) : 0
            guard count >= 0 else { return machine.refuse("cannot create blob with negative size") }
            guard arguments[0].instance.pointee.payloadKind == .blob else {
                return machine.refuse("cannot create blob")
            }
            return machine.attachBlob(arguments[0].instance, count: count) ? .nothing : .failure
        },
        method("resize", 2, "xn") { machine, blob, arguments in
            let count = Int(arguments[1].asInteger)
            guard count >= 0 else { return machine.refuse("resize failed") }
            // As upstream: a larger blob gets room, not length.
            guard count != Int(blob.pointee.capacity) || count == 0 else { return .nothing }
            guard machine.reallocate(blob, capacity: count) else { return .failure }
            blob.pointee.count = min(blob.pointee.count, Int32(count))
            blob.pointee.position = min(blob.pointee.position, Int32(count))
            return .nothing
        },
        method("swap2", 1, "x") { machine, blob, _ in
            machine.swap(blob, size: 2)
        },
        method("swap4", 1, "x") { machine, blob, _ in
            machine.swap(blob, size: 4)
        },
        method("_set", 3, "xnn") { machine, blob, arguments in
            let index = arguments[1].asInteger
            guard index >= 0, index < blob.pointee.count else { return machine.refuse("index out of range") }
            blob.pointee.bytes[Int(index)] = UInt8(truncatingIfNeeded: arguments[2].asInteger)
            return machine.answer(arguments[2])
        },
        method("_get", 2, "xn") { machine, blob, arguments in
            let index = arguments[1].asInteger
            guard index >= 0, index < blob.pointee.count else { return machine.refuse("index out of range") }
            return machine.answer(Value(integer: Int32(blob.pointee.bytes[Int(index)])))
        },
        LibraryFunction("_typeof", 1, "x") { machine, _ in
            machine.answer(Value(machine.string("blob" as StaticString)))
        },
        method("_nexti", 2, "x") { machine, blob, arguments in
            if arguments[1].isNull { return machine.answer(Value(integer: 0)) }
            guard arguments[1].isNumber else {
                return machine.refuse("internal error (_nexti) wrong argument type")
            }
            let next = Int(arguments[1].asInteger) + 1
            return next < Int(blob.pointee.count) ? machine.answer(Value(integer: next)) : .nothing
        },
        // The module's own additions.
        method("writestring", 2, "xs") { machine, blob, arguments in
            let text = arguments[1].string.buffer
            let position = Int(blob.pointee.position)
            guard machine.makeRoom(blob, text.count) else { return .failure }
            machine.charge(bytes: text.count)
            if let start = text.baseAddress { memmove(blob.pointee.bytes + position, start, text.count) }
            return machine.answer(Value(integer: Int32(text.count)))
        },
        method("readstring", 2, "xn") { machine, blob, arguments in
            let left = Int(blob.pointee.count - blob.pointee.position)
            let count = min(Int(arguments[1].asInteger), left)
            guard count > 0 else { return machine.refuse("no data left to read") }
            guard machine.canMakeString(count) else { return .failure }
            machine.charge(bytes: count)
            let start = blob.pointee.bytes + Int(blob.pointee.position)
            blob.pointee.position += Int32(count)
            return machine.answer(Value(machine.string(start, count)))
        },
        method("tostring", 1, "x") { machine, blob, _ in
            let count = Int(blob.pointee.count)
            guard machine.canMakeString(count) else { return .failure }
            machine.charge(bytes: count)
            return machine.answer(Value(machine.string(blob.pointee.bytes, count)))
        },
    ]

    static let globals: [LibraryFunction] = [
        LibraryFunction("casti2f", 2, ".n") { machine, arguments in
            machine.answer(Value(float: Float(bitPattern: UInt32(bitPattern: arguments[1].asInteger))))
        },
        LibraryFunction("castf2i", 2, ".n") { machine, arguments in
            machine.answer(Value(integer: Int32(bitPattern: arguments[1].asFloat.bitPattern)))
        },
        LibraryFunction("swap2", 2, ".n") { machine, arguments in
            let low = UInt16(truncatingIfNeeded: arguments[1].asInteger)
            // The upper byte comes from a signed short that was shifted: the sign goes along.
            let number = Int32(Int16(bitPattern: low)) << 8 | Int32(low >> 8)
            return machine.answer(Value(integer: number))
        },
        LibraryFunction("swap4", 2, ".n") { machine, arguments in
            machine.answer(Value(integer: arguments[1].asInteger.byteSwapped))
        },
        LibraryFunction("swapfloat", 2, ".n") { machine, arguments in
            machine.answer(Value(float: Float(bitPattern: arguments[1].asFloat.bitPattern.byteSwapped)))
        },
    ]
}

extension Machine {
    func registerBlobs(in root: UnsafeMutablePointer<TableObject>) {
        let stream = makeNativeClass(base: nil, BlobLibrary.stream)
        put(root, Value(string("stream" as StaticString)), Value(stream))
        let blob = makeNativeClass(base: stream, BlobLibrary.methods)
        blob.pointee.payloadKind = .blob
        blob.asHeader.pointee.references &+= 1
        state.pointee.blobClass = blob
        register(BlobLibrary.globals, in: root)
        put(root, Value(string("blob" as StaticString)), Value(blob))
    }

    /// A new blob of zeros; its count is zero.
    func makeBlob(count: Int) -> UnsafeMutablePointer<InstanceObject>? {
        guard let type = state.pointee.blobClass else { return nil }
        let instance = makeInstance(type)
        instance.asHeader.pointee.references &+= 1
        guard attachBlob(instance, count: count) else {
            release(instance.asHeader)
            return nil
        }
        instance.asHeader.pointee.references &-= 1
        return instance
    }

    /// Moves the position on by `count` bytes, which may lengthen the blob.
    fileprivate func makeRoom(_ blob: UnsafeMutablePointer<BlobStorage>, _ count: Int) -> Bool {
        let end = Int(blob.pointee.position) + count
        if end > Int(blob.pointee.count) {
            if end > Int(blob.pointee.capacity) {
                guard reallocate(blob, capacity: max(end, Int(blob.pointee.count) * 2)) else { return false }
            }
            blob.pointee.count = Int32(end)
        }
        blob.pointee.position = Int32(end)
        return true
    }

    fileprivate func swap(_ blob: UnsafeMutablePointer<BlobStorage>, size: Int) -> NativeOutcome {
        charge(bytes: Int(blob.pointee.count))
        var index = 0
        while index + size <= Int(blob.pointee.count) {
            var word = UnsafeMutableBufferPointer(start: blob.pointee.bytes + index, count: size)
            word.reverse()
            index += size
        }
        return .nothing
    }

    private func take<T: BitwiseCopyable>(_ blob: UnsafeMutablePointer<BlobStorage>, as type: T.Type) -> T? {
        let position = Int(blob.pointee.position)
        let size = MemoryLayout<T>.size
        guard position + size <= Int(blob.pointee.count) else {
            // What is left is read, and lost.
            blob.pointee.position = blob.pointee.count
            _ = fail("io error")
            return nil
        }
        blob.pointee.position += Int32(size)
        return UnsafeRawPointer(blob.pointee.bytes).loadUnaligned(fromByteOffset: position, as: type)
    }

    fileprivate func readNumber(_ blob: UnsafeMutablePointer<BlobStorage>, _ format: UInt8) -> NativeOutcome {
        let value: Value?
        switch format {
        case UInt8(ascii: "i"), UInt8(ascii: "l"):
            value = take(blob, as: Int32.self).map { Value(integer: Int32(littleEndian: $0)) }
        case UInt8(ascii: "s"):
            value = take(blob, as: Int16.self).map { Value(integer: Int32(Int16(littleEndian: $0))) }
        case UInt8(ascii: "w"):
            value = take(blob, as: UInt16.self).map { Value(integer: Int32(UInt16(littleEndian: $0))) }
        case UInt8(ascii: "c"):
            value = take(blob, as: Int8.self).map { Value(integer: Int32($0)) }
        case UInt8(ascii: "b"):
            value = take(blob, as: UInt8.self).map { Value(integer: Int32($0)) }
        case UInt8(ascii: "f"):
            value = take(blob, as: UInt32.self).map {
                Value(float: Float(bitPattern: UInt32(littleEndian: $0)))
            }
        case UInt8(ascii: "d"):
            value = take(blob, as: UInt64.self).map {
                Value(float: Float(Double(bitPattern: UInt64(littleEndian: $0))))
            }
        default:
            return refuse("invalid format")
        }
        return value.map { answer($0) } ?? .failure
    }

    private func give<T: BitwiseCopyable>(_ blob: UnsafeMutablePointer<BlobStorage>, _ value: T)
        -> NativeOutcome
    {
        let position = Int(blob.pointee.position)
        guard makeRoom(blob, MemoryLayout<T>.size) else { return .failure }
        UnsafeMutableRawPointer(blob.pointee.bytes).storeBytes(of: value, toByteOffset: position, as: T.self)
        return .nothing
    }

    fileprivate func writeNumber(
        _ blob: UnsafeMutablePointer<BlobStorage>, _ value: Value, _ format: UInt8
    ) -> NativeOutcome {
        switch format {
        case UInt8(ascii: "i"), UInt8(ascii: "l"): return give(blob, value.asInteger.littleEndian)
        case UInt8(ascii: "s"), UInt8(ascii: "w"):
            return give(blob, UInt16(truncatingIfNeeded: value.asInteger).littleEndian)
        case UInt8(ascii: "c"), UInt8(ascii: "b"):
            return give(blob, UInt8(truncatingIfNeeded: value.asInteger))
        case UInt8(ascii: "f"): return give(blob, value.asFloat.bitPattern.littleEndian)
        case UInt8(ascii: "d"): return give(blob, Double(value.asFloat).bitPattern.littleEndian)
        default: return refuse("invalid format")
        }
    }
}
