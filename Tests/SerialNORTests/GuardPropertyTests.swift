import NORChipModel
import Testing
import TimeAndChance

@testable import SerialNOR

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Hostile and legal traffic by chance against rules and chip. `NOR_FRAMES` sets the number of hostile frames of each run.
@Suite struct GuardPropertyTests {
    private static var frames: Int { getenv("NOR_FRAMES").flatMap { Int(String(cString: $0)) } ?? 300_000 }

    struct Setting: Sendable, CustomStringConvertible {
        var part: String
        var seed: UInt64
        var reservationEnd = 0x70000
        /// The rules believe that 20h erases 4 KB; on these parts it erases 64 KB.
        var lies = false
        var description: String { "\(part) seed \(seed)" }
    }

    static let settings = [
        Setting(part: "W25Q16", seed: 0x5EED_0001), Setting(part: "GD25Q40", seed: 0x5EED_0002),
        Setting(part: "IS25LP032", seed: 0x5EED_0003),
        Setting(part: "MX25L1605", seed: 0x5EED_0004, reservationEnd: 0x75000, lies: true),
    ]

    private func rules(_ setting: Setting, _ part: NORPart) throws -> WireRules {
        let erases = part.erases.map {
            EraseOperation(
                opcode: $0.opcode, size: setting.lies && $0.opcode == 0x20 ? 4096 : $0.size,
                largestPlausibleSize: setting.lies ? 65536 : $0.size)
        }
        return WireRules(
            authority: .user(
                try FlashGeometry(reservationEnd: setting.reservationEnd, chipSize: part.size), pageSize: 256,
                erases: erases))
    }

    @Test(arguments: settings)
    func hostileTrafficNeverChangesTheReservation(setting: Setting) throws {
        let part = try #require(NORPart.named(setting.part))
        let rules = try rules(setting, part)
        var traffic = HostileTraffic(
            seed: setting.seed, chipSize: part.size, reservationEnd: setting.reservationEnd)
        let chip = NORChip(part: part, seed: setting.seed, timing: .typical)
        chip.faults.takesOverlongFrames = true
        chip.fill(0..<part.size, seed: setting.seed)
        let before = chip.contents(0..<setting.reservationEnd)
        var now = Duration.zero
        var sent = 0
        var writes = 0
        var generated = 0
        while generated < Self.frames {
            let batch = traffic.batch()
            generated += batch.count
            if rules.refusal(of: batch) != nil { continue }
            for case .exchange(let write, let readCount) in batch {
                now += traffic.patience()
                _ = chip.exchange(write: write, readCount: readCount, at: now)
                sent += 1
            }
            if batch.count > 1 { writes += 1 }
            if writes & 0xFFF == 1 {
                expectSame(chip.contents(0..<setting.reservationEnd), before, "seed \(setting.seed)")
            }
        }
        expectSame(chip.contents(0..<setting.reservationEnd), before, "seed \(setting.seed)")
        let counters = chip.counters
        #expect(counters.chipErases == 0)
        #expect(chip.statusRegister & 0xFC == 0)
        // The traffic must have had a chance: writes went through, and much was refused.
        #expect(sent > Self.frames / 50 && sent < Self.frames * 9 / 10, "\(sent) of \(generated)")
        #expect(counters.pagesProgrammed + counters.erases4K + counters.erases64K > Self.frames / 1000)
    }

    /// The same traffic without the rules does destroy the reservation: the test above can fail.
    @Test func withoutTheGuardTheSameTrafficDestroysTheReservation() throws {
        let setting = Self.settings[0]
        let part = try #require(NORPart.named(setting.part))
        var traffic = HostileTraffic(
            seed: setting.seed, chipSize: part.size, reservationEnd: setting.reservationEnd)
        let chip = NORChip(part: part, seed: setting.seed, timing: .none)
        chip.fill(0..<part.size, seed: setting.seed)
        let before = chip.contents(0..<setting.reservationEnd)
        for _ in 0..<2000 {
            for case .exchange(let write, let readCount) in traffic.batch() {
                _ = chip.exchange(write: write, readCount: readCount, at: .zero)
            }
        }
        let same = isSame(chip.contents(0..<setting.reservationEnd), before)
        #expect(!same)
    }

    @Test(arguments: settings.filter { !$0.lies })
    func legalTrafficIsNeverRefused(setting: Setting) throws {
        let part = try #require(NORPart.named(setting.part))
        let rules = try rules(setting, part)
        var chance = SeededGenerator(seed: setting.seed)
        let enable = SPIOperation.exchange(write: [0x06], readCount: 0)
        let wait = SPIOperation.poll(StatusPoll(typical: .milliseconds(1), limit: .seconds(1)))
        for round in 0..<Self.frames / 12 {
            let draw = chance.next()
            let user =
                setting.reservationEnd + Int(draw >> 8 & 0xFFFFFF) % (part.size - setting.reservationEnd)
            let batch: [SPIOperation]
            switch draw & 3 {
            case 0:
                let erase = part.erases[Int(draw >> 40) % part.erases.count]
                let start = max(user & ~(erase.size - 1), setting.reservationEnd)
                batch = [
                    enable, .exchange(write: SPICommand.frame(erase.opcode, at: start), readCount: 0), wait,
                ]
            case 1, 2:
                let count = 1 + Int(draw >> 40) % (256 - user & 0xFF)
                let data = [UInt8](repeating: UInt8(truncatingIfNeeded: draw >> 50), count: count)
                batch = [
                    enable, .exchange(write: SPICommand.frame(0x02, at: user) + data, readCount: 0), wait,
                ]
            default:
                let anywhere = Int(draw >> 32 & 0xFFFFFF)
                batch = [
                    SPICommand.reading(at: anywhere, count: 1 + Int(draw >> 20 & 0xFFF)),
                    .exchange(write: [0x9F], readCount: 3),
                    .exchange(write: [0x05], readCount: 1),
                ]
            }
            let refusal = rules.refusal(of: batch)
            #expect(refusal == nil, "round \(round) of seed \(setting.seed): \(batch)")
            if refusal != nil { return }
        }
    }
}

