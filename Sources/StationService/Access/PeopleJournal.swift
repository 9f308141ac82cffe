import People
import StationStore

/// Carries what happened with people from their book into the record, where it can't be changed any more.
struct PeopleJournal: Sendable {
    let people: PeopleBook
    let store: StationStore

    /// Writes down everything that waits; what can't be written now waits on.
    func carry() async throws {
        while true {
            let facts = try await people.unrecordedFacts(limit: 200)
            guard let last = facts.last else { return }
            for ticket in facts.map({ store.enqueue(.note(Self.note($0))) }) { _ = try await ticket.receipt }
            try await people.recorded(upTo: last.number)
        }
    }

    private static func note(_ fact: PeopleFact) -> Note {
        var text = "People: \(fact.act.rawValue) at \(UTCTime.text(fact.at)) from \(fact.author.place)"
        let detail = fact.detail.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        if !detail.isEmpty { text += " (\(detail.joined(separator: ", ")))" }
        if fact.person == fact.author.person {
            return Note(text: text, by: fact.person.map { .named($0) })
        }
        // Whom it concerns is a person too; without a field for them they are named by the entry of their own.
        return Note(text: text, by: (fact.author.person ?? fact.person).map { .named($0) })
    }
}
