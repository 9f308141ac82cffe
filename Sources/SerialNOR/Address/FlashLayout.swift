/// A named part of the chip.
public struct FlashRegion: Hashable, Sendable {
    /// What may become of a region's bytes.
    public enum Access: String, Hashable, Sendable, Codable {
        /// Images may be put there.
        case writable
        /// Nothing there is ever erased or programmed, not even to be restored afterwards.
        case kept
    }

    /// Unique within its layout.
    public var name: String
    /// Physical addresses.
    public var range: Range<Int>
    /// Whether images may go there.
    public var access: Access

    public init(name: String, range: Range<Int>, access: Access = .writable) {
        self.name = name
        self.range = range
        self.access = access
    }
}

/// All named parts of a chip. Every write is compared with every region of it, whether somebody chose the region
/// or not; a layout whose regions overlap cannot be made.
public struct FlashLayout: Hashable, Sendable {
    /// The name under which the system's bytes stand in every layout.
    public static let reservationName = "reservation"

    /// What the regions were checked against.
    public let geometry: FlashGeometry
    /// In order of address. The first is the reservation, which is always there and always kept.
    public let regions: [FlashRegion]

    /// - Parameter regions: the parts above the reservation, in any order. With none that is writable, all of the
    ///   user's bytes outside kept regions may be written.
    /// - Throws: `FlashRefusal` for overlaps, names used twice, and regions that are empty, in the reservation or
    ///   past the end.
    public init(geometry: FlashGeometry, regions: [FlashRegion] = []) throws(FlashRefusal) {
        var names: Set<String> = [Self.reservationName]
        for region in regions {
            guard !region.name.isEmpty, names.insert(region.name).inserted else {
                throw .regionName(region.name)
            }
            guard !region.range.isEmpty, region.range.lowerBound >= 0,
                region.range.upperBound <= geometry.chipSize
            else {
                throw .regionBounds(name: region.name, range: region.range, chipSize: geometry.chipSize)
            }
        }
        let reservation = FlashRegion(name: Self.reservationName, range: geometry.reservation, access: .kept)
        let ordered = ([reservation] + regions).sorted {
            ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound)
        }
        for (lower, upper) in zip(ordered, ordered.dropFirst()) where lower.range.overlaps(upper.range) {
            throw .regionsOverlap(lower.name, upper.name, at: lower.range.clamped(to: upper.range))
        }
        self.geometry = geometry
        self.regions = ordered
    }

    /// The kept region that has bytes in `range`, if any.
    public func keptRegion(overlapping range: Range<Int>) -> FlashRegion? {
        regions.first { $0.access == .kept && $0.range.overlaps(range) }
    }

    /// Compares an image with every region.
    /// - Throws: `FlashRefusal.imageTouchesKept` or `.imageOutsideRegions`.
    func admit(_ image: FlashImage) throws(FlashRefusal) {
        let range = image.range.range
        if let kept = keptRegion(overlapping: range) {
            throw .imageTouchesKept(image: image.name, region: kept.name, at: kept.range.clamped(to: range))
        }
        let writable = regions.lazy.filter { $0.access == .writable }
        guard
            writable.isEmpty
                || writable.contains(where: {
                    $0.range.lowerBound <= range.lowerBound && range.upperBound <= $0.range.upperBound
                })
        else {
            throw .imageOutsideRegions(image: image.name, range: range)
        }
    }
}
