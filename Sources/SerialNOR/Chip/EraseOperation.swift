/// One way to erase, as it is known for a chip.
public struct EraseOperation: Hashable, Sendable {
    /// The command.
    public let opcode: UInt8
    /// What the command erases, in bytes; the block that holds the given address.
    public let size: Int
    /// What it could erase if the source of `size` were wrong: the guard rounds addresses down with this. 64 KB
    /// unless two independent sources agree on something smaller, since 20h and 52h erase 64 KB on some parts.
    public let largestPlausibleSize: Int

    init(opcode: UInt8, size: Int, largestPlausibleSize: Int) {
        self.opcode = opcode
        self.size = size
        self.largestPlausibleSize = max(size, largestPlausibleSize)
    }

    /// Everything that could go if the command is sent with this address.
    func largestPlausibleReach(from address: Int) -> Range<Int> {
        let start = address & ~(largestPlausibleSize - 1)
        return start..<start + largestPlausibleSize
    }

    /// No erase command that this module sends reaches further on any known part.
    static let largestErase = 65536
}
