import Testing

@testable import SerialNOR

@Suite struct WireRulesTests {
    private let rules: WireRules
    init() throws {
        let chip = provenChip(size: 1 << 20)
        rules = WireRules(
            authority: .user(
                try FlashGeometry(reservationEnd: 0x70000, chipSize: chip.size), pageSize: 256,
                erases: chip.erases),
            secondStatusOpcode: 0x35)
    }

    private func refusal(_ write: [UInt8], read: Int = 0, enabled: Bool = true) -> GuardRefusal.Reason? {
        let frame = SPIOperation.exchange(write: write, readCount: read)
        let batch = enabled ? [.exchange(write: [0x06], readCount: 0), frame] : [frame]
        return rules.refusal(of: batch)?.reason
    }

    @Test(
        arguments: [
            ([0x9F], 3), ([0x05], 1), ([0x05], 64), ([0x35], 1), ([0x03, 0, 0, 0], 16),
            ([0x03, 0xFF, 0xFF, 0xFF], 1),
            ([0x0B, 0x06, 0xFF, 0xFF, 0], 70000), ([0x5A, 0, 0, 0, 0], 8), ([0x90, 0, 0, 0], 2), ([0xAB], 0),
            ([0xAB, 0, 0, 0], 1), ([0x04], 0),
        ] as [([UInt8], Int)])
    func readsGoThrough(write: [UInt8], read: Int) {
        #expect(refusal(write, read: read, enabled: false) == nil)
    }

    @Test(
        arguments: [
            [0x20, 0x07, 0x00, 0x00], [0x20, 0x0F, 0xF0, 0x00], [0x52, 0x07, 0x00, 0x00],
            [0x52, 0x0F, 0x80, 0x00],
            [0xD8, 0x07, 0x00, 0x00], [0xD8, 0x0F, 0x00, 0x00], [0x02, 0x07, 0x00, 0x00, 0xAA],
            [0x02, 0x0F, 0xFF, 0xFF, 1],
            [0x02, 0x07, 0x00, 0x80] + [UInt8](repeating: 0, count: 128),
            [0x02, 0x0F, 0xFF, 0x00] + [UInt8](repeating: 0, count: 256),
        ] as [[UInt8]])
    func legalWritesGoThrough(write: [UInt8]) {
        #expect(refusal(write) == nil)
    }

    static let refused: [([UInt8], Int, GuardRefusal.Reason)] = [
        ([0xC7], 0, .chipErase), ([0x60], 0, .chipErase), ([0x62], 0, .chipErase),
        ([0x20, 0x06, 0xF0, 0x00], 0, .reservation(touched: 0x6F000..<0x70000, end: 0x70000)),
        ([0x20, 0x06, 0xFF, 0xFF], 0, .reservation(touched: 0x6F000..<0x70000, end: 0x70000)),
        ([0xD8, 0x06, 0x00, 0x00], 0, .reservation(touched: 0x60000..<0x70000, end: 0x70000)),
        ([0x52, 0x00, 0x00, 0x00], 0, .reservation(touched: 0..<0x8000, end: 0x70000)),
        ([0x20, 0x10, 0x00, 0x00], 0, .pastEnd(touched: 0x100000..<0x101000, chipSize: 0x100000)),
        ([0xD8, 0xFF, 0xFF, 0xFF], 0, .pastEnd(touched: 0xFF0000..<0x1000000, chipSize: 0x100000)),
        ([0x20, 0x07, 0x00, 0x01], 0, .unaligned(size: 4096)),
        ([0xD8, 0x07, 0x10, 0x00], 0, .unaligned(size: 65536)),
        ([0xD7, 0x07, 0x00, 0x00], 0, .unprovenErase),
        ([0x20, 0x07, 0x00], 0, .wrongLength(sent: 3, readCount: 0)),
        ([0x20], 0, .wrongLength(sent: 1, readCount: 0)),
        ([0x20, 0x07, 0x00, 0x00, 0x00], 0, .wrongLength(sent: 5, readCount: 0)),
        ([0x20, 0x07, 0x00, 0x00], 1, .wrongLength(sent: 4, readCount: 1)),
        ([0x02, 0x06, 0xFF, 0xFF, 1], 0, .reservation(touched: 0x6FFFF..<0x70000, end: 0x70000)),
        ([0x02, 0x10, 0x00, 0x00, 1], 0, .pastEnd(touched: 0x100000..<0x100001, chipSize: 0x100000)),
        ([0x02, 0x07, 0x00, 0xFF, 1, 2], 0, .pageWrap(touched: 0x700FF..<0x70101, pageSize: 256)),
        ([0x02, 0x07, 0x00, 0x00], 0, .wrongLength(sent: 4, readCount: 0)),
        ([0x02, 0x07], 0, .wrongLength(sent: 2, readCount: 0)),
        (
            [0x02, 0x07, 0x00, 0x00] + [UInt8](repeating: 0, count: 257), 0,
            .wrongLength(sent: 261, readCount: 0)
        ),
        ([0x02, 0x07, 0x00, 0x00, 1], 1, .wrongLength(sent: 5, readCount: 1)),
        ([0xB7], 0, .fourByteAddressing), ([0xE9], 0, .fourByteAddressing),
        ([0x17, 0x80], 0, .fourByteAddressing),
        ([0x12, 0, 0x07, 0, 0, 1], 0, .fourByteAddressing), ([0x21, 0, 0x07, 0, 0], 0, .fourByteAddressing),
        ([0xDC, 0, 0x07, 0, 0], 0, .fourByteAddressing), ([0xC5, 1], 0, .fourByteAddressing),
        ([0x01, 0], 0, .registerWrite), ([0x31, 0], 0, .registerWrite), ([0x11, 0], 0, .registerWrite),
        ([0x50], 0, .registerWrite),
        ([0x32, 0x07, 0, 0, 1], 0, .otherProgram), ([0x38, 0x07, 0, 0, 1], 0, .otherProgram),
        ([0xA2, 0x07, 0, 0, 1], 0, .otherProgram),
        ([0xB9], 0, .modeChange), ([0x75], 0, .modeChange), ([0x7A], 0, .modeChange),
        ([0x42, 0, 0, 0, 1], 0, .modeChange),
        ([0x66], 0, .reset), ([0x99], 0, .reset), ([0xEE], 0, .unknownOpcode), ([], 0, .emptyFrame),
        ([0x9F], 0, .wrongLength(sent: 1, readCount: 0)),
        ([0x9F, 0], 3, .wrongLength(sent: 2, readCount: 3)),
        ([0x05], -1, .negativeCount), ([0x06, 0x00], 0, .wrongLength(sent: 2, readCount: 0)),
        ([0x03, 0, 0], 1, .wrongLength(sent: 3, readCount: 1)),
    ]

