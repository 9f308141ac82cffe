import NORChipModel
import SerialNOR
import Testing
import TimeAndChance

/// The model against what data sheets say, command by command.
@Suite struct NORChipTests {
    private func make(_ name: String = "W25Q16", timing: NORTiming = .typical, seed: UInt64 = 1) throws
        -> NORChip
    {
        NORChip(part: try #require(NORPart.named(name)), seed: seed, timing: timing)
    }

    private func frame(_ opcode: UInt8, _ address: Int, _ data: [UInt8] = []) -> [UInt8] {
        [opcode, UInt8(address >> 16 & 0xFF), UInt8(address >> 8 & 0xFF), UInt8(address & 0xFF)] + data
    }

    /// Write enable, the frame, and time enough.
    private func write(
        _ chip: NORChip, _ frame: [UInt8], at time: inout Duration, wait: Duration = .seconds(100)
    ) {
        _ = chip.exchange(write: [0x06], readCount: 0, at: time)
        _ = chip.exchange(write: frame, readCount: 0, at: time)
        time += wait
        chip.settle(at: time)
    }

    static let answers: [([UInt8], Int, [UInt8])] = [
        ([0x9F], 3, [0xEF, 0x40, 0x15]), ([0x9F], 4, [0xEF, 0x40, 0x15, 0xEF]),
        ([0x90, 0, 0, 0], 2, [0xEF, 0x14]),
        ([0x90, 0, 0, 1], 2, [0x14, 0xEF]), ([0xAB, 0, 0, 0], 1, [0x14]), ([0x05], 2, [0, 0]),
        ([0x35], 1, [0]),
        ([0x03, 0, 0, 0], 2, [0x11, 0x22]), ([0x0B, 0, 0, 0, 0], 2, [0x11, 0x22]),
        ([0x03, 0x1F, 0xFF, 0xFF], 3, [0x99, 0x11, 0x22]),
        ([0x03, 0xE0, 0, 0], 1, [0x11]), ([0x5A, 0, 0, 0, 0], 4, [0x53, 0x46, 0x44, 0x50]),
        ([0x5A, 0xFF, 0, 0, 0], 1, [0xFF]),
        ([0x03, 0, 0], 1, [0xFF]), ([0xEE], 2, [0xFF, 0xFF]), ([], 1, [0xFF]),
    ]

    @Test(arguments: answers)
    func answersToReads(write: [UInt8], count: Int, expected: [UInt8]) throws {
        let chip = try make()
        chip.load([0x11, 0x22], at: 0)
        chip[chip.part.size - 1] = 0x99
        #expect(chip.exchange(write: write, readCount: count, at: .zero) == expected)
    }

    @Test func programsAND() throws {
        let chip = try make()
        var time = Duration.zero
        write(chip, frame(0x02, 0x1000, [0xF0, 0x0F]), at: &time)
        write(chip, frame(0x02, 0x1000, [0x3C, 0xFF]), at: &time)
        #expect(chip.contents(0x1000..<0x1003) == [0x30, 0x0F, 0xFF])
    }

    @Test(arguments: [NORTiming.none, .typical])
    func programsWrapInTheirPage(timing: NORTiming) throws {
        let chip = try make(timing: timing)
        var time = Duration.zero
        write(chip, frame(0x02, 0x10FE, [1, 2, 3, 4]), at: &time)
        #expect(chip.contents(0x10FE..<0x1100) == [1, 2])
        #expect(chip.contents(0x1000..<0x1003) == [3, 4, 0xFF])
        #expect(chip[0x1100] == 0xFF)
        // Of more than a page the last 256 bytes count.
        write(chip, frame(0x02, 0x2000, [0x00, 0x00] + [UInt8](repeating: 0x55, count: 256)), at: &time)
        #expect(chip.contents(0x2000..<0x2100) == [UInt8](repeating: 0x55, count: 256))
        // Clocked on after its data, a program takes zeros from the idle line.
        _ = chip.exchange(write: [0x06], readCount: 0, at: time)
        _ = chip.exchange(write: frame(0x02, 0x3000, [0xAA]), readCount: 2, at: time)
        chip.settle(at: time + .seconds(1))
        #expect(chip.contents(0x3000..<0x3004) == [0xAA, 0, 0, 0xFF])
    }

    @Test func addressesWrapPastTheEnd() throws {
        let chip = try make(timing: .none)
        var time = Duration.zero
        write(chip, frame(0x02, 0x200000, [0x42]), at: &time)
        #expect(chip[0] == 0x42)
        write(chip, frame(0x20, 0x200FFF), at: &time)
        #expect(chip[0] == 0xFF)
    }

    static let erases: [(String, UInt8, Int, Range<Int>)] = [
        ("W25Q16", 0x20, 0x12345, 0x12000..<0x13000), ("W25Q16", 0x52, 0x1FFFF, 0x18000..<0x20000),
        ("W25Q16", 0xD8, 0x1FFFF, 0x10000..<0x20000), ("W25Q16", 0xC7, 0, 0..<0x200000),
        ("W25Q16", 0x60, 0, 0..<0x200000),
        ("W25Q16", 0xD7, 0x12345, 0..<0), ("IS25LP032", 0xD7, 0x12345, 0x12000..<0x13000),
        ("MX25L1605", 0x20, 0x12345, 0x10000..<0x20000), ("MX25L1605", 0x52, 0x12345, 0..<0),
        ("MX25L1606E", 0x52, 0x12345, 0x10000..<0x20000), ("S25FL164K", 0x52, 0x12345, 0..<0),
    ]

    @Test(arguments: erases)
    func erasesReachAsFarAsOnThePart(name: String, opcode: UInt8, address: Int, gone: Range<Int>) throws {
        let chip = try make(name)
        chip.fill(0..<0x200000, with: 0)
        var time = Duration.zero
        write(chip, opcode == 0xC7 || opcode == 0x60 ? [opcode] : frame(opcode, address), at: &time)
        for probe in [
            0, 0xFFF, 0x1000, 0x10000, 0x11FFF, 0x12000, 0x12FFF, 0x13000, 0x17FFF, 0x18000, 0x1FFFF, 0x20000,
            0x1FFFFF,
        ] {
            #expect(chip[probe] == (gone.contains(probe) ? 0xFF : 0), "\(String(probe, radix: 16))")
        }
    }

    @Test func writesNeedTheirEnableAndConsumeIt() throws {
        let chip = try make(timing: .none)
        _ = chip.exchange(write: frame(0x02, 0, [0]), readCount: 0, at: .zero)
        #expect(chip[0] == 0xFF && chip.counters.ignoredWrites == 1)
        _ = chip.exchange(write: [0x06], readCount: 0, at: .zero)
        #expect(chip.exchange(write: [0x05], readCount: 1, at: .zero) == [0x02])
        _ = chip.exchange(write: [0x04], readCount: 0, at: .zero)
        _ = chip.exchange(write: frame(0x20, 0), readCount: 0, at: .zero)
        #expect(chip.counters.erases4K == 0)
        _ = chip.exchange(write: [0x06, 0x00], readCount: 0, at: .zero)
        #expect(
            chip.exchange(write: [0x05], readCount: 1, at: .zero) == [0x00],
            "a write enable with a byte too many is none")
        _ = chip.exchange(write: [0x06], readCount: 0, at: .zero)
        _ = chip.exchange(write: frame(0x20, 0) + [0], readCount: 0, at: .zero)
        #expect(chip.counters.erases4K == 0, "nor is an erase")
    }

