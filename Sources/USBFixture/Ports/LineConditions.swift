/// What a serial line suffered since it was opened.
public struct LineConditions: Sendable, Equatable {
    /// Characters lost because nobody took them in time.
    public var overruns = 0
    public var parityErrors = 0
    /// Characters without a stop bit: wrong baud rate, noise, or a unit that resets while it talks.
    public var framingErrors = 0
    /// The line was held low for longer than a character.
    public var breaks = 0

    public init() {}

    /// Counts the bits of a line status byte: 02h overrun, 04h parity, 08h framing, 10h break (as in a 16550).
    mutating func count(lineStatus: UInt8) {
        if lineStatus & 0x02 != 0 { overruns += 1 }
        if lineStatus & 0x04 != 0 { parityErrors += 1 }
        if lineStatus & 0x10 != 0 { breaks += 1 } else if lineStatus & 0x08 != 0 { framingErrors += 1 }
    }

    /// What to tell a person; nil when nothing happened.
    /// - Parameter label: the slot's adapter.
    public func sentence(for label: String, baud: Int) -> String? {
        if breaks > 0 {
            return
                "\(label): the console line was held low (\(breaks) breaks). Check that the unit has power and that its "
                + "transmit pin touches its nail."
        }
        if framingErrors > 0 || parityErrors > 0 {
            return
                "\(label): \(framingErrors + parityErrors) damaged characters on the console at \(baud) baud. Check the "
                + "console's baud rate in station.yaml and the ground nail."
        }
        if overruns > 0 {
            return
                "\(label): \(overruns) times characters were lost because the station was too slow. Check the machine's load."
        }
        return nil
    }
}
