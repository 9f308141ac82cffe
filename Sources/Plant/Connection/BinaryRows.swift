/// Rows in the form in which `COPY … (FORMAT binary)` takes them: no text is made of a hash and read back again.
struct BinaryRows {
    private(set) var bytes: [UInt8]
    private(set) var count = 0

    init(reservingCapacity capacity: Int = 4096) {
        bytes = []
        bytes.reserveCapacity(capacity)
        bytes += Array("PGCOPY\n".utf8) + [0xFF, 0x0D, 0x0A, 0]
        int32(0)
        int32(0)
    }

    var isEmpty: Bool { count == 0 }

    /// Begins a row of so many columns; they follow one by one.
    mutating func row(columns: Int16) {
        int16(columns)
        count += 1
    }

    mutating func null() { int32(-1) }

    mutating func int2(_ value: Int16) {
        int32(2)
        int16(value)
    }

    mutating func int4(_ value: Int32) {
        int32(4)
        int32(value)
    }

    mutating func int8(_ value: Int64?) {
        guard let value else { return null() }
        int32(8)
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func float8(_ value: Double?) {
        guard let value else { return null() }
        int32(8)
        withUnsafeBytes(of: value.bitPattern.bigEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func text(_ value: String?) {
        guard var value = value?.withoutZeros else { return null() }
        value.withUTF8 { units in
            int32(Int32(units.count))
            bytes.append(contentsOf: units)
        }
    }

    mutating func data(_ value: UnsafeRawBufferPointer) {
        int32(Int32(value.count))
        bytes.append(contentsOf: value)
    }

    mutating func value(_ value: PlantValue, as type: PlantColumn.Kind) {
        switch (value, type) {
        case (.integer(let value), .int2): int2(Int16(truncatingIfNeeded: value))
        case (.integer(let value), .int4): int4(Int32(truncatingIfNeeded: value))
        case (.integer(let value), _): int8(value)
        case (.number(let value), _): float8(value)
        case (.text(let value), _): text(value)
        case (.bytes(let value), _): value.withUnsafeBytes { data($0) }
        case (.null, _), (.texts, _), (.integers, _): null()
        }
    }

    /// The rows with their end mark.
    var finished: [UInt8] { bytes + [0xFF, 0xFF] }

    private mutating func int16(_ value: Int16) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }

    private mutating func int32(_ value: Int32) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }
}

extension String {
    /// The server's texts can't hold U+0000, a ledger's can: it becomes U+FFFD in what is laid out for questions. The
    /// entry's own bytes are kept as they are.
    var withoutZeros: String {
        utf8.contains(0)
            ? String(String.UnicodeScalarView(unicodeScalars.map { $0 == "\0" ? "\u{FFFD}" : $0 })) : self
    }
}
