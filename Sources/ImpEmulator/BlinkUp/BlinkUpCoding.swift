import FactoryLink

/// How settings become light, as data.
///
/// The vendor publishes two frame rates (142 Hz with `BLINKUP_FAST`, else 60 Hz) and that one LED or one screen
/// flashes; the code itself is not published. What follows is a choice: frames of one bit, a preamble of
/// alternating frames for the receiver's clock, a sync word, then length, fields and CRC-32 with a frame of the other
/// level after each four equal ones, so that the light never stands still for long.
public struct BlinkUpCoding: Sendable, Equatable {
    /// Alternating frames before the sync word, the first one bright.
    public var preambleFrames = 24
    /// Marks where data begins; no run of equal frames in it is longer than three.
    public var syncWord: [Bool] = [1, 1, 0, 1, 0, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1, 1].map { $0 == 1 }
    /// After so many equal frames comes one of the other level.
    public var longestRun = 4
    /// Frames a second with `BLINKUP_FAST`.
    public static let fastRate = 142.0
    /// Frames a second without.
    public static let slowRate = 60.0

    public init() {}

    /// All frames of a packet, bright = true.
    public func frames(of packet: BlinkUpPacket) -> [Bool] {
        var frames = (0..<preambleFrames).map { $0 % 2 == 0 } + syncWord
        var run = 0
        var last: Bool?
        for byte in packet.encoded() {
            for shift in 0..<8 {
                let bit = byte >> shift & 1 == 1
                run = bit == last ? run + 1 : 1
                last = bit
                frames.append(bit)
                if run == longestRun {
                    frames.append(!bit)
                    last = !bit
                    run = 1
                }
            }
        }
        // The last edge shows where the last frame ends.
        frames.append(!(frames.last ?? false))
        frames.append(false)
        return frames
    }
}

/// What a BlinkUp carries.
public struct BlinkUpPacket: Sendable, Equatable {
    /// 1 to 32 bytes, or empty when WiFi is not used.
    public var ssid: [UInt8]
    /// Up to 64 bytes.
    public var password: [UInt8]
    /// Empty in factory enrolment.
    public var planID: [UInt8]
    /// Enrolment token; short-lived.
    public var token: [UInt8]

    public init(ssid: String, password: String, planID: String = "", token: String) {
        self.ssid = Array(ssid.utf8)
        self.password = Array(password.utf8)
        self.planID = Array(planID.utf8)
        self.token = Array(token.utf8)
    }

    /// 16-bit length, four fields with their lengths in front, CRC-32; little-endian.
    func encoded() -> [UInt8] {
        var fields: [UInt8] = []
        for field in [ssid, password, planID, token] {
            let field = field.prefix(255)
            fields += [UInt8(field.count)] + field
        }
        let head = [UInt8(fields.count & 0xFF), UInt8(fields.count >> 8)]
        return head + fields + CRC32.checksum(fields).littleEndianBytes
    }

    /// - Parameter bytes: everything behind the length.
    /// - Returns: nil when the checksum or a length is wrong.
    init?(decoding bytes: [UInt8]) {
        guard bytes.count >= 8 else { return nil }
        let fields = Array(bytes.dropLast(4))
        guard CRC32.checksum(fields) == UInt32(littleEndian: bytes.suffix(4)) else { return nil }
        var parts: [[UInt8]] = []
        var rest = fields[...]
        while let count = rest.first {
            guard rest.count > Int(count) else { return nil }
            parts.append(Array(rest.dropFirst().prefix(Int(count))))
            rest = rest.dropFirst(Int(count) + 1)
        }
        guard parts.count == 4 else { return nil }
        (ssid, password, planID, token) = (parts[0], parts[1], parts[2], parts[3])
    }
}
