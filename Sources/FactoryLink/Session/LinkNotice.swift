/// What a client hears besides answers. Texts are safe to show: everything but printable ASCII is escaped, and
/// their length is bounded.
public enum LinkNotice: Sendable, Equatable {
    /// A line of the firmware's log.
    case log(LogEvent)
    /// Another event, named by the firmware.
    case event(name: String, LinkValue)
    /// That many events were dropped by the firmware or damaged on the line.
    case eventsLost(Int)
    /// Bytes that are no frame: boot chatter, another program's text, damage.
    case noise(LinkNoise)
    /// A sign of life for the request that is being waited for.
    case progress(LinkProgress)
}

/// How much a log line matters.
public enum LogLevel: String, Sendable, CaseIterable {
    case debug, info, warning, error
}

/// A line of the firmware's log.
public struct LogEvent: Sendable, Equatable {
    public var level: LogLevel
    public var text: String

    public init(level: LogLevel, text: String) {
        self.level = level
        self.text = text
    }
}

/// Bytes between frames.
public struct LinkNoise: Sendable, Equatable {
    /// How many bytes there were.
    public var count: Int
    /// The first 120 of them, printable.
    public var sample: String

    init(_ bytes: [UInt8]) {
        count = bytes.count
        sample = printable(bytes, limit: 120)
    }
}

/// How far a request has come that takes its time.
public struct LinkProgress: Sendable, Equatable {
    static let unknown: UInt16 = 0xFFFF
    /// Longest text in UTF-8 bytes: the frame must stay within 64 bytes.
    static let longestText = 40

    /// 0…1000, or nil when the firmware can't tell.
    public var permille: Int?
    /// What is being done; only the first 40 bytes are sent.
    public var text: String
    /// Whole seconds since the firmware began; set by the server.
    public var seconds: Int

    public init(permille: Int? = nil, text: String = "", seconds: Int = 0) {
        self.permille = permille.map { min(max($0, 0), 1000) }
        self.text = text
        self.seconds = seconds
    }

    init(wait frame: Frame) {
        self.init(
            permille: frame.offset == Self.unknown ? nil : Int(frame.offset),
            text: frame.body.isEmpty ? "" : printable(frame.body, limit: Self.longestText),
            seconds: Int(frame.total))
    }
}
