/// The multi-protocol synchronous serial engine, as far as SPI needs it.
///
/// Commands and their meaning: FTDI AN_108. Clock: 60 MHz (or 12) / 2 / (1 + divisor). Every command byte costs
/// 1/30 µs to fetch, data cost their clock cycles. Bit-wise shifting and the processor modes are answered as bad
/// commands, which the hardware would not do: nothing that talks SPI in whole bytes needs them.
final class MPSSEEngine: FTDIEngine {
    /// Pins of both bytes of the channel.
    let pins: any FTDIPins
    private var cursor = Duration.zero
    private var divisor = 0
    private var divideByFive = true
    private var loopback = false
    private var low: (value: UInt8, direction: UInt8) = (0, 0)
    private var high: (value: UInt8, direction: UInt8) = (0, 0)
    private var work = Work.none
    /// Bytes read at `cursor`, in the FIFO from then on.
    private var staged: [UInt8] = []
    private var stagedFlush = false

    private enum Work {
        case none
        /// Data phase of a shift command with so many bytes left.
        case shift(opcode: UInt8, left: Int)
        /// Clock cycles without data, in bytes.
        case clock(left: Int)
        /// Waits for GPIOL1 to have this level.
        case wait(level: Bool)
    }

    init(pins: any FTDIPins, at time: Duration) {
        self.pins = pins
        cursor = time
    }

    func status() -> (modem: UInt8, line: UInt8) { (0x01, 0x60) }

    func nextChange(after time: Duration, buffers: FTDIBuffers) -> Duration? {
        // Several short commands count as one change: the host looks at the FIFOs a few microseconds late at most.
        cursor > time ? max(cursor, time + .microseconds(8)) : nil
    }

    func advance(to time: Duration, buffers: inout FTDIBuffers) {
        // An engine that was out of work, or out of room, goes on from when the host changed that; one that was busy
        // is past that instant anyway.
        cursor = max(cursor, buffers.touched)
        while cursor <= time {
            deliver(&buffers)
            guard step(&buffers, until: time) else { return }
        }
    }

    private func deliver(_ buffers: inout FTDIBuffers) {
        if !staged.isEmpty {
            buffers.incoming.append(staged)
            staged.removeAll(keepingCapacity: true)
        }
        if stagedFlush {
            buffers.flush = true
            stagedFlush = false
        }
    }

    /// Does the next piece of work.
    /// - Returns: false when it has to wait for the host (or for a pin).
    private func step(_ buffers: inout FTDIBuffers, until time: Duration) -> Bool {
        switch work {
        case .none: return command(&buffers)
        case .shift(let opcode, let left): return shift(opcode, left: left, &buffers)
        case .clock(let left):
            // Long waits in one go: nothing on the bus depends on them.
            spend(clocks: left * 8)
            if pins.isSelected { pins.skip(left, byteTime: byteTime) }
            work = .none
            return true
        case .wait(let level):
            pins.advance(to: time)
            if (pins.read(high: false) & 0x20 != 0) == level {
                work = .none
                return true
            }
            // Look again in a microsecond, as long as the host lets time pass.
            guard cursor < time else { return false }
            cursor += .microseconds(1)
            return true
        }
    }

    private var hertz: Int64 { (divideByFive ? 12_000_000 : 60_000_000) / 2 / Int64(1 + divisor) }

    private var byteTime: Duration { .nanoseconds(8_000_000_000 / hertz) }

    private func spend(clocks: Int) {
        cursor += .nanoseconds(Int64(clocks) * 1_000_000_000 / hertz)
    }

    private func spend(commandBytes: Int) {
        cursor += .nanoseconds(Int64(commandBytes) * 100 / 3)
    }

    /// Fetches one command, if all of it is there.
    private func command(_ buffers: inout FTDIBuffers) -> Bool {
        guard !buffers.outgoing.isEmpty else { return false }
        let opcode = buffers.outgoing[0]
        let length = Self.length(of: opcode)
        guard buffers.outgoing.count >= length else { return false }
        // Three bytes at most can come back at once.
        guard buffers.incoming.free >= 3 else { return false }
        let bytes = Array(buffers.outgoing.take(length))
        spend(commandBytes: length)
        execute(bytes)
        return true
    }

