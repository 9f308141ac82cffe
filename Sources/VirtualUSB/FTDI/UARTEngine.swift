/// A channel as a UART: sends what the host gives it at the baud rate, takes what the unit sends.
final class UARTEngine: FTDIEngine {
    private let board: FixtureBoard
    private var baud = 9600.0
    private var bitsPerCharacter = 10.0
    /// Set while the host holds the line in break.
    private var breaking = false
    private var senderFree = Duration.zero
    /// Line status bits that go out with the next packet: overrun 02h, parity 04h, framing 08h, break 10h.
    private var lineErrors: UInt8 = 0
    private var eventCharacter: UInt8?
    /// Stops sending when the unit is not ready, with RTS/CTS flow control.
    var clearToSend = true

    init(board: FixtureBoard, at time: Duration) {
        self.board = board
        senderFree = time
    }

    /// The divisor as SET_BAUD_RATE carries it: 14 bits, three for eighths, and bit 17 for the 12 MHz base.
    func setDivisor(_ encoded: UInt32) {
        let eighths: [Double] = [0, 0.5, 0.25, 0.125, 0.375, 0.625, 0.75, 0.875]
        let fast = encoded & 0x20000 != 0
        let fraction = eighths[Int(encoded >> 14 & 7)]
        let whole = Double(encoded & 0x3FFF)
        let base = fast ? 12_000_000.0 : 3_000_000.0
        switch (whole, fraction) {
        case (0, 0): baud = base
        case (1, 0): baud = base / 1.5
        default: baud = base / max(whole + fraction, 1)
        }
    }

    /// SET_DATA: bits 7..0 data bits, 10..8 parity, 13..11 stop bits, 14 break.
    func setLine(_ value: UInt16, at time: Duration) {
        let dataBits = Double(min(max(value & 0xFF, 7), 8))
        let parityBit = value >> 8 & 7 == 0 ? 0.0 : 1.0
        let stopBits = [1.0, 1.5, 2.0][min(Int(value >> 11 & 3), 2)]
        bitsPerCharacter = 1 + dataBits + parityBit + stopBits
        let nowBreaking = value & 0x4000 != 0
        if nowBreaking, !breaking {
            board.unit.receive(SerialSymbol(byte: 0, baud: baud, isBreak: true, end: time))
        }
        breaking = nowBreaking
    }

    func setEventCharacter(_ value: UInt16) {
        eventCharacter = value & 0x100 != 0 ? UInt8(truncatingIfNeeded: value) : nil
    }

    func status() -> (modem: UInt8, line: UInt8) {
        defer { lineErrors = 0 }
        return (0x01 | (clearToSend ? 0x10 : 0), 0x60 | lineErrors)
    }

    private var characterTime: Duration { .nanoseconds(Int64(bitsPerCharacter * 1_000_000_000 / baud)) }

    func nextChange(after time: Duration, buffers: FTDIBuffers) -> Duration? {
        var next = board.unit.nextTransmission.map { max($0, time + .microseconds(1)) }
        if !buffers.outgoing.isEmpty, clearToSend, senderFree > time {
            next = min(next ?? senderFree, senderFree)
        }
        return next
    }

    func advance(to time: Duration, buffers: inout FTDIBuffers) {
        if clearToSend, !breaking, !buffers.outgoing.isEmpty {
            senderFree = max(senderFree, buffers.touched)
            while !buffers.outgoing.isEmpty, senderFree <= time {
                // The character has left when its time is over; what a fast host sees of that is FIFO space.
                let byte = buffers.outgoing.take(1).first ?? 0
                senderFree += characterTime
                board.unit.receive(SerialSymbol(byte: byte, baud: baud, end: senderFree))
            }
        }
        for symbol in board.unit.transmitted(by: time) { take(symbol, &buffers) }
    }

    private func take(_ symbol: SerialSymbol, _ buffers: inout FTDIBuffers) {
        var byte = symbol.byte
        if symbol.isBreak {
            lineErrors |= 0x10 | 0x08
            byte = 0
        } else if abs(symbol.baud / baud - 1) > 0.04 {
            // Half a bit off at the tenth bit: what comes out has little to do with what was sent.
            lineErrors |= 0x08
            byte = byte.byteSwapped &* 37 ^ 0xA5
        }
        guard buffers.incoming.free > 0 else {
            lineErrors |= 0x02
            return
        }
        buffers.incoming.append(CollectionOfOne(byte))
        if byte == eventCharacter { buffers.flush = true }
    }
}

/// A channel whose pins nobody uses: after a reset, or in a mode that this model does not have.
final class IdleEngine: FTDIEngine {
    func advance(to time: Duration, buffers: inout FTDIBuffers) { buffers.outgoing.removeAll() }
    func nextChange(after time: Duration, buffers: FTDIBuffers) -> Duration? { nil }
    func status() -> (modem: UInt8, line: UInt8) { (0x01, 0x60) }
}
