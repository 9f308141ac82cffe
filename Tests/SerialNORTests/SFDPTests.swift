import NORChipModel
import Testing
import TimeAndChance

@testable import SerialNOR

@Suite struct SFDPTests {
    /// The first bytes of a W25Q-class basic table as JESD216 lays them out, written down by hand: 4 KB by 20h, three-byte
    /// addresses, 128 Mbit, erase types 4 KB/20h, 32 KB/52h, 64 KB/D8h.
    static let basic: [UInt8] = [
        0xE5, 0x20, 0xF9, 0xFF, 0xFF, 0xFF, 0xFF, 0x07, 0x44, 0xEB, 0x08, 0x6B, 0x08, 0x3B, 0x42, 0xBB,
        0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0xFF, 0xFF, 0x40, 0xEB, 0x0C, 0x20, 0x0F, 0x52,
        0x10, 0xD8, 0x00, 0x00, 0x36, 0x02, 0xA6, 0x00, 0x82, 0xEA, 0x14, 0xC9, 0xE9, 0x63, 0x76, 0x33,
        0x7A, 0x75, 0x7A, 0x75, 0xF7, 0xA2, 0xD5, 0x5C, 0x19, 0xF7, 0x4D, 0xFF, 0xE9, 0x30, 0xF8, 0x80,
    ]

    @Test func aFullTableIsUnderstood() throws {
        let table = try #require(SFDPBasicTable(Self.basic))
        #expect(
            table.dwords == 16 && table.erases4K && table.erase4KOpcode == 0x20
                && table.takesThreeByteAddresses)
        #expect(table.size == 16 << 20 && table.pageSize == 256 && table.programsPages)
        #expect(table.eraseTypes.map(\.opcode) == [0x20, 0x52, 0xD8])
        #expect(table.eraseTypes.map(\.size) == [4096, 32768, 65536])
        // Dword 10 is 00A60236h. By hand: factor field 6, so limits are 14 times typical; the 7-bit fields are 23h (count 3,
        // units of 16 ms), 40h (count 0, 128 ms) and 29h (count 9, 16 ms).
        let times = try table.eraseTypes.map { try #require($0.time).typical }
        #expect(times == [.milliseconds(64), .milliseconds(128), .milliseconds(160)])
        #expect(try #require(table.eraseTypes[0].time).limit == times[0] * 14)
        // Dword 11 is C914EA82h: pages of 2^8, program count 10 in units of 64 µs, factor field 2.
        #expect(
            table.pageProgram == OperationTime(typical: .microseconds(704), limit: .microseconds(704 * 6)))
    }

    @Test func anOldTableSaysLess() throws {
        let table = try #require(SFDPBasicTable(Array(Self.basic.prefix(16))))
        #expect(table.dwords == 4 && table.erases4K && table.size == 16 << 20)
        #expect(table.eraseTypes.isEmpty && table.pageSize == nil && table.pageProgram == nil)
        let nine = try #require(SFDPBasicTable(Array(Self.basic.prefix(36))))
        #expect(nine.eraseTypes.count == 3 && nine.eraseTypes.allSatisfy { $0.time == nil })
    }

    @Test(
        arguments: [
            (0x00FF_FFFF, 2 << 20), (0x07FF_FFFF, 16 << 20), (0x003F_FFFF, 512 << 10),
            (0x8000_001F, 256 << 20),
            (0xFFFF_FFFF, nil), (0x0000_0000, nil), (0x8000_0003, nil),
        ] as [(UInt32, Int?)])
    func densities(dword: UInt32, size: Int?) throws {
        var bytes = Self.basic
        for index in 0..<4 { bytes[4 + index] = UInt8(truncatingIfNeeded: dword >> (8 * UInt32(index))) }
        #expect(try #require(SFDPBasicTable(bytes)).size == size)
    }

    @Test func theModelsTablesSayWhatTheyWereMadeFrom() throws {
        for part in NORPart.catalogue {
            guard let sfdp = part.sfdp else { continue }
            let header = try #require(SFDPHeader(sfdp))
            #expect(header.tableCount == 1)
            let location = try #require(SFDPHeader.basicTable(among: Array(sfdp[8..<16])))
            let table = try #require(SFDPBasicTable(Array(sfdp[location.pointer...])))
            #expect(table.size == part.size, "\(part.name)")
            if table.dwords >= 9 {
                #expect(table.eraseTypes.map(\.opcode) == part.erases.map(\.opcode), "\(part.name)")
                #expect(table.eraseTypes.map(\.size) == part.erases.map(\.size), "\(part.name)")
            }
            for type in table.eraseTypes {
                let expected = part.timing.erase(size: type.size).typical
                if let time = type.time {
                    #expect(time.typical >= expected && time.typical <= expected * 2, "\(part.name)")
                }
            }
        }
    }

    @Test func headersWithoutSenseAreNone() {
        #expect(SFDPHeader([UInt8](repeating: 0xFF, count: 8)) == nil)
        #expect(SFDPHeader([0x53, 0x46, 0x44, 0x50, 6, 2, 0, 0xFF]) == nil)
        #expect(SFDPHeader([0x53, 0x46, 0x44]) == nil)
        #expect(SFDPHeader.basicTable(among: []) == nil)
        #expect(
            SFDPHeader.basicTable(among: [0x00, 0, 1, 3, 0x30, 0, 0, 0xFF]) == nil, "fewer than four dwords")
        #expect(SFDPBasicTable([UInt8](repeating: 0xFF, count: 64)) == nil)
        #expect(SFDPBasicTable([]) == nil)
    }

    @Test func theNewestBasicTableCounts() {
        let headers: [UInt8] = [
            0x00, 0, 1, 9, 0x30, 0, 0, 0xFF, 0xC2, 9, 1, 4, 0x60, 0, 0, 0xFF, 0x00, 6, 1, 16, 0x80, 0, 0,
            0xFF, 0x84, 0, 1, 2,
        ]
        #expect(SFDPHeader.basicTable(among: headers)?.pointer == 0x80)
    }

    /// Whatever a chip claims, nothing traps, and what is believed stays within what parts do.
    @Test func hostileTablesAreTolerated() {
        var chance = SeededGenerator(seed: 0x5FD9)
        let ids = ChipCatalogue.parts.map(\.id) + [JEDECID(0x20, 0xBA, 0x18), JEDECID(1, 2, 3)]
        var proven = 0
        for _ in 0..<20_000 {
            var bytes = Self.basic
            for _ in 0..<Int(chance.next() & 7) {
                bytes[Int(chance.next() & 63)] = UInt8(truncatingIfNeeded: chance.next())
            }
            bytes.removeLast(Int(chance.next() & 63))
            let id = ids[Int(chance.next() % UInt64(ids.count))]
            guard let table = SFDPBasicTable(bytes),
                case .proven(let chip)? = try? ChipDecision.decide(
                    id: id, sfdp: table, candidates: ChipCatalogue.candidates(for: id))
            else { continue }
            proven += 1
            #expect(id.customarySize == nil || chip.size == id.customarySize)
            #expect(chip.smallErase.size == 4096 && [0x20, 0xD7].contains(chip.smallErase.opcode))
            #expect(
                chip.erases.allSatisfy { [0x20, 0xD7, 0x52, 0xD8].contains($0.opcode) && $0.size <= 65536 })
            #expect((1...256).contains(chip.pageSize))
            #expect(chip.timing.erase4K.limit >= ChipTiming.conservative.erase4K.limit / 10)
        }
        #expect(proven > 500)
    }
}

