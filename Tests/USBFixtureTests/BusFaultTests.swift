import NORChipModel
import SerialNOR
import Testing
import TimeAndChance
import USBTransport
import VirtualUSB

@testable import USBFixture

/// What goes wrong on the cable ends in a sentence, and the adapter works again afterwards.
@Suite struct BusFaultTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var fault: BusFault.Kind
        var endpoint: UInt8
        var sentence: String
        var testDescription: String { "\(fault) on \(endpoint)" }
    }

    @Test(arguments: [
        Row(fault: .stall, endpoint: 0x02, sentence: "refused"),
        Row(fault: .stall, endpoint: 0x81, sentence: "refused"),
        Row(fault: .babble, endpoint: 0x81, sentence: "more than it may"),
        Row(fault: .shorten(to: 40), endpoint: 0x81, sentence: "kept back"),
        Row(fault: .insert([0x12]), endpoint: 0x81, sentence: "lost step"),
        Row(fault: .insert([0xFA, 0x86]), endpoint: 0x81, sentence: "did not understand command 86"),
    ])
    func aFaultIsToldAndTheAdapterRecovers(_ row: Row) async throws {
        try await VirtualTimeline.run { timeline in
            let bench = try Bench(timeline)
            let bus = try await bench.bus()
            bench.port.inject(BusFault(row.fault, endpoint: row.endpoint, packet: 1))
            let error = await #expect(throws: SPIBusError.self) {
                _ = try await bus.perform([.exchange(write: [0x03, 0, 0, 0], readCount: 200)])
            }
            guard case .protocolViolation(let sentence)? = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(sentence.contains(row.sentence), "\(sentence)")
            #expect(sentence.contains("USB 1-4.2"))
            try await bus.setPins { pins in
                pins.low = PinImage.chipSelect
                pins.lowOutputs = PinImage.spiOutputs
            }
            #expect(try await bus.perform([.exchange(write: [0x9F], readCount: 3)]) == [[0xEF, 0x40, 0x18]])
        }
    }

    @Test(arguments: [(UInt8(0x02), 3), (0x02, 40), (0x81, 2), (0x81, 1)])
    func pullingTheCableEndsABatchAtOnce(endpoint: UInt8, packet: Int) async throws {
        let content = ProgrammingTests.content(64 * 1024, seed: 3)
        try await VirtualTimeline.run { timeline in
            let bench = try Bench(timeline)
            let bus = try await bench.bus()
            bench.port.inject(BusFault(.unplug, endpoint: endpoint, packet: packet))
            let poll = StatusPoll(typical: .microseconds(400), limit: .milliseconds(3))
            let start = timeline.currentTime
            let error = await #expect(throws: SPIBusError.self) {
                for batch in ProgrammingTests.batches(content, pages: 200, poll: poll) {
                    _ = try await bus.perform(batch)
                }
            }
            guard case .disconnected(let sentence)? = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(sentence.contains("adapter is gone"))
            #expect(timeline.currentTime - start < .seconds(1))
            await #expect(throws: SPIBusError.self) {
                _ = try await bus.perform([.exchange(write: [0x9F], readCount: 3)])
            }
        }
    }

    @Test func aSlowDeviceIsOnlySlow() async throws {
        try await VirtualTimeline.run { timeline in
            let bench = try Bench(timeline, slowness: .milliseconds(3))
            let bus = try await bench.bus()
            let answer = try await bus.perform([
                .exchange(write: [0x9F], readCount: 3), .exchange(write: [0x05], readCount: 1),
            ])
            #expect(answer == [[0xEF, 0x40, 0x18], [0x00]])
        }
    }

    @Test func aChipThatNeverGetsReadyEndsTheBatchAtItsLimit() async throws {
        try await VirtualTimeline.run { timeline in
            let bench = try Bench(timeline) { $0.faults.neverReady = true }
            let bus = try await bench.bus()
            let poll = StatusPoll(typical: .microseconds(400), limit: .milliseconds(30))
            let start = timeline.currentTime
            await #expect(throws: SPIBusError.self) {
                _ = try await bus.perform(
                    ProgrammingTests.batches([UInt8](repeating: 0, count: 256), pages: 1, poll: poll)[0])
            }
            #expect(timeline.currentTime - start >= .milliseconds(30))
            #expect(timeline.currentTime - start < .milliseconds(60))
        }
    }

    @Test(arguments: [
        (BoardFault.dataFloating, UInt8(0xFF)), (.dataShorted, 0x00), (.chipSelectStuck(high: true), 0xFF),
    ])
    func brokenWiresReadAsWhatTheyAre(fault: BoardFault, level: UInt8) async throws {
        try await VirtualTimeline.run { timeline in
            let bench = try Bench(timeline, boardFaults: [fault])
            let bus = try await bench.bus()
            let answer = try await bus.perform([.exchange(write: [0x9F], readCount: 3)])
            #expect(answer == [[level, level, level]])
        }
    }

    @Test func permissionAndOtherProgramsAreToldApart() async throws {
        try await VirtualTimeline.run { timeline in
            let bench = try Bench(timeline)
            bench.host.deny(bench.path)
            let denied = #expect(throws: USBError.self) { _ = try bench.host.open(bench.path) }
            #expect(denied?.description.contains("udev") == true)
            bench.host.deny(bench.path, false)
            let first = try FTDIChannel(bench.device, number: 0, time: timeline)
            let other = try bench.host.open(bench.path)
            let claimed = #expect(throws: USBError.self) {
                _ = try FTDIChannel(other, number: 0, time: timeline)
            }
            #expect(claimed == .claimedElsewhere(device: "USB 1-4.2 (FT7XK2A1)", interface: 0))
            _ = first
            let absent = USBPath(bus: 3, ports: [1])
            #expect(throws: USBError.notFound(path: absent)) { _ = try bench.host.open(absent) }
        }
    }
}
