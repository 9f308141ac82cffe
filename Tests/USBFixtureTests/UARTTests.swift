import FactoryLink
import NORChipModel
import Testing
import TimeAndChance
import USBTransport
import VirtualUSB

@testable import USBFixture

@Suite struct UARTTests {
    /// Collects until `count` bytes are there or nothing came for a second.
    static func read(_ count: Int, from port: some ByteStream) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            let more = try await port.read(timeout: .seconds(1))
            if more.isEmpty { break }
            bytes += more
        }
        return bytes
    }

    /// A fixture whose unit runs.
    static func running(_ timeline: VirtualTimeline, unit: (BenchUnit) -> Void = { _ in }) async throws -> (
        Bench, MPSSEBus
    ) {
        let bench = try Bench(timeline, serviceJumper: false, unit: unit)
        let bus = try await MPSSEBus(FTDIChannel(bench.device, number: 0, time: timeline))
        try await bus.setPins { pins in
            pins.high = 1
            pins.highOutputs = 1
        }
        return (bench, bus)
    }

    @Test(arguments: [9600, 115_200, 1_000_000])
    func whatIsSentComesBackFromAnEcho(baud: Int) async throws {
        let content = ProgrammingTests.content(3000, seed: UInt64(baud))
        try await VirtualTimeline.run { timeline in
            let (bench, bus) = try await Self.running(timeline) { $0.baud = Double(baud) }
            let uart = try await bench.uart(baud: baud)
            let start = timeline.currentTime
            try await uart.write(content)
            let found = try await Self.read(content.count, from: uart)
            #expect(found == content)
            let floor = Duration.microseconds(3000 * 10_000_000 / baud)
            #expect(timeline.currentTime - start >= floor)
            #expect(timeline.currentTime - start < floor + .milliseconds(40))
            #expect(uart.conditions == LineConditions())
            bus.close()
        }
    }

    @Test func silenceEndsWithTheTimeoutAndNothing() async throws {
        try await VirtualTimeline.run { timeline in
            let (bench, bus) = try await Self.running(timeline)
            let uart = try await bench.uart()
            let start = timeline.currentTime
            #expect(try await uart.read(timeout: .milliseconds(70)) == [])
            #expect(timeline.currentTime - start == .milliseconds(70))
            bus.close()
        }
    }

    @Test func breaksAndWrongRatesAreCounted() async throws {
        try await VirtualTimeline.run { timeline in
            let (bench, bus) = try await Self.running(timeline) { $0.baud = 57_600 }
            let uart = try await bench.uart()
            let now = timeline.currentTime
            _ = bench.unit { unit in
                unit.sendBreak(at: now)
                unit.send([0x55, 0xAA], at: now + .milliseconds(20))
            }
            _ = try await Self.read(3, from: uart)
            #expect(uart.conditions.breaks == 1)
            #expect(uart.conditions.framingErrors >= 1)
            let sentence = uart.conditions.sentence(for: "USB 1-4.2", baud: 115_200)
            #expect(sentence?.contains("held low") == true)
            bus.close()
        }
    }

    @Test func anUnpluggedAdapterClosesTheStreamInTheMiddleOfARead() async throws {
        try await VirtualTimeline.run { timeline in
            let (bench, bus) = try await Self.running(timeline)
            let uart = try await bench.uart()
            async let reading = uart.read(timeout: .seconds(5))
            try await timeline.sleep(for: .milliseconds(300))
            bench.host.unplug(bench.path)
            let time = timeline.currentTime
            do {
                _ = try await reading
                Issue.record("the read ended well")
            } catch {
                #expect(error is ByteStreamError)
            }
            #expect(timeline.currentTime - time < .milliseconds(10))
            await #expect(throws: ByteStreamError.self) { try await uart.write([1]) }
            bus.close()
        }
    }

    @Test func aCancelledReadEndsAtOnce() async throws {
        try await VirtualTimeline.run { timeline in
            let (bench, bus) = try await Self.running(timeline)
            let uart = try await bench.uart()
            await withTaskGroup(of: Bool.self) { group in
                group.addTask {
                    do {
                        _ = try await uart.read(timeout: .seconds(100))
                        return false
                    } catch { return error is CancellationError }
                }
                try? await timeline.sleep(for: .milliseconds(5))
                group.cancelAll()
                for await cancelled in group { #expect(cancelled) }
            }
            #expect(timeline.currentTime < .seconds(1))
            bus.close()
        }
    }

    @Test func theEEPROMTellsTheSerialNumber() async throws {
        try await VirtualTimeline.run { timeline in
            let bench = try Bench(timeline, serial: "FT7XK2A1")
            let content = try await FTDIChannel(bench.device, number: 1, time: timeline).readEEPROM()
            #expect(content.isIntact)
            #expect(content.serial == "FT7XK2A1")
            #expect(content.product == "Fixture")
        }
    }
}
