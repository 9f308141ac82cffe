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
    /// How a burst is sent.
    struct Format: Equatable, Sendable {
        var baud: Int
        /// 7 or 8.
        var wordSize = 8
        var parity = SerialParity.none
        /// 1 or 2.
        var stopBits = 1

        /// Start, data, parity and stop bits.
        var bitsPerByte: Int { 1 + wordSize + (parity == .none ? 0 : 1) + stopBits }

        /// Time from the start of a burst to the end of its `count`th byte, free of accumulated rounding.
        func duration(ofBytes count: Int) -> Duration {
            .nanoseconds(nanoseconds(ofBits: count * bitsPerByte))
        }

        func nanoseconds(ofBits count: Int) -> Int64 {
            (Int64(count) * 1_000_000_000 + Int64(baud) - 1) / Int64(baud)
        }

        /// The level of one bit of a byte's frame.
        func level(ofBit index: Int, of byte: UInt8) -> Bool {
            if index == 0 { return false }
            if index <= wordSize { return byte >> UInt8(index - 1) & 1 == 1 }
            return parity != .none && index == wordSize + 1 ? parityBit(of: byte) : true
        }

        func parityBit(of byte: UInt8) -> Bool {
            let data = wordSize == 8 ? byte : byte & 0x7F
            return (data.nonzeroBitCount % 2 == 1) == (parity == .even)
        }
    }

    /// What a byte suffers on its way.
    enum Damage: Equatable, Sendable {
        /// Its parity bit is wrong.
        case parity
        /// Its stop bit is missing.
        case frame
        /// A spike that the receiver notices, in a byte that it understands nevertheless.
        case noise
    }

    /// Bytes that have arrived.
    struct Arrived {
        /// Their indices are those that `damage` goes by.
        var bytes: ArraySlice<UInt8>
        var format: Format
        var damage: [Int: Damage]
        /// When the last of them did.
        var end: VirtualInstant
    }

    private struct Burst {
        var start: VirtualInstant
        var format: Format
        var bytes: [UInt8]
        /// By index.
        var damage: [Int: Damage] = [:]
        var taken = 0

        func arrival(ofByte index: Int) -> VirtualInstant {
            start + format.duration(ofBytes: index + 1)
        }
    }

    private var bursts: [Burst] = []
    /// How many bytes the sender still sends after the receiver has stopped it; 0 for an ideal one.
    var bytesAfterStop = 0
    /// Told whenever bytes are put on the line.
    var onSend: (() -> Void)?
    /// When the last byte handed over so far will have left.
    private(set) var busyUntil = VirtualInstant.start

    /// Puts bytes on the line, after those already on their way.
    /// - Returns: when the first and the last of them will have arrived.
    @discardableResult
    func send(
        _ bytes: [UInt8], at time: VirtualInstant, format: Format, damage: [Int: Damage] = [:]
    ) -> (first: VirtualInstant, last: VirtualInstant) {
        let start = max(time, busyUntil)
        let burst = Burst(start: start, format: format, bytes: bytes, damage: damage)
        busyUntil = start + format.duration(ofBytes: bytes.count)
        if !bytes.isEmpty { bursts.append(burst) }
        onSend?()
        return (burst.arrival(ofByte: 0), busyUntil)
    }

    /// When the next byte that nobody took yet arrives, or arrived.
    var nextArrival: VirtualInstant? {
        bursts.first.map { $0.arrival(ofByte: $0.taken) }
    }

    /// When the `count`th byte that nobody took yet arrives; nil when so many are not on their way.
    func arrival(ofByte count: Int) -> VirtualInstant? {
        var left = count
        for burst in bursts {
            let here = burst.bytes.count - burst.taken
            if left <= here { return burst.arrival(ofByte: burst.taken + left - 1) }
            left -= here
        }
        return nil
    }

    /// How many bytes wait to leave at `time`, the one on the wire included.
    func unsent(at time: VirtualInstant) -> Int {
        bursts.reduce(0) { sum, burst in
            let index = firstUnarrived(of: burst, after: time)
            return sum + burst.bytes.count - index
        }
    }

    /// The bytes that have arrived by `time` and were not taken before, with the format they were sent in.
    /// - Parameter limit: the receiver stops the sender after so many; `resume(at:)` lets it go on.
    func take(by time: VirtualInstant, atMost limit: Int = .max) -> [Arrived] {
        var arrived: [Arrived] = []
        var room = limit
        while var burst = bursts.first, room > 0 {
            let end = min(firstUnarrived(of: burst, after: time), room == .max ? .max : burst.taken + room)
            if end > burst.taken {
                arrived.append(
                    Arrived(
                        bytes: burst.bytes[burst.taken..<end], format: burst.format, damage: burst.damage,
                        end: burst.arrival(ofByte: end - 1)))
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
            let gone = burst.taken
            burst.damage = Dictionary(
                uniqueKeysWithValues: burst.damage.compactMap { index, damage in
                    index >= gone ? (index - gone, damage) : nil
                })
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
