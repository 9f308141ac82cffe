/// An SPI bus of the `hardware` table; the imp is the controller.
///
/// Chip select is the program's business: an imp003 does not drive it.
public final class SPIAPI: PinUser {
    /// The values of `spi.configure`'s first argument.
    public struct Flags: OptionSet, Sendable {
        public let rawValue: Int

        public init(rawValue: Int) {
            self.rawValue = rawValue
        }

        /// One wire, for receiving.
        public static let simplexReceive = Flags(rawValue: 1)
        /// One wire, for sending.
        public static let simplexTransmit = Flags(rawValue: 2)
        public static let clockIdleHigh = Flags(rawValue: 4)
        /// Data are sampled at the clock's second edge.
        public static let clockSecondEdge = Flags(rawValue: 8)
        public static let lowestBitFirst = Flags(rawValue: 16)
        /// The clock's pin stays what it is (R4).
        public static let noClock = Flags(rawValue: 32)
    }

    /// Fastest rate of an imp003.
    public static let fastestKilohertz = 30_000
    /// What each rate is of the next faster one, down to 117 kHz: halves; the lowest is documented, the steps are
    /// not.
    public static let kilohertzSteps = (0...8).map { fastestKilohertz >> $0 }

    private struct Settings {
        var flags: Flags
        var hertz: Int
    }

    private let name: SPIName
    private let machine: SquirrelMachine
    private let use: PinUse
    private var settings: Settings?
    private var board: BoardElectronics { machine.module.board }
    private var release: Release30 { machine.module.release }

    init(name: SPIName, machine: SquirrelMachine, use: PinUse) {
        self.name = name
        self.machine = machine
        self.use = use
    }

    /// `spi.configure(flags, kilohertz)`; switches the bus on.
    /// - Returns: the rate that the bus really has: rounded down to one of `kilohertzSteps`, the slowest if below.
    @discardableResult
    public func configure(_ flags: Flags, kilohertz: Int) throws(ImpAPIError) -> Int {
        try machine.requireRunning()
        guard kilohertz > 0, (0..<64).contains(flags.rawValue),
            !flags.isSuperset(of: [.simplexReceive, .simplexTransmit])
        else { throw ImpAPIError("bad parameter in spi.configure") }
        disable()
        let step = Self.kilohertzSteps.firstIndex { $0 <= kilohertz } ?? Self.kilohertzSteps.count - 1
        settings = Settings(flags: flags, hertz: (Self.fastestKilohertz * 1000) >> step)
        let pins = pins
        if !flags.contains(.simplexReceive) { take(pins.copi, .steady(.low)) }
        if !flags.contains(.simplexTransmit) { take(pins.cipo, .floating) }
        if clockIsUsed { take(pins.sclk, .steady(Drive(flags.contains(.clockIdleHigh)))) }
        return Self.kilohertzSteps[step]
    }

    private var pins: PinMux.SPIPins {
        PinMux.spis[name] ?? PinMux.SPIPins(copi: .e, cipo: .b, sclk: .c, cs: .a)
    }

    private var clockIsUsed: Bool {
        settings.map { !$0.flags.contains(.noClock) || !release.holds(.r4) } ?? false
    }

    private func take(_ pin: PinName, _ signal: Signal) {
        board.set(pin, signal)
        use.take(pin, for: self)
    }

    func pinWasTaken(_ pin: PinName) {}

    /// `spi.disable()`: its pins float; it needs `configure` again.
    public func disable() {
        settings = nil
        for pin in [pins.copi, pins.cipo, pins.sclk] where use.leave(pin, self) { board.release(pin) }
    }

    /// `spi.write(bytes)`: what comes back is thrown away.
    public func write(_ bytes: [UInt8], then: @escaping Resume<Void>) throws(ImpAPIError) {
        try transfer(bytes) { result in try then(result.map { _ in }) }
    }

    /// `spi.writeread(bytes)`: as many bytes as were sent.
    public func writeRead(_ bytes: [UInt8], then: @escaping Resume<[UInt8]>) throws(ImpAPIError) {
        try transfer(bytes, then: then)
    }

    /// `spi.readblob(count)` and `spi.readstring(count)`: sends zeros meanwhile (R22).
    public func read(_ count: Int, then: @escaping Resume<[UInt8]>) throws(ImpAPIError) {
        guard (0...65_536).contains(count) else { throw ImpAPIError("bad count in spi.readblob") }
        let filler =
            release.holds(.r22)
            ? [UInt8](repeating: 0, count: count)
            : (0..<count).map { _ in UInt8(truncatingIfNeeded: machine.module.randomNumber()) }
        try transfer(filler, then: then)
    }

    private func transfer(_ bytes: [UInt8], then: @escaping Resume<[UInt8]>) throws(ImpAPIError) {
        try machine.requireRunning()
        guard let settings else { throw ImpAPIError("spi not configured") }
        let now = machine.module.simulation.now
        let flags = settings.flags
        let wave = BitWave(
            start: now, hertz: settings.hertz, bytes: bytes, lowestFirst: flags.contains(.lowestBitFirst))
        if use.holds(pins.copi, self), !flags.contains(.simplexReceive), !bytes.isEmpty {
            board.set(pins.copi, .wave(wave))
        }
        if clockIsUsed, use.holds(pins.sclk, self), !bytes.isEmpty {
            board.set(
                pins.sclk,
                .wave(
                    ClockWave(
                        start: now, hertz: settings.hertz, pulses: bytes.count * 8,
                        idlesHigh: flags.contains(.clockIdleHigh),
                        activeSecondHalf: !flags.contains(.clockSecondEdge))))
        }
        let end = BitWave.time(now, halves: 16 * bytes.count, hertz: settings.hertz)
        // What the other side drives while the clock runs must still be known at its end.
        let net = flags.contains(.simplexTransmit) ? nil : board.nets.net(of: pins.cipo)
        net?.beginHistory(at: now)
        machine.processor.wait(for: end - now) { [self] in
            let received = net.map { sample($0, wave, bytes.count, start: now) } ?? []
            net?.endHistory()
            try then(.success(received))
        }
    }

    /// The receiving line's level in the middle of each bit.
    private func sample(_ net: Net, _ wave: BitWave, _ count: Int, start: VirtualInstant) -> [UInt8] {
        (0..<count).map { index in
            var byte: UInt8 = 0
            for bit in 0..<8 {
                let middle = BitWave.time(start, halves: 2 * (index * 8 + bit) + 1, hertz: wave.hertz)
                guard net.state(at: middle).level.isHigh else { continue }
                byte |= 1 << UInt8(wave.lowestFirst ? bit : 7 - bit)
            }
            return byte
        }
    }
}
