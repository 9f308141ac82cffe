/// Turns a pattern's text into steps.
struct PatternCompiler {
    private indirect enum Tree {
        case empty
        case one(ScalarSet)
        case start
        case end
        case sequence([Tree])
        case choice([Tree])
        case repeated(Tree, least: Int, most: Int?)
    }

    private let scalars: [Unicode.Scalar]
    private var index = 0
    private var depth = 0
    private var emissions = 0
    private var program: [PatternInstruction] = []

    /// Groups within groups.
    private static let maximumDepth = 40

    init(_ source: String) {
        scalars = Array(source.unicodeScalars)
    }

    mutating func compile() throws(TextPatternError) -> [PatternInstruction] {
        guard !scalars.isEmpty else { throw .syntax(position: 1, problem: "an empty pattern") }
        guard scalars.count <= TextPattern.maximumSteps else { throw .tooLarge }
        let tree = try choice()
        guard index == scalars.count else { throw syntax("a `)` without `(`") }
        try emit(tree)
        program.append(.found)
        return program
    }

    // MARK: - Parsing

    private var peek: Unicode.Scalar? { index < scalars.count ? scalars[index] : nil }

    private func peek(_ text: String) -> Bool {
        scalars[index...].starts(with: text.unicodeScalars)
    }

    private func syntax(_ problem: String) -> TextPatternError {
        .syntax(position: index + 1, problem: problem)
    }

    private mutating func choice() throws(TextPatternError) -> Tree {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.maximumDepth else {
            throw syntax("groups nested more than \(Self.maximumDepth) deep")
        }
        var branches = [try sequence()]
        while peek == "|" {
            index += 1
            branches.append(try sequence())
        }
        return branches.count == 1 ? branches[0] : .choice(branches)
    }

    private mutating func sequence() throws(TextPatternError) -> Tree {
        var items: [Tree] = []
        while let next = peek, next != "|", next != ")" {
            items.append(try quantified(try atom()))
        }
        return items.isEmpty ? .empty : items.count == 1 ? items[0] : .sequence(items)
    }

    private mutating func quantified(_ tree: Tree) throws(TextPatternError) -> Tree {
        let start = index
        let least: Int
        let most: Int?
        switch peek {
        case "*": (least, most) = (0, nil)
        case "+": (least, most) = (1, nil)
        case "?": (least, most) = (0, 1)
        case "{": (least, most) = try braces()
        default: return tree
        }
        if scalars[start] != "{" { index += 1 }
        switch peek {
        case "?", "+":
            throw .notSupported(
                position: index + 1, what: "a lazy or possessive quantifier", instead: "leave it out")
        case "*", "{": throw syntax("a quantifier on a quantifier")
        default: break
        }
        if case .start = tree { throw .syntax(position: start + 1, problem: "a quantifier on `^`") }
        if case .end = tree { throw .syntax(position: start + 1, problem: "a quantifier on `$`") }
        return .repeated(tree, least: least, most: most)
    }

    /// `{n}`, `{n,}` or `{n,m}`.
    private mutating func braces() throws(TextPatternError) -> (Int, Int?) {
        let open = index
        index += 1
        let least = try count()
        var most: Int? = least
        if peek == "," {
            index += 1
            most = peek == "}" ? nil : try count()
        }
        guard peek == "}" else {
            throw .syntax(position: open + 1, problem: "a `{` that is not {n}, {n,} or {n,m}")
        }
        index += 1
        if let most, most < least {
            throw .syntax(position: open + 1, problem: "a repetition {n,m} with n above m")
        }
        return (least, most)
    }

    private mutating func count() throws(TextPatternError) -> Int {
        var value = 0
        let start = index
        while let digit = peek, ScalarSet.digits.contains(digit) {
            value = value * 10 + Int(digit.value - 0x30)
            guard value <= TextPattern.maximumSteps else { throw .tooLarge }
            index += 1
        }
        guard index > start else {
            throw syntax("a `{` that is not {n}, {n,} or {n,m}; write \\{ for the character")
        }
        return value
    }

    private mutating func atom() throws(TextPatternError) -> Tree {
        guard let next = peek else { return .empty }
        switch next {
        case "(": return try group()
        case "[": return .one(try characterClass())
        case ".":
            index += 1
            return .one(.anyButNewline)
        case "^":
            index += 1
            return .start
        case "$":
            index += 1
            return .end
        case "\\": return .one(try escape())
        case "*", "+", "?", "{": throw syntax("`\(next)` with nothing before it to repeat")
        default:
            index += 1
            return .one(ScalarSet(ranges: [next.value...next.value]))
        }
    }

    private mutating func group() throws(TextPatternError) -> Tree {
        let open = index
        if peek("(?:") {
            index += 3
        } else if peek("(?=") || peek("(?!") || peek("(?<") {
            throw .notSupported(
                position: open + 1, what: "look-around or a named group", instead: "use a plain group")
        } else if peek("(?") {
            throw .notSupported(position: open + 1, what: "a flag", instead: "write both cases, such as [Ff]")
        } else {
            index += 1
        }
        let tree = try choice()
        guard peek == ")" else { throw .syntax(position: open + 1, problem: "a `(` without `)`") }
        index += 1
        return tree
    }

