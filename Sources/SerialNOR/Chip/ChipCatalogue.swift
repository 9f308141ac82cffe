/// One row of the chip table.
public struct CataloguePart: Hashable, Sendable {
    /// How far a part has been tried.
    public enum Support: String, Hashable, Sendable, Codable {
        /// Identified, erased, programmed and verified on the chip model.
        case model
        /// Known from its data sheet only.
        case untested
        /// Not in the catalogue; all facts come from the chip itself.
        case unlisted
    }

    /// An erase command and what it erases on this part.
    public struct Erase: Hashable, Sendable {
        public let opcode: UInt8
        /// Bytes.
        public let size: Int

        public init(_ opcode: UInt8, _ size: Int) {
            self.opcode = opcode
            self.size = size
        }
    }

    public let name: String
    public let id: JEDECID
    /// Bytes.
    public let size: Int
    /// Every erase command of the part, 52h included; which of them are used is `ChipIdentification`'s affair.
    public let erases: [Erase]
    public let status: StatusLayout
    public let timing: ChipTiming
    public let support: Support

    /// Whether the part erases 4 KB anywhere with 20h.
    public var hasUniformSmallErase: Bool { erases.contains(Erase(SPICommand.erase4K, 4096)) }
}

/// The chip table: what is known about parts whose ID comes up in practice. It is the second source; the first is
/// the chip's SFDP. Sources: data sheets, and flashrom's published chip definitions for which command erases what.
public enum ChipCatalogue {
    private static let e20 = CataloguePart.Erase(0x20, 4096)
    private static let e52 = CataloguePart.Erase(0x52, 32768)
    private static let e52Large = CataloguePart.Erase(0x52, 65536)
    private static let eD7 = CataloguePart.Erase(0xD7, 4096)
    private static let eD8 = CataloguePart.Erase(0xD8, 65536)
    /// MX25L1605 and MX25L3205: the "4 KB" opcode erases 64 KB.
    private static let e20Large = CataloguePart.Erase(0x20, 65536)

    /// 1.4 ms and 60 ms and 1 s typical, 5 ms and 120 ms and 2 s at most (KH25L8005 data sheet); limits are twice that.
    private static let macronixL = ChipTiming(
        pageProgram: OperationTime(typical: .microseconds(1400), limit: .milliseconds(10)),
        erase4K: OperationTime(typical: .milliseconds(60), limit: .milliseconds(240)),
        erase32K: ChipTiming.conservative.erase32K,
        erase64K: OperationTime(typical: .seconds(1), limit: .seconds(4)))
    /// Maxima 240 ms, 3 s, 3.5 s (limits in public board drivers for the MX25R6435F); limits are twice that.
    private static let macronixR = ChipTiming(
        pageProgram: ChipTiming.conservative.pageProgram,
        erase4K: OperationTime(typical: .milliseconds(60), limit: .milliseconds(480)),
        erase32K: OperationTime(typical: .milliseconds(200), limit: .seconds(6)),
        erase64K: OperationTime(typical: .milliseconds(500), limit: .seconds(7)))
    /// 0.7 ms, 50 ms, 0.2 s, 0.28 s typical (GD25Q16 data sheet).
    private static let gigaDevice = ChipTiming(
        pageProgram: OperationTime(typical: .microseconds(700), limit: .milliseconds(10)),
        erase4K: OperationTime(typical: .milliseconds(50), limit: .milliseconds(1600)),
        erase32K: OperationTime(typical: .milliseconds(200), limit: .seconds(6)),
        erase64K: OperationTime(typical: .milliseconds(280), limit: .seconds(7)))

    /// All rows, grouped by maker. Several rows may share an ID: then the ID alone proves nothing.
    public static let parts: [CataloguePart] = macronix + winbond + giga + issi + spansion

