import ImpEmulator
import VirtualUSB

/// An emulated imp003 on the nails of a virtual fixture: the fixture's lines, its UART and its SPI lead to the emulator's
/// bench, whose simulation is brought to the bus's time with each of them.
final class EmulatedUnit: VirtualUnit {
    let nest: EmulatedNest
    let flash: any SPIPeripheral

    init(_ nest: EmulatedNest) {
        self.nest = nest
        flash = NestFlash(nest)
    }

    func linesChanged(to lines: NestLines, at time: Duration) {
        var drive = NestDrive()
        drive.power = lines.power
        drive.resetHeld = lines.resetHeld
        drive.button = lines.button
        drive.blinkUpTrigger = lines.blinkUpTrigger
        nest.apply(drive, at: time)
    }

    func indicator(at time: Duration) -> (red: Bool, green: Bool) { nest.light(at: time) }

    func overcurrent(at time: Duration) -> Bool { nest.overcurrent(at: time) }

    func receive(_ symbol: SerialSymbol) {
        // A break reaches a receiver as a zero.
        nest.receive(symbol.isBreak ? 0 : symbol.byte, baud: symbol.baud, endingAt: symbol.end)
    }

    func transmitted(by time: Duration) -> [SerialSymbol] {
        nest.transmitted(by: time).map { SerialSymbol(byte: $0.byte, baud: $0.baud, end: time) }
    }

    var nextTransmission: Duration? { nest.nextEvent }
}

/// The flash on the module's own pads. Its supply is the unit's, which the fixture's lines switch.
private final class NestFlash: SPIPeripheral {
    private let frames: SPIFrames

    init(_ nest: EmulatedNest) {
        frames = SPIFrames { nest.exchange($0, $1, at: $2) }
    }

    func setPower(_ on: Bool, at time: Duration) {}
    func select(at time: Duration) { frames.select() }
    func shift(_ out: [UInt8], count: Int, wantsAnswer: Bool, at time: Duration, byteTime: Duration)
        -> [UInt8]
    {
        frames.shift(out, count: count, wantsAnswer: wantsAnswer, at: time, byteTime: byteTime)
    }
    func skip(_ count: Int) { frames.skip(count) }
    func deselect(aligned: Bool, at time: Duration) { frames.deselect(aligned: aligned, at: time) }
}
