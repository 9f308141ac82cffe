#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The operators where the interpreter's short cuts do not apply.
extension Machine {
    /// `left op right` for any operands; the value goes to `result`.
    @inline(never)
    func arithmetic(_ op: Opcode, _ left: Value, _ right: Value) -> Bool {
        if left.isInteger && right.isInteger {
            let (a, b) = (left.integer, right.integer)
            let value: Int32
            switch op {
            case .subtract: value = a &- b
            case .multiply: value = a &* b
            case .divide:
                if b == 0 { return fail("division by zero") }
                if b == -1 && a == .min { return fail("integer overflow") }
                value = a / b
            case .modulo:
                if b == 0 { return fail("modulo by zero") }
                if b == -1 && a == .min { return fail("integer overflow") }
                value = a % b
            default: value = a &+ b
            }
            setResult(Value(integer: value))
            return true
        }
        if left.isNumber && right.isNumber {
            let (a, b) = (left.asFloat, right.asFloat)
            let value: Float
            switch op {
            case .subtract: value = a - b
            case .multiply: value = a * b
            case .divide: value = a / b
            case .modulo: value = Float(fmod(Double(a), Double(b)))
            default: value = a + b
            }
            setResult(Value(float: value))
            return true
        }
        if op == .add && (left.isString || right.isString) { return concatenate(left, right) }
        let which: Metamethod
        let sign: String
        switch op {
        case .subtract: (which, sign) = (.subtract, "-")
        case .multiply: (which, sign) = (.multiply, "*")
        case .divide: (which, sign) = (.divide, "/")
        case .modulo: (which, sign) = (.modulo, "%")
        default: (which, sign) = (.add, "+")
        }
        if let method = metamethod(which, of: left) { return callMetamethod(method, left, right) }
        return fail("arith op \(sign) on between '\(left.typeName)' and '\(right.typeName)'")
    }

    /// Bitwise operators. Shifts take the low byte of the count and shift out everything from 32 on, as the
    /// module's core does.
    @inline(never)
    func bitwise(_ op: Opcode, _ left: Value, _ right: Value) -> Bool {
        guard left.isInteger && right.isInteger else {
            return fail("bitwise op between '\(left.typeName)' and '\(right.typeName)'")
        }
        let (a, b) = (left.integer, right.integer)
        let value: Int32
        switch op {
        case .bitAnd: value = a & b
        case .bitOr: value = a | b
        case .bitXor: value = a ^ b
        case .shiftLeft: value = Machine.shiftLeft(a, b)
        case .shiftRight: value = Machine.shiftRight(a, b)
        default: value = Machine.shiftRightUnsigned(a, b)
        }
        setResult(Value(integer: value))
        return true
    }

    @inline(__always) static func shiftLeft(_ a: Int32, _ b: Int32) -> Int32 {
        let count = b & 0xFF
        return count < 32 ? a &<< count : 0
    }
    @inline(__always) static func shiftRight(_ a: Int32, _ b: Int32) -> Int32 {
        a &>> min(b & 0xFF, 31)
    }
    @inline(__always) static func shiftRightUnsigned(_ a: Int32, _ b: Int32) -> Int32 {
        let count = b & 0xFF
        return count < 32 ? Int32(bitPattern: UInt32(bitPattern: a) &>> UInt32(count)) : 0
    }

    /// `-value`
    @inline(never)
    func negate(_ value: Value) -> Bool {
        if value.isInteger {
            setResult(Value(integer: 0 &- value.integer))
            return true
        }
        if value.isFloat {
            setResult(Value(float: -value.float))
            return true
        }
        if let method = metamethod(.negate, of: value) { return callMetamethod(method, value) }
        return fail("attempt to negate a \(value.typeName)")
    }

    /// Equal types compare by payload, numbers of different types by value.
    @inline(__always)
    func isEqual(_ left: Value, _ right: Value) -> Bool {
        if left.bits == right.bits { return true }
        return left.isNumber && right.isNumber && left.tag != right.tag && left.asFloat == right.asFloat
    }

