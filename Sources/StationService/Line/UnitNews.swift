import Blessing

/// A unit that came to the end of a run: the `unit` event of the live stream, and the body of a webhook.
public struct UnitNews: Codable, Sendable, Equatable {
    /// Device ID; nil when the unit never said it.
    public var unit: String?
    public var serial: String?
    /// `passed`, `failed`, `refused`, `quarantined`, `aborted` or `error`.
    public var outcome: String
    /// As in docs/operator-codes.md; nil for a unit that passed.
    public var reasonCode: String?
    /// The slot's name.
    public var slot: String
    public var order: String?
    public var sku: String?
    /// The run in the record; nil when it could not be begun.
    public var run: Int64?

    init(_ result: UnitResult) {
        unit = result.device
        serial = result.serial
        outcome = result.outcome.rawValue
        reasonCode = result.reason?.code.identifier
        slot = result.slot
        run = result.run?.rawValue
    }
}
