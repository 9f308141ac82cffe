/// A chip about which enough is known, from its own answers and from the catalogue, to erase and program it.
///
/// There is no public initialiser: the only way to one is `ChipIdentification`, and a `ReservationGuard` that lets
/// anything but reads through can only be made with one.
public struct ProvenChip: Hashable, Sendable, CustomStringConvertible {
    /// What the erase geometry rests on.
    public enum Evidence: Hashable, Sendable, CustomStringConvertible {
        /// The chip's own SFDP table, revision 1.`minor`, with this many dwords.
        case sfdp(minor: UInt8, dwords: Int)
        /// An ID that stands for one geometry only, in `ChipCatalogue`.
        case catalogue
        /// One sector was erased and its neighbours were seen to survive.
        case eraseProbe(at: Range<Int>)

        public var description: String {
            switch self {
            case .sfdp(let minor, let dwords): "SFDP 1.\(minor), \(dwords) dwords"
            case .catalogue: "chip table"
            case .eraseProbe(let block): "erase probe in \(Hexadecimal.range(block))"
            }
        }
    }

    /// What the chip answers to 9Fh.
    public let id: JEDECID
    /// The catalogue's names for the ID, or `unlisted part`.
    public let name: String
    /// Bytes.
    public let size: Int
    /// The most that one page program carries, in bytes; 256 or less.
    public let pageSize: Int
    /// Smallest first; the first erases 4096 bytes.
    public let erases: [EraseOperation]
    /// How long things take.
    public let timing: ChipTiming
    /// Which status bits matter.
    public let status: StatusLayout
    /// Where the erase geometry comes from.
    public let evidence: Evidence
    /// How far the part has been tried with this module.
    public let support: CataloguePart.Support

    init(
        id: JEDECID, name: String, size: Int, pageSize: Int, erases: [EraseOperation], timing: ChipTiming,
        status: StatusLayout, evidence: Evidence, support: CataloguePart.Support
    ) {
        self.id = id
        self.name = name
        self.size = size
        self.pageSize = pageSize
        self.erases = erases
        self.timing = timing
        self.status = status
        self.evidence = evidence
        self.support = support
    }

    /// The erase of one 4096-byte sector.
    public var smallErase: EraseOperation { erases[0] }

    public var description: String {
        let sizes = erases.map { "\($0.size / 1024) KB (\(Hexadecimal.byte($0.opcode))h)" }.joined(
            separator: ", ")
        return "\(name) [\(id)], \(size / 1024) KB, pages of \(pageSize), erases \(sizes); by \(evidence)"
    }
}
