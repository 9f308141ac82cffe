/// Where an exception goes: set by `try`, one per active block.
struct ExceptionTrap {
    var handler: UnsafePointer<Instruction>
    var base: UnsafeMutablePointer<Value>
    var top: UnsafeMutablePointer<Value>
    var register: Int32
}

/// One active function.
struct CallFrame {
    /// The next instruction; kept up to date wherever something may look at it.
    var ip: UnsafePointer<Instruction>?
    var literals: UnsafeMutablePointer<Value>?
    /// Counted.
    var function: Value
    var generator: UnsafeMutablePointer<GeneratorObject>?
    /// From this frame's base down to the caller's, in registers.
    var baseOffset: Int32
    /// The caller's top above its base.
    var callerTop: Int32
    /// Register of the caller for the result, or -1.
    var target: Int32
    var trapCount: Int32
    /// The result leaves the interpreter loop.
    var isRoot: Bool
}

/// What ends a run so that no `catch` of the program sees it.
enum FatalCause: UInt8 {
    case none, outOfMemory, instructionLimit, stopped
}

/// The metamethods, in upstream's order.
enum Metamethod: Int, CaseIterable {
    case add, subtract, multiply, divide, negate, modulo, set, get, typeOf, next, compare, call, cloned
    case newSlot, deleteSlot, toString, newMember, inherited

    var name: String {
        switch self {
        case .add: "_add"
        case .subtract: "_sub"
        case .multiply: "_mul"
        case .divide: "_div"
        case .negate: "_unm"
        case .modulo: "_modulo"
        case .set: "_set"
        case .get: "_get"
        case .typeOf: "_typeof"
        case .next: "_nexti"
        case .compare: "_cmp"
        case .call: "_call"
        case .cloned: "_cloned"
        case .newSlot: "_newslot"
        case .deleteSlot: "_delslot"
        case .toString: "_tostring"
        case .newMember: "_newmember"
        case .inherited: "_inherited"
        }
    }

    static let count = 18
}

/// A metamethod that is running, and on what.
struct ActiveMetamethod {
    var function: UInt64
    var subject: UInt64
}

/// Where an exception was raised.
struct ExceptionOrigin {
    /// Counted.
    var value: Value
    /// The function, counted, and the instruction after the one that raised.
    var function: Value
    var ip: Int
}

/// Everything a machine is made of. Lives outside of Swift's object model, behind one pointer, so that the
/// interpreter touches it without reference counting or exclusivity checks.
struct MachineState {
    // The interpreter.
    var base: UnsafeMutablePointer<Value>
    var top: UnsafeMutablePointer<Value>
    var frame: UnsafeMutablePointer<CallFrame>
    var fuel: Int
    var openOuters: UnsafeMutablePointer<OuterObject>?
    /// What a slow path or a native hands back; counted.
    var result: Value
    var lastError: Value

    var stack: UnsafeMutablePointer<Value>
    var stackEnd: UnsafeMutablePointer<Value>
    var frames: UnsafeMutablePointer<CallFrame>
    var framesEnd: UnsafeMutablePointer<CallFrame>
    var traps: UnsafeMutablePointer<ExceptionTrap>
    var trapCount = 0
    var trapCapacity = 0
    var nativeDepth = 0
    var active: UnsafeMutablePointer<ActiveMetamethod>
    var activeCount = 0
    /// What was mended in Release 30 and is broken here.
    var defects: SquirrelVM.Defects = []
    /// The register that waits for what a suspended native returns.
    var awaitingTarget: Int32 = -1
    /// Nesting of interpreter loops at which a run may pause: 1 inside of `start`, else 0.
    var pausableDepth = 0

    // Budgets.
    var slice = 0
    var consumed: UInt64 = 0
    var needsCheck = false
    /// `bindenv` keeps its object alive.
    var bindsStrongly = false
    var fatal = FatalCause.none
    var stopReason = ""
    var limits: SquirrelVM.Limits

    // Memory.
    var memoryUsed = 0
    var memoryPeak = 0
    var freeLists: UnsafeMutablePointer<UnsafeMutableRawPointer?>
    var chunks: [UnsafeMutableRawPointer] = []
    var chunkCursor: UnsafeMutableRawPointer?
    var chunkRemaining = 0
    var objects: UnsafeMutablePointer<CollectableHeader>?
    var doomed: [UnsafeMutablePointer<ObjectHeader>] = []
    var isDestroying = false
    var nextSerial: UInt32 = 0
    var stringBuckets: UnsafeMutablePointer<UnsafeMutablePointer<StringObject>?>
    var stringMask: UInt32
    var stringCount: UInt32 = 0
    var stringWeak: [UnsafeMutablePointer<StringObject>: UnsafeMutablePointer<WeakReferenceObject>] = [:]

    // Names and delegates.
    var root: UnsafeMutablePointer<TableObject>?
    var constants = Constants()
    var metamethodNames: UnsafeMutablePointer<Value>
    var metamethodIndex: UnsafeMutablePointer<TableObject>?
    var constructorName = Value.null
    var tableDelegate: UnsafeMutablePointer<TableObject>?
    var arrayDelegate: UnsafeMutablePointer<TableObject>?
    var stringDelegate: UnsafeMutablePointer<TableObject>?
    var numberDelegate: UnsafeMutablePointer<TableObject>?
    var functionDelegate: UnsafeMutablePointer<TableObject>?
    var generatorDelegate: UnsafeMutablePointer<TableObject>?
    var classDelegate: UnsafeMutablePointer<TableObject>?
    var instanceDelegate: UnsafeMutablePointer<TableObject>?
    var weakReferenceDelegate: UnsafeMutablePointer<TableObject>?
    var blobClass: UnsafeMutablePointer<ClassObject>?

    // Natives and the host.
    var natives: UnsafeMutablePointer<NativeFunction>
    var nativeCount = 0
    var nativeCapacity = 0
    var host: Unmanaged<SquirrelVM>?

    // The exception under way.
    var isUnwinding = false
    var trace: [StackFrame]?
    var origin = ExceptionOrigin(value: .null, function: .null, ip: 0)
}

/// The interpreter's handle on its state. All of the machine's behaviour is in extensions of this.
struct Machine {
    let state: UnsafeMutablePointer<MachineState>
}

/// What a native says when it is done; the value itself is in `MachineState.result`.
enum NativeOutcome {
    case value, nothing, failure, suspend
}

/// The arguments of a native, `this` first.
struct Arguments {
    let base: UnsafeMutablePointer<Value>
    let count: Int

    @inline(__always) subscript(index: Int) -> Value { base[index] }
}

typealias NativeFunction = (Machine, Arguments) -> NativeOutcome
