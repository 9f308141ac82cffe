/// Sets of types for checking a native's arguments: one bit for each type tag.
enum TypeMask {
    static let any: UInt16 = 0xFFFF
    static let number = bit(Value.Tag.integer) | bit(Value.Tag.float)

    private static func bit(_ tag: UInt64) -> UInt16 { 1 << UInt16(tag) }

    @inline(__always)
    static func bit(of value: Value) -> UInt16 { 1 << UInt16(truncatingIfNeeded: value.tag) }

    /// Upstream's order of the types, with its bit for each.
    private static let order: [(tag: UInt64, name: String, bit: Int32)] = [
        (Value.Tag.null, "null", 0x1), (Value.Tag.integer, "integer", 0x2), (Value.Tag.float, "float", 0x4),
        (Value.Tag.bool, "bool", 0x8), (Value.Tag.string, "string", 0x10), (Value.Tag.table, "table", 0x20),
        (Value.Tag.array, "array", 0x40), (Value.Tag.function, "function|function", 0x300),
        (Value.Tag.generator, "generator", 0x400), (Value.Tag.class, "class", 0x4000),
        (Value.Tag.instance, "instance", 0x8000),
    ]

    /// The names as the error sentence lists them.
    static func names(_ mask: UInt16) -> String {
        order.filter { mask & bit($0.tag) != 0 }.map(\.name).joined(separator: "|")
    }

    /// The number that `getinfos` shows for a mask.
    static func upstreamNumber(_ mask: UInt16) -> Int32 {
        if mask == any { return -1 }
        let known = order.reduce(0) { mask & bit($1.tag) != 0 ? $0 | $1.bit : $0 }
        return mask & bit(Value.Tag.weakReference) != 0 ? known | 0x10000 : known
    }

    /// Reads upstream's letters: `.` any, `o` null, `i`, `f`, `n` number, `b`, `s`, `t`, `a`, `c` function,
    /// `g` generator, `x` instance, `y` class, `r` weak reference; `|` joins. Unknown letters match nothing.
    static func parse(_ letters: String) -> [UInt16] {
        var masks: [UInt16] = []
        var joins = false
        for letter in letters.utf8 where letter != UInt8(ascii: " ") {
            if letter == UInt8(ascii: "|") {
                joins = true
                continue
            }
            let mask: UInt16
            switch letter {
            case UInt8(ascii: "."): mask = any
            case UInt8(ascii: "o"): mask = bit(Value.Tag.null)
            case UInt8(ascii: "i"): mask = bit(Value.Tag.integer)
            case UInt8(ascii: "f"): mask = bit(Value.Tag.float)
            case UInt8(ascii: "n"): mask = number
            case UInt8(ascii: "b"): mask = bit(Value.Tag.bool)
            case UInt8(ascii: "s"): mask = bit(Value.Tag.string)
            case UInt8(ascii: "t"): mask = bit(Value.Tag.table)
            case UInt8(ascii: "a"): mask = bit(Value.Tag.array)
            case UInt8(ascii: "c"): mask = bit(Value.Tag.function)
            case UInt8(ascii: "g"): mask = bit(Value.Tag.generator)
            case UInt8(ascii: "x"): mask = bit(Value.Tag.instance)
            case UInt8(ascii: "y"): mask = bit(Value.Tag.class)
            case UInt8(ascii: "r"): mask = bit(Value.Tag.weakReference)
            default: mask = 1 << 4
            }
            if joins, let last = masks.popLast() {
                masks.append(last | mask)
            } else {
                masks.append(mask)
            }
            joins = false
        }
        return masks
    }
}

/// The masks of up to eight arguments, `this` first; zero stands for "not checked".
struct Signature {
    private(set) var first: UInt64 = 0
    private var second: UInt64 = 0

    static let longest = 8

    init(_ letters: String) {
        let masks = TypeMask.parse(letters).prefix(Signature.longest)
        for (index, mask) in masks.enumerated() {
            if index < 4 {
                first |= UInt64(mask) << UInt64(index * 16)
            } else {
                second |= UInt64(mask) << UInt64((index - 4) * 16)
            }
        }
    }

    @inline(__always)
    subscript(index: Int) -> UInt16 {
        let word = index < 4 ? first : second
        return UInt16(truncatingIfNeeded: word >> UInt64((index & 3) * 16))
    }

    /// All masks up to the last that was given.
    var masks: [UInt16] {
        let all = (0..<Signature.longest).map { self[$0] }
        return Array(all.prefix((all.lastIndex { $0 != 0 } ?? -1) + 1))
    }
}
