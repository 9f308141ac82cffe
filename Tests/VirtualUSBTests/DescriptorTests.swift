import NORChipModel
import Testing
import TimeAndChance
import USBTransport

@testable import VirtualUSB

@Suite struct DescriptorTests {
    @Test func theAdaptersConfigurationIsWhatAnFT2232HHas() throws {
        let interfaces = try USBDescriptors.interfaces(in: FTDIDescriptors.configuration(channels: 2))
        #expect(interfaces.map(\.number) == [0, 1])
        #expect(interfaces.flatMap { $0.endpoints.map(\.address) } == [0x81, 0x02, 0x83, 0x04])
        #expect(
            interfaces.allSatisfy {
                $0.classCode == 0xFF && $0.endpoints.allSatisfy { $0.packetSize == 512 && $0.kind == .bulk }
            })
    }

    @Test(arguments: [
        (
            [UInt8]([9, 2, 40, 0, 1, 1, 0, 0x80, 50]),
            USBDescriptors.Fault.longerThanBuffer(offset: 0, length: 40, available: 9)
        ),
        ([9, 2, 11, 0, 1, 1, 0, 0x80, 50, 9, 4], .longerThanBuffer(offset: 9, length: 9, available: 2)),
        ([9, 2, 12, 0, 1, 1, 0, 0x80, 50, 0, 4, 0], .tooShort(offset: 9, length: 0)),
        ([9, 2, 11, 0, 1, 1, 0, 0x80, 50, 30, 0x24], .longerThanBuffer(offset: 9, length: 30, available: 2)),
        ([9, 2, 16, 0, 1, 1, 0, 0x80, 50, 7, 5, 0x81, 2, 64, 0, 0], .endpointWithoutInterface(offset: 9)),
        ([9, 1, 9, 0, 1, 1, 0, 0x80, 50], .notAConfiguration),
        ([], .notAConfiguration),
    ])
    func brokenDescriptorsAreRefusedByName(bytes: [UInt8], fault: USBDescriptors.Fault) {
        #expect(throws: fault) { try USBDescriptors.interfaces(in: bytes) }
    }

    @Test func noBytesWhateverCrashTheReader() {
        let seed: UInt64 = 99
        var generator = SeededGenerator(seed: seed)
        var refused = 0
        for _ in 0..<3000 {
            var bytes = FTDIDescriptors.configuration(channels: 2)
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(
                    in: 0...255, using: &generator)
            }
            bytes = Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &generator)))
            if (try? USBDescriptors.interfaces(in: bytes)) == nil { refused += 1 }
            _ = USBDescriptors.text(in: bytes)
        }
        #expect(refused > 2000, "seed \(seed)")
    }

    @Test func stringsSurviveTheirDescriptorAndAreCutWhenTooLong() {
        for text in ["", "FT7XK2A1", "夹具 2", String(repeating: "x", count: 126)] {
            #expect(USBDescriptors.text(in: StandardRequests.stringDescriptor(text)) == text)
        }
        #expect(StandardRequests.stringDescriptor(String(repeating: "x", count: 300)).count == 254)
        #expect(USBDescriptors.text(in: [20, 3, 65, 0]) == nil)
        #expect(USBDescriptors.text(in: [1, 3]) == nil)
    }

    @Test func aDeviceWhoseDescriptorIsLongerThanItsBufferIsNotOpened() throws {
        let part = try #require(NORPart.named("W25Q32"))
        let model = VirtualFT2232H(
            unit: BenchUnit(chip: NORChip(part: part)), serial: "LONG", descriptorSurplus: 20)
        let host = VirtualUSBHost()
        let path = USBPath(bus: 1, ports: [1])
        host.plug(VirtualPort(model, scheduler: RealTimeScheduler()), at: path)
        let error = #expect(throws: USBError.self) { _ = try host.open(path) }
        #expect(error?.description.contains("USB 1-1 (LONG): The descriptor at byte 0 says") == true)
    }
}
