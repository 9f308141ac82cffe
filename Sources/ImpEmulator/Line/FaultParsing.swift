extension Fault {
    /// Reads one fault; the marks `@ % # ^` may stand in any order behind the name.
    public init(parsing text: String) throws(FaultError) {
        let marks: Set<Character> = ["@", "%", "#", "^"]
        let head = text.prefix { !marks.contains($0) }
        let pieces = head.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let name = (pieces.first ?? "").trimmed
        let parameter = pieces.count > 1 ? pieces[1].trimmed : nil
        guard let row = FaultTable.row(named: name) else { throw .unknown(name: name) }
        if let parameter, row.parameter == nil {
            throw .parameterNotAllowed(fault: name, found: parameter, allowed: "no parameter")
        }
        guard let kind = row.make(parameter) else {
            guard let parameter else { throw .parameterMissing(fault: name, allowed: row.allowed) }
            throw .parameterNotAllowed(fault: name, found: parameter, allowed: row.allowed)
        }
        self.init(kind)

        var rest = text[head.endIndex...]
        while let mark = rest.first {
            rest = rest.dropFirst()
            let value = rest.prefix { !marks.contains($0) }
            try take(mark, value.trimmed, of: text)
            rest = rest[value.endIndex...]
        }
        if row.isEvent, at == nil, row.needsTime {
            throw .badSuffix(
                fault: text, suffix: "@", found: "nothing", allowed: "a time such as @5.2s or @800ms")
        }
        if !row.isEvent, at != nil {
            throw .badSuffix(
                fault: text, suffix: "@", found: "a time",
                allowed: "no time: this fault is there from the start. Events with a time: "
                    + FaultTable.rows.filter(\.isEvent).map(\.name).joined(separator: ", "))
        }
    }

    private mutating func take(_ mark: Character, _ value: String, of text: String) throws(FaultError) {
        switch mark {
        case "@":
            guard let time = Duration(faultText: value) else {
                throw .badSuffix(
                    fault: text, suffix: "@", found: value, allowed: "a time such as 5.2s or 800ms")
            }
            at = time
        case "%":
            guard let chance = Double(value), (0...1).contains(chance) else {
                throw .badSuffix(fault: text, suffix: "%", found: value, allowed: "a probability from 0 to 1")
            }
            probability = chance
        case "#":
            let ends = value.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
            guard let first = ends.first ?? nil, let last = ends.last ?? nil, ends.count <= 2, first >= 1,
                first <= last
            else {
                throw .badSuffix(
                    fault: text, suffix: "#", found: value, allowed: "a unit such as 3, or units such as 3-5")
            }
            units = first...last
        default:
            guard let count = Int(value), count >= 1 else {
                throw .badSuffix(
                    fault: text, suffix: "^", found: value, allowed: "a number of seatings from 1")
            }
            seatings = count
        }
    }
}

extension Duration {
    /// `5.2s`, `800ms`, `3` (seconds).
    init?(faultText text: String) {
        let (digits, scale): (Substring, Double) =
            if text.hasSuffix("ms") {
                (text.dropLast(2), 1e-3)
            } else if text.hasSuffix("s") {
                (text.dropLast(), 1)
            } else {
                (text[...], 1)
            }
        guard let value = Double(digits), value >= 0, value <= 1e6 else { return nil }
        self = .wholeNanoseconds(ofSeconds: value * scale)
    }
}
