import TimeAndChance

/// The parity bit behind a serial word; the numbers are those of the constants in Squirrel.
public enum SerialParity: Int, Sendable {
    case none = 0, even, odd
}

/// One direction of a serial connection: bytes that are on their way at a bit rate.
///
/// A byte exists for the receiver from the end of its stop bit. Nothing is scheduled per byte: whoever listens asks
/// what has arrived by now.
final class SerialLine {
    /// Bits per second and frame length of a burst.
    struct Format: Equatable {
        var baud: Int
        var wordSize = 8
        var parity = SerialParity.none
        var stopBits = 1

        /// Start, data, parity and stop bits.
        var bitsPerByte: Int { 1 + wordSize + (parity == .none ? 0 : 1) + stopBits }

        /// A receiver with the other kind of parity gets the bytes, and finds each of them wrong.
        func differsInParityOnly(from other: Format) -> Bool {
            baud == other.baud && wordSize == other.wordSize && stopBits == other.stopBits
                && parity != .none && other.parity != .none && parity != other.parity
        }

        /// Time from the start of a burst to the end of its `count`th byte, free of accumulated rounding.
        func duration(ofBytes count: Int) -> Duration {
            .nanoseconds((Int64(count) * Int64(bitsPerByte) * 1_000_000_000 + Int64(baud) - 1) / Int64(baud))
        }
    }

    private struct Burst {
        var start: VirtualInstant
        var format: Format
        var bytes: [UInt8]
        var taken = 0

        func arrival(ofByte index: Int) -> VirtualInstant {
            start + format.duration(ofBytes: index + 1)
        }
    }

    private var bursts: [Burst] = []
    /// Told whenever bytes are put on the line.
    var onSend: (() -> Void)?
    /// When the last byte handed over so far will have left.
    private(set) var busyUntil = VirtualInstant.start

    /// Puts bytes on the line, after those already on their way.
    /// - Returns: when the first and the last of them will have arrived.
    @discardableResult
    func send(_ bytes: [UInt8], at time: VirtualInstant, format: Format) -> (
        first: VirtualInstant, last: VirtualInstant
    ) {
        let start = max(time, busyUntil)
        let burst = Burst(start: start, format: format, bytes: bytes)
        busyUntil = start + format.duration(ofBytes: bytes.count)
        if !bytes.isEmpty { bursts.append(burst) }
        onSend?()
        return (burst.arrival(ofByte: 0), busyUntil)
    }

    /// When the next byte that nobody took yet arrives, or arrived.
    var nextArrival: VirtualInstant? {
        bursts.first.map { $0.arrival(ofByte: $0.taken) }
    }

    /// How many bytes wait to leave at `time`, the one on the wire included.
    func unsent(at time: VirtualInstant) -> Int {
        bursts.reduce(0) { sum, burst in
            let index = firstUnarrived(of: burst, after: time)
            return sum + burst.bytes.count - index
        }
    }

    /// When no more than `count` bytes wait to leave.
    func instantWithUnsent(atMost count: Int) -> VirtualInstant {
        var excess = bursts.reduce(0) { $0 + $1.bytes.count - $1.taken } - count
        guard excess > 0 else { return .start }
        for burst in bursts {
            let here = burst.bytes.count - burst.taken
            if excess <= here { return burst.arrival(ofByte: burst.taken + excess - 1) }
            excess -= here
        }
        return busyUntil
    }

    /// The bytes that have arrived by `time` and were not taken before, with the format they were sent in.
    /// - Parameter limit: the receiver stops the sender after so many; `resume(at:)` lets it go on.
    func take(by time: VirtualInstant, atMost limit: Int = .max) -> [(
        bytes: ArraySlice<UInt8>, format: Format
    )] {
        var arrived: [(bytes: ArraySlice<UInt8>, format: Format)] = []
        var room = limit
        while var burst = bursts.first, room > 0 {
            let end = min(firstUnarrived(of: burst, after: time), room == .max ? .max : burst.taken + room)
            if end > burst.taken {
                arrived.append((burst.bytes[burst.taken..<end], burst.format))
                if room != .max { room -= end - burst.taken }
                burst.taken = end
            }
            guard end == burst.bytes.count else {
                bursts[0] = burst
                break
            }
            bursts.removeFirst()
        }
        return arrived
    }

    /// The receiver lets a stopped sender go on: what would have arrived before `time` leaves only now.
    func resume(at time: VirtualInstant) {
        guard let first = bursts.first, first.arrival(ofByte: first.taken) <= time else { return }
        var free = time
        for index in bursts.indices {
            var burst = bursts[index]
            burst.bytes.removeFirst(burst.taken)
            burst.taken = 0
            burst.start = max(burst.start, free)
            free = burst.start + burst.format.duration(ofBytes: burst.bytes.count)
            bursts[index] = burst
        }
        busyUntil = free
        onSend?()
    }

    /// The sender is gone at `time`: what had not left by then never arrives.
    func cut(at time: VirtualInstant) {
        bursts = bursts.compactMap { burst in
            var burst = burst
            burst.bytes.removeSubrange(max(firstUnarrived(of: burst, after: time), burst.taken)...)
            return burst.bytes.count > burst.taken ? burst : nil
        }
        busyUntil = min(busyUntil, time)
    }

    /// Index of the first byte that has not fully arrived at `time`.
    private func firstUnarrived(of burst: Burst, after time: VirtualInstant) -> Int {
        let last = burst.bytes.count
        if burst.arrival(ofByte: last - 1) <= time { return last }
        let elapsed = time.nanoseconds - burst.start.nanoseconds
        guard elapsed > 0 else { return burst.taken }
        let perByte = Int64(burst.format.bitsPerByte) * 1_000_000_000
        var index = Int(elapsed * Int64(burst.format.baud) / perByte)
        // The division rounds down and `arrival` rounds up; settle the one byte on which they can disagree.
        while index < last, burst.arrival(ofByte: index) <= time { index += 1 }
        while index > 0, burst.arrival(ofByte: index - 1) > time { index -= 1 }
        return max(index, burst.taken)
    }
}

/// What a bad wire does to bytes: each bit flips with a probability that makes a byte wrong as often as asked.
struct LineNoise {
    /// Chance that a byte is damaged, 0 to 1.
    var byteErrorRate: Double
    private var generator: SeededGenerator

    init(byteErrorRate: Double, generator: SeededGenerator) {
        self.byteErrorRate = byteErrorRate
        self.generator = generator
    }

    /// `bytes` after the trip; about half of the damaged ones have one bit flipped, the rest several.
    mutating func damage(_ bytes: [UInt8]) -> [UInt8] {
        guard byteErrorRate > 0 else { return bytes }
        var damaged = bytes
        for index in damaged.indices where generator.happens(withProbability: byteErrorRate) {
            if generator.happens(withProbability: 0.5) {
                damaged[index] ^= 1 << UInt8(generator.next() & 7)
            } else {
                damaged[index] = UInt8(truncatingIfNeeded: generator.next())
            }
        }
        return damaged
    }
}
