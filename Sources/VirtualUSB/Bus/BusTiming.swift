import USBTransport

/// How long things take on the cable.
///
/// Source: USB 2.0, 5.8.4 (at most 13 bulk packets of 512 bytes in a microframe of 125 µs) and 5.11.3 (overhead of a
/// transaction). The host controller looks at new work at the start of a microframe and tells of finished work at the
/// next, which is how EHCI's asynchronous schedule and the interrupt moderation of common xHCI drivers behave.
struct BusTiming: Sendable {
    var frame: Duration
    var bitsPerSecond: Int64
    var overheadBytes: Int64
    /// Added to every transaction: a slow device, a bad hub.
    var slowness = Duration.zero

    init(_ speed: USBSpeed) {
        switch speed {
        case .high, .super, .unknown:
            (frame, bitsPerSecond, overheadBytes) = (.microseconds(125), 480_000_000, 64)
        case .full, .low:
            (frame, bitsPerSecond, overheadBytes) = (.milliseconds(1), 12_000_000, 13)
        }
    }

    /// One transaction with `count` bytes of data.
    func transaction(_ count: Int) -> Duration {
        .nanoseconds((Int64(count) + overheadBytes) * 8_000_000_000 / bitsPerSecond) + slowness
    }

    /// The first frame boundary at or after `time`.
    func boundary(from time: Duration) -> Duration {
        let length = frame.nanoseconds
        return .nanoseconds((time.nanoseconds + length - 1) / length * length)
    }
}

extension Duration {
    /// Whole nanoseconds, rounded down.
    var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }
}
