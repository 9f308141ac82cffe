import NORChipModel
import SerialNOR
import Testing
import TimeAndChance
import USBTransport
import VirtualUSB

@testable import USBFixture

/// Pages through the adapter: content, time and round trips.
@Suite struct ProgrammingTests {
    /// Page programs in batches of `pages`, as a programmer would send them.
    static func batches(_ content: [UInt8], pages: Int, poll: StatusPoll) -> [[SPIOperation]] {
        stride(from: 0, to: content.count, by: pages * 256).map { start in
            var batch: [SPIOperation] = []
            for page in stride(from: start, to: min(start + pages * 256, content.count), by: 256) {
                let address = [UInt8(page >> 16 & 0xFF), UInt8(page >> 8 & 0xFF), UInt8(page & 0xFF)]
                batch.append(.exchange(write: [0x06], readCount: 0))
                batch.append(.exchange(write: [0x02] + address + content[page..<page + 256], readCount: 0))
                batch.append(.poll(poll))
            }
            return batch
        }
    }

    static func content(_ count: Int, seed: UInt64) -> [UInt8] {
        var generator = SeededGenerator(seed: seed)
        return (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }

    @Test(arguments: [NORTiming.typical, .jittered, .none])
    func everyPageArrivesWhateverTheChipTakes(timing: NORTiming) async throws {
        let content = Self.content(128 * 1024, seed: 5)
        try await VirtualTimeline.run { timeline in
            let bench = try Bench(timeline, timing: timing, seed: 9)
            let bus = try await bench.bus()
            let poll = StatusPoll(typical: .microseconds(700), limit: .milliseconds(3))
            for batch in Self.batches(content, pages: 200, poll: poll) {
                let answers = try await bus.perform(batch)
                for answer in answers.enumerated() where answer.offset % 3 == 2 {
                    #expect(answer.element == [0x00])
                }
            }
            let found = bench.chip { $0.contents(0..<content.count) }
            #expect(found == content)
        }
    }

    @Test func manyPagesTakeLittleLongerThanTheChipItself() async throws {
        let content = Self.content(1 << 18, seed: 6)
        try await VirtualTimeline.run { timeline in
            let bench = try Bench(timeline)
            let bus = try await bench.bus()
            let page = NORPart.named("W25Q128")?.timing.pageProgram.typical ?? .microseconds(700)
            let poll = StatusPoll(typical: page, limit: .milliseconds(3))
            let start = timeline.currentTime
            let before = bus.counters.roundTrips
            for batch in Self.batches(content, pages: 240, poll: poll) { _ = try await bus.perform(batch) }
            let taken = timeline.currentTime - start
            let floor = (page + .nanoseconds(261 * 8 * 1000 / 30)) * 1024
            #expect(taken / floor <= 1.10)
            #expect(bus.counters.roundTrips - before <= 1024 / 16)
            #expect(bench.chip { $0.contents(0..<content.count) } == content)
        }
    }
}
