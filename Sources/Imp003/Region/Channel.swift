/// A 20 MHz channel of the 2.4 GHz band, 1 to 14 (IEEE 802.11, clause 15).
public struct Channel: RawRepresentable, Hashable, Sendable, Comparable, CustomStringConvertible {
    public let rawValue: Int

    /// - Returns: nil unless 1 to 14.
    public init?(rawValue: Int) {
        guard (1...14).contains(rawValue) else { return nil }
        self.rawValue = rawValue
    }

    private init(unchecked number: Int) {
        rawValue = number
    }

    /// All fourteen, ascending.
    public static let all: [Channel] = (1...14).map(Channel.init(unchecked:))

    /// 2407 + 5n MHz for channels 1 to 13; 2484 MHz for channel 14, which stands apart from the raster.
    public var centerFrequencyMHz: Int {
        rawValue == 14 ? 2484 : 2407 + 5 * rawValue
    }

    /// The 20 MHz that the channel occupies, in kHz.
    var occupiedKHz: Range<UInt32> {
        let center = UInt32(centerFrequencyMHz) * 1000
        return (center - 10_000)..<(center + 10_000)
    }

    public var description: String { String(rawValue) }

    public static func < (left: Channel, right: Channel) -> Bool {
        left.rawValue < right.rawValue
    }
}

extension Channel: ExpressibleByIntegerLiteral {
    /// For literals in source only; a number from outside goes through `init?(rawValue:)`.
    public init(integerLiteral value: Int) {
        precondition((1...14).contains(value), "2.4 GHz channels are 1 to 14")
        rawValue = value
    }
}

extension Channel: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let number = try container.decode(Int.self)
        guard let channel = Channel(rawValue: number) else {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription: ChannelSetError.outOfRange(number: String(number)).description)
        }
        self = channel
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }
}
