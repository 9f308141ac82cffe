import ContentAddress
import NORChipModel
import Testing
import TimeAndChance

@testable import SerialNOR

@Suite struct FlashProgrammerTests {
    /// Some images at random user addresses, apart from each other, of random content: noise, runs, and blank parts.
    static func randomImages(_ chance: inout SeededGenerator, _ geometry: FlashGeometry, most: Int) throws
        -> [FlashImage]
    {
        var images: [FlashImage] = []
        var address = geometry.reservationEnd
        for number in 0..<Int.random(in: 1...4, using: &chance) {
            address += chance.next() & 3 == 0 ? 0 : Int.random(in: 1...40_000, using: &chance)
            let room = geometry.chipSize - address
            guard room > 0 else { break }
            let count = min(room, Int.random(in: 1...most, using: &chance))
            var bytes = chance.bytes(count)
            for _ in 0..<Int(chance.next() & 3) {
                let start = Int.random(in: 0..<count, using: &chance)
                let end = min(count, start + Int.random(in: 1...20_000, using: &chance))
                let byte: UInt8 = chance.next() & 1 == 0 ? 0xFF : bytes[start]
                bytes.replaceSubrange(start..<end, with: [UInt8](repeating: byte, count: end - start))
            }
            images.append(try FlashImage(name: "image \(number)", bytes: bytes, at: address, in: geometry))
            address += count
        }
        return images.shuffled(using: &chance)
    }

    /// What the chip must hold afterwards.
    static func expected(_ before: [UInt8], _ images: [FlashImage]) -> [UInt8] {
        var bytes = before
        for image in images { bytes.replaceSubrange(image.range.range, with: image.bytes) }
        return bytes
    }

    @Test(arguments: 0..<12 as Range<UInt64>)
    func randomImagesOnRandomContents(seed: UInt64) async throws {
        var chance = SeededGenerator.derived(from: 0xF1A5_0000, label: "images", index: seed)
        let name = ["W25Q16", "MX25L4006E", "GD25Q40", "S25FL164K", "IS25LP032", "MX25L3206E"][Int(seed) % 6]
        let capacity = [65536, 4096, 263, 1_000_000][Int(chance.next() & 3)]
        let bus = try bus(name, seed: seed, userFilled: seed & 1 == 0, capacity: capacity)
        let flash = try await FlashProgrammer.open(bus, reservationEnd: reservationEnd)
        for round in 0..<2 {
            let images = try Self.randomImages(&chance, flash.geometry, most: 60_000)
            let before = await bus.contents(0..<flash.chip.size)
            let report = try await flash.write(images)
            let after = await bus.contents(0..<flash.chip.size)
            expectSame(after, Self.expected(before, images), "seed \(seed), round \(round), \(name)")
            #expect(report.imageBytes == images.reduce(0) { $0 + $1.bytes.count })
            #expect(try await flash.verify(images) == [])
            // Writing again what is there erases and programs nothing.
            let again = try await flash.write(images)
            #expect(again.erasedBytes == 0 && again.programmedBytes == 0)
        }
    }

