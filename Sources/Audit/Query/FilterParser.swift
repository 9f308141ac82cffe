import Wording

/// Reads a filter: comparisons joined by `and`, `or` and `not`, with parentheses.
///
/// ```
/// filter     = and-terms { "or" and-terms }
/// and-terms  = term { "and" term }
/// term       = "not" term | "(" filter ")" | comparison
/// comparison = field ( = != < <= > >= ~ ) value
///            | field [ "not" ] "in" "(" value { "," value } ")"
///            | field [ "not" ] "between" value "and" value
///            | field "is" [ "not" ] "missing"
/// ```
struct FilterParser {
    private let text: String
    private let subject: Subject
    private var tokens: ArraySlice<PlacedToken>
    private var depth = 0

    /// - Throws: `QueryFault`
    static func parse(_ text: String, subject: Subject) throws(QueryFault) -> Condition? {
        var parser = FilterParser(text: text, subject: subject, tokens: try Lexer.tokens(in: text)[...])
        guard !parser.tokens.isEmpty else { return nil }
        let condition = try parser.alternatives()
        if let extra = parser.tokens.first {
            throw parser.fault(
                extra.position, "Here `and`, `or` or the end was expected, found \(Self.shown(extra.token)).")
        }
        return condition
    }

    private init(text: String, subject: Subject, tokens: ArraySlice<PlacedToken>) {
        self.text = text
        self.subject = subject
        self.tokens = tokens
    }

    private mutating func alternatives() throws(QueryFault) -> Condition {
        var terms = [try conjunction()]
        while takeWord("or") { terms.append(try conjunction()) }
        return terms.count == 1 ? terms[0] : .any(terms)
    }

    private mutating func conjunction() throws(QueryFault) -> Condition {
        var terms = [try term()]
        while takeWord("and") { terms.append(try term()) }
        return terms.count == 1 ? terms[0] : .all(terms)
    }

    private mutating func term() throws(QueryFault) -> Condition {
        depth += 1
        defer { depth -= 1 }
        guard depth <= 50 else { throw fault(place, "Parentheses may be nested 50 deep at most.") }
        if takeWord("not") { return .not(try term()) }
        if take(.open) {
            let inner = try alternatives()
            guard take(.close) else { throw fault(place, "A `)` is missing.") }
            return inner
        }
        return try comparison()
    }

    private mutating func comparison() throws(QueryFault) -> Condition {
        guard let first = tokens.first, case .word(let name) = first.token else {
            throw fault(
                place,
                "A field was expected, such as serial or outcome\(tokens.isEmpty ? "; the filter ends here" : "")."
            )
        }
        let field = try Self.field(name, of: subject, in: text, at: first.position)
        tokens = tokens.dropFirst()
        if takeWord("is") {
            let isNegated = takeWord("not")
            guard takeWord("missing") else {
                throw fault(place, "After `is` only `missing` or `not missing` can stand.")
            }
            return isNegated ? .not(.missing(field)) : .missing(field)
        }
        let isNegated = takeWord("not")
        if takeWord("in") {
            guard take(.open) else {
                throw fault(place, "After `in` a list was expected, as in slot in (1, 2).")
            }
            var values = [try value(of: field)]
            while take(.comma) { values.append(try value(of: field)) }
            guard take(.close) else { throw fault(place, "The list needs a `)` at its end.") }
            return isNegated ? .not(.oneOf(field, values)) : .oneOf(field, values)
        }
        if takeWord("between") {
            let low = try value(of: field)
            guard takeWord("and") else {
                throw fault(place, "between needs two values: between LOW and HIGH.")
            }
            let high = try value(of: field)
            return isNegated ? .not(.between(field, low, high)) : .between(field, low, high)
        }
        guard !isNegated, let sign = tokens.first, case .sign(let comparison) = sign.token else {
            throw fault(
                place,
                "After \(field.name) a comparison was expected: =, !=, <, <=, >, >=, ~, in, between or is missing."
            )
        }
        tokens = tokens.dropFirst()
        let value = try value(of: field, partial: comparison == .contains)
        try check(comparison, field, sign.position)
        return .compare(field, comparison, value)
    }

    private func check(_ comparison: Comparison, _ field: Field, _ position: Int) throws(QueryFault) {
        switch (field.kind, comparison) {
        case (.text, _), (_, .equal), (_, .notEqual), (.value, _): return
        case (.integer, .contains), (.number, .contains), (.time, .contains), (.flag, .contains), (.flag, _):
            break
        case (.integer, _), (.number, _), (.time, _): return
        case (.digest, .contains), (.mac, .contains), (.word, .contains), (.words, .contains): return
        default: break
        }
        throw fault(position, "\(field.name) can't be compared with `\(comparison.rawValue)`.")
    }

    private mutating func value(of field: Field, partial: Bool = false) throws(QueryFault) -> QueryValue {
        guard let token = tokens.first else {
            throw fault(place, "A value for \(field.name) was expected; the filter ends here.")
        }
        let word: String
        switch token.token {
        case .word(let text), .quoted(let text): word = text
        default:
            throw fault(
                token.position, "A value for \(field.name) was expected, found \(Self.shown(token.token)).")
        }
        tokens = tokens.dropFirst()
        if partial { return .text(word) }
        guard let value = field.kind.read(word) else {
            throw fault(token.position, "`\(word)` is no value for \(field.name): \(field.kind.allowed).")
        }
        return value
    }

    /// The field of that name, or what was probably meant.
    static func field(_ name: String, of subject: Subject, in text: String, at position: Int?)
        throws(QueryFault) -> Field
    {
        if let field = FieldTable.field(name, of: subject) { return field }
        let names = FieldTable.fields(of: subject).map(\.name)
        let elsewhere = FieldTable.all.first { $0.name == name }?.subjects.map(\.rawValue).sorted()
        let hint: String
        if let elsewhere {
            hint = "it belongs to \(elsewhere.joined(separator: ", "))"
        } else if let near = NearMiss.suggestion(for: name, among: names) {
            hint = "did you mean \(near)?"
        } else {
            hint = "there are \(names.joined(separator: ", "))"
        }
        throw QueryFault(
            text: text, position: position, sentence: "\(subject.rawValue) have no field `\(name)`: \(hint)")
    }

    private var place: Int { tokens.first?.position ?? text.count }

    private func fault(_ position: Int, _ sentence: String) -> QueryFault {
        QueryFault(text: text, position: position, sentence: sentence)
    }

    private mutating func take(_ token: Token) -> Bool {
        guard tokens.first?.token == token else { return false }
        tokens = tokens.dropFirst()
        return true
    }

    private mutating func takeWord(_ word: String) -> Bool {
        guard case .word(let found) = tokens.first?.token, found.lowercased() == word else { return false }
        tokens = tokens.dropFirst()
        return true
    }

    private static func shown(_ token: Token) -> String {
        switch token {
        case .word(let text), .quoted(let text): "`\(text)`"
        case .sign(let sign): "`\(sign.rawValue)`"
        case .open: "`(`"
        case .close: "`)`"
        case .comma: "`,`"
        }
    }
}
