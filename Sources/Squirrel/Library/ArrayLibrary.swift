/// What arrays can do.
enum ArrayLibrary {
    private static let append = LibraryFunction("append", 2, "a") { machine, arguments in
        machine.append(arguments[0].array, arguments[1]) ? .nothing : .failure
    }
    private static let push = LibraryFunction("push", append.check, append.types, append.body)

    static let functions: [LibraryFunction] = [
        CommonFunctions.length,
        append,
        LibraryFunction("extend", 2, "aa") { machine, arguments in
            let (array, other) = (arguments[0].array, arguments[1].array)
            machine.charge(bytes: Int(other.pointee.count) * 8)
            for index in 0..<Int(other.pointee.count) {
                guard machine.append(array, other.pointee.elements.unsafelyUnwrapped[index]) else {
                    return .failure
                }
            }
            return .nothing
        },
        push,
        LibraryFunction("pop", 1, "a") { machine, arguments in
            let array = arguments[0].array
            guard array.pointee.count > 0 else { return machine.refuse("empty array") }
            array.pointee.count -= 1
            let value = array.pointee.elements.unsafelyUnwrapped[Int(array.pointee.count)]
            machine.setResult(value)
            machine.release(value)
            machine.shrink(array)
            return .value
        },
        LibraryFunction("top", 1, "a") { machine, arguments in
            let array = arguments[0].array
            guard array.pointee.count > 0 else { return machine.refuse("top() on a empty array") }
            return machine.answer(array.pointee.elements.unsafelyUnwrapped[Int(array.pointee.count) - 1])
        },
        LibraryFunction("insert", 3, "an") { machine, arguments in
            machine.insert(arguments[0].array, at: Int(arguments[1].asInteger), arguments[2])
        },
        LibraryFunction("remove", 2, "an") { machine, arguments in
            machine.remove(arguments[0].array, at: Int(arguments[1].asInteger))
        },
        LibraryFunction("resize", -2, "an") { machine, arguments in
            let count = Int(arguments[1].asInteger)
            guard count >= 0 else { return machine.refuse("negative size") }
            machine.charge(bytes: count * 8)
            let fill = arguments.count > 2 ? arguments[2] : .null
            return machine.resize(arguments[0].array, to: count, fill: fill) ? .nothing : .failure
        },
        LibraryFunction("reverse", 1, "a") { machine, arguments in
            let array = arguments[0].array
            guard let elements = array.pointee.elements else { return .nothing }
            machine.charge(bytes: Int(array.pointee.count) * 8)
            var buffer = UnsafeMutableBufferPointer(start: elements, count: Int(array.pointee.count))
            buffer.reverse()
            return .nothing
        },
        LibraryFunction("sort", -1, "ac") { machine, arguments in
            machine.sort(arguments[0].array, by: arguments.count == 2 ? arguments[1] : nil)
                ? .nothing : .failure
        },
        LibraryFunction("slice", -1, "ann") { machine, arguments in
            let array = arguments[0].array
            switch SliceBounds.read(arguments, count: Int(array.pointee.count)) {
            case .failure(let error): return machine.refuse(error.message)
            case .success(let bounds):
                guard let slice = machine.makeArray(bounds.end - bounds.start) else { return .failure }
                machine.charge(bytes: (bounds.end - bounds.start) * 8)
                for index in max(0, bounds.start)..<max(0, bounds.end) {
                    let value = array.pointee.elements.unsafelyUnwrapped[index].strong
                    machine.assign(
                        slice.pointee.elements.unsafelyUnwrapped + (index - bounds.start), value)
                }
                return machine.answer(Value(slice))
            }
        },
        CommonFunctions.weakReference,
        CommonFunctions.toString,
        LibraryFunction("clear", 1, ".") { machine, arguments in
            guard arguments[0].isArray else { return machine.refuse("clear only works on table and array") }
            return machine.resize(arguments[0].array, to: 0, fill: .null) ? .nothing : .failure
        },
        LibraryFunction("map", 2, "ac") { machine, arguments in
            guard let result = machine.makeArray(Int(arguments[0].array.pointee.count)) else {
                return .failure
            }
            let value = Value(result)
            machine.retain(value)
            defer { machine.release(value) }
            return machine.map(arguments[0], by: arguments[1], into: result)
                ? machine.answer(value) : .failure
        },
        LibraryFunction("apply", 2, "ac") { machine, arguments in
            machine.map(arguments[0], by: arguments[1], into: arguments[0].array) ? .nothing : .failure
        },
        LibraryFunction("reduce", 2, "ac") { machine, arguments in
            machine.reduce(arguments[0], by: arguments[1])
        },
        LibraryFunction("filter", 2, "ac") { machine, arguments in
            machine.filter(arguments[0], by: arguments[1])
        },
        LibraryFunction("find", 2, "a.") { machine, arguments in
            let array = arguments[0].array
            machine.charge(bytes: Int(array.pointee.count) * 8)
            for index in 0..<Int(array.pointee.count)
            where machine.isEqual(array.pointee.elements.unsafelyUnwrapped[index].strong, arguments[1]) {
                return machine.answer(Value(integer: index))
            }
            return .nothing
        },
    ]
}

