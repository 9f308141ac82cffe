/// When units that failed come back on an emulated line.
public enum RetestOrder: String, CaseIterable, Codable, Hashable, Sendable {
    case afterNewUnits = "after-new-units"
    case immediately
}

/// What line.yaml says: which emulated units will arrive, and what is wrong with some of them. Read by the emulator
/// and by nobody on a real line.
public struct EmulatedLineSettings: Hashable, Sendable {
    public let seed: UInt64
    /// New units on the line.
    public let units: Int
    /// Flash chip part by SKU id; `default` for all others.
    public let chips: [String: String]
    /// How often the emulated operator reseats a unit that failed.
    public let retests: Int
    public let retestOrder: RetestOrder
    public let faults: [EmulatedFault]
    /// Factory firmware in Squirrel, inside of the station folder; nil for the emulator's own.
    public let firmware: String?
    /// The product board, a JSON file inside of the station folder; nil for the emulator's sensor node.
    public let board: String?

    /// The chip that units of `sku` carry, if the file says.
    public func chip(for sku: String) -> String? {
        chips[sku] ?? chips["default"]
    }

    /// All faults in the emulator's one-line form: `short#3, uart-noise:0.001#5-7`.
    public var faultText: String {
        faults.map(\.text).joined(separator: ", ")
    }
}

/// A fault and the units that have it.
public struct EmulatedFault: Hashable, Sendable {
    /// Ordinals of units, counted from 1.
    public let units: ClosedRange<Int>
    /// The fault as the emulator reads it, without units: `uart-noise:0.001`, `open:scl^1`.
    public let fault: String

    /// `open:scl#3^1`: the units are put before a `^` or at the end, as the emulator takes suffixes in any order.
    public var text: String {
        fault + "#" + (units.count == 1 ? "\(units.lowerBound)" : "\(units.lowerBound)-\(units.upperBound)")
    }
}
