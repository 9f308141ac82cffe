/// A batch that was not sent, because one of its operations could hurt what must stay, or is none that is needed.
public struct GuardRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was wrong with the operation.
    public enum Reason: Hashable, Sendable {
        /// Not on the list of commands that are let through.
        case unknownOpcode
        /// Erases the whole chip, the reservation included.
        case chipErase
        /// Switches to addresses of four bytes, or uses them.
        case fourByteAddressing
        /// Would change status, protection or configuration registers.
        case registerWrite
        /// Programs over more than one wire, or by another command than page program.
        case otherProgram
        /// Deep power-down, suspend, resume, one-time-programmable areas, or switches to other modes.
        case modeChange
        /// An erase command whose reach on this chip was not proven.
        case unprovenErase
        /// Chip select without a byte sent.
        case emptyFrame
        /// More or fewer bytes than the command has.
        case wrongLength(sent: Int, readCount: Int)
        /// The bytes touched would reach into the reservation.
        case reservation(touched: Range<Int>, end: Int)
        /// The bytes touched would go past the chip's end, where many chips go on at address 0.
        case pastEnd(touched: Range<Int>, chipSize: Int)
        /// More bytes than are left in the page: the chip would go on at the page's start.
        case pageWrap(touched: Range<Int>, pageSize: Int)
        /// An erase at an address that is not the first of a block.
        case unaligned(size: Int)
        /// A guard that lets reads through only.
        case readOnly
        /// Outside the one block that an erase probe may use.
        case outsideProbe(touched: Range<Int>, block: Range<Int>)
        /// An erase or program that does not directly follow its write enable.
        case noWriteEnable
        /// A write enable that nothing follows which it enables.
        case danglingWriteEnable
        /// A software reset: it would break off an erase that the module itself may have begun in its own part just
        /// before it was held in reset.
        case reset
        /// A poll that would send something else than a status read, or never end.
        case badPoll
        /// A pause or a read of less than nothing.
        case negativeCount
    }

    /// Which operation of the batch, from 0.
    public let index: Int
    /// The first byte sent, if there is one.
    public let opcode: UInt8?
    /// The address sent, for commands that have one.
    public let address: Int?
    /// What was wrong.
    public let reason: Reason

    init(index: Int, opcode: UInt8?, address: Int?, reason: Reason) {
        self.index = index
        self.opcode = opcode
        self.address = address
        self.reason = reason
    }

    public var description: String {
        let command = opcode.map { "command \(Hexadecimal.byte($0))h" } ?? "operation"
        let place = address.map { " at \(Hexadecimal.address($0))" } ?? ""
        return
            "The flash guard stopped \(command)\(place) (operation \(index) of its batch; nothing of the batch was sent): \(reason.sentence) This is a mistake in the program, not in the unit: report it with this text."
    }
}

extension GuardRefusal.Reason {
    /// What is wrong and what would be right, as one sentence.
    var sentence: String {
        switch self {
        case .unknownOpcode: "it is not on the list of commands that are let through."
        case .chipErase: "it erases the whole chip with the system's reservation."
        case .fourByteAddressing: "only addresses of three bytes are let through."
        case .registerWrite: "status, protection and configuration registers are never changed."
        case .otherProgram: "only the single-wire page program (02h) may program."
        case .modeChange: "power-down, suspend, one-time-programmable areas and other modes are not used."
        case .unprovenErase: "how much it erases on this chip is not proven."
        case .emptyFrame: "it has no bytes."
        case .wrongLength(let sent, let readCount):
            "\(sent) bytes out and \(readCount) in is not the shape of this command."
        case .reservation(let touched, let end):
            "it could touch \(Hexadecimal.range(touched)), and everything below \(Hexadecimal.address(end)) is the system's."
        case .pastEnd(let touched, let chipSize):
            "it could touch \(Hexadecimal.range(touched)), but the chip ends at \(Hexadecimal.address(chipSize)) and would go on at address 0."
        case .pageWrap(let touched, let pageSize):
            "\(Hexadecimal.range(touched)) does not fit into one page of \(pageSize) bytes."
        case .unaligned(let size): "the address is not the start of a block of \(size) bytes."
        case .readOnly: "this guard lets reads through only; an identified chip is needed for more."
        case .outsideProbe(let touched, let block):
            "\(Hexadecimal.range(touched)) is outside \(Hexadecimal.range(block)), the only block that the erase probe may use."
        case .noWriteEnable: "an erase or program must directly follow its write enable (06h)."
        case .danglingWriteEnable:
            "a write enable must be directly followed by the erase or program that it is for."
        case .reset:
            "a reset could break off an erase that the module began in the reservation; wait until the chip is ready."
        case .badPoll:
            "a poll may only read the status register, with a mask and a time limit of zero or more."
        case .negativeCount: "a count or a pause is negative."
        }
    }
}
