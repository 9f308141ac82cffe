import SerialNOR

/// What an SPI adapter does with one operation, at a clock rate, on somebody's virtual time: a pure step from an instant to a
/// later one, for whoever owns the time.
public struct SPIWire: Sendable, Hashable {
    /// Bits a second.
    public var clockHertz: Int

    public init(clockHertz: Int = 30_000_000) {
        self.clockHertz = max(1, clockHertz)
    }

    /// How long so many bytes take on the wire.
    public func time(ofBytes count: Int) -> Duration {
        .nanoseconds(Int64(count) * 8_000_000_000 / Int64(clockHertz))
    }

    /// Runs one operation.
    /// - Parameters:
    ///   - start: when chip select goes low.
    ///   - deadline: when the supply goes away; the operation that would go on beyond does not come to its end.
    /// - Returns: the bytes read, and when the operation is over.
    /// - Throws: `SPIBusError.stillBusy`, or `.disconnected` at the deadline.
    public func run(
        _ operation: SPIOperation, on target: some SPIFrameTarget, at start: Duration,
        powerFailsAt deadline: Duration? = nil
    ) throws(SPIBusError) -> (answer: [UInt8], end: Duration) {
        let end: Duration
        switch operation {
        case .exchange(let write, let readCount):
            end = start + time(ofBytes: write.count + readCount)
            try survive(until: end, deadline, target)
            // The chip acts when chip select rises.
            return (target.exchange(write: write, readCount: readCount, at: end), end)
        case .pause(let duration):
            end = start + duration
            try survive(until: end, deadline, target)
            return ([], end)
        case .poll(let poll):
            return try run(poll, on: target, at: start, powerFailsAt: deadline)
        }
    }

    private func run(
        _ poll: StatusPoll, on target: some SPIFrameTarget, at start: Duration,
        powerFailsAt deadline: Duration?
    ) throws(SPIBusError) -> (answer: [UInt8], end: Duration) {
        let step = max(time(ofBytes: SPIOperation.pollCost), .nanoseconds(1))
        var now = start
        var looksAtReadyChip = 0
        while true {
            now += step
            try survive(until: now, deadline, target)
            let status = target.exchange(write: [poll.opcode], readCount: 1, at: now)
            if let byte = status.first, byte & poll.mask == poll.match { return (status, now) }
            if target.busyUntil == nil, now - start < poll.limit, looksAtReadyChip < 64 {
                // Noise on the wire may have turned a bit; a chip that never gets ready shows the same each time.
                looksAtReadyChip += 1
                continue
            }
            // Looking again and again until the chip is ready shows the same each time: go straight to the first look
            // after that, or to the limit.
            let ready = target.busyUntil ?? .seconds(Int64.max / 2)
            guard ready - start <= poll.limit, ready >= now else {
                now = max(now, start + poll.limit)
                try survive(until: now, deadline, target)
                throw .stillBusy(status: status.first ?? 0xFF, waited: now - start)
            }
            let looks = ((ready - now) / step).rounded(.down)
            if looks > 0 { now += step * Int64(looks) }
        }
    }

    private func survive(until end: Duration, _ deadline: Duration?, _ target: some SPIFrameTarget)
        throws(SPIBusError)
    {
        guard let deadline, end >= deadline else { return }
        target.cutPower(at: deadline)
        throw .disconnected("the unit has no power")
    }
}
