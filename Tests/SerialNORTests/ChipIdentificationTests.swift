import NORChipModel
import Testing
import TimeAndChance

@testable import SerialNOR

@Suite struct ChipIdentificationTests {
    private func identify(_ bus: EmulatedSPIBus, probing: EraseProbe.Permission? = nil) async throws
        -> ProvenChip
    {
        try await ChipIdentification.identify(on: ReadingGuard(wrapping: bus), probing: probing)
    }

    static let accepted: [(String, [UInt8], [Int])] = [
        ("W25Q16", [0x20, 0x52, 0xD8], [4096, 32768, 65536]),
        ("W25Q128", [0x20, 0x52, 0xD8], [4096, 32768, 65536]),
        ("GD25Q40", [0x20, 0x52, 0xD8], [4096, 32768, 65536]),
        ("MX25R6435F", [0x20, 0x52, 0xD8], [4096, 32768, 65536]),
        ("IS25LP032", [0x20, 0xD7, 0x52, 0xD8], [4096, 4096, 32768, 65536]),
        ("S25FL164K", [0x20, 0xD8], [4096, 65536]),
        ("MX25L4006E", [0x20, 0x52, 0xD8], [4096, 65536, 65536]),
        ("MX25L1606E", [0x20, 0x52, 0xD8], [4096, 65536, 65536]),
        // Four dwords: SFDP says 4 KB by 20h, the chip table adds the 64 KB block.
        ("MX25L3206E", [0x20, 0xD8], [4096, 65536]),
        // No SFDP and an ID that stands for one geometry: never 52h.
        ("MX25L8005", [0x20, 0xD8], [4096, 65536]),
    ]

