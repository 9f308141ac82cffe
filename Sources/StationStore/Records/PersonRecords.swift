import ContentAddress
import Ledger

/// What somebody can do that is no step of a unit's way; the words of ``PersonActed``.
public enum PersonAct: String, Sendable, CaseIterable {
    case signedIn, signedOut
    /// Too many wrong PINs for one badge or from one address.
    case lockedOut
    /// The clock went back and every session was ended.
    case sessionsEnded
    case userAdded, roleChanged, pinChanged, badgeChanged, userLocked, userUnlocked, userRemoved
    case tokenMade, tokenEnded
    case slotStarted, slotAborted, slotCleared, slotPaused, slotResumed
    case orderOpened, orderPaused, orderClosed, orderUnlocked
    case configurationRead
    case unitResolved, alarmAcknowledged, webhookChanged, proofMade, recordExported
}

/// Somebody did something: who, where, to whom.
public struct PersonActed: RecordBody {
    static let kind: StaticString = "person.acted"
    public var act: PersonAct
    /// Nobody when nobody had shown who they are.
    public var by: Person?
    /// Whom it was done to.
    public var person: Person?
    /// Remote address, slot, or `console`.
    public var place: String
    /// Words and numbers; no secrets, no names of persons.
    public var detail: [String: String]
    /// UTC ms, when it was earlier than it came into the record.
    public var happenedAt: Int64?

    public init(
        act: PersonAct, by: Person?, place: String, person: Person? = nil, detail: [String: String] = [:],
        happenedAt: Int64? = nil
    ) {
        self.act = act
        self.by = by
        self.person = person
        self.place = place
        self.detail = detail
        self.happenedAt = happenedAt
    }

    init(from fields: inout RecordFields) throws(RecordFault) {
        act = try fields.word("act")
        by = try fields.optionalPerson("by")
        detail = try fields.texts("detail")
        happenedAt = try fields.optionalInteger("happened_at")
        person = try fields.optionalPerson("person")
        place = try fields.text("place")
    }

    func write(to writer: inout CanonicalJSONWriter) {
        writer.member("act", act.rawValue)
        writer.member("by", by)
        writer.member("detail", detail)
        writer.member("happened_at", happenedAt)
        writer.member("person", person)
        writer.member("place", place)
    }

    func check(_ rules: inout RecordRules) {
        rules.person(by, "by")
        rules.person(person, "person")
        rules.texts(detail, "detail")
        rules.name(place, "place")
        rules.integer(
            happenedAt, "happened_at", in: -RecordRules.largestInteger...RecordRules.largestInteger)
    }

    var record: Record { .personActed(self) }
}

/// Somebody's name and salt were destroyed. Which of the seals it was is not said; it can't be found out any more.
public struct PersonForgotten: RecordBody {
    static let kind: StaticString = "person.forgotten"
    /// Forgotten persons are counted from 1.
    public var number: Int64
    public var by: Person?
    public var place: String

    public init(number: Int64, by: Person?, place: String) {
        self.number = number
        self.by = by
        self.place = place
    }

    init(from fields: inout RecordFields) throws(RecordFault) {
        by = try fields.optionalPerson("by")
        number = try fields.integer("number")
        place = try fields.text("place")
    }

    func write(to writer: inout CanonicalJSONWriter) {
        writer.member("by", by)
        writer.member("number", number)
        writer.member("place", place)
    }

    func check(_ rules: inout RecordRules) {
        rules.person(by, "by")
        rules.integer(number, "number", in: 1...RecordRules.largestInteger)
        rules.name(place, "place")
    }

    var record: Record { .personForgotten(self) }
}
