/// `hardware.fixedfrequencydac`: plays buffers of samples on a DAC pin at a steady rate.
public final class FixedFrequencyDACAPI: PinUser {
    /// A buffer with what the program knows it by.
    public struct Buffer {
        var bytes: [UInt8]
        /// Given back to the program when the buffer has been played.
        var token: AnyObject?

        public init(bytes: [UInt8], token: AnyObject? = nil) {
            self.bytes = bytes
            self.token = token
        }
    }

    /// How the buffers are coded.
    public struct Flags: OptionSet, Sendable {
        public let rawValue: Int

        public init(rawValue: Int) {
            self.rawValue = rawValue
        }

        /// Bytes of A-law instead of 16-bit words.
        public static let aLawDecompress = Flags(rawValue: 1)
        /// Samples are signed, as sound is.
        public static let audio = Flags(rawValue: 2)
    }

    /// At most so many buffers wait at a time.
    public static let mostBuffers = 8

    private struct Settings {
        var pin: PinName
        var hertz: Int
        var flags: Flags
        var callback: (Buffer?) throws -> Void
    }

    private let machine: SquirrelMachine
    private let use: PinUse
    private var board: BoardElectronics { machine.module.board }
    private var settings: Settings?
    private var waiting: [Buffer] = []
    private var isRunning = false
    private var event: Simulation.Event?
    /// Fraction of the supply that the pin holds.
    private var present = 0.0

    init(machine: SquirrelMachine, use: PinUse) {
        self.machine = machine
        self.use = use
    }

    /// `fixedfrequencydac.configure(pin, rate, buffers, callback, flags)`.
    /// - Parameter callback: gets each buffer that was played, and nil when there is none to go on with.
    public func configure(
        _ pin: PinName, hertz: Int, buffers: [Buffer], flags: Flags,
        callback: @escaping (Buffer?) throws -> Void
    ) throws(ImpAPIError) {
        try machine.requireRunning()
        guard PinMux.allows(pin, .analogOut) else { throw ImpAPIError("\(pin) does not support this mode") }
        // The upper limit is a choice.
        guard (1...500_000).contains(hertz), buffers.count <= Self.mostBuffers else {
            throw ImpAPIError("bad parameter in fixedfrequencydac.configure")
        }
        stop()
        settings = Settings(pin: pin, hertz: hertz, flags: flags, callback: callback)
        waiting = buffers
        board.set(pin, .steady(.analog(0)))
        use.take(pin, for: self)
        present = 0
    }

    /// `fixedfrequencydac.start()`.
    public func start() throws(ImpAPIError) {
        try machine.requireRunning()
        guard settings != nil else { throw ImpAPIError("fixedfrequencydac not configured") }
        guard !isRunning else { return }
        isRunning = true
        playNext(at: machine.module.simulation.now)
    }

    /// `fixedfrequencydac.stop()`: the pin floats, buffers are forgotten.
    public func stop() {
        event?.cancel()
        isRunning = false
        waiting.removeAll()
        if let pin = settings?.pin, use.leave(pin, self) { board.release(pin) }
    }

    /// `fixedfrequencydac.addbuffer(buffer)`.
    public func addBuffer(_ buffer: Buffer) throws(ImpAPIError) {
        try machine.requireRunning()
        guard settings != nil else { throw ImpAPIError("fixedfrequencydac not configured") }
        guard waiting.count < Self.mostBuffers else { throw ImpAPIError("too many buffers") }
        waiting.append(buffer)
    }

    func pinWasTaken(_ pin: PinName) {
        event?.cancel()
        isRunning = false
    }

    func shutDown() {
        event?.cancel()
        isRunning = false
    }

    private func playNext(at time: VirtualInstant) {
        guard isRunning, let settings else { return }
        guard !waiting.isEmpty else {
            isRunning = false
            let callback = settings.callback
            return machine.processor.post { try callback(nil) }
        }
        let buffer = waiting.removeFirst()
        var samples = Self.samples(of: buffer.bytes, settings.flags)
        let count = samples.count
        // R24 broken: the last sample of a buffer never gets to the pin.
        if !machine.module.release.holds(.r24) { samples = Array(samples.dropLast()) }
        if !samples.isEmpty {
            board.set(
                settings.pin,
                .wave(SampleWave(start: time, hertz: settings.hertz, samples: samples, before: present)))
            present = samples[samples.count - 1]
        }
        let end = VirtualInstant(
            nanoseconds: time.nanoseconds + Int64(count) * 1_000_000_000 / Int64(settings.hertz))
        event = machine.module.simulation.schedule(at: end) { [weak self] in
            guard let self else { return }
            let callback = settings.callback
            machine.processor.post { try callback(buffer) }
            playNext(at: end)
        }
    }

    /// Fractions of the supply, in the DAC's 12 bits.
    static func samples(of bytes: [UInt8], _ flags: Flags) -> [Double] {
        func level(_ word: Int) -> Double { Double(min(max(word, 0), 65_535) >> 4) / 4095 }
        if flags.contains(.aLawDecompress) { return bytes.map { level(Int(ALaw.expand($0)) + 32_768) } }
        return stride(from: 0, to: bytes.count - 1, by: 2).map { index in
            let word = UInt16(bytes[index]) | UInt16(bytes[index + 1]) << 8
            return level(flags.contains(.audio) ? Int(Int16(bitPattern: word)) + 32_768 : Int(word))
        }
    }
}
