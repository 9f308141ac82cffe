/// A compiled source text that any number of machines can load, on any thread: compile once, run often.
public struct CompiledProgram: Sendable {
    /// Shows in errors and call stacks.
    public let name: String
    let template: FunctionTemplate

    /// Compiles a source text without a machine.
    /// - Parameters:
    ///   - name: shows in errors and call stacks.
    ///   - constants: names that the host gives a meaning at compile time, as `const` would; only null, booleans,
    ///     numbers and strings can be constants, others are left out.
    public init(
        _ source: [UInt8], name: String, constants: [String: SquirrelData] = [:]
    ) throws(CompileError) {
        var known = Constants()
        for (name, value) in constants {
            guard let literal = Self.literal(value) else { continue }
            known[Array(name.utf8)] = .scalar(literal)
        }
        var compiler = Compiler(source: source, file: name, constants: known)
        template = try compiler.compile()
        self.name = name
    }

    private static func literal(_ data: SquirrelData) -> FunctionTemplate.Literal? {
        switch data {
        case .null: .null
        case .bool(let bool): .bool(bool)
        case .integer(let integer): .integer(integer)
        case .float(let float): .float(float.bitPattern)
        case .string(let string): .string(string.bytes)
        case .blob, .array, .table, .opaque: nil
        }
    }
}

extension SquirrelVM {
    /// Takes a compiled program over. Running the function that results runs the file.
    public func load(_ program: CompiledProgram) -> SquirrelObject {
        SquirrelObject(Value(machine.makeClosure(machine.instantiate(program.template))), life: life)
    }

    /// Bytes that all objects together may take, `Limits.memoryBytes` at first. What is in use stays; the next
    /// allocation beyond the limit is out of memory.
    public var memoryLimit: Int {
        get { machine.state.pointee.limits.memoryBytes }
        set { machine.state.pointee.limits.memoryBytes = max(newValue, 0) }
    }

    /// Whether `bindenv` keeps the object alive that it binds to. Upstream's only remembers it, which is the default
    /// here; the vendor's libraries rely on a module's keeping it.
    public var bindsStrongly: Bool {
        get { machine.state.pointee.bindsStrongly }
        set { machine.state.pointee.bindsStrongly = newValue }
    }

    /// Whether a hook's `pause` would work now: the run was begun with `start`, and no native is in between.
    public var canPause: Bool {
        let state = machine.state.pointee
        return state.pausableDepth > 0 && state.nativeDepth == state.pausableDepth
    }

    /// Forgets where the last exception was raised, so that an equal value that turns up later is not taken for it.
    public func forgetExceptionOrigin() { machine.forgetOrigin() }
}

extension NativeCall {
    /// Whether `suspend` would work: the run was begun with `start`, and nothing but Squirrel lies between.
    public var canSuspend: Bool {
        let state = vm.machine.state.pointee
        return state.pausableDepth > 0 && state.nativeDepth == state.pausableDepth + 1
    }
}
