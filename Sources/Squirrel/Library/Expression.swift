/// A regular expression as Squirrel knows them: a list of nodes that is walked greedily, looking one node ahead
/// instead of going back.
final class Expression {
    enum Kind: Equatable {
        case byte(UInt8)
        case any
        case characterClass(UInt8)
        case set(isNegated: Bool)
        case range(UInt8, UInt8)
        case group(number: Int?)
        case alternatives
        case repeated(least: Int, most: Int)
        case beginning, end
        case wordBoundary(isNegated: Bool)
    }

    struct Node {
        var kind: Kind
        /// First node inside of this one.
        var inside = -1
        /// The second alternative.
        var other = -1
        /// What follows.
        var next = -1
    }

    struct Problem: Error {
        var message: String
    }

    private(set) var nodes: [Node] = []
    private(set) var groupCount = 0

    static let unlimited = 0xFFFF
    private static let deepest = 100

    init(_ pattern: [UInt8]) throws(Problem) {
        var parser = Parser(pattern: pattern)
        let whole = parser.add(.group(number: 0))
        parser.groupCount = 1
        let first = try parser.list(depth: 0)
        parser.nodes[whole].inside = first
        if parser.current != 0 { throw Problem(message: "unexpected character") }
        nodes = parser.nodes
        groupCount = parser.groupCount
    }

    private struct Parser {
        let pattern: [UInt8]
        var position = 0
        var nodes: [Node] = []
        var groupCount = 0

        init(pattern: [UInt8]) { self.pattern = pattern }

        var current: UInt8 { position < pattern.count ? pattern[position] : 0 }

        mutating func add(_ kind: Kind) -> Int {
            nodes.append(Node(kind: kind))
            return nodes.count - 1
        }

        mutating func expect(_ byte: UInt8) throws(Problem) {
            guard current == byte else { throw Problem(message: "expected paren") }
            position += 1
        }

        /// Elements up to `|`, `)` or the end, and alternatives to them.
        mutating func list(depth: Int) throws(Problem) -> Int {
            if depth > Expression.deepest { throw Problem(message: "nested too deeply") }
            var start = -1
            if current == UInt8(ascii: "^") {
                position += 1
                start = add(.beginning)
            }
            let first = try elements(depth: depth)
            if start == -1 { start = first } else { nodes[start].next = first }
            if current == UInt8(ascii: "|") {
                position += 1
                let alternatives = add(.alternatives)
                nodes[alternatives].inside = start
                let other = try list(depth: depth + 1)
                nodes[alternatives].other = other
                start = alternatives
            }
            return start
        }

        private mutating func elements(depth: Int) throws(Problem) -> Int {
            var first = -1
            var last = -1
            while true {
                let node = try element(depth: depth)
                if first == -1 { first = node } else { nodes[last].next = node }
                last = node
                switch current {
                case UInt8(ascii: "|"), UInt8(ascii: ")"), UInt8(ascii: "*"), UInt8(ascii: "+"), 0:
                    return first
                default:
                    continue
                }
            }
        }

        private mutating func element(depth: Int) throws(Problem) -> Int {
            let node: Int
            switch current {
            case UInt8(ascii: "("):
                position += 1
                if current == UInt8(ascii: "?") {
                    position += 1
                    try expect(UInt8(ascii: ":"))
                    node = add(.group(number: nil))
                } else {
                    node = add(.group(number: groupCount))
                    groupCount += 1
                }
                let inside = try list(depth: depth + 1)
                nodes[node].inside = inside
                try expect(UInt8(ascii: ")"))
            case UInt8(ascii: "["):
                position += 1
                node = try set()
                try expect(UInt8(ascii: "]"))
            case UInt8(ascii: "$"):
                position += 1
                node = add(.end)
            case UInt8(ascii: "."):
                position += 1
                node = add(.any)
            default:
                node = try character(inSet: false)
            }
            guard let (least, most) = try repetition() else { return node }
            let repeated = add(.repeated(least: least, most: most))
            nodes[repeated].inside = node
            return repeated
        }

