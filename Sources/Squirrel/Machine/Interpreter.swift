/// The interpreter loop.
extension Machine {
    enum Outcome {
        case returned, failed, paused, suspended
    }

    /// Stores a result that is no reference.
    @inline(__always)
    private func store(_ slot: UnsafeMutablePointer<Value>, _ value: Value) {
        let old = slot.pointee
        slot.pointee = value
        release(old)
    }

    /// Runs the frame at hand until its function returns. Squirrel calls Squirrel inside of this loop; only
    /// natives and metamethods start another.
    func execute() -> Outcome {
        let state = self.state
        var ip = state.pointee.frame.pointee.ip.unsafelyUnwrapped
        var base = state.pointee.base
        var literals = state.pointee.frame.pointee.literals.unsafelyUnwrapped
        while true {
            running: while true {
                let i = ip.pointee
                ip += 1
                switch i.op {
                case .move:
                    assign(base + Int(i.a), base[Int(i.b)])
                case .moveTwo:
                    assign(base + Int(i.a), base[Int(i.b)])
                    assign(base + Int(i.c), base[Int(i.d)])
                case .loadLiteral:
                    assign(base + Int(i.a), literals[Int(i.d)])
                case .loadInteger:
                    store(base + Int(i.a), Value(integer: i.d))
                case .loadFloat:
                    store(base + Int(i.a), Value(float: Float(bitPattern: UInt32(bitPattern: i.d))))
                case .loadBool:
                    store(base + Int(i.a), Value(bool: i.b != 0))
                case .loadNull:
                    var slot = base + Int(i.a)
                    let end = slot + Int(i.d)
                    while slot < end {
                        store(slot, .null)
                        slot += 1
                    }
                case .loadRoot:
                    assign(base + Int(i.a), Value(state.pointee.root.unsafelyUnwrapped))
                case .loadBase:
                    let type = state.pointee.frame.pointee.function.closure.pointee.base
                    assign(base + Int(i.a), type.map { Value($0) } ?? .null)
                case .getOuter:
                    let outer = state.pointee.frame.pointee.function.closure.outers[Int(i.d)]
                    assign(base + Int(i.a), outer.unsafelyUnwrapped.pointee.location.pointee)
                case .setOuter:
                    let outer = state.pointee.frame.pointee.function.closure.outers[Int(i.d)]
                    assign(outer.unsafelyUnwrapped.pointee.location, base[Int(i.b)])
                    if i.a != 0xFF { assign(base + Int(i.a), base[Int(i.b)]) }

                case .get:
                    let object = base[Int(i.b)]
                    let key = base[Int(i.c)]
                    if key.isInteger {
                        if object.isArray {
                            let index = key.integer
                            if UInt32(bitPattern: index) < UInt32(bitPattern: object.array.pointee.count) {
                                let value = object.array.pointee.elements.unsafelyUnwrapped[Int(index)]
                                assign(base + Int(i.a), value.strong)
                                continue running
                            }
                        } else if object.isInstance {
                            let instance = object.instance
                            if let blob = instance.blob, !instance.pointee.type.pointee.hasOwnIndexing,
                                UInt32(bitPattern: key.integer) < UInt32(bitPattern: blob.pointee.count)
                            {
                                let byte = blob.pointee.bytes[Int(key.integer)]
                                store(base + Int(i.a), Value(integer: Int32(byte)))
                                continue running
                            }
                        } else if object.isTable {
                            if let node = find(object.table, key) {
                                assign(base + Int(i.a), node.pointee.value.strong)
                                continue running
                            }
                        } else if object.isString,
                            UInt32(bitPattern: key.integer) < object.string.pointee.length
                        {
                            let byte = object.string.bytes[Int(key.integer)]
                            store(base + Int(i.a), Value(integer: Int32(byte)))
                            continue running
                        }
                    } else if key.isString && object.isTable {
                        if let node = find(object.table, string: key) {
                            assign(base + Int(i.a), node.pointee.value.strong)
                            continue running
                        }
                    }
                    state.pointee.frame.pointee.ip = ip
                    guard get(object, key, fromRoot: i.b == 0) else { break running }
                    assignOwned(base + Int(i.a), takeResult())
                case .getLiteral:
                    let object = base[Int(i.b)]
                    let key = literals[Int(i.d)]
                    if object.isTable {
                        if let node = find(object.table, string: key) {
                            assign(base + Int(i.a), node.pointee.value.strong)
                            continue running
                        }
                    } else if object.isInstance {
                        let instance = object.instance
                        let type = instance.pointee.type
                        if let node = find(type.pointee.members, string: key) {
                            let index = node.pointee.value.integer
                            let value =
                                index & Machine.fieldFlag != 0
                                ? instance.fields[Int(index & Machine.indexMask)].strong
                                : type.pointee.methods.unsafelyUnwrapped[Int(index & Machine.indexMask)].value
                            assign(base + Int(i.a), value)
                            continue running
                        }
                    }
                    state.pointee.frame.pointee.ip = ip
                    guard get(object, key, fromRoot: i.b == 0) else { break running }
                    assignOwned(base + Int(i.a), takeResult())
                case .set:
                    let object = base[Int(i.b)]
                    let key = base[Int(i.c)]
                    let value = base[Int(i.d)]
                    var isDone = false
                    if key.isInteger {
                        if object.isArray {
                            let index = key.integer
                            if UInt32(bitPattern: index) < UInt32(bitPattern: object.array.pointee.count) {
                                assign(object.array.pointee.elements.unsafelyUnwrapped + Int(index), value)
                                isDone = true
                            }
                        } else if object.isInstance, value.isInteger {
                            let instance = object.instance
                            if let blob = instance.blob, !instance.pointee.type.pointee.hasOwnIndexing,
                                UInt32(bitPattern: key.integer) < UInt32(bitPattern: blob.pointee.count)
                            {
                                blob.pointee.bytes[Int(key.integer)] = UInt8(
                                    truncatingIfNeeded: value.bits >> 32)
                                isDone = true
                            }
                        }
                    }
                    if !isDone {
                        state.pointee.frame.pointee.ip = ip
                        guard set(object, key, value, intoRoot: i.b == 0) else { break running }
                    }
                    if i.a != 0xFF { assign(base + Int(i.a), base[Int(i.d)]) }
                case .setLiteral:
                    let object = base[Int(i.b)]
                    let key = literals[Int(i.d)]
                    let value = base[Int(i.c)]
                    var isDone = false
                    if object.isTable {
                        if let node = find(object.table, string: key) {
                            assign(node.pointer(to: \.value).unsafelyUnwrapped, value)
                            isDone = true
                        }
                    } else if object.isInstance {
                        let instance = object.instance
                        if let node = find(instance.pointee.type.pointee.members, string: key) {
                            let index = node.pointee.value.integer
                            if index & Machine.fieldFlag != 0 {
                                assign(instance.fields + Int(index & Machine.indexMask), value)
                                isDone = true
                            }
                        }
                    }
                    if !isDone {
                        state.pointee.frame.pointee.ip = ip
                        guard set(object, key, value, intoRoot: i.b == 0) else { break running }
                    }
                    if i.a != 0xFF { assign(base + Int(i.a), base[Int(i.c)]) }
                case .newSlot:
                    state.pointee.frame.pointee.ip = ip
                    guard newSlot(base[Int(i.b)], base[Int(i.c)], base[Int(i.d)]) else { break running }
                    if i.a != 0xFF { assign(base + Int(i.a), base[Int(i.d)]) }
                case .newSlotLiteral:
                    put(base[Int(i.b)].table, literals[Int(i.d)], base[Int(i.c)])
                case .delete:
                    state.pointee.frame.pointee.ip = ip
                    guard deleteSlot(base[Int(i.b)], base[Int(i.c)]) else { break running }
                    assignOwned(base + Int(i.a), takeResult())
                case .newMember:
                    state.pointee.frame.pointee.ip = ip
                    let attributes =
                        Int(i.a) & Compiler.hasAttributes != 0 ? base[Int(i.c) - 1] : Value.null
                    guard
                        newMember(
                            base[Int(i.b)], base[Int(i.c)], base[Int(i.d)], attributes: attributes,
                            isStatic: Int(i.a) & Compiler.isStatic != 0)
                    else { break running }
                case .compound:
                    state.pointee.frame.pointee.ip = ip
                    let op = Opcode(rawValue: UInt8(truncatingIfNeeded: i.d >> 8)) ?? .add
                    guard
                        compound(
                            op, base[Int(i.b)], base[Int(i.c)], base[Int(i.d & 0xFF)], fromRoot: i.b == 0)
                    else { break running }
                    assignOwned(base + Int(i.a), takeResult())
                case .increment:
                    state.pointee.frame.pointee.ip = ip
                    guard
                        compound(
                            .add, base[Int(i.b)], base[Int(i.c)], Value(integer: i.d), fromRoot: i.b == 0)
                    else { break running }
                    assignOwned(base + Int(i.a), takeResult())
                case .postIncrement:
                    state.pointee.frame.pointee.ip = ip
                    guard postIncrement(base[Int(i.b)], base[Int(i.c)], by: i.d, fromRoot: i.b == 0) else {
                        break running
                    }
                    assignOwned(base + Int(i.a), takeResult())

                case .add:
                    let (left, right) = (base[Int(i.b)], base[Int(i.c)])
                    if UInt32(truncatingIfNeeded: left.bits | right.bits) == 0 {
                        store(base + Int(i.a), Value(bits: left.bits &+ right.bits))
                    } else if left.isFloat && right.isFloat {
                        store(base + Int(i.a), Value(float: left.float + right.float))
                    } else {
                        state.pointee.frame.pointee.ip = ip
                        guard arithmetic(.add, left, right) else { break running }
                        assignOwned(base + Int(i.a), takeResult())
                    }
                case .subtract:
                    let (left, right) = (base[Int(i.b)], base[Int(i.c)])
                    if UInt32(truncatingIfNeeded: left.bits | right.bits) == 0 {
                        store(base + Int(i.a), Value(bits: left.bits &- right.bits))
                    } else if left.isFloat && right.isFloat {
                        store(base + Int(i.a), Value(float: left.float - right.float))
                    } else {
                        state.pointee.frame.pointee.ip = ip
                        guard arithmetic(.subtract, left, right) else { break running }
                        assignOwned(base + Int(i.a), takeResult())
                    }
                case .multiply:
                    let (left, right) = (base[Int(i.b)], base[Int(i.c)])
                    if UInt32(truncatingIfNeeded: left.bits | right.bits) == 0 {
                        store(base + Int(i.a), Value(bits: (left.bits >> 32) &* right.bits))
                    } else if left.isFloat && right.isFloat {
                        store(base + Int(i.a), Value(float: left.float * right.float))
                    } else {
                        state.pointee.frame.pointee.ip = ip
                        guard arithmetic(.multiply, left, right) else { break running }
                        assignOwned(base + Int(i.a), takeResult())
                    }
                case .divide:
                    let (left, right) = (base[Int(i.b)], base[Int(i.c)])
                    if left.isFloat && right.isFloat {
                        store(base + Int(i.a), Value(float: left.float / right.float))
                    } else if UInt32(truncatingIfNeeded: left.bits | right.bits) == 0, right.integer > 0 {
                        let quotient = left.integer / right.integer
                        store(base + Int(i.a), Value(integer: quotient))
                    } else {
                        state.pointee.frame.pointee.ip = ip
                        guard arithmetic(.divide, left, right) else { break running }
                        assignOwned(base + Int(i.a), takeResult())
                    }
                case .modulo:
                    let (left, right) = (base[Int(i.b)], base[Int(i.c)])
                    if UInt32(truncatingIfNeeded: left.bits | right.bits) == 0, right.integer > 0 {
                        store(base + Int(i.a), Value(integer: left.integer % right.integer))
                    } else {
                        state.pointee.frame.pointee.ip = ip
                        guard arithmetic(.modulo, left, right) else { break running }
                        assignOwned(base + Int(i.a), takeResult())
                    }
                case .addInteger:
                    let left = base[Int(i.b)]
                    if left.isInteger {
                        store(base + Int(i.a), Value(bits: left.bits &+ Value(integer: i.d).bits))
                    } else if left.isFloat {
                        store(base + Int(i.a), Value(float: left.float + Float(i.d)))
                    } else {
                        state.pointee.frame.pointee.ip = ip
                        guard arithmetic(.add, left, Value(integer: i.d)) else { break running }
                        assignOwned(base + Int(i.a), takeResult())
                    }
                case .subtractInteger:
                    let left = base[Int(i.b)]
                    if left.isInteger {
                        store(base + Int(i.a), Value(bits: left.bits &- Value(integer: i.d).bits))
                    } else if left.isFloat {
                        store(base + Int(i.a), Value(float: left.float - Float(i.d)))
                    } else {
                        state.pointee.frame.pointee.ip = ip
                        guard arithmetic(.subtract, left, Value(integer: i.d)) else { break running }
                        assignOwned(base + Int(i.a), takeResult())
                    }
                case .multiplyInteger:
                    let left = base[Int(i.b)]
                    if left.isInteger {
                        store(base + Int(i.a), Value(integer: left.integer &* i.d))
                    } else if left.isFloat {
                        store(base + Int(i.a), Value(float: left.float * Float(i.d)))
                    } else {
                        state.pointee.frame.pointee.ip = ip
                        guard arithmetic(.multiply, left, Value(integer: i.d)) else { break running }
                        assignOwned(base + Int(i.a), takeResult())
                    }
                case .bitAnd:
                    let (left, right) = (base[Int(i.b)], base[Int(i.c)])
                    guard UInt32(truncatingIfNeeded: left.bits | right.bits) == 0 else {
                        state.pointee.frame.pointee.ip = ip
                        _ = bitwise(.bitAnd, left, right)
                        break running
                    }
                    store(base + Int(i.a), Value(bits: left.bits & right.bits))
                case .bitOr:
                    let (left, right) = (base[Int(i.b)], base[Int(i.c)])
                    guard UInt32(truncatingIfNeeded: left.bits | right.bits) == 0 else {
                        state.pointee.frame.pointee.ip = ip
                        _ = bitwise(.bitOr, left, right)
                        break running
                    }
                    store(base + Int(i.a), Value(bits: left.bits | right.bits))
                case .bitXor:
                    let (left, right) = (base[Int(i.b)], base[Int(i.c)])
                    guard UInt32(truncatingIfNeeded: left.bits | right.bits) == 0 else {
                        state.pointee.frame.pointee.ip = ip
                        _ = bitwise(.bitXor, left, right)
                        break running
                    }
                    store(base + Int(i.a), Value(bits: left.bits ^ right.bits))
                case .shiftLeft, .shiftRight, .shiftRightUnsigned:
                    state.pointee.frame.pointee.ip = ip
                    guard bitwise(i.op, base[Int(i.b)], base[Int(i.c)]) else { break running }
                    assignOwned(base + Int(i.a), takeResult())
                case .bitAndInteger:
                    let left = base[Int(i.b)]
                    guard left.isInteger else {
                        state.pointee.frame.pointee.ip = ip
                        _ = bitwise(.bitAnd, left, Value(integer: i.d))
                        break running
                    }
                    store(base + Int(i.a), Value(bits: left.bits & Value(integer: i.d).bits))
                case .bitOrInteger:
                    let left = base[Int(i.b)]
                    guard left.isInteger else {
                        state.pointee.frame.pointee.ip = ip
                        _ = bitwise(.bitOr, left, Value(integer: i.d))
                        break running
                    }
                    store(base + Int(i.a), Value(bits: left.bits | Value(integer: i.d).bits))
                case .bitXorInteger:
                    let left = base[Int(i.b)]
                    guard left.isInteger else {
                        state.pointee.frame.pointee.ip = ip
                        _ = bitwise(.bitXor, left, Value(integer: i.d))
                        break running
                    }
                    store(base + Int(i.a), Value(bits: left.bits ^ Value(integer: i.d).bits))
                case .shiftLeftInteger:
                    let left = base[Int(i.b)]
                    guard left.isInteger else {
                        state.pointee.frame.pointee.ip = ip
                        _ = bitwise(.shiftLeft, left, Value(integer: i.d))
                        break running
                    }
                    store(base + Int(i.a), Value(integer: Machine.shiftLeft(left.integer, i.d)))
                case .shiftRightInteger:
                    let left = base[Int(i.b)]
                    guard left.isInteger else {
                        state.pointee.frame.pointee.ip = ip
                        _ = bitwise(.shiftRight, left, Value(integer: i.d))
                        break running
                    }
                    store(base + Int(i.a), Value(integer: Machine.shiftRight(left.integer, i.d)))
                case .shiftRightUnsignedInteger:
                    let left = base[Int(i.b)]
                    guard left.isInteger else {
                        state.pointee.frame.pointee.ip = ip
                        _ = bitwise(.shiftRightUnsigned, left, Value(integer: i.d))
                        break running
                    }
                    store(base + Int(i.a), Value(integer: Machine.shiftRightUnsigned(left.integer, i.d)))
                case .incrementLocal:
                    let value = base[Int(i.a)]
                    if value.isInteger {
                        base[Int(i.a)] = Value(bits: value.bits &+ Value(integer: i.d).bits)
                    } else {
                        state.pointee.frame.pointee.ip = ip
                        guard arithmetic(.add, value, Value(integer: i.d)) else { break running }
                        assignOwned(base + Int(i.a), takeResult())
                    }
                case .postIncrementLocal:
                    let value = base[Int(i.b)]
                    if value.isInteger {
                        base[Int(i.b)] = Value(bits: value.bits &+ Value(integer: i.d).bits)
                        store(base + Int(i.a), value)
                    } else {
                        state.pointee.frame.pointee.ip = ip
                        guard arithmetic(.add, value, Value(integer: i.d)) else { break running }
                        assign(base + Int(i.a), value)
                        assignOwned(base + Int(i.b), takeResult())
                    }
                case .negate:
                    state.pointee.frame.pointee.ip = ip
                    guard negate(base[Int(i.b)]) else { break running }
                    assignOwned(base + Int(i.a), takeResult())
                case .not:
                    store(base + Int(i.a), Value(bool: base[Int(i.b)].isFalse))
                case .bitNot:
                    let value = base[Int(i.b)]
                    guard value.isInteger else {
                        state.pointee.frame.pointee.ip = ip
                        _ = fail("attempt to perform a bitwise op on a \(value.typeName)")
                        break running
                    }
                    store(base + Int(i.a), Value(integer: ~value.integer))

                case .equal:
                    store(base + Int(i.a), Value(bool: isEqual(base[Int(i.b)], base[Int(i.c)])))
                case .notEqual:
                    store(base + Int(i.a), Value(bool: !isEqual(base[Int(i.b)], base[Int(i.c)])))
                case .equalLiteral:
                    store(base + Int(i.a), Value(bool: isEqual(base[Int(i.b)], literals[Int(i.d)])))
                case .notEqualLiteral:
                    store(base + Int(i.a), Value(bool: !isEqual(base[Int(i.b)], literals[Int(i.d)])))
                case .less, .lessOrEqual, .greater, .greaterOrEqual:
                    state.pointee.frame.pointee.ip = ip
                    var order: Int32 = 0
                    guard compare(base[Int(i.b)], base[Int(i.c)], &order) else { break running }
                    store(base + Int(i.a), Value(bool: Machine.holds(i.op, order)))
                case .threeWay:
                    state.pointee.frame.pointee.ip = ip
                    var order: Int32 = 0
                    guard compare(base[Int(i.b)], base[Int(i.c)], &order) else { break running }
                    store(base + Int(i.a), Value(integer: order))
                case .exists:
                    store(base + Int(i.a), Value(bool: exists(base[Int(i.b)], base[Int(i.c)])))
                case .instanceOf:
                    let (type, object) = (base[Int(i.b)], base[Int(i.c)])
                    guard type.isClass else {
                        state.pointee.frame.pointee.ip = ip
                        _ = fail(
                            "cannot apply instanceof between a \(type.typeName) and a \(object.typeName)")
                        break running
                    }
                    store(base + Int(i.a), Value(bool: isInstance(object, of: type.classObject)))

                case .jump:
                    ip += Int(i.d)
                case .loop:
                    ip += Int(i.d)
                    state.pointee.fuel &+= Int(i.d)
                    if state.pointee.fuel < 0 {
                        state.pointee.frame.pointee.ip = ip
                        switch checkpoint() {
                        case .proceed: break
                        case .fail: break running
                        case .pause: return .paused
                        }
                    }
                case .jumpIfFalse:
                    if base[Int(i.a)].isFalse { ip += Int(i.d) }
                case .jumpUnlessLess:
                    let (left, right) = (base[Int(i.b)], base[Int(i.c)])
                    if UInt32(truncatingIfNeeded: left.bits | right.bits) == 0 {
                        if Int64(bitPattern: left.bits) >= Int64(bitPattern: right.bits) { ip += Int(i.d) }
                    } else if left.isFloat && right.isFloat {
                        if !(left.float < right.float) { ip += Int(i.d) }
                    } else {
                        state.pointee.frame.pointee.ip = ip
                        var order: Int32 = 0
                        guard compare(left, right, &order) else { break running }
                        if order >= 0 { ip += Int(i.d) }
                    }
                case .jumpUnlessGreater:
                    let (left, right) = (base[Int(i.b)], base[Int(i.c)])
                    if UInt32(truncatingIfNeeded: left.bits | right.bits) == 0 {
                        if Int64(bitPattern: left.bits) <= Int64(bitPattern: right.bits) { ip += Int(i.d) }
                    } else if left.isFloat && right.isFloat {
                        if left.float < right.float || left.bits == right.bits { ip += Int(i.d) }
                    } else {
                        state.pointee.frame.pointee.ip = ip
                        var order: Int32 = 0
                        guard compare(left, right, &order) else { break running }
                        if order <= 0 { ip += Int(i.d) }
                    }
                case .jumpUnlessLessOrEqual:
                    let (left, right) = (base[Int(i.b)], base[Int(i.c)])
                    if UInt32(truncatingIfNeeded: left.bits | right.bits) == 0 {
                        if Int64(bitPattern: left.bits) > Int64(bitPattern: right.bits) { ip += Int(i.d) }
                    } else {
                        state.pointee.frame.pointee.ip = ip
                        var order: Int32 = 0
                        guard compare(left, right, &order) else { break running }
                        if order > 0 { ip += Int(i.d) }
                    }
                case .jumpUnlessGreaterOrEqual:
                    let (left, right) = (base[Int(i.b)], base[Int(i.c)])
                    if UInt32(truncatingIfNeeded: left.bits | right.bits) == 0 {
                        if Int64(bitPattern: left.bits) < Int64(bitPattern: right.bits) { ip += Int(i.d) }
                    } else {
                        state.pointee.frame.pointee.ip = ip
                        var order: Int32 = 0
                        guard compare(left, right, &order) else { break running }
                        if order < 0 { ip += Int(i.d) }
                    }
                case .jumpUnlessLessInteger, .jumpUnlessLessOrEqualInteger, .jumpUnlessGreaterInteger,
                    .jumpUnlessGreaterOrEqualInteger:
                    let left = base[Int(i.a)]
                    var order: Int32 = 0
                    if left.isInteger {
                        let right = Int32(i.immediate)
                        order = left.integer < right ? -1 : (left.integer == right ? 0 : 1)
                    } else {
                        state.pointee.frame.pointee.ip = ip
                        guard compare(left, Value(integer: Int32(i.immediate)), &order) else {
                            break running
                        }
                    }
                    if !Machine.holds(i.op, order) { ip += Int(i.d) }
                case .jumpUnlessEqual:
                    if !isEqual(base[Int(i.b)], base[Int(i.c)]) { ip += Int(i.d) }
                case .jumpUnlessNotEqual:
                    if isEqual(base[Int(i.b)], base[Int(i.c)]) { ip += Int(i.d) }
                case .jumpUnlessEqualInteger:
                    if !isEqual(base[Int(i.a)], Value(integer: Int32(i.immediate))) { ip += Int(i.d) }
                case .jumpUnlessNotEqualInteger:
                    if isEqual(base[Int(i.a)], Value(integer: Int32(i.immediate))) { ip += Int(i.d) }
                case .and:
                    let value = base[Int(i.b)]
                    if value.isFalse {
                        assign(base + Int(i.a), value)
                        ip += Int(i.d)
                    }
                case .or:
                    let value = base[Int(i.b)]
                    if !value.isFalse {
                        assign(base + Int(i.a), value)
                        ip += Int(i.d)
                    }

                case .prepareCall:
                    let object = base[Int(i.b)]
                    state.pointee.frame.pointee.ip = ip
                    guard get(object, base[Int(i.c)], fromRoot: i.b == 0) else { break running }
                    assign(base + Int(i.d), base[Int(i.b)])
                    assignOwned(base + Int(i.a), takeResult())
                case .prepareCallLiteral:
                    let object = base[Int(i.b)]
                    let key = literals[Int(i.d)]
                    if object.isInstance {
                        let instance = object.instance
                        let type = instance.pointee.type
                        if let node = find(type.pointee.members, string: key) {
                            let index = node.pointee.value.integer
                            let value =
                                index & Machine.fieldFlag != 0
                                ? instance.fields[Int(index & Machine.indexMask)].strong
                                : type.pointee.methods.unsafelyUnwrapped[Int(index & Machine.indexMask)].value
                            retain(value)
                            assign(base + Int(i.c), object)
                            assignOwned(base + Int(i.a), value)
                            continue running
                        }
                    } else if object.isTable {
                        if let node = find(object.table, string: key) {
                            let value = node.pointee.value.strong
                            retain(value)
                            assign(base + Int(i.c), object)
                            assignOwned(base + Int(i.a), value)
                            continue running
                        }
                    } else if object.isArray {
                        if let node = find(state.pointee.arrayDelegate.unsafelyUnwrapped, string: key) {
                            let value = node.pointee.value
                            retain(value)
                            assign(base + Int(i.c), object)
                            assignOwned(base + Int(i.a), value)
                            continue running
                        }
                    }
                    state.pointee.frame.pointee.ip = ip
                    guard get(object, key, fromRoot: i.b == 0) else { break running }
                    assign(base + Int(i.c), base[Int(i.b)])
                    assignOwned(base + Int(i.a), takeResult())
                case .call:
                    let function = base[Int(i.b)]
                    state.pointee.frame.pointee.ip = ip
                    let target = i.a == 0xFF ? Int32(-1) : Int32(i.a)
                    if function.isFunction && function.header.pointee.kind == .closure {
                        guard
                            enter(
                                function.closure, base: base + Int(i.c), count: Int(i.d), target: target,
                                isRoot: false)
                        else { break running }
                        if state.pointee.fuel < 0 {
                            switch checkpoint() {
                            case .proceed: break
                            case .fail: break running
                            case .pause: return .paused
                            }
                        }
                        ip = state.pointee.frame.pointee.ip.unsafelyUnwrapped
                        base = state.pointee.base
                        literals = state.pointee.frame.pointee.literals.unsafelyUnwrapped
                        continue running
                    }
                    switch callOther(function, base: base + Int(i.c), count: Int(i.d), target: target) {
                    case .value:
                        if target >= 0 {
                            assignOwned(base + Int(target), takeResult())
                        }
                        if state.pointee.fuel < 0 {
                            switch checkpoint() {
                            case .proceed: break
                            case .fail: break running
                            case .pause: return .paused
                            }
                        }
                    case .nothing:
                        // A constructor was entered, or there is nothing more to do.
                        ip = state.pointee.frame.pointee.ip.unsafelyUnwrapped
                        base = state.pointee.base
                        literals = state.pointee.frame.pointee.literals.unsafelyUnwrapped
                    case .failure:
                        break running
                    case .suspend:
                        guard state.pointee.nativeDepth == state.pointee.pausableDepth else {
                            _ = fail("cannot suspend through native calls/metamethods")
                            break running
                        }
                        state.pointee.awaitingTarget = target
                        return .suspended
                    }
                case .tailCall:
                    let function = base[Int(i.b)]
                    if function.isFunction && function.header.pointee.kind == .closure
                        && !function.closure.pointee.prototype.pointee.isGenerator
                        && state.pointee.frame.pointee.generator == nil
                    {
                        state.pointee.frame.pointee.ip = ip
                        guard replaceFrame(function, arguments: base + Int(i.c), count: Int(i.d)) else {
                            break running
                        }
                        if state.pointee.fuel < 0 {
                            switch checkpoint() {
                            case .proceed: break
                            case .fail: break running
                            case .pause: return .paused
                            }
                        }
                        ip = state.pointee.frame.pointee.ip.unsafelyUnwrapped
                        literals = state.pointee.frame.pointee.literals.unsafelyUnwrapped
                        continue running
                    }
                    // Anything else is an ordinary call; the return follows it.
                    state.pointee.frame.pointee.ip = ip
                    if function.isFunction && function.header.pointee.kind == .closure {
                        guard
                            enter(
                                function.closure, base: base + Int(i.c), count: Int(i.d), target: Int32(i.a),
                                isRoot: false)
                        else { break running }
                        ip = state.pointee.frame.pointee.ip.unsafelyUnwrapped
                        base = state.pointee.base
                        literals = state.pointee.frame.pointee.literals.unsafelyUnwrapped
                        continue running
                    }
                    switch callOther(function, base: base + Int(i.c), count: Int(i.d), target: Int32(i.a)) {
                    case .value:
                        assignOwned(base + Int(i.a), takeResult())
                    case .nothing:
                        ip = state.pointee.frame.pointee.ip.unsafelyUnwrapped
                        base = state.pointee.base
                        literals = state.pointee.frame.pointee.literals.unsafelyUnwrapped
                    case .failure:
                        break running
                    case .suspend:
                        guard state.pointee.nativeDepth == state.pointee.pausableDepth else {
                            _ = fail("cannot suspend through native calls/metamethods")
                            break running
                        }
                        state.pointee.awaitingTarget = Int32(i.a)
                        return .suspended
                    }
                case .return:
                    let frame = state.pointee.frame
                    var value = Value.null
                    if i.a != 0xFF {
                        value = base[Int(i.b)]
                        if state.pointee.openOuters == nil {
                            // The register is done with: its count moves along.
                            base[Int(i.b)] = .null
                        } else {
                            retain(value)
                        }
                    }
                    let target = frame.pointee.target
                    let isRoot = frame.pointee.isRoot
                    if let generator = frame.pointee.generator {
                        kill(generator)
                        leave()
                        release(generator.asHeader)
                    } else {
                        leave()
                    }
                    if isRoot {
                        assignOwned(state.pointer(to: \.result).unsafelyUnwrapped, value)
                        return .returned
                    }
                    base = state.pointee.base
                    if target >= 0 { assignOwned(base + Int(target), value) } else { release(value) }
                    ip = state.pointee.frame.pointee.ip.unsafelyUnwrapped
                    literals = state.pointee.frame.pointee.literals.unsafelyUnwrapped
                case .yield:
                    state.pointee.frame.pointee.ip = ip
                    let frame = state.pointee.frame
                    guard let generator = frame.pointee.generator else {
                        _ = fail("trying to yield a 'null',only genenerator can be yielded")
                        break running
                    }
                    var value = Value.null
                    if i.a != 0xFF {
                        value = base[Int(i.b)]
                        retain(value)
                    }
                    let target = frame.pointee.target
                    let isRoot = frame.pointee.isRoot
                    suspend(generator, count: Int(i.d))
                    leave()
                    release(generator.asHeader)
                    if isRoot {
                        assignOwned(state.pointer(to: \.result).unsafelyUnwrapped, value)
                        return .returned
                    }
                    base = state.pointee.base
                    if target >= 0 { assignOwned(base + Int(target), value) } else { release(value) }
                    ip = state.pointee.frame.pointee.ip.unsafelyUnwrapped
                    literals = state.pointee.frame.pointee.literals.unsafelyUnwrapped
                case .resume:
                    state.pointee.frame.pointee.ip = ip
                    guard resume(base[Int(i.b)], target: Int32(i.a)) else { break running }
                    ip = state.pointee.frame.pointee.ip.unsafelyUnwrapped
                    base = state.pointee.base
                    literals = state.pointee.frame.pointee.literals.unsafelyUnwrapped

                case .newTable:
                    assign(base + Int(i.a), Value(makeTable(Int(i.d))))
                case .newArray:
                    guard let array = makeArray(0, reserving: Int(i.d)) else { break running }
                    assign(base + Int(i.a), Value(array))
                case .newClass:
                    state.pointee.frame.pointee.ip = ip
                    let parent = i.b == 0xFF ? Value.null : base[Int(i.b)]
                    let attributes = i.c == 0xFF ? Value.null : base[Int(i.c)]
                    guard newClass(extending: i.b == 0xFF ? nil : parent, attributes: attributes) else {
                        break running
                    }
                    assignOwned(base + Int(i.a), takeResult())
                case .append:
                    guard append(base[Int(i.a)].array, base[Int(i.b)]) else { break running }
                case .appendLiteral:
                    guard append(base[Int(i.a)].array, literals[Int(i.d)]) else { break running }
                case .appendInteger:
                    guard append(base[Int(i.a)].array, Value(integer: i.d)) else { break running }
                case .closure:
                    let closure = makeClosure(state.pointee.frame.pointee.function.closure, Int(i.d))
                    assign(base + Int(i.a), Value(closure))
                case .clone:
                    state.pointee.frame.pointee.ip = ip
                    guard clone(base[Int(i.b)]) else { break running }
                    assignOwned(base + Int(i.a), takeResult())
                case .typeOf:
                    state.pointee.frame.pointee.ip = ip
                    guard typeOf(base[Int(i.b)]) else { break running }
                    assignOwned(base + Int(i.a), takeResult())

                case .forEach:
                    state.pointee.frame.pointee.ip = ip
                    let container = base[Int(i.a)]
                    switch forEachStep(container, base + Int(i.c)) {
                    case .item:
                        ip += 1
                    case .end:
                        ip += Int(i.d)
                    case .failed:
                        break running
                    case .resumed:
                        guard resume(container, target: Int32(i.c) + 1) else { break running }
                        ip = state.pointee.frame.pointee.ip.unsafelyUnwrapped
                        base = state.pointee.base
                        literals = state.pointee.frame.pointee.literals.unsafelyUnwrapped
                    }
                case .afterForEach:
                    let container = base[Int(i.a)]
                    if container.tag == Value.Tag.generator, container.generator.pointee.state == .dead {
                        ip += Int(i.d)
                    }
                case .pushTrap:
                    pushTrap(
                        ExceptionTrap(
                            handler: ip + Int(i.d), base: base, top: state.pointee.top, register: Int32(i.a)))
                case .popTrap:
                    state.pointee.trapCount &-= Int(i.a)
                    state.pointee.frame.pointee.trapCount &-= Int32(i.a)
                case .throw:
                    state.pointee.frame.pointee.ip = ip
                    _ = raise(base[Int(i.a)])
                    break running
                case .close:
                    if state.pointee.openOuters != nil { closeOuters(base + Int(i.a)) }
                }
            }
            // An exception is on its way.
            guard unwind() else { return .failed }
            ip = state.pointee.frame.pointee.ip.unsafelyUnwrapped
            base = state.pointee.base
            literals = state.pointee.frame.pointee.literals.unsafelyUnwrapped
        }
    }
}
