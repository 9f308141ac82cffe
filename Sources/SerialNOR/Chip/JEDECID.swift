/// The three bytes that a chip answers to 9Fh.
public struct JEDECID: Hashable, Sendable, CustomStringConvertible {
    /// JEP106 maker code, without its bank.
    public var maker: UInt8
    /// The maker's product line.
    public var type: UInt8
    /// On the parts of `ChipCatalogue`, log2 of the size in bytes.
    public var capacity: UInt8

    public init(_ maker: UInt8, _ type: UInt8, _ capacity: UInt8) {
        self.maker = maker
        self.type = type
        self.capacity = capacity
    }

    /// - Returns: nil unless there are exactly three bytes.
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 3 else { return nil }
        let three = Array(bytes)
        self.init(three[0], three[1], three[2])
    }

    /// As they come over the wire.
    public var bytes: [UInt8] { [maker, type, capacity] }
    /// `EF 40 18`.
    public var description: String { Hexadecimal.bytes(bytes) }

    /// The size that the capacity byte stands for where the maker follows the custom; nil for values outside
    /// 64 KB to 1 GB, which no serial NOR part of that custom has.
    public var customarySize: Int? {
        (16...30).contains(capacity) ? 1 << Int(capacity) : nil
    }
}
