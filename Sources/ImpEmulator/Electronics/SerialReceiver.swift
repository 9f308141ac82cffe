/// What a serial receiver makes of a byte's frame.
enum SerialReceiver {
    /// - Returns: no byte when the receiver could not make one of what it saw.
    static func receive(
        _ byte: UInt8, sent: SerialLine.Format, damage: SerialLine.Damage?, expected: SerialLine.Format
    ) -> (byte: UInt8?, flags: UARTAPI.Flags) {
        if sent == expected, damage == nil { return (byte, []) }
        // At another bit rate the samples fall anywhere.
        guard abs(sent.baud - expected.baud) * 100 <= 3 * expected.baud else { return (nil, .frameError) }
        func level(_ index: Int) -> Bool {
            guard index < sent.bitsPerByte else { return true }
            let level = sent.level(ofBit: index, of: byte)
            switch damage {
            case .parity where sent.parity != .none && index == sent.wordSize + 1: return !level
            case .frame where index == 1 + sent.wordSize + (sent.parity == .none ? 0 : 1): return false
            default: return level
            }
        }
        var flags: UARTAPI.Flags = damage == .noise ? .noiseError : []
        var received: UInt8 = 0
        for bit in 0..<expected.wordSize where level(1 + bit) { received |= 1 << UInt8(bit) }
        var next = 1 + expected.wordSize
        if expected.parity != .none {
            if level(next) != expected.parityBit(of: received) { flags.insert(.parityError) }
            next += 1
        }
        guard level(next) else { return (nil, flags.union(.frameError)) }
        return (received, flags)
    }
}
