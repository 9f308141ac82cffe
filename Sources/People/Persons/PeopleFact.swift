/// What happened with people and belongs into the record.
public struct PeopleFact: Sendable, Equatable {
    /// What it is; the words of the record's `person.acted` entries.
    public enum Act: String, Sendable, CaseIterable {
        case signedIn, signedOut
        /// Too many wrong PINs for one badge or from one address.
        case lockedOut
        case userAdded, roleChanged, pinChanged, badgeChanged, userLocked, userUnlocked, userRemoved
        case tokenMade, tokenEnded
        /// The clock went back and every session was ended.
        case sessionsEnded
    }

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
