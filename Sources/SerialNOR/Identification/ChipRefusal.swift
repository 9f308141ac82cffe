/// Why a chip was not accepted. Each case has its own sentence, made for the person at the slot.
public enum ChipRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// The ID reads all ones: the data line floats.
    case noAnswer
    /// The ID reads all zeros: the data line is held low.
    case shorted
    /// Two readings of the same thing differ.
    case unstable(what: String, first: String, second: String)
    /// The status register shows “busy” for longer than any operation takes.
    case staysBusy(status: UInt8)
    /// Not in the chip table and without SFDP.
    case unknownPart(JEDECID)
    /// Several parts share the ID, and they differ in what 20h erases.
    case ambiguous(JEDECID, candidates: [String])
    case tooSmall(bytes: Int)
    case tooLarge(bytes: Int)
    /// SFDP gives no size, or one that is no power of two.
    case oddCapacity(bytes: Int?)
    /// SFDP and ID say different sizes.
    case capacityDisputed(sfdp: Int, id: Int)
    /// The chip repeats its content at a power of two below the size that it claims.
    case capacityAliased(claimed: Int, real: Int)
    /// 4 KB can't be erased everywhere, or not with a command that is known.
    case noUniformSmallErase(JEDECID)
    /// SFDP says something about erasing that contradicts itself or every known part with this ID.
    case eraseDisputed(JEDECID, claim: String)
    /// Addresses of three bytes are not understood.
    case fourByteAddressesOnly
    /// Programs single bytes only.
    case noPageProgram
    /// Block-protect bits are set.
    case protected(register: Int, status: UInt8, mask: UInt8)
    /// The erase probe found no use of 20h at all.
    case eraseWithoutEffect(JEDECID)
    /// The erase probe could not put back what it had erased.
    case probeNotRestored(at: Int)
    /// The erase probe's block would reach into the reservation.
    case noRoomForProbe(block: Range<Int>, reservationEnd: Int)

    public var description: String {
        switch self {
        case .noAnswer:
            "The flash chip does not answer: its ID reads FF FF FF, so nothing drives the data line. Check that the unit is powered, seated, held in reset and that the chip is soldered."
        case .shorted:
            "The flash chip's ID reads 00 00 00: the data line is held low. Check for a short on MISO, for another chip that drives the bus, and that the module is held in reset."
        case .unstable(let what, let first, let second):
            "Two readings of the flash chip's \(what) differ (\(first), then \(second)): contact or clock is bad. Clean the probes, seat the unit again, or lower the SPI clock."
        case .staysBusy(let status):
            "The flash chip stays busy (status \(Hexadecimal.byte(status))h): switch the unit off and on; if it stays, replace the chip."
        case .unknownPart(let id):
            "The flash chip with ID \(id) is not in the chip table and has no SFDP tables, so what its commands erase is unknown. Fit a listed part or add it to the table from its data sheet."
        case .ambiguous(let id, let candidates):
            "The ID \(id) stands for \(candidates.joined(separator: ", ")), of which some erase 64 KB where others erase 4 KB, and the chip has no SFDP tables to tell. Fit another part, or allow the erase probe in the chip's last 64 KB."
        case .tooSmall(let bytes):
            "The flash chip has \(bytes / 1024) KB; the module needs at least 512 KB. Fit a larger chip."
        case .tooLarge(let bytes):
            "The flash chip has \(bytes / 1024) KB; the module uses 16384 KB at most. Fit a smaller chip."
        case .oddCapacity(let bytes):
            "The flash chip's SFDP table gives \(bytes.map { "a size of \($0) bytes, which is no power of two" } ?? "no usable size"). Fit a listed part."
        case .capacityDisputed(let sfdp, let id):
            "The flash chip's SFDP table says \(sfdp / 1024) KB, but its ID means \(id / 1024) KB. The chip may be a counterfeit or the contact bad: seat the unit again, then replace the chip."
        case .capacityAliased(let claimed, let real):
            "The flash chip claims \(claimed / 1024) KB, but repeats its content after \(real / 1024) KB: writing to its upper part would destroy the system. The chip is mislabelled: replace it."
        case .noUniformSmallErase(let id):
            "The flash chip with ID \(id) can't erase 4 KB over its whole range, which the module needs. Fit another part."
        case .eraseDisputed(let id, let claim):
            "The flash chip with ID \(id) says in its SFDP table that \(claim), which no known part does. Fit a listed part."
        case .fourByteAddressesOnly:
            "The flash chip understands four-byte addresses only; the module uses three. Fit a chip of 16 MB or less."
        case .noPageProgram:
            "The flash chip programs single bytes only, not pages. Fit another part."
        case .protected(let register, let status, let mask):
            "The flash chip is write-protected: status register \(register) reads \(Hexadecimal.byte(status))h, and the bits in \(Hexadecimal.byte(mask))h must be 0. The station never changes them: clear the protection with the chip maker's tool or fit a fresh chip."
        case .eraseWithoutEffect(let id):
            "The flash chip with ID \(id) did not erase its test sector: it may be protected by its WP# pin or defective. Check WP#, then replace the chip."
        case .probeNotRestored(let address):
            "After the erase probe the flash chip could not be put back as it was, first at \(Hexadecimal.address(address)): the chip is defective, replace it."
        case .noRoomForProbe(let block, let reservationEnd):
            "The erase probe needs \(Hexadecimal.range(block)), but the user's part starts at \(Hexadecimal.address(reservationEnd)). Fit another part."
        }
    }
}
