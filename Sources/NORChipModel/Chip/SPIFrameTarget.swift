/// A thing at the other end of chip select, seen frame by frame; the caller owns the time.
public protocol SPIFrameTarget: AnyObject {
    /// Chip select low at `now`, `write` goes out, `readCount` bytes are clocked in, chip select high.
    /// - Parameters:
    ///   - now: since the caller's origin; never earlier than in an earlier call.
    /// - Returns: `readCount` bytes.
    func exchange(write: [UInt8], readCount: Int, at now: Duration) -> [UInt8]

    /// When the operation at hand will be over; nil when there is none, or it will never be.
    var busyUntil: Duration? { get }

    /// The supply goes away at `now`: an operation at hand stays half-done.
    func cutPower(at now: Duration)
}
