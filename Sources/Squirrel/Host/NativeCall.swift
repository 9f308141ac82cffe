/// What a native of the host does.
public typealias NativeBody = (borrowing NativeCall) throws -> SquirrelValue

/// How many arguments a native takes, `this` not counted.
public enum Parameters: Sendable {
    case any
    case exactly(Int)
    case atLeast(Int)

    /// Upstream's number for the rule.
    var check: Int32 {
        switch self {
        case .any: 0
        case .exactly(let count): Int32(count + 1)
        case .atLeast(let count): -Int32(count + 1)
        }
    }
}

/// One method of a class that the host makes. Metamethods go by their names, `_get` and so on.
public struct NativeMethod {
    var name: String
    var parameters: Parameters
    var types: String
    var body: NativeBody

    /// - Parameter types: upstream's letters, the first for `this`; see `TypeMask` in `docs/squirrel.md`.
    public init(
        _ name: String, parameters: Parameters = .any, types: String = "", _ body: @escaping NativeBody
    ) {
        self.name = name
        self.parameters = parameters
        self.types = types
        self.body = body
    }
}

/// Unwinds a native that wants the run to wait.
struct Suspension: Error {
    var request: UncheckedRequest
}

/// Carries a request from a native to the caller of `start` or `resume`.
///
/// An error must be Sendable, a request need not be: it never leaves the thread of its machine.
struct UncheckedRequest: @unchecked Sendable {
    var value: Any
}

/// A native's view of its call. Lives no longer than the call.
public struct NativeCall: ~Copyable {
    public let vm: SquirrelVM
    private let arguments: Arguments

    init(vm: SquirrelVM, arguments: Arguments) {
        self.vm = vm
        self.arguments = arguments
    }

    /// Arguments, `this` not counted.
    public var count: Int { max(0, arguments.count - 1) }

    public var this: SquirrelValue {
        arguments.count > 0 ? vm.machine.exported(arguments[0], vm.life) : .null
    }

    /// An argument, from 0; null where there is none.
    public subscript(index: Int) -> SquirrelValue {
        index >= 0 && index < count ? vm.machine.exported(arguments[index + 1], vm.life) : .null
    }

    private func argument(_ index: Int) -> Value {
        index >= 0 && index < count ? arguments[index + 1] : .null
    }

    private func mismatch(_ index: Int, _ expected: String) -> SquirrelError {
        .thrown(
            "parameter \(index + 1) has an invalid type '\(argument(index).typeName)' ; expected: '\(expected)'"
        )
    }

    /// A number as an integer.
    public func integer(_ index: Int) throws -> Int32 {
        let value = argument(index)
        guard value.isNumber else { throw mismatch(index, "integer|float") }
        return value.asInteger
    }

    /// A number as a float.
    public func float(_ index: Int) throws -> Float {
        let value = argument(index)
        guard value.isNumber else { throw mismatch(index, "integer|float") }
        return value.asFloat
    }

    /// Any value's truth.
    public func bool(_ index: Int) -> Bool { !argument(index).isFalse }

    public func string(_ index: Int) throws -> SquirrelString {
        let value = argument(index)
        guard value.isString else { throw mismatch(index, "string") }
        return SquirrelString(Array(value.string.buffer))
    }

    /// The bytes of a string or blob.
    public func bytes(_ index: Int) throws -> [UInt8] {
        let value = argument(index)
        if value.isString { return Array(value.string.buffer) }
        if value.isInstance, let blob = value.instance.blob {
            return Array(UnsafeBufferPointer(start: blob.pointee.bytes, count: Int(blob.pointee.count)))
        }
        throw mismatch(index, "string|blob")
    }

    private func object(_ index: Int, _ tag: UInt64, _ name: String) throws -> SquirrelObject {
        let value = argument(index)
        guard value.tag == tag else { throw mismatch(index, name) }
        return SquirrelObject(value, life: vm.life)
    }

    public func function(_ index: Int) throws -> SquirrelObject {
        try object(index, Value.Tag.function, "function")
    }

    public func table(_ index: Int) throws -> SquirrelObject {
        try object(index, Value.Tag.table, "table")
    }

    public func array(_ index: Int) throws -> SquirrelObject {
        try object(index, Value.Tag.array, "array")
    }

    /// A blob.
    public func blob(_ index: Int) throws -> SquirrelObject {
        let object = try object(index, Value.Tag.instance, "blob")
        guard object.isBlob else { throw mismatch(index, "blob") }
        return object
    }

    /// The host's object that `this` carries.
    public func payload<T: AnyObject>(_ type: T.Type) throws -> T {
        if case .object(let object) = this, let payload = object.payload as? T { return payload }
        throw SquirrelError.thrown("'this' is no \(type)")
    }

    /// Calls back into Squirrel.
    public func call(
        _ function: SquirrelValue, this: SquirrelValue? = nil, _ arguments: [SquirrelValue] = []
    ) throws -> SquirrelValue {
        try vm.call(function, this: this, arguments)
    }

    /// Lets the run wait for the host: `return try call.suspend(request)`. `SquirrelVM.resume(with:)` gives the
    /// value that this call returns to the program. Works where the run was begun with `start` and nothing but
    /// Squirrel lies between; else the program gets an error.
    public func suspend(_ request: Any) throws -> SquirrelValue {
        throw Suspension(request: UncheckedRequest(value: request))
    }
}
