/// What kind of frame the judge let through; the next frame is judged with it.
public enum FrameKind: Hashable, Sendable {
    /// Changes nothing: reads, IDs, status, wake-up, write disable.
    case harmless
    case writeEnable
    case program
    case erase
}

/// The judgement over one frame.
public enum FrameVerdict: Hashable, Sendable {
    case admitted(FrameKind)
    case refused(GuardRefusal.Reason)
}

/// The rules at the wire, as a pure function: what is on the list, in exactly its shape, and out of reach of what
/// must stay, goes through; all else is refused.
///
/// The rules hold no state between batches and need none: a write enable goes through only together with the write
/// that follows it directly, so no batch leaves a chip write-enabled, and every write is judged by what it says itself.
public struct WireRules: Hashable, Sendable {
    /// How much may be written, as a value.
    enum Authority: Hashable, Sendable {
        /// Nothing.
        case none
        /// Page programs and 20h inside one 64 KB block of the user's, to find out how far 20h reaches.
        case probe(block: Range<Int>)
        /// The user's bytes of an identified chip.
        case user(FlashGeometry, pageSize: Int, erases: [EraseOperation])
    }

    let authority: Authority
    private let secondStatusOpcode: UInt8?

    init(authority: Authority, secondStatusOpcode: UInt8? = nil) {
        self.authority = authority
        self.secondStatusOpcode = secondStatusOpcode
    }

    /// Rules that let reads through only.
    public static let readOnly = WireRules(authority: .none)

    // MARK: Batches

    /// Judges a whole batch, before any of it is sent.
    /// - Returns: why it must not be sent, or nil when it may.
    public func refusal(of batch: [SPIOperation]) -> GuardRefusal? {
        var previous = FrameKind.harmless
        for (index, operation) in batch.enumerated() {
            let verdict: FrameVerdict
            var sent: [UInt8] = []
            switch operation {
            case .exchange(let write, let readCount):
                sent = write
                verdict = judge(write: write, readCount: readCount, after: previous)
            case .poll(let poll):
                sent = [poll.opcode]
                verdict = judge(poll, after: previous)
            case .pause(let duration):
                verdict =
                    duration < .zero ? .refused(.negativeCount) : judgeFollower(.harmless, after: previous)
            }
            switch verdict {
            case .admitted(let kind): previous = kind
            case .refused(let reason):
                return GuardRefusal(
                    index: index, opcode: sent.first, address: sent.count >= 4 ? Self.address(in: sent) : nil,
                    reason: reason)
            }
        }
        guard previous != .writeEnable else {
            return GuardRefusal(
                index: batch.count - 1, opcode: SPICommand.writeEnable, address: nil,
                reason: .danglingWriteEnable)
        }
        return nil
    }

    private func judge(_ poll: StatusPoll, after previous: FrameKind) -> FrameVerdict {
        guard isStatusRead(poll.opcode), poll.match & ~poll.mask == 0, poll.typical >= .zero,
            poll.limit >= .zero
        else {
            return .refused(.badPoll)
        }
        return judgeFollower(.harmless, after: previous)
    }

    private func isStatusRead(_ opcode: UInt8) -> Bool {
        opcode == SPICommand.readStatus || opcode == secondStatusOpcode
    }

    // MARK: Frames

    /// Judges one frame.
    /// - Parameters:
    ///   - write: the bytes that go out while chip select is low.
    ///   - readCount: how many are clocked in after them.
    ///   - previous: the kind of the operation directly before in the same batch; `.harmless` for the first.
    public func judge(write: [UInt8], readCount: Int, after previous: FrameKind) -> FrameVerdict {
        guard readCount >= 0 else { return .refused(.negativeCount) }
        guard let opcode = write.first else { return .refused(.emptyFrame) }
        let length = write.count
        switch opcode {
        case SPICommand.read, SPICommand.readREMS:
            return shape(length == 4 && readCount > 0, length, readCount, after: previous)
        case SPICommand.fastRead, SPICommand.readSFDP:
            return shape(length == 5 && readCount > 0, length, readCount, after: previous)
        case SPICommand.readID, SPICommand.readStatus:
            return shape(length == 1 && readCount > 0, length, readCount, after: previous)
        case SPICommand.wake:
            let exact = length == 1 && readCount == 0 || length == 4 && readCount > 0
            return shape(exact, length, readCount, after: previous)
        case SPICommand.writeDisable:
            return shape(length == 1 && readCount == 0, length, readCount, after: previous)
        case SPICommand.writeEnable:
            guard authority != .none else { return .refused(.readOnly) }
            guard length == 1, readCount == 0 else {
                return .refused(.wrongLength(sent: length, readCount: readCount))
            }
            return judgeFollower(.writeEnable, after: previous)
        case SPICommand.pageProgram:
            return judgeProgram(write, readCount, after: previous)
        case SPICommand.erase4K, SPICommand.erase4KAlias, SPICommand.erase32K, SPICommand.erase64K:
            return judgeErase(write, readCount, opcode, after: previous)
        default:
            if opcode == secondStatusOpcode {
                return shape(length == 1 && readCount > 0, length, readCount, after: previous)
            }
            return .refused(Self.reasonAgainst(opcode))
        }
    }

