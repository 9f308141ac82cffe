import NORChipModel
import SerialNOR
import Testing
import TimeAndChance

/// What a power cut leaves behind.
@Suite struct PowerCutTests {
    /// Each cell ends between what it was and what it was to become, nearer the latter the later the cut.
    @Test(arguments: 0..<20 as Range<Int>)
    func halfDoneErasesAreMonotone(step: Int) throws {
        let chip = NORChip(part: try #require(NORPart.named("W25Q16")), seed: UInt64(step))
        chip.fill(0..<0x2000, seed: 7)
        let before = chip.contents(0..<0x2000)
        _ = chip.exchange(write: [0x06], readCount: 0, at: .zero)
        _ = chip.exchange(write: [0x20, 0, 0, 0], readCount: 0, at: .zero)
        let instant = Duration.milliseconds(45) * step / 20
        chip.cutPower(at: instant)
        #expect(chip.exchange(write: [0x05], readCount: 1, at: instant) == [0xFF], "no supply, no answer")
        chip.applyPower(at: instant)
        #expect(chip.exchange(write: [0x05], readCount: 1, at: instant) == [0x00])
        let after = chip.contents(0..<0x2000)
        #expect(zip(before, after).allSatisfy { $0 & ~$1 == 0 }, "no one became zero")
        #expect(Array(after[0x1000...]) == Array(before[0x1000...]), "neighbours are untouched")
        let zeros = before[..<0x1000].reduce(0) { $0 + (~$1).nonzeroBitCount }
        let left = after[..<0x1000].reduce(0) { $0 + (~$1).nonzeroBitCount }
        let share = 1 - Double(left) / Double(zeros)
        #expect(abs(share - Double(step) / 20) < 0.1, "share \(share) at step \(step)")
    }

    @Test func halfDoneProgramsAreMonotone() throws {
        let chip = NORChip(part: try #require(NORPart.named("W25Q16")), seed: 3)
        chip.fill(0..<0x100, with: 0x7F)
        _ = chip.exchange(write: [0x06], readCount: 0, at: .zero)
        _ = chip.exchange(
            write: [0x02, 0, 0, 0] + [UInt8](repeating: 0x0F, count: 256), readCount: 0, at: .zero)
        chip.cutPower(at: .microseconds(200))
        chip.applyPower(at: .microseconds(200))
        let after = chip.contents(0..<0x100)
        #expect(after.allSatisfy { $0 & ~0x7F == 0 && $0 | 0x7F == 0x7F && $0 & 0x0F == 0x0F })
        #expect(Set(after).count > 2)
    }

    @Test func someCellsAreNeitherNor() throws {
        let chip = NORChip(part: try #require(NORPart.named("W25Q16")), seed: 3)
        chip.fill(0..<0x1000, with: 0)
        _ = chip.exchange(write: [0x06], readCount: 0, at: .zero)
        _ = chip.exchange(write: [0x20, 0, 0, 0], readCount: 0, at: .zero)
        chip.cutPower(at: .milliseconds(20))
        chip.applyPower(at: .milliseconds(20))
        #expect(chip.hasUnstableCells)
        let readings = (0..<8).map { _ in
            chip.exchange(write: [0x03, 0, 0, 0], readCount: 4096, at: .milliseconds(21))
        }
        #expect(Set(readings).count > 1)
        _ = chip.exchange(write: [0x06], readCount: 0, at: .milliseconds(22))
        _ = chip.exchange(write: [0x20, 0, 0, 0], readCount: 0, at: .milliseconds(22))
        chip.settle(at: .seconds(1))
        #expect(!chip.hasUnstableCells && chip.contents(0..<0x1000).allSatisfy { $0 == 0xFF })
    }

    @Test func theSameSeedLeavesTheSameRuins() throws {
        func ruins(_ seed: UInt64) throws -> [UInt8] {
            let chip = NORChip(part: try #require(NORPart.named("W25Q16")), seed: seed)
            chip.fill(0..<0x10000, with: 0)
            _ = chip.exchange(write: [0x06], readCount: 0, at: .zero)
            _ = chip.exchange(write: [0xD8, 0, 0, 0], readCount: 0, at: .zero)
            chip.cutPower(at: .milliseconds(60))
            return chip.contents(0..<0x10000)
        }
        #expect(try ruins(5) == ruins(5))
        #expect(try ruins(5) != ruins(6))
    }

    // MARK: Other faults

    @Test func wornSectorsKeepZerosAndTakeLonger() throws {
        let chip = NORChip(part: try #require(NORPart.named("W25Q16")), seed: 3)
        chip.faults.wearOut(sector: 1, seed: 4, bits: 5)
        _ = chip.exchange(write: [0x06], readCount: 0, at: .zero)
        _ = chip.exchange(write: [0x20, 0, 0x10, 0], readCount: 0, at: .zero)
        #expect(chip.busyUntil == .milliseconds(90))
        chip.settle(at: .seconds(1))
        let zeros = chip.contents(0x1000..<0x2000).reduce(0) { $0 + (~$1).nonzeroBitCount }
        #expect((1...5).contains(zeros))
    }

    @Test func stuckOnesAndStuckWires() throws {
        let chip = NORChip(part: try #require(NORPart.named("W25Q16")), timing: .none)
        chip.faults.stuckAtOne[0x10] = 0x80
        _ = chip.exchange(write: [0x06], readCount: 0, at: .zero)
        _ = chip.exchange(write: [0x02, 0, 0, 0x10, 0, 0], readCount: 0, at: .zero)
        #expect(chip.contents(0x10..<0x12) == [0x80, 0])
        chip.faults.stuckDataOut = 0x00
        #expect(chip.exchange(write: [0x9F], readCount: 3, at: .zero) == [0, 0, 0])
        #expect(chip.exchange(write: [0x04], readCount: 0, at: .zero) == [])
    }

    @Test func aSmallerChipRepeatsItself() throws {
        let chip = NORChip(part: try #require(NORPart.named("W25Q16")), timing: .none)
        chip.faults.realSize = 1 << 20
        chip.load([1, 2, 3], at: 0)
        #expect(chip.exchange(write: [0x03, 0x10, 0, 0], readCount: 3, at: .zero) == [1, 2, 3])
        _ = chip.exchange(write: [0x06], readCount: 0, at: .zero)
        _ = chip.exchange(write: [0x20, 0x10, 0, 0], readCount: 0, at: .zero)
        #expect(chip[0] == 0xFF)
    }
}
