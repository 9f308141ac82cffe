import Fixturing
import ImpEmulator
import TimeAndChance
import VirtualUSB

/// A slot made of software up to its USB plug: an FT2232H on a fixture board, an emulated unit in the nest, and somebody
/// who puts units in and takes them out again.
///
/// Plug `port` into a `VirtualUSBHost`, or export it by `USBIPServer` or `USBRedirServer`; then keep `operate` running.
public final class EmulatedUSBSlot: Sendable {
    /// What the line knows it by.
    public let name: String
    /// The adapter's plug.
    public let port: VirtualPort
    private let line: EmulatedLine
    private let plugIn: @Sendable (VirtualPort) -> Void

    /// From a verdict's lamp until the lid is open, and again until the next unit is in.
    public static let handling = Duration.seconds(1)
    private static let glance = Duration.milliseconds(100)
    /// A blinking lamp is lit for 250 ms; one that is seen lit so often in a row does not blink.
    private static let steady = 5

    /// - Parameters:
    ///   - name: of the slot.
    ///   - line: whose units come.
    ///   - network: what the slot's BlinkUp sender is set up with.
    ///   - serial: of the adapter; nil for one without a serial number.
    ///   - faults: of the cable.
    ///   - slowness: added to every packet: a slow device, a bad hub.
    ///   - plugIn: how the adapter is plugged in again after a unit's fault had its cable out.
    public init(
        _ name: String, of line: EmulatedLine, sender network: FactoryNetwork, serial: String?,
        scheduler: any EventScheduler, faults: [BusFault] = [], slowness: Duration = .zero,
        plugIn: @escaping @Sendable (VirtualPort) -> Void = { $0.replug() }
    ) {
        self.name = name
        self.line = line
        self.plugIn = plugIn
        let model = VirtualFT2232H(
            unit: EmulatedUnit(EmulatedNest(name, of: line, sender: network)), serial: serial)
        model.nestClosed = false
        port = VirtualPort(model, scheduler: scheduler, faults: faults, slowness: slowness)
    }

    /// A look at the board and at what sits in its nest, brought up to now.
    public func inspect<Value: Sendable>(
        _ body: (_ board: VirtualFT2232H, _ nest: EmulatedNest) throws -> Value
    ) rethrows -> Value? {
        try port.inspect(VirtualFT2232H.self) { board -> Value? in
            guard let unit = board.unit as? EmulatedUnit else { return nil }
            return try body(board, unit.nest)
        } ?? nil
    }

    /// Does what an operator does, until no more units come or the task is cancelled: puts a unit in, closes the lid, waits
    /// for a lamp, opens the lid, takes the unit out. Also pulls the cable when a unit's fault says so.
    /// - Parameter time: the bus's clock.
    /// - Throws: `CancellationError`, `ShelfError`.
    public func operate(on time: any TimeSource) async throws {
        while let unit = try await line.nextUnit(for: name) {
            let lampsBefore = inspect { board, nest in
                nest.seat(unit, at: board.now)
                board.nestClosed = true
                return board.lampChanges
            }
            let verdict = try await awaitVerdict(after: lampsBefore ?? 0, on: time)
            try await time.sleep(for: Self.handling)
            inspect { board, _ in board.nestClosed = false }
            try await time.sleep(for: Self.handling)
            let left = inspect { board, nest in nest.unseat(verdict, at: board.now) } ?? nil
            if let left { await line.takeBackUnit(left, after: verdict, from: name) }
            if let trouble = inspect({ $1.shelfTrouble }) ?? nil { throw trouble }
        }
    }

    /// Waits until one of the lamps is lit for this unit. Both, and steady, send it to another slot; both blinking are somebody
    /// who looks for this one.
    /// - Parameter lampsBefore: how often lamps had changed when the unit came: one that shines since then is the last unit's.
    private func awaitVerdict(after lampsBefore: Int, on time: any TimeSource) async throws -> Verdict {
        var wasPluggedIn = true
        var glancesAtBoth = 0
        while true {
            let seen = inspect { board, nest in (board.lamps, board.lampChanges, nest.isPluggedIn) }
            guard let (lamps, changes, isPluggedIn) = seen else { throw CancellationError() }
            if isPluggedIn != wasPluggedIn {
                if isPluggedIn { plugIn(port) } else { port.unplug() }
                wasPluggedIn = isPluggedIn
            }
            switch (lamps.pass, lamps.fail) {
            case (true, false) where changes != lampsBefore: return .pass
            case (false, true) where changes != lampsBefore: return .fail
            case (true, true) where changes != lampsBefore:
                glancesAtBoth += 1
                if glancesAtBoth > Self.steady { return .otherSlot }
            default: glancesAtBoth = 0
            }
            try await time.sleep(for: Self.glance)
        }
    }
}
