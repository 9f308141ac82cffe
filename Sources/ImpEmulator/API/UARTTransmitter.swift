/// The sending half of a serial port: FIFO, shift register, and CTS if the port looks at it.
///
/// A burst on the wire is known ahead; only when CTS stops it are its bytes taken back, all but the one that has begun.
final class UARTTransmitter {
    private let format: SerialLine.Format
    private let capacity: Int
    private let processor: Processor
    private let simulation: Simulation
    /// Puts what is being sent on the pin.
    private let show: ([SerialWave.Burst]) -> Void
    /// The way to somebody who gets bytes and not levels: the fixture's adapter. May damage them.
    private let line: SerialLine?
    private let onLine: ([UInt8]) -> [UInt8]
    /// What is on the wire or will be, in order of time.
    private var bursts: [SerialWave.Burst] = []
    /// What waits for CTS.
    private var held: [UInt8] = []
    private var isStopped = false
    /// Calls that wait: until so many bytes at most are unsent.
    private var waiting: [(unsent: Int, then: Resume<Void>)] = []
    private var event: Simulation.Event?
    private var now: VirtualInstant { simulation.now }

    init(
        format: SerialLine.Format, capacity: Int, processor: Processor, simulation: Simulation,
        line: SerialLine?, onLine: @escaping ([UInt8]) -> [UInt8],
        show: @escaping ([SerialWave.Burst]) -> Void
    ) {
        self.format = format
        self.capacity = capacity
        self.processor = processor
        self.simulation = simulation
        self.line = line
        self.onLine = onLine
        self.show = show
    }

    /// When the last byte will have left; nil while some wait for CTS.
    var doneAt: VirtualInstant? { held.isEmpty ? shiftingUntil : nil }

    private var shiftingUntil: VirtualInstant { bursts.last?.end ?? .start }

    /// Takes bytes; goes on when all have found a place in the FIFO. A byte holds its place until it has left.
    func write(_ bytes: [UInt8], then: @escaping Resume<Void>) {
        held += bytes
        if !isStopped { send() }
        wait(unsent: capacity, then)
    }

    /// Goes on when the last bit has left.
    func flush(then: @escaping Resume<Void>) { wait(unsent: 0, then) }

    /// What has not left never will: the port is off, or its pin does something else.
    func dropUnsent() {
        line?.cut(at: now)
        bursts.removeAll()
        held.removeAll()
        event?.cancel()
    }

    /// Ends a flush before its time.
    func giveUp() {
        dropUnsent()
        show([])
        serve()
    }

    // MARK: CTS

    /// CTS has risen: the byte on the wire is finished, the next one waits.
    func stop() {
        guard !isStopped else { return }
        isStopped = true
        var back: [UInt8] = []
        for index in bursts.indices {
            let begun = bytesBegun(bursts[index])
            back += bursts[index].bytes[begun...]
            bursts[index].bytes.removeSubrange(begun...)
        }
        bursts.removeAll { $0.bytes.isEmpty }
        guard !back.isEmpty else { return }
        held = back + held
        line?.cut(at: max(shiftingUntil, now))
        show(bursts)
        serve()
    }

    /// CTS has fallen.
    func go() {
        guard isStopped else { return }
        isStopped = false
        send()
        serve()
    }

    private func bytesBegun(_ burst: SerialWave.Burst) -> Int {
        burst.bytes.indices.count { burst.time(ofBit: $0 * format.bitsPerByte) < now }
    }

    // MARK: Sending

    private func send() {
        guard !held.isEmpty else { return }
        bursts.removeAll { $0.end <= now }
        let start = max(now, shiftingUntil)
        bursts.append(SerialWave.Burst(start: start, format: format, bytes: held))
        line?.send(onLine(held), at: now, format: format)
        held.removeAll()
        show(bursts)
    }

    private func wait(unsent: Int, _ then: @escaping Resume<Void>) {
        processor.hold()
        waiting.append((unsent, then))
        serve()
    }

    /// Lets go on whoever has waited long enough, or arranges to look again.
    private func serve() {
        event?.cancel()
        guard let first = waiting.first, let due = instant(unsentAtMost: first.unsent) else { return }
        event = simulation.schedule(at: max(due, now)) { [weak self] in
            guard let self, let first = waiting.first else { return }
            waiting.removeFirst()
            processor.release { try first.then(.success(())) }
            serve()
        }
    }

    /// When no more than `count` bytes are unsent; nil when CTS decides.
    private func instant(unsentAtMost count: Int) -> VirtualInstant? {
        guard held.count <= count else { return nil }
        var excess = bursts.reduce(held.count) { $0 + $1.bytes.count } - count
        for burst in bursts where excess > 0 {
            if excess <= burst.bytes.count { return burst.start + format.duration(ofBytes: excess) }
            excess -= burst.bytes.count
        }
        return now
    }
}
