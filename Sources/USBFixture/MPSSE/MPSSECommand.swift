/// The MPSSE's commands that SPI in mode 0 needs. Source: FTDI AN_108.
enum MPSSECommand {
    /// Clock bytes out on the falling edge, most significant bit first.
    static let writeBytes: UInt8 = 0x11
    /// Clock bytes in on the rising edge, most significant bit first.
    static let readBytes: UInt8 = 0x20
    static let setLow: UInt8 = 0x80
    static let readLow: UInt8 = 0x81
    static let setHigh: UInt8 = 0x82
    static let readHigh: UInt8 = 0x83
    static let loopbackOff: UInt8 = 0x85
    static let setDivisor: UInt8 = 0x86
    /// Send what has been read without waiting for the latency timer.
    static let sendImmediate: UInt8 = 0x87
    /// Use the 60 MHz clock.
    static let divideByFiveOff: UInt8 = 0x8A
    static let threePhaseOff: UInt8 = 0x8D
    /// Clock a number of bytes without data.
    static let clockBytes: UInt8 = 0x8F
    static let adaptiveOff: UInt8 = 0x97
    /// No command: the engine answers FAh and this byte, which proves that both sides are in step.
    static let bogusA: UInt8 = 0xAA
    static let bogusB: UInt8 = 0xAB
    static let badCommand: UInt8 = 0xFA

    /// Bytes that one shift or clock command can move.
    static let longest = 65536

    /// A command with a 16-bit count, which is sent less one.
    static func counted(_ opcode: UInt8, _ count: Int) -> [UInt8] {
        [opcode, UInt8(truncatingIfNeeded: count - 1), UInt8(truncatingIfNeeded: (count - 1) >> 8)]
    }
}

/// The sixteen pins of an MPSSE channel: levels and directions of both bytes.
struct PinImage: Sendable, Equatable {
    /// ADBUS (BDBUS): bit 0 SCK, 1 MOSI, 2 MISO, 3 CS#, 4 to 7 general.
    var low: UInt8
    var lowOutputs: UInt8
    /// ACBUS (BCBUS).
    var high: UInt8
    var highOutputs: UInt8

    static let floating = PinImage(low: 0, lowOutputs: 0, high: 0, highOutputs: 0)

    static let clock: UInt8 = 1 << 0
    static let dataOut: UInt8 = 1 << 1
    static let chipSelect: UInt8 = 1 << 3
    static let spiOutputs = clock | dataOut | chipSelect

    var commands: [UInt8] {
        [MPSSECommand.setLow, low, lowOutputs, MPSSECommand.setHigh, high, highOutputs]
    }
}
