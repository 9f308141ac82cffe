import Foundation
import NORChipModel
import Testing
import USBTransport
import VirtualUSB

@testable import USBFixture

/// Our thin calls to libusb against a kernel that umockdev mocks: real libusb and its enumeration through sysfs, without root
/// and without a device. Transfers are not mocked here; the guest of `make usb-test` has real ones. Left out, loudly, where `umockdev-run` is not installed.
@Suite struct MockedKernelTests {
    static let tool = "/usr/bin/umockdev-run"

    /// The built program beside the test bundle.
    static var program: URL? {
        var folder = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        for _ in 0..<4 {
            let candidate = folder.appendingPathComponent("usb-guest")
            if FileManager.default.isExecutableFile(atPath: candidate.path) { return candidate }
            folder.deleteLastPathComponent()
        }
        return nil
    }

    static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }.joined()
    }

    static func device(
        _ path: String, parent: String, number: Int, vendor: String, product: String, more: [String],
        descriptors: [UInt8]
    )
        -> String
    {
        let node = "bus/usb/001/00\(number)"
        return
            ([
                "P: \(parent)/\(path)", "N: \(node)=\(hex(descriptors))", "E: DEVNAME=/dev/\(node)",
                "E: DEVTYPE=usb_device",
                "E: BUSNUM=001", "E: DEVNUM=00\(number)", "E: SUBSYSTEM=usb", "A: busnum=1\\n",
                "A: devnum=\(number)\\n",
                "A: bConfigurationValue=1\\n", "A: idVendor=\(vendor)\\n", "A: idProduct=\(product)\\n",
                "H: descriptors=\(hex(descriptors))",
            ] + more + ["", ""]).joined(separator: "\n")
    }

    /// A root hub and, on its port 4, the virtual fixture's own descriptors.
    static func machine(_ model: VirtualFT2232H) -> String {
        let hub: [UInt8] = [
            18, 1, 0, 2, 9, 0, 1, 64, 0x6B, 0x1D, 2, 0, 0, 5, 0, 0, 0, 1, 9, 2, 25, 0, 1, 1, 0, 0xE0, 0, 9, 4,
            0, 0, 1, 9, 0,
            0, 0, 7, 5, 0x81, 3, 4, 0, 12,
        ]
        let controller = "/devices/pci0000:00/0000:00:14.0"
        return device(
            "usb1", parent: controller, number: 1, vendor: "1d6b", product: "0002", more: ["A: speed=480\\n"],
            descriptors: hub)
            + device(
                "1-4", parent: controller + "/usb1", number: 5, vendor: "0403", product: "6010",
                more: [
                    "A: speed=480\\n", "A: serial=PLAIN\\n", "A: manufacturer=Blessing Station\\n",
                    "A: product=Fixture\\n",
                ], descriptors: model.deviceDescriptor + model.configurationDescriptor)
    }

    @Test func libusbFindsTheAdapterAndTellsItsSlot() throws {
        guard FileManager.default.isExecutableFile(atPath: Self.tool) else {
            print(
                "SKIPPED: umockdev is not installed; the calls to libusb were not tried against a mocked kernel"
            )
            return
        }
        let program = try #require(Self.program, "usb-guest was not built beside the tests")
        let part = try #require(NORPart.named("W25Q32"))
        let model = VirtualFT2232H(unit: BenchUnit(chip: NORChip(part: part)), serial: "PLAIN")
        let folder = NSTemporaryDirectory() + "umockdev-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Self.machine(model).write(toFile: folder + "/machine", atomically: true, encoding: .utf8)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/timeout")
        process.arguments = [
            "20", Self.tool, "--device", folder + "/machine", "--", program.path, "check", "list",
        ]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(text)")
        #expect(text.contains("PASS list"), "\(text)")
        #expect(text.contains("1-4   0403:6010  PLAIN   FT2232H"), "\(text)")
    }
}
