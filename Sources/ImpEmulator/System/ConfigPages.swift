import FactoryLink

/// The module's persistent configuration, on two pages of its internal flash (R11).
///
/// A new record goes to the page that does not hold the current one: erase, payload, and the header with sequence
/// and checksum last. Power may fail at any byte: on start the newest page whose checksum holds is the truth, so
/// either the old record is there or the new one.
public struct ConfigPages: Sendable, Equatable {
    /// Bytes of one page.
    public static let pageSize = 8192
    static let headerSize = 16
    private static let magic: [UInt8] = [0x49, 0x4D, 0x50, 0x43]

    /// What erasing and programming take; the figures are those of an STM32F4's data sheet, small sector, byte
    /// programming, typical.
    static let eraseTime = Duration.milliseconds(40)
    static let byteTime = Duration.microseconds(16)

    /// Two pages, each without the erased bytes at its end.
    private(set) var pages: [[UInt8]]

    /// Erased pages, as the module's maker ships it.
    public init() {
        pages = [[], []]
    }

    /// Pages as they were read from a file.
    init?(pages: [[UInt8]]) {
        guard pages.count == 2, pages.allSatisfy({ $0.count <= Self.pageSize }) else { return nil }
        self.pages = pages
    }

    /// The current record, or nil when there never was one.
    public var current: ModuleConfig? {
        newest.flatMap { ModuleConfig(decoding: $0.payload) }
    }

    private var newest: (page: Int, sequence: UInt32, payload: ArraySlice<UInt8>)? {
        pages.indices.compactMap { index in
            Self.read(pages[index]).map { (index, $0.sequence, $0.payload) }
        }.max { $0.1 < $1.1 }
    }

    /// A write that has been decided on; nothing has changed yet.
    struct Write: Equatable {
        var page: Int
        var image: [UInt8]
        var previous: [UInt8]

        /// How long the whole write takes.
        var duration: Duration {
            ConfigPages.eraseTime + ConfigPages.byteTime * image.count
        }

        /// Positions in the order of programming: payload first, then the header that makes it count.
        func content(afterBytes count: Int) -> [UInt8] {
            var page = [UInt8](repeating: 0xFF, count: image.count)
            let header = ConfigPages.headerSize
            let payload = min(count, image.count - header)
            page.replaceSubrange(header..<(header + payload), with: image[header..<(header + payload)])
            let head = max(0, count - payload)
            page.replaceSubrange(0..<head, with: image[0..<head])
            return page
        }
    }

    /// - Parameter overwriting: R11 broken: the record goes to the page that holds the current one.
    /// - Returns: nil when the record does not fit into a page.
    func write(of config: ModuleConfig, overwriting: Bool = false) -> Write? {
        let payload = config.encoded()
        guard payload.count + Self.headerSize <= Self.pageSize else { return nil }
        let current = newest
        let sequence = (current?.sequence ?? 0) &+ 1
        let target = (current?.page == 0) != overwriting ? 1 : 0
        var image = Self.magic + sequence.littleEndianBytes + UInt32(payload.count).littleEndianBytes
        image += CRC32.checksum(image[4...] + payload).littleEndianBytes
        return Write(page: target, image: image + payload, previous: pages[target])
    }

    /// The write ran to its end.
    mutating func finish(_ write: Write) {
        pages[write.page] = write.content(afterBytes: write.image.count)
    }

    /// Power failed `elapsed` after the write began.
    mutating func interrupt(_ write: Write, after elapsed: Duration) {
        guard elapsed < write.duration else { return finish(write) }
        guard elapsed >= Self.eraseTime else {
            // Cells in the middle of an erase read as anything between what they were and erased.
            let share = Double(elapsed.wholeNanoseconds) / Double(Self.eraseTime.wholeNanoseconds)
            interruptErase(write, share: share)
            return
        }
        let bytes = Int((elapsed - Self.eraseTime).wholeNanoseconds / Self.byteTime.wholeNanoseconds)
        pages[write.page] = write.content(afterBytes: min(bytes, write.image.count))
    }

    /// Power failed after `count` of the write's bytes were programmed.
    mutating func interrupt(_ write: Write, afterBytes count: Int) {
        pages[write.page] = write.content(afterBytes: min(max(count, 0), write.image.count))
    }

    private mutating func interruptErase(_ write: Write, share: Double) {
        var page = write.previous
        let reached = Int(Double(page.count) * share)
        for index in stride(from: 0, to: reached, by: 3) { page[index] |= 0xF0 }
        for index in stride(from: 1, to: reached, by: 3) { page[index] = 0xFF }
        pages[write.page] = page
    }

    private static func read(_ page: [UInt8]) -> (sequence: UInt32, payload: ArraySlice<UInt8>)? {
        guard page.count >= headerSize, Array(page[0..<4]) == magic else { return nil }
        let sequence = UInt32(littleEndian: page[4..<8])
        let length = Int(UInt32(littleEndian: page[8..<12]))
        guard length <= page.count - headerSize else { return nil }
        let payload = page[headerSize..<(headerSize + length)]
        guard CRC32.checksum(page[4..<12] + payload) == UInt32(littleEndian: page[12..<16]) else {
            return nil
        }
        return (sequence, payload)
    }
}

extension UInt32 {
    var littleEndianBytes: [UInt8] {
        [UInt8(self & 0xFF), UInt8(self >> 8 & 0xFF), UInt8(self >> 16 & 0xFF), UInt8(self >> 24)]
    }

    /// The first four bytes, least significant first; missing ones count as zero.
    init(littleEndian bytes: some Collection<UInt8>) {
        self = 0
        for (shift, byte) in zip(stride(from: 0, to: 32, by: 8), bytes) {
            self |= UInt32(byte) << UInt32(shift)
        }
    }
}
