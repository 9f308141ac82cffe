/// `hardware.sampler`: fills buffers with conversions of one or several ADC pins at a steady rate.
public final class SamplerAPI {
    /// A buffer of the program, to be filled.
    public protocol Buffer: AnyObject {
        /// Its length, bytes.
        var count: Int { get }
        /// Takes `bytes` from its beginning on.
        func fill(with bytes: [UInt8])
    }

    /// How the samples are coded.
    public struct Flags: OptionSet, Sendable {
        public let rawValue: Int

        public init(rawValue: Int) {
            self.rawValue = rawValue
        }

        /// Bytes of A-law instead of 16-bit words.
        public static let aLawCompress = Flags(rawValue: 4)
        /// The vendor's page calls it a normaliser with infinite impulse response, and no more. Here a first-order
        /// high-pass takes a signal's slow part away and puts it into the middle of the range.
        public static let normalise = Flags(rawValue: 8)
    }

    /// What `NORMALISE` remembers of a pin's signal.
    struct Normaliser {
        /// The slow part; nil before the first sample.
        private(set) var mean: Double?

        /// The share of a difference that the mean follows with each sample; a choice.
        static let following = 1.0 / 256

        /// A sample, 0 to 65,535, around 32,768.
        mutating func take(_ word: Int) -> Int {
            let before = mean ?? Double(word)
            let after = before + (Double(word) - before) * Self.following
            mean = after
            return min(max(Int((Double(word) - after).rounded()) + 32_768, 0), 65_535)
        }
    }

    private struct Settings {
        var pins: [PinName]
        var hertz: Double
        var flags: Flags
        var callback: ((any Buffer)?, Int) throws -> Void

        func time(ofScan scan: Int, from start: VirtualInstant) -> VirtualInstant {
            VirtualInstant(nanoseconds: start.nanoseconds + Int64(Double(scan) * 1_000_000_000 / hertz))
        }
    }

    private let machine: SquirrelMachine
    private var board: BoardElectronics { machine.module.board }
    private var settings: Settings?
    private var free: [any Buffer] = []
    private var isRunning = false
    private var event: Simulation.Event?
    private var watched: [Net] = []
    /// By the pins' order.
    private var normalisers: [Normaliser] = []

    init(machine: SquirrelMachine) {
        self.machine = machine
    }

    /// `sampler.configure(pins, rate, buffers, callback, flags)`.
    ///
    /// Samples of several pins follow one another in the buffer. The page allows one sample a minute to two million a
    /// second, eight buffers, and lengths that are multiples of two bytes a pin.
    /// - Parameter callback: gets each full buffer and its length; nil and 0 when there was no free one. A buffer is
    ///   free again when the callback returns.
    public func configure(
        _ pins: [PinName], hertz: Double, buffers: [any Buffer], flags: Flags,
        callback: @escaping ((any Buffer)?, Int) throws -> Void
    ) throws(ImpAPIError) {
        try machine.requireRunning()
        for pin in pins where !PinMux.allows(pin, .analogIn) {
            throw ImpAPIError("\(pin) does not support this mode")
        }
        guard !pins.isEmpty, (1.0 / 60...2_000_000).contains(hertz), (1...8).contains(buffers.count),
            buffers.allSatisfy({ $0.count > 0 && $0.count % (2 * pins.count) == 0 })
        else { throw ImpAPIError("bad parameter in sampler.configure") }
        stop()
        settings = Settings(pins: pins, hertz: hertz, flags: flags, callback: callback)
        free = buffers
        for pin in pins { try machine.interface?.hardware.pin(pin).configure(.analogIn) }
    }

    /// `sampler.start()`.
    public func start() throws(ImpAPIError) {
        try machine.requireRunning()
        guard let settings else { throw ImpAPIError("sampler not configured") }
        guard !isRunning else { return }
        isRunning = true
        normalisers = settings.pins.map { _ in Normaliser() }
        var nets: [Net] = []
        for pin in settings.pins {
            let net = board.nets.net(of: pin)
            if !nets.contains(where: { $0 === net }) { nets.append(net) }
        }
        watched = nets
        for net in watched { net.beginHistory(at: machine.module.simulation.now) }
        sampleNext(from: machine.module.simulation.now)
    }

    /// `sampler.stop()`: a buffer that is partly full is thrown away.
    public func stop() {
        event?.cancel()
        isRunning = false
        for net in watched { net.endHistory() }
        watched = []
    }

    /// `sampler.reset()`: stopped, and needs `configure` again.
    public func reset() {
        stop()
        settings = nil
    }

    private func sampleNext(from start: VirtualInstant) {
        guard isRunning, let settings else { return }
        let bytes = settings.flags.contains(.aLawCompress) ? 1 : 2
        let buffer = free.isEmpty ? nil : free.removeFirst()
        let length = buffer?.count ?? lostLength
        lostLength = length
        let scans = max(length / (bytes * settings.pins.count), 1)
        let end = settings.time(ofScan: scans, from: start)
        event = machine.module.simulation.schedule(at: end) { [weak self] in
            self?.finish(buffer, scans, settings, start)
            self?.sampleNext(from: end)
        }
    }

    /// How long the time without a free buffer is counted: the last buffer's length.
    private var lostLength = 2

    private func finish(
        _ buffer: (any Buffer)?, _ scans: Int, _ settings: Settings, _ start: VirtualInstant
    ) {
        let callback = settings.callback
        guard let buffer else { return machine.processor.post { try callback(nil, 0) } }
        var content: [UInt8] = []
        for scan in 0..<scans {
            let time = settings.time(ofScan: scan, from: start)
            for (index, pin) in settings.pins.enumerated() {
                var word = board.convert(pin, time)
                if settings.flags.contains(.normalise) { word = normalisers[index].take(word) }
                if settings.flags.contains(.aLawCompress) {
                    content.append(ALaw.compress(Int16(word - 32_768)))
                } else {
                    content += [UInt8(word & 0xFF), UInt8(word >> 8)]
                }
            }
        }
        for net in watched { net.forget(before: machine.module.simulation.now) }
        buffer.fill(with: content)
        machine.processor.post { [weak self] in
            try callback(buffer, content.count)
            self?.free.append(buffer)
        }
    }
}
