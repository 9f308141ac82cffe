import StationStore

/// A question that quality asks again and again, under a name.
public struct NamedQuestion: Sendable {
    /// What it comes to: a statement to be run, or rows that were put together.
    public enum Answer: Sendable {
        case statement(Statement)
        case rows([AnswerColumn], [[AnswerCell]])
    }

    public let name: String
    /// What must be said with it, in order.
    public let parameters: [String]
    /// One line for people.
    public let about: String
    let ask: @Sendable (StationReader, [String]) async throws -> Answer

    /// Asks it.
    /// - Throws: `QueryFault` when arguments are missing, too many, or no values; `StoreError`.
    public func answer(_ reader: StationReader, _ arguments: [String]) async throws -> Answer {
        guard arguments.count == parameters.count else {
            let usage = ([name] + parameters.map { $0.uppercased() }).joined(separator: " ")
            throw QueryFault(
                text: "", position: nil,
                sentence:
                    "\(name) takes \(parameters.count) arguments, found \(arguments.count): station audit ask \(usage)"
            )
        }
        return try await ask(reader, arguments)
    }

    /// All of them.
    public static let all: [NamedQuestion] = [
        NamedQuestion(
            name: "life", parameters: ["unit"], about: "everything that happened to a unit, in order",
            ask: { _, words in .statement(Statements.life(of: words[0])) }),
        NamedQuestion(
            name: "with-nvram", parameters: ["digest"],
            about: "units that got this WiFi NVRAM (beginning of its SHA-256)",
            ask: { _, words in try .query(.units, "nvram = \(quoted(words[0]))") }),
        NamedQuestion(
            name: "blessed-for", parameters: ["market", "from", "to"],
            about: "units blessed for a market, between two days, both included",
            ask: { _, words in
                try .query(
                    .units,
                    "market = \(quoted(words[0])) and blessed between \(quoted(words[1])) and \(quoted(words[2]))"
                )
            }),
        NamedQuestion(
            name: "reservation-changed", parameters: [],
            about: "runs in which the system's flash changed (V01)",
            ask: { _, _ in try .query(.runs, "code = V01") }),
        NamedQuestion(
            name: "passed-on-retest", parameters: [],
            about: "units that were blessed, but not in their first run",
            ask: { _, _ in
                var query = try Query(.units, filter: "blessed is not missing and attempts > 1")
                // A unit is blessed once, so one of its attempts was none that passed; those have an index.
                query.candidates =
                    "SELECT device FROM run WHERE outcome IN ('failed', 'quarantined', 'error')"
                return .statement(query.statement)
            }),
        NamedQuestion(
            name: "done-by", parameters: ["name"], about: "everything that a person did",
            ask: { _, words in .statement(Statements.done(by: words[0])) }),
        NamedQuestion(
            name: "difference", parameters: ["unit", "unit"], about: "what differs between two units",
            ask: { reader, words in try await UnitDifference.between(words[0], words[1], reader) }),
        NamedQuestion(
            name: "recall", parameters: ["unit"],
            about: "units that share an image, the NVRAM, the plan revision, or the slot within an hour",
            ask: { _, words in .statement(Statements.recall(of: words[0])) }),
    ]

    /// A value that the filter language takes as it is.
    private static func quoted(_ text: String) -> String {
        text.contains("\"") ? "'\(text.replacing("'", with: ""))'" : "\"\(text)\""
    }
}

extension NamedQuestion.Answer {
    fileprivate static func query(_ subject: Subject, _ filter: String) throws(QueryFault) -> Self {
        .statement(try Query(subject, filter: filter).statement)
    }
}
