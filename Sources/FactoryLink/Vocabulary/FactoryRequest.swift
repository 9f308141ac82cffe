/// Something a station can ask of factory firmware, with the type of its answer. The types of the vocabulary are
/// in `FactoryVocabulary.swift`; a project may add its own.
public protocol FactoryRequest: Sendable, Equatable {
    /// What comes back when it went well.
    associatedtype Answer: FactoryAnswer
    /// The name on the wire.
    static var verb: String { get }
    /// How long a station waits, everything included, when the plan says nothing else.
    static var patience: Duration { get }
    /// The arguments on the wire.
    var arguments: [String: LinkValue] { get }
    /// The request from its arguments.
    init(arguments: LinkReader) throws(LinkValueError)
}

extension FactoryRequest {
    public static var patience: Duration { .seconds(5) }

    /// The request as the link carries it.
    public var request: LinkRequest { LinkRequest(verb: Self.verb, arguments: arguments) }
}

/// What factory firmware answers to a request that went well.
public protocol FactoryAnswer: Sendable, Equatable {
    /// The result on the wire.
    var result: [String: LinkValue] { get }
    /// The answer from its result.
    init(result: LinkReader) throws(LinkValueError)
}

extension FactoryAnswer {
    /// The answer as the link carries it.
    public var answer: LinkAnswer { .result(result) }
}

/// An answer that only says: done.
public struct Nothing: FactoryAnswer {
    public init() {}
    public init(result: LinkReader) throws(LinkValueError) { _ = try result.fields() }
    public var result: [String: LinkValue] { [:] }
}

/// The codes of `RemoteError` that this vocabulary knows. A firmware may use others for its own tests.
public enum FactoryErrorCode {
    /// The message isn't a request. The link itself says this.
    public static let unreadableRequest = "unreadable-request"
    /// The answer is longer than the station takes. The link itself says this.
    public static let answerTooLong = "answer-too-long"
    /// The answer holds what the link can't carry. The link itself says this.
    public static let unsendableAnswer = "unsendable-answer"
    /// No such verb in this firmware.
    public static let unknownVerb = "unknown-verb"
    /// An argument is missing, of another type or out of range.
    public static let badArguments = "bad-arguments"
    /// No such functional test in this firmware.
    public static let unknownTest = "unknown-test"
    /// The module refused: a region code it doesn't know, an NVRAM image it won't take.
    public static let refused = "refused"
    /// The attempt failed; the message says how.
    public static let failed = "failed"
    /// Flash holds something else than was written, or a write would have had to set bits.
    public static let verifyFailed = "verify-failed"
    /// An address or length beyond the user part of the flash.
    public static let outOfRange = "out-of-range"
    /// Not possible in this state: no network, flash not enabled.
    public static let notReady = "not-ready"
}
