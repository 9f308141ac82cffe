/// What station.yaml says about one station.
public struct StationSettings: Hashable, Sendable {
    /// The name in every ledger entry.
    public let name: String
    /// Where it stands, for people.
    public let site: String?
    public let network: FactoryNetworkSettings
    /// As written; see `StationFolder.resolve(_:)`.
    public let database: String
    /// The label spool folder, as written; see `StationFolder.resolve(_:)`.
    public let labels: String
    public let skus: AllowedSKUs
    public let operators: [Operator]
    /// In the order of the file, which is the order on the bench.
    public let slots: [SlotSettings]
    public let scan: ScanSettings
    public let timeouts: StationTimeouts
    /// Nil where no golden units are kept.
    public let golden: GoldenSettings?
    /// Of the operator's page.
    public let scanner: ScannerSettings
    /// Whether only signed configuration is run, and whose signatures count.
    public let trust: ConfigTrust

    /// Whether every slot is emulated.
    public var isEmulated: Bool { slots.allSatisfy { $0.fixture == .emulated } }
}

/// The network which units join in the factory.
public struct FactoryNetworkSettings: Hashable, Sendable {
    /// 1 to 31 bytes: a 32-character SSID can't be joined under Release 30 (known issue K2).
    public let ssid: String
    public let password: SecretReference
}

/// The SKUs that a station may build.
public enum AllowedSKUs: Hashable, Sendable {
    case all
    case only([String])

    public func allows(_ sku: String) -> Bool {
        switch self {
        case .all: true
        case .only(let allowed): allowed.contains(sku)
        }
    }
}

/// A person who runs the station.
public struct Operator: Hashable, Sendable {
    public let id: String
    public let name: String
}

/// One place for one unit.
public struct SlotSettings: Hashable, Sendable {
    public let name: String
    public let fixture: FixtureKind
    /// Which adapter and which board; not nil exactly for `.usb`.
    public let usb: USBSlotSettings?

    /// Whether station.yaml takes a text for a slot's name.
    public static func isName(_ text: String) -> Bool { TextForm.slotName.accepts(text) }
}

/// What a slot's fixture is.
public enum FixtureKind: String, CaseIterable, Codable, Hashable, Sendable {
    case emulated
    /// An FTDI adapter on a fixture board, as `docs/usb-fixture.md` draws it.
    case usb

    /// What every fixture of this kind can measure, with units; plans are checked against it.
    public var instruments: [(name: String, unit: String)] {
        switch self {
        case .emulated:
            [
                ("supply_current", "mA"), ("supply_voltage", "V"), ("rail_3v3", "V"), ("led_light", "lx"),
            ]
        // Nothing on the board measures: what is to be judged comes from the unit itself.
        case .usb: []
        }
    }
}

/// How the region is proved on air.
public struct ScanSettings: Hashable, Sendable {
    /// Access points that must be seen for the proof to count.
    public let accessPointsRequired: Int
    /// Scans a unit may make in one run, 1 to 5: each leaks memory under Release 30 (known issue K1).
    public let maximumScans: Int
}

/// How long the station waits for a unit.
public struct StationTimeouts: Hashable, Sendable {
    /// From power to the first sign of life.
    public let boot: Duration
    /// For one answer on the console.
    public let link: Duration
    /// From BlinkUp to the network.
    public let join: Duration
    /// From the request to bless to the cloud's answer.
    public let bless: Duration
}