    @Test func aBusyChipAnswersStatusOnly() throws {
        let chip = try make()
        chip.fill(0..<0x1000, with: 0x12)
        _ = chip.exchange(write: [0x06], readCount: 0, at: .zero)
        _ = chip.exchange(write: frame(0x20, 0), readCount: 0, at: .milliseconds(1))
        let end = try #require(chip.busyUntil)
        #expect(end == .milliseconds(46))
        #expect(chip.exchange(write: [0x05], readCount: 1, at: .milliseconds(2)) == [0x01])
        #expect(chip.exchange(write: [0x9F], readCount: 1, at: .milliseconds(3)) == [0xFF])
        #expect(chip.exchange(write: [0x03, 0, 0, 0], readCount: 1, at: .milliseconds(4)) == [0xFF])
        _ = chip.exchange(write: [0x06], readCount: 0, at: .milliseconds(5))
        _ = chip.exchange(write: frame(0x02, 0x5000, [0]), readCount: 0, at: .milliseconds(6))
        #expect(chip.exchange(write: [0x05], readCount: 1, at: end - .nanoseconds(1)) == [0x01])
        #expect(chip.exchange(write: [0x05], readCount: 1, at: end) == [0x00])
        #expect(chip[0] == 0xFF && chip[0x5000] == 0xFF)
    }

    @Test func jitterStaysBetweenTypicalAndLongest() throws {
        let chip = try make(timing: .jittered, seed: 99)
        var time = Duration.zero
        var durations: Set<Duration> = []
        for _ in 0..<200 {
            _ = chip.exchange(write: [0x06], readCount: 0, at: time)
            _ = chip.exchange(write: frame(0x02, 0, [0]), readCount: 0, at: time)
            let end = try #require(chip.busyUntil)
            durations.insert(end - time)
            time = end
        }
        let limits = chip.part.timing.pageProgram
        #expect(durations.allSatisfy { $0 >= limits.typical && $0 <= limits.limit } && durations.count > 150)
    }

    static let protections: [(String, UInt8, UInt8, Range<Int>)] = [
        ("W25Q16", 0x04, 0, 0x1F0000..<0x200000), ("W25Q16", 0x24, 0, 0..<0x10000),
        ("W25Q16", 0x1C, 0, 0..<0x200000),
        ("W25Q16", 0x10, 0, 0x180000..<0x200000), ("W25Q16", 0x14, 0, 0x100000..<0x200000),
        ("W25Q16", 0x64, 0, 0..<0x1000), ("W25Q16", 0x00, 0x40, 0..<0x200000),
        ("W25Q16", 0x24, 0x40, 0x10000..<0x200000), ("MX25L1606E", 0x04, 0, 0x1F0000..<0x200000),
        ("MX25L1606E", 0x3C, 0, 0..<0x200000), ("W25Q16", 0x80, 0, 0..<0),
    ]

