/// What several types can do in the same way.
enum CommonFunctions {
    static let toString = LibraryFunction("tostring", 1, ".") { machine, arguments in
        machine.outcome(machine.toString(arguments[0]))
    }
    static let weakReference = LibraryFunction("weakref", 1, "") { machine, arguments in
        let value = arguments[0]
        if value.isReference && !value.isWeakReference {
            return machine.answer(Value(machine.weakReference(to: value)))
        }
        return machine.answer(value)
    }
    static let length = LibraryFunction("len", 1, "") { machine, arguments in
        let value = arguments[0]
        switch value.tag {
        case Value.Tag.string: return machine.answer(Value(integer: value.string.count))
        case Value.Tag.table: return machine.answer(Value(integer: value.table.pointee.used))
        case Value.Tag.array: return machine.answer(Value(integer: value.array.pointee.count))
        default: return machine.refuse("unexpected type \(value.typeName)")
        }
    }

    static func rawGet(_ types: String) -> LibraryFunction {
        LibraryFunction("rawget", 2, types) { machine, arguments in
            machine.rawGet(arguments[0], arguments[1])
                ? .value : machine.refuse("the index doesn't exist")
        }
    }
    static func rawSet(_ types: String) -> LibraryFunction {
        LibraryFunction("rawset", 3, types) { machine, arguments in
            machine.rawSet(arguments[0], arguments[1], arguments[2]) ? .nothing : .failure
        }
    }
    static func rawIn(_ types: String) -> LibraryFunction {
        LibraryFunction("rawin", 2, types) { machine, arguments in
            machine.answer(Value(bool: machine.rawGet(arguments[0], arguments[1])))
        }
    }
}

extension Machine {
    /// A field without delegates and metamethods; goes to `result`.
    func rawGet(_ object: Value, _ key: Value) -> Bool {
        switch object.tag {
        case Value.Tag.table:
            guard let node = find(object.table, key) else { return false }
            setResult(node.pointee.value.strong)
        case Value.Tag.class:
            guard let index = memberIndex(object.classObject, key) else { return false }
            setResult(member(object.classObject, index).pointee.value.strong)
        case Value.Tag.instance:
            guard let value = field(of: object.instance, key) else { return false }
            setResult(value)
        case Value.Tag.array:
            guard exists(object, key) else { return false }
            setResult(object.array.pointee.elements.unsafelyUnwrapped[Int(key.asInteger)].strong)
        default:
            return false
        }
        return true
    }

    func rawSet(_ object: Value, _ key: Value, _ value: Value) -> Bool {
        if key.isNull { return fail("null key") }
        switch object.tag {
        case Value.Tag.table:
            put(object.table, key, value)
            return state.pointee.fatal == .none
        case Value.Tag.class:
            _ = newMember(object.classObject, key, value, isStatic: false)
            return true
        case Value.Tag.instance:
            guard let index = memberIndex(object.instance.pointee.type, key), index & Machine.fieldFlag != 0
            else { return failIndex(key) }
            assign(object.instance.fields + Int(index & Machine.indexMask), value)
            return true
        default:
            return set(object, key, value, intoRoot: false)
        }
    }
}

enum TableLibrary {
    static let functions: [LibraryFunction] = [
        CommonFunctions.length,
        CommonFunctions.rawGet("t"),
        CommonFunctions.rawSet("t"),
        LibraryFunction("rawdelete", 2, "t") { machine, arguments in
            machine.remove(arguments[0].table, arguments[1]) ? .value : .nothing
        },
        CommonFunctions.rawIn("t"),
        CommonFunctions.weakReference,
        CommonFunctions.toString,
        LibraryFunction("clear", 1, ".") { machine, arguments in
            guard arguments[0].isTable else { return machine.refuse("clear only works on table and array") }
            machine.clear(arguments[0].table)
            return .nothing
        },
        LibraryFunction("setdelegate", 2, ".t|o") { machine, arguments in
            guard arguments[0].isTable else {
                return machine.refuse("unexpected type \(arguments[0].typeName)")
            }
            let delegate = arguments[1].isTable ? arguments[1].table : nil
            guard machine.setDelegate(arguments[0].table, delegate) else {
                return machine.refuse("delagate cycle")
            }
            return machine.answer(arguments[0])
        },
        LibraryFunction("getdelegate", 1, ".") { machine, arguments in
            guard arguments[0].isTable else { return machine.refuse("wrong type") }
            return machine.answer(arguments[0].table.pointee.delegate.map { Value($0) } ?? .null)
        },
    ]
}

