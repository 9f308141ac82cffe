import FactoryLink
import Fixturing
import SerialNOR
import TimeAndChance

/// A fixture without a scanner: nobody knows what is seated until the unit says it.
struct BlindFixture: Fixture {
    let slot: any Fixture

    func awaitUnit() async throws -> UnitArrival? {
        var arrival = try await slot.awaitUnit()
        arrival?.scannedCode = nil
        return arrival
    }

    var label: String { slot.label }
    var time: any TimeSource { slot.time }
    var console: any ByteStream { slot.console }
    var flashBus: any SPIBus { slot.flashBus }
    var instruments: [Instrument] { slot.instruments }
    func setPower(_ on: Bool) async throws { try await slot.setPower(on) }
    func setReset(held: Bool) async throws { try await slot.setReset(held: held) }
    func blinkUp(_ network: FactoryNetwork) async throws { try await slot.blinkUp(network) }
    func indicator() async throws -> Indicator? { try await slot.indicator() }
    func measure(_ instrument: String) async throws -> Double { try await slot.measure(instrument) }
    func drive(_ line: String, to level: Bool?) async throws { try await slot.drive(line, to: level) }
    func release(_ verdict: Verdict) async throws { try await slot.release(verdict) }
    func makeSafe() async { await slot.makeSafe() }
}

/// A slot to which nobody ever brings a unit.
struct EmptyFixture: Fixture {
    let slot: any Fixture

    func awaitUnit() async throws -> UnitArrival? { nil }

    var label: String { slot.label }
    var time: any TimeSource { slot.time }
    var console: any ByteStream { slot.console }
    var flashBus: any SPIBus { slot.flashBus }
    var instruments: [Instrument] { slot.instruments }
    func setPower(_ on: Bool) async throws { try await slot.setPower(on) }
    func setReset(held: Bool) async throws { try await slot.setReset(held: held) }
    func blinkUp(_ network: FactoryNetwork) async throws { try await slot.blinkUp(network) }
    func indicator() async throws -> Indicator? { try await slot.indicator() }
    func measure(_ instrument: String) async throws -> Double { try await slot.measure(instrument) }
    func drive(_ line: String, to level: Bool?) async throws { try await slot.drive(line, to: level) }
    func release(_ verdict: Verdict) async throws { try await slot.release(verdict) }
    func makeSafe() async { await slot.makeSafe() }
}
