/// How a chip is divided: the system's reservation from address 0, and the user's bytes from there to the end.
///
/// A geometry is the measure that every `FlashAddress` and `UserRange` is made with. Since none can be made with
/// a reservation smaller than `smallestReservation`, no range can be made that reaches below it.
public struct FlashGeometry: Hashable, Sendable {
    /// 448 KB: what impOS Release 30 keeps for itself on an imp003 (Release 30 notes). A profile may reserve more,
    /// never less.
    public static let smallestReservation = 0x70000
    /// The smallest chip that the module starts from, in bytes.
    public static let smallestChip = 512 * 1024
    /// The largest chip that 24-bit addresses reach, in bytes.
    public static let largestChip = 16 * 1024 * 1024
    /// The unit in which everything is erased, in bytes.
    public static let sectorSize = 4096

    /// First byte that belongs to the user, as a physical address.
    public let reservationEnd: Int
    /// Bytes on the chip.
    public let chipSize: Int

    /// - Parameters:
    ///   - reservationEnd: at least `smallestReservation`, on a sector boundary, below `chipSize`.
    ///   - chipSize: a power of two from 512 KB to 16 MB.
    /// - Throws: `FlashRefusal.reservation` or `.chipSize`.
    public init(reservationEnd: Int, chipSize: Int) throws(FlashRefusal) {
        guard (Self.smallestChip...Self.largestChip).contains(chipSize), chipSize & (chipSize - 1) == 0 else {
            throw .chipSize(chipSize)
        }
        guard reservationEnd >= Self.smallestReservation, reservationEnd % Self.sectorSize == 0,
            reservationEnd < chipSize
        else {
            throw .reservation(end: reservationEnd, chipSize: chipSize)
        }
        self.reservationEnd = reservationEnd
        self.chipSize = chipSize
    }

    /// The system's bytes.
    public var reservation: Range<Int> { 0..<reservationEnd }
    /// The user's bytes, as physical addresses.
    public var user: Range<Int> { reservationEnd..<chipSize }
    /// How many bytes are the user's.
    public var userBytes: Int { chipSize - reservationEnd }
    /// All of the user's bytes as a range that may be erased and programmed.
    public var wholeUserRange: UserRange { UserRange(unchecked: user, geometry: self) }
}
