/// One attempt to match an expression.
struct ExpressionMatcher {
    let expression: Expression
    let text: UnsafeBufferPointer<UInt8>
    /// Where the text begins for `^`.
    let start: Int
    /// Steps left; an expression that needs more gives up.
    var fuel: Int
    private(set) var groups: [(begin: Int, length: Int)]
    private var currentGroup = 0

    init(_ expression: Expression, _ text: UnsafeBufferPointer<UInt8>, from start: Int, fuel: Int) {
        self.expression = expression
        self.text = text
        self.start = start
        self.fuel = fuel
        groups = Array(repeating: (0, 0), count: expression.groupCount)
    }

    /// The end of a match that begins at `position`.
    mutating func match(at position: Int) -> Int? {
        currentGroup = 0
        return match(0, position, -1)
    }

    /// The first match from the start on.
    mutating func search() -> (begin: Int, end: Int)? {
        var position = start
        while position < text.count, fuel > 0 {
            if let end = match(at: position) { return (position, end) }
            position += 1
        }
        return nil
    }

    private func byte(_ position: Int) -> UInt8 {
        position >= 0 && position < text.count ? text[position] : 0
    }

    /// - Parameter next: the node that comes after the enclosing one, for looking ahead; -1 for none.
    private mutating func match(_ index: Int, _ position: Int, _ next: Int) -> Int? {
        fuel -= 1
        guard fuel > 0, index >= 0 else { return nil }
        let node = expression.nodes[index]
        switch node.kind {
        case .repeated(let least, let most):
            return matchRepeated(node, least, most, position, next)
        case .alternatives:
            return matchSequence(node.inside, position) ?? matchSequence(node.other, position)
        case .group(let number):
            return matchGroup(node, number, position, next)
        case .wordBoundary(let isNegated):
            return isWordBoundary(position) != isNegated ? position : nil
        case .beginning:
            return position == start ? position : nil
        case .end:
            return position == text.count ? position : nil
        case .any:
            return position < text.count ? position + 1 : nil
        case .set(let isNegated):
            guard position < text.count else { return nil }
            return isMember(node.inside, byte(position)) != isNegated ? position + 1 : nil
        case .characterClass(let letter):
            guard position < text.count else { return nil }
            return ExpressionMatcher.belongs(byte(position), to: letter) ? position + 1 : nil
        case .byte(let expected):
            return position < text.count && byte(position) == expected ? position + 1 : nil
        case .range:
            return nil
        }
    }

    private mutating func matchSequence(_ first: Int, _ position: Int) -> Int? {
        var index = first
        var position = position
        while index >= 0 {
            guard let end = match(index, position, -1) else { return nil }
            position = end
            index = expression.nodes[index].next
        }
        return position
    }

    private mutating func matchGroup(
        _ node: Expression.Node, _ number: Int?, _ position: Int, _ next: Int
    ) -> Int? {
        var capture: Int?
        if let number, number == currentGroup {
            capture = number
            groups[number] = (position, 0)
            currentGroup += 1
        }
        let reached = currentGroup
        var index = node.inside
        var end = position
        while index >= 0 {
            let following = expression.nodes[index].next
            guard let matched = match(index, end, following >= 0 ? following : next) else {
                if let capture { groups[capture] = (0, 0) }
                return nil
            }
            end = matched
            index = following
        }
        currentGroup = reached
        if let capture { groups[capture].length = end - groups[capture].begin }
        return end
    }

    /// Takes as many as it can, but stops early where what follows already matches.
    private mutating func matchRepeated(
        _ node: Expression.Node, _ least: Int, _ most: Int, _ position: Int, _ next: Int
    ) -> Int? {
        let stop = node.next >= 0 ? node.next : next
        var count = 0
        var end = position
        while most == Expression.unlimited || count < most {
            guard let matched = match(node.inside, end, stop) else { break }
            count += 1
            let isStuck = matched == end
            end = matched
            if stop >= 0, !isOptional(stop) {
                let afterStop = expression.nodes[stop].next
                let ahead =
                    afterStop >= 0 ? afterStop : (next >= 0 ? expression.nodes[next].next : -1)
                if match(stop, end, ahead) != nil, count >= least { break }
            }
            // Something empty, however often it is repeated, stays empty.
            if isStuck && count >= least { break }
            if end >= text.count { break }
        }
        return count >= least ? end : nil
    }

    private func isOptional(_ index: Int) -> Bool {
        if case .repeated(let least, _) = expression.nodes[index].kind { return least == 0 }
        return false
    }

    private func isWordBoundary(_ position: Int) -> Bool {
        let (here, after) = (byte(position), byte(position + 1))
        if position == start && !here.isSpace { return true }
        if position == text.count && !byte(position - 1).isSpace { return true }
        return here.isSpace != after.isSpace
    }

    private func isMember(_ first: Int, _ byte: UInt8) -> Bool {
        var index = first
        while index >= 0 {
            switch expression.nodes[index].kind {
            case .range(let low, let high): if byte >= low && byte <= high { return true }
            case .characterClass(let letter):
                if ExpressionMatcher.belongs(byte, to: letter) { return true }
            case .byte(let expected): if byte == expected { return true }
            default: break
            }
            index = expression.nodes[index].next
        }
        return false
    }

