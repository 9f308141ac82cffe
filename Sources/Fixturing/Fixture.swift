import FactoryLink
import SerialNOR
import TimeAndChance

/// A slot's hardware: what holds one unit, feeds it, resets it and listens to it.
///
/// Everything above this protocol cannot tell an emulated slot from one on USB. A fixture is used by one task
/// at a time. Time is the fixture's own: an emulated one waits on its virtual clock.
public protocol Fixture: Sendable {
    /// What a person would call it: `emulated slot 2`, `USB 1-4.2 (FT7XK2A1)`.
    var label: String { get }

    /// The clock by which everything on this slot waits.
    var time: any TimeSource { get }

    /// The factory console of the seated unit.
    var console: any ByteStream { get }

    /// The four wires of the unit's SPI flash; usable only while the unit has power and is held in reset.
    /// Nobody but `ReservationGuard` may be given this bus.
    var flashBus: any SPIBus { get }

    /// Waits until the next unit sits in the slot.
    /// - Returns: what arrived, or nil when no more units will come (end of an emulated line, shut-down).
    func awaitUnit() async throws -> UnitArrival?

    /// Switches the unit's supply. Off also means: nothing drives any of its pins.
    func setPower(_ on: Bool) async throws

    /// Pulls RESET_L low (held) or lets it go.
    func setReset(held: Bool) async throws

    /// Sends factory BlinkUp: network, and the enrolment that lets the unit load its factory firmware.
    func blinkUp(_ network: FactoryNetwork) async throws

    /// What the unit's red/green LED pair shows now, when the fixture can see it.
    func indicator() async throws -> Indicator?

    /// The names of what the fixture can measure by itself, each with its unit: `supply_current` in `mA`.
    var instruments: [Instrument] { get }

    /// One reading of an instrument.
    func measure(_ instrument: String) async throws -> Double

    /// Drives a fixture line (a button, a loop-back relay) high or low, or lets it float with nil.
    func drive(_ line: String, to level: Bool?) async throws

    /// Shows the operator what became of the unit, and takes it as leaving the slot.
    func release(_ verdict: Verdict) async throws

    /// Power off and every line floating, whatever was going on; never fails and never waits for the unit.
    func makeSafe() async
}

/// A unit that was put into a slot.
public struct UnitArrival: Sendable, Equatable {
    /// What the operator scanned off the unit (a MAC sticker, a panel code), if anything.
    public var scannedCode: String?
    /// Which unit of the line it is, counted from 1 by the fixture; for people and for logs only.
    public var ordinal: Int

    public init(scannedCode: String? = nil, ordinal: Int) {
        self.scannedCode = scannedCode
        self.ordinal = ordinal
    }
}

/// The network which units join in the factory. The password is never recorded.
public struct FactoryNetwork: Sendable, Equatable {
    /// 1 to 31 bytes: a 32-character SSID can't be joined under Release 30 (known issue K2).
    public var ssid: String
    public var password: String

    public init(ssid: String, password: String) {
        self.ssid = ssid
        self.password = password
    }
}

/// What the unit's LED shows.
public enum Indicator: String, Sendable, Codable {
    case off, red, green, amber, blinking
}

/// Something the fixture can measure.
public struct Instrument: Sendable, Equatable {
    public var name: String
    /// SI unit as printed: `V`, `mA`.
    public var unit: String

    public init(name: String, unit: String) {
        self.name = name
        self.unit = unit
    }
}

/// What the operator is shown at the slot.
public enum Verdict: String, Sendable, Codable {
    case pass, fail, refused, quarantined, aborted
    /// Turned away here: to be seated in another slot.
    case otherSlot = "other-slot"
}

/// A fixture's own faults; a unit's faults arrive as silence, noise or wrong answers.
public enum FixtureError: Error, Equatable, Sendable {
    /// The adapter is gone.
    case disconnected(String)
    /// The supply's current limit tripped: a short on the unit.
    case overcurrent(milliamperes: Double)
    /// The flash bus was asked for while the module was running.
    case busNotIsolated
    /// No such instrument or line on this fixture.
    case unknownName(String, available: [String])
}
