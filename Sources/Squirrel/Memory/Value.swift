/// One Squirrel value in one machine word.
///
/// The low four bits are the type, the rest is the payload:
/// * integers, floats and booleans carry 32 bits in the upper half, so two integers can be added, compared or
///   masked as whole words (the integer tag is zero);
/// * everything else carries the address of a heap object, which is 16-byte aligned; bit 3 marks those types.
///
/// The word is trivial: nothing happens when it is copied. Whoever stores one in a place that outlives a call
/// counts the reference (`Machine.retain`, `Machine.release`).
struct Value {
    var bits: UInt64

    @inline(__always) init(bits: UInt64) { self.bits = bits }
    @inline(__always) init(integer: Int32) { bits = UInt64(UInt32(bitPattern: integer)) << 32 }
    @inline(__always) init(integer: Int) {
        bits = UInt64(UInt32(truncatingIfNeeded: integer)) << 32
    }
    @inline(__always) init(float: Float) { bits = UInt64(float.bitPattern) << 32 | Tag.float }
    @inline(__always) init(bool: Bool) { bits = (bool ? 1 << 32 : 0) | Tag.bool }
    @inline(__always) init(_ string: UnsafeMutablePointer<StringObject>) {
        bits = UInt64(UInt(bitPattern: string)) | Tag.string
    }
    @inline(__always) init(_ table: UnsafeMutablePointer<TableObject>) {
        bits = UInt64(UInt(bitPattern: table)) | Tag.table
    }
    @inline(__always) init(_ array: UnsafeMutablePointer<ArrayObject>) {
        bits = UInt64(UInt(bitPattern: array)) | Tag.array
    }
    @inline(__always) init(_ closure: UnsafeMutablePointer<ClosureObject>) {
        bits = UInt64(UInt(bitPattern: closure)) | Tag.function
    }
    @inline(__always) init(_ native: UnsafeMutablePointer<NativeObject>) {
        bits = UInt64(UInt(bitPattern: native)) | Tag.function
    }
    @inline(__always) init(_ generator: UnsafeMutablePointer<GeneratorObject>) {
        bits = UInt64(UInt(bitPattern: generator)) | Tag.generator
    }
    @inline(__always) init(_ type: UnsafeMutablePointer<ClassObject>) {
        bits = UInt64(UInt(bitPattern: type)) | Tag.class
    }
    @inline(__always) init(_ instance: UnsafeMutablePointer<InstanceObject>) {
        bits = UInt64(UInt(bitPattern: instance)) | Tag.instance
    }
    @inline(__always) init(_ weak: UnsafeMutablePointer<WeakReferenceObject>) {
        bits = UInt64(UInt(bitPattern: weak)) | Tag.weakReference
    }

    static var null: Value {
        @inline(__always) get { Value(bits: Tag.null) }
    }

    /// The type field of a value. Bit 3 set: the payload is the address of a counted heap object.
    enum Tag {
        static let integer: UInt64 = 0
        static let float: UInt64 = 1
        static let bool: UInt64 = 2
        static let null: UInt64 = 3
        static let string: UInt64 = 8
        static let table: UInt64 = 9
        static let array: UInt64 = 10
        static let function: UInt64 = 11
        static let generator: UInt64 = 12
        static let `class`: UInt64 = 13
        static let instance: UInt64 = 14
        static let weakReference: UInt64 = 15
    }

