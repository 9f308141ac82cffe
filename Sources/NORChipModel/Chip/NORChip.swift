import SerialNOR
import TimeAndChance

/// A serial NOR flash chip: answers frames as the part does, takes as long, and can lose power at any instant.
///
/// It belongs to one owner, who also owns the time. An operation begun at `t` is over at `t` plus its duration; until then
/// the chip answers status reads only. Programs AND, erases set; pages and addresses wrap as on the part.
public final class NORChip: SPIFrameTarget {
    public let part: NORPart
    public var faults = NORFaults()
    public private(set) var counters = NORCounters()
    /// False after `cutPower`: nothing is answered until `applyPower`.
    public private(set) var isPowered = true
    /// How long operations take.
    public var timing: NORTiming

    let memory: NORMemory
    private var chance: SeededGenerator
    private var now = Duration.zero

    private var status: UInt8 = 0
    private var storedStatus: UInt8 = 0
    private var status2: UInt8 = 0
    private var storedStatus2: UInt8 = 0
    private var isWriteEnabled = false
    private var isVolatileEnabled = false
    private var isAsleep = false
    private var expectsFourWires = false
    private var isResetEnabled = false
    private var pending: Pending?

    private static let pageSize = 256

    private enum Effect {
        case program(page: Int, data: [UInt8])
        case erase(Range<Int>)
        case status(UInt8, UInt8)
    }

    private struct Pending {
        let effect: Effect
        let start: Duration
        let end: Duration?
    }

    /// - Parameter seed: for operation times, half-done cells and noise.
    public init(part: NORPart, seed: UInt64 = 0, timing: NORTiming = .typical) {
        self.part = part
        self.timing = timing
        memory = NORMemory(size: part.size)
        chance = SeededGenerator.derived(from: seed, label: "NOR chip")
    }

    // MARK: Frames

    public func exchange(write: [UInt8], readCount: Int, at time: Duration) -> [UInt8] {
        settle(at: time)
        counters.frames += 1
        counters.bytesIn += write.count
        counters.bytesOut += readCount
        var answer = isPowered ? respond(to: write, readCount) : nil
        guard readCount > 0 else { return [] }
        if let level = faults.stuckDataOut { return [UInt8](repeating: level, count: readCount) }
        if answer == nil { answer = [UInt8](repeating: 0xFF, count: readCount) }
        if faults.readNoise > 0, var noisy = answer {
            for index in noisy.indices where chance.happens(withProbability: faults.readNoise) {
                noisy[index] ^= 1 << UInt8(truncatingIfNeeded: chance.next() & 7)
            }
            return noisy
        }
        return answer ?? []
    }

    /// - Returns: what the chip drives, nil where it leaves the wire alone.
    private func respond(to write: [UInt8], _ readCount: Int) -> [UInt8]? {
        guard let opcode = write.first, !expectsFourWires else { return nil }
        let wasResetEnabled = isResetEnabled
        isResetEnabled = false
        if isAsleep {
            if opcode == 0xAB { isAsleep = false }
            return opcode == 0xAB && write.count == 4
                ? [UInt8](repeating: part.deviceID, count: readCount) : nil
        }
        if opcode == 0x99, wasResetEnabled, write.count == 1 { return reset() }
        if opcode == 0x66, write.count == 1 {
            isResetEnabled = true
            return nil
        }
        if opcode == 0x05 { return [UInt8](repeating: statusRegister, count: readCount) }
        if opcode == 0x35, part.opcode35 == .readsStatus2 {
            return [UInt8](repeating: status2, count: readCount)
        }
        if pending != nil {
            if Self.writes.contains(opcode) { counters.ignoredWrites += 1 }
            return nil
        }
        switch opcode {
        case 0x9F: return cycle(part.id.bytes, readCount)
        case 0x90:
            return write.count == 4
                ? cycle(
                    write[3] & 1 == 0 ? [part.id.maker, part.deviceID] : [part.deviceID, part.id.maker],
                    readCount) : nil
        case 0xAB: return write.count == 4 ? [UInt8](repeating: part.deviceID, count: readCount) : nil
        case 0x5A: return write.count >= 5 ? sfdp(at: address(write), readCount) : nil
        case 0x03: return write.count == 4 ? content(at: address(write), readCount) : nil
        case 0x0B: return write.count == 5 ? content(at: address(write), readCount) : nil
        default: return command(opcode, write, readCount)
        }
    }

    private static let writes: Set<UInt8> = [0x02, 0x20, 0xD7, 0x52, 0xD8, 0xC7, 0x60, 0x62, 0x01]

