import FactoryLink
import Fixturing
import SerialNOR
import Synchronization
import TimeAndChance
import VirtualUSB

/// A fixture that lets virtual time pass only while the station waits for it: what the station does beside (its record on a
/// real disk) takes no time on the bus. From a unit's arrival to its end; between units time is free.
final class HeldFixture: Fixture {
    private let fixture: any Fixture
    fileprivate let timeline: VirtualTimeline
    private let state = Mutex((hasUnit: false, calls: 0))

    init(_ fixture: any Fixture, on timeline: VirtualTimeline) {
        self.fixture = fixture
        self.timeline = timeline
    }

    /// Runs a call on the timeline; time moves for as long as it takes.
    fileprivate func run<Value: Sendable>(_ body: @Sendable () async throws -> Value) async throws -> Value {
        try await withTaskExecutorPreference(timeline) {
            change { $0.calls += 1 }
            defer { change { $0.calls -= 1 } }
            return try await body()
        }
    }

    private func change(_ body: (inout (hasUnit: Bool, calls: Int)) -> Void) {
        state.withLock { state in
            let before = state.hasUnit && state.calls == 0
            body(&state)
            let after = state.hasUnit && state.calls == 0
            if after, !before { timeline.hold() }
            if before, !after { timeline.proceed() }
        }
    }

    var label: String { fixture.label }
    var instruments: [Instrument] { fixture.instruments }
    var time: any TimeSource { Time(fixture: self, inner: fixture.time) }
    var console: any ByteStream { Console(fixture: self, inner: fixture.console) }
    var flashBus: any SPIBus { Bus(fixture: self, inner: fixture.flashBus) }

    func awaitUnit() async throws -> UnitArrival? {
        let arrival = try await run { try await self.fixture.awaitUnit() }
        if arrival != nil { change { $0.hasUnit = true } }
        return arrival
    }

    func setPower(_ on: Bool) async throws { try await run { try await self.fixture.setPower(on) } }
    func setReset(held: Bool) async throws { try await run { try await self.fixture.setReset(held: held) } }
    func blinkUp(_ network: FactoryNetwork) async throws {
        try await run { try await self.fixture.blinkUp(network) }
    }
    func indicator() async throws -> Indicator? { try await run { try await self.fixture.indicator() } }
    func measure(_ instrument: String) async throws -> Double {
        try await run { try await self.fixture.measure(instrument) }
    }
    func drive(_ line: String, to level: Bool?) async throws {
        try await run { try await self.fixture.drive(line, to: level) }
    }

    func release(_ verdict: Verdict) async throws {
        defer { change { $0.hasUnit = false } }
        try await run { try await self.fixture.release(verdict) }
    }

    func makeSafe() async { try? await run { await self.fixture.makeSafe() } }

    private struct Time: TimeSource {
        let fixture: HeldFixture
        let inner: any TimeSource
        func now() async -> Duration { await inner.now() }
        func sleep(for duration: Duration) async throws {
            try await fixture.run { try await inner.sleep(for: duration) }
        }
    }

    private struct Console: ByteStream {
        let fixture: HeldFixture
        let inner: any ByteStream
        func write(_ bytes: [UInt8]) async throws { try await fixture.run { try await inner.write(bytes) } }
        func read(timeout: Duration) async throws -> [UInt8] {
            try await fixture.run { try await inner.read(timeout: timeout) }
        }
    }

    private struct Bus: SPIBus {
        let fixture: HeldFixture
        let inner: any SPIBus
        var batchCapacity: Int { inner.batchCapacity }
        func perform(_ batch: [SPIOperation]) async throws -> [[UInt8]] {
            try await fixture.run { try await inner.perform(batch) }
        }
    }
}
