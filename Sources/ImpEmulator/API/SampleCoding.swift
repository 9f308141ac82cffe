/// A-law as ITU-T G.711 has it, for the sampler and the fixed-frequency DAC.
enum ALaw {
    /// A 16-bit sample from its byte.
    static func expand(_ byte: UInt8) -> Int16 {
        let code = byte ^ 0x55
        let exponent = Int(code >> 4 & 7)
        var magnitude = Int(code & 0x0F) << 4 | 8
        if exponent > 0 { magnitude = (magnitude + 0x100) << (exponent - 1) }
        return Int16(code & 0x80 != 0 ? magnitude : -magnitude)
    }

    /// The byte of a 16-bit sample.
    static func compress(_ sample: Int16) -> UInt8 {
        let isNegative = sample < 0
        let magnitude = isNegative ? ~Int(sample) : Int(sample)
        var exponent = 0
        while exponent < 7, magnitude >> (exponent + 8) > 0 { exponent += 1 }
        let mantissa = exponent == 0 ? magnitude >> 4 : magnitude >> (exponent + 3) & 0x0F
        let code = UInt8(exponent << 4 | mantissa & 0x0F) | (isNegative ? 0 : 0x80)
        return code ^ 0x55
    }
}