        private mutating func repetition() throws(Problem) -> (Int, Int)? {
            switch current {
            case UInt8(ascii: "*"):
                position += 1
                return (0, Expression.unlimited)
            case UInt8(ascii: "+"):
                position += 1
                return (1, Expression.unlimited)
            case UInt8(ascii: "?"):
                position += 1
                return (0, 1)
            case UInt8(ascii: "{"):
                position += 1
                guard current.isDigit else { throw Problem(message: "number expected") }
                let least = try number()
                var most = least
                if current == UInt8(ascii: ",") {
                    position += 1
                    most = current.isDigit ? try number() : Expression.unlimited
                    try expect(UInt8(ascii: "}"))
                } else if current == UInt8(ascii: "}") {
                    position += 1
                } else {
                    throw Problem(message: ", or } expected")
                }
                return (least, most)
            default:
                return nil
            }
        }

        private mutating func number() throws(Problem) -> Int {
            var value = 0
            var digits = 0
            while current.isDigit {
                value = value * 10 + Int(current - 48)
                digits += 1
                position += 1
                if digits > 9 { throw Problem(message: "overflow in numeric constant") }
            }
            return value & 0xFFFF
        }

        private mutating func character(inSet: Bool) throws(Problem) -> Int {
            guard current == UInt8(ascii: "\\") else {
                guard current >= 32, current < 127 else { throw Problem(message: "letter expected") }
                position += 1
                return add(.byte(pattern[position - 1]))
            }
            position += 1
            let letter = current
            if position < pattern.count { position += 1 }
            switch letter {
            case UInt8(ascii: "n"): return add(.byte(10))
            case UInt8(ascii: "t"): return add(.byte(9))
            case UInt8(ascii: "r"): return add(.byte(13))
            case UInt8(ascii: "f"): return add(.byte(12))
            case UInt8(ascii: "v"): return add(.byte(11))
            case _ where "aAwWsSdDxXcCpPlu".utf8.contains(letter): return add(.characterClass(letter))
            case UInt8(ascii: "b") where !inSet: return add(.wordBoundary(isNegated: false))
            case UInt8(ascii: "B") where !inSet: return add(.wordBoundary(isNegated: true))
            default: return add(.byte(letter))
            }
        }

        /// The last byte of a range.
        private mutating func rangeEnd() throws(Problem) -> UInt8 {
            if current == UInt8(ascii: "\\") {
                position += 1
                let letter = current
                if position < pattern.count { position += 1 }
                switch letter {
                case UInt8(ascii: "v"): return 11
                case UInt8(ascii: "n"): return 10
                case UInt8(ascii: "t"): return 9
                case UInt8(ascii: "r"): return 13
                case UInt8(ascii: "f"): return 12
                default: return letter
                }
            }
            guard current >= 32, current < 127 else { throw Problem(message: "letter expected") }
            position += 1
            return pattern[position - 1]
        }

        private mutating func set() throws(Problem) -> Int {
            var isNegated = false
            if current == UInt8(ascii: "^") {
                position += 1
                isNegated = true
            }
            let node = add(.set(isNegated: isNegated))
            if current == UInt8(ascii: "]") { throw Problem(message: "empty class") }
            var members: [Int] = []
            var pending: Int?
            while current != UInt8(ascii: "]") {
                if current == UInt8(ascii: "-"), let first = pending {
                    position += 1
                    if current == UInt8(ascii: "]") { throw Problem(message: "unfinished range") }
                    guard case .byte(let low) = nodes[first].kind else {
                        throw Problem(message: "cannot use character classes in ranges")
                    }
                    if low > current { throw Problem(message: "invalid range") }
                    members.append(add(.range(low, try rangeEnd())))
                    pending = nil
                } else {
                    if let first = pending { members.append(first) }
                    pending = try character(inSet: true)
                }
            }
            if let first = pending { members.append(first) }
            nodes[node].inside = members.first ?? -1
            for (index, member) in members.dropLast().enumerated() { nodes[member].next = members[index + 1] }
            return node
        }
    }
}
