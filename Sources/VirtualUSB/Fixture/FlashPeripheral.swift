import NORChipModel

/// A flash chip on the fixture's bus: turns bytes between two edges of chip select into the frames of `NORChip`.
public final class FlashPeripheral: SPIPeripheral {
    /// The chip itself.
    public let chip: NORChip
    private var written: [UInt8] = []
    private var readCount = 0
    /// The frame has had its answer (and its effect, if it has one) while it was read.
    private var answered = false

    public init(chip: NORChip) {
        self.chip = chip
        chip.cutPower(at: .zero)
    }

    public func setPower(_ on: Bool, at time: Duration) {
        if on { chip.applyPower(at: time) } else { chip.cutPower(at: time) }
    }

    public func select(at time: Duration) {
        written.removeAll(keepingCapacity: true)
        readCount = 0
        answered = false
    }

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
            return (0..<count).flatMap {
                chip.exchange(write: written, readCount: 1, at: time + byteTime * $0)
            }
        case 0x03, 0x0B:
            answered = true
            return chip.exchange(write: moved(by: readCount), readCount: count, at: time)
        case _ where Self.effects.contains(opcode):
            return [UInt8](repeating: 0xFF, count: count)
        default:
            answered = true
            return Array(chip.exchange(write: written, readCount: readCount + count, at: time).suffix(count))
        }
    }

    public func skip(_ count: Int) {
        readCount += count
    }

    public func deselect(aligned: Bool, at time: Duration) {
        guard aligned, !answered, !written.isEmpty else { return }
        _ = chip.exchange(write: written, readCount: readCount, at: time)
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
