/// Why writing came to an end before its time.
public enum FlashFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// A byte read back is not what it should be.
    case verifyFailed(address: Int, expected: UInt8, found: UInt8, count: Int, working: Range<Int>)
    /// A sector whose samples were blank is not: plan again with a complete survey.
    case notBlank(address: Int)
    /// The chip stayed busy beyond every limit.
    case timedOut(status: UInt8, waited: Duration, working: Range<Int>)
    /// The adapter or the unit's power went away, or the adapter talks nonsense.
    case lost(reason: String, working: Range<Int>)
    /// Another chip than the plan was made for.
    case otherChip(expected: JEDECID, found: JEDECID)
    /// The plan was made for another division of the chip.
    case otherGeometry
    /// Block-protect bits were set since identification.
    case protected(status: UInt8, mask: UInt8)
    /// An adapter whose buffers don't hold a write enable, a program of one byte and a poll.
    case batchCapacityTooSmall(Int)

    /// The sectors that may be half erased or half programmed: hand them to the next plan as `distrusting`.
    public var interrupted: Range<Int>? {
        switch self {
        case .verifyFailed(_, _, _, _, let working), .timedOut(_, _, let working), .lost(_, let working):
            working
        case .notBlank, .otherChip, .otherGeometry, .protected, .batchCapacityTooSmall: nil
        }
    }

    public var description: String {
        switch self {
        case .verifyFailed(let address, let expected, let found, let count, let working):
            "The flash chip did not take what was written: \(Hexadecimal.address(address)) should read \(Hexadecimal.byte(expected)) and reads \(Hexadecimal.byte(found)) (\(count) bytes differ in \(Hexadecimal.range(working))). \(Self.cause(expected, found)) Seat the unit again and retry once; if it fails at the same address, replace the chip."
        case .notBlank(let address):
            "The flash chip is not blank at \(Hexadecimal.address(address)), though samples around it were: plan again with a complete survey."
        case .timedOut(let status, let waited, let working):
            "The flash chip is still busy after \(waited) (status \(Hexadecimal.byte(status))h) while writing \(Hexadecimal.range(working)). Switch the unit off and on and retry; if it stays, the sector is worn out: replace the chip."
        case .lost(let reason, let working):
            // Adapters tell their reasons as whole sentences; one full stop is enough.
            "The flash chip went out of reach while writing \(Hexadecimal.range(working)): \(reason.hasSuffix(".") ? reason.dropLast() : reason[...]). These sectors may be half written: connect the unit again and repeat the step."
        case .otherChip(let expected, let found):
            "The plan was made for the flash chip with ID \(expected), but the one in the slot answers \(found): plan again."
        case .otherGeometry:
            "The plan was made for another chip size or reservation: plan again."
        case .protected(let status, let mask):
            "The flash chip has become write-protected (status \(Hexadecimal.byte(status))h, bits in \(Hexadecimal.byte(mask))h must be 0): check WP# and what else drives the bus."
        case .batchCapacityTooSmall(let capacity):
            "The SPI adapter takes only \(capacity) bytes at once; at least \(UnitScript.smallestCapacity) are needed."
        }
    }

    private static func cause(_ expected: UInt8, _ found: UInt8) -> String {
        if expected & ~found != 0, found & ~expected == 0 {
            return
                "Bits stay 0 that were erased or never programmed: the sector is worn out, or the bus is noisy."
        }
        if found & ~expected != 0, expected & ~found == 0 {
            return
                "Bits stay 1 that were programmed: the chip is write-protected, worn out, or supplied badly."
        }
        return "Bits are wrong in both directions: the bus is noisy or the contact bad."
    }
}
