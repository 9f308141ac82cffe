import TimeAndChance

/// What is wrong with one chip or its wires.
public struct NORFaults: Sendable, Hashable {
    /// Bits that no erase brings to one, by address.
    public var stuckAtZero: [Int: UInt8] = [:]
    /// Bits that no program brings to zero, by address.
    public var stuckAtOne: [Int: UInt8] = [:]
    /// How many times longer an erase takes when it has this sector (number of 4096 bytes) in it.
    public var slowSectors: [Int: Double] = [:]
    /// The data line from the chip is tied: 0x00 or 0xFF, whatever the chip says.
    public var stuckDataOut: UInt8?
    /// The chance that a byte comes over the wire with one bit turned.
    public var readNoise = 0.0
    /// An operation once begun never ends.
    public var neverReady = false
    /// Erases and programs are taken and do nothing.
    public var ignoresWrites = false
    /// WP# is low: with SRWD set, the status register can't be written.
    public var writeProtectPinLow = false
    /// Erases and write enables are carried out even with bytes too many.
    public var takesOverlongFrames = false
    /// Addresses come out modulo this, as on a chip that is smaller than its ID says; nil for an honest one.
    public var realSize: Int?

    public init() {}

    /// A sector that has been erased too often: some bits stay zero, and erasing takes longer.
    public mutating func wearOut(sector: Int, seed: UInt64, bits: Int = 3) {
        var chance = SeededGenerator.derived(from: seed, label: "worn sector", index: UInt64(sector))
        for _ in 0..<bits {
            let address = sector * 4096 + Int.random(in: 0..<4096, using: &chance)
            stuckAtZero[address, default: 0] |= 1 << UInt8.random(in: 0..<8, using: &chance)
        }
        slowSectors[sector] = 2
    }
}

/// What went on at one chip.
public struct NORCounters: Sendable, Hashable {
    public var frames = 0
    public var bytesIn = 0
    public var bytesOut = 0
    public var pagesProgrammed = 0
    public var erases4K = 0
    public var erases32K = 0
    public var erases64K = 0
    public var chipErases = 0
    /// Erases and programs without write enable, into protected bytes, or while busy.
    public var ignoredWrites = 0
    public var powerCuts = 0

    public init() {}
}

/// How long a chip's operations take.
public enum NORTiming: Sendable, Hashable {
    /// No time at all.
    case none
    /// The part's typical times.
    case typical
    /// Between typical and longest, by the chip's seed.
    case jittered
}
