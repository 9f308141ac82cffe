/// A physical byte address among the user's bytes of one geometry: it cannot be made below the reservation or
/// past the end of the chip.
public struct FlashAddress: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// Bytes from the start of the chip.
    public let offset: Int
    /// What the address was checked against.
    public let geometry: FlashGeometry

    /// - Throws: `FlashRefusal.outsideUser` for an address in the reservation or past the end.
    public init(_ offset: Int, in geometry: FlashGeometry) throws(FlashRefusal) {
        guard geometry.user.contains(offset) else {
            throw .outsideUser(
                what: "address", range: offset..<(offset == .max ? offset : offset + 1),
                allowed: geometry.user)
        }
        self.offset = offset
        self.geometry = geometry
    }

    public static func < (left: Self, right: Self) -> Bool { left.offset < right.offset }
    public var description: String { Hexadecimal.address(offset) }
}

/// A non-empty run of the user's bytes: the authority without which nothing is erased or programmed.
public struct UserRange: Hashable, Sendable, CustomStringConvertible {
    /// Physical addresses.
    public let range: Range<Int>
    /// What the range was checked against.
    public let geometry: FlashGeometry

    /// - Throws: `FlashRefusal.outsideUser` unless every byte is the user's; `.emptyRange` for no bytes at all.
    public init(_ range: Range<Int>, in geometry: FlashGeometry) throws(FlashRefusal) {
        guard !range.isEmpty else { throw .emptyRange(at: range.lowerBound) }
        guard geometry.user.lowerBound <= range.lowerBound, range.upperBound <= geometry.user.upperBound
        else {
            throw .outsideUser(what: "range", range: range, allowed: geometry.user)
        }
        self.init(unchecked: range, geometry: geometry)
    }

    init(unchecked range: Range<Int>, geometry: FlashGeometry) {
        self.range = range
        self.geometry = geometry
    }

    /// First byte.
    public var lowerBound: Int { range.lowerBound }
    /// One past the last byte.
    public var upperBound: Int { range.upperBound }
    /// How many bytes.
    public var count: Int { range.count }
    public var description: String { Hexadecimal.range(range) }

    /// The smallest run of whole sectors that holds the range. It stays in the user area because both its ends
    /// lie on sector boundaries.
    public var wideningToSectors: UserRange {
        let size = FlashGeometry.sectorSize
        return UserRange(
            unchecked: range.lowerBound / size * size..<(range.upperBound + size - 1) / size * size,
            geometry: geometry)
    }
}
