import TimeAndChance

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The cells of a chip.
///
/// The bytes lie outside Swift's arrays because an emulated line touches every byte of many 16 MB chips, in debug builds
/// too; every access goes through the bounds-checked methods here, which take addresses modulo nothing: the caller has
/// already brought them into the chip.
final class NORMemory {
    let size: Int
    private let cells: UnsafeMutablePointer<UInt8>
    /// Bits that were caught half-way by a power cut: they read as they please until erased or programmed again.
    private(set) var unstable: [Int: UInt8] = [:]
    /// Whether anything changed since the last load or save.
    var isDirty = false

    init(size: Int) {
        self.size = size
        cells = .allocate(capacity: size)
        cells.initialize(repeating: 0xFF, count: size)
    }

    deinit { cells.deallocate() }

    private func check(_ range: Range<Int>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= size, "address outside the chip model")
    }

    subscript(address: Int) -> UInt8 {
        get {
            check(address..<address + 1)
            return cells[address]
        }
        set {
            check(address..<address + 1)
            cells[address] = newValue
            if !unstable.isEmpty { unstable[address] = nil }
            isDirty = true
        }
    }

    func read(_ range: Range<Int>, into target: UnsafeMutablePointer<UInt8>) {
        check(range)
        memcpy(target, cells + range.lowerBound, range.count)
    }

    /// Turns unstable bits of what was read from `range` over by chance.
    func unsettle(
        _ target: UnsafeMutablePointer<UInt8>, readFrom range: Range<Int>, by chance: inout SeededGenerator
    ) {
        // In order of address, so that the same seed reads the same.
        for (address, mask) in unstable.filter({ range.contains($0.key) }).sorted(by: { $0.key < $1.key }) {
            target[address - range.lowerBound] ^= mask & UInt8(truncatingIfNeeded: chance.next())
        }
    }

    func write(_ bytes: UnsafeRawBufferPointer, at address: Int) {
        check(address..<address + bytes.count)
        if let base = bytes.baseAddress { memcpy(cells + address, base, bytes.count) }
        settle(address..<address + bytes.count)
    }

    /// ANDs `data` into the cells.
    func program(_ data: UnsafeBufferPointer<UInt8>, at address: Int) {
        check(address..<address + data.count)
        var index = 0
        let source = UnsafeRawBufferPointer(data)
        let target = UnsafeMutableRawPointer(cells + address)
        while index + 8 <= data.count {
            let word = target.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            target.storeBytes(
                of: word & source.loadUnaligned(fromByteOffset: index, as: UInt64.self), toByteOffset: index,
                as: UInt64.self)
            index += 8
        }
        while index < data.count {
            cells[address + index] &= data[index]
            index += 1
        }
        settle(address..<address + data.count)
    }

    func erase(_ range: Range<Int>) {
        check(range)
        memset(cells + range.lowerBound, 0xFF, range.count)
        settle(range)
    }

    private func settle(_ range: Range<Int>) {
        isDirty = true
        guard !unstable.isEmpty else { return }
        unstable = unstable.filter { !range.contains($0.key) }
    }

    // MARK: Half-done operations

    /// An erase that got as far as `fraction`: each zero has become one with that chance, some are in between.
    func eraseHalfway(_ range: Range<Int>, fraction: Double, by chance: inout SeededGenerator) {
        check(range)
        isDirty = true
        var address = range.lowerBound
        while address < range.upperBound {
            for offset in address..<min(address + 8, range.upperBound) {
                let zeros = ~cells[offset]
                guard zeros != 0 else { continue }
                cells[offset] |= zeros & Self.mask(fraction, by: &chance)
                unsettle(
                    offset, among: Self.isNearlyDone(fraction) ? zeros : ~cells[offset], fraction, by: &chance
                )
            }
            address += 8
        }
    }

    /// A program that got as far as `fraction`: each one that should become zero has done so with that chance.
    func programHalfway(
        _ data: UnsafeBufferPointer<UInt8>, at address: Int, fraction: Double,
        by chance: inout SeededGenerator
    ) {
        check(address..<address + data.count)
        isDirty = true
        for index in 0..<data.count {
            let falling = cells[address + index] & ~data[index]
            guard falling != 0 else { continue }
            cells[address + index] &= ~(falling & Self.mask(fraction, by: &chance))
            unsettle(
                address + index,
                among: Self.isNearlyDone(fraction) ? falling : cells[address + index] & ~data[index],
                fraction, by: &chance)
        }
    }

    /// Near its end an operation has moved every cell, but some not far enough to stay.
    private static func isNearlyDone(_ fraction: Double) -> Bool { fraction >= 0.95 }

    /// One byte in 64 has a bit in between, near the end one in 2048.
    private func unsettle(
        _ address: Int, among bits: UInt8, _ fraction: Double, by chance: inout SeededGenerator
    ) {
        let draw = chance.next()
        guard bits != 0, draw & (Self.isNearlyDone(fraction) ? 2047 : 63) == 0 else { return }
        let lowest = bits & (~bits &+ 1)
        unstable[address] = lowest
    }

    /// Eight bits, each set with the given chance in steps of a sixteenth.
    private static func mask(_ fraction: Double, by chance: inout SeededGenerator) -> UInt8 {
        guard !isNearlyDone(fraction) else { return 0xFF }
        let level = Int(max(0, fraction) * 16)
        let draws = chance.next()
        var mask: UInt8 = 0
        for step in 0..<4 {
            let bits = UInt8(truncatingIfNeeded: draws >> UInt64(8 * step))
            mask = level >> step & 1 == 1 ? mask | bits : mask & bits
        }
        return mask
    }

    // MARK: Whole contents

    func withBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        try body(UnsafeRawBufferPointer(start: cells, count: size))
    }

    func withMutableBytes<R>(_ body: (UnsafeMutableRawBufferPointer) throws -> R) rethrows -> R {
        try body(UnsafeMutableRawBufferPointer(start: cells, count: size))
    }
}