    /// Three-way comparison into `order`: negative, zero or positive.
    @inline(never)
    func compare(_ left: Value, _ right: Value, _ order: inout Int32) -> Bool {
        if left.tag == right.tag {
            if left.bits == right.bits {
                order = 0
                return true
            }
            switch left.tag {
            case Value.Tag.integer:
                order = left.integer < right.integer ? -1 : 1
            case Value.Tag.float:
                order = left.float < right.float ? -1 : 1
            case Value.Tag.string:
                order = Machine.compare(left.string, right.string)
            case Value.Tag.bool:
                order = right.bool ? -1 : 1
            default:
                if let method = metamethod(.compare, of: left) {
                    guard callMetamethod(method, left, right) else { return false }
                    let result = takeResult()
                    defer { release(result) }
                    guard result.isInteger else { return fail("_cmp must return an integer") }
                    order = result.integer
                    return true
                }
                order = left.header.pointee.serial < right.header.pointee.serial ? -1 : 1
            }
            return true
        }
        if left.isNumber && right.isNumber {
            let (a, b) = (left.asFloat, right.asFloat)
            order = a == b ? 0 : (a < b ? -1 : 1)
            return true
        }
        if left.isNull {
            order = -1
            return true
        }
        if right.isNull {
            order = 1
            return true
        }
        return failComparison(left, right)
    }

    static func compare(
        _ left: UnsafeMutablePointer<StringObject>, _ right: UnsafeMutablePointer<StringObject>
    ) -> Int32 {
        let order = memcmp(left.bytes, right.bytes, min(left.count, right.count))
        if order != 0 { return order < 0 ? -1 : 1 }
        return left.count == right.count ? 0 : (left.count < right.count ? -1 : 1)
    }

    /// Whether a comparison operator holds for a three-way result.
    @inline(__always)
    static func holds(_ op: Opcode, _ order: Int32) -> Bool {
        switch op {
        case .less, .jumpUnlessLess, .jumpUnlessLessInteger: order < 0
        case .lessOrEqual, .jumpUnlessLessOrEqual, .jumpUnlessLessOrEqualInteger: order <= 0
        case .greater, .jumpUnlessGreater, .jumpUnlessGreaterInteger: order > 0
        default: order >= 0
        }
    }

    // MARK: Text

    /// Joins the texts of two values.
    @inline(never)
    func concatenate(_ left: Value, _ right: Value) -> Bool {
        if left.isString && right.isString { return join(left.string, right.string) }
        guard toString(left) else { return false }
        let a = takeResult()
        defer { release(a) }
        guard toString(right) else { return false }
        let b = takeResult()
        defer { release(b) }
        return join(a.string, b.string)
    }

    private func join(
        _ left: UnsafeMutablePointer<StringObject>, _ right: UnsafeMutablePointer<StringObject>
    ) -> Bool {
        let (a, b) = (left.count, right.count)
        guard canMakeString(a + b) else { return false }
        charge(bytes: a + b)
        let string = allocateString(a + b)
        string.bytes.update(from: left.bytes, count: a)
        (string.bytes + a).update(from: right.bytes, count: b)
        setResult(Value(finish(string)))
        return true
    }

    /// Whether a string of this length may exist.
    @inline(__always)
    func canMakeString(_ count: Int) -> Bool {
        if count > state.pointee.limits.stringBytes {
            state.pointee.fatal = .outOfMemory
            return false
        }
        return count <= 4096 || canReserve(count)
    }

    /// Work in proportion to a length counts as instructions.
    @inline(__always)
    func charge(bytes count: Int) {
        state.pointee.fuel &-= count >> 6
    }

    /// The text of any value, by `_tostring` where there is one.
    func toString(_ value: Value) -> Bool {
        switch value.tag {
        case Value.Tag.string:
            setResult(value)
        case Value.Tag.integer:
            setResult(Value(string(decimal: value.integer)))
        case Value.Tag.float:
            setResult(Value(string(NumberText.format(Double(value.float), digits: 6))))
        case Value.Tag.bool:
            setResult(Value(string(value.bool ? "true" : "false" as StaticString)))
        default:
            if let method = metamethod(.toString, of: value) {
                guard callMetamethod(method, value) else { return false }
                if state.pointee.result.isString { return true }
            }
            setResult(Value(string(identityText(value))))
        }
        return true
    }