    /// Commands that change something.
    private func command(_ opcode: UInt8, _ write: [UInt8], _ readCount: Int) -> [UInt8]? {
        let isExact = readCount == 0 || faults.takesOverlongFrames
        switch opcode {
        case 0x06 where isExact && (write.count == 1 || faults.takesOverlongFrames): isWriteEnabled = true
        case 0x04: isWriteEnabled = false
        case 0x50: isVolatileEnabled = true
        case 0xB9 where write.count == 1: isAsleep = true
        case 0x35 where part.opcode35 == .entersFourWireMode: expectsFourWires = true
        case 0x01: writeStatus(write)
        case 0x31 where part.opcode35 == .readsStatus2 && write.count > 1:
            writeStatus([0x01, status, write[1]])
        case 0x02: program(write, readCount)
        case 0xC7, 0x60: eraseChip()
        case 0x62 where part.erasesChipWith62: eraseChip()
        default:
            guard let erase = part.erases.first(where: { $0.opcode == opcode }) else { return nil }
            guard isExact, write.count == 4 || write.count > 4 && faults.takesOverlongFrames else {
                return nil
            }
            let start = address(write) & ~(erase.size - 1)
            eraseBlock(start..<start + erase.size, size: erase.size)
        }
        return nil
    }

    // MARK: Answers

    /// A 24-bit address, as the chip sees it: higher bits than it has are not there.
    private func address(_ frame: [UInt8]) -> Int {
        guard frame.count >= 4 else { return 0 }
        let address = Int(frame[1]) << 16 | Int(frame[2]) << 8 | Int(frame[3])
        return address & ((faults.realSize ?? part.size) - 1)
    }

    private func cycle(_ bytes: [UInt8], _ count: Int) -> [UInt8] {
        (0..<count).map { bytes[$0 % bytes.count] }
    }

    private func sfdp(at address: Int, _ count: Int) -> [UInt8]? {
        guard let sfdp = part.sfdp else { return nil }
        return (address..<address + count).map { sfdp.indices.contains($0) ? sfdp[$0] : 0xFF }
    }

