/// Shapes and ranges of a record's values; holds the first that is broken.
struct RecordRules {
    let kind: StaticString
    private(set) var fault: RecordFault?

    init(kind: StaticString) { self.kind = kind }

    /// Largest whole number that every JSON reader keeps exactly.
    static let largestInteger: Int64 = 1 << 53 - 1

    mutating func require(_ holds: Bool, _ field: String, _ problem: @autoclosure () -> String) {
        if !holds, fault == nil {
            fault = RecordFault(kind: String(describing: kind), field: field, problem: problem())
        }
    }

    /// A name: 1 to `longest` bytes, no control characters.
    mutating func name(_ text: String?, _ field: String, longest: Int = 256) {
        guard let text else { return }
        let units = text.utf8
        require(
            !units.isEmpty && units.count <= longest && units.allSatisfy { $0 >= 0x20 && $0 != 0x7F }, field,
            "should be 1 to \(longest) bytes without control characters, found \(units.count) bytes: "
                + String(text.prefix(40)).debugDescription)
    }

    /// Any text of at most 64 KiB.
    mutating func text(_ text: String?, _ field: String) {
        guard let count = text?.utf8.count else { return }
        require(count <= 65_536, field, "should be at most 65536 bytes, found \(count)")
    }

    mutating func texts(_ table: [String: String], _ field: String) {
        require(table.count <= 256, field, "should hold at most 256 texts, found \(table.count)")
        for (key, value) in table {
            name(key, field)
            text(value, "\(field).\(key)")
        }
    }

    mutating func hex(_ text: String?, _ field: String, digits: Int, upperCase: Bool = false) {
        guard let text else { return }
        let letters: ClosedRange<UInt8> = upperCase ? 0x41...0x46 : 0x61...0x66
        require(
            text.utf8.count == digits
                && text.utf8.allSatisfy { (0x30...0x39).contains($0) || letters.contains($0) },
            field,
            "should be \(digits) \(upperCase ? "upper" : "lower")-case hexadecimal digits, found \(text.debugDescription)"
        )
    }

    mutating func deviceID(_ text: String?, _ field: String = "device") { hex(text, field, digits: 16) }

    mutating func integer(_ value: Int64?, _ field: String, in range: ClosedRange<Int64> = 0...largestInteger)
    {
        guard let value else { return }
        require(
            range.contains(value), field,
            "should be \(range.lowerBound) to \(range.upperBound), found \(value)")
    }

    mutating func number(_ value: Double?, _ field: String) {
        guard let value else { return }
        require(value.isFinite, field, "should be a finite number, found \(value)")
    }

    mutating func person(_ person: Person?, _ field: String) {
        guard case .named(let name) = person else { return }
        self.name(name, field)
        require(
            !name.hasPrefix(PersonSealer.forgottenPrefix), field,
            "should be somebody's name, found \(name.debugDescription), which stands for a forgotten one")
    }
}
