/// Tells handles whether their machine still exists.
final class MachineLife {
    var machine: Machine?

    init(_ machine: Machine) {
        self.machine = machine
    }
}

/// A strong reference to an object inside of a machine.
///
/// Keeps the object alive while the machine exists. After that it is empty: reads give nil or nothing. Belongs to
/// the thread of its machine.
public final class SquirrelObject {
    public enum Kind: String, Sendable {
        case table, array, function, generator, `class`, instance
        case weakReference = "weakref"
    }

    let life: MachineLife
    let value: Value
    public let kind: Kind
    /// A number that no other object of the machine has; stable for the object's life.
    public let identity: UInt32

    init(_ value: Value, life: MachineLife) {
        self.value = value
        self.life = life
        identity = value.header.pointee.serial
        switch value.tag {
        case Value.Tag.table: kind = .table
        case Value.Tag.array: kind = .array
        case Value.Tag.function: kind = .function
        case Value.Tag.generator: kind = .generator
        case Value.Tag.class: kind = .class
        case Value.Tag.instance: kind = .instance
        default: kind = .weakReference
        }
        life.machine?.retain(value)
    }

    deinit {
        life.machine?.release(value)
    }

    /// Slots of a table, elements of an array, bytes of a blob, members of a class; else 0.
    public var count: Int {
        guard life.machine != nil else { return 0 }
        switch kind {
        case .table: return Int(value.table.pointee.used)
        case .array: return Int(value.array.pointee.count)
        case .instance: return value.instance.blob.map { Int($0.pointee.count) } ?? 0
        case .class: return Int(value.classObject.pointee.members.pointee.used)
        default: return 0
        }
    }

    // MARK: Fields

    /// A slot, element, member or field itself, without delegates and metamethods.
    public func value(forKey key: SquirrelValue) -> SquirrelValue? {
        guard let machine = life.machine else { return nil }
        let key = machine.owned(key)
        defer { machine.release(key) }
        guard machine.rawGet(value, key) else { return nil }
        return machine.takeExported(life)
    }

    /// Makes or changes a slot, element or member itself; null keys and fields that a class does not have are
    /// refused.
    public func setValue(_ new: SquirrelValue, forKey key: SquirrelValue) throws(SquirrelError) {
        guard let machine = life.machine else { return }
        let (key, new) = (machine.owned(key), machine.owned(new))
        defer {
            machine.release(key)
            machine.release(new)
        }
        guard machine.rawSet(value, key, new) else { throw machine.takeError(life) }
    }

    /// Removes a table's slot, if there is one.
    public func removeValue(forKey key: SquirrelValue) {
        guard let machine = life.machine, kind == .table else { return }
        let key = machine.owned(key)
        defer { machine.release(key) }
        if machine.remove(value.table, key) { machine.dropResult() }
    }

    /// A slot under a name. Setting makes it, or removes it for nil.
    public subscript(name: String) -> SquirrelValue? {
        get { value(forKey: .text(name)) }
        set {
            guard let newValue else {
                removeValue(forKey: .text(name))
                return
            }
            guard let machine = life.machine else { return }
            let (key, new) = (machine.owned(.text(name)), machine.owned(newValue))
            if !machine.rawSet(value, key, new) { machine.clearError() }
            machine.release(key)
            machine.release(new)
        }
    }

    /// All slots of a table, members of a class or fields of an instance, in the order of `foreach`.
    public var entries: [(key: SquirrelValue, value: SquirrelValue)] {
        guard let machine = life.machine else { return [] }
        let table: UnsafeMutablePointer<TableObject>
        switch kind {
        case .table: table = value.table
        case .class: table = value.classObject.pointee.members
        case .instance: table = value.instance.pointee.type.pointee.members
        default: return []
        }
        var result: [(key: SquirrelValue, value: SquirrelValue)] = []
        var index = 0
        while let found = machine.next(table, from: index) {
            let key = table.pointee.nodes[found].key
            if machine.rawGet(value, key) {
                result.append((machine.exported(key, life), machine.takeExported(life)))
            }
            index = found + 1
        }
        return result
    }

    /// As `object[key]` in Squirrel, with delegates and metamethods.
    public func get(_ key: SquirrelValue) throws(SquirrelError) -> SquirrelValue {
        guard let machine = life.machine else { return .null }
        let key = machine.owned(key)
        defer { machine.release(key) }
        guard machine.get(value, key, fromRoot: false) else { throw machine.takeError(life) }
        return machine.takeExported(life)
    }

    /// As `object[key] = value` in Squirrel.
    public func set(_ key: SquirrelValue, to new: SquirrelValue) throws(SquirrelError) {
        guard let machine = life.machine else { return }
        let (key, new) = (machine.owned(key), machine.owned(new))
        defer {
            machine.release(key)
            machine.release(new)
        }
        guard machine.set(value, key, new, intoRoot: false) else { throw machine.takeError(life) }
    }