    private func content(at start: Int, _ count: Int) -> [UInt8] {
        let size = faults.realSize ?? part.size
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            filled = count
            guard let base = buffer.baseAddress else { return }
            var done = 0
            while done < count {
                let from = (start + done) % size
                let piece = min(count - done, size - from)
                memory.read(from..<from + piece, into: base + done)
                if !memory.unstable.isEmpty {
                    memory.unsettle(base + done, readFrom: from..<from + piece, by: &chance)
                }
                done += piece
            }
        }
    }

    /// Status register 1 as a status read would show it: bit 0 busy, bit 1 write-enabled.
    public var statusRegister: UInt8 {
        get { status & 0xFC | (pending == nil ? 0 : 1) | (isWriteEnabled ? 2 : 0) }
        set {
            status = newValue & 0xFC
            storedStatus = status
        }
    }

    /// Status register 2, on parts that have one.
    public var statusRegister2: UInt8 {
        get { status2 }
        set {
            status2 = newValue
            storedStatus2 = newValue
        }
    }

    // MARK: Operations

    private var protected: Range<Int> {
        part.protection.range(status: status, status2: status2, size: part.size)
    }

    private func mayWrite(_ range: Range<Int>) -> Bool {
        guard isWriteEnabled else {
            counters.ignoredWrites += 1
            return false
        }
        isWriteEnabled = false
        guard !protected.overlaps(range), !faults.ignoresWrites else {
            counters.ignoredWrites += 1
            return false
        }
        return true
    }

    private func program(_ write: [UInt8], _ readCount: Int) {
        // While bytes are clocked in, the line to the chip is low: to the chip these are more data, all zeros.
        guard write.count + readCount > 4, write.count >= 4 else { return }
        let start = address(write)
        let page = start & ~(Self.pageSize - 1)
        guard mayWrite(page..<page + Self.pageSize) else { return }
        counters.pagesProgrammed += 1
        let offset = start - page
        let count = write.count - 4
        if readCount == 0, count <= Self.pageSize - offset, timing == .none, faults.stuckAtOne.isEmpty,
            !faults.neverReady
        {
            // The usual case needs no page buffer.
            write.withUnsafeBufferPointer {
                memory.program(UnsafeBufferPointer(rebasing: $0[4...]), at: start)
            }
            return
        }
        var buffer = [UInt8](repeating: 0xFF, count: Self.pageSize)
        for index in max(0, count + readCount - Self.pageSize)..<count + readCount {
            buffer[(offset + index) & (Self.pageSize - 1)] = index < count ? write[4 + index] : 0
        }
        begin(.program(page: page, data: buffer), part.timing.pageProgram)
    }

    private func eraseBlock(_ range: Range<Int>, size: Int) {
        guard mayWrite(range) else { return }
        switch size {
        case 4096: counters.erases4K += 1
        case 32768: counters.erases32K += 1
        default: counters.erases64K += 1
        }
        begin(.erase(range), part.timing.erase(size: size))
    }

    private func eraseChip() {
        guard protected.isEmpty else {
            isWriteEnabled = false
            counters.ignoredWrites += 1
            return
        }
        guard mayWrite(0..<part.size) else { return }
        counters.chipErases += 1
        let blocks = part.size / 65536
        let time = part.timing.erase64K
        begin(
            .erase(0..<part.size), OperationTime(typical: time.typical * blocks, limit: time.limit * blocks))
    }

    private func writeStatus(_ write: [UInt8]) {
        guard write.count >= 2, isWriteEnabled || isVolatileEnabled else { return }
        let isVolatile = !isWriteEnabled
        isWriteEnabled = false
        isVolatileEnabled = false
        guard !(status & 0x80 != 0 && faults.writeProtectPinLow) else { return }
        let second = write.count > 2 && part.opcode35 == .readsStatus2 ? write[2] : status2
        if isVolatile {
            status = write[1] & 0xFC
            status2 = second
        } else {
            begin(
                .status(write[1] & 0xFC, second),
                OperationTime(typical: .milliseconds(10), limit: .milliseconds(15)))
        }
    }

    private func begin(_ effect: Effect, _ time: OperationTime) {
        var duration: Duration
        switch timing {
        case .none: duration = .zero
        case .typical: duration = time.typical
        case .jittered:
            let share = Double(chance.next() >> 11) * 0x1p-53
            duration = time.typical + (time.limit - time.typical) * share
        }
        if case .erase(let range) = effect, !faults.slowSectors.isEmpty {
            let slowest = faults.slowSectors.filter { range.contains($0.key * 4096) }.values.max() ?? 1
            duration = duration * slowest
        }
        if faults.neverReady {
            pending = Pending(effect: effect, start: now, end: nil)
        } else if duration == .zero {
            complete(effect)
        } else {
            pending = Pending(effect: effect, start: now, end: now + duration)
        }
    }

    private func complete(_ effect: Effect) {
        switch effect {
        case .program(let page, var data):
            for (address, mask) in faults.stuckAtOne where (page..<page + data.count).contains(address) {
                data[address - page] |= mask
            }
            data.withUnsafeBufferPointer { memory.program($0, at: page) }
        case .erase(let range):
            memory.erase(range)
            for (address, mask) in faults.stuckAtZero where range.contains(address) {
                memory[address] &= ~mask
            }
        case .status(let first, let second):
            (status, storedStatus) = (first, first)
            (status2, storedStatus2) = (second, second)
        }
    }

    // MARK: Time and power

    public var busyUntil: Duration? { pending?.end }

    /// Brings the chip to `time`: an operation that is over by then has had its effect. Earlier times change nothing.
    public func settle(at time: Duration) {
        if time > now { now = time }
        guard let pending, let end = pending.end, end <= now else { return }
        self.pending = nil
        complete(pending.effect)
    }

    public func cutPower(at time: Duration) {
        settle(at: time)
        guard isPowered else { return }
        counters.powerCuts += 1
        breakOff()
        isPowered = false
        isWriteEnabled = false
    }

    /// The supply is back: volatile bits are as after manufacture, stored ones as they were left.
    public func applyPower(at time: Duration) {
        settle(at: time)
        isPowered = true
        forgetVolatileState()
    }

    private func forgetVolatileState() {
        status = storedStatus
        status2 = storedStatus2
        isWriteEnabled = false
        isVolatileEnabled = false
        isAsleep = false
        expectsFourWires = false
        isResetEnabled = false
    }

    private func reset() -> [UInt8]? {
        breakOff()
        forgetVolatileState()
        return nil
    }

    /// Leaves the operation at hand where it is.
    private func breakOff() {
        guard let pending else { return }
        self.pending = nil
        let whole = (pending.end ?? now) - pending.start
        let fraction = whole > .zero ? (now - pending.start) / whole : 0.5
        switch pending.effect {
        case .program(let page, let data):
            data.withUnsafeBufferPointer {
                memory.programHalfway($0, at: page, fraction: fraction, by: &chance)
            }
        case .erase(let range):
            memory.eraseHalfway(range, fraction: fraction, by: &chance)
        case .status(let first, let second):
            guard chance.happens(withProbability: fraction) else { return }
            (storedStatus, storedStatus2) = (first, second)
        }
    }
}