    @Test(arguments: accepted)
    func goodPartsAreIdentified(name: String, opcodes: [UInt8], sizes: [Int]) async throws {
        let model = try part(name)
        let found = try await identify(bus(name, timing: .typical))
        #expect(found.id == model.id && found.size == model.size && found.pageSize == 256)
        #expect(
            Set(zip(found.erases.map(\.opcode), found.erases.map(\.size)).map { "\($0) \($1)" })
                == Set(zip(opcodes, sizes).map { "\($0) \($1)" }))
        #expect(found.smallErase.size == 4096)
        #expect(found.support != .unlisted)
        #expect(found.name.contains(name))
    }

    @Test func everyModelledCatalogueRowHasAModel() throws {
        for row in ChipCatalogue.parts where row.support == .model {
            let model = try part(row.name)
            #expect(model.id == row.id && model.size == row.size)
            #expect(
                model.erases.sorted { $0.opcode < $1.opcode } == row.erases.sorted { $0.opcode < $1.opcode })
        }
    }

    /// Each kind of chip that must not be written gets its own refusal.
    @Test func unfitChipsAreRefused() async throws {
        func refusal(_ name: String, _ prepare: (NORChip) -> Void = { _ in }) async throws -> ChipRefusal? {
            do {
                _ = try await identify(bus(name, timing: .typical, prepare: prepare))
                return nil
            } catch let refusal as ChipRefusal {
                return refusal
            }
        }
        let table: [(ChipRefusal?, ChipRefusal)] = [
            (try await refusal("W25Q16") { $0.faults.stuckDataOut = 0xFF }, .noAnswer),
            (try await refusal("W25Q16") { $0.faults.stuckDataOut = 0x00 }, .shorted),
            (try await refusal("W25X20"), .tooSmall(bytes: 256 << 10)),
            (try await refusal("W25Q256"), .tooLarge(bytes: 32 << 20)),
            (try await refusal("S25FL128S"), .noUniformSmallErase(JEDECID(0x01, 0x20, 0x18))),
            (
                try await refusal("W25Q16") { $0.statusRegister = 0x04 },
                .protected(register: 1, status: 0x04, mask: 0x1C)
            ),
            (
                try await refusal("W25Q16") { $0.statusRegister2 = 0x40 },
                .protected(register: 2, status: 0x40, mask: 0x40)
            ),
            (
                try await refusal("MX25L4006E") { $0.statusRegister = 0x20 },
                .protected(register: 1, status: 0x20, mask: 0x3C)
            ),
            (
                try await refusal("MX25L1605"),
                .ambiguous(
                    JEDECID(0xC2, 0x20, 0x15),
                    candidates: ["MX25L1605", "MX25L1605A", "MX25L1605D", "MX25L1606E"])
            ),
            (
                try await refusal("MX25L3205"),
                .ambiguous(JEDECID(0xC2, 0x20, 0x16), candidates: ["MX25L3205", "MX25L3205D", "MX25L3206E"])
            ),
            (
                try await refusal("W25Q128") { $0.faults.realSize = 4 << 20 },
                .capacityAliased(claimed: 16 << 20, real: 4 << 20)
            ),
        ]
        for (found, expected) in table { #expect(found == expected) }
        let sentences = table.compactMap { $0.0?.description }
        #expect(Set(sentences).count == table.count)
        #expect(sentences.allSatisfy { $0.count > 60 })
    }

    /// An ID alone proves nothing: unknown without SFDP, believed with it.
    @Test func unlistedParts() async throws {
        var model = try part("W25Q32")
        model.id = JEDECID(0x20, 0x70, 0x16)
        let found = try await identify(EmulatedSPIBus(chip: chip(model)))
        #expect(found.support == .unlisted && found.erases.allSatisfy { $0.largestPlausibleSize == 65536 })
        let without = EmulatedSPIBus(chip: chip(model.withoutSFDP))
        await #expect(throws: ChipRefusal.unknownPart(model.id)) { try await identify(without) }
    }

    static let lies: [(String, @Sendable (inout SFDPImage) -> Void)] = [
        ("twice the size", { $0.size = 4 << 20 }), ("half the size", { $0.size = 1 << 20 }),
        ("four-byte addresses only", { $0.addressBytes = 2 }), ("no 4 KB", { $0.uniform4K = false }),
        (
            "chip erase as sector erase",
            {
                $0.erase4KOpcode = 0xC7; $0.erases = [.init(0xC7, 4096)]
            }
        ),
        ("block erase as sector erase", { $0.erase4KOpcode = 0xD8 }),
        (
            "status write as sector erase",
            {
                $0.erase4KOpcode = 0x01; $0.erases[0] = .init(0x01, 4096)
            }
        ),
        ("20h is two sizes", { $0.erases[1] = .init(0x20, 65536) }),
    ]

    @Test(arguments: lies.indices)
    func lyingTablesAreRefused(index: Int) async throws {
        var model = try part("W25Q16")
        var image = SFDPImage(size: model.size, erases: model.erases, timing: model.timing)
        Self.lies[index].1(&image)
        model.sfdp = image.bytes
        let bus = EmulatedSPIBus(chip: chip(model))
        await #expect(throws: ChipRefusal.self, "\(Self.lies[index].0)") { try await identify(bus) }
    }

    @Test func aBlockSizeThatNoPartHasIsNotUsed() async throws {
        var model = try part("MX25L4006E")
        model.sfdp =
            SFDPImage(
                size: model.size, erases: [.init(0x20, 4096), .init(0x52, 32768)], timing: model.timing
            ).bytes
        let found = try await identify(EmulatedSPIBus(chip: chip(model)))
        #expect(!found.erases.contains { $0.opcode == 0x52 })
    }

    @Test func noiseIsNotTakenForAnAnswer() async throws {
        var refused = 0
        for seed in 0..<20 as Range<UInt64> {
            let bus = try bus("W25Q16", seed: seed, prepare: { $0.faults.readNoise = 0.02 })
            do {
                let found = try await identify(bus)
                #expect(found.size == 2 << 20 && found.erases.map(\.opcode) == [0x20, 0x52, 0xD8])
            } catch is ChipRefusal {
                refused += 1
            }
        }
        #expect(refused > 10)
    }

    @Test func aSleepingChipIsWoken() async throws {
        let bus = try bus("W25Q16", prepare: { _ = $0.exchange(write: [0xB9], readCount: 0, at: .zero) })
        #expect(try await identify(bus).size == 2 << 20)
    }

    @Test func aBusyChipIsWaitedFor() async throws {
        let bus = try bus(
            "W25Q16", timing: .typical, clockHertz: 30_000_000,
            prepare: {
                _ = $0.exchange(write: [0x06], readCount: 0, at: .zero)
                _ = $0.exchange(write: [0xD8, 0x10, 0, 0], readCount: 0, at: .zero)
            })
        #expect(try await identify(bus).size == 2 << 20)
        #expect(await bus.now >= .milliseconds(150))
    }

    @Test func aChipThatStaysBusyIsRefused() async throws {
        let bus = try bus(
            "W25Q16",
            prepare: {
                $0.faults.neverReady = true
                _ = $0.exchange(write: [0x06], readCount: 0, at: .zero)
                _ = $0.exchange(write: [0xD8, 0x10, 0, 0], readCount: 0, at: .zero)
            })
        await #expect(throws: ChipRefusal.staysBusy(status: 0x01)) { try await identify(bus) }
    }

    // MARK: Erase probe

    @Test(arguments: [("MX25L1605D", true), ("MX25L1605", false)], [false, true])
    func theProbeTellsPartsApart(variant: (String, Bool), isFilled: Bool) async throws {
        let (name, isSmall) = variant
        let bus = try bus(name, timing: .typical, userFilled: isFilled)
        let before = await bus.contents(0..<2 << 20)
        let permission = EraseProbe.Permission(lastBlockMayBeLostAbove: reservationEnd)
        if isSmall {
            let found = try await identify(bus, probing: permission)
            #expect(found.evidence == .eraseProbe(at: 0x1F0000..<0x200000))
            #expect(
                found.erases.map(\.opcode) == [0x20, 0xD8] && found.smallErase.largestPlausibleSize == 4096)
        } else {
            await #expect(throws: ChipRefusal.noUniformSmallErase(JEDECID(0xC2, 0x20, 0x15))) {
                try await identify(bus, probing: permission)
            }
        }
        expectSame(await bus.contents(0..<2 << 20), before)
    }

    @Test func theProbeSaysWhenNothingErases() async throws {
        let bus = try bus("MX25L1605D", userFilled: true, prepare: { $0.faults.ignoresWrites = true })
        await #expect(throws: ChipRefusal.eraseWithoutEffect(JEDECID(0xC2, 0x20, 0x15))) {
            try await identify(bus, probing: .init(lastBlockMayBeLostAbove: reservationEnd))
        }
    }
}
