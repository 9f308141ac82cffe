/// One chip under one profile: which bytes are the system's, which are the product's.
///
/// impOS shows Squirrel *virtual* addresses that begin at 0 with the first byte above the reservation; the bus
/// sees *physical* ones. All ranges here are half open.
public struct FlashMap: Hashable, Sendable, CustomStringConvertible {
    public let profile: FlashProfile
    /// Bytes; a power of two within the profile's bounds.
    public let chipSize: UInt32

    /// - Parameter chipSize: in bytes, as SFDP or the chip table gives it.
    /// - Throws: `FlashMapError` when the chip is too small, too large, not a power of two, or has no room
    ///   for the product under this profile.
    public init(chipSize: UInt64, profile: FlashProfile = .release30) throws(FlashMapError) {
        if let fault = profile.fault { throw .unsoundProfile(name: profile.name, fault: fault) }
        guard chipSize >= UInt64(profile.minimumChipSize) else {
            throw .chipTooSmall(found: chipSize, minimum: profile.minimumChipSize)
        }
        guard let size = UInt32(exactly: chipSize), size <= profile.maximumChipSize else {
            throw .chipTooLarge(found: chipSize, maximum: profile.maximumChipSize)
        }
        guard size.nonzeroBitCount == 1 else { throw .notAPowerOfTwo(found: chipSize) }
        guard size > profile.reservation else {
            throw .noUserSpace(chipSize: size, reservation: profile.reservation)
        }
        self.chipSize = size
        self.profile = profile
    }

    /// Physical addresses that belong to the system.
    public var reservedRange: Range<UInt32> { 0..<profile.reservation }

    /// Physical addresses that the product may use.
    public var userRange: Range<UInt32> { profile.reservation..<chipSize }

    /// Virtual addresses that the product may use: 0 up to what `hardware.spiflash.size()` returns.
    public var virtualRange: Range<UInt32> { 0..<userSize }

    /// Bytes for the product.
    public var userSize: UInt32 { chipSize - profile.reservation }

    /// Sectors for the product: 16 on a 512 KB chip, 3984 on a 16 MB chip under Release 30.
    public var sectorCount: Int { Int(userSize / profile.sectorSize) }

    /// - Throws: `FlashMapError.virtualOutOfRange` for an address that is no byte of the product's.
    public func physical(virtual address: UInt32) throws(FlashMapError) -> UInt32 {
        guard virtualRange.contains(address) else { throw .virtualOutOfRange(address, end: userSize) }
        return address + profile.reservation
    }

    /// - Throws: `FlashMapError.physicalOutOfRange` for an address in the reservation or past the chip's end.
    public func virtual(physical address: UInt32) throws(FlashMapError) -> UInt32 {
        guard userRange.contains(address) else { throw .physicalOutOfRange(address, allowed: userRange) }
        return address - profile.reservation
    }

    /// The physical range of a virtual one. An empty range may lie at the very end.
    /// - Throws: `FlashMapError.virtualOutOfRange` naming the first address outside.
    public func physical(virtual range: Range<UInt32>) throws(FlashMapError) -> Range<UInt32> {
        guard range.lowerBound <= userSize else { throw .virtualOutOfRange(range.lowerBound, end: userSize) }
        guard range.upperBound <= userSize else { throw .virtualOutOfRange(userSize, end: userSize) }
        return (range.lowerBound + profile.reservation)..<(range.upperBound + profile.reservation)
    }

    public var description: String {
        """
        \(chipSize >> 10) KB chip, \(profile), product at physical \(Wording.address(userRange.lowerBound, digits: 6)) to \
        \(Wording.address(chipSize - 1, digits: 6)), \(sectorCount) sectors
        """
    }
}

/// Why a chip cannot be mapped or an address not be translated.
public enum FlashMapError: Error, Hashable, Sendable, CustomStringConvertible {
    case unsoundProfile(name: String, fault: String)
    case chipTooSmall(found: UInt64, minimum: UInt32)
    case chipTooLarge(found: UInt64, maximum: UInt32)
    case notAPowerOfTwo(found: UInt64)
    case noUserSpace(chipSize: UInt32, reservation: UInt32)
    case virtualOutOfRange(UInt32, end: UInt32)
    case physicalOutOfRange(UInt32, allowed: Range<UInt32>)

    public var description: String {
        switch self {
        case .unsoundProfile(let name, let fault):
            "Flash profile \(Wording.quoted(name)) contradicts itself: \(fault). Correct the profile."
        case .chipTooSmall(let found, let minimum):
            "The flash chip has \(found) bytes; an imp003 needs at least \(minimum) (\(minimum >> 10) KB). Fit a larger chip."
        case .chipTooLarge(let found, let maximum):
            "The flash chip has \(found) bytes; an imp003 takes at most \(maximum) (\(maximum >> 20) MB). Fit a smaller chip."
        case .notAPowerOfTwo(let found):
            "A flash chip of \(found) bytes does not exist: sizes are powers of two. Read the chip's SFDP again; the bus may be noisy."
        case .noUserSpace(let chipSize, let reservation):
            """
            A chip of \(chipSize >> 10) KB has nothing left above the reservation, which ends at \
            \(Wording.address(reservation, digits: 6)). Take a larger chip or another flash profile.
            """
        case .virtualOutOfRange(let address, let end):
            """
            Virtual flash address \(Wording.address(address, digits: 6)) does not exist: the product's are 0x000000 to \
            \(Wording.address(end - 1, digits: 6)). Move the data down or fit a larger chip.
            """
        case .physicalOutOfRange(let address, let allowed):
            """
            Physical flash address \(Wording.address(address, digits: 6)) is \
            \(address < allowed.lowerBound ? "inside the system's reservation" : "past the chip's end"): the product's are \
            \(Wording.address(allowed.lowerBound, digits: 6)) to \(Wording.address(allowed.upperBound - 1, digits: 6)).
            """
        }
    }
}
