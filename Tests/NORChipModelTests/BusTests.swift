import NORChipModel
import SerialNOR
import Testing
import TimeAndChance

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite struct BusTests {
    private func make(_ name: String = "W25Q16", timing: NORTiming = .typical) throws -> NORChip {
        NORChip(part: try #require(NORPart.named(name)), seed: 1, timing: timing)
    }

    private static let program: [SPIOperation] = [
        .exchange(write: [0x06], readCount: 0), .exchange(write: [0x02, 0, 0, 0, 0x12], readCount: 0),
        .poll(StatusPoll(typical: .microseconds(400), limit: .milliseconds(3))),
    ]

    /// At 8 MHz a byte takes 1 µs: 6 bytes out, then the chip is busy for 400 µs, looked at every 2 µs.
    @Test func wiresAndChipTakeTheirTime() async throws {
        let bus = EmulatedSPIBus(chip: try make(), clockHertz: 8_000_000)
        let answers = try await bus.perform(Self.program)
        #expect(answers == [[], [], [0x00]])
        let now = await bus.now
        #expect(now >= .microseconds(406) && now <= .microseconds(410))
        let counters = await bus.counters
        #expect(counters.batches == 1 && counters.operations == 3 && counters.bytesWritten == 6)
        #expect(await bus.withChip { $0.counters.pagesProgrammed } == 1)
    }

    @Test func aPollEndsAtItsLimit() async throws {
        let chip = try make()
        chip.faults.neverReady = true
        let bus = EmulatedSPIBus(chip: chip, clockHertz: 8_000_000)
        let error = await #expect(throws: SPIBusError.self) { try await bus.perform(Self.program) }
        guard case .stillBusy(let status, let waited)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(status == 0x01 && waited == .milliseconds(3))
        #expect(await bus.now == .milliseconds(3) + .microseconds(6))
    }

    @Test func thePollSurvivesNoise() async throws {
        let chip = try make()
        chip.faults.readNoise = 0.3
        let bus = EmulatedSPIBus(chip: chip, clockHertz: 8_000_000)
        for _ in 0..<50 { _ = try await bus.perform(Self.program) }
    }

    @Test func wiresWithoutTime() async throws {
        let bus = EmulatedSPIBus(chip: try make(timing: .none), clockHertz: nil)
        for _ in 0..<100 { _ = try await bus.perform(Self.program) }
        #expect(await bus.now < .milliseconds(1))
    }

    @Test func oversizedBatchesAreRefused() async throws {
        let bus = EmulatedSPIBus(chip: try make(), batchCapacity: 100)
        await #expect(throws: SPIBusError.self) {
            try await bus.perform([.exchange(write: [0x03, 0, 0, 0], readCount: 97)])
        }
        #expect(try await bus.perform([.exchange(write: [0x03, 0, 0, 0], readCount: 96)])[0].count == 96)
    }

    @Test func powerFailsInTheMiddleOfAPoll() async throws {
        let chip = try make()
        chip.fill(0..<4096, with: 0)
        let bus = EmulatedSPIBus(chip: chip)
        await bus.cutPower(at: .milliseconds(20))
        await #expect(throws: SPIBusError.disconnected("the unit has no power")) {
            try await bus.perform([
                .exchange(write: [0x06], readCount: 0), .exchange(write: [0x20, 0, 0, 0], readCount: 0),
                .poll(StatusPoll(typical: .milliseconds(45), limit: .seconds(1))),
            ])
        }
        await #expect(throws: SPIBusError.self) {
            try await bus.perform([.exchange(write: [0x9F], readCount: 3)])
        }
        await bus.restorePower()
        #expect(try await bus.perform([.exchange(write: [0x9F], readCount: 3)]) == [[0xEF, 0x40, 0x15]])
        let bytes = await bus.withChip { $0.contents(0..<4096) }
        #expect(Set(bytes).count > 10)
    }

    // MARK: Files

    @Test func contentsGoToAFileAndBack() throws {
        let path = "\(temporaryFolder())/chip-\(getpid())-\(UInt64.random(in: 0 ... .max)).bin"
        defer { unlink(path) }
        let chip = try make("GD25Q40")
        chip.fill(0..<512 * 1024, seed: 8)
        try chip.save(toFile: path)
        let other = try make("GD25Q40")
        try other.load(fromFile: path)
        #expect(other.contents(0..<512 * 1024) == chip.contents(0..<512 * 1024))
        // Nothing changed: nothing is written, so a path that can't be is no harm.
        try other.save(toFile: "/nonexistent/folder/chip.bin")
        other[0] = 1
        #expect(throws: ChipFileError.self) { try other.save(toFile: "/nonexistent/folder/chip.bin") }
        #expect(throws: ChipFileError.wrongSize(path: path, found: 512 * 1024, expected: 2 << 20)) {
            try make("W25Q16").load(fromFile: path)
        }
        #expect(throws: ChipFileError.self) { try other.load(fromFile: path + ".missing") }
    }

    private func temporaryFolder() -> String {
        getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    }

    @Test func catalogueNamesAreUniqueAndSizesArePowersOfTwo() {
        let names = NORPart.catalogue.map(\.name)
        #expect(Set(names).count == names.count)
        #expect(
            NORPart.catalogue.allSatisfy {
                $0.size & ($0.size - 1) == 0 && 1 << Int($0.id.capacity) == $0.size
            })
        #expect(NORPart.named("w25q128")?.size == 16 << 20)
        #expect(NORPart.named("unheard-of") == nil)
    }
}
