/// What one side can receive. Each side tells the other in hello and welcome; until then nobody sends a frame
/// of more than 64 bytes.
public struct LinkLimits: Sendable, Equatable {
    /// The longest frame on the wire in bytes, delimiters included.
    public var frame: Int
    /// The most wire bytes in one burst: what can be sent without waiting for a word back.
    public var window: Int
    /// The longest message in bytes.
    public var message: Int

    public init(frame: Int, window: Int, message: Int) {
        self.frame = frame
        self.window = window
        self.message = message
    }

    /// A station: memory is no concern, frames short enough that a repetition costs little.
    public static let station = LinkLimits(frame: 2048, window: 16_384, message: 65_535)
    /// Firmware on a UART with RTS/CTS, or with a receive FIFO as large as the window: a sector of 4 KB with its
    /// arguments arrives as one burst.
    public static let firmwareWithFlowControl = LinkLimits(frame: 1024, window: 8192, message: 8192)
    /// Firmware on a UART without RTS/CTS and with the 80-byte FIFO that impOS sets by default.
    public static let firmwareBareFIFO = LinkLimits(frame: 64, window: 64, message: 8192)

    /// What each field may be.
    public static let allowedFrame = Frame.smallestLimit...Frame.largestLimit
    public static let allowedWindow = Frame.smallestLimit...65_535
    public static let allowedMessage = 256...65_535

    /// False when a field is outside what the protocol allows.
    public var areAllowed: Bool {
        Self.allowedFrame.contains(frame) && Self.allowedWindow.contains(window)
            && Self.allowedMessage.contains(message)
    }

    /// The nearest limits that the protocol allows.
    var clamped: LinkLimits {
        func clamp(_ value: Int, _ range: ClosedRange<Int>) -> Int {
            min(max(value, range.lowerBound), range.upperBound)
        }
        return LinkLimits(
            frame: clamp(frame, Self.allowedFrame), window: clamp(window, Self.allowedWindow),
            message: clamp(message, Self.allowedMessage))
    }

    /// The body bytes of each frame of a burst: no more than fit in a frame, and no more than `longest`.
    func burst(from offset: Int, of count: Int, longest: Int) -> [Range<Int>] {
        let longest = min(longest, Frame.longestBody(within: frame))
        var pieces: [Range<Int>] = []
        var start = offset
        var wire = 0
        while start < count {
            let piece = start..<min(start + longest, count)
            let cost = ZeroFreeCoding.longestEncoding(of: piece.count + Frame.overhead) + 2
            if !pieces.isEmpty, wire + cost > window { break }
            wire += cost
            pieces.append(piece)
            start = piece.upperBound
        }
        return pieces
    }
}

/// The body of a hello.
struct Hello: Equatable {
    /// The protocol version of this source; there is only one so far.
    static let version: UInt8 = 1

    var oldest = Hello.version
    var newest = Hello.version
    /// Drawn anew for each connection; the welcome repeats it, so an old welcome can't be taken for a new one.
    var nonce: UInt32
    var limits: LinkLimits

    init(nonce: UInt32, limits: LinkLimits) {
        self.nonce = nonce
        self.limits = limits
    }

    /// Later versions may add bytes at the end, never change these.
    init?(_ body: [UInt8]) {
        guard body.count >= 12, body[0] <= body[1] else { return nil }
        (oldest, newest) = (body[0], body[1])
        nonce = body.littleEndian32(at: 2)
        limits = LinkLimits(at: 6, of: body)
    }

    var body: [UInt8] {
        var body = [oldest, newest]
        body.appendLittleEndian(nonce)
        body.append(limits)
        return body
    }
}

/// The body of a welcome.
struct Welcome: Equatable {
    /// Longest firmware name in UTF-8 bytes: the frame must stay within 64 bytes.
    static let longestName = 30

    /// The version from now on, or 0 when there is none in common.
    var version: UInt8
    var oldest: UInt8
    var newest: UInt8
    /// The hello's nonce; 0 in the unasked welcome at boot.
    var nonce: UInt32
    var limits: LinkLimits
    /// The firmware's name and version, for people.
    var firmware: [UInt8]

    init(version: UInt8, nonce: UInt32, limits: LinkLimits, firmware: String) {
        self.version = version
        (oldest, newest) = (Hello.version, Hello.version)
        self.nonce = nonce
        self.limits = limits
        self.firmware = Array(firmware.utf8.prefix(Self.longestName))
    }

    init?(_ body: [UInt8]) {
        guard body.count >= 14, body.count >= 14 + Int(body[13]) else { return nil }
        (version, oldest, newest) = (body[0], body[1], body[2])
        nonce = body.littleEndian32(at: 3)
        limits = LinkLimits(at: 7, of: body)
        firmware = Array(body[14..<(14 + Int(body[13]))])
    }

    var body: [UInt8] {
        var body = [version, oldest, newest]
        body.appendLittleEndian(nonce)
        body.append(limits)
        body.append(UInt8(firmware.count))
        return body + firmware
    }
}

extension [UInt8] {
    fileprivate mutating func append(_ limits: LinkLimits) {
        appendLittleEndian(UInt16(limits.frame))
        appendLittleEndian(UInt16(limits.window))
        appendLittleEndian(UInt16(limits.message))
    }
}

extension LinkLimits {
    fileprivate init(at position: Int, of body: [UInt8]) {
        self.init(
            frame: Int(body.littleEndian16(at: position)), window: Int(body.littleEndian16(at: position + 2)),
            message: Int(body.littleEndian16(at: position + 4)))
    }
}

/// Why firmware can't serve a frame: the `offset` of a reject.
enum RejectReason: UInt16 {
    /// The frame names a session that isn't this boot's.
    case unknownSession = 1
    /// The message's total is beyond the firmware's limit, which stands in `total`.
    case messageTooLong = 2
    /// A body that isn't what its kind says, or pieces that contradict each other.
    case malformed = 3
    /// The sequence number was used before.
    case staleSequence = 4
}