/// Batches that try hard: chip erases, blocks that round down, wraps, registers, four-byte modes, frames too short and
/// too long, each with and without its write enable.
struct HostileTraffic {
    private var chance: SeededGenerator
    private let edges: [Int]
    private let mask: Int

    init(seed: UInt64, chipSize: Int, reservationEnd: Int) {
        chance = SeededGenerator(seed: seed)
        mask = chipSize - 1
        edges = [
            0, 1, 0xFFF, 0x1000, 0x10000, reservationEnd - 0x10000, reservationEnd - 0x1000,
            reservationEnd - 256,
            reservationEnd - 1, reservationEnd, reservationEnd + 1, reservationEnd + 255,
            reservationEnd & ~0xFFFF,
            reservationEnd + 0x1000, chipSize - 0x10000, chipSize - 0x1000, chipSize - 256, chipSize - 1,
            chipSize,
            chipSize + 1, chipSize + 0x1000, chipSize + reservationEnd - 1, 0xFFFFFF, 0xFFFF00,
        ]
    }

    /// How long the sender waits before a frame: sometimes until the chip is surely ready, mostly not.
    mutating func patience() -> Duration {
        chance.next() & 3 == 0 ? .seconds(5) : .microseconds(10)
    }

    mutating func batch() -> [SPIOperation] {
        let draw = chance.next()
        let frame = SPIOperation.exchange(
            write: self.frame(), readCount: draw & 0xF00 == 0 ? Int(draw >> 12 & 3) : 0)
        switch draw & 7 {
        case 0: return [frame]
        case 1: return [frame, .exchange(write: self.frame(), readCount: 0)]
        case 2: return [Self.enable, Self.enable, frame]
        case 3: return [Self.enable, frame, Self.enable, .exchange(write: self.frame(), readCount: 0)]
        default: return [Self.enable, frame]
        }
    }

    private static let enable = SPIOperation.exchange(write: [0x06], readCount: 0)
    private static let erases: [UInt8] = [0x20, 0x52, 0xD8, 0xD7, 0x20, 0xD8, 0x21, 0xDC]
    private static let others: [UInt8] = [
        0xC7, 0x60, 0x62, 0x01, 0x31, 0x11, 0x50, 0xB7, 0xE9, 0xC5, 0x17, 0xB9, 0xAB, 0x66, 0x99, 0x04, 0x06,
        0x35, 0x38, 0x32, 0xA2,
        0x12, 0x9F, 0x05, 0x03, 0x0B, 0x5A, 0x42, 0x75, 0x7A, 0x98, 0x2F,
    ]

    private mutating func frame() -> [UInt8] {
        let draw = chance.next()
        let address: Int
        switch draw & 7 {
        case 0...3: address = edges[Int(draw >> 8 & 0xFF) % edges.count]
        case 4: address = edges[Int(draw >> 8 & 0xFF) % edges.count] &+ Int(draw >> 16 & 0x1FF) - 0x100
        case 5: address = Int(draw >> 24 & 0xFFFFFF) & mask & ~0xFFF
        default: address = Int(draw >> 24 & 0xFFFFFF)
        }
        switch draw >> 3 & 7 {
        case 0, 1, 2:
            var frame = SPICommand.frame(Self.erases[Int(draw >> 60 & 7)], at: address)
            if draw >> 50 & 15 == 0 { frame.removeLast() }
            if draw >> 50 & 15 == 1 { frame.append(0) }
            return frame
        case 3, 4:
            let lengths = [1, 2, 16, 128, 255, 256, 257, 300, 0, 1, 3, 32, 64, 200, 256, 256]
            return SPICommand.frame(0x02, at: address)
                + [UInt8](repeating: 0, count: lengths[Int(draw >> 56 & 15)])
        case 5:
            let opcode = Self.others[Int(draw >> 52 & 31)]
            switch draw >> 48 & 3 {
            case 0: return [opcode]
            case 1: return [opcode, UInt8(truncatingIfNeeded: draw >> 32)]
            case 2: return SPICommand.frame(opcode, at: address)
            default: return SPICommand.frame(opcode, at: address) + [0]
            }
        case 6:
            return SPICommand.frame(UInt8(truncatingIfNeeded: draw >> 40), at: address)
        default:
            return (0..<Int(draw >> 40 & 7)).map { UInt8(truncatingIfNeeded: draw >> (8 * UInt64($0))) }
        }
    }
}