    /// Makes another table answer for what this one does not have; nil for none.
    public func setDelegate(_ delegate: SquirrelObject?) throws(SquirrelError) {
        guard let machine = life.machine, kind == .table else { return }
        guard delegate == nil || delegate?.kind == .table,
            machine.setDelegate(value.table, delegate.map { $0.value.table })
        else { throw SquirrelError.thrown("delagate cycle") }
    }

    // MARK: Arrays

    public var elements: [SquirrelValue] {
        guard let machine = life.machine, kind == .array else { return [] }
        return (0..<count).map { index in
            machine.exported(value.array.pointee.elements.unsafelyUnwrapped[index].strong, life)
        }
    }

    public func append(_ element: SquirrelValue) {
        guard let machine = life.machine, kind == .array else { return }
        let element = machine.owned(element)
        _ = machine.append(value.array, element)
        machine.release(element)
    }

    // MARK: Blobs and instances

    /// Whether this is an instance of `blob` or of a class that extends it.
    public var isBlob: Bool {
        life.machine != nil && kind == .instance && value.instance.blob != nil
    }

    /// A blob's bytes. Setting replaces them all and moves the position to the beginning.
    public var bytes: [UInt8] {
        get {
            guard isBlob, let blob = value.instance.blob else { return [] }
            return Array(UnsafeBufferPointer(start: blob.pointee.bytes, count: Int(blob.pointee.count)))
        }
        set {
            guard let machine = life.machine, kind == .instance,
                value.instance.pointee.payloadKind == .blob,
                machine.attachBlob(value.instance, count: newValue.count), let blob = value.instance.blob
            else { return }
            for (index, byte) in newValue.enumerated() { blob.pointee.bytes[index] = byte }
        }
    }

    /// Where a blob reads and writes next.
    public var position: Int {
        get { isBlob ? Int(value.instance.blob?.pointee.position ?? 0) : 0 }
        set {
            guard isBlob, let blob = value.instance.blob, newValue >= 0, newValue <= Int(blob.pointee.count)
            else { return }
            blob.pointee.position = Int32(newValue)
        }
    }

    /// A blob's bytes in place. They must not be used after `body` returns.
    public func withBytes<R>(_ body: (UnsafeMutableRawBufferPointer) throws -> R) rethrows -> R? {
        guard isBlob, let blob = value.instance.blob else { return nil }
        return try body(
            UnsafeMutableRawBufferPointer(start: blob.pointee.bytes, count: Int(blob.pointee.count)))
    }

    /// The host's object that an instance carries; only instances of classes made with `makeClass` have one.
    public var payload: AnyObject? {
        get {
            guard life.machine != nil, kind == .instance, value.instance.pointee.payloadKind == .host,
                let payload = value.instance.pointee.payload
            else { return nil }
            return Unmanaged<AnyObject>.fromOpaque(payload).takeUnretainedValue()
        }
        set {
            guard let machine = life.machine, kind == .instance,
                value.instance.pointee.payloadKind == .host
            else { return }
            machine.freePayload(value.instance)
            if let newValue {
                value.instance.pointee.payload = Unmanaged.passRetained(newValue).toOpaque()
            }
        }
    }

    /// Whether this is an instance of a class or of one that extends it.
    public func isInstance(of type: SquirrelObject) -> Bool {
        guard let machine = life.machine, type.kind == .class else { return false }
        return machine.isInstance(value, of: type.value.classObject)
    }

    /// The class of an instance, the base of a class.
    public var classObject: SquirrelObject? {
        guard life.machine != nil else { return nil }
        switch kind {
        case .instance: return SquirrelObject(Value(value.instance.pointee.type), life: life)
        case .class: return value.classObject.pointee.base.map { SquirrelObject(Value($0), life: life) }
        default: return nil
        }
    }

    // MARK: Functions

    /// The name that a function was declared with.
    public var functionName: String? {
        guard life.machine != nil, kind == .function else { return nil }
        if value.header.pointee.kind == .native {
            return value.native.pointee.name.map { String(decoding: $0.buffer, as: UTF8.self) }
        }
        return value.closure.pointee.prototype.pointee.template._withUnsafeGuaranteedRef { template in
            template.name.map { String(decoding: $0, as: UTF8.self) }
        }
    }

    /// The parameters of a Squirrel function without `this`; nil for natives.
    public var parameterNames: [String]? {
        guard life.machine != nil, kind == .function, value.header.pointee.kind == .closure else {
            return nil
        }
        return value.closure.pointee.prototype.pointee.template._withUnsafeGuaranteedRef { template in
            template.parameters.dropFirst().map { String(decoding: $0, as: UTF8.self) }
        }
    }
}
