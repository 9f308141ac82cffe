import FactoryLink
import Testing
import TimeAndChance
import USBTransport
import VirtualUSB

@testable import USBFixture

@Suite struct CDCACMTests {
    static func open(_ timeline: VirtualTimeline) async throws -> (VirtualPort, CDCACMPort) {
        let host = VirtualUSBHost()
        let port = VirtualPort(EchoingCDC(), scheduler: timeline)
        let path = USBPath(bus: 2, ports: [1])
        host.plug(port, at: path)
        return (port, try await CDCACMPort(host.open(path), baud: 115_200, time: timeline))
    }

    @Test func theLineIsSetUpAndTheTerminalReady() async throws {
        try await VirtualTimeline.run { timeline in
            let (port, serial) = try await Self.open(timeline)
            #expect(port.inspect(EchoingCDC.self) { $0.lineCoding } == [0x00, 0xC2, 0x01, 0x00, 0, 0, 8])
            #expect(port.inspect(EchoingCDC.self) { $0.controlLines } == 3)
            try await serial.sendBreak(.microseconds(2500))
            #expect(port.inspect(EchoingCDC.self) { $0.breaks } == [3])
        }
    }

    /// 64 and 512 fill their last packet: without an empty one behind, the far end would wait for more.
    @Test(arguments: [1, 63, 64, 65, 512, 1000])
    func everyLengthArrives(count: Int) async throws {
        let content = ProgrammingTests.content(count, seed: UInt64(count))
        try await VirtualTimeline.run { timeline in
            let (_, serial) = try await Self.open(timeline)
            try await serial.write(content)
            #expect(try await UARTTests.read(count, from: serial) == content)
        }
    }

    @Test func lineStateNotificationsAreCounted() async throws {
        try await VirtualTimeline.run { timeline in
            let (port, serial) = try await Self.open(timeline)
            for bits: UInt8 in [0x04, 0x10, 0x20, 0x40, 0x03] {
                port.inspect(EchoingCDC.self) { $0.notify(bits) }
            }
            #expect(try await serial.read(timeout: .milliseconds(100)) == [])
            var expected = LineConditions()
            (expected.breaks, expected.framingErrors, expected.parityErrors, expected.overruns) = (1, 1, 1, 1)
            #expect(serial.conditions == expected)
        }
    }

    @Test func otherDevicesAreRefusedWithASentence() async throws {
        try await VirtualTimeline.run { timeline in
            let bench = try Bench(timeline)
            #expect(!CDCACMPort.matches(bench.device.info))
            let error = await #expect(throws: FTDIError.self) {
                _ = try await CDCACMPort(bench.device, baud: 9600, time: timeline)
            }
            #expect(error?.description.contains("CDC-ACM") == true)
        }
    }

    @Test func anFTDIChannelWantsAnFTDIChip() async throws {
        try await VirtualTimeline.run { timeline in
            let host = VirtualUSBHost()
            let path = USBPath(bus: 2, ports: [1])
            host.plug(VirtualPort(EchoingCDC(), scheduler: timeline), at: path)
            let device = try host.open(path)
            let error = #expect(throws: FTDIError.self) {
                _ = try FTDIChannel(device, number: 0, time: timeline)
            }
            #expect(error?.description.contains("1d6b:0104") == true)
        }
    }
}
