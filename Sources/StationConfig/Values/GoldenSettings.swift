import Imp003

/// Units whose values are known, and how often each slot must measure one before it may work on.
public struct GoldenSettings: Hashable, Sendable {
    /// One value of a golden unit.
    public struct Value: Hashable, Sendable {
        /// A step of the plan.
        public let step: String
        /// A measurement of that step.
        public let name: String
        public let reference: Double
        /// How far a sound slot may be off, more than 0.
        public let tolerance: Double
    }

    /// A unit that is measured and never blessed.
    public struct Unit: Hashable, Sendable {
        /// What is written on it.
        public let name: String
        public let device: DeviceID
        /// Empty for parts of gauge studies, which have no known values.
        public let values: [Value]
    }

    /// After so long without a good check a slot takes no work.
    public let interval: Duration
    /// So long before that, the page reminds.
    public let reminder: Duration
    /// With known values: these open the gate.
    public let units: [Unit]
    /// Without known values: for gauge studies only.
    public let gaugeParts: [Unit]

    /// All units that are measured and never blessed, by device ID.
    public var devices: Set<String> { Set((units + gaugeParts).map(\.device.text)) }

    /// The unit that a code means: its name, device ID or MAC address; nil for any other unit.
    public func unit(scanned code: String) -> Unit? {
        let bare = code.lowercased().filter { $0 != ":" && $0 != "-" }
        return (units + gaugeParts).first {
            $0.name.lowercased() == code.lowercased() || $0.device.text == bare
                || $0.device.text.dropFirst(4) == bare
        }
    }
}
