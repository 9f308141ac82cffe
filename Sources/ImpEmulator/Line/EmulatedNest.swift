import Fixturing

/// What a fixture does to the nails of a nest, at one instant.
public struct NestDrive: Sendable, Equatable {
    /// The unit's supply is switched on.
    public var power = false
    /// RESET_L is pulled low.
    public var resetHeld = false
    /// The product's button: driven high or low, or floating.
    public var button: Bool?
    /// The contact that triggers the line's BlinkUp sender is closed.
    public var blinkUpTrigger = false

    public init() {}
}

/// A nest of an emulated line as nails feel it: levels, characters and flash frames, each at its instant.
///
/// `EmulatedSlot` offers whole acts and pulls time along while it carries them out. This is the same bench for somebody
/// who has a clock of his own, such as a virtual USB adapter: the simulation is brought to each instant that is named.
/// Times are since an origin of the owner's, never go back, and belong to one owner at a time.
public final class EmulatedNest {
    /// What the shelf remembers the slot by.
    public let name: String
    private let line: EmulatedLine
    private let network: FactoryNetwork
    private let bench: SlotBench
    private var drive = NestDrive()
    private var supplyTripped = false
    private var senderReady = VirtualInstant.start

    /// The line's BlinkUp sender ignores its trigger for so long after a transmission has begun.
    public static let blinkUpLockOut = Duration.seconds(10)

    /// - Parameter network: what the line's BlinkUp sender is set up with.
    public init(_ name: String, of line: EmulatedLine, sender network: FactoryNetwork) {
        self.name = name
        self.line = line
        self.network = network
        bench = SlotBench(setup: line.setup, cloud: line.cloud, roster: line.roster)
    }

    /// The module in the nest, for a look behind the curtain; nil while the nest is empty.
    public var module: EmulatedModule? { bench.module }

    /// What the shelf last refused to remember.
    public var shelfTrouble: ShelfError? { bench.shelfTrouble }

    /// False while a fault of the unit (`usb-unplug`) has the adapter's cable out.
    public var isPluggedIn: Bool { bench.isPluggedIn }

    /// Lets the unit live until `time`.
    public func advance(to time: Duration) {
        let instant = VirtualInstant.start + time
        if instant > bench.simulation.now { bench.simulation.run(until: instant) }
    }

    // MARK: Units

    /// Puts a unit onto the nails.
    public func seat(_ unit: UnitState, at time: Duration) {
        advance(to: time)
        supplyTripped = false
        bench.seat(unit, slot: name)
        apply(drive, before: NestDrive())
    }

    /// Takes the unit off the nails.
    /// - Returns: which one it was, and whether it will be put back into the feed; nil when the nest was empty.
    public func unseat(_ verdict: Verdict, at time: Duration) -> (ordinal: Int, comesBack: Bool)? {
        advance(to: time)
        guard let unit = bench.state else { return nil }
        let comesBack = line.comesBack(unit, after: verdict)
        _ = bench.unseat(verdict, comesBack: comesBack)
        return (unit.recipe.ordinal, comesBack)
    }

    // MARK: Nails

    /// The fixture's lines changed.
    public func apply(_ new: NestDrive, at time: Duration) {
        advance(to: time)
        let before = drive
        drive = new
        apply(new, before: before)
    }

    private func apply(_ new: NestDrive, before: NestDrive) {
        // Reset is taken before power, so that a unit that is to be held never begins to boot.
        if new.resetHeld, !before.resetHeld { bench.setReset(held: true) }
        if new.power != before.power {
            supplyTripped = false
            do { try bench.setPower(new.power) } catch { supplyTripped = true }
        }
        if !new.resetHeld, before.resetHeld { bench.setReset(held: false) }
        if new.button != before.button { try? bench.drive("button", to: new.button) }
        if before.blinkUpTrigger, !new.blinkUpTrigger { transmitBlinkUp() }
    }

