import NORChipModel
import SerialNOR
import Testing
import TimeAndChance
import USBTransport
import VirtualUSB

@testable import USBFixture

@Suite struct MPSSEBusTests {
    @Test func readsTheChipsIdentity() async throws {
        try await VirtualTimeline.run { timeline in
            let bench = try Bench(timeline)
            let bus = try await bench.bus()
            let answer = try await bus.perform([.exchange(write: [0x9F], readCount: 3)])
            #expect(answer == [[0xEF, 0x40, 0x18]])
        }
    }

    @Test(arguments: [
        (30_000_000, 0), (29_999_999, 1), (15_000_000, 1), (10_000_000, 2), (1, 65502), (99_000_000, 0),
    ])
    func divisorNeverExceedsTheClockAskedFor(hertz: Int, divisor: Int) {
        #expect(MPSSEBus.divisor(for: hertz) == divisor)
    }

    @Test func readsLongerThanTheBuffersArriveWhole() async throws {
        var generator = SeededGenerator(seed: 77)
        let content = (0..<70_000).map { _ in UInt8.random(in: 0...255, using: &generator) }
        try await VirtualTimeline.run { timeline in
            let bench = try Bench(timeline) { $0.load(content, at: 0x10000) }
            let bus = try await bench.bus()
            let answer = try await bus.perform([
                .exchange(write: [0x03, 1, 0, 0], readCount: 65_536),
                .exchange(write: [0x0B, 2, 0, 0, 0], readCount: 4464),
            ])
            #expect(answer[0] == Array(content[..<65_536]))
            #expect(answer[1] == Array(content[65_536...]))
        }
    }
}
