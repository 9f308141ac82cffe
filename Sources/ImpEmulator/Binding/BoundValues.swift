import Squirrel

extension SquirrelValue {
    /// An integer of the machine's 32 bits; higher bits are lost.
    init(_ integer: some BinaryInteger) {
        self = .integer(Int32(truncatingIfNeeded: integer))
    }

    /// A float of the machine's 32 bits.
    init(_ number: Double) {
        self = .float(Float(number))
    }
}

extension NativeCall {
    /// An argument as an integer, or `absent` where none was given.
    func integer(_ index: Int, absent: Int) throws -> Int {
        index < count ? Int(try integer(index)) : absent
    }

    /// An argument as a number of seconds or the like.
    func number(_ index: Int) throws -> Double { Double(try float(index)) }

    /// A function, or nil where none or null was given.
    func optionalFunction(_ index: Int) throws -> SquirrelObject? {
        if index >= count { return nil }
        if case .null = self[index] { return nil }
        return try function(index)
    }

    /// A string's text as it goes to the outside.
    func text(_ index: Int) throws -> String { try string(index).text }
}

/// What a Squirrel value stands for when something wants bytes of it: a string, a blob, or one integer for one byte.
func bytesToSend(_ call: borrowing NativeCall, _ index: Int) throws -> [UInt8] {
    if case .integer(let byte) = call[index] { return [UInt8(truncatingIfNeeded: byte)] }
    return try call.bytes(index)
}