/// Why a slice is refused.
struct SliceError: Error {
    var message: String
}

/// The range that `slice(start, end)` means.
struct SliceBounds {
    var start: Int
    var end: Int

    /// Negative bounds count from the end.
    static func read(_ arguments: Arguments, count: Int) -> Result<SliceBounds, SliceError> {
        var start = 0
        if arguments.count > 1, arguments[1].isNumber { start = Int(arguments[1].asInteger) }
        var end = arguments.count > 2 ? 0 : count
        if arguments.count > 2, arguments[2].isNumber { end = Int(arguments[2].asInteger) }
        if start < 0 { start += count }
        if end < 0 { end += count }
        if end < start { return .failure(SliceError(message: "wrong indexes")) }
        if end > count || start < 0 { return .failure(SliceError(message: "slice out of range")) }
        return .success(SliceBounds(start: start, end: end))
    }
}

extension Machine {
    fileprivate func insert(
        _ array: UnsafeMutablePointer<ArrayObject>, at index: Int, _ value: Value
    ) -> NativeOutcome {
        let count = Int(array.pointee.count)
        guard index >= 0, index <= count else { return refuse("index out of range") }
        charge(bytes: (count - index) * 8)
        guard append(array, value) else { return .failure }
        let elements = array.pointee.elements.unsafelyUnwrapped
        if index < count {
            (elements + index + 1).update(from: elements + index, count: count - index)
            elements[index] = value
        }
        return .nothing
    }

    fileprivate func remove(_ array: UnsafeMutablePointer<ArrayObject>, at index: Int) -> NativeOutcome {
        let count = Int(array.pointee.count)
        guard index >= 0, index < count else { return refuse("idx out of range") }
        charge(bytes: (count - index) * 8)
        let elements = array.pointee.elements.unsafelyUnwrapped
        let value = elements[index]
        (elements + index).update(from: elements + index + 1, count: count - index - 1)
        array.pointee.count -= 1
        setResult(value.strong)
        release(value)
        shrink(array)
        return .value
    }

    /// The callbacks may change the array; each step looks at its length anew.
    private func element(_ array: Value, _ index: Int) -> Value {
        index < Int(array.array.pointee.count)
            ? array.array.pointee.elements.unsafelyUnwrapped[index].strong : .null
    }

    fileprivate func map(
        _ array: Value, by function: Value, into result: UnsafeMutablePointer<ArrayObject>
    ) -> Bool {
        let count = Int(array.array.pointee.count)
        for index in 0..<count {
            guard call(function, array, element(array, index)) else { return false }
            let value = takeResult()
            if index < Int(result.pointee.count) {
                assign(result.pointee.elements.unsafelyUnwrapped + index, value)
            }
            release(value)
        }
        return true
    }

