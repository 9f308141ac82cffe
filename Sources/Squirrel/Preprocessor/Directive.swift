/// A line of Builder's.
struct Directive {
    var keyword: String
    var rest: String

    private static let keywords: Set<String> = [
        "include", "set", "if", "elseif", "else", "end", "endif", "while", "endwhile", "repeat", "endrepeat",
        "macro", "endmacro", "error", "warning",
    ]

    /// Nil for a line of Squirrel, which may begin with `@` as well.
    init?(_ text: String) {
        let trimmed = text.drop { $0 == " " || $0 == "\t" }
        guard trimmed.first == "@" else { return nil }
        let after = trimmed.dropFirst()
        if after.isEmpty || after.first == " " {
            // A comment of Builder's.
            keyword = "comment"
            rest = ""
            return
        }
        let word = after.prefix { $0.isLetter }
        guard Directive.keywords.contains(String(word)) else { return nil }
        keyword = String(word)
        let tail = after.dropFirst(word.count).drop { $0 == " " || $0 == "\t" }
        rest = String(tail)
        while rest.last == " " || rest.last == "\t" { rest.removeLast() }
    }

    /// The name before the first parenthesis, if the text looks like a call.
    static func callee(_ text: String) -> String? {
        guard let open = text.firstIndex(of: "(") else { return nil }
        let name = text[..<open].filter { $0 != " " && $0 != "\t" }
        guard let first = name.unicodeScalars.first, BuilderExpression.beginsName(first),
            name.unicodeScalars.allSatisfy(BuilderExpression.continuesName)
        else { return nil }
        return String(name)
    }
}