enum NumberLibrary {
    static let functions: [LibraryFunction] = [
        LibraryFunction("tointeger", 1, "n|b") { machine, arguments in
            let value = arguments[0]
            return machine.answer(
                value.isBool ? Value(integer: value.bool ? 1 : 0) : Value(integer: value.asInteger))
        },
        LibraryFunction("tofloat", 1, "n|b") { machine, arguments in
            let value = arguments[0]
            return machine.answer(
                value.isBool ? Value(float: value.bool ? 1 : 0) : Value(float: value.asFloat))
        },
        CommonFunctions.toString,
        LibraryFunction("tochar", 1, "n|b") { machine, arguments in
            let value = arguments[0]
            var byte = UInt8(
                truncatingIfNeeded: value.isBool ? (value.bool ? 1 : 0) : value.asInteger)
            return machine.answer(Value(machine.string(&byte, 1)))
        },
        CommonFunctions.weakReference,
    ]
}

enum GeneratorLibrary {
    static let functions: [LibraryFunction] = [
        LibraryFunction("getstatus", 1, "g") { machine, arguments in
            let name: StaticString
            switch arguments[0].generator.pointee.state {
            case .suspended: name = "suspended"
            case .running: name = "running"
            case .dead: name = "dead"
            }
            return machine.answer(Value(machine.string(name)))
        },
        CommonFunctions.weakReference,
        CommonFunctions.toString,
    ]
}

enum WeakReferenceLibrary {
    static let functions: [LibraryFunction] = [
        LibraryFunction("ref", 1, "r") { machine, arguments in
            machine.answer(arguments[0].strong)
        },
        CommonFunctions.weakReference,
        CommonFunctions.toString,
    ]
}

enum FunctionLibrary {
    static let functions: [LibraryFunction] = [
        LibraryFunction("call", -1, "c") { machine, arguments in
            machine.apply(
                arguments, Array(UnsafeBufferPointer(start: arguments.base + 1, count: arguments.count - 1)))
        },
        LibraryFunction("pcall", -1, "c") { machine, arguments in
            machine.apply(
                arguments, Array(UnsafeBufferPointer(start: arguments.base + 1, count: arguments.count - 1)))
        },
        LibraryFunction("acall", 2, "ca") { machine, arguments in
            machine.apply(arguments, machine.elements(of: arguments[1]))
        },
        LibraryFunction("pacall", 2, "ca") { machine, arguments in
            machine.apply(arguments, machine.elements(of: arguments[1]))
        },
        CommonFunctions.weakReference,
        CommonFunctions.toString,
        LibraryFunction("bindenv", 2, "c x|y|t") { machine, arguments in
            machine.answer(machine.bind(arguments[0], to: arguments[1]))
        },
        LibraryFunction("getinfos", 1, "c") { machine, arguments in
            machine.answer(machine.information(arguments[0]))
        },
    ]
}

extension Machine {
    fileprivate func elements(of array: Value) -> [Value] {
        Array(UnsafeBufferPointer(start: array.array.pointee.elements, count: Int(array.array.pointee.count)))
    }

    fileprivate func apply(_ arguments: Arguments, _ values: [Value]) -> NativeOutcome {
        outcome(call(arguments[0], values))
    }

    /// A copy of a function whose `this` is always the given object: for as long as that exists, or, where the host
    /// asked for it, keeping it alive.
    func bind(_ function: Value, to environment: Value) -> Value {
        let bound = bindWeakly(function, to: environment)
        if state.pointee.bindsStrongly {
            bound.header.pointee.flags |= ObjectHeader.holdsEnvironment
            retain(environment)
        }
        return bound
    }

    private func bindWeakly(_ function: Value, to environment: Value) -> Value {
        let weak = weakReference(to: environment)
        weak.pointee.header.references &+= 1
        if function.header.pointee.kind == .native {
            let original = function.native
            let native = makeNative(
                name: original.pointee.name, body: original.pointee.body,
                check: original.pointee.parameterCheck, signature: original.pointee.signature)
            native.pointee.environment = weak
            return Value(native)
        }
        let closure = copy(function.closure)
        if let old = closure.pointee.environment {
            if closure.pointee.head.header.flags & ObjectHeader.holdsEnvironment != 0 {
                closure.pointee.head.header.flags &= ~ObjectHeader.holdsEnvironment
                release(old.pointee.target)
            }
            release(old.asHeader)
        }
        closure.pointee.environment = weak
        if let base = function.closure.pointee.base {
            base.asHeader.pointee.references &+= 1
            closure.pointee.base = base
        }
        return Value(closure)
    }

