/// Which status bits of a part protect its content.
public struct StatusLayout: Hashable, Sendable {
    /// Bits of status register 1 that protect a part of the array when any of them is set.
    public let blockProtectMask: UInt8
    /// The opcode that reads status register 2, on parts where that is known to be harmless; nil elsewhere.
    public let secondStatusOpcode: UInt8?
    /// Bits of status register 2 that turn the protection round, so that no block-protect bit means “all”.
    public let complementMask: UInt8

    public init(blockProtectMask: UInt8, secondStatusOpcode: UInt8? = nil, complementMask: UInt8 = 0) {
        self.blockProtectMask = blockProtectMask
        self.secondStatusOpcode = secondStatusOpcode
        self.complementMask = complementMask
    }

    /// BP0-BP3 in bits 2-5, as on most parts. A set bit that means something else on an unknown part makes the
    /// station refuse it, which is the safe mistake.
    public static let common = StatusLayout(blockProtectMask: 0x3C)
    /// Winbond W25Q and Spansion S25FL1-K: BP0-BP2 in bits 2-4 (TB and SEC alone protect nothing), CMP is bit 6 of
    /// status register 2.
    public static let winbond = StatusLayout(
        blockProtectMask: 0x1C, secondStatusOpcode: 0x35, complementMask: 0x40)
    /// GigaDevice GD25Q: BP0-BP4 in bits 2-6, CMP is bit 6 of status register 2.
    public static let gigaDevice = StatusLayout(
        blockProtectMask: 0x7C, secondStatusOpcode: 0x35, complementMask: 0x40)
}