    private static let macronix: [CataloguePart] = [
        row("MX25L4005", 0xC2, 0x20, 0x13, [e20, e52Large, eD8], .common, macronixL, .untested),
        row("MX25L4006E", 0xC2, 0x20, 0x13, [e20, e52Large, eD8], .common, macronixL, .model),
        row("MX25L8005", 0xC2, 0x20, 0x14, [e20, e52Large, eD8], .common, macronixL, .untested),
        row("MX25L8006E", 0xC2, 0x20, 0x14, [e20, e52Large, eD8], .common, macronixL, .model),
        row("MX25L1605", 0xC2, 0x20, 0x15, [e20Large, eD8], .common, macronixL, .model),
        row("MX25L1605A", 0xC2, 0x20, 0x15, [e20, e52Large, eD8], .common, macronixL, .untested),
        row("MX25L1605D", 0xC2, 0x20, 0x15, [e20, eD8], .common, macronixL, .untested),
        row("MX25L1606E", 0xC2, 0x20, 0x15, [e20, e52Large, eD8], .common, macronixL, .model),
        row("MX25L3205", 0xC2, 0x20, 0x16, [e20Large, eD8], .common, macronixL, .model),
        row("MX25L3205D", 0xC2, 0x20, 0x16, [e20, eD8], .common, macronixL, .untested),
        row("MX25L3206E", 0xC2, 0x20, 0x16, [e20, e52Large, eD8], .common, macronixL, .model),
        row("MX25R4035F", 0xC2, 0x28, 0x13, [e20, e52, eD8], .common, macronixR, .untested),
        row("MX25R8035F", 0xC2, 0x28, 0x14, [e20, e52, eD8], .common, macronixR, .untested),
        row("MX25R1635F", 0xC2, 0x28, 0x15, [e20, e52, eD8], .common, macronixR, .untested),
        row("MX25R3235F", 0xC2, 0x28, 0x16, [e20, e52, eD8], .common, macronixR, .untested),
        row("MX25R6435F", 0xC2, 0x28, 0x17, [e20, e52, eD8], .common, macronixR, .model),
    ]
    private static let winbond: [CataloguePart] = [
        row("W25Q80", 0xEF, 0x40, 0x14, [e20, e52, eD8], .winbond, .conservative, .untested),
        row("W25Q16", 0xEF, 0x40, 0x15, [e20, e52, eD8], .winbond, .conservative, .model),
        row("W25Q32", 0xEF, 0x40, 0x16, [e20, e52, eD8], .winbond, .conservative, .model),
        row("W25Q64", 0xEF, 0x40, 0x17, [e20, e52, eD8], .winbond, .conservative, .untested),
        row("W25Q128", 0xEF, 0x40, 0x18, [e20, e52, eD8], .winbond, .conservative, .model),
    ]
    private static let giga: [CataloguePart] = [
        row("GD25Q40", 0xC8, 0x40, 0x13, [e20, e52, eD8], .gigaDevice, gigaDevice, .model),
        row("GD25Q80", 0xC8, 0x40, 0x14, [e20, e52, eD8], .gigaDevice, gigaDevice, .untested),
        row("GD25Q16", 0xC8, 0x40, 0x15, [e20, e52, eD8], .gigaDevice, gigaDevice, .model),
        row("GD25Q32", 0xC8, 0x40, 0x16, [e20, e52, eD8], .gigaDevice, gigaDevice, .untested),
        row("GD25Q64", 0xC8, 0x40, 0x17, [e20, e52, eD8], .gigaDevice, gigaDevice, .untested),
        row("GD25Q128", 0xC8, 0x40, 0x18, [e20, e52, eD8], .gigaDevice, gigaDevice, .untested),
    ]
    private static let issi: [CataloguePart] = [
        row("IS25LP032", 0x9D, 0x60, 0x16, [e20, eD7, e52, eD8], .common, .conservative, .model)
    ]
    private static let spansion: [CataloguePart] = [
        row("S25FL116K", 0x01, 0x40, 0x15, [e20, eD8], .winbond, .conservative, .untested),
        row("S25FL132K", 0x01, 0x40, 0x16, [e20, eD8], .winbond, .conservative, .untested),
        row("S25FL164K", 0x01, 0x40, 0x17, [e20, eD8], .winbond, .conservative, .model),
    ]

    /// All rows with this ID.
    public static func candidates(for id: JEDECID) -> [CataloguePart] {
        parts.filter { $0.id == id }
    }

    /// Looks for rows that contradict themselves or each other.
    /// - Parameter rows: the table, unless a test wants to see a mistake found.
    /// - Returns: a sentence for each mistake; none when the table is sound.
    public static func selfCheck(_ rows: [CataloguePart] = parts) -> [String] {
        var mistakes: [String] = []
        var names: Set<String> = []
        for part in rows {
            if !names.insert(part.name).inserted { mistakes.append("\(part.name): listed twice") }
            if part.id.customarySize != part.size {
                mistakes.append("\(part.name): size and capacity byte disagree")
            }
            if !(FlashGeometry.smallestChip...FlashGeometry.largestChip).contains(part.size) {
                mistakes.append("\(part.name): size outside the module's range")
            }
            if Set(part.erases.map(\.opcode)).count != part.erases.count {
                mistakes.append("\(part.name): an erase opcode is listed twice")
            }
            if !part.erases.contains(eD8) { mistakes.append("\(part.name): no 64 KB erase") }
            for erase in part.erases where !plausible(erase) {
                mistakes.append(
                    "\(part.name): \(Hexadecimal.byte(erase.opcode))h can't erase \(erase.size) bytes")
            }
            if part.status.blockProtectMask & 0x83 != 0 || part.status.blockProtectMask == 0 {
                mistakes.append(
                    "\(part.name): block-protect mask covers busy, write-enable or lock bits, or nothing")
            }
            let times = [
                part.timing.pageProgram, part.timing.erase4K, part.timing.erase32K, part.timing.erase64K,
            ]
            for time in times where time.typical <= .zero || time.limit < time.typical {
                mistakes.append("\(part.name): a time limit is below the typical time")
            }
        }
        return mistakes
    }

    /// Which sizes each opcode stands for on any known part.
    static func plausible(_ erase: CataloguePart.Erase) -> Bool {
        switch erase.opcode {
        case SPICommand.erase4K: erase.size == 4096 || erase.size == 65536
        case SPICommand.erase4KAlias: erase.size == 4096
        case SPICommand.erase32K: erase.size == 32768 || erase.size == 65536
        case SPICommand.erase64K: erase.size == 65536
        default: false
        }
    }

    private static func row(
        _ name: String, _ maker: UInt8, _ type: UInt8, _ capacity: UInt8, _ erases: [CataloguePart.Erase],
        _ status: StatusLayout, _ timing: ChipTiming, _ support: CataloguePart.Support
    ) -> CataloguePart {
        let id = JEDECID(maker, type, capacity)
        return CataloguePart(
            name: name, id: id, size: id.customarySize ?? 0, erases: erases, status: status, timing: timing,
            support: support)
    }
}
