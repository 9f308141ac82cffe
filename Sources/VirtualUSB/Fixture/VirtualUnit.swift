/// One character on a serial wire.
public struct SerialSymbol: Sendable, Equatable {
    public var byte: UInt8
    /// Bits per second at which it was sent.
    public var baud: Double
    /// The line was held low for longer than a character.
    public var isBreak: Bool
    /// When its stop bit ends.
    public var end: Duration

    public init(byte: UInt8, baud: Double, isBreak: Bool = false, end: Duration) {
        self.byte = byte
        self.baud = baud
        self.isBreak = isBreak
        self.end = end
    }
}

/// What the fixture does to the unit.
public struct NestLines: Sendable, Equatable {
    public var power = false
    /// RESET_L is held low.
    public var resetHeld = false
    /// nil: the button's line floats.
    public var button: Bool?
    /// WP# of the flash.
    public var writeProtected = false
    /// The BlinkUp sender's trigger.
    public var blinkUpTrigger = false

    public init() {}
}

/// What sits in the nest of a virtual fixture: a unit as its nails feel it.
///
/// Belongs to one fixture board, which tells it the time; times never go back.
public protocol VirtualUnit: AnyObject {
    /// The unit's flash, as the fixture's bus switch reaches it.
    var flash: any SPIPeripheral { get }

    /// The fixture's lines changed.
    func linesChanged(to lines: NestLines, at time: Duration)

    /// Whether the red and the green die of its LED shine.
    func indicator(at time: Duration) -> (red: Bool, green: Bool)

    /// Whether the supply's current limit has tripped.
    func overcurrent(at time: Duration) -> Bool

    /// A character that the fixture sent.
    func receive(_ symbol: SerialSymbol)

    /// The characters that the unit finished sending by `time`, each handed out once.
    func transmitted(by time: Duration) -> [SerialSymbol]

    /// When its next character will be finished, or an earlier instant at which it wants to be asked again; nil when only
    /// the fixture can make it send.
    var nextTransmission: Duration? { get }
}

/// A chip on an SPI bus, mode 0, most significant bit first.
public protocol SPIPeripheral: AnyObject {
    /// Supply on or off.
    func setPower(_ on: Bool, at time: Duration)

    /// Chip select goes low.
    func select(at time: Duration)

    /// Bytes while it is selected.
    /// - Parameters:
    ///   - out: what the controller drives; empty when it only listens.
    ///   - count: how many bytes are clocked.
    ///   - byteTime: how long each takes.
    /// - Returns: `count` bytes, or none when `wantsAnswer` is false.
    func shift(_ out: [UInt8], count: Int, wantsAnswer: Bool, at time: Duration, byteTime: Duration)
        -> [UInt8]

    /// Clock cycles to which nobody listens.
    func skip(_ count: Int)

    /// Chip select goes high.
    /// - Parameter aligned: false after a number of clock cycles that is no multiple of eight.
    func deselect(aligned: Bool, at time: Duration)
}
