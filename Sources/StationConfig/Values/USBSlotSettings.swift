/// A slot on USB: which adapter it is, and what the board behind it looks like.
public struct USBSlotSettings: Hashable, Sendable {
    /// The socket, as `bus-port.port…`; at least one of path and serial number is there.
    public let path: String?
    /// The adapter's serial number.
    public let serial: String?
    public let wiring: WiringSettings
}

/// A kind of fixture board, as `wirings` of station.yaml describes it; what it leaves open is as on the reference board.
public struct WiringSettings: Hashable, Sendable {
    /// As in station.yaml; `reference` for the board of `docs/usb-fixture.md`.
    public let name: String
    /// Names of pins by signal; `none` for what the board does not have. Signals that are left out stay where the reference
    /// board has them.
    public let pins: [String: String]
    /// SPI clock in kHz, 100 to 30,000.
    public let spiKilohertz: Int?
    /// Bits per second of the factory console.
    public let consoleBaud: Int?
    /// How long the unit's supply needs to rise, and to drain.
    public let powerRise: Duration?
    public let powerDrain: Duration?
    /// From the BlinkUp trigger's release to the end of the transmission.
    public let blinkUp: Duration?
    /// The network that the BlinkUp sender is set up with, when it is known.
    public let senderNetwork: String?

    /// The name of the board that needs no entry in `wirings`.
    public static let referenceName = "reference"

    /// The board of `docs/usb-fixture.md`.
    public static let reference = WiringSettings(
        name: referenceName, pins: [:], spiKilohertz: nil, consoleBaud: nil, powerRise: nil, powerDrain: nil,
        blinkUp: nil, senderNetwork: nil)

    /// Where the reference board has its signals, and which of them a board can do without.
    public static let signals: [(name: String, pin: String, isOptional: Bool)] = [
        ("bus-switch", "ADBUS4", false), ("overcurrent", "ADBUS5", true), ("write-protect", "ADBUS6", true),
        ("nest-closed", "ADBUS7", false), ("power", "ACBUS0", false), ("hold-reset", "ACBUS1", false),
        ("button", "ACBUS2", true), ("blink-up", "ACBUS3", false), ("red", "ACBUS4", true),
        ("green", "ACBUS5", true), ("pass-lamp", "ACBUS6", true), ("fail-lamp", "ACBUS7", true),
    ]

    /// The pin of a signal, `none` when the board does not have it; nil for signals that there are none of.
    public func pin(of signal: String) -> String? {
        pins[signal] ?? Self.signals.first { $0.name == signal }?.pin
    }
}
