import Testing

@testable import ImpEmulator

/// N3, N4 and `hardware.spiflash`.
@Suite struct SPIFlashAPITests {
    private func flash(_ faults: String = "", part: String = "GD25Q40") throws -> (SPIFlashAPI, Desk) {
        let desk = try Desk(faults: faults) { $0.chipPart = part }
        try desk.runFactoryFirmware()
        let flash = try desk.hardware.spiFlash
        flash.enable()
        return (flash, desk)
    }

    @Test(arguments: [
        ("GD25Q40", 0x10000, 0xC8_4013), ("W25Q16", 0x190000, 0xEF_4015), ("W25Q128", 0xF90000, 0xEF_4018),
    ])
    func sizesAreWhatIsLeftAboveTheReservation(part: String, size: Int, id: Int) throws {
        let (flash, _) = try flash(part: part)
        #expect(try flash.size() == size)
        #expect(try flash.chipID() == id)
    }

    @Test func nothingGoesBeforeEnableOrAfterDisable() throws {
        let desk = try Desk()
        try desk.runFactoryFirmware()
        let flash = try desk.hardware.spiFlash
        #expect(throws: ImpAPIError.self) { try flash.size() }
        #expect(throws: ImpAPIError.self) { try flash.read(0, 1) { _ in } }
        flash.enable()
        #expect(try flash.size() == 0x10000)
        flash.disable()
        #expect(throws: ImpAPIError.self) { try flash.chipID() }
    }

    @Test func virtualAddressZeroIsTheFirstByteAboveTheReservation() throws {
        let (flash, desk) = try flash()
        let bytes: [UInt8] = (0..<700).map { UInt8(truncatingIfNeeded: $0 &* 3) }
        #expect(try desk.result { try flash.write(100, bytes, .postVerify, then: $0) } == 0)
        let chip = try #require(try desk.module.flash.chip)
        #expect(chip.contents(0x70064..<0x70064 + 700) == bytes)
        #expect(try desk.result { try flash.read(100, 700, then: $0) } == bytes)
        #expect(chip.contents(0..<8192) == WiFiFirmware.image(8192))
    }

    @Test(arguments: [(-1, 1), (0x10000, 1), (0xFFFF, 2), (Int.max, 1), (0, 0x10001), (0, -1)])
    func addressesBeyondAreErrors(address: Int, count: Int) throws {
        let (flash, _) = try flash()
        #expect(throws: ImpAPIError.self) { try flash.read(address, count) { _ in } }
        if count > 0 {
            #expect(throws: ImpAPIError.self) {
                try flash.write(address, [UInt8](repeating: 0, count: count)) { _ in }
            }
        }
    }

    @Test(arguments: [1, 255, 2048, 4095])
    func unalignedEraseIsAnError(address: Int) throws {
        let (flash, _) = try flash()
        #expect(throws: ImpAPIError.self) { try flash.eraseSector(address) { _ in } }
    }

    /// Programming only clears bits; what the flags make of that.
    @Test func flagsDecideWhoNotices() throws {
        let (flash, desk) = try flash()
        func write(_ byte: UInt8, _ flags: SPIFlashAPI.WriteFlags) throws -> Int {
            try desk.result { try flash.write(0, [byte], flags, then: $0) }
        }
        #expect(try write(0x0F, []) == 0)
        #expect(try write(0xF0, .preVerify) == 2)
        #expect(try desk.result { try flash.read(0, 1, then: $0) } == [0x0F])
        #expect(try write(0xF1, .postVerify) == 1)
        #expect(try desk.result { try flash.read(0, 1, then: $0) } == [0x01])
        #expect(try write(0xF0, []) == 0, "silently wrong")
        #expect(try desk.result { try flash.read(0, 1, then: $0) } == [0x00])
        try desk.result { try flash.eraseSector(0, then: $0) }
        #expect(try write(0xA5, [.preVerify, .postVerify]) == 0)
    }

    @Test func erasingTakesTheChipsTime() throws {
        let (flash, desk) = try flash()
        let timing = try #require(try desk.module.flash.chip?.part.timing)
        let begin = desk.now
        try desk.result { try flash.eraseSector(0x3000, then: $0) }
        #expect(desk.now - begin >= timing.erase4K.typical)
        #expect(desk.now - begin < timing.erase4K.typical + .milliseconds(1))
    }

    @Test func aWornSectorIsAnErrorOfItsErase() throws {
        let (flash, desk) = try flash("bad-sector:0x71000")
        try desk.result { try flash.eraseSector(0, then: $0) }
        let chip = try #require(try desk.module.flash.chip)
        chip.fill(0x71000..<0x72000, with: 0)
        #expect(throws: ImpAPIError.self) { try desk.result { try flash.eraseSector(0x1000, then: $0) } }
    }

    @Test func powerCutInAnEraseLeavesItHalfDone() throws {
        let (flash, desk) = try flash()
        let chip = try #require(try desk.module.flash.chip)
        chip.fill(0x70000..<0x72000, with: 0)
        try flash.eraseSector(0) { _ in Issue.record("it can't have come to its end") }
        desk.run(.milliseconds(25))
        try desk.bench.setPower(false)
        desk.run(.seconds(1))
        let sector = chip.contents(0x70000..<0x71000)
        #expect(sector.contains { $0 != 0xFF })
        #expect(sector.contains { $0 != 0 })
        #expect(chip.contents(0x71000..<0x72000).allSatisfy { $0 == 0 })
    }
}
