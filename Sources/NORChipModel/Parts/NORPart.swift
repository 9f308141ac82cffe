import SerialNOR

/// A kind of chip, as data: what it answers and how its commands behave.
public struct NORPart: Sendable, Hashable {
    /// What 35h does.
    public enum Opcode35: Sendable, Hashable {
        case readsStatus2
        /// Commands are from then on expected on four wires: one wire is not understood any more.
        case entersFourWireMode
        case ignored
    }

    public var name: String
    public var id: JEDECID
    /// Bytes; a power of two.
    public var size: Int
    /// Every block erase, with what it erases.
    public var erases: [CataloguePart.Erase]
    /// Besides C7h and 60h.
    public var erasesChipWith62 = false
    /// What 5Ah reads; nil for parts without.
    public var sfdp: [UInt8]?
    public var opcode35: Opcode35
    public var protection: BlockProtection
    /// Typical times, and as `limit` the longest.
    public var timing: ChipTiming
    /// What REMS and RES answer after the maker.
    public var deviceID: UInt8

    public init(
        name: String, id: JEDECID, size: Int, erases: [CataloguePart.Erase], sfdp: [UInt8]?,
        opcode35: Opcode35,
        protection: BlockProtection, timing: ChipTiming
    ) {
        self.name = name
        self.id = id
        self.size = size
        self.erases = erases
        self.sfdp = sfdp
        self.opcode35 = opcode35
        self.protection = protection
        self.timing = timing
        deviceID = id.capacity &- 1
    }

    /// The same part without SFDP.
    public var withoutSFDP: NORPart {
        var part = self
        part.sfdp = nil
        return part
    }

    /// The part with this name in `catalogue`, upper or lower case.
    public static func named(_ name: String) -> NORPart? {
        catalogue.first { $0.name.lowercased() == name.lowercased() }
    }
}

extension NORPart {
    private static let e20 = CataloguePart.Erase(0x20, 4096)
    private static let e20Large = CataloguePart.Erase(0x20, 65536)
    private static let eD7 = CataloguePart.Erase(0xD7, 4096)
    private static let e52 = CataloguePart.Erase(0x52, 32768)
    private static let e52Large = CataloguePart.Erase(0x52, 65536)
    private static let eD8 = CataloguePart.Erase(0xD8, 65536)

    private static let quick = times(page: 400, small: 45, half: 120, block: 150)
    private static let gigaDevice = times(page: 700, small: 50, half: 200, block: 280)
    private static let macronix = times(page: 1400, small: 60, half: 500, block: 1000)

    /// Parts that can be emulated: good ones of each maker, and some that a station must refuse.
    public static let catalogue: [NORPart] = [
        modern("W25Q16", 0xEF, 0x40, 0x15, [e20, e52, eD8], .readsStatus2, .winbond, quick),
        modern("W25Q32", 0xEF, 0x40, 0x16, [e20, e52, eD8], .readsStatus2, .winbond, quick),
        modern("W25Q64", 0xEF, 0x40, 0x17, [e20, e52, eD8], .readsStatus2, .winbond, quick),
        modern("W25Q128", 0xEF, 0x40, 0x18, [e20, e52, eD8], .readsStatus2, .winbond, quick),
        modern("GD25Q40", 0xC8, 0x40, 0x13, [e20, e52, eD8], .readsStatus2, .winbond, gigaDevice, dwords: 9),
        modern("GD25Q16", 0xC8, 0x40, 0x15, [e20, e52, eD8], .readsStatus2, .winbond, gigaDevice, dwords: 9),
        modern("MX25R6435F", 0xC2, 0x28, 0x17, [e20, e52, eD8], .entersFourWireMode, .blocksFromTop, quick),
        modern(
            "IS25LP032", 0x9D, 0x60, 0x16, [e20, e52, eD8, eD7], .entersFourWireMode, .blocksFromTop, quick),
        modern("S25FL164K", 0x01, 0x40, 0x17, [e20, eD8], .readsStatus2, .winbond, quick, dwords: 9),
        modern(
            "MX25L4006E", 0xC2, 0x20, 0x13, [e20, e52Large, eD8], .ignored, .blocksFromTop, macronix,
            dwords: 9),
        modern(
            "MX25L8006E", 0xC2, 0x20, 0x14, [e20, e52Large, eD8], .ignored, .blocksFromTop, macronix,
            dwords: 9),
        modern(
            "MX25L1606E", 0xC2, 0x20, 0x15, [e20, e52Large, eD8], .ignored, .blocksFromTop, macronix,
            dwords: 9),
        modern(
            "MX25L3206E", 0xC2, 0x20, 0x16, [e20, e52Large, eD8], .ignored, .blocksFromTop, macronix,
            dwords: 4),
        // The ID of the MX25L1606E and the MX25L3206E, but 20h erases 64 KB.
        old("MX25L1605", 0xC2, 0x20, 0x15, [e20Large, eD8]),
        old("MX25L3205", 0xC2, 0x20, 0x16, [e20Large, eD8]),
        // No SFDP, 4 KB erase, ID shared with the MX25L1605.
        old("MX25L1605D", 0xC2, 0x20, 0x15, [e20, eD8]),
        old("MX25L8005", 0xC2, 0x20, 0x14, [e20, e52Large, eD8]),
        // Too small, too large, and without a 4 KB erase everywhere.
        modern("W25X20", 0xEF, 0x30, 0x12, [e20, e52, eD8], .ignored, .winbond, quick, dwords: 9),
        modern("W25Q256", 0xEF, 0x40, 0x19, [e20, e52, eD8], .readsStatus2, .winbond, quick),
        modern("S25FL128S", 0x01, 0x20, 0x18, [eD8], .readsStatus2, .winbond, quick, uniform4K: false),
    ]

    private static func times(page: Int, small: Int, half: Int, block: Int) -> ChipTiming {
        ChipTiming(
            pageProgram: OperationTime(typical: .microseconds(page), limit: .microseconds(page * 4)),
            erase4K: OperationTime(typical: .milliseconds(small), limit: .milliseconds(small * 4)),
            erase32K: OperationTime(typical: .milliseconds(half), limit: .milliseconds(half * 3)),
            erase64K: OperationTime(typical: .milliseconds(block), limit: .milliseconds(block * 3)))
    }

    private static func modern(
        _ name: String, _ maker: UInt8, _ type: UInt8, _ capacity: UInt8, _ erases: [CataloguePart.Erase],
        _ opcode35: Opcode35, _ protection: BlockProtection, _ timing: ChipTiming, dwords: Int = 16,
        uniform4K: Bool = true
    ) -> NORPart {
        let size = 1 << Int(capacity)
        var sfdp = SFDPImage(size: size, erases: erases, timing: timing)
        sfdp.dwords = dwords
        sfdp.minor = dwords == 16 ? 6 : 0
        sfdp.uniform4K = uniform4K
        return NORPart(
            name: name, id: JEDECID(maker, type, capacity), size: size, erases: erases, sfdp: sfdp.bytes,
            opcode35: opcode35, protection: protection, timing: timing)
    }

    private static func old(
        _ name: String, _ maker: UInt8, _ type: UInt8, _ capacity: UInt8, _ erases: [CataloguePart.Erase]
    ) -> NORPart {
        NORPart(
            name: name, id: JEDECID(maker, type, capacity), size: 1 << Int(capacity), erases: erases,
            sfdp: nil,
            opcode35: .ignored, protection: .blocksFromTop, timing: macronix)
    }
}
