import FactoryLink
import Fixturing
import SerialNOR
import Testing

@testable import ImpEmulator

/// Every fault of the table shows where its row says it shows.
@Suite struct FaultEffectTests {
    /// What each fault does, seen from the fixture or through the API.
    private static let effects: [String: @Sendable (Desk) throws -> Void] = [
        "no-power": { desk throws in
            try desk.bench.setPower(true)
            desk.run(.seconds(3))
            #expect(try desk.bench.measure("supply_current") == 0)
            #expect(try desk.bench.measure("rail_3v3") == 0)
            #expect(try desk.module.phase == .off)
        },
        "short": { desk throws in
            #expect(throws: FixtureError.overcurrent(milliamperes: 500)) { try desk.bench.setPower(true) }
            #expect(try desk.bench.measure("rail_3v3") == 0)
        },
        "extra-current": { desk throws in
            try desk.powerUp()
            #expect(try desk.bench.measure("supply_current") > 40)
        },
        "brown-out": { desk throws in
            try desk.runFactoryFirmware()
            let starts = try desk.module.starts
            desk.run(.seconds(20))
            #expect(try desk.module.starts == starts + 1)
            try desk.awaitProgram(.factory)
            #expect(try desk.hardware.wakeReason() == 0)
        },
        "brown-out-in-erase": { desk throws in
            try desk.bench.setPower(true)
            desk.run(.seconds(10))
            #expect(try desk.module.starts == 2)
            #expect(try desk.module.flash.chip?.counters.powerCuts == 1)
            #expect(try desk.module.phase == .unconfigured)
        },
        "stuck-pin": { desk throws in
            try desk.runFactoryFirmware()
            try desk.hardware.pin(.e).configure(.digitalOut(start: true))
            try desk.hardware.pin(.k).configure(.digitalInPullUp)
            #expect(try desk.hardware.pin(.k).read() == 0)
        },
        "cold-joint": { desk throws in
            try desk.runFactoryFirmware()
            let bus = try desk.hardware.i2c(.ab)
            try bus.configure(kilohertz: 100)
            #expect(try desk.read(bus, 0x90, [0], 2) == nil)
            #expect(try desk.write(bus, 0x32, [0]) == -2)
        },
        "sensor-offset": { desk throws in
            let part = try #require(try desk.module.board.part(bus: .ab, address8: 0x90))
            let bytes = part.read(2)
            #expect(Int16(bitPattern: UInt16(bytes[0]) << 8 | UInt16(bytes[1])) >> 8 > 26)
        },
        "bad-sector": { desk throws in
            let flash = try desk.module.flash
            try #require(flash.chip).fill(0..<0x80000, with: 0)
            desk.bench.setReset(held: true)
            try desk.bench.setPower(true)
            _ = try desk.bench.performOnFlash(Desk.erase(0x7F000) + Desk.erase(0x7E000))
            let content = try #require(flash.chip).contents(0x7E000..<0x80000)
            #expect(content[..<0x1000].allSatisfy { $0 == 0xFF })
            #expect(content[0x1000...].contains { $0 != 0xFF })
        },
        "flash-protected": { desk throws in
            desk.bench.setReset(held: true)
            try desk.bench.setPower(true)
            let status = try desk.bench.performOnFlash([.exchange(write: [0x05], readCount: 1)])[0][0]
            #expect(status & 0x1C != 0)
            try #require(try desk.module.flash.chip).fill(0x70000..<0x71000, with: 0)
            _ = try desk.bench.performOnFlash(Desk.erase(0x70000))
            #expect(try desk.module.flash.chip?[0x70000] == 0)
        },
        "flash-20h-erases-64k": { desk throws in
            desk.bench.setReset(held: true)
            try desk.bench.setPower(true)
            try #require(try desk.module.flash.chip).fill(0x70000..<0x80000, with: 0)
            _ = try desk.bench.performOnFlash(Desk.erase(0x70000))
            #expect(try desk.module.flash.chip?[0x7FFFF] == 0xFF)
        },
        "flash-absent": { desk throws in
            desk.bench.setReset(held: true)
            try desk.bench.setPower(true)
            #expect(
                try desk.bench.performOnFlash([.exchange(write: [0x9F], readCount: 3)])[0] == [
                    0xFF, 0xFF, 0xFF,
                ])
            desk.bench.setReset(held: false)
            desk.run(.seconds(2))
            #expect(try desk.module.led.pattern == .flashError)
        },
        "weak-antenna": { desk throws in
            try desk.runFactoryFirmware()
            #expect((-75 ... -62).contains(try desk.imp.rssi()))
        },
        "uart-noise": { desk throws in
            try desk.runFactoryFirmware()
            let port = try desk.hardware.uart(.qrpw)
            try port.setReceiveFIFOSize(60_000)
            try port.configure(UARTAPI.Settings(baud: 921_600))
            desk.bench.writeConsole([UInt8](repeating: 0, count: 50_000))
            try port.write([UInt8](repeating: 0, count: 50_000)) { _ in }
            desk.run(.seconds(1))
            #expect((20...90).contains(port.readBytes(60_000).count { $0 != 0 }))
            #expect((20...90).contains(desk.bench.readConsole(timeout: .seconds(1)).count { $0 != 0 }))
        },
        "uart-silent": { desk throws in
            try desk.runFactoryFirmware()
            let port = try desk.hardware.uart(.qrpw)
            try port.configure(UARTAPI.Settings(baud: 921_600))
            try port.write([1, 2, 3]) { _ in }
            #expect(desk.bench.readConsole(timeout: .seconds(5)).isEmpty)
        },
        "uart-babble": { desk throws in
            #expect(desk.bench.readConsole(timeout: .seconds(1)).isEmpty)
            try desk.bench.setPower(true)
            var bytes: [UInt8] = []
            for _ in 0..<50 { bytes += desk.bench.readConsole(timeout: .seconds(1)) }
            #expect(bytes.count > 1000)
            #expect(Set(bytes).count > 200)
        },
        "wrong-unit-answers": { desk throws in
            try desk.runFactoryFirmware()
            let sticker = try #require(desk.bench.state).recipe.mac.bareHex
            #expect(try desk.imp.getMACAddress() != sticker)
            #expect(try desk.hardware.getDeviceID() == "3000" + desk.imp.getMACAddress())
        },
        "region-ignored": { desk throws in
            try desk.runFactoryFirmware()
            try desk.result { try desk.imp.setCountry(0x4247, then: $0) }
            #expect(try desk.imp.getCountry() == "00005355")
        },
        "module-restart": { desk throws in
            try desk.powerUp()
            desk.run(.seconds(20))
            #expect(try desk.module.starts == 2)
        },
        "cloud-refuses": { try Self.expectBlessing($0, called: false, bound: false) },
        "cloud-silent": { try Self.expectBlessing($0, called: nil, bound: false) },
        "cloud-loses-answer": { try Self.expectBlessing($0, called: nil, bound: true) },
        "usb-unplug": { desk throws in
            try desk.bench.setPower(true)
            desk.run(.milliseconds(2999))
            try desk.bench.drive("button", to: true)
            desk.run(.milliseconds(2))
            #expect(throws: FixtureError.self) { try desk.bench.measure("rail_3v3") }
            #expect(throws: FixtureError.self) { try desk.bench.drive("button", to: true) }
            #expect(try desk.module.phase == .off)
            desk.run(.seconds(2))
            #expect(try desk.bench.measure("rail_3v3") == 0, "plugged in again, switched off")
        },
    ]

    private static func expectBlessing(_ desk: Desk, called: Bool?, bound: Bool) throws {
        try desk.runFactoryFirmware()
        var answer: Bool?
        try desk.server.bless(true) { answer = $0 }
        desk.run(.seconds(1))
        #expect(answer == called)
        #expect(desk.cloud.isBlessed(try desk.module.deviceID.text) == bound)
    }

    @Test(arguments: FaultTable.rows.map(\.example))
    func shows(example: String) throws {
        let name = FaultTable.name(of: try Fault(parsing: example).kind)
        let effect = try #require(
            Self.effects[name] ?? NetworkFaultEffects.table[name], "no test for \(name)")
        let timed = ["brown-out", "wifi-crash"].contains(name) ? "\(name)@15s" : example
        try effect(Desk(faults: timed))
    }

    @Test(arguments: Joint.allCases)
    func eachJointHasItsEffect(joint: Joint) throws {
        let sound = try Desk().module.board
        let broken = try Desk(faults: "cold-joint:\(joint.rawValue)").module.board
        func see(_ board: BoardElectronics) -> [Double] {
            board.set(.e, .steady(.high))
            board.set(.s, .steady(.low))
            _ = board.drive(line: "button", to: true)
            return [
                board.part(bus: .ab, address8: 0x90) == nil ? 0 : 1, board.fraction(at: .j),
                board.fraction(at: .k),
                board.fraction(at: .u), board.userLEDLit ? 1 : 0,
            ]
        }
        let differing = zip(see(sound), see(broken)).map { $0 != $1 }
        #expect(differing == Joint.allCases.map { $0 == joint })
    }

    @Test func aSeatThatPressingCuresIsCured() throws {
        let desk = try Desk(faults: "uart-silent^1, no-power^2")
        #expect(try desk.module.faults == [.uartSilent, .noPower])
        var unit = try #require(desk.bench.unseat(.fail, comesBack: true))
        desk.bench.seat(unit, slot: "desk")
        #expect(try desk.module.faults == [.noPower])
        unit = try #require(desk.bench.unseat(.fail, comesBack: true))
        desk.bench.seat(unit, slot: "desk")
        #expect(try desk.module.faults.isEmpty)
    }

    @Test func timedFaultsHappenOnceInALife() throws {
        let desk = try Desk(faults: "module-restart@1s")
        try desk.powerUp()
        desk.run(.seconds(5))
        #expect(try desk.module.starts == 2)
        let unit = try #require(desk.bench.unseat(.fail, comesBack: true))
        #expect(unit.spentFaults == [0])
        desk.bench.seat(unit, slot: "desk")
        try desk.bench.setPower(true)
        desk.run(.seconds(5))
        #expect(try desk.module.starts == 1)
    }
}

extension Desk {
    /// A 4 KB erase as a station would send it.
    static func erase(_ address: Int) -> [SPIOperation] {
        [
            .exchange(write: [0x06], readCount: 0),
            .exchange(write: ModuleFlash.command(0x20, address), readCount: 0),
            .poll(StatusPoll(typical: .milliseconds(50), limit: .seconds(4))),
        ]
    }
}
