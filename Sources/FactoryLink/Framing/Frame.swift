/// One frame of the link: a fixed head of twelve bytes, a body and a CRC-32.
///
/// The meaning of `sequence`, `offset` and `total` for each kind is tabled in `docs/factory-link.md`.
public struct Frame: Sendable, Equatable {
    /// What a frame is. Kinds below 0x80 go from station to firmware, the others back, so that a line which
    /// echoes is noticed.
    public enum Kind: UInt8, Sendable, CaseIterable {
        /// Station: versions and limits that I know; who is there?
        case hello = 0x01
        /// Station: a piece of a request.
        case request = 0x02
        /// Station: where are we? I hold `offset` bytes of the answer.
        case poll = 0x03
        /// Station: I no longer wait for this request.
        case cancel = 0x04
        /// Firmware: answer to a hello; also sent once at boot.
        case welcome = 0x81
        /// Firmware: a piece of an answer.
        case response = 0x82
        /// Firmware: I hold `offset` bytes of the request; go on from there.
        case need = 0x83
        /// Firmware: I have the whole request and work on it.
        case wait = 0x84
        /// Firmware: a log line or another event, unasked.
        case event = 0x85
        /// Firmware: this frame can't be served, and why.
        case reject = 0x86

        /// True for kinds that only a station sends.
        public var isFromStation: Bool { rawValue < 0x80 }
    }

    /// Bytes before the body.
    public static let headLength = 12
    /// Bytes that are not body: head and CRC-32.
    public static let overhead = headLength + 4
    /// The longest frame on the wire, delimiters included, before both sides know each other's limits. It fits
    /// in an 80-byte FIFO, and below the 64 bytes at which impOS Release 30 drops RTS.
    public static let smallestLimit = 64
    /// The longest frame on the wire that any side may ever offer: no CRC-32 with good distance beyond.
    public static let largestLimit = 11_264

    /// What the frame is.
    public var kind: Kind
    /// The sender's burst ends here: it now waits to hear something.
    public var endsBurst: Bool
    /// Number of the station's burst which this frame belongs to or replies to.
    public var tag: UInt8
    /// The firmware's number since its boot; zero in a hello.
    public var session: UInt32
    /// Number of the request, 1…65535; of the event; of the last request accepted, in a welcome.
    public var sequence: UInt16
    /// Where the body stands in its message, or a number that depends on the kind.
    public var offset: UInt16
    /// Length of the whole message, or a number that depends on the kind.
    public var total: UInt16
    /// The frame's payload.
    public var body: [UInt8]

    public init(
        _ kind: Kind, endsBurst: Bool = false, tag: UInt8 = 0, session: UInt32 = 0, sequence: UInt16 = 0,
        offset: UInt16 = 0, total: UInt16 = 0, body: [UInt8] = []
    ) {
        self.kind = kind
        self.endsBurst = endsBurst
        self.tag = tag
        self.session = session
        self.sequence = sequence
        self.offset = offset
        self.total = total
        self.body = body
    }

    /// The longest body of a frame that stays within `limit` bytes on the wire whatever is in it.
    public static func longestBody(within limit: Int) -> Int {
        // Two delimiters and one count byte, and one more count byte for each 254 bytes.
        max(0, (limit - 3) * 254 / 255 - overhead)
    }
}

/// Frames to wire bytes and back.
public enum FrameCodec {
    /// The byte before and after each frame. Console text never holds it, so chatter is not cut into false frames.
    public static let delimiter: UInt8 = 0
    /// Added to the kind of a frame that ends a burst.
    static let burstFlag: UInt8 = 0x40

    /// The frame as it goes over the wire, delimiters included.
    public static func encode(_ frame: Frame) -> [UInt8] {
        var plain: [UInt8] = []
        plain.reserveCapacity(frame.body.count + Frame.overhead)
        plain.append(frame.kind.rawValue | (frame.endsBurst ? burstFlag : 0))
        plain.append(frame.tag)
        plain.appendLittleEndian(frame.session)
        plain.appendLittleEndian(frame.sequence)
        plain.appendLittleEndian(frame.offset)
        plain.appendLittleEndian(frame.total)
        plain.append(contentsOf: frame.body)
        plain.appendLittleEndian(CRC32.checksum(plain))
        var wire: [UInt8] = []
        wire.reserveCapacity(ZeroFreeCoding.longestEncoding(of: plain.count) + 2)
        wire.append(delimiter)
        ZeroFreeCoding.append(plain, to: &wire)
        wire.append(delimiter)
        return wire
    }

    /// The frame between two delimiters.
    /// - Returns: nil for anything that isn't a whole, undamaged frame of a known kind.
    public static func decode(_ encoded: ArraySlice<UInt8>) -> Frame? {
        guard encoded.count > Frame.overhead, let plain = ZeroFreeCoding.decode(encoded),
            plain.count >= Frame.overhead
        else { return nil }
        let end = plain.count - 4
        guard CRC32.checksum(plain[..<end]) == plain.littleEndian32(at: end),
            let kind = Frame.Kind(rawValue: plain[0] & ~burstFlag)
        else { return nil }
        return Frame(
            kind, endsBurst: plain[0] & burstFlag != 0, tag: plain[1], session: plain.littleEndian32(at: 2),
            sequence: plain.littleEndian16(at: 6), offset: plain.littleEndian16(at: 8),
            total: plain.littleEndian16(at: 10), body: Array(plain[Frame.headLength..<end]))
    }
}

extension [UInt8] {
    mutating func appendLittleEndian(_ value: UInt16) {
        append(UInt8(truncatingIfNeeded: value))
        append(UInt8(truncatingIfNeeded: value >> 8))
    }

    mutating func appendLittleEndian(_ value: UInt32) {
        appendLittleEndian(UInt16(truncatingIfNeeded: value))
        appendLittleEndian(UInt16(truncatingIfNeeded: value >> 16))
    }

    func littleEndian16(at position: Int) -> UInt16 {
        UInt16(self[position]) | UInt16(self[position + 1]) << 8
    }

    func littleEndian32(at position: Int) -> UInt32 {
        UInt32(littleEndian16(at: position)) | UInt32(littleEndian16(at: position + 2)) << 16
    }
}