    /// Each alone and after a write enable: refused either way, with the same reason.
    @Test(arguments: refused)
    func hostileFramesAreRefused(write: [UInt8], read: Int, reason: GuardRefusal.Reason) {
        #expect(refusal(write, read: read, enabled: false) == reason)
        #expect(refusal(write, read: read, enabled: true) == reason)
    }

    @Test(arguments: [[0x20, 0x07, 0, 0], [0x02, 0x07, 0, 0, 1], [0x06], [0xC7]] as [[UInt8]])
    func theReadingGuardLetsNoWriteThrough(write: [UInt8]) {
        #expect(
            WireRules.readOnly.judge(write: write, readCount: 0, after: .harmless) != .admitted(.harmless))
        #expect(WireRules.readOnly.refusal(of: [.exchange(write: write, readCount: 0)]) != nil)
    }

    @Test func status2IsReadOnlyWhereItIsKnownToBeHarmless() {
        #expect(
            WireRules.readOnly.judge(write: [0x35], readCount: 1, after: .harmless) == .refused(.modeChange))
    }

    private static let enable = SPIOperation.exchange(write: [0x06], readCount: 0)
    private static let erase = SPIOperation.exchange(write: [0x20, 0x07, 0, 0], readCount: 0)
    private static let wait = SPIOperation.poll(StatusPoll(typical: .zero, limit: .seconds(1)))
    static let batches: [([SPIOperation], GuardRefusal.Reason?, Int)] = [
        ([], nil, 0), ([enable, erase, wait], nil, 0), ([enable, erase, wait, enable, erase, wait], nil, 0),
        ([erase], .noWriteEnable, 0), ([enable], .danglingWriteEnable, 0),
        ([enable, erase, enable], .danglingWriteEnable, 2),
        ([enable, wait, erase], .danglingWriteEnable, 1),
        ([enable, .pause(.zero), erase], .danglingWriteEnable, 1),
        ([enable, enable, erase], .danglingWriteEnable, 1), ([enable, erase, erase], .noWriteEnable, 2),
        ([.pause(.seconds(-1))], .negativeCount, 0),
        ([.poll(StatusPoll(opcode: 0xC7, typical: .zero, limit: .zero))], .badPoll, 0),
        ([.poll(StatusPoll(opcode: 0x05, mask: 1, match: 2, typical: .zero, limit: .zero))], .badPoll, 0),
        ([.poll(StatusPoll(typical: .zero, limit: .seconds(-1)))], .badPoll, 0),
        ([wait, wait, .exchange(write: [0xC7], readCount: 0)], .chipErase, 2),
    ]

    @Test(arguments: batches)
    func batchesAreJudgedWhole(batch: [SPIOperation], reason: GuardRefusal.Reason?, index: Int) {
        let refusal = rules.refusal(of: batch)
        #expect(refusal?.reason == reason)
        if let refusal { #expect(refusal.index == index) }
    }

    /// 20h may erase 64 KB in truth: while only one source says 4 KB, the block shared with the reservation is out of reach.
    @Test func unconfirmedErasesAreRoundedDownFurther() throws {
        let geometry = try FlashGeometry(reservationEnd: 0x74000, chipSize: 1 << 20)
        let unconfirmed = WireRules(
            authority: .user(
                geometry, pageSize: 256,
                erases: [EraseOperation(opcode: 0x20, size: 4096, largestPlausibleSize: 65536)]))
        func verdict(_ address: Int) -> FrameVerdict {
            unconfirmed.judge(write: SPICommand.frame(0x20, at: address), readCount: 0, after: .writeEnable)
        }
        #expect(verdict(0x74000) == .refused(.reservation(touched: 0x70000..<0x80000, end: 0x74000)))
        #expect(verdict(0x80000) == .admitted(.erase))
    }

    @Test func refusalsSayWhatWasStopped() {
        let refusal = rules.refusal(of: [Self.enable, .exchange(write: [0xD8, 0x06, 0, 0], readCount: 0)])
        for word in ["D8h", "0x060000", "operation 1", "0x070000"] {
            #expect(refusal?.description.contains(word) == true)
        }
    }
}