@Suite struct ChipCatalogueTests {
    @Test func theTableIsSound() {
        #expect(ChipCatalogue.selfCheck() == [])
        #expect(ChipCatalogue.parts.count > 30)
    }

    @Test func mistakesAreFound() throws {
        let good = try #require(ChipCatalogue.parts.first { $0.name == "W25Q16" })
        func broken(
            name: String = "X", id: JEDECID? = nil, size: Int? = nil, erases: [CataloguePart.Erase]? = nil,
            mask: UInt8 = 0x3C, timing: ChipTiming = .conservative
        ) -> [String] {
            ChipCatalogue.selfCheck([
                CataloguePart(
                    name: name, id: id ?? good.id, size: size ?? good.size, erases: erases ?? good.erases,
                    status: StatusLayout(blockProtectMask: mask), timing: timing, support: .untested)
            ])
        }
        #expect(broken() == [])
        #expect(broken(size: 1 << 20).count == 1)
        #expect(broken(id: JEDECID(0xEF, 0x40, 0x19), size: 32 << 20).count == 1)
        #expect(broken(erases: [.init(0x20, 4096)]).count == 1)
        #expect(broken(erases: [.init(0x20, 4096), .init(0x20, 65536), .init(0xD8, 65536)]).count == 1)
        #expect(broken(erases: [.init(0xC7, 4096), .init(0xD8, 65536)]).count == 1)
        #expect(broken(mask: 0x01).count == 1 && broken(mask: 0).count == 1)
        var timing = ChipTiming.conservative
        timing.erase4K.limit = .zero
        #expect(broken(timing: timing).count == 1)
        #expect(ChipCatalogue.selfCheck([good, good]).count == 1)
    }
}
