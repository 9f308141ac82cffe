/// Writes canonical JSON (RFC 8785: no white space, keys in order, one spelling for each string and number)
/// straight into bytes, in one pass.
///
/// The caller hands in keys in ascending order of their UTF-16 code units, which for the ASCII keys of this
/// project is their byte order; tests compare every kind of entry with ``JSONValue/canonicalBytes``, which sorts
/// for itself.
public struct CanonicalJSONWriter: Sendable {
    /// What was written so far.
    public private(set) var bytes: [UInt8]

    public init(reservingCapacity capacity: Int = 384) {
        bytes = []
        bytes.reserveCapacity(capacity)
    }

    public mutating func beginObject() { bytes.append(UInt8(ascii: "{")) }
    public mutating func endObject() { bytes.append(UInt8(ascii: "}")) }
    public mutating func beginArray() { bytes.append(UInt8(ascii: "[")) }
    public mutating func endArray() { bytes.append(UInt8(ascii: "]")) }

    /// A key of the object at hand: letters, digits and `_` only, so that nothing needs escaping.
    public mutating func key(_ name: StaticString) {
        separate(after: UInt8(ascii: "{"))
        bytes.append(UInt8(ascii: "\""))
        bytes.append(contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
    }

    /// A key that is known only while running.
    public mutating func key(text name: String) {
        separate(after: UInt8(ascii: "{"))
        string(name)
        bytes.append(UInt8(ascii: ":"))
    }

    /// Goes before each element of an array.
    public mutating func element() { separate(after: UInt8(ascii: "[")) }

    public mutating func string(_ text: String) {
        var text = text
        bytes.append(UInt8(ascii: "\""))
        text.withUTF8 { units in
            var start = 0
            for (index, unit) in units.enumerated() where unit < 0x20 || unit == 0x22 || unit == 0x5C {
                bytes.append(contentsOf: units[start..<index])
                escape(unit)
                start = index + 1
            }
            bytes.append(contentsOf: units[start...])
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// A text known when compiling, of letters, digits, `_`, `.` and `-`: nothing in it needs escaping.
    public mutating func quoted(_ text: StaticString) {
        bytes.append(UInt8(ascii: "\""))
        bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
        bytes.append(UInt8(ascii: "\""))
    }

    public mutating func bool(_ value: Bool) {
        bytes.append(contentsOf: value ? "true".utf8 : "false".utf8)
    }

    public mutating func null() { bytes.append(contentsOf: "null".utf8) }

    /// A whole number; readers that hold numbers as doubles keep it exactly within ±(2^53 - 1).
    public mutating func integer(_ value: Int64) {
        if value < 0 { bytes.append(UInt8(ascii: "-")) }
        var rest = value.magnitude
        let start = bytes.count
        repeat {
            bytes.append(UInt8(truncatingIfNeeded: rest % 10) + 0x30)
            rest /= 10
        } while rest > 0
        bytes[start...].reverse()
    }

    /// A finite number as ECMAScript prints it, the shortest text that reads back as the same double.
    /// - Precondition: `value` is finite; JSON has no word for anything else.
    public mutating func number(_ value: Double) {
        precondition(value.isFinite, "JSON has no word for \(value)")
        bytes.append(contentsOf: ECMAScriptNumber.text(of: value).utf8)
    }

    /// Text keys and text values, sorted here.
    public mutating func strings(_ table: [String: String]) {
        beginObject()
        for (name, value) in table.sorted(by: { $0.key.utf16.lexicographicallyPrecedes($1.key.utf16) }) {
            key(text: name)
            string(value)
        }
        endObject()
    }

    /// A list of texts.
    public mutating func list(_ texts: [String]) {
        beginArray()
        for text in texts {
            element()
            string(text)
        }
        endArray()
    }

    /// JSON that is canonical already.
    public mutating func raw(_ json: [UInt8]) { bytes.append(contentsOf: json) }

    private mutating func separate(after opening: UInt8) {
        if bytes.last != opening { bytes.append(UInt8(ascii: ",")) }
    }

    private mutating func escape(_ unit: UInt8) {
        bytes.append(UInt8(ascii: "\\"))
        switch unit {
        case 0x08: bytes.append(UInt8(ascii: "b"))
        case 0x09: bytes.append(UInt8(ascii: "t"))
        case 0x0A: bytes.append(UInt8(ascii: "n"))
        case 0x0C: bytes.append(UInt8(ascii: "f"))
        case 0x0D: bytes.append(UInt8(ascii: "r"))
        case 0x22, 0x5C: bytes.append(unit)
        default:
            let digits = StaticString("0123456789abcdef")
            bytes.append(contentsOf: "u00".utf8)
            bytes.append(digits.utf8Start[Int(unit >> 4)])
            bytes.append(digits.utf8Start[Int(unit & 15)])
        }
    }
}
