import SerialNOR
import Testing
import TimeAndChance
import USBTransport
import VirtualUSB

@testable import USBFixture

/// The same pages on the same device, spoken as flashrom 1.3.0 speaks: a write enable and a page in one transfer, then the
/// status register asked again and again, each time with an answer that only the latency timer of 2 ms brings home.
///
/// The exchange is what usbmon shows of flashrom (`-p ft2232_spi:type=2232H`).
@Suite struct FlashromComparisonTests {
    private static func setUp(_ channel: FTDIChannel) async throws {
        try await channel.reset()
        try await channel.setLatency(milliseconds: 2)
        try await channel.setBitMode(.mpsse)
        try await send([0x8A, 0x86, 0, 0, 0x85, 0x80, 0x08, 0x0B], channel)
    }

    private static func send(_ bytes: [UInt8], _ channel: FTDIChannel) async throws {
        try await channel.device.run(.bulkOut(endpoint: 0x02, bytes), timeout: .seconds(1), on: channel.time)
    }

    private static func frame(_ bytes: [UInt8]) -> [UInt8] {
        let count = bytes.count - 1
        return [0x80, 0x00, 0x0B, 0x11, UInt8(count & 0xFF), UInt8(count >> 8)] + bytes
    }

    private static func status(_ channel: FTDIChannel) async throws -> UInt8 {
        try await send(frame([0x05]) + [0x20, 1, 0, 0x80, 0x08, 0x0B], channel)
        while true {
            let packet = try await channel.device.run(
                .bulkIn(endpoint: 0x81, length: 4096), timeout: .seconds(1), on: channel.time)
            if packet.count > 2 { return packet[2] }
        }
    }

    @Test func flashromTakesAtLeastTwiceAsLong() async throws {
        let content = ProgrammingTests.content(128 * 1024, seed: 41)
        let theirs = try await VirtualTimeline.run { timeline in
            let bench = try Bench(timeline)
            let channel = try FTDIChannel(bench.device, number: 0, time: timeline)
            try await Self.setUp(channel)
            let start = timeline.currentTime
            for page in stride(from: 0, to: content.count, by: 256) {
                let address = [UInt8(page >> 16 & 0xFF), UInt8(page >> 8 & 0xFF), UInt8(page & 0xFF)]
                try await Self.send(
                    Self.frame([0x06]) + [0x80, 0x08, 0x0B]
                        + Self.frame([0x02] + address + content[page..<page + 256]) + [0x80, 0x08, 0x0B],
                    channel)
                while try await Self.status(channel) & 1 != 0 {}
            }
            #expect(bench.chip { $0.contents(0..<content.count) } == content)
            return timeline.currentTime - start
        }
        let ours = try await VirtualTimeline.run { timeline in
            let bench = try Bench(timeline)
            let bus = try await bench.bus()
            let start = timeline.currentTime
            let poll = StatusPoll(typical: .microseconds(400), limit: .milliseconds(3))
            for batch in ProgrammingTests.batches(content, pages: 240, poll: poll) {
                _ = try await bus.perform(batch)
            }
            return timeline.currentTime - start
        }
        print("flashrom's way \(theirs), ours \(ours), ratio \(theirs / ours)")
        #expect(theirs / ours >= 2)
    }
}
