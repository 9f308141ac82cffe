/// Numbers as bytes.
struct WireWriter {
    private(set) var bytes: [UInt8] = []

    mutating func byte(_ value: UInt8) { bytes.append(value) }
    mutating func raw(_ more: some Sequence<UInt8>) { bytes += more }
    mutating func zeros(_ count: Int) { bytes += [UInt8](repeating: 0, count: count) }

    mutating func big(_ value: UInt32) {
        bytes += [
            UInt8(value >> 24), UInt8(value >> 16 & 0xFF), UInt8(value >> 8 & 0xFF), UInt8(value & 0xFF),
        ]
    }
    mutating func big(_ value: UInt16) { bytes += [UInt8(value >> 8), UInt8(value & 0xFF)] }
    mutating func little(_ value: UInt16) { bytes += [UInt8(value & 0xFF), UInt8(value >> 8)] }
    mutating func little(_ value: UInt32) {
        little(UInt16(truncatingIfNeeded: value))
        little(UInt16(truncatingIfNeeded: value >> 16))
    }
    mutating func little(_ value: UInt64) {
        little(UInt32(truncatingIfNeeded: value))
        little(UInt32(truncatingIfNeeded: value >> 32))
    }

    /// Text in a field of fixed size, cut if need be, zero-terminated.
    mutating func text(_ text: String, in size: Int) {
        let utf8 = Array(text.utf8.prefix(size - 1))
        raw(utf8)
        zeros(size - utf8.count)
    }
}

/// Bytes as numbers. Whoever reads has checked the count.
struct WireReader {
    private let bytes: [UInt8]
    private var offset = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    var left: Int { bytes.count - offset }

    mutating func byte() -> UInt8 {
        defer { offset += 1 }
        return offset < bytes.count ? bytes[offset] : 0
    }
    mutating func big32() -> UInt32 { (0..<4).reduce(0) { value, _ in value << 8 | UInt32(byte()) } }
    mutating func big16() -> UInt16 { (0..<2).reduce(0) { value, _ in value << 8 | UInt16(byte()) } }
    mutating func little16() -> UInt16 { UInt16(byte()) | UInt16(byte()) << 8 }
    mutating func little32() -> UInt32 { UInt32(little16()) | UInt32(little16()) << 16 }
    mutating func little64() -> UInt64 { UInt64(little32()) | UInt64(little32()) << 32 }
    mutating func raw(_ count: Int) -> [UInt8] {
        let end = min(offset + count, bytes.count)
        defer { offset = end }
        return Array(bytes[min(offset, end)..<end])
    }
    mutating func rest() -> [UInt8] { raw(left) }
}