    private mutating func escape() throws(TextPatternError) -> ScalarSet {
        index += 1
        guard let escaped = peek else { throw syntax("a `\\` at the end") }
        switch escaped {
        case "1"..."9":
            throw .notSupported(position: index, what: "a back reference", instead: "write the text out")
        case "b", "B":
            throw .notSupported(
                position: index, what: "a word boundary", instead: "write the neighbouring characters")
        default: break
        }
        let sets: [Unicode.Scalar: ScalarSet] = [
            "d": .digits, "D": .digits.negated, "w": .word, "W": .word.negated, "s": .blank,
            "S": .blank.negated,
            "t": ScalarSet(ranges: [9...9]), "n": ScalarSet(ranges: [10...10]),
            "r": ScalarSet(ranges: [13...13]),
        ]
        if ScalarSet.word.contains(escaped), escaped != "_" {
            guard let set = sets[escaped] else { throw syntax("the unknown escape \\\(escaped)") }
            index += 1
            return set
        }
        index += 1
        return ScalarSet(ranges: [escaped.value...escaped.value])
    }

    private mutating func characterClass() throws(TextPatternError) -> ScalarSet {
        let open = index
        index += 1
        var set = ScalarSet(ranges: [])
        if peek == "^" {
            set.isNegated = true
            index += 1
        }
        var isFirst = true
        while let next = peek, next != "]" || isFirst {
            isFirst = false
            let low = try classMember()
            guard peek == "-", index + 1 < scalars.count, scalars[index + 1] != "]" else {
                set.ranges += low.isNegated ? low.complement : low.ranges
                continue
            }
            index += 1
            let high = try classMember()
            guard let from = low.single, let to = high.single, from <= to else {
                throw .syntax(
                    position: open + 1, problem: "a range in [ ] that runs backwards or is not of characters")
            }
            set.ranges.append(from...to)
        }
        guard peek == "]" else { throw .syntax(position: open + 1, problem: "a `[` without `]`") }
        index += 1
        return set
    }

    private mutating func classMember() throws(TextPatternError) -> ScalarSet {
        guard let next = peek else { throw syntax("a `[` without `]`") }
        if next == "\\" { return try escape() }
        index += 1
        return ScalarSet(ranges: [next.value...next.value])
    }

    // MARK: - Emitting

    private mutating func add(_ instruction: PatternInstruction) throws(TextPatternError) {
        guard program.count < TextPattern.maximumSteps else { throw .tooLarge }
        program.append(instruction)
    }

    private mutating func emit(_ tree: Tree) throws(TextPatternError) {
        // Repeating nothing many times, many times over, adds no steps but takes time all the same.
        emissions += 1
        guard emissions <= 20 * TextPattern.maximumSteps else { throw .tooLarge }
        switch tree {
        case .empty: break
        case .one(let set): try add(.consume(set))
        case .start: try add(.start)
        case .end: try add(.end)
        case .sequence(let items): for item in items { try emit(item) }
        case .choice(let branches): try emit(branches)
        case .repeated(let inner, let least, let most):
            for _ in 0..<least { try emit(inner) }
            if let most {
                for _ in least..<most { try emitOptional(inner) }
            } else {
                let loop = program.count
                try add(.jump([]))
                try emit(inner)
                try add(.jump([loop]))
                program[loop] = .jump([loop + 1, program.count])
            }
        }
    }

    private mutating func emitOptional(_ inner: Tree) throws(TextPatternError) {
        let fork = program.count
        try add(.jump([]))
        try emit(inner)
        program[fork] = .jump([fork + 1, program.count])
    }

    private mutating func emit(_ branches: [Tree]) throws(TextPatternError) {
        let fork = program.count
        try add(.jump([]))
        var starts: [Int] = []
        var exits: [Int] = []
        for branch in branches {
            starts.append(program.count)
            try emit(branch)
            exits.append(program.count)
            try add(.jump([]))
        }
        program[fork] = .jump(starts)
        for exit in exits { program[exit] = .jump([program.count]) }
    }
}

extension ScalarSet {
    /// Everything that is not in the set.
    fileprivate var negated: ScalarSet { ScalarSet(ranges: ranges, isNegated: !isNegated) }

    /// The only scalar of the set.
    fileprivate var single: UInt32? {
        guard !isNegated, ranges.count == 1, ranges[0].count == 1 else { return nil }
        return ranges[0].lowerBound
    }

    /// The ranges between this set's ranges.
    fileprivate var complement: [ClosedRange<UInt32>] {
        var result: [ClosedRange<UInt32>] = []
        var next: UInt32 = 0
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if range.lowerBound > next { result.append(next...(range.lowerBound - 1)) }
            next = max(next, range.upperBound + 1)
        }
        result.append(next...0x10FFFF)
        return result
    }
}
