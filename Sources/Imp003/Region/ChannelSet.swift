/// A set of 2.4 GHz channels, written as people write it: `1-11`, `1-11,13`, `none`.
public struct ChannelSet: SetAlgebra, Hashable, Sendable {
    public typealias Element = Channel

    /// Bit n - 1 stands for channel n; bits 14 and 15 are always clear.
    private var bits: UInt16

    public init() {
        bits = 0
    }

    private init(bits: UInt16) {
        self.bits = bits & 0x3FFF
    }

    /// - Returns: nil when a number is not 1 to 14.
    public init?(numbers: some Sequence<Int>) {
        self.init()
        for number in numbers {
            guard let channel = Channel(rawValue: number) else { return nil }
            insert(channel)
        }
    }

    /// Channels 1 to 14.
    public static let all = ChannelSet(bits: 0x3FFF)
    /// Channels 1 to 11, what FCC-style rules permit.
    public static let oneToEleven = ChannelSet(bits: 0x07FF)
    /// Channels 1 to 13, what most of the world permits.
    public static let oneToThirteen = ChannelSet(bits: 0x1FFF)

    private static func bit(_ channel: Channel) -> UInt16 {
        1 << UInt16(channel.rawValue - 1)
    }

    public func contains(_ member: Channel) -> Bool {
        bits & Self.bit(member) != 0
    }

    public func union(_ other: ChannelSet) -> ChannelSet { ChannelSet(bits: bits | other.bits) }
    public func intersection(_ other: ChannelSet) -> ChannelSet { ChannelSet(bits: bits & other.bits) }
    public func symmetricDifference(_ other: ChannelSet) -> ChannelSet { ChannelSet(bits: bits ^ other.bits) }

    public mutating func formUnion(_ other: ChannelSet) { self = union(other) }
    public mutating func formIntersection(_ other: ChannelSet) { self = intersection(other) }
    public mutating func formSymmetricDifference(_ other: ChannelSet) { self = symmetricDifference(other) }

    @discardableResult
    public mutating func insert(_ newMember: Channel) -> (inserted: Bool, memberAfterInsert: Channel) {
        let isNew = !contains(newMember)
        bits |= Self.bit(newMember)
        return (isNew, newMember)
    }

    @discardableResult
    public mutating func remove(_ member: Channel) -> Channel? {
        guard contains(member) else { return nil }
        bits &= ~Self.bit(member)
        return member
    }

    @discardableResult
    public mutating func update(with newMember: Channel) -> Channel? {
        let former = contains(newMember) ? newMember : nil
        bits |= Self.bit(newMember)
        return former
    }

    /// How many channels there are, 0 to 14.
    public var count: Int { bits.nonzeroBitCount }

    /// The channel numbers, ascending.
    public var numbers: [Int] { map(\.rawValue) }
}

extension ChannelSet: Sequence {
    /// The channels, ascending.
    public func makeIterator() -> IndexingIterator<[Channel]> {
        Channel.all.filter(contains).makeIterator()
    }
}

extension ChannelSet: CustomStringConvertible {
    /// Runs of channels with commas between: `1-11,13`; the empty set is `none`.
    public var description: String {
        guard !isEmpty else { return "none" }
        var runs: [ClosedRange<Int>] = []
        for number in numbers {
            if let last = runs.last, last.upperBound + 1 == number {
                runs[runs.count - 1] = last.lowerBound...number
            } else {
                runs.append(number...number)
            }
        }
        return runs.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
            .joined(separator: ",")
    }
}

extension ChannelSet {
    /// Reads `1-11`, `1,6,11`, `1-11, 13` and `none`. Blanks around numbers are ignored.
    /// - Throws: `ChannelSetError` for anything else, for channels outside 1 to 14, for a run written
    ///   backwards and for a channel named twice.
    public init(parsing text: some StringProtocol) throws(ChannelSetError) {
        self.init()
        let whole = Self.trimmed(text)
        if whole == "none" { return }
        guard !whole.isEmpty else { throw .empty }
        for item in whole.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = item.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
            let first = try Self.channel(ends[0], in: text)
            let last = ends.count == 2 ? try Self.channel(ends[1], in: text) : first
            guard first <= last else { throw .backwards(run: Self.trimmed(item)) }
            for number in first.rawValue...last.rawValue {
                guard let channel = Channel(rawValue: number), insert(channel).inserted else {
                    throw .namedTwice(channel: number, text: String(text))
                }
            }
        }
    }

    private static func channel(
        _ text: some StringProtocol, in whole: some StringProtocol
    ) throws(ChannelSetError) -> Channel {
        let number = trimmed(text)
        // `Int` alone would read "+1".
        guard !number.isEmpty, number.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            throw .malformed(text: String(whole))
        }
        guard let value = Int(number), let channel = Channel(rawValue: value) else {
            throw .outOfRange(number: number)
        }
        return channel
    }

    private static func trimmed(_ text: some StringProtocol) -> String {
        let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        guard let first = text.firstIndex(where: { !isBlank($0) }),
            let last = text.lastIndex(where: { !isBlank($0) })
        else { return "" }
        return String(text[first...last])
    }
}

extension ChannelSet: Codable {
    public init(from decoder: any Decoder) throws {
        try self.init(parsing: decoder.singleValueContainer().decode(String.self))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// Why a text is no channel set.
public enum ChannelSetError: Error, Hashable, Sendable, CustomStringConvertible {
    case empty
    case malformed(text: String)
    case outOfRange(number: String)
    case backwards(run: String)
    case namedTwice(channel: Int, text: String)

    public var description: String {
        switch self {
        case .empty:
            "A channel set is missing: write runs of channel numbers such as 1-11 or 1-11,13, or none."
        case .malformed(let text):
            "\(Wording.quoted(text)) is not a channel set: write runs of channel numbers such as 1-11 or 1-11,13, or none."
        case .outOfRange(let number):
            "Channel \(Wording.quoted(number)) does not exist at 2.4 GHz: channels are 1 to 14."
        case .backwards(let run):
            "The run \(Wording.quoted(run)) goes backwards: write the lower channel first."
        case .namedTwice(let channel, let text):
            "\(Wording.quoted(text)) names channel \(channel) twice: name each channel once."
        }
    }
}