    fileprivate func information(_ function: Value) -> Value {
        let table = makeTable(4)
        func put(_ name: StaticString, _ value: Value) { self.put(table, Value(string(name)), value) }
        if function.header.pointee.kind == .native {
            let native = function.native
            put("native", Value(bool: true))
            put("name", native.pointee.name.map { Value($0) } ?? .null)
            put("paramscheck", Value(integer: native.pointee.parameterCheck))
            let masks = native.pointee.signature.masks
            var types = Value.null
            if !masks.isEmpty, let array = makeArray(masks.count) {
                for (index, mask) in masks.enumerated() {
                    array.pointee.elements.unsafelyUnwrapped[index] = Value(
                        integer: TypeMask.upstreamNumber(mask))
                }
                types = Value(array)
            }
            put("typecheck", types)
            return Value(table)
        }
        let closure = function.closure
        let prototype = closure.pointee.prototype.pointee
        let (parameters, file) = prototype.template._withUnsafeGuaranteedRef { ($0.parameters, $0.file) }
        let count = parameters.count + (prototype.isVariadic ? 1 : 0)
        put("native", Value(bool: false))
        put("name", prototype.name)
        put("src", Value(string(file)))
        if let names = makeArray(count), let elements = names.pointee.elements {
            for (index, name) in parameters.enumerated() { assign(elements + index, Value(string(name))) }
            if prototype.isVariadic { assign(elements + (count - 1), Value(string("..." as StaticString))) }
            put("parameters", Value(names))
        }
        put("varargs", Value(integer: prototype.isVariadic ? 1 : 0))
        if let defaults = makeArray(Int(prototype.defaultCount)) {
            for index in 0..<Int(prototype.defaultCount) {
                assign(defaults.pointee.elements.unsafelyUnwrapped + index, closure.defaults[index])
            }
            put("defparams", Value(defaults))
        }
        return Value(table)
    }
}

enum ClassLibrary {
    static let classFunctions: [LibraryFunction] = [
        LibraryFunction("getattributes", 2, "y.") { machine, arguments in
            guard let slot = machine.attributes(arguments[0], arguments[1]) else {
                return machine.refuse("wrong index")
            }
            return machine.answer(slot.pointee)
        },
        LibraryFunction("setattributes", 3, "y..") { machine, arguments in
            guard let slot = machine.attributes(arguments[0], arguments[1]) else {
                return machine.refuse("wrong index")
            }
            machine.setResult(slot.pointee)
            machine.assign(slot, arguments[2])
            return .value
        },
        CommonFunctions.rawGet("y"),
        CommonFunctions.rawSet("y"),
        CommonFunctions.rawIn("y"),
        CommonFunctions.weakReference,
        CommonFunctions.toString,
        LibraryFunction("instance", 1, "y") { machine, arguments in
            machine.answer(Value(machine.makeInstance(arguments[0].classObject)))
        },
        LibraryFunction("getbase", 1, "y") { machine, arguments in
            machine.answer(arguments[0].classObject.pointee.base.map { Value($0) } ?? .null)
        },
        LibraryFunction("newmember", -3, "y") { machine, arguments in
            machine.newMember(arguments, raw: false)
        },
        LibraryFunction("rawnewmember", -3, "y") { machine, arguments in
            machine.newMember(arguments, raw: true)
        },
    ]

    static let instanceFunctions: [LibraryFunction] = [
        LibraryFunction("getclass", 1, "x") { machine, arguments in
            machine.answer(Value(arguments[0].instance.pointee.type))
        },
        CommonFunctions.rawGet("x"),
        CommonFunctions.rawSet("x"),
        CommonFunctions.rawIn("x"),
        CommonFunctions.weakReference,
        CommonFunctions.toString,
    ]
}

extension Machine {
    /// The attributes of a member, or of the class itself for null.
    fileprivate func attributes(_ type: Value, _ key: Value) -> UnsafeMutablePointer<Value>? {
        if key.isNull { return type.classObject.pointer(to: \.attributes) }
        guard let index = memberIndex(type.classObject, key) else { return nil }
        return member(type.classObject, index).pointer(to: \.attributes)
    }

    fileprivate func newMember(_ arguments: Arguments, raw: Bool) -> NativeOutcome {
        if arguments[1].isNull { return refuse("null key") }
        let attributes = arguments.count > 3 ? arguments[3] : .null
        let isStatic = arguments.count > 4 && !arguments[4].isFalse
        guard
            newMember(
                arguments[0], arguments[1], arguments[2], attributes: attributes, isStatic: isStatic, raw: raw
            )
        else { return .failure }
        return answer(attributes)
    }
}