    private static func belongs(_ byte: UInt8, to letter: UInt8) -> Bool {
        let isAlphanumeric = byte.isLetter || byte.isDigit
        let isControl = byte < 32 || byte == 127
        switch letter {
        case UInt8(ascii: "a"): return byte.isLetter
        case UInt8(ascii: "A"): return !byte.isLetter
        case UInt8(ascii: "w"): return isAlphanumeric || byte == UInt8(ascii: "_")
        case UInt8(ascii: "W"): return !isAlphanumeric && byte != UInt8(ascii: "_")
        case UInt8(ascii: "s"): return byte.isSpace
        case UInt8(ascii: "S"): return !byte.isSpace
        case UInt8(ascii: "d"): return byte.isDigit
        case UInt8(ascii: "D"): return !byte.isDigit
        case UInt8(ascii: "x"): return byte.hexValue != nil
        case UInt8(ascii: "X"): return byte.hexValue == nil
        case UInt8(ascii: "c"): return isControl
        case UInt8(ascii: "C"): return !isControl
        case UInt8(ascii: "p"): return byte > 32 && byte < 127 && !isAlphanumeric
        case UInt8(ascii: "P"): return !(byte > 32 && byte < 127 && !isAlphanumeric)
        case UInt8(ascii: "l"): return byte >= 97 && byte <= 122
        case UInt8(ascii: "u"): return byte >= 65 && byte <= 90
        default: return false
        }
    }
}

/// The class `regexp`.
enum ExpressionLibrary {
    static let functions: [LibraryFunction] = [
        LibraryFunction("constructor", 2, ".s") { machine, arguments in
            guard arguments[0].isInstance, arguments[0].instance.pointee.payloadKind == .expression else {
                return machine.refuse("the object is not a class instance")
            }
            do throws(Expression.Problem) {
                let pattern = arguments[1].string.buffer.prefix { $0 != 0 }
                let expression = try Expression(Array(pattern))
                machine.charge(bytes: pattern.count * 64)
                machine.freePayload(arguments[0].instance)
                arguments[0].instance.pointee.payload = Unmanaged<AnyObject>.passRetained(expression)
                    .toOpaque()
                return .nothing
            } catch {
                return machine.refuse(error.message)
            }
        },
        method("search", -2, "xsn") { machine, expression, text, start in
            machine.run(expression, text, start) { matcher in
                matcher.search().map { machine.range($0.begin, $0.end) } ?? .null
            }
        },
        method("match", 2, "xs") { machine, expression, text, start in
            machine.run(expression, text, start) { matcher in
                Value(bool: matcher.match(at: 0) == text.count)
            }
        },
        method("capture", -2, "xsn") { machine, expression, text, start in
            machine.run(expression, text, start) { matcher in
                guard matcher.search() != nil, let array = machine.makeArray(0) else { return .null }
                for group in matcher.groups {
                    let range =
                        group.length > 0
                        ? machine.range(group.begin, group.begin + group.length) : machine.range(0, 0)
                    if !machine.append(array, range) { break }
                }
                return Value(array)
            }
        },
        LibraryFunction("subexpcount", 1, "x") { machine, arguments in
            guard let expression = machine.expression(arguments[0]) else {
                return machine.refuse("the expression is invalid")
            }
            return machine.answer(Value(integer: expression.groupCount))
        },
        LibraryFunction("_typeof", 1, "x") { machine, _ in
            machine.answer(Value(machine.string("regexp" as StaticString)))
        },
    ]

    private static func method(
        _ name: StaticString, _ check: Int32, _ types: String,
        _ body: @escaping @Sendable (Machine, Expression, UnsafeBufferPointer<UInt8>, Int) -> NativeOutcome
    ) -> LibraryFunction {
        LibraryFunction(name, check, types) { machine, arguments in
            guard let expression = machine.expression(arguments[0]) else {
                return machine.refuse("the expression is invalid")
            }
            let text = arguments[1].string.buffer
            let start = arguments.count > 2 ? Int(arguments[2].asInteger) : 0
            guard start >= 0, start <= text.count else { return .nothing }
            return body(machine, expression, text, start)
        }
    }
}

extension Machine {
    func registerExpressions() -> UnsafeMutablePointer<ClassObject> {
        let type = makeNativeClass(base: nil, ExpressionLibrary.functions)
        type.pointee.payloadKind = .expression
        return type
    }

    fileprivate func expression(_ value: Value) -> Expression? {
        guard value.isInstance, value.instance.pointee.payloadKind == .expression,
            let payload = value.instance.pointee.payload
        else { return nil }
        return Unmanaged<AnyObject>.fromOpaque(payload).takeUnretainedValue() as? Expression
    }

    /// Runs an expression under a bound, and charges what it took.
    fileprivate func run(
        _ expression: Expression, _ text: UnsafeBufferPointer<UInt8>, _ start: Int,
        _ body: (inout ExpressionMatcher) -> Value
    ) -> NativeOutcome {
        let bound = 2_000_000
        var matcher = ExpressionMatcher(expression, text, from: start, fuel: bound)
        let value = body(&matcher)
        retain(value)
        defer { release(value) }
        charge(bytes: (bound - max(0, matcher.fuel)) * 64)
        guard matcher.fuel > 0 else { return refuse("the regular expression takes too long") }
        return answer(value)
    }

    fileprivate func range(_ begin: Int, _ end: Int) -> Value {
        let table = makeTable()
        put(table, Value(string("begin" as StaticString)), Value(integer: begin))
        put(table, Value(string("end" as StaticString)), Value(integer: end))
        return Value(table)
    }
}
