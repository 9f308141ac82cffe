/// The start of a chip's Serial Flash Discoverable Parameters (JESD216): signature and revision, then a list of
/// where its tables are.
///
/// Nothing in it is trusted: lengths and pointers are used only to decide what to read next, and bounded.
public struct SFDPHeader: Hashable, Sendable {
    /// Where one parameter table lies, in SFDP's own address space.
    public struct Table: Hashable, Sendable {
        /// FF00h for the JEDEC basic table.
        public let id: UInt16
        public let major: UInt8
        public let minor: UInt8
        /// Dwords of four bytes.
        public let length: Int
        /// 24-bit address for 5Ah.
        public let pointer: Int
    }

    /// Bytes of the fixed part.
    static let fixedSize = 8
    /// Bytes of each table header.
    static let tableHeaderSize = 8
    /// More table headers than any part has; a chip that claims more is read up to here.
    static let mostTables = 32

    public let major: UInt8
    public let minor: UInt8
    /// How many table headers follow, 1 to 256.
    public let tableCount: Int

    /// - Parameter bytes: at least the first 8 from SFDP address 0.
    /// - Returns: nil without the signature "SFDP", or with a major revision other than 1.
    public init?(_ bytes: some Collection<UInt8>) {
        let start = Array(bytes.prefix(Self.fixedSize))
        guard start.count == Self.fixedSize, start[0...3].elementsEqual([0x53, 0x46, 0x44, 0x50]),
            start[5] == 1
        else {
            return nil
        }
        minor = start[4]
        major = start[5]
        tableCount = Int(start[6]) + 1
    }

    /// The JEDEC basic table of the highest minor revision among the headers, nil if none is usable.
    /// - Parameter headers: table headers as read from SFDP address 8 on; a last incomplete one is ignored.
    public static func basicTable(among headers: [UInt8]) -> Table? {
        var best: Table?
        for start in stride(from: 0, through: headers.count - tableHeaderSize, by: tableHeaderSize) {
            let header = Array(headers[start..<start + tableHeaderSize])
            let table = Table(
                id: UInt16(header[7]) << 8 | UInt16(header[0]), major: header[2], minor: header[1],
                length: Int(header[3]),
                pointer: Int(header[4]) | Int(header[5]) << 8 | Int(header[6]) << 16)
            guard isBasic(table, isFirst: start == 0), table.major == 1,
                table.length >= SFDPBasicTable.smallestLength
            else { continue }
            if best.map({ $0.minor < table.minor }) ?? true { best = table }
        }
        return best
    }

    /// The first header is the basic table by rule; before the rule about the ID's upper byte it had 00h there.
    private static func isBasic(_ table: Table, isFirst: Bool) -> Bool {
        table.id == 0xFF00 || (isFirst && table.id & 0xFF == 0)
    }
}