    /// The sender begins with the trigger's release; the module sees the packet if it looked from the first bit to the last.
    private func transmitBlinkUp() {
        let now = bench.simulation.now
        guard now >= senderReady else { return }
        senderReady = now + Self.blinkUpLockOut
        let packet = BlinkUpPacket(ssid: network.ssid, password: network.password, token: "factory")
        bench.module?.seeLight(LightSignal(packet), under: line.setup.light)
    }

    /// Whether the supply's current limit has tripped since power was switched on.
    public func overcurrent(at time: Duration) -> Bool {
        advance(to: time)
        return drive.power && supplyTripped
    }

    /// Whether the red and the green die of the unit's LED shine.
    public func light(at time: Duration) -> (red: Bool, green: Bool) {
        advance(to: time)
        guard let module = bench.module, module.isPowered else { return (false, false) }
        switch module.led.colour(at: bench.simulation.now) {
        case .off: return (false, false)
        case .red: return (true, false)
        case .green: return (false, true)
        case .amber: return (true, true)
        }
    }

    // MARK: Console

    /// A character on its way to the unit, 8N1.
    /// - Parameters:
    ///   - baud: at which it is sent; within 3 % of a rate that serial ports have, it is taken for that.
    ///   - end: when its stop bit ends.
    public func receive(_ byte: UInt8, baud: Double, endingAt end: Duration) {
        guard let module = bench.module, baud > 0 else { return }
        let format = SerialLine.Format(
            baud: Self.nominal(baud, console: module.release.factoryConsoleBaud))
        let begin = max(end - format.duration(ofBytes: 1), .zero)
        module.consoleIn.send(module.consoleNoise.damage([byte]), at: .start + begin, format: format)
    }

    /// Adapters make their rates from a clock of their own and miss by a little; receivers do not notice.
    private static func nominal(_ baud: Double, console: Int) -> Int {
        let usual = [console, 9600, 19_200, 38_400, 57_600, 115_200, 230_400, 460_800, 921_600]
        return usual.first { abs(baud / Double($0) - 1) < 0.03 } ?? Int(min(baud, 1e8).rounded())
    }

    /// The characters that the unit finished sending by `time`, each with its bit rate, each handed out once.
    public func transmitted(by time: Duration) -> [(byte: UInt8, baud: Double)] {
        advance(to: time)
        guard let module = bench.module else { return [] }
        return module.consoleOut.take(by: bench.simulation.now).flatMap { burst in
            burst.bytes.map { ($0, Double(burst.format.baud)) }
        }
    }

    /// When something may next happen by itself: a character is finished, or the simulation has an event.
    public var nextEvent: Duration? {
        let instants = [bench.module?.consoleOut.nextArrival, bench.simulation.nextEventTime]
        return instants.compactMap { $0?.elapsed }.min()
    }

    // MARK: Flash

    /// One frame on the flash's own pads; without chip or power the line floats high.
    ///
    /// The fixture's bus switch is closed only while the unit is held in reset, so nobody else drives the chip then.
    public func exchange(_ write: [UInt8], _ readCount: Int, at time: Duration) -> [UInt8] {
        advance(to: time)
        guard let module = bench.module else { return [UInt8](repeating: 0xFF, count: readCount) }
        return module.flash.exchange(write, read: readCount, at: .start + time)
    }
}

extension EmulatedLine {
    /// The next unit for a nest; waits while one could still come back for a retest.
    /// - Returns: nil when no more will come.
    public func nextUnit(for nest: String) async throws -> UnitState? {
        try await next(for: nest)
    }

    /// A nest is done with a unit: the answer of `EmulatedNest.unseat`, and what that was told.
    public func takeBackUnit(
        _ unit: (ordinal: Int, comesBack: Bool), after verdict: Verdict, from nest: String
    ) {
        takeBack(unit.ordinal, again: unit.comesBack, notTo: verdict == .otherSlot ? nest : nil)
    }
}
