/// One function of the library, as upstream declares them.
struct LibraryFunction: Sendable {
    var name: StaticString
    /// Upstream's rule for the number of arguments with `this`: 0 any, n exactly, -n at least.
    var check: Int32
    var types: String
    var body: @Sendable (Machine, Arguments) -> NativeOutcome

    init(
        _ name: StaticString, _ check: Int32, _ types: String,
        _ body: @escaping @Sendable (Machine, Arguments) -> NativeOutcome
    ) {
        self.name = name
        self.check = check
        self.types = types
        self.body = body
    }
}

/// Answers of natives.
extension Machine {
    @inline(__always)
    func answer(_ value: Value) -> NativeOutcome {
        setResult(value)
        return .value
    }

    func refuse(_ message: String) -> NativeOutcome {
        _ = fail(message)
        return .failure
    }

    @inline(__always)
    func outcome(_ succeeded: Bool) -> NativeOutcome {
        succeeded ? .value : .failure
    }

    /// Takes a native's code over; gives its number.
    func addNative(_ body: @escaping NativeFunction) -> Int32 {
        if state.pointee.nativeCount == state.pointee.nativeCapacity {
            let capacity = max(256, state.pointee.nativeCapacity * 2)
            let natives = UnsafeMutablePointer<NativeFunction>.allocate(capacity: capacity)
            natives.moveInitialize(from: state.pointee.natives, count: state.pointee.nativeCount)
            state.pointee.natives.deallocate()
            state.pointee.natives = natives
            state.pointee.nativeCapacity = capacity
        }
        (state.pointee.natives + state.pointee.nativeCount).initialize(to: body)
        state.pointee.nativeCount += 1
        return Int32(state.pointee.nativeCount - 1)
    }

    func makeNative(_ function: LibraryFunction) -> Value {
        Value(
            makeNative(
                name: string(function.name), body: addNative(function.body), check: function.check,
                signature: Signature(function.types)))
    }

    func register(_ functions: [LibraryFunction], in table: UnsafeMutablePointer<TableObject>) {
        for function in functions {
            put(table, Value(string(function.name)), makeNative(function))
        }
    }

    private func delegate(_ functions: [LibraryFunction]) -> UnsafeMutablePointer<TableObject> {
        let table = makeTable()
        table.asHeader.pointee.references &+= 1
        register(functions, in: table)
        return table
    }

    func makeNativeClass(
        base: UnsafeMutablePointer<ClassObject>?, _ functions: [LibraryFunction]
    ) -> UnsafeMutablePointer<ClassObject> {
        let type = makeClass(base: base)
        for function in functions {
            let native = makeNative(function)
            retain(native)
            _ = newMember(type, Value(string(function.name)), native, isStatic: false)
            release(native)
        }
        type.pointee.hasOwnIndexing = false
        return type
    }

    /// Fills a new machine: metamethod names, delegates, the root table with the libraries of a device.
    func registerLibraries() {
        let index = makeTable(Metamethod.count - 1)
        index.asHeader.pointee.references &+= 1
        state.pointee.metamethodIndex = index
        for which in Metamethod.allCases {
            let name = Value(string(which.name))
            retain(name)
            state.pointee.metamethodNames[which.rawValue] = name
            put(index, name, Value(integer: which.rawValue))
        }
        let constructor = Value(string("constructor" as StaticString))
        retain(constructor)
        state.pointee.constructorName = constructor

        state.pointee.tableDelegate = delegate(TableLibrary.functions)
        state.pointee.arrayDelegate = delegate(ArrayLibrary.functions)
        state.pointee.stringDelegate = delegate(StringDelegate.functions)
        state.pointee.numberDelegate = delegate(NumberLibrary.functions)
        state.pointee.functionDelegate = delegate(FunctionLibrary.functions)
        state.pointee.generatorDelegate = delegate(GeneratorLibrary.functions)
        state.pointee.classDelegate = delegate(ClassLibrary.classFunctions)
        state.pointee.instanceDelegate = delegate(ClassLibrary.instanceFunctions)
        state.pointee.weakReferenceDelegate = delegate(WeakReferenceLibrary.functions)

        let root = makeTable()
        root.asHeader.pointee.references &+= 1
        state.pointee.root = root
        register(BaseLibrary.functions, in: root)
        for (name, value) in BaseLibrary.numbers {
            put(root, Value(string(name)), Value(integer: value))
        }
        put(
            root, Value(string("_version_" as StaticString)),
            Value(string("Squirrel 3.0.4 stable" as StaticString)))
        registerBlobs(in: root)
        registerMath(in: root)
        register(StringLibrary.functions, in: root)
        put(
            root, Value(string("regexp" as StaticString)),
            Value(registerExpressions()))
        register(SystemLibrary.functions, in: root)
    }

    private func registerMath(in root: UnsafeMutablePointer<TableObject>) {
        let math = makeTable()
        register(MathLibrary.functions, in: math)
        put(math, Value(string("RAND_MAX" as StaticString)), Value(integer: Int32.max))
        put(math, Value(string("PI" as StaticString)), Value(float: .pi))
        put(root, Value(string("math" as StaticString)), Value(math))
    }
}
