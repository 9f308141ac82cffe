/// What every heap object begins with.
struct ObjectHeader {
    var references: UInt32
    var kind: ObjectKind
    var flags: UInt8
    /// A closure's outers and defaults together.
    var extent: UInt16
    /// Counts up with every object made; printed as an address and hashed, so that neither depends on where
    /// the host's allocator put the object.
    var serial: UInt32
    /// The cycle collector's count, or a string's second hash.
    var scratch: UInt32

    static let doomed: UInt8 = 1
    static let reached: UInt8 = 2
    static let hasWeakReference: UInt8 = 4
    static let emptied: UInt8 = 8
    /// A function whose bound environment is counted, not only remembered.
    static let holdsEnvironment: UInt8 = 16
}

enum ObjectKind: UInt8 {
    case string, table, array, closure, native, generator, type, instance, weakReference, outer, prototype
}

/// The head of an object that may be part of a cycle: the collector finds it through the links.
struct CollectableHeader {
    var header: ObjectHeader
    var previous: UnsafeMutablePointer<CollectableHeader>?
    var next: UnsafeMutablePointer<CollectableHeader>?
    var weak: UnsafeMutablePointer<WeakReferenceObject>?
}

/// An immutable byte string; equal strings are one object. The bytes and a closing NUL follow the struct.
struct StringObject {
    var header: ObjectHeader
    var chain: UnsafeMutablePointer<StringObject>?
    var length: UInt32
    var hash: UInt32
}

extension UnsafeMutablePointer where Pointee == StringObject {
    @inline(__always) var bytes: UnsafeMutablePointer<UInt8> {
        UnsafeMutableRawPointer(self).advanced(by: MemoryLayout<StringObject>.size)
            .assumingMemoryBound(to: UInt8.self)
    }
    @inline(__always) var count: Int { Int(pointee.length) }
    var buffer: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: bytes, count: count) }
}

struct TableNode {
    var key: Value
    var value: Value
    /// The next node of the same chain, or -1.
    var next: Int32
}

struct TableObject {
    var head: CollectableHeader
    var delegate: UnsafeMutablePointer<TableObject>?
    var nodes: UnsafeMutablePointer<TableNode>
    /// Number of nodes, a power of two and at least 4, less one.
    var mask: UInt32
    var used: Int32
    var firstFree: Int32
}

struct ArrayObject {
    var head: CollectableHeader
    var elements: UnsafeMutablePointer<Value>?
    var count: Int32
    var capacity: Int32
}

/// A local variable that a closure shares. While its frame lives, `location` points into the stack.
struct OuterObject {
    var head: CollectableHeader
    var location: UnsafeMutablePointer<Value>
    var value: Value
    var nextOpen: UnsafeMutablePointer<OuterObject>?
}

/// A Squirrel function with what it captured. Outers, then default parameters, follow the struct.
struct ClosureObject {
    var head: CollectableHeader
    var prototype: UnsafeMutablePointer<PrototypeObject>
    var environment: UnsafeMutablePointer<WeakReferenceObject>?
    var base: UnsafeMutablePointer<ClassObject>?
}

extension UnsafeMutablePointer where Pointee == ClosureObject {
    @inline(__always) var outers: UnsafeMutablePointer<UnsafeMutablePointer<OuterObject>?> {
        UnsafeMutableRawPointer(self).advanced(by: MemoryLayout<ClosureObject>.stride)
            .assumingMemoryBound(to: UnsafeMutablePointer<OuterObject>?.self)
    }
    @inline(__always) var defaults: UnsafeMutablePointer<Value> {
        UnsafeMutableRawPointer(outers + Int(pointee.prototype.pointee.outerCount))
            .assumingMemoryBound(to: Value.self)
    }
    static func size(of prototype: UnsafeMutablePointer<PrototypeObject>) -> Int {
        MemoryLayout<ClosureObject>.stride
            + 8 * Int(prototype.pointee.outerCount + prototype.pointee.defaultCount)
    }
}

/// A function of the host or of the library.
struct NativeObject {
    var head: CollectableHeader
    var name: UnsafeMutablePointer<StringObject>?
    var environment: UnsafeMutablePointer<WeakReferenceObject>?
    /// Index into the machine's natives.
    var body: Int32
    /// Upstream's rule: 0 any, n > 0 exactly n with `this`, n < 0 at least -n.
    var parameterCheck: Int32
    var signature: Signature
}

struct ClassMember {
    var value: Value
    var attributes: Value
}

/// What an instance carries besides its Squirrel fields.
enum PayloadKind: UInt8 {
    case none, blob, expression, host
}

struct ClassObject {
    var head: CollectableHeader
    var members: UnsafeMutablePointer<TableObject>
    var base: UnsafeMutablePointer<ClassObject>?
    var fields: UnsafeMutablePointer<ClassMember>?
    var methods: UnsafeMutablePointer<ClassMember>?
    var metamethods: UnsafeMutablePointer<Value>
    var attributes: Value
    var fieldCount: Int32
    var fieldCapacity: Int32
    var methodCount: Int32
    var methodCapacity: Int32
    var constructorIndex: Int32
    var isLocked: Bool
    var payloadKind: PayloadKind
    /// Set once a script defines `_get` or `_set` below a blob class: indexing then has to ask.
    var hasOwnIndexing: Bool
}

/// A class instance; its fields follow the struct.
struct InstanceObject {
    var head: CollectableHeader
    var type: UnsafeMutablePointer<ClassObject>
    /// A `BlobStorage`, or a retained host object, by `payloadKind`.
    var payload: UnsafeMutableRawPointer?
    var payloadKind: PayloadKind
    var fieldCount: Int32
}

extension UnsafeMutablePointer where Pointee == InstanceObject {
    @inline(__always) var fields: UnsafeMutablePointer<Value> {
        UnsafeMutableRawPointer(self).advanced(by: MemoryLayout<InstanceObject>.stride)
            .assumingMemoryBound(to: Value.self)
    }
    @inline(__always) var blob: UnsafeMutablePointer<BlobStorage>? {
        pointee.payloadKind == .blob
            ? pointee.payload?.assumingMemoryBound(to: BlobStorage.self) : nil
    }
}

/// The bytes of a blob: `count` are in use, `position` is where the stream reads and writes.
struct BlobStorage {
    var bytes: UnsafeMutablePointer<UInt8>
    var count: Int32
    var capacity: Int32
    var position: Int32
}

enum GeneratorState: UInt8 {
    case running, suspended, dead
}

struct GeneratorObject {
    var head: CollectableHeader
    var closure: Value
    var saved: UnsafeMutablePointer<Value>?
    var savedCount: Int32
    var trapCount: Int32
    var traps: UnsafeMutablePointer<ExceptionTrap>?
    var ip: UnsafePointer<Instruction>
    var state: GeneratorState
}

struct WeakReferenceObject {
    var header: ObjectHeader
    /// Not counted; null once the object is gone.
    var target: Value
}

extension UnsafeMutablePointer {
    /// The common head of an object, whatever its kind.
    @inline(__always) var asHeader: UnsafeMutablePointer<ObjectHeader> {
        UnsafeMutableRawPointer(self).assumingMemoryBound(to: ObjectHeader.self)
    }
    @inline(__always) var asCollectable: UnsafeMutablePointer<CollectableHeader> {
        UnsafeMutableRawPointer(self).assumingMemoryBound(to: CollectableHeader.self)
    }
}
