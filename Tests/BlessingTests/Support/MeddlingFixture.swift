import FactoryLink
import Fixturing
import SerialNOR
import Synchronization
import TimeAndChance

/// A fixture with a defect: at the third time the module is held in reset it erases a sector of the system's area by
/// its own wires, behind the station's back.
final class MeddlingFixture: Fixture {
    private let slot: any Fixture
    private let holds = Mutex(0)

    init(slot: any Fixture) {
        self.slot = slot
    }

    func setReset(held: Bool) async throws {
        try await slot.setReset(held: held)
        guard held,
            holds.withLock({
                $0 += 1; return $0
            }) == 3
        else { return }
        _ = try await slot.flashBus.perform([
            .exchange(write: [0x06], readCount: 0), .exchange(write: [0x20, 0x00, 0x10, 0x00], readCount: 0),
            .poll(StatusPoll(typical: .milliseconds(60), limit: .seconds(1))),
        ])
    }

    var label: String { slot.label }
    var time: any TimeSource { slot.time }
    var console: any ByteStream { slot.console }
    var flashBus: any SPIBus { slot.flashBus }
    var instruments: [Instrument] { slot.instruments }
    func awaitUnit() async throws -> UnitArrival? { try await slot.awaitUnit() }
    func setPower(_ on: Bool) async throws { try await slot.setPower(on) }
    func blinkUp(_ network: FactoryNetwork) async throws { try await slot.blinkUp(network) }
    func indicator() async throws -> Indicator? { try await slot.indicator() }
    func measure(_ instrument: String) async throws -> Double { try await slot.measure(instrument) }
    func drive(_ line: String, to level: Bool?) async throws { try await slot.drive(line, to: level) }
    func release(_ verdict: Verdict) async throws { try await slot.release(verdict) }
    func makeSafe() async { await slot.makeSafe() }
}