    fileprivate func reduce(_ array: Value, by function: Value) -> NativeOutcome {
        let count = Int(array.array.pointee.count)
        guard count > 0 else { return .nothing }
        var result = element(array, 0)
        retain(result)
        for index in 1..<max(count, 1) {
            guard call(function, array, result, element(array, index)) else {
                release(result)
                return .failure
            }
            release(result)
            result = takeResult()
        }
        setResult(result)
        release(result)
        return .value
    }

    fileprivate func filter(_ array: Value, by function: Value) -> NativeOutcome {
        guard let kept = makeArray(0) else { return .failure }
        let result = Value(kept)
        retain(result)
        defer { release(result) }
        for index in 0..<Int(array.array.pointee.count) {
            let value = element(array, index)
            retain(value)
            defer { release(value) }
            guard call(function, array, Value(integer: index), value) else { return .failure }
            let answer = takeResult()
            defer { release(answer) }
            if !answer.isFalse {
                guard append(kept, value) else { return .failure }
            }
        }
        return answer(result)
    }

    // MARK: Sorting

    /// Compares two elements with the program's function, or by the language's order.
    @inline(__always)
    private func sortOrder(_ left: Value, _ right: Value, _ function: Value?, _ order: inout Int32) -> Bool {
        guard let function else {
            if UInt32(truncatingIfNeeded: left.bits | right.bits) == 0 {
                order = left.integer < right.integer ? -1 : (left.bits == right.bits ? 0 : 1)
                return true
            }
            return compare(left, right, &order)
        }
        let root = state.pointee.root.map { Value($0) } ?? .null
        guard call(function, root, left, right) else {
            if state.pointee.fatal == .none, !state.pointee.lastError.isString {
                return fail("compare func failed")
            }
            return false
        }
        let answer = takeResult()
        defer { release(answer) }
        guard answer.isNumber else {
            return fail("numeric value expected as return value of the compare function")
        }
        order = answer.asInteger
        return true
    }

    /// Heap sort, step by step as upstream does it: the order of equal elements is visible.
    fileprivate func sort(_ array: UnsafeMutablePointer<ArrayObject>, by function: Value?) -> Bool {
        let count = Int(array.pointee.count)
        guard count > 1 else { return true }
        charge(bytes: count * 64)
        var start = count / 2
        while start >= 0 {
            guard siftDown(array, start, count - 1, function) else { return false }
            start -= 1
        }
        var last = count - 1
        while last >= 1 {
            guard last < Int(array.pointee.count), let elements = array.pointee.elements else { return true }
            (elements[0], elements[last]) = (elements[last], elements[0])
            guard siftDown(array, 0, last - 1, function) else { return false }
            last -= 1
        }
        return true
    }

    private func siftDown(
        _ array: UnsafeMutablePointer<ArrayObject>, _ start: Int, _ bottom: Int, _ function: Value?
    ) -> Bool {
        var root = start
        while root * 2 <= bottom {
            // A comparing function may have shortened the array meanwhile.
            guard bottom < Int(array.pointee.count), let elements = array.pointee.elements else {
                return true
            }
            var child = root * 2
            var order: Int32 = 0
            if child != bottom {
                guard sortOrder(elements[child], elements[child + 1], function, &order) else { return false }
                if order <= 0 { child += 1 }
            }
            guard bottom < Int(array.pointee.count), let current = array.pointee.elements else { return true }
            guard sortOrder(current[root], current[child], function, &order) else { return false }
            guard order < 0 else { return true }
            if root == child { return fail("inconsistent compare function") }
            guard bottom < Int(array.pointee.count), let swapped = array.pointee.elements else { return true }
            (swapped[root], swapped[child]) = (swapped[child], swapped[root])
            root = child
        }
        return true
    }
}
