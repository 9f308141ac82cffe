/// A level that changes at given instants.
struct EdgeWave: Waveform {
    var before: Drive
    /// In order of time.
    var edges: [(time: VirtualInstant, drive: Drive)]

    func drive(at time: VirtualInstant) -> Drive {
        let index = firstEdge(after: time)
        return index == 0 ? before : edges[index - 1].drive
    }

    func nextChange(after time: VirtualInstant) -> VirtualInstant? {
        let index = firstEdge(after: time)
        return index < edges.count ? edges[index].time : nil
    }

    private func firstEdge(after time: VirtualInstant) -> Int {
        var (low, high) = (0, edges.count)
        while low < high {
            let middle = (low + high) / 2
            if edges[middle].time <= time { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// Pulse-width modulation: high at the beginning of each period.
struct PulseWave: Waveform {
    var start: VirtualInstant
    /// Nanoseconds, at least 1.
    var period: Int64
    /// Nanoseconds of each period, 0 to `period`.
    var high: Int64

    func drive(at time: VirtualInstant) -> Drive {
        let elapsed = time.nanoseconds - start.nanoseconds
        return Drive(elapsed >= 0 && elapsed % period < high)
    }

    func nextChange(after time: VirtualInstant) -> VirtualInstant? {
        let elapsed = time.nanoseconds - start.nanoseconds
        guard elapsed >= 0 else { return start }
        guard high > 0, high < period else { return nil }
        let phase = elapsed % period
        return VirtualInstant(nanoseconds: time.nanoseconds + (phase < high ? high : period) - phase)
    }

    /// The first period that begins at `time` or later.
    func nextPeriod(from time: VirtualInstant) -> VirtualInstant {
        let elapsed = max(time.nanoseconds - start.nanoseconds, 0)
        return VirtualInstant(nanoseconds: start.nanoseconds + (elapsed + period - 1) / period * period)
    }
}

/// Bytes as a serial port sends them: start bit, data from the lowest bit up, parity, stop bits.
struct SerialWave: Waveform {
    struct Burst: Sendable {
        var start: VirtualInstant
        var format: SerialLine.Format
        var bytes: [UInt8]

        var end: VirtualInstant { start + format.duration(ofBytes: bytes.count) }

        /// The level of one bit of the whole burst.
        func level(ofBit index: Int) -> Bool {
            let frame = index / format.bitsPerByte
            return format.level(ofBit: index % format.bitsPerByte, of: bytes[frame])
        }

        func time(ofBit index: Int) -> VirtualInstant {
            VirtualInstant(nanoseconds: start.nanoseconds + format.nanoseconds(ofBits: index))
        }

        /// The bit that is on the wire at `time`; nil when none is.
        func bit(at time: VirtualInstant) -> Int? {
            guard time >= start, time < end else { return nil }
            let elapsed = time.nanoseconds - start.nanoseconds
            var index = Int(elapsed * Int64(format.baud) / 1_000_000_000)
            // The division rounds down and `time(ofBit:)` rounds up.
            while self.time(ofBit: index + 1) <= time { index += 1 }
            while index > 0, self.time(ofBit: index) > time { index -= 1 }
            return index
        }
    }

    /// In order of time, without overlaps.
    var bursts: [Burst]

    func drive(at time: VirtualInstant) -> Drive {
        for burst in bursts {
            if let bit = burst.bit(at: time) { return Drive(burst.level(ofBit: bit)) }
        }
        return .high
    }

    func nextChange(after time: VirtualInstant) -> VirtualInstant? {
        for burst in bursts where burst.end > time {
            guard let bit = burst.bit(at: time) else { return burst.start }
            let level = burst.level(ofBit: bit)
            let count = burst.bytes.count * burst.format.bitsPerByte
            var next = bit + 1
            while next < count, burst.level(ofBit: next) == level { next += 1 }
            if next < count { return burst.time(ofBit: next) }
            if !level { return burst.end }
            if let follower = bursts.first(where: { $0.start >= burst.end }) { return follower.start }
        }
        return nil
    }
}

/// Bits in step with a clock of so many hertz: the data line of an SPI bus.
struct BitWave: Waveform {
    var start: VirtualInstant
    var hertz: Int
    var bytes: [UInt8]
    var lowestFirst: Bool

    func level(ofBit index: Int) -> Bool {
        let shift = lowestFirst ? index % 8 : 7 - index % 8
        return bytes[index / 8] >> UInt8(shift) & 1 == 1
    }

    /// `halves` half periods after the start.
    static func time(_ start: VirtualInstant, halves: Int, hertz: Int) -> VirtualInstant {
        VirtualInstant(nanoseconds: start.nanoseconds + Int64(halves) * 500_000_000 / Int64(hertz))
    }

    private func bit(at time: VirtualInstant) -> Int? {
        guard time >= start, !bytes.isEmpty else { return nil }
        var index = Int((time.nanoseconds - start.nanoseconds) * Int64(hertz) / 1_000_000_000)
        while index > 0, Self.time(start, halves: 2 * index, hertz: hertz) > time { index -= 1 }
        while Self.time(start, halves: 2 * index + 2, hertz: hertz) <= time { index += 1 }
        return min(index, bytes.count * 8 - 1)
    }

    /// The last bit stays on the line.
    func drive(at time: VirtualInstant) -> Drive {
        bit(at: time).map { Drive(level(ofBit: $0)) } ?? .low
    }

    func nextChange(after time: VirtualInstant) -> VirtualInstant? {
        guard let bit = bit(at: time) else { return bytes.isEmpty ? nil : start }
        let level = level(ofBit: bit)
        var next = bit + 1
        while next < bytes.count * 8, self.level(ofBit: next) == level { next += 1 }
        return next < bytes.count * 8 ? Self.time(start, halves: 2 * next, hertz: hertz) : nil
    }
}

/// So many clock pulses.
struct ClockWave: Waveform {
    var start: VirtualInstant
    var hertz: Int
    var pulses: Int
    var idlesHigh: Bool
    /// Active in the second half of each bit, so that data are there before the first edge.
    var activeSecondHalf: Bool

    private func half(at time: VirtualInstant) -> Int {
        var index = Int((time.nanoseconds - start.nanoseconds) * Int64(hertz) / 500_000_000)
        while index > 0, BitWave.time(start, halves: index, hertz: hertz) > time { index -= 1 }
        while BitWave.time(start, halves: index + 1, hertz: hertz) <= time { index += 1 }
        return index
    }

    func drive(at time: VirtualInstant) -> Drive {
        guard time >= start else { return Drive(idlesHigh) }
        let half = half(at: time)
        let active = half < 2 * pulses && (half % 2 == 1) == activeSecondHalf
        return Drive(active != idlesHigh)
    }

    func nextChange(after time: VirtualInstant) -> VirtualInstant? {
        guard pulses > 0 else { return nil }
        let first = activeSecondHalf ? 1 : 0
        guard time >= start else { return BitWave.time(start, halves: first, hertz: hertz) }
        let next = max(half(at: time) + 1, first)
        return next <= 2 * pulses - (activeSecondHalf ? 0 : 1)
            ? BitWave.time(start, halves: next, hertz: hertz) : nil
    }
}

/// A DAC's samples, one after another; the last one stays.
struct SampleWave: Waveform {
    var start: VirtualInstant
    var hertz: Int
    /// Fractions of the supply.
    var samples: [Double]
    /// What was there before.
    var before: Double

    private func index(at time: VirtualInstant) -> Int? {
        guard time >= start, !samples.isEmpty else { return nil }
        var index = Int((time.nanoseconds - start.nanoseconds) * Int64(hertz) / 1_000_000_000)
        while self.time(of: index + 1) <= time { index += 1 }
        while index > 0, self.time(of: index) > time { index -= 1 }
        return min(index, samples.count - 1)
    }

    func time(of index: Int) -> VirtualInstant {
        VirtualInstant(nanoseconds: start.nanoseconds + Int64(index) * 1_000_000_000 / Int64(hertz))
    }

    func drive(at time: VirtualInstant) -> Drive {
        .analog(index(at: time).map { samples[$0] } ?? before)
    }

    func nextChange(after time: VirtualInstant) -> VirtualInstant? {
        guard let present = index(at: time) else { return samples.isEmpty ? nil : start }
        var next = present + 1
        while next < samples.count, samples[next] == samples[present] { next += 1 }
        return next < samples.count ? self.time(of: next) : nil
    }
}
