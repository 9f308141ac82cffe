import Testing
import TimeAndChance

@testable import StationConfig

@Suite struct TextPatternTests {
    @Test(arguments: [
        ("abc", "xabcx", true), ("^abc$", "abc", true), ("^abc$", "abcd", false), ("a.c", "abc", true),
        ("a.c", "a\nc", false),
        ("[a-f0-9]{6}", "EF4016", false), ("^[A-F0-9]{6}$", "EF4016", true), ("^\\d+\\.\\d+$", "1.25", true),
        ("^\\d+$", "1a", false),
        ("a|b|", "zzz", true), ("^(a|bc)+$", "abcbca", true), ("^(?:ab)*$", "ababa", false),
        ("^a{2,3}$", "aaaa", false),
        ("^a{2,}$", "aaaaaa", true), ("^a?$", "", true), ("[^0-9]", "123", false), ("[^0-9]", "12x", true),
        ("^[]x]+$", "]x]", true),
        ("^[a-]+$", "a-a", true), ("\\.", "a", false), ("\\\\", "a\\b", true), ("\\$5", "$5", true),
        ("^\\w+\\s\\S$", "ab_1 !", true),
        ("^[\\d.]+$", "1.2", true), ("^[^\\s]+$", "a b", false), ("^[\\D]$", "5", false), ("é+", "éé", true),
        ("^.$", "語", true),
        ("^$", "", true), ("^$", "x", false), ("x*", "", true), ("(^a|b)c", "bc", true),
        ("(^a|b)c", "xac", false),
        ("a$|^b", "ba", true), ("^(a*)*$", "aaaa", true), ("^(a*)*b$", "aaac", false), ("()", "", true),
        ("^factory-1\\.", "factory-1.0", true),
    ])
    func matches(pattern: String, text: String, expected: Bool) throws {
        #expect(try TextPattern(pattern).matches(text) == expected, "/\(pattern)/ on \(text)")
    }

    @Test(arguments: [
        ("", "empty"), ("(", "`(` without `)`"), (")", "`)` without `(`"), ("[a", "`[` without `]`"),
        ("*a", "nothing before it"),
        ("a**", "quantifier on a quantifier"), ("a+?", "lazy"), ("a++", "possessive"),
        ("a{2,1}", "n above m"), ("a{", "{n}"),
        ("a{x}", "{n}"), ("a{1001}", "1000 steps"), ("\\", "at the end"), ("\\1", "back reference"),
        ("(?=a)", "look-around"),
        ("(?<n>a)", "look-around"), ("(?i)a", "flag"), ("\\bword", "boundary"), ("\\q", "unknown escape"),
        ("[z-a]", "backwards"),
        ("^*", "quantifier on `^`"), ("(a{100}){100}", "1000 steps"),
        ("((((((){900}){900}){900}){900}){900})", "1000 steps"),
        (String(repeating: "(", count: 60) + "a", "nested"),
        (String(repeating: "a", count: 2000), "1000 steps"),
    ])
    func refuses(pattern: String, phrase: String) {
        #expect { try TextPattern(pattern) } throws: { "\($0)".contains(phrase) }
    }

    /// Patterns on which backtracking engines take 2^n steps, against the longest text that is judged at all.
    @Test(
        .timeLimit(.minutes(1)),
        arguments: ["^(a+)+$", "^(a|a)*$", "^(a|aa)+$", "(.*)*x", "^(([a-z])+.)+[A-Z]$", "(a?){50}a{50}b"])
    func noPatternIsSlow(pattern: String) throws {
        let text = String(repeating: "a", count: 2000) + "!"
        #expect(try TextPattern(pattern).matches(text) == false)
    }

    /// The standard library's engine as the judge, on small random patterns and texts.
    @Test func agreesWithTheStandardLibrary() throws {
        var dice = SeededGenerator(seed: 42)
        func atom(_ depth: Int) -> String {
            switch Int.random(in: 0..<(depth > 2 ? 5 : 7), using: &dice) {
            case 0: return "a"
            case 1: return "b"
            case 2: return "."
            case 3: return "[ab]"
            case 4: return "[^a]"
            case 5: return "(?:\(choice(depth + 1)))"
            default: return "(\(choice(depth + 1)))"
            }
        }
        func sequence(_ depth: Int) -> String {
            (0..<Int.random(in: 1...3, using: &dice)).map { _ in
                atom(depth) + (["", "", "", "*", "+", "?", "{2}", "{1,2}"].randomElement(using: &dice) ?? "")
            }.joined()
        }
        func choice(_ depth: Int) -> String {
            (0..<Int.random(in: 1...2, using: &dice)).map { _ in sequence(depth) }.joined(separator: "|")
        }
        for _ in 0..<150 {
            let body = choice(0)
            let pattern = [body, "^(?:\(body))$", "^(?:\(body))"].randomElement(using: &dice) ?? body
            let judge = try Regex(pattern)
            let own = try TextPattern(pattern)
            for _ in 0..<4 {
                let text = String(
                    (0..<Int.random(in: 0...6, using: &dice)).map { _ in
                        "abc".randomElement(using: &dice) ?? "a"
                    })
                #expect(own.matches(text) == text.contains(judge), "seed 42: /\(pattern)/ on \"\(text)\"")
            }
        }
    }
}
