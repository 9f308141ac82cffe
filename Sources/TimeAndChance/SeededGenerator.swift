/// Chance that can be replayed: SplitMix64, one 64-bit state, the same numbers on every machine for the
/// same seed. Print the seed, and a failed run can be run again. Not for keys.
public struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    public init(seed: UInt64) {
        state = seed
    }

    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// True with the given probability.
    /// - Parameter probability: 0 (never) to 1 (always); values outside are taken as the nearer end.
    public mutating func happens(withProbability probability: Double) -> Bool {
        let unit = Double(next() >> 11) * 0x1p-53
        return unit < probability
    }

    /// A generator whose numbers depend on this seed and on `label`, and on nothing drawn so far from either:
    /// unit 17 gets the same chances whichever slot it lands in.
    public static func derived(from seed: UInt64, label: String, index: UInt64 = 0) -> SeededGenerator {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in label.utf8 {
            hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
        }
        var mixer = SeededGenerator(seed: seed ^ hash)
        let first = mixer.next()
        var second = SeededGenerator(seed: first ^ (index &* 0xD6E8_FEB8_6659_FD93))
        return SeededGenerator(seed: second.next())
    }
}
