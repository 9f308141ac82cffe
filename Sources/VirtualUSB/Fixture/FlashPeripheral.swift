import NORChipModel

/// A flash chip on the fixture's bus.
public final class FlashPeripheral: SPIPeripheral {
    /// The chip itself.
    public let chip: NORChip
    private let frames: SPIFrames

    public init(chip: NORChip) {
        self.chip = chip
        chip.cutPower(at: .zero)
        frames = SPIFrames { chip.exchange(write: $0, readCount: $1, at: $2) }
    }

    public func setPower(_ on: Bool, at time: Duration) {
        if on { chip.applyPower(at: time) } else { chip.cutPower(at: time) }
    }

    public func select(at time: Duration) { frames.select() }

    public func shift(_ out: [UInt8], count: Int, wantsAnswer: Bool, at time: Duration, byteTime: Duration)
        -> [UInt8]
    {
        frames.shift(out, count: count, wantsAnswer: wantsAnswer, at: time, byteTime: byteTime)
    }

    public func skip(_ count: Int) { frames.skip(count) }

    public func deselect(aligned: Bool, at time: Duration) { frames.deselect(aligned: aligned, at: time) }
}