    @inline(__always) var tag: UInt64 { bits & 15 }
    @inline(__always) var isReference: Bool { bits & 8 != 0 }
    @inline(__always) var isInteger: Bool { UInt32(truncatingIfNeeded: bits) == 0 }
    @inline(__always) var isFloat: Bool { UInt32(truncatingIfNeeded: bits) == 1 }
    @inline(__always) var isNumber: Bool { UInt32(truncatingIfNeeded: bits) <= 1 }
    @inline(__always) var isBool: Bool { UInt32(truncatingIfNeeded: bits) == 2 }
    @inline(__always) var isNull: Bool { bits == Tag.null }
    @inline(__always) var isString: Bool { tag == Tag.string }
    @inline(__always) var isTable: Bool { tag == Tag.table }
    @inline(__always) var isArray: Bool { tag == Tag.array }
    @inline(__always) var isFunction: Bool { tag == Tag.function }
    @inline(__always) var isClass: Bool { tag == Tag.class }
    @inline(__always) var isInstance: Bool { tag == Tag.instance }
    @inline(__always) var isWeakReference: Bool { tag == Tag.weakReference }

    /// Null, false, 0, 0.0 and -0.0. The first four are the four smallest words.
    @inline(__always) var isFalse: Bool { bits < 4 || bits == 0x8000_0000_0000_0001 }

    @inline(__always) var integer: Int32 { Int32(truncatingIfNeeded: bits >> 32) }
    @inline(__always) var float: Float { Float(bitPattern: UInt32(truncatingIfNeeded: bits >> 32)) }
    /// The payload of a boolean.
    @inline(__always) var bool: Bool { bits >> 32 != 0 }

    @inline(__always) private func pointer<T>(_ tag: UInt64) -> UnsafeMutablePointer<T> {
        UnsafeMutablePointer(bitPattern: UInt(truncatingIfNeeded: bits &- tag)).unsafelyUnwrapped
    }
    // Each of these is right only after the tag was looked at.
    @inline(__always) var string: UnsafeMutablePointer<StringObject> { pointer(Tag.string) }
    @inline(__always) var table: UnsafeMutablePointer<TableObject> { pointer(Tag.table) }
    @inline(__always) var array: UnsafeMutablePointer<ArrayObject> { pointer(Tag.array) }
    @inline(__always) var closure: UnsafeMutablePointer<ClosureObject> { pointer(Tag.function) }
    @inline(__always) var native: UnsafeMutablePointer<NativeObject> { pointer(Tag.function) }
    @inline(__always) var generator: UnsafeMutablePointer<GeneratorObject> { pointer(Tag.generator) }
    @inline(__always) var classObject: UnsafeMutablePointer<ClassObject> { pointer(Tag.class) }
    @inline(__always) var instance: UnsafeMutablePointer<InstanceObject> { pointer(Tag.instance) }
    @inline(__always) var weakReference: UnsafeMutablePointer<WeakReferenceObject> {
        pointer(Tag.weakReference)
    }
    /// The common head of any heap object.
    @inline(__always) var header: UnsafeMutablePointer<ObjectHeader> { pointer(bits & 15) }

    /// A number as the nearest float.
    @inline(__always) var asFloat: Float { isInteger ? Float(integer) : float }
    /// A number as an integer; floats are cut towards zero and held at the ends, as an ARM core converts them.
    @inline(__always) var asInteger: Int32 { isInteger ? integer : Value.truncate(float) }

    @inline(__always) static func truncate(_ float: Float) -> Int32 {
        if float > -2_147_483_904 && float < 2_147_483_648 { return Int32(float) }
        return float.isNaN ? 0 : (float < 0 ? .min : .max)
    }

    /// What a container hands out for this value: the target of a weak reference, or the value itself.
    @inline(__always) var strong: Value { isWeakReference ? weakReference.pointee.target : self }
}

extension Value {
    /// The name of the type as Squirrel prints it.
    var typeName: StaticString {
        switch tag {
        case Tag.integer: return "integer"
        case Tag.float: return "float"
        case Tag.bool: return "bool"
        case Tag.null: return "null"
        case Tag.string: return "string"
        case Tag.table: return "table"
        case Tag.array: return "array"
        case Tag.function: return "function"
        case Tag.generator: return "generator"
        case Tag.class: return "class"
        case Tag.instance: return "instance"
        case Tag.weakReference: return "weakref"
        default: return "null"
        }
    }
}