    @Test func passesOverTheWire() async throws {
        let bus = try bus("W25Q16")
        let flash = try await FlashProgrammer.open(bus, reservationEnd: reservationEnd)
        var chance = SeededGenerator(seed: 11)
        let bytes = chance.bytes(1 << 20)
        let image = try FlashImage(name: "image", bytes: bytes, at: 0x80000, in: flash.geometry)
        let blank = try await flash.write([image])
        #expect(blank.plans == 1 && blank.erasedBytes == 0)
        #expect(blank.programmedBytes + blank.verifiedBytes <= 2 * bytes.count)
        #expect(blank.wirePasses <= 2 && blank.surveyedBytes == 0 && blank.sampledBytes <= bytes.count / 1024)
        let same = try await flash.write([image])
        #expect(same.wirePasses == 1)
        let other = try FlashImage(
            name: "image", bytes: chance.bytes(1 << 20), at: 0x80000, in: flash.geometry)
        let rewritten = try await flash.write([other])
        #expect(rewritten.wirePasses <= 3 && rewritten.erasedBytes == 1 << 20)
        var changed = other.bytes
        for index in 0x40000..<0x50000 { changed[index] ^= 0xFF }
        let difference = try await flash.write([
            FlashImage(name: "image", bytes: changed, at: 0x80000, in: flash.geometry)
        ])
        #expect(
            difference.erasedBytes == 65536 && difference.programmedBytes <= 65536
                && difference.verifiedBytes == 65536)
        expectSame(await bus.contents(0x80000..<0x180000), changed)
    }

    /// Samples that lie: content only where no sample is taken.
    @Test func aRangeThatOnlyLooksBlankIsPlannedAgain() async throws {
        let bus = try bus("W25Q16", prepare: { $0[0x9_0800] = 0x12 })
        let flash = try await FlashProgrammer.open(bus, reservationEnd: reservationEnd)
        var chance = SeededGenerator(seed: 12)
        var bytes = chance.bytes(200_000)
        bytes[0x10800] = 0xFF
        let image = try FlashImage(name: "image", bytes: bytes, at: 0x80000, in: flash.geometry)
        let report = try await flash.write([image])
        #expect(report.plans == 2)
        #expect(await bus.contents(0x80000..<0x80000 + 200_000) == bytes)
    }

    @Test(arguments: [8, 9, 64, 263, 264, 1024])
    func smallAdaptersWork(capacity: Int) async throws {
        let chip = chip(try part("W25Q16"), userFilled: true)
        let wide = EmulatedSPIBus(chip: chip, clockHertz: nil, batchCapacity: max(capacity, 300))
        let known = try await FlashProgrammer.open(wide, reservationEnd: reservationEnd).chip
        let narrow = NarrowBus(bus: wide, batchCapacity: capacity)
        let flash = FlashProgrammer(
            bus: try ReservationGuard(wrapping: narrow, chip: known, reservationEnd: reservationEnd))
        let image = try FlashImage(
            name: "image", bytes: Array("blessed".utf8), at: 0x80FFC, in: flash.geometry)
        let report = try await flash.write([image])
        #expect(report.erasedBytes == 8192)
        #expect(await wide.contents(0x80FFC..<0x81003) == Array("blessed".utf8))
        let starved = FlashProgrammer(
            bus: try ReservationGuard(
                wrapping: NarrowBus(bus: wide, batchCapacity: 7), chip: known, reservationEnd: reservationEnd)
        )
        let other = try FlashImage(name: "image", bytes: [0, 0], at: 0x90000, in: flash.geometry)
        await #expect(throws: (any Error).self) { try await starved.write([other]) }
    }

    @Test func manyPagesShareARoundTrip() async throws {
        let bus = try bus("W25Q16")
        let flash = try await FlashProgrammer.open(bus, reservationEnd: reservationEnd)
        var chance = SeededGenerator(seed: 13)
        let image = try FlashImage(
            name: "image", bytes: chance.bytes(1 << 20), at: 0x80000, in: flash.geometry)
        let before = await bus.counters.batches
        _ = try await flash.write([image])
        let batches = await bus.counters.batches - before
        #expect(batches * 16 <= 4096, "\(batches) round trips for 4096 pages")
    }

    /// With datasheet times and a wire of 30 MHz, writing takes hardly longer than what the chip and the wire need at least.
    @Test func writingIsBoundByTheChip() async throws {
        let bus = try bus("W25Q128", timing: .typical, clockHertz: 30_000_000)
        let flash = try await FlashProgrammer.open(bus, reservationEnd: reservationEnd)
        var chance = SeededGenerator(seed: 15)
        let image = try FlashImage(
            name: "image", bytes: chance.bytes(1 << 20), at: 0x80000, in: flash.geometry)
        let start = await bus.now
        _ = try await flash.write([image])
        let taken = await bus.now - start
        let pages = 4096
        let bits = (pages * 261 + (1 << 20)) * 8
        let pageTime = try part("W25Q128").timing.pageProgram.typical
        let floor = pageTime * pages + .seconds(1) * bits / 30_000_000
        #expect(taken / floor < 1.05, "\(taken) against \(floor)")
    }

    @Test func aPlanIsAValue() async throws {
        let bus = try bus("W25Q16", userFilled: true)
        let flash = try await FlashProgrammer.open(bus, reservationEnd: reservationEnd)
        let image = try FlashImage(
            name: "config", bytes: Array(repeating: 7, count: 5000), at: 0x80000, in: flash.geometry)
        let before = await bus.contents(0..<2 << 20)
        let first = try await flash.plan([image])
        let second = try await flash.plan([image])
        #expect(
            first == second && first.digest == second.digest && first.canonicalText == second.canonicalText)
        expectSame(await bus.contents(0..<2 << 20), before, "planning changes nothing")
        #expect(first.description.contains("erase by 4 KB") && first.description.contains(first.digest.hex))
        #expect(first.summary.erases4K == 2 && first.summary.erasedSectors == 2)
        let other = try FlashImage(
            name: "config", bytes: Array(repeating: 8, count: 5000), at: 0x80000, in: flash.geometry)
        #expect(try await flash.plan([other]).digest != first.digest)

        let elsewhere = try bus2("GD25Q16")
        let stranger = try await FlashProgrammer.open(elsewhere, reservationEnd: reservationEnd)
        await #expect(throws: FlashFailure.otherChip(expected: first.chip, found: stranger.chip.id)) {
            try await stranger.execute(first)
        }
    }

    private func bus2(_ name: String) throws -> EmulatedSPIBus { try bus(name) }

    /// What goes to the chip is what the plan says, no erase or program more or less.
    @Test func executionSendsExactlyThePlan() async throws {
        let chip = chip(try part("W25Q16"), userFilled: true)
        let recorder = RecordingBus(bus: EmulatedSPIBus(chip: chip, clockHertz: nil))
        let flash = try await FlashProgrammer.open(recorder, reservationEnd: reservationEnd)
        var chance = SeededGenerator(seed: 14)
        let plan = try await flash.plan(Self.randomImages(&chance, flash.geometry, most: 90_000))
        _ = try await flash.execute(plan)
        let frames = await recorder.frames
        let erases = frames.filter { [0x20, 0x52, 0xD8, 0xD7].contains($0[0]) }.map {
            FlashPlan.Erase(
                opcode: $0[0], address: Int($0[1]) << 16 | Int($0[2]) << 8 | Int($0[3]),
                size: $0[0] == 0x20 ? 4096 : $0[0] == 0x52 ? 32768 : 65536)
        }
        #expect(erases == plan.units.flatMap(\.erases))
        var programmed: Set<Int> = []
        for frame in frames where frame[0] == 0x02 {
            let start = Int(frame[1]) << 16 | Int(frame[2]) << 8 | Int(frame[3])
            programmed.formUnion(start..<start + frame.count - 4)
        }
        #expect(programmed == Set(plan.units.flatMap { $0.programs.flatMap { Array($0) } }))
    }

    @Test func eventsComeInOrderAndAddUp() async throws {
        let bus = try bus("W25Q16", userFilled: true)
        let flash = try await FlashProgrammer.open(bus, reservationEnd: reservationEnd)
        let image = try FlashImage(
            name: "image", bytes: [UInt8](repeating: 3, count: 300_000), at: 0x80000, in: flash.geometry)
        let log = EventLog()
        let report = try await flash.write([image]) { await log.add($0) }
        let names = await log.names
        #expect(names.first == "surveyed" && names.last == "finished")
        #expect(names.firstIndex(of: "planned").map { $0 < (names.firstIndex(of: "working") ?? 0) } == true)
        let last = try #require(await log.lastProgress)
        #expect(
            last.programmed == last.toProgram && last.erased == last.toErase && last.verified == last.toVerify
        )
        #expect(last.fraction == 1 && last.programmed == report.programmedBytes)
    }

    @Test func readingAndErasing() async throws {
        let bus = try bus("W25Q16", userFilled: true)
        let flash = try await FlashProgrammer.open(bus, reservationEnd: reservationEnd)
        let before = await bus.contents(0..<2 << 20)
        #expect(try await flash.read(0x6FFFE..<0x70002) == Array(before[0x6FFFE..<0x70002]))
        #expect(try await flash.hash(0..<0x70000) == SHA256Digest(of: before[0..<0x70000]))
        let range = try UserRange(0x80100..<0xA2000, in: flash.geometry)
        #expect(try await flash.isBlank(range) == false)
        _ = try await flash.erase(range)
        #expect(try await flash.isBlank(range))
        var expected = before
        expected.replaceSubrange(range.range, with: repeatElement(0xFF, count: range.count))
        expectSame(await bus.contents(0..<2 << 20), expected)
        await #expect(throws: FlashRefusal.self) { try await flash.read(0..<(2 << 20) + 1) }
        await #expect(throws: FlashRefusal.self) { try await flash.hash(-1..<1) }
        let image = try FlashImage(name: "image", bytes: [0, 1, 2], at: 0x80200, in: flash.geometry)
        let mismatch = try #require(try await flash.verify([image]).first)
        #expect(
            mismatch.address == 0x80200 && mismatch.expected == 0 && mismatch.found == 0xFF
                && mismatch.count == 3)
    }
}

