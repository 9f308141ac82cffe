#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Questions about stretches of flash content, eight bytes at a time: they are asked of every byte of an image.
/// Pure functions over borrowed memory; both buffers of a pair have the same length.
enum NORBytes {
    /// Whether both hold the same.
    static func equal(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
        guard let first = left.baseAddress, let second = right.baseAddress else {
            return left.count == right.count
        }
        return memcmp(first, second, left.count) == 0
    }

    /// Whether all bits are ones, as after an erase.
    static func isBlank(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var index = 0
        while index + 8 <= bytes.count {
            if bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self) != .max { return false }
            index += 8
        }
        while index < bytes.count {
            if bytes[index] != 0xFF { return false }
            index += 1
        }
        return true
    }

    /// Whether `target` has a one where `current` has a zero, which only an erase can make.
    static func needsErase(from current: UnsafeRawBufferPointer, to target: UnsafeRawBufferPointer) -> Bool {
        var index = 0
        while index + 8 <= target.count {
            let now = current.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            if target.loadUnaligned(fromByteOffset: index, as: UInt64.self) & ~now != 0 { return true }
            index += 8
        }
        while index < target.count {
            if target[index] & ~current[index] != 0 { return true }
            index += 1
        }
        return false
    }

    /// The smallest stretch that holds every byte in which the two differ; nil when they are equal.
    static func difference(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Range<Int>? {
        guard !equal(left, right) else { return nil }
        var first = 0
        while first < left.count, left[first] == right[first] { first += 1 }
        var last = left.count - 1
        while last > first, left[last] == right[last] { last -= 1 }
        return first..<last + 1
    }

    /// A page of ones to compare with.
    static let blankPage = [UInt8](repeating: 0xFF, count: SPICommand.largestPage)
}