    @Test(arguments: protections)
    func protectedBytesAreSilentlyKept(name: String, status: UInt8, status2: UInt8, kept: Range<Int>) throws {
        let chip = try make(name, timing: .none)
        chip.statusRegister = status
        chip.statusRegister2 = status2
        var time = Duration.zero
        for address in [
            0, 0xFFF, 0x7000, 0xFF00, 0x10000, 0xFFF00, 0x100000, 0x17FF00, 0x180000, 0x1EFF00, 0x1F0000,
            0x1F8000, 0x1FF000,
        ] {
            write(chip, frame(0x02, address, [0]), at: &time)
            #expect(chip[address] == (kept.contains(address) ? 0xFF : 0), "\(String(address, radix: 16))")
        }
        write(chip, [0xC7], at: &time)
        #expect(chip.counters.chipErases == (kept.isEmpty ? 1 : 0))
    }

    /// On the 16 MB part the belts from the bottom are 256 KB, 512 KB, 1 MB and so on: 448 KB is not among them.
    @Test func noBeltFitsTheReservation() throws {
        let belts = (0..<0x80 as Range<UInt8>).map {
            BlockProtection.winbond.range(status: $0 << 1 & 0xFC, status2: 0, size: 16 << 20)
        }
        #expect(belts.contains(0..<0x40000) && belts.contains(0..<0x80000) && !belts.contains(0..<0x70000))
    }

    @Test func statusRegistersAreWrittenUnlessLocked() throws {
        let chip = try make()
        var time = Duration.zero
        _ = chip.exchange(write: [0x01, 0x1C], readCount: 0, at: time)
        #expect(chip.statusRegister == 0, "no write enable")
        write(chip, [0x01, 0x9C, 0x40], at: &time)
        #expect(chip.statusRegister == 0x9C && chip.statusRegister2 == 0x40)
        chip.faults.writeProtectPinLow = true
        write(chip, [0x01, 0x00], at: &time)
        #expect(chip.statusRegister == 0x9C)
        chip.faults.writeProtectPinLow = false
        write(chip, [0x01, 0x00, 0x00], at: &time)
        #expect(chip.statusRegister == 0)
        _ = chip.exchange(write: [0x50], readCount: 0, at: time)
        _ = chip.exchange(write: [0x01, 0x04], readCount: 0, at: time)
        #expect(chip.statusRegister == 0x04)
        chip.cutPower(at: time)
        chip.applyPower(at: time)
        #expect(chip.statusRegister == 0, "volatile bits do not outlast the supply")
    }

    @Test func deepPowerDownAndReset() throws {
        let chip = try make()
        _ = chip.exchange(write: [0xB9], readCount: 0, at: .zero)
        #expect(chip.exchange(write: [0x9F], readCount: 3, at: .zero) == [0xFF, 0xFF, 0xFF])
        _ = chip.exchange(write: [0xAB], readCount: 0, at: .zero)
        #expect(chip.exchange(write: [0x9F], readCount: 1, at: .zero) == [0xEF])
        // A reset counts only directly after its enable, and breaks off what goes on.
        chip.fill(0..<0x1000, with: 0)
        _ = chip.exchange(write: [0x06], readCount: 0, at: .zero)
        _ = chip.exchange(write: frame(0x20, 0), readCount: 0, at: .zero)
        _ = chip.exchange(write: [0x66], readCount: 0, at: .milliseconds(10))
        _ = chip.exchange(write: [0x05], readCount: 1, at: .milliseconds(10))
        _ = chip.exchange(write: [0x99], readCount: 0, at: .milliseconds(10))
        #expect(chip.busyUntil != nil)
        _ = chip.exchange(write: [0x66], readCount: 0, at: .milliseconds(20))
        _ = chip.exchange(write: [0x99], readCount: 0, at: .milliseconds(20))
        #expect(chip.busyUntil == nil)
        let bytes = chip.contents(0..<0x1000)
        #expect(bytes.contains { $0 != 0xFF } && bytes.contains { $0 != 0 })
    }

    /// 35h is a status read on some makers' parts and a way out of single-wire commands on others'.
    @Test(arguments: [("W25Q16", true), ("MX25R6435F", false), ("IS25LP032", false)])
    func opcode35(name: String, isHarmless: Bool) throws {
        let chip = try make(name)
        _ = chip.exchange(write: [0x35], readCount: 1, at: .zero)
        #expect((chip.exchange(write: [0x9F], readCount: 1, at: .zero) != [0xFF]) == isHarmless)
        chip.cutPower(at: .zero)
        #expect(chip.exchange(write: [0x9F], readCount: 1, at: .zero) == [0xFF])
        chip.applyPower(at: .zero)
        #expect(chip.exchange(write: [0x9F], readCount: 1, at: .zero) != [0xFF])
    }
}