    private func shape(_ exact: Bool, _ length: Int, _ readCount: Int, after previous: FrameKind)
        -> FrameVerdict
    {
        guard exact else { return .refused(.wrongLength(sent: length, readCount: readCount)) }
        return judgeFollower(.harmless, after: previous)
    }

    /// A write enable and its write must not be torn apart, and neither goes out without the other.
    private func judgeFollower(_ kind: FrameKind, after previous: FrameKind) -> FrameVerdict {
        let isWrite = kind == .program || kind == .erase
        if isWrite != (previous == .writeEnable) {
            return .refused(isWrite ? .noWriteEnable : .danglingWriteEnable)
        }
        return .admitted(kind)
    }

    private func judgeProgram(_ write: [UInt8], _ readCount: Int, after previous: FrameKind) -> FrameVerdict {
        if authority == .none { return .refused(.readOnly) }
        let count = write.count - SPICommand.programOverhead
        guard readCount == 0, (1...SPICommand.largestPage).contains(count) else {
            return .refused(.wrongLength(sent: write.count, readCount: readCount))
        }
        let start = Self.address(in: write)
        let touched = start..<start + count
        let page: Int
        switch authority {
        case .none: return .refused(.readOnly)
        case .probe: page = SPICommand.largestPage
        case .user(_, let pageSize, _): page = pageSize
        }
        // A frame that wraps ends up at the start of its page, wherever the chip thinks that is: never let through,
        // even where the page is all the user's.
        guard start & (page - 1) + count <= page else {
            return .refused(.pageWrap(touched: touched, pageSize: page))
        }
        if let reason = reach(touched) { return .refused(reason) }
        return judgeFollower(.program, after: previous)
    }

    private func judgeErase(_ write: [UInt8], _ readCount: Int, _ opcode: UInt8, after previous: FrameKind)
        -> FrameVerdict
    {
        let size: Int
        let reachable: Int
        switch authority {
        case .none: return .refused(.readOnly)
        case .probe:
            guard opcode == SPICommand.erase4K else { return .refused(.unprovenErase) }
            (size, reachable) = (FlashGeometry.sectorSize, EraseOperation.largestErase)
        case .user(_, _, let erases):
            guard let erase = erases.first(where: { $0.opcode == opcode }) else {
                return .refused(.unprovenErase)
            }
            (size, reachable) = (erase.size, erase.largestPlausibleSize)
        }
        guard readCount == 0, write.count == 4 else {
            return .refused(.wrongLength(sent: write.count, readCount: readCount))
        }
        let address = Self.address(in: write)
        let start = address & ~(reachable - 1)
        if let reason = reach(start..<start + reachable) { return .refused(reason) }
        guard address & (size - 1) == 0 else { return .refused(.unaligned(size: size)) }
        return judgeFollower(.erase, after: previous)
    }

    /// What speaks against touching these bytes.
    private func reach(_ touched: Range<Int>) -> GuardRefusal.Reason? {
        switch authority {
        case .none: return .readOnly
        case .probe(let block):
            guard block.lowerBound <= touched.lowerBound, touched.upperBound <= block.upperBound else {
                return .outsideProbe(touched: touched, block: block)
            }
        case .user(let geometry, _, _):
            if touched.lowerBound < geometry.reservationEnd {
                return .reservation(touched: touched, end: geometry.reservationEnd)
            }
            if touched.upperBound > geometry.chipSize {
                return .pastEnd(touched: touched, chipSize: geometry.chipSize)
            }
        }
        return nil
    }

    private static func address(in frame: [UInt8]) -> Int {
        Int(frame[1]) << 16 | Int(frame[2]) << 8 | Int(frame[3])
    }

    /// A better word than “unknown” for commands that are known, and known to be unwelcome.
    private static func reasonAgainst(_ opcode: UInt8) -> GuardRefusal.Reason {
        switch opcode {
        case 0xC7, 0x60, 0x62, 0xC4: .chipErase
        case 0xB7, 0xE9, 0x12, 0x13, 0x0C, 0x21, 0x5C, 0xDC, 0x34, 0x3E, 0xC5, 0xC8, 0x17, 0x16, 0xCD:
            .fourByteAddressing
        case 0x01, 0x31, 0x11, 0x50, 0x36, 0x39, 0x98, 0x7E, 0x2F, 0xC0, 0x61, 0x81, 0xE0, 0xE1, 0xE2, 0xE4,
            0xE5:
            .registerWrite
        case 0x32, 0x38, 0xA2, 0xD2, 0x33, 0xAD, 0xAF, 0x0A, 0x84, 0xF2: .otherProgram
        case 0xB9, 0x75, 0x7A, 0xB0, 0x30, 0x42, 0x44, 0x48, 0xB1, 0xC1, 0x35, 0x56, 0xF5, 0xFF, 0x77:
            .modeChange
        case 0x66, 0x99, 0xF0: .reset
        default: .unknownOpcode
        }
    }
}
