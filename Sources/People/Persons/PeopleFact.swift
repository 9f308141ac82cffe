import StationStore

/// What happened with people and belongs into the record.
public struct PeopleFact: Sendable, Equatable {
    /// The words of the record's `person.acted` entries.
    public typealias Act = PersonAct

    /// Position among the facts; for ``PeopleBook/recorded(upTo:)``.
    public let number: Int64
    /// UTC ms.
    public let at: Int64
    public let act: Act
    /// Whom it concerns, user ID.
    public let person: String?
    public let author: Author
    /// Words and numbers that are no secrets and name nobody.
    public let detail: [String: String]
}

extension PeopleFact {
    /// The entry that says so.
    public var record: Record {
        .personActed(
            PersonActed(
                act: act, by: author.person.map(Person.named), place: String(author.place.prefix(256)),
                person: person.map(Person.named), detail: detail, happenedAt: at))
    }
}
