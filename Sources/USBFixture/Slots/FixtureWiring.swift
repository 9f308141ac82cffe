/// Which pin of the FT2232H does what on the fixture board, as `docs/usb-fixture.md` draws it.
///
/// Outputs are active high and pulled down, so that a floating pin means off; inputs are pulled to their quiet level.
enum FixtureWiring {
    /// ADBUS: bits of the low byte of channel A. 0 to 3 are SPI.
    enum Low {
        /// Output: connects the flash's wires to the adapter.
        static let busSwitch: UInt8 = 1 << 4
        /// Input, low: the supply's current limit tripped.
        static let overcurrent: UInt8 = 1 << 5
        /// Output, low: the flash's WP# is active. Pulled up.
        static let writeProtect: UInt8 = 1 << 6
        /// Input, high: the nest is closed on a unit.
        static let nestClosed: UInt8 = 1 << 7
    }

    /// ACBUS: bits of the high byte of channel A.
    enum High {
        /// Output: the unit's supply.
        static let power: UInt8 = 1 << 0
        /// Output: pulls RESET_L low.
        static let holdReset: UInt8 = 1 << 1
        /// Output or floating: the unit's button line.
        static let button: UInt8 = 1 << 2
        /// Output: trigger of the line's BlinkUp sender.
        static let blinkUp: UInt8 = 1 << 3
        /// Inputs: light sensors over the unit's LED.
        static let red: UInt8 = 1 << 4
        static let green: UInt8 = 1 << 5
        /// Outputs: the operator's lamps.
        static let pass: UInt8 = 1 << 6
        static let fail: UInt8 = 1 << 7

        /// What is driven as long as the fixture is in use.
        static let outputs = power | holdReset | blinkUp | pass | fail
    }

    /// Lines that `Fixture.drive` knows.
    static let lines = ["button", "write-protect"]
}

/// What a USB slot has to know beyond its binding.
public struct USBFixtureSettings: Sendable, Equatable {
    /// SPI clock, at most 30 MHz.
    public var spiHertz = 30_000_000
    /// The factory console.
    public var consoleBaud = 115_200
    /// How long the unit's supply needs to rise.
    public var powerRise = Duration.milliseconds(20)
    /// How long it needs to drain after switching off, before anything may be switched on again.
    public var powerDrain = Duration.milliseconds(200)
    /// How long a nest must be closed, or open, to count.
    public var debounce = Duration.milliseconds(100)
    /// How often the nest is looked at while it is empty.
    public var nestInterval = Duration.milliseconds(50)
    /// The network that the line's BlinkUp sender is set up with. nil: the station's is taken on trust.
    public var blinkUpNetwork: String?
    /// How long the sender's trigger is pressed.
    public var blinkUpPress = Duration.milliseconds(250)
    /// From the trigger's release to the end of the transmission.
    public var blinkUpDuration = Duration.seconds(12)
    /// The sender ignores its trigger for so long after a transmission.
    public var blinkUpLockOut = Duration.seconds(10)

    public init() {}
}