    private func string(decimal number: Int32) -> UnsafeMutablePointer<StringObject> {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 12) { buffer in
            var rest = number.magnitude
            var index = 12
            repeat {
                index -= 1
                buffer[index] = UInt8(truncatingIfNeeded: 48 + rest % 10)
                rest /= 10
            } while rest > 0
            if number < 0 {
                index -= 1
                buffer[index] = UInt8(ascii: "-")
            }
            guard let start = buffer.baseAddress else { return string("0" as StaticString) }
            return string(start + index, 12 - index)
        }
    }

    /// `(table : 0x20000010)`: the type and a number that tells objects apart.
    private func identityText(_ value: Value) -> String {
        let serial = value.isReference ? value.header.pointee.serial : 0
        let address = value.isReference ? 0x2000_0000 &+ serial &* 16 : 0
        return "(\(value.typeName) : 0x\(String(address, radix: 16)))"
    }

    /// `typeof value`
    func typeOf(_ value: Value) -> Bool {
        if let method = metamethod(.typeOf, of: value) { return callMetamethod(method, value) }
        setResult(Value(string(value.typeName)))
        return true
    }

    // MARK: Fields in place

    /// `object[key] op= operand`; the new value goes to `result`.
    func compound(_ op: Opcode, _ object: Value, _ key: Value, _ operand: Value, fromRoot: Bool) -> Bool {
        // Both may be registers that a metamethod's caller overwrites.
        retain(object)
        retain(key)
        retain(operand)
        defer {
            release(object)
            release(key)
            release(operand)
        }
        guard get(object, key, fromRoot: fromRoot) else { return false }
        let old = takeResult()
        defer { release(old) }
        guard arithmetic(op, old, operand) else { return false }
        let new = takeResult()
        defer { release(new) }
        guard set(object, key, new, intoRoot: fromRoot) else { return false }
        setResult(new)
        return true
    }

    /// `object[key]++`: the old value goes to `result`.
    func postIncrement(_ object: Value, _ key: Value, by difference: Int32, fromRoot: Bool) -> Bool {
        retain(object)
        retain(key)
        defer {
            release(object)
            release(key)
        }
        guard get(object, key, fromRoot: fromRoot) else { return false }
        let old = takeResult()
        defer { release(old) }
        guard arithmetic(.add, old, Value(integer: difference)) else { return false }
        let new = takeResult()
        defer { release(new) }
        guard set(object, key, new, intoRoot: fromRoot) else { return false }
        setResult(old)
        return true
    }

    // MARK: Iteration

    enum Step {
        case item, resumed, end, failed
    }

    /// One step of `foreach`: index, value and state are three registers from `slots` on.
    func forEachStep(_ container: Value, _ slots: UnsafeMutablePointer<Value>) -> Step {
        let position = slots[2]
        let index = position.isInteger ? Int(position.integer) : 0
        switch container.tag {
        case Value.Tag.table:
            guard let found = next(container.table, from: index) else { return .end }
            let node = container.table.pointee.nodes[found]
            assign(slots, node.key)
            assign(slots + 1, node.value.strong)
            assign(slots + 2, Value(integer: found + 1))
            return .item
        case Value.Tag.array:
            guard index < Int(container.array.pointee.count) else { return .end }
            assign(slots, Value(integer: index))
            assign(slots + 1, container.array.pointee.elements.unsafelyUnwrapped[index].strong)
            assign(slots + 2, Value(integer: index + 1))
            return .item
        case Value.Tag.string:
            guard index < container.string.count else { return .end }
            assign(slots, Value(integer: index))
            assign(slots + 1, Value(integer: Int32(container.string.bytes[index])))
            assign(slots + 2, Value(integer: index + 1))
            return .item
        case Value.Tag.class:
            let type = container.classObject
            guard let found = next(type.pointee.members, from: index) else { return .end }
            let node = type.pointee.members.pointee.nodes[found]
            let kept = member(type, node.value.integer).pointee.value
            assign(slots, node.key)
            assign(slots + 1, node.value.integer & Machine.fieldFlag != 0 ? kept.strong : kept)
            assign(slots + 2, Value(integer: found + 1))
            return .item
        case Value.Tag.instance:
            return instanceStep(container, slots)
        case Value.Tag.generator where container.generator.pointee.state != .running:
            if container.generator.pointee.state == .dead { return .end }
            let number = position.isInteger ? position.integer &+ 1 : 0
            assign(slots, Value(integer: number))
            assign(slots + 2, Value(integer: number))
            return .resumed
        default:
            return fail("cannot iterate \(container.typeName)") ? .item : .failed
        }
    }

    private func instanceStep(_ container: Value, _ slots: UnsafeMutablePointer<Value>) -> Step {
        guard let method = metamethod(.next, of: container) else {
            return fail("_nexti failed") ? .item : .failed
        }
        guard callMetamethod(method, container, slots[2]) else { return .failed }
        let index = takeResult()
        defer { release(index) }
        assign(slots, index)
        assign(slots + 2, index)
        if index.isNull { return .end }
        guard get(container, index, fromRoot: false) else {
            return fail("_nexti returned an invalid idx") ? .item : .failed
        }
        assignOwned(slots + 1, takeResult())
        return .item
    }
}