    private static func length(of opcode: UInt8) -> Int {
        switch opcode {
        case _ where isByteShift(opcode): 3
        case 0x80, 0x82, 0x86, 0x8F, 0x9C, 0x9D: 3
        case 0x8E: 2
        default: 1
        }
    }

    /// Shift commands of whole bytes: bit 1 (bit mode) and bit 6 (TMS) clear, and at least one direction.
    private static func isByteShift(_ opcode: UInt8) -> Bool {
        opcode < 0x40 && opcode & 0x02 == 0 && opcode & 0x30 != 0
    }

    private func execute(_ bytes: [UInt8]) {
        switch bytes[0] {
        case _ where Self.isByteShift(bytes[0]):
            work = .shift(opcode: bytes[0], left: 1 + Int(bytes[1]) + Int(bytes[2]) << 8)
        case 0x80:
            low = (bytes[1], bytes[2])
            pins.set(low: low, high: high, at: cursor)
        case 0x82:
            high = (bytes[1], bytes[2])
            pins.set(low: low, high: high, at: cursor)
        case 0x81: staged.append(read(high: false))
        case 0x83: staged.append(read(high: true))
        case 0x84: loopback = true
        case 0x85: loopback = false
        case 0x86: divisor = Int(bytes[1]) | Int(bytes[2]) << 8
        case 0x87: stagedFlush = true
        case 0x88: work = .wait(level: true)
        case 0x89: work = .wait(level: false)
        case 0x8A: divideByFive = false
        case 0x8B: divideByFive = true
        case 0x8D, 0x97: break
        case 0x8E:
            spend(clocks: 1 + Int(bytes[1] & 7))
            if pins.isSelected { pins.misalign(clocks: 1 + Int(bytes[1] & 7)) }
        case 0x8F: work = .clock(left: 1 + Int(bytes[1]) + Int(bytes[2]) << 8)
        default:
            staged += [0xFA, bytes[0]]
        }
    }

    private func read(high: Bool) -> UInt8 {
        pins.advance(to: cursor)
        return pins.read(high: high)
    }

    /// As much of a shift as the FIFOs allow, at most 256 bytes at a time.
    private func shift(_ opcode: UInt8, left: Int, _ buffers: inout FTDIBuffers) -> Bool {
        let writes = opcode & 0x10 != 0
        let reads = opcode & 0x20 != 0
        var count = min(left, 256)
        if writes { count = min(count, buffers.outgoing.count) }
        if reads { count = min(count, buffers.incoming.free) }
        guard count > 0 else { return false }
        let lsbFirst = opcode & 0x08 != 0
        var out = writes ? Array(buffers.outgoing.take(count)) : []
        if lsbFirst { out = out.map(Self.reversed) }
        var answer: [UInt8]
        if loopback {
            answer = writes ? out : [UInt8](repeating: 0, count: count)
        } else {
            answer = pins.shift(out, count: count, wantsAnswer: reads, at: cursor, byteTime: byteTime)
        }
        spend(clocks: count * 8)
        if reads {
            if lsbFirst { answer = answer.map(Self.reversed) }
            staged += answer
        }
        work = left == count ? .none : .shift(opcode: opcode, left: left - count)
        return true
    }

    private static func reversed(_ byte: UInt8) -> UInt8 {
        var result: UInt8 = 0
        for bit in 0..<8 where byte & (1 << UInt8(bit)) != 0 { result |= 0x80 >> UInt8(bit) }
        return result
    }
}

/// The sixteen pins of a channel and what is soldered to them.
protocol FTDIPins: AnyObject {
    /// Drives pins: a set bit in `direction` is an output.
    func set(low: (value: UInt8, direction: UInt8), high: (value: UInt8, direction: UInt8), at time: Duration)
    /// Levels as they are, outputs included.
    func read(high: Bool) -> UInt8
    func advance(to time: Duration)
    /// Whether chip select is low.
    var isSelected: Bool { get }
    /// Clocks `count` bytes; `out` is empty when nothing is driven.
    func shift(_ out: [UInt8], count: Int, wantsAnswer: Bool, at time: Duration, byteTime: Duration)
        -> [UInt8]
    /// Clock cycles with chip select low and nobody listening.
    func skip(_ count: Int, byteTime: Duration)
    /// Fewer than eight clock cycles with chip select low.
    func misalign(clocks: Int)
}
