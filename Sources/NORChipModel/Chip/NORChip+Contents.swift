import TimeAndChance

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The content as somebody sees it who can look into the cells: tests, and what soldered the chip.
extension NORChip {
    /// One byte, unstable bits as they last were.
    public subscript(address: Int) -> UInt8 {
        get { memory[address] }
        set { memory[address] = newValue }
    }

    /// The bytes at these addresses, which must lie on the chip.
    public func contents(_ range: Range<Int>) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: range.count) { buffer, filled in
            if let base = buffer.baseAddress { memory.read(range, into: base) }
            filled = range.count
        }
    }

    /// Puts bytes there without any command; they must fit on the chip.
    public func load(_ bytes: [UInt8], at address: Int) {
        bytes.withUnsafeBytes { memory.write($0, at: address) }
    }

    /// Fills a range with one byte.
    public func fill(_ range: Range<Int>, with byte: UInt8) {
        load([UInt8](repeating: byte, count: range.count), at: range.lowerBound)
    }

    /// Fills a range with bytes that depend on the seed only.
    public func fill(_ range: Range<Int>, seed: UInt64) {
        var chance = SeededGenerator.derived(from: seed, label: "content")
        load(chance.bytes(range.count), at: range.lowerBound)
    }

    /// Whether a power cut left cells in between.
    public var hasUnstableCells: Bool { !memory.unstable.isEmpty }

    /// How many bytes have a bit that reads by chance.
    public var unstableBytes: Int { memory.unstable.count }

    // MARK: Files

    /// Fills the chip from a plain file of exactly its size.
    /// - Throws: `ChipFileError`.
    public func load(fromFile path: String) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw ChipFileError.cannot("open", path: path, errno) }
        defer { close(descriptor) }
        let length = Int(lseek(descriptor, 0, SEEK_END))
        guard length == part.size else {
            throw ChipFileError.wrongSize(path: path, found: length, expected: part.size)
        }
        try memory.withMutableBytes { bytes in
            var done = 0
            while done < bytes.count {
                let count = pread(
                    descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done, off_t(done))
                guard count > 0 else { throw ChipFileError.cannot("read", path: path, errno) }
                done += count
            }
        }
        memory.isDirty = false
    }

    /// Writes the chip's content to a plain file, whole or not at all: a new file takes the old one's place. Does nothing
    /// when nothing has changed since the file was loaded.
    /// - Parameter always: write even then.
    /// - Throws: `ChipFileError`.
    public func save(toFile path: String, always: Bool = false) throws {
        guard memory.isDirty || always else { return }
        let temporary = path + ".new"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw ChipFileError.cannot("create", path: temporary, errno) }
        do {
            defer { close(descriptor) }
            try memory.withBytes { bytes in
                var done = 0
                while done < bytes.count {
                    let count = pwrite(
                        descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done, off_t(done))
                    guard count > 0 else { throw ChipFileError.cannot("write", path: temporary, errno) }
                    done += count
                }
            }
            guard rename(temporary, path) == 0 else {
                throw ChipFileError.cannot("replace", path: path, errno)
            }
        } catch {
            unlink(temporary)
            throw error
        }
        memory.isDirty = false
    }
}

/// Why a chip file could not be used.
public enum ChipFileError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The system said no.
    case cannot(String, path: String, Int32)
    /// The file is no image of this chip.
    case wrongSize(path: String, found: Int, expected: Int)

    public var description: String {
        switch self {
        case .cannot(let verb, let path, let code):
            "Can't \(verb) chip file \(path): \(String(cString: strerror(code))). Check the path and the space left."
        case .wrongSize(let path, let found, let expected):
            "Chip file \(path) has \(found) bytes; this chip needs exactly \(expected). Name another file or another part."
        }
    }
}

extension SeededGenerator {
    /// `count` bytes by chance.
    public mutating func bytes(_ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            let raw = UnsafeMutableRawBufferPointer(buffer)
            var index = 0
            while index + 8 <= count {
                raw.storeBytes(of: next().littleEndian, toByteOffset: index, as: UInt64.self)
                index += 8
            }
            while index < count {
                buffer[index] = UInt8(truncatingIfNeeded: next())
                index += 1
            }
            filled = count
        }
    }
}
