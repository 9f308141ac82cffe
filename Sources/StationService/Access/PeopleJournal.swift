import People
import StationStore

/// Carries what happened with people from their book into the record, where it can't be changed any more.
struct PeopleJournal: Sendable {
    let people: PeopleBook
    let store: StationStore

    /// Writes down everything that waits; what can't be written now waits on.
    func carry() async throws {
        try await people.recordFacts(in: store)
    }
}
