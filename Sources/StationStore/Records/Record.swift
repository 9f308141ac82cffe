import ContentAddress
import Ledger

/// What a station writes down: one case for each kind of ledger entry. `docs/ledger.md` describes each.
public enum Record: Sendable, Equatable {
    /// The ledger begins; entry 0.
    case stationCreated(StationCreated)
    case stationStarted(StationStarted)
    case stationStopped(StationStopped)
    case contentStored(ContentStored)
    case orderOpened(OrderOpened)
    case orderClosed(OrderClosed)
    case serialsGranted(SerialsGranted)
    case serialLeased(SerialLeased)
    case serialConfirmed(SerialConfirmed)
    case serialReturned(SerialReturned)
    case runStarted(RunStarted)
    case unitIdentified(UnitIdentified)
    case actIntended(ActIntended)
    case actFinished(ActFinished)
    case stepFinished(StepFinished)
    case attachmentAdded(AttachmentAdded)
    case labelPrinted(LabelPrinted)
    case blessingAnswered(BlessingAnswered)
    case runFinished(RunFinished)
    case unitQuarantined(UnitQuarantined)
    case unitReleased(UnitReleased)
    /// The calendar went backwards; written by the store itself.
    case clockSetBack(ClockSetBack)
    case note(Note)
    case personActed(PersonActed)
    /// Written by the store itself.
    case personForgotten(PersonForgotten)
    case configurationChanged(ConfigurationChanged)
    case orderLocked(OrderLocked)
    case orderUnlocked(OrderUnlocked)
    /// Written by the store itself.
    case keyChanged(KeyChanged)
    case clockDoubted(ClockDoubted)
    /// Written by the store itself.
    case archiveWritten(ArchiveWritten)

    var body: any RecordBody {
        switch self {
        case .stationCreated(let body): body
        case .stationStarted(let body): body
        case .stationStopped(let body): body
        case .contentStored(let body): body
        case .orderOpened(let body): body
        case .orderClosed(let body): body
        case .serialsGranted(let body): body
        case .serialLeased(let body): body
        case .serialConfirmed(let body): body
        case .serialReturned(let body): body
        case .runStarted(let body): body
        case .unitIdentified(let body): body
        case .actIntended(let body): body
        case .actFinished(let body): body
        case .stepFinished(let body): body
        case .attachmentAdded(let body): body
        case .labelPrinted(let body): body
        case .blessingAnswered(let body): body
        case .runFinished(let body): body
        case .unitQuarantined(let body): body
        case .unitReleased(let body): body
        case .clockSetBack(let body): body
        case .note(let body): body
        case .personActed(let body): body
        case .personForgotten(let body): body
        case .configurationChanged(let body): body
        case .orderLocked(let body): body
        case .orderUnlocked(let body): body
        case .keyChanged(let body): body
        case .clockDoubted(let body): body
        case .archiveWritten(let body): body
        }
    }

    /// The word for this kind in an entry, for example `step.finished`.
    public var kind: String { String(describing: word) }

    /// The same, as it was compiled in.
    var word: StaticString {
        // Nearly all records are steps; the general way puts each into a box.
        if case .stepFinished = self { return StepFinished.kind }
        return type(of: body).kind
    }

    /// Every kind's word, in the order of the cases.
    public static let kinds: [String] = bodies.map { String(describing: $0.kind) }

    private static let bodies: [any RecordBody.Type] = [
        StationCreated.self, StationStarted.self, StationStopped.self, ContentStored.self, OrderOpened.self,
        OrderClosed.self, SerialsGranted.self, SerialLeased.self, SerialConfirmed.self, SerialReturned.self,
        RunStarted.self,
        UnitIdentified.self, ActIntended.self, ActFinished.self, StepFinished.self, AttachmentAdded.self,
        LabelPrinted.self, BlessingAnswered.self, RunFinished.self, UnitQuarantined.self, UnitReleased.self,
        ClockSetBack.self, Note.self, PersonActed.self, PersonForgotten.self, ConfigurationChanged.self,
        OrderLocked.self, OrderUnlocked.self, KeyChanged.self, ClockDoubted.self, ArchiveWritten.self,
    ]

    private static let bodyOfKind: [String: any RecordBody.Type] = Dictionary(
        uniqueKeysWithValues: zip(kinds, bodies))

    /// Reads the record of an entry.
    /// - Throws: ``RecordFault``: unknown kind, absent or unknown member, a value of the wrong type or shape.
    public init(kind: String, json: JSONValue) throws(RecordFault) {
        guard let type = Self.bodyOfKind[kind] else {
            throw RecordFault(kind: kind, field: nil, problem: "is no kind of entry that this program knows")
        }
        var fields = try RecordFields(kind: kind, json: json)
        let body = try type.init(from: &fields)
        try fields.finish()
        self = body.record
        try check()
    }

    /// Refuses values out of shape or range before anything is written.
    func check() throws(RecordFault) {
        var rules = RecordRules(kind: word)
        if case .stepFinished(let step) = self { step.check(&rules) } else { body.check(&rules) }
        if let fault = rules.fault { throw fault }
    }

    /// The record as canonical JSON.
    /// - Precondition: every ``Person`` in it is sealed.
    var canonicalJSON: [UInt8] {
        var writer = CanonicalJSONWriter()
        writer.beginObject()
        if case .stepFinished(let step) = self { step.write(to: &writer) } else { body.write(to: &writer) }
        writer.endObject()
        return writer.bytes
    }
}

/// A kind of entry. Members are written in the order of their names.
protocol RecordBody: Sendable, Equatable {
    static var kind: StaticString { get }
    /// The members, without the braces around them.
    func write(to writer: inout CanonicalJSONWriter)
    init(from fields: inout RecordFields) throws(RecordFault)
    func check(_ rules: inout RecordRules)
    var record: Record { get }
}

/// Why a record can't be written or read: which member, and what is wrong with it.
public struct RecordFault: Error, Equatable, Sendable, CustomStringConvertible {
    public let kind: String
    /// Nil when it is the record as a whole.
    public let field: String?
    public let problem: String

    public var description: String {
        field.map { "\($0) of \(kind) \(problem)" } ?? "\(kind) \(problem)"
    }
}

/// A run's identity: the sequence number of the entry that started it.
public struct RunID: RawRepresentable, Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    public var rawValue: Int64

    public init(rawValue: Int64) { self.rawValue = rawValue }

    public static func < (left: RunID, right: RunID) -> Bool { left.rawValue < right.rawValue }

    public var description: String { "run \(rawValue)" }

    public init(from decoder: any Decoder) throws {
        rawValue = try decoder.singleValueContainer().decode(Int64.self)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }
}

/// Somebody: named when handed in, sealed once written.
///
/// The ledger holds only the seal, a salted hash. The name itself lies beside the ledger and can be forgotten on
/// request without breaking a proof. One person has one seal at a station.
public enum Person: Hashable, Sendable, ExpressibleByStringLiteral {
    case named(String)
    case sealed(SHA256Digest)

    public init(stringLiteral name: String) { self = .named(name) }
}
