/// A serial receiver on a net: it hears whatever drives the wire, bit-banged or from another port.
///
/// As the module's own receivers do it takes sixteen samples a bit, of which the middle three decide (RM0090, USART):
/// a start bit that is no longer low in its middle was a spike, samples that differ are noise, a stop bit that is low
/// is a framing error. Nothing is scheduled per sample: the edges of a frame are kept until its stop bit is due.
final class NetListener {
    private let net: Net
    private let simulation: Simulation
    private let format: SerialLine.Format
    /// Gets each frame in the middle of its stop bit: no byte with a framing error; and when the frame ends.
    private let onFrame: (UInt8?, UARTAPI.Flags, VirtualInstant) -> Void
    private var observer: Int?
    private var event: Simulation.Event?
    /// When the start bit of the present frame began; nil while the line is idle.
    private var start: VirtualInstant?
    /// What the line did since then.
    private var edges: [(time: VirtualInstant, high: Bool)] = []

    init(
        net: Net, simulation: Simulation, format: SerialLine.Format,
        onFrame: @escaping (UInt8?, UARTAPI.Flags, VirtualInstant) -> Void
    ) {
        self.net = net
        self.simulation = simulation
        self.format = format
        self.onFrame = onFrame
        observer = net.observe { [weak self] time, level in self?.edge(time, level.isHigh) }
    }

    /// Hears nothing more.
    func stop() {
        if let observer { net.stopObserving(observer) }
        observer = nil
        event?.cancel()
        start = nil
    }

    private func edge(_ time: VirtualInstant, _ high: Bool) {
        if start != nil {
            edges.append((time, high))
        } else if !high {
            begin(at: time)
        }
    }

    private func begin(at time: VirtualInstant) {
        start = time
        edges = [(time, false)]
        event = simulation.schedule(at: instant(sample: 9)) { [weak self] in self?.checkStart() }
    }

    /// When a sample is taken, counted from the frame's beginning.
    private func instant(sample: Int) -> VirtualInstant {
        let begin = (start ?? simulation.now).nanoseconds
        return VirtualInstant(nanoseconds: begin + Int64(sample) * 1_000_000_000 / Int64(16 * format.baud))
    }

    private func level(at time: VirtualInstant) -> Bool {
        var high = false
        for edge in edges {
            if edge.time > time { break }
            high = edge.high
        }
        return high
    }

    /// What the middle three samples of a bit say, and whether they agree.
    private func bit(_ index: Int) -> (high: Bool, isClean: Bool) {
        let count = (7...9).count { level(at: instant(sample: 16 * index + $0)) }
        return (count >= 2, count == 0 || count == 3)
    }

    private func checkStart() {
        guard bit(0).high else {
            let stop = 1 + format.wordSize + (format.parity == .none ? 0 : 1)
            event = simulation.schedule(at: instant(sample: 16 * stop + 9)) { [weak self] in
                self?.endFrame(stop)
            }
            return
        }
        let last = edges.last
        start = nil
        if let last, !last.high { begin(at: last.time) }
    }

    private func endFrame(_ stop: Int) {
        var byte: UInt8 = 0
        var flags: UARTAPI.Flags = []
        for index in 0...stop {
            let (high, isClean) = bit(index)
            if !isClean { flags.insert(.noiseError) }
            switch index {
            case 0: break
            case 1...format.wordSize: if high { byte |= 1 << UInt8(index - 1) }
            case stop: if !high { flags.insert(.frameError) }
            default: if high != format.parityBit(of: byte) { flags.insert(.parityError) }
            }
        }
        let end = (start ?? simulation.now) + format.duration(ofBytes: 1)
        // A line that is low now is heard again when it has been high.
        start = nil
        onFrame(flags.contains(.frameError) ? nil : byte, flags, end)
    }
}
