/// The serial NOR commands that this module sends, as opcodes and as whole frames.
///
/// All take 24-bit addresses, most significant byte first. Sources: the common command set of the data sheets
/// of the parts in `ChipCatalogue`, and JESD216 for 5Ah.
public enum SPICommand {
    /// Read JEDEC ID: maker, memory type, capacity.
    public static let readID: UInt8 = 0x9F
    /// Read electronic manufacturer and device ID (REMS): opcode and three bytes.
    public static let readREMS: UInt8 = 0x90
    /// Read SFDP: address and one dummy byte.
    public static let readSFDP: UInt8 = 0x5A
    /// Release from deep power-down; with three dummy bytes also reads the electronic signature.
    public static let wake: UInt8 = 0xAB
    /// Read status register 1.
    public static let readStatus: UInt8 = 0x05
    /// Read status register 2, on Winbond, GigaDevice and Spansion parts. **On Macronix and ISSI parts the same
    /// opcode switches the chip to four-wire commands**, so it goes out only where the part is known.
    public static let readStatus2: UInt8 = 0x35
    /// Read, for slow clocks: no dummy byte.
    public static let read: UInt8 = 0x03
    /// Read at any clock the chip allows: one dummy byte.
    public static let fastRead: UInt8 = 0x0B
    /// Write enable.
    public static let writeEnable: UInt8 = 0x06
    /// Write disable.
    public static let writeDisable: UInt8 = 0x04
    /// Page program: 1 to 256 bytes inside one page.
    public static let pageProgram: UInt8 = 0x02
    /// Sector erase, 4 KB on every part that is fit for use here, **64 KB on a few old ones**.
    public static let erase4K: UInt8 = 0x20
    /// ISSI's second opcode for the 4 KB erase.
    public static let erase4KAlias: UInt8 = 0xD7
    /// Block erase of 32 KB on some parts and **64 KB on others**.
    public static let erase32K: UInt8 = 0x52
    /// Block erase, 64 KB.
    public static let erase64K: UInt8 = 0xD8

    /// An opcode followed by a 24-bit address.
    static func frame(_ opcode: UInt8, at address: Int) -> [UInt8] {
        [
            opcode, UInt8(truncatingIfNeeded: address >> 16), UInt8(truncatingIfNeeded: address >> 8),
            UInt8(truncatingIfNeeded: address),
        ]
    }

    /// "Read `count` bytes from `address`", good at every clock.
    static func reading(at address: Int, count: Int) -> SPIOperation {
        .exchange(write: frame(fastRead, at: address) + [0], readCount: count)
    }

    /// What a read adds to the bytes it fetches: opcode, address, dummy.
    static let readOverhead = 5
    /// What a program adds to the bytes it carries: opcode and address.
    static let programOverhead = 4
    /// The longest page program that is ever sent, in bytes.
    static let largestPage = 256
}
