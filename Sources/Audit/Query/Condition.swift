/// A filter as it was understood.
indirect enum Condition: Sendable {
    case all([Condition])
    case any([Condition])
    case not(Condition)
    case compare(Field, Comparison, QueryValue)
    case oneOf(Field, [QueryValue])
    case between(Field, QueryValue, QueryValue)
    case missing(Field)
}

/// How a field and a value are compared.
enum Comparison: String, CaseIterable, Sendable {
    case equal = "="
    case notEqual = "!="
    case less = "<"
    case atMost = "<="
    case greater = ">"
    case atLeast = ">="
    /// The text holds this part, whatever the case.
    case contains = "~"
}

/// A value as its field understands it.
enum QueryValue: Sendable, Equatable {
    case text(String)
    case integer(Int64)
    case number(Double)
    /// From the first millisecond up to, not including, the second: a day or a minute as it was written.
    case span(Int64, Int64)
    /// The beginning of a digest.
    case prefix(String)
}

/// What is wrong with a question, and where.
public struct QueryFault: Error, Equatable, Sendable, CustomStringConvertible {
    /// The text that was read, and the place in it, counted from 0 in characters; nil for the question as a whole.
    public var text: String
    public var position: Int?
    /// One sentence, with what is allowed.
    public var sentence: String

    package init(text: String, position: Int?, sentence: String) {
        self.text = text
        self.position = position
        self.sentence = sentence
    }

    public var description: String {
        guard let position else { return sentence }
        return "\(sentence)\n  \(text)\n  \(String(repeating: " ", count: position))^"
    }
}
