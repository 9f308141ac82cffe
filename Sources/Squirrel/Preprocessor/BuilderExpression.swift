/// Evaluates Builder's expressions: literals, variables, `loop.index`, operators from `? :` down to `!`, and a few
/// functions.
struct BuilderExpression {
    /// What an expression can see.
    struct Scope {
        var variables: [String: BuilderValue]
        var file: String
        var line: Int
        /// Answers `include("name")` and calls of macros; nil for unknown names.
        var call: (String, [BuilderValue]) throws(SourceError) -> BuilderValue?
    }

    private enum Token: Equatable {
        case number(Double)
        case string(String)
        case name(String)
        case symbol(String)
        case end
    }

    private var tokens: [Token]
    private var position = 0
    private var depth = 0
    private let scope: Scope

    /// The value of an expression that takes the whole text.
    static func evaluate(_ text: String, _ scope: Scope) throws(SourceError) -> BuilderValue {
        var expression = try BuilderExpression(text, scope)
        let value = try expression.choice()
        guard expression.current == .end else {
            throw expression.malformed("unexpected text after the expression '\(text)'")
        }
        return value
    }

    private init(_ text: String, _ scope: Scope) throws(SourceError) {
        self.scope = scope
        tokens = []
        try scan(Array(text.unicodeScalars))
    }

    private func malformed(_ message: String) -> SourceError {
        SourceError(.malformed(message), file: scope.file, line: scope.line)
    }

    private mutating func scan(_ text: [Unicode.Scalar]) throws(SourceError) {
        var index = 0
        while index < text.count {
            let character = text[index]
            if character.properties.isWhitespace {
                index += 1
            } else if ("0"..."9").contains(character) {
                var digits = ""
                while index < text.count, ("0"..."9").contains(text[index]) || text[index] == "." {
                    digits.unicodeScalars.append(text[index])
                    index += 1
                }
                guard let number = Double(digits) else { throw malformed("'\(digits)' is no number") }
                tokens.append(.number(number))
            } else if character == "\"" || character == "'" {
                var string = ""
                index += 1
                while index < text.count, text[index] != character {
                    if text[index] == "\\", index + 1 < text.count { index += 1 }
                    string.unicodeScalars.append(text[index])
                    index += 1
                }
                guard index < text.count else { throw malformed("a string in an expression has no end") }
                index += 1
                tokens.append(.string(string))
            } else if BuilderExpression.beginsName(character) {
                var name = ""
                while index < text.count, BuilderExpression.continuesName(text[index]) {
                    name.unicodeScalars.append(text[index])
                    index += 1
                }
                tokens.append(.name(name))
            } else {
                let pair = String(String.UnicodeScalarView(text[index..<min(index + 2, text.count)]))
                if ["||", "&&", "==", "!=", "<=", ">="].contains(pair) {
                    tokens.append(.symbol(pair))
                    index += 2
                } else {
                    tokens.append(.symbol(String(character)))
                    index += 1
                }
            }
        }
    }

    static func beginsName(_ character: Unicode.Scalar) -> Bool {
        ("a"..."z").contains(character) || ("A"..."Z").contains(character) || character == "_"
            || character == "$"
    }

    static func continuesName(_ character: Unicode.Scalar) -> Bool {
        beginsName(character) || ("0"..."9").contains(character) || character == "."
    }

    private var current: Token { position < tokens.count ? tokens[position] : .end }

    private mutating func take(_ symbol: String) -> Bool {
        guard current == .symbol(symbol) else { return false }
        position += 1
        return true
    }

    private mutating func choice() throws(SourceError) -> BuilderValue {
        depth += 1
        defer { depth -= 1 }
        guard depth < 50 else { throw malformed("the expression is nested too deeply") }
        let condition = try binary(0)
        guard take("?") else { return condition }
        let first = try choice()
        guard take(":") else { throw malformed("'? :' without ':'") }
        let second = try choice()
        return condition.isTruthy ? first : second
    }

    private static let levels: [[String]] = [
        ["||"], ["&&"], ["==", "!="], ["<", ">", "<=", ">="], ["+", "-"], ["*", "/", "%"],
    ]

