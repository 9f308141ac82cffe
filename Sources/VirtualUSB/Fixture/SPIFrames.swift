/// Turns bytes between two edges of chip select into whole frames of a serial flash: what is written, how many bytes are
/// read, and when.
///
/// Commands that change something take effect when chip select rises; status reads are repeated for as long as the clock
/// runs, each as the register is then; a long read may come in pieces.
public final class SPIFrames {
    /// One frame: bytes written, bytes to read, and the time; gives that many bytes.
    public typealias Exchange = (_ write: [UInt8], _ readCount: Int, _ time: Duration) -> [UInt8]

    private let exchange: Exchange
    private var written: [UInt8] = []
    private var readCount = 0
    /// The frame has had its answer (and its effect, if it has one) while it was read.
    private var answered = false

    public init(exchange: @escaping Exchange) {
        self.exchange = exchange
    }

    /// Chip select goes low.
    public func select() {
        written.removeAll(keepingCapacity: true)
        readCount = 0
        answered = false
    }

    /// Bytes while it is low, as `SPIPeripheral.shift` has them.
    public func shift(_ out: [UInt8], count: Int, wantsAnswer: Bool, at time: Duration, byteTime: Duration)
        -> [UInt8]
    {
        guard wantsAnswer else {
            if readCount == 0 { written += out } else { readCount += count }
            return []
        }
        guard let opcode = written.first else {
            // Full duplex from the first byte on: what goes out is the command, what comes in means nothing.
            written += out
            return [UInt8](repeating: 0xFF, count: count)
        }
        defer { readCount += count }
        switch opcode {
        case _ where Self.statusReads.contains(opcode):
            // The register is repeated for as long as the clock runs, each time as it is then.
            answered = true
            return (0..<count).flatMap { exchange(written, 1, time + byteTime * $0) }
        case 0x03, 0x0B:
            answered = true
            return exchange(moved(by: readCount), count, time)
        case _ where Self.effects.contains(opcode):
            return [UInt8](repeating: 0xFF, count: count)
        default:
            answered = true
            return Array(exchange(written, readCount + count, time).suffix(count))
        }
    }

    /// Clock cycles to which nobody listens.
    public func skip(_ count: Int) {
        readCount += count
    }

    /// Chip select goes high; a frame that was not a whole number of bytes is as if it had never been.
    public func deselect(aligned: Bool, at time: Duration) {
        guard aligned, !answered, !written.isEmpty else { return }
        _ = exchange(written, readCount, time)
    }

    /// The read command with its address moved on: a long read comes in pieces.
    private func moved(by count: Int) -> [UInt8] {
        guard count > 0, written.count >= 4 else { return written }
        var frame = written
        let address = Int(frame[1]) << 16 | Int(frame[2]) << 8 | Int(frame[3])
        let next = address + count
        frame[1] = UInt8(truncatingIfNeeded: next >> 16)
        frame[2] = UInt8(truncatingIfNeeded: next >> 8)
        frame[3] = UInt8(truncatingIfNeeded: next)
        return frame
    }

    private static let statusReads: Set<UInt8> = [0x05, 0x35, 0x15]

    /// Commands that take effect when chip select rises.
    private static let effects: Set<UInt8> = [
        0x01, 0x02, 0x04, 0x06, 0x11, 0x20, 0x31, 0x50, 0x52, 0x60, 0x62, 0x66, 0x99, 0xB7, 0xB9, 0xC7, 0xD7,
        0xD8, 0xE9,
    ]
}
