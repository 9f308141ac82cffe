import NORChipModel

/// The simplest thing to put into a virtual fixture: a flash chip, a serial port that answers what it hears, and a LED
/// that is green while the unit runs.
///
/// The chip answers only while the unit has power and is held in reset, as on a real module: a running one has the bus
/// to itself.
public final class BenchUnit: VirtualUnit {
    /// The flash as the fixture reaches it.
    public let flashPeripheral: FlashPeripheral
    public var flash: any SPIPeripheral { flashPeripheral }
    /// What the unit answers to a character, each of them sent back to back; the default is an echo.
    public var answer: (SerialSymbol) -> [UInt8] = { $0.isBreak ? [] : [$0.byte] }
    /// Bits per second of the unit's own serial port; nil: the rate at which it was last spoken to, 115,200 before.
    public var baud: Double?
    private var heardBaud = 115_200.0
    /// A short on the unit's supply.
    public var isShorted = false
    /// What the fixture does to it now.
    public private(set) var lines = NestLines()
    /// Characters that arrived while it ran.
    public private(set) var received: [SerialSymbol] = []
    /// When the BlinkUp trigger rose.
    public private(set) var blinkUps: [Duration] = []
    private var sending: [SerialSymbol] = []
    private var senderFree = Duration.zero

    public init(chip: sending NORChip) {
        flashPeripheral = FlashPeripheral(chip: chip)
    }

    public var isRunning: Bool { lines.power && !lines.resetHeld }

    public func linesChanged(to lines: NestLines, at time: Duration) {
        if lines.blinkUpTrigger, !self.lines.blinkUpTrigger { blinkUps.append(time) }
        self.lines = lines
        if !isRunning { sending.removeAll { $0.end > time } }
    }

    public func indicator(at time: Duration) -> (red: Bool, green: Bool) {
        (red: false, green: isRunning)
    }

    public func overcurrent(at time: Duration) -> Bool {
        lines.power && isShorted
    }

    public func receive(_ symbol: SerialSymbol) {
        guard isRunning else { return }
        received.append(symbol)
        heardBaud = symbol.baud
        send(answer(symbol), at: symbol.end)
    }

    /// Sends bytes from `time` on, after those that are on their way.
    public func send(_ bytes: [UInt8], at time: Duration) {
        senderFree = max(senderFree, time)
        let baud = baud ?? heardBaud
        for byte in bytes {
            senderFree += .nanoseconds(Int64(10_000_000_000 / baud))
            sending.append(SerialSymbol(byte: byte, baud: baud, end: senderFree))
        }
    }

    /// Holds the line low for longer than a character.
    public func sendBreak(at time: Duration) {
        senderFree = max(senderFree, time) + .milliseconds(1)
        sending.append(SerialSymbol(byte: 0, baud: baud ?? heardBaud, isBreak: true, end: senderFree))
    }

    public func transmitted(by time: Duration) -> [SerialSymbol] {
        guard let first = sending.first, first.end <= time else { return [] }
        let count = sending.firstIndex { $0.end > time } ?? sending.count
        defer { sending.removeFirst(count) }
        return Array(sending[..<count])
    }

    public var nextTransmission: Duration? { sending.first?.end }
}