    private mutating func binary(_ level: Int) throws(SourceError) -> BuilderValue {
        guard level < BuilderExpression.levels.count else { return try unary() }
        var left = try binary(level + 1)
        while case .symbol(let op) = current, BuilderExpression.levels[level].contains(op) {
            position += 1
            left = BuilderExpression.apply(op, left, try binary(level + 1))
        }
        return left
    }

    private static func apply(_ op: String, _ left: BuilderValue, _ right: BuilderValue) -> BuilderValue {
        switch op {
        case "||": return left.isTruthy ? left : right
        case "&&": return left.isTruthy ? right : left
        case "==":
            return .bool(left == right || (left != .null && right != .null && left.number == right.number))
        case "!=":
            return .bool(!(left == right || (left != .null && right != .null && left.number == right.number)))
        case "+":
            if case .string = left { return .string(left.description + right.description) }
            if case .string = right { return .string(left.description + right.description) }
            return .number(left.number + right.number)
        case "-": return .number(left.number - right.number)
        case "*": return .number(left.number * right.number)
        case "/": return .number(left.number / right.number)
        case "%": return .number(left.number.truncatingRemainder(dividingBy: right.number))
        default:
            if case .string(let a) = left, case .string(let b) = right { return .bool(holds(op, a, b)) }
            return .bool(holds(op, left.number, right.number))
        }
    }

    private static func holds<T: Comparable>(_ op: String, _ left: T, _ right: T) -> Bool {
        switch op {
        case "<": left < right
        case ">": left > right
        case "<=": left <= right
        default: left >= right
        }
    }

    private mutating func unary() throws(SourceError) -> BuilderValue {
        depth += 1
        defer { depth -= 1 }
        guard depth < 50 else { throw malformed("the expression is nested too deeply") }
        if take("!") { return .bool(!(try unary()).isTruthy) }
        if take("-") { return .number(-(try unary()).number) }
        if take("+") { return .number((try unary()).number) }
        let token = current
        position += 1
        switch token {
        case .number(let number): return .number(number)
        case .string(let string): return .string(string)
        case .symbol("("):
            let value = try choice()
            guard take(")") else { throw malformed("'(' without ')'") }
            return value
        case .name(let name):
            if take("(") { return try call(name) }
            return variable(name)
        case .symbol(let symbol): throw malformed("unexpected '\(symbol)' in an expression")
        case .end: throw malformed("an expression is missing")
        }
    }

    private func variable(_ name: String) -> BuilderValue {
        switch name {
        case "true": .bool(true)
        case "false": .bool(false)
        case "null": .null
        case "__FILE__": .string(scope.file)
        case "__LINE__": .number(Double(scope.line))
        default: scope.variables[name] ?? .null
        }
    }

    private mutating func call(_ name: String) throws(SourceError) -> BuilderValue {
        if name == "defined", case .name(let variable) = current {
            position += 1
            guard take(")") else { throw malformed("'(' without ')'") }
            return .bool(scope.variables[variable] != nil)
        }
        var arguments: [BuilderValue] = []
        if !take(")") {
            repeat { arguments.append(try choice()) } while take(",")
            guard take(")") else { throw malformed("'(' without ')'") }
        }
        let first = arguments.first ?? .null
        switch name {
        case "min": return .number(arguments.map(\.number).min() ?? .infinity)
        case "max": return .number(arguments.map(\.number).max() ?? -.infinity)
        case "abs": return .number(first.number.magnitude)
        case "defined": return .bool(first != .null)
        case "escape": return .string(BuilderExpression.escaped(first.description))
        default: break
        }
        guard let value = try scope.call(name, arguments) else {
            throw malformed("there is no function or macro '\(name)'")
        }
        return value
    }

    /// A text as it stands between the quotes of a Squirrel string.
    private static func escaped(_ text: String) -> String {
        var result = ""
        for character in text.unicodeScalars {
            switch character {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            default: result.unicodeScalars.append(character)
            }
        }
        return result
    }
}
