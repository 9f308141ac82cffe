/// How one release of impOS divides the SPI flash beside an imp003. Data, recorded with each job.
public struct FlashProfile: Codable, Hashable, Sendable, CustomStringConvertible {
    /// Short name for configuration files: `impos-30`.
    public let name: String
    /// Bytes at the bottom of the chip that belong to the system and are never addressable.
    public let reservation: UInt32
    /// The smallest chip that the release accepts, bytes.
    public let minimumChipSize: UInt32
    /// The largest chip that the release accepts, bytes.
    public let maximumChipSize: UInt32
    /// The erase granule that must work over the whole chip, bytes.
    public let sectorSize: UInt32

    public init(
        name: String, reservation: UInt32, minimumChipSize: UInt32 = 512 << 10,
        maximumChipSize: UInt32 = 16 << 20, sectorSize: UInt32 = 4096
    ) {
        self.name = name
        self.reservation = reservation
        self.minimumChipSize = minimumChipSize
        self.maximumChipSize = maximumChipSize
        self.sectorSize = sectorSize
    }

    /// impOS Release 30 on imp003: the first 448 KB are the system's (release notes).
    public static let release30 = FlashProfile(name: "impos-30", reservation: 0x70000)

    /// Keeps clear of the first 512 KB, where later pages of the vendor put the first user byte. A 512 KB chip
    /// has nothing left under it.
    public static let conservative = FlashProfile(name: "conservative", reservation: 0x80000)

    /// The profiles that ship.
    public static let all = [release30, conservative]

    /// What contradicts itself in these numbers, as a sentence; nil when the profile is sound.
    public var fault: String? {
        if sectorSize == 0 || sectorSize.nonzeroBitCount != 1 {
            return "sector size \(sectorSize) is not a power of two"
        }
        if reservation % sectorSize != 0 {
            return
                "reservation \(Wording.address(reservation, digits: 6)) is not a multiple of the sector size"
        }
        if minimumChipSize < sectorSize || minimumChipSize > maximumChipSize {
            return "the smallest chip, \(minimumChipSize) bytes, must lie between one sector and the largest"
        }
        return nil
    }

    public var description: String {
        "\(name) (first \(reservation >> 10) KB reserved)"
    }
}
