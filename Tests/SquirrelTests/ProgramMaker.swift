import TimeAndChance

/// Writes programs by chance: always well formed, often absurd.
struct ProgramMaker {
    var chance: SeededGenerator
    private var depth = 0

    init(chance: SeededGenerator) {
        self.chance = chance
    }

    private static let names = ["a", "b", "c", "t", "l", "o", "f", "g", "w", "x"]
    private static let fields = [
        "x", "y", "n", "self", "next", "_get", "_set", "_call", "len", "constructor",
    ]
    private static let metamethods = [
        "_add", "_sub", "_mul", "_div", "_unm", "_modulo", "_set", "_get", "_typeof", "_nexti", "_cmp",
        "_call", "_cloned",
        "_newslot", "_delslot", "_tostring", "_newmember", "_inherited",
    ]

    private mutating func pick(_ options: [String]) -> String { options.randomElement(using: &chance) ?? "" }
    private mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &chance) }
    private mutating func name() -> String { pick(Self.names) }
    private mutating func field() -> String { pick(Self.fields) }

    mutating func program() -> String {
        "local a = 1, b = \"s\", c = null, t = {}, l = [1, 2, 3], o = null, f = @(v) v, g = null, w = null, x = 2.5\n"
            + block(number(4...12)) + "return a\n"
    }

    private mutating func block(_ count: Int) -> String {
        var text = ""
        for _ in 0..<count { text += statement() + "\n" }
        return text
    }

    private mutating func body() -> String {
        depth += 1
        defer { depth -= 1 }
        return "{\n" + block(depth > 4 ? 1 : number(1...3)) + "}"
    }

    private mutating func statement() -> String {
        if depth > 4 { return "\(name()) = \(expression())" }
        switch number(0...21) {
        case 0...4: return "\(name()) = \(expression())"
        case 5: return "local \(name()) = \(expression())"
        case 6: return "try \(body()) catch (e) { \(name()) = e }"
        case 7: return "if (\(expression())) \(body()) else \(body())"
        case 8: return "for (local i = 0; i < \(number(1...4)); i++) \(body())"
        case 9: return "foreach (\(name()), \(name()) in \(expression())) \(body())"
        case 10:
            return
                "switch (\(expression())) { case \(expression()): \(statement()); break; default: \(statement()) }"
        case 11: return "throw \(expression())"
        case 12: return "\(expression()).\(field()) \(pick(["<-", "=", "+="])) \(expression())"
        case 13: return "try { delete \(name()).\(field()) } catch (e) {}"
        case 14:
            return
                "\(name()) = class \(pick(["", "extends \(name()) "])){ x = \(expression()); \(methods()) }"
        case 15: return "\(name()) = {}.setdelegate({ \(pick(Self.metamethods)) = \(function()) })"
        case 16:
            return
                "\(name()) = (function(p) { \(name()) = yield_(p); for (local i = 0; i < 3; i++) yield \(expression()) })(\(expression()))"
                .replacing("yield_(p)", with: "p")
        case 17: return "\(name()) = resume \(name())"
        case 18: return "while (\(expression())) { \(statement()); break }"
        case 19: return "\(name())\(pick(["++", "--"]))"
        case 20: return "\(name()) \(pick(["+=", "-=", "*=", "/=", "%="])) \(expression())"
        default: return "print(\(expression()))"
        }
    }

    private mutating func methods() -> String {
        var text = ""
        for _ in 0..<number(0...3) {
            let name = pick(Self.metamethods + ["constructor", "m", "n", "m"])
            depth += 1
            let inside =
                depth > 4 ? "return \(expression())" : block(number(1...2)) + "return \(expression())"
            depth -= 1
            text +=
                (name == "constructor" ? name : "function \(name)")
                + "(\(pick(["p", "p, q", "...", "p = 1", ""]))) { \(inside) }; "
        }
        return text
    }

    private mutating func function() -> String {
        depth += 1
        defer { depth -= 1 }
        if depth > 4 || number(0...2) == 0 { return "@(\(pick(["p", "p, q", "..."]))) \(expression())" }
        return
            "function(\(pick(["p", "p, q", "...", "p, q = 5"]))) { \(block(number(1...2))) return \(expression()) }"
    }

    private mutating func expression() -> String {
        depth += 1
        defer { depth -= 1 }
        if depth > 5 { return pick(Self.names + ["1", "null", "this"]) }
        switch number(0...27) {
        case 0...5: return name()
        case 6: return "\(number(-3...300))"
        case 7: return pick(["null", "true", "false", "this", "0.5", "\"str\"", "'c'", "1e9", "0x7FFFFFFF"])
        case 8...10:
            return
                "(\(expression()) \(pick(["+", "-", "*", "/", "%", "==", "<", "<=>", "&", "|", "<<", "&&", "||", "in", "instanceof"])) \(expression()))"
        case 11: return "\(name()).\(field())"
        case 12: return "\(name())[\(expression())]"
        case 13: return "\(name())(\(expression()))"
        case 14: return "\(name()).\(field())(\(expression()))"
        case 15: return "[\(expression()), \(expression())]"
        case 16: return "{ x = \(expression()), y = \(expression()), \(field()) = \(function()) }"
        case 17: return function()
        case 18: return "(\(expression()) ? \(expression()) : \(expression()))"
        case 19: return "(clone \(name()))"
        case 20: return "(typeof \(expression()))"
        case 21: return "\(name()).weakref()"
        case 22: return "\(name()).bindenv(\(name()))"
        case 23:
            return
                "\(name()).\(pick(["slice", "find", "append", "extend", "resize", "insert", "remove", "map", "filter", "reduce", "sort", "tointeger", "call", "acall", "rawset", "rawget", "setdelegate", "newmember", "getinfos", "ref", "readblob", "writen", "seek"]))(\(expression())\(pick(["", ", " + name()])))"
        case 24: return "blob(\(number(0...20)))"
        case 25: return "format(\"%\(pick(["d", "s", "5.2f", "x", "c", "-5s", "03d"]))\", \(expression()))"
        case 26: return "(-\(name()))"
        default:
            return
                "\(pick(["strip", "split", "regexp", "array", "math.sqrt", "type", "callee().call"]))(\(expression())\(pick(["", ", \"s\""])))"
        }
    }
}