/// An adapter with smaller buffers in front of another.
struct NarrowBus: SPIBus {
    let bus: EmulatedSPIBus
    let batchCapacity: Int

    func perform(_ batch: [SPIOperation]) async throws -> [[UInt8]] {
        // Identification's few bytes are exempt: this is about pages.
        let cost = batch.reduce(0) { $0 + $1.busCost }
        if cost > max(batchCapacity, 8) { throw SPIBusError.protocolViolation("\(cost) of \(batchCapacity)") }
        return try await bus.perform(batch)
    }
}

/// Remembers every frame that went by.
actor RecordingBus: SPIBus {
    private let bus: EmulatedSPIBus
    private(set) var frames: [[UInt8]] = []
    nonisolated let batchCapacity: Int

    init(bus: EmulatedSPIBus) {
        self.bus = bus
        batchCapacity = bus.batchCapacity
    }

    func perform(_ batch: [SPIOperation]) async throws -> [[UInt8]] {
        for case .exchange(let write, _) in batch { frames.append(write) }
        return try await bus.perform(batch)
    }
}

actor EventLog {
    private(set) var names: [String] = []
    private(set) var lastProgress: FlashProgress?
    private(set) var lastPlan: FlashPlan?

    func add(_ event: FlashEvent) {
        switch event {
        case .surveyed: names.append("surveyed")
        case .planned(let plan):
            names.append("planned")
            lastPlan = plan
        case .working: names.append("working")
        case .progress(let progress):
            names.append("progress")
            lastProgress = progress
        case .finished: names.append("finished")
        }
    }
}
